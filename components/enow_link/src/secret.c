#include "secret.h"

void enow_link_wipe(void *memory, size_t len)
{
    volatile uint8_t *p = (volatile uint8_t *)memory;

    while (len-- > 0) {
        *p++ = 0;
    }
}

bool enow_link_same(const void *a, const void *b, size_t len)
{
    const uint8_t *x = (const uint8_t *)a;
    const uint8_t *y = (const uint8_t *)b;
    volatile uint8_t differ = 0; /* volatile, so that no compiler finds a way to stop early */

    for (size_t i = 0; i < len; i++) {
        differ = (uint8_t)(differ | (x[i] ^ y[i]));
    }
    return differ == 0;
}

bool enow_link_secret_weak(const enow_link_secret_t *secret)
{
    for (size_t i = 1; i < sizeof secret->bytes; i++) {
        if (secret->bytes[i] != secret->bytes[0]) {
            return false;
        }
    }
    return true;
}

bool enow_link_secret_random(enow_link_secret_t *out, const enow_crypto_t *crypto)
{
    return crypto->random(crypto->user, out->bytes, sizeof out->bytes);
}
