/* A bucket of tokens for each address: 2 a second, 4 at most (SPEC.md, section 4). */
#pragma once

#include "enow/addr.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes a token from a bucket that holds burst and gains one every so long; of it is kept when it will be full again.
 * False: there is none. */
bool enow_link_take_token(uint64_t *full_us, uint64_t now_us, uint64_t every_us, unsigned burst);

typedef struct {
    uint64_t full_us; /* when it will be full again */
    enow_addr_t addr;
} enow_link_bucket_t;

/* A bucket that is full is not kept. While all places are taken by others that are not, another address gets nothing,
 * so that a flood of made-up addresses has a bound too: 4 for each place at once, and 2 for each place a second. */
typedef struct {
    enow_link_bucket_t *buckets; /* memory of the caller */
    size_t capacity;
    size_t size;
    uint64_t sweep_us; /* when the next sweep may be */
} enow_link_tokens_t;

void enow_link_tokens_init(enow_link_tokens_t *tokens, enow_link_bucket_t *buckets, size_t capacity);

/* Whether the address has a token, and takes it. */
bool enow_link_tokens_take(enow_link_tokens_t *tokens, uint64_t now_us, const enow_addr_t *addr);

#ifdef __cplusplus
}
#endif
