/* The keys of networks and devices (SPEC.md, section 4). */
#pragma once

#include "enow/link.h"
#include "secret.h"

#ifdef __cplusplus
extern "C" {
#endif

/* HKDF-SHA256 (RFC 5869) with a salt as long as a hash, and one or two blocks out. second may be null; salt may be one
 * of the two. */
bool enow_link_hkdf(const enow_crypto_t *crypto, const uint8_t salt[ENOW_CRYPTO_HASH_SIZE], enow_bytes_t key,
                    enow_bytes_t info, uint8_t first[ENOW_CRYPTO_HASH_SIZE], uint8_t *second);

/* What a device key is used for. */
typedef struct {
    enow_link_secret_t psk;    /* of the handshake */
    enow_link_secret_t search; /* of the proofs of search and answer */
    enow_link_secret_t reset;  /* of the proof of reset */
} enow_link_device_keys_t;

bool enow_link_device_keys(enow_link_device_keys_t *out, const enow_crypto_t *crypto, const enow_link_secret_t *device);

/* Bytes that tell keys apart and nothing about them. */
#define ENOW_LINK_PRINT_SIZE 8u

bool enow_link_fingerprint(uint8_t out[ENOW_LINK_PRINT_SIZE], const enow_crypto_t *crypto,
                           const enow_link_secret_t *key);

typedef struct {
    uint8_t id;
    enow_link_secret_t key;
} enow_link_network_key_t;

/* The network keys of a gateway by their key_id, in the order in which they were added. The zero keyring is empty. */
typedef struct {
    enow_link_network_key_t keys[ENOW_LINK_NETWORK_KEYS];
    size_t count;
} enow_link_keyring_t;

/* Copies a key in. False where the ring is full, the id is 0 or taken, or the key weak or there already. */
bool enow_link_keyring_add(enow_link_keyring_t *ring, uint8_t id, const enow_link_secret_t *key);

/* The key with an id, or null. */
const enow_link_secret_t *enow_link_keyring_get(const enow_link_keyring_t *ring, uint8_t id);

/* Wipes the key with an id and forgets it: devices that still use it are strangers from now on. */
void enow_link_keyring_remove(enow_link_keyring_t *ring, uint8_t id);

#ifdef __cplusplus
}
#endif
