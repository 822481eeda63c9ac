/*
 * What packets carry outside of SEALED to show that their sender holds a key: the first 8 bytes of an HMAC (SPEC.md,
 * section 4). An outsider has one chance in 2^64 for each packet he sends.
 */
#pragma once

#include "enow/addr.h"
#include "secret.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENOW_LINK_PROOF_SIZE 8u

/* Where the proof stands in a whole packet, its header included. What is in front keeps its place in every version. */
#define ENOW_LINK_SEARCH_PROOF_AT (2u + 1u + 1u + 4u) /* header, version, key_id, nonce */
#define ENOW_LINK_ANSWER_PROOF_AT (2u + 1u + 4u)      /* header, status, echo */

bool enow_link_prove(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto, const enow_link_secret_t *key,
                     const enow_bytes_t *parts, size_t count);

/* Encodes a search with its proof. Returns its length, an enow_err_t or ENOW_LINK_ERR_CRYPTO. */
int enow_link_encode_search(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *node,
                            const enow_pkt_connect_t *p, uint8_t *buf, size_t cap);

/* Encodes a CONNACK with its proof, as the last packet of its frame; likewise. */
int enow_link_encode_answer(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *gateway,
                            const enow_addr_t *node, const enow_pkt_connack_t *p, uint8_t *buf, size_t cap);

/* Whether the node of this key sent a CONNECT without JOIN that was decoded with SECURE. */
bool enow_link_check_search(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *node,
                            const uint8_t *packet, size_t len);

/* Whether a gateway of this network sent a CONNACK that was decoded with SECURE. It comes before any other look at the
 * CONNACK, and before any Diffie-Hellman. */
bool enow_link_check_answer(const enow_crypto_t *crypto, const enow_link_secret_t *search, const enow_addr_t *gateway,
                            const enow_addr_t *node, const uint8_t *packet, size_t len);

/* Proves a DISCONNECT with RESET: over what it says, and over the tag of the packet that it answers, which only who
 * received that packet knows. */
bool enow_link_reset_proof(uint8_t out[ENOW_LINK_PROOF_SIZE], const enow_crypto_t *crypto,
                           const enow_link_secret_t *reset, const enow_addr_t *gateway, const enow_addr_t *node,
                           const enow_pkt_disconnect_t *p, const uint8_t tag[ENOW_CRYPTO_TAG_SIZE]);

#ifdef __cplusplus
}
#endif
