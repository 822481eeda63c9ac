//go:build enow_ccore

#include "machine.h"

#include <pthread.h>
#include <stdlib.h>

#include "_cgo_export.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const enow_crypto_t *psa;

static void start(void) { psa = enow_crypto_psa(); }

static bool leave(bool result)
{
    pthread_mutex_unlock(&turn);
    return result;
}

static bool random_bytes(void *user, uint8_t *out, size_t len)
{
    return len == 0 || ccoreRandom(((ccore_surroundings_t *)user)->go, out, len);
}

static bool x25519_public(void *user, const uint8_t *private_key, uint8_t *out)
{
    pthread_mutex_lock(&turn);
    return leave(psa->x25519_public(psa->user, private_key, out));
}

static bool x25519(void *user, const uint8_t *private_key, const uint8_t *public_key, uint8_t *out)
{
    pthread_mutex_lock(&turn);
    return leave(psa->x25519(psa->user, private_key, public_key, out));
}

static bool sha256(void *user, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    pthread_mutex_lock(&turn);
    return leave(psa->sha256(psa->user, parts, count, out));
}

static bool hmac_sha256(void *user, const uint8_t *key, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    pthread_mutex_lock(&turn);
    return leave(psa->hmac_sha256(psa->user, key, parts, count, out));
}

static bool seal(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    pthread_mutex_lock(&turn);
    return leave(psa->seal(psa->user, key, nonce, clear_text, data, len));
}

static bool open(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    pthread_mutex_lock(&turn);
    return leave(psa->open(psa->user, key, nonce, clear_text, data, len));
}

static void told(void *user, const uint8_t key[8], uint32_t counter)
{
    ccoreTold(((ccore_surroundings_t *)user)->go, (uint8_t *)key, counter);
}

ccore_surroundings_t *ccore_surroundings(uintptr_t go)
{
    pthread_once(&once, start);
    ccore_surroundings_t *s = malloc(sizeof(*s));
    if (psa == NULL || s == NULL) {
        free(s);
        return NULL;
    }
    *s = (ccore_surroundings_t){.crypto = {.user = s,
                                           .random = random_bytes,
                                           .x25519_public = x25519_public,
                                           .x25519 = x25519,
                                           .sha256 = sha256,
                                           .hmac_sha256 = hmac_sha256,
                                           .seal = seal,
                                           .open = open},
                                .watch = {.told = told, .user = s},
                                .go = go};
    return s;
}
