/* Remembers keys for a while, so that a repeat is known for one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A hash, or a smaller key and zeros. */
typedef struct {
    uint8_t bytes[16];
} enow_link_recent_key_t;

typedef struct {
    enow_link_recent_key_t key;
    uint64_t at_us;
} enow_link_recent_entry_t;

/* A ring in memory of the caller: when it is full, the oldest goes. */
typedef struct {
    enow_link_recent_entry_t *ring;
    size_t capacity;
    size_t head; /* the oldest */
    size_t size;
    uint64_t keep_us;
} enow_link_recent_t;

void enow_link_recent_init(enow_link_recent_t *recent, enow_link_recent_entry_t *ring, size_t capacity,
                           uint64_t keep_us);

bool enow_link_recent_seen(const enow_link_recent_t *recent, uint64_t now_us, const enow_link_recent_key_t *key);

/* Notes a key that is not seen. */
void enow_link_recent_add(enow_link_recent_t *recent, uint64_t now_us, const enow_link_recent_key_t *key);

/* How many keys can be added before one is forgotten before its time. */
size_t enow_link_recent_free(enow_link_recent_t *recent, uint64_t now_us);

#ifdef __cplusplus
}
#endif
