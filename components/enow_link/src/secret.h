/* Keys: how they are made and compared. */
#pragma once

#include "enow/keys.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compares in a time that does not depend on the bytes. */
bool enow_link_same(const void *a, const void *b, size_t len);

bool enow_link_secret_random(enow_link_secret_t *out, const enow_crypto_t *crypto);

#ifdef __cplusplus
}
#endif
