#include "crypto_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const enow_addr_t test_node = {{0x24, 0x6f, 0x28, 0, 0, 1}};
const enow_addr_t test_other = {{0x24, 0x6f, 0x28, 0, 0, 2}};
const enow_addr_t test_gateway = {{0x24, 0x6f, 0x28, 0xff, 0, 0}};

const enow_crypto_t *real_crypto(void)
{
    const enow_crypto_t *crypto = TEST_CRYPTO();

    if (crypto == NULL) {
        (void)fprintf(stderr, "no cryptography\n");
        exit(EXIT_FAILURE);
    }
    return crypto;
}

static bool give(void *user, uint8_t *out, size_t len)
{
    fixed_crypto_t *fixed = (fixed_crypto_t *)user;

    for (size_t i = 0; i < len; i++) {
        out[i] = fixed->bytes != NULL ? *fixed->bytes++ : fixed->seed++;
    }
    return true;
}

const enow_crypto_t *fixed_bytes(fixed_crypto_t *fixed, const uint8_t *bytes)
{
    fixed->crypto = *real_crypto();
    fixed->crypto.user = fixed;
    fixed->crypto.random = give;
    fixed->bytes = bytes;
    return &fixed->crypto;
}

const enow_crypto_t *fixed_seed(fixed_crypto_t *fixed, uint8_t seed)
{
    fixed->seed = seed;
    return fixed_bytes(fixed, NULL);
}

enow_link_secret_t test_secret(uint8_t seed)
{
    fixed_crypto_t fixed;
    enow_link_secret_t secret;

    (void)enow_link_secret_random(&secret, fixed_seed(&fixed, seed));
    return secret;
}

/* Whether this call succeeds. */
static bool lives(void *user)
{
    failing_crypto_t *failing = (failing_crypto_t *)user;

    return failing->calls++ != failing->fails_at;
}

static bool may_random(void *user, uint8_t *out, size_t len)
{
    return lives(user) && real_crypto()->random(NULL, out, len);
}

static bool may_x25519_public(void *user, const uint8_t *private_key, uint8_t *out)
{
    return lives(user) && real_crypto()->x25519_public(NULL, private_key, out);
}

static bool may_x25519(void *user, const uint8_t *private_key, const uint8_t *public_key, uint8_t *out)
{
    return lives(user) && real_crypto()->x25519(NULL, private_key, public_key, out);
}

static bool may_sha256(void *user, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    return lives(user) && real_crypto()->sha256(NULL, parts, count, out);
}

static bool may_hmac_sha256(void *user, const uint8_t *key, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    return lives(user) && real_crypto()->hmac_sha256(NULL, key, parts, count, out);
}

static bool may_seal(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                     size_t len)
{
    return lives(user) && real_crypto()->seal(NULL, key, nonce, clear_text, data, len);
}

static bool may_open(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                     size_t len)
{
    return lives(user) && real_crypto()->open(NULL, key, nonce, clear_text, data, len);
}

const enow_crypto_t *failing(failing_crypto_t *failing, unsigned at)
{
    const enow_crypto_t table = {
        failing, may_random, may_x25519_public, may_x25519, may_sha256, may_hmac_sha256, may_seal, may_open,
    };

    failing->crypto = table;
    failing->fails_at = at;
    failing->calls = 0;
    return &failing->crypto;
}
