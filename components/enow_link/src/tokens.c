#include "tokens.h"

#include "station.h"

#define TOKEN_EVERY_US UINT64_C(500000)
#define TOKEN_BURST 4u

bool enow_link_take_token(uint64_t *full_us, uint64_t now_us, uint64_t every_us, unsigned burst)
{
    const uint64_t full = *full_us < now_us ? now_us : *full_us;

    if (full - now_us > (burst - 1) * every_us) {
        return false;
    }
    *full_us = full + every_us;
    return true;
}

void enow_link_tokens_init(enow_link_tokens_t *tokens, enow_link_bucket_t *buckets, size_t capacity)
{
    tokens->buckets = buckets;
    tokens->capacity = capacity;
    tokens->size = 0;
    tokens->sweep_us = 0;
}

static enow_link_bucket_t *find(const enow_link_tokens_t *tokens, const enow_addr_t *addr)
{
    for (size_t i = 0; i < tokens->size; i++) {
        if (enow_link_addr_same(&tokens->buckets[i].addr, addr)) {
            return &tokens->buckets[i];
        }
    }
    return NULL;
}

/* Makes room, no more often than a bucket gains a token, and tells whether there is any. */
static bool sweep(enow_link_tokens_t *tokens, uint64_t now_us)
{
    size_t kept = 0;

    if (now_us < tokens->sweep_us) {
        return false;
    }
    tokens->sweep_us = now_us + TOKEN_EVERY_US;
    for (size_t i = 0; i < tokens->size; i++) {
        if (tokens->buckets[i].full_us > now_us) {
            tokens->buckets[kept++] = tokens->buckets[i];
        }
    }
    tokens->size = kept;
    return kept < tokens->capacity;
}

bool enow_link_tokens_take(enow_link_tokens_t *tokens, uint64_t now_us, const enow_addr_t *addr)
{
    enow_link_bucket_t *bucket = find(tokens, addr);

    if (bucket == NULL) {
        if (tokens->size == tokens->capacity && !sweep(tokens, now_us)) {
            return false;
        }
        bucket = &tokens->buckets[tokens->size++];
        bucket->addr = *addr;
        bucket->full_us = now_us;
    }
    return enow_link_take_token(&bucket->full_us, now_us, TOKEN_EVERY_US, TOKEN_BURST);
}
