/* What the fuzz targets share. */
#pragma once

#include "enow/crypto.h"

#include <stdlib.h>

#define WANT(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes steps off an input, up to its end. */
typedef struct {
    const uint8_t *data;
    size_t len;
} input_t;

/* The next byte; 0 behind the end. */
uint8_t input_byte(input_t *in);

/* Up to len bytes, in memory of just that size, for free(). */
uint8_t *input_bytes(input_t *in, size_t *len);

/* Cryptography that takes everything for right, so that an input comes past it. */
extern const enow_crypto_t fuzz_crypto;
