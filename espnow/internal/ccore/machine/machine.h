/* What the binding adds in C, for what Go cannot say: see doc.go. */
#pragma once

#include "enow/gateway.h"
#include "enow/node.h"

/* What a machine calls Go for: randomness, and the watch. */
typedef struct {
    enow_crypto_t crypto;
    enow_link_watch_t watch;
    /* Names this machine to Go. */
    uintptr_t go;
} ccore_surroundings_t;

/* Makes them, for free: a table on PSA whose randomness is Go's. Null where PSA cannot be. PSA is for one thread at a time
 * here, and tests are not: each use waits for its turn. */
ccore_surroundings_t *ccore_surroundings(uintptr_t go);
