#include "fuzz.h"

#include <string.h>

uint8_t input_byte(input_t *in)
{
    if (in->len == 0) {
        return 0;
    }
    in->len--;
    return *in->data++;
}

uint8_t *input_bytes(input_t *in, size_t *len)
{
    if (*len > in->len) {
        *len = in->len;
    }
    uint8_t *bytes = malloc(*len);
    WANT(*len == 0 || bytes != NULL);
    if (*len > 0) {
        memcpy(bytes, in->data, *len);
    }
    in->data += *len;
    in->len -= *len;
    return bytes;
}

static bool random_bytes(void *user, uint8_t *out, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)i;
    }
    return true;
}

static bool x25519_public(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                          uint8_t out[ENOW_CRYPTO_KEY_SIZE])
{
    (void)user;
    memmove(out, private_key, ENOW_CRYPTO_KEY_SIZE);
    return true;
}

static bool x25519(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                   const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE], uint8_t out[ENOW_CRYPTO_KEY_SIZE])
{
    for (size_t i = 0; i < ENOW_CRYPTO_KEY_SIZE; i++) {
        out[i] = private_key[i] ^ public_key[i];
    }
    return user == NULL;
}

/* Reads every byte, and forgets it. */
static bool sha256(void *user, const enow_bytes_t *parts, size_t count, uint8_t out[ENOW_CRYPTO_HASH_SIZE])
{
    volatile uint8_t byte = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < parts[i].len; j++) {
            byte = parts[i].data[j];
        }
    }
    (void)byte;
    return random_bytes(user, out, ENOW_CRYPTO_HASH_SIZE);
}

static bool hmac_sha256(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const enow_bytes_t *parts, size_t count,
                        uint8_t out[ENOW_CRYPTO_HASH_SIZE])
{
    (void)key;
    return sha256(user, parts, count, out);
}

static bool seal(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    (void)key, (void)nonce, (void)clear_text;
    return random_bytes(user, data + len, ENOW_CRYPTO_TAG_SIZE);
}

static bool open(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    volatile uint8_t byte = 0;

    (void)user, (void)key, (void)nonce, (void)clear_text;
    for (size_t i = 0; i < len + ENOW_CRYPTO_TAG_SIZE; i++) {
        byte = data[i];
    }
    (void)byte;
    return true;
}

const enow_crypto_t fuzz_crypto = {NULL, random_bytes, x25519_public, x25519, sha256, hmac_sha256, seal, open};
