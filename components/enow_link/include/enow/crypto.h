/*
 * The cryptography that the link is given: a table of functions, so that the link needs no library. enow_crypto_psa is
 * one table, on PSA.
 *
 * Each function returns whether it succeeded; what it writes is worth nothing if not.
 * Memory: the caller's, nothing is kept. Pointers may be null where a length is 0.
 * Threads: a function may be called from one thread at a time, and blocks while it calculates: x25519 about 100 ms on
 * an ESP32.
 */
#pragma once

#include "enow_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENOW_CRYPTO_KEY_SIZE 32u
#define ENOW_CRYPTO_HASH_SIZE 32u
#define ENOW_CRYPTO_NONCE_SIZE 12u
#define ENOW_CRYPTO_TAG_SIZE 16u

typedef struct {
    /** Given to each function. */
    void *user;

    /** Fills out with bytes that nobody can guess. On an ESP32 these need its radio to be on. */
    bool (*random)(void *user, uint8_t *out, size_t len);

    /** Calculates the public key of any 32 bytes, which need not be clamped (RFC 7748, section 5). */
    bool (*x25519_public)(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                          uint8_t out[ENOW_CRYPTO_KEY_SIZE]);

    /** Calculates the shared secret of two parties. Fails where it is zero. */
    bool (*x25519)(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                   const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE], uint8_t out[ENOW_CRYPTO_KEY_SIZE]);

    /** SHA-256 of parts with nothing between them. out may be one of them. */
    bool (*sha256)(void *user, const enow_bytes_t *parts, size_t count, uint8_t out[ENOW_CRYPTO_HASH_SIZE]);

    /** HMAC-SHA-256, likewise. */
    bool (*hmac_sha256)(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const enow_bytes_t *parts, size_t count,
                        uint8_t out[ENOW_CRYPTO_HASH_SIZE]);

    /** AES-256-GCM: encrypts len bytes in place and puts the tag behind them. */
    bool (*seal)(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len);

    /** Decrypts len bytes in place, if the tag behind them is right. The tag stays as it is. */
    bool (*open)(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len);
} enow_crypto_t;

/**
 * The table on PSA, made ready; NULL where PSA cannot be. A key is imported for each use and destroyed after it, so one
 * slot of PSA's is enough for any number of sessions. PSA is for one thread alone, TLS included, before Mbed TLS 3.6,
 * and later without its MBEDTLS_THREADING_C: no other may use it while one of the functions runs.
 */
const enow_crypto_t *enow_crypto_psa(void);

#ifdef __cplusplus
}
#endif
