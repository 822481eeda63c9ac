#include "recent.h"

#include <string.h>

void enow_link_recent_init(enow_link_recent_t *recent, enow_link_recent_entry_t *ring, size_t capacity,
                           uint64_t keep_us)
{
    recent->ring = ring;
    recent->capacity = capacity;
    recent->head = 0;
    recent->size = 0;
    recent->keep_us = keep_us;
}

/* The place of the i-th entry, the oldest first. */
static enow_link_recent_entry_t *entry(const enow_link_recent_t *recent, size_t i)
{
    const size_t place = recent->head + i;

    return &recent->ring[place < recent->capacity ? place : place - recent->capacity];
}

bool enow_link_recent_seen(const enow_link_recent_t *recent, uint64_t now_us, const enow_link_recent_key_t *key)
{
    for (size_t i = recent->size; i-- > 0;) { /* repeats are mostly of the newest */
        const enow_link_recent_entry_t *e = entry(recent, i);

        if (now_us - e->at_us >= recent->keep_us) {
            return false; /* and those before it are older still */
        }
        if (memcmp(&e->key, key, sizeof *key) == 0) {
            return true;
        }
    }
    return false;
}

static void drop(enow_link_recent_t *recent)
{
    recent->head = recent->head + 1 < recent->capacity ? recent->head + 1 : 0;
    recent->size--;
}

void enow_link_recent_add(enow_link_recent_t *recent, uint64_t now_us, const enow_link_recent_key_t *key)
{
    if (enow_link_recent_free(recent, now_us) == 0) {
        drop(recent);
    }
    enow_link_recent_entry_t *e = entry(recent, recent->size++);
    e->key = *key;
    e->at_us = now_us;
}

size_t enow_link_recent_free(enow_link_recent_t *recent, uint64_t now_us)
{
    while (recent->size > 0 && now_us - entry(recent, 0)->at_us >= recent->keep_us) {
        drop(recent);
    }
    return recent->capacity - recent->size;
}
