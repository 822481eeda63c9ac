/* Tables of cryptography for tests. */
#pragma once

#include "../src/keys.h"

/* Written out in crypto_soft.c. */
const enow_crypto_t *enow_crypto_soft(void);

/* The table that this program is built for, TEST_CRYPTO. The program ends where there is none. */
const enow_crypto_t *real_crypto(void);

/* The real one, with bytes that are not random. */
typedef struct {
    enow_crypto_t crypto;
    const uint8_t *bytes; /* those next; or NULL: seed, seed + 1 ... */
    uint8_t seed;
} fixed_crypto_t;

/* Gives bytes, as many as are asked for. */
const enow_crypto_t *fixed_bytes(fixed_crypto_t *fixed, const uint8_t *bytes);

/* Gives seed, seed + 1 and so on; as a key they are not weak. */
const enow_crypto_t *fixed_seed(fixed_crypto_t *fixed, uint8_t seed);

enow_link_secret_t test_secret(uint8_t seed);

/* The real one, of whose functions the call number fails_at fails, from 0. */
typedef struct {
    enow_crypto_t crypto;
    unsigned fails_at;
    unsigned calls;
} failing_crypto_t;

const enow_crypto_t *failing(failing_crypto_t *failing, unsigned at);

extern const enow_addr_t test_node, test_other, test_gateway;
