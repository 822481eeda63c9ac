/* Keys, and what must not tell anything of them. */
#pragma once

#include "enow/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A key: of a network, a device, a session, or an X25519 private key. */
typedef struct {
    uint8_t bytes[ENOW_CRYPTO_KEY_SIZE];
} enow_link_secret_t;

/* Overwrites memory that held keys, and is not optimised away. */
void enow_link_wipe(void *memory, size_t len);

/* Compares in a time that does not depend on the bytes. */
bool enow_link_same(const void *a, const void *b, size_t len);

/* Whether all bytes are one: erased flash or memory, not a key. */
bool enow_link_secret_weak(const enow_link_secret_t *secret);

bool enow_link_secret_random(enow_link_secret_t *out, const enow_crypto_t *crypto);

#ifdef __cplusplus
}
#endif
