#include "proof.h"

#include "bytes.h"
#include "seal.h"

#include <string.h>

bool enow_link_prove(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto, const enow_link_secret_t *key,
                     const enow_bytes_t *parts, size_t count)
{
    uint8_t hash[ENOW_CRYPTO_HASH_SIZE];
    const bool ok = crypto->hmac_sha256(crypto->user, key->bytes, parts, count, hash);

    if (ok) {
        memcpy(out, hash, ENOW_LINK_PROOF_SIZE);
    }
    return ok;
}

/* Proves every byte of a packet of at least at + ENOW_LINK_PROOF_SIZE bytes as it is on the air, but the proof itself.
 */
static bool prove_packet(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto, const enow_link_secret_t *key,
                         enow_bytes_t label, enow_bytes_t addresses, const uint8_t *packet, size_t len, size_t at)
{
    const size_t end = at + ENOW_LINK_PROOF_SIZE;
    const enow_bytes_t parts[] = {
        label,
        addresses,
        enow_link_bytes(packet, at),
        enow_link_bytes(packet + end, len - end),
    };

    return enow_link_prove(out, crypto, key, parts, sizeof parts / sizeof parts[0]);
}

static bool prove_search(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto,
                         const enow_link_secret_t *search, const enow_addr_t *node, const uint8_t *packet, size_t len)
{
    return prove_packet(out, crypto, search, ENOW_LINK_TEXT("search"), enow_link_bytes(node->bytes, sizeof node->bytes),
                        packet, len, ENOW_LINK_SEARCH_PROOF_AT);
}

/* The node's address in it keeps one node's answer from another node. */
static bool prove_answer(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto,
                         const enow_link_secret_t *search, const enow_addr_t *gateway, const enow_addr_t *node,
                         const uint8_t *packet, size_t len)
{
    const enow_addr_t addresses[] = {*gateway, *node};

    return prove_packet(out, crypto, search, ENOW_LINK_TEXT("answer"), enow_link_bytes(addresses, sizeof addresses),
                        packet, len, ENOW_LINK_ANSWER_PROOF_AT);
}

int enow_link_encode_search(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *node,
                            const enow_pkt_connect_t *p, uint8_t *buf, size_t cap)
{
    const int len = enow_pkt_connect_encode(p, buf, cap);

    if (len > 0 && !prove_search(buf + ENOW_LINK_SEARCH_PROOF_AT, crypto, search, node, buf, (size_t)len)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    return len;
}

int enow_link_encode_answer(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *gateway,
                            const enow_addr_t *node, const enow_pkt_connack_t *p, uint8_t *buf, size_t cap)
{
    const int len = enow_pkt_connack_encode_last(p, buf, cap);

    if (len > 0 && !prove_answer(buf + ENOW_LINK_ANSWER_PROOF_AT, crypto, search, gateway, node, buf, (size_t)len)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    return len;
}

bool enow_link_check_search(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *node,
                            const uint8_t *packet, size_t len)
{
    uint8_t want[ENOW_LINK_PROOF_SIZE];

    return len >= ENOW_LINK_SEARCH_PROOF_AT + ENOW_LINK_PROOF_SIZE &&
           prove_search(want, crypto, search, node, packet, len) &&
           enow_link_same(want, packet + ENOW_LINK_SEARCH_PROOF_AT, sizeof want);
}

bool enow_link_check_answer(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *gateway,
                            const enow_addr_t *node, const uint8_t *packet, size_t len)
{
    uint8_t want[ENOW_LINK_PROOF_SIZE];

    return len >= ENOW_LINK_ANSWER_PROOF_AT + ENOW_LINK_PROOF_SIZE &&
           prove_answer(want, crypto, search, gateway, node, packet, len) &&
           enow_link_same(want, packet + ENOW_LINK_ANSWER_PROOF_AT, sizeof want);
}

bool enow_link_reset_proof(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto,
                           const enow_link_secret_t *reset, const enow_addr_t *gateway, const enow_addr_t *node,
                           const enow_pkt_disconnect_t *p, const uint8_t tag[ENOW_CRYPTO_TAG_SIZE])
{
    uint8_t clear_text[1 + 1 + 4] = {p->reason, p->session};

    enow_link_put32(clear_text + 2, p->counter);
    const enow_bytes_t parts[] = {
        ENOW_LINK_TEXT("reset"),
        enow_link_bytes(gateway->bytes, sizeof gateway->bytes),
        enow_link_bytes(node->bytes, sizeof node->bytes),
        enow_link_bytes(clear_text, sizeof clear_text),
        enow_link_bytes(tag, ENOW_CRYPTO_TAG_SIZE),
    };
    return enow_link_prove(out, crypto, reset, parts, sizeof parts / sizeof parts[0]);
}
