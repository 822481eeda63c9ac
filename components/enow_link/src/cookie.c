#include "cookie.h"

#include "bytes.h"

static bool cookie_of(const enow_link_cookies_t *cookies, const enow_crypto_t *crypto, uint64_t minute,
                      const enow_addr_t *node, uint8_t out[ENOW_LINK_PROOF_SIZE])
{
    enow_link_secret_t secret;
    uint8_t counted[8];

    enow_link_put32(counted, (uint32_t)minute);
    enow_link_put32(counted + 4, (uint32_t)(minute >> 32));
    const enow_bytes_t minute_bytes = enow_link_bytes(counted, sizeof counted);
    const enow_bytes_t node_bytes = enow_link_bytes(node->bytes, sizeof node->bytes);
    const bool ok = crypto->hmac_sha256(crypto->user, cookies->root.bytes, &minute_bytes, 1, secret.bytes) &&
                    enow_link_prove(out, crypto, &secret, &node_bytes, 1);
    enow_link_wipe(&secret, sizeof secret);
    return ok;
}

bool enow_link_cookies_init(enow_link_cookies_t *cookies, const enow_crypto_t *crypto)
{
    return enow_link_secret_random(&cookies->root, crypto);
}

bool enow_link_cookies_make(const enow_link_cookies_t *cookies, const enow_crypto_t *crypto, uint64_t now_us,
                            const enow_addr_t *node, uint8_t out[ENOW_LINK_PROOF_SIZE])
{
    return cookie_of(cookies, crypto, now_us / ENOW_LINK_COOKIE_PERIOD_US, node, out);
}

bool enow_link_cookies_check(const enow_link_cookies_t *cookies, const enow_crypto_t *crypto, uint64_t now_us,
                             const enow_addr_t *node, const uint8_t cookie[ENOW_LINK_PROOF_SIZE])
{
    const uint64_t minute = now_us / ENOW_LINK_COOKIE_PERIOD_US;
    uint8_t current[ENOW_LINK_PROOF_SIZE], last[ENOW_LINK_PROOF_SIZE];

    if (!cookie_of(cookies, crypto, minute, node, current) || !cookie_of(cookies, crypto, minute - 1, node, last)) {
        return false;
    }
    const bool is_current = enow_link_same(cookie, current, sizeof current);
    const bool is_last = enow_link_same(cookie, last, sizeof last);
    return is_current || is_last;
}
