/*
 * Noise_NNpsk0_25519_AESGCM_SHA256, what the link needs of it:
 *
 *   -> psk, e, payload        init, ephemeral, seal or open
 *   <- e, ee, payload         ephemeral, shared, seal or open; then split
 *
 * Both parties call the same in the same order. Every payload is encrypted under a key of its own, with nonce 0.
 */
#pragma once

#include "secret.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t hash[ENOW_CRYPTO_HASH_SIZE]; /* h of the Noise specification */
    enow_link_secret_t chain;            /* ck */
    enow_link_secret_t key;              /* k */
} enow_link_noise_t;

bool enow_link_noise_init(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t prologue,
                          const enow_link_secret_t *psk);

/* e: the public key of either party. */
bool enow_link_noise_ephemeral(enow_link_noise_t *noise, const enow_crypto_t *crypto,
                               const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE]);

/* ee: one's own private key and the other's public one. False too where their secret is zero. */
bool enow_link_noise_shared(enow_link_noise_t *noise, const enow_crypto_t *crypto,
                            const enow_link_secret_t *private_key, const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE]);

/* Encrypts len bytes in place and puts the tag behind them. */
bool enow_link_noise_seal(enow_link_noise_t *noise, const enow_crypto_t *crypto, uint8_t *payload, size_t len);

/* Decrypts len bytes in place, if the tag behind them is right. */
bool enow_link_noise_open(enow_link_noise_t *noise, const enow_crypto_t *crypto, uint8_t *payload, size_t len);

/* Takes a payload with its tag, encrypted before, into the hash: seal again without the work. */
bool enow_link_noise_again(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t sealed);

/* The keys of what follows, the initiator's first. */
bool enow_link_noise_split(const enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_link_secret_t *initiator,
                           enow_link_secret_t *responder);

#ifdef __cplusplus
}
#endif
