/* Cookies, that a gateway gives to searching nodes and knows again in their joins (SPEC.md, section 4). */
#pragma once

#include "proof.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How long one secret makes cookies; the one before it is accepted still. */
#define ENOW_LINK_COOKIE_PERIOD_US (UINT64_C(60) * 1000000)

/* Keeps nothing for a node. The secret of a minute follows from a random root by HMAC, so nothing has to be rotated in
 * time; a gateway that restarts has another root and knows no old cookie. */
typedef struct {
    enow_link_secret_t root;
} enow_link_cookies_t;

bool enow_link_cookies_init(enow_link_cookies_t *cookies, const enow_crypto_t *crypto);

bool enow_link_cookies_make(const enow_link_cookies_t *cookies, const enow_crypto_t *crypto, uint64_t now_us,
                            const enow_addr_t *node, uint8_t out[ENOW_LINK_PROOF_SIZE]);

/* Whether a cookie was made for the node in this minute or the last. */
bool enow_link_cookies_check(const enow_link_cookies_t *cookies, const enow_crypto_t *crypto, uint64_t now_us,
                             const enow_addr_t *node, const uint8_t cookie[ENOW_LINK_PROOF_SIZE]);

#ifdef __cplusplus
}
#endif
