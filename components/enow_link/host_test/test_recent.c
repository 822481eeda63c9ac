/* What is remembered, against a list of all keys with their times. */
#include "../src/recent.h"
#include "check.h"

#include <string.h>

enum { CAPACITY = 5, KEEP_US = 20, STEPS = 20000 };

static enow_link_recent_key_t key_of(uint32_t n)
{
    enow_link_recent_key_t key;

    memset(&key, 0, sizeof key);
    key.bytes[n % sizeof key.bytes] = (uint8_t)n; /* each of them differs somewhere else */
    return key;
}

int main(void)
{
    static struct {
        enow_link_recent_key_t key;
        uint64_t at_us;
    } model[STEPS]; /* the newest last */
    enow_link_recent_entry_t ring[CAPACITY];
    enow_link_recent_t recent;
    size_t size = 0;
    uint64_t now_us = 0;
    uint32_t random = 1;
    unsigned repeats = 0, wraps = 0;

    enow_link_recent_init(&recent, ring, CAPACITY, KEEP_US);
    for (unsigned step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        now_us += random >> 16 & 7;
        const enow_link_recent_key_t key = key_of(1 + (random >> 20) % 12);
        bool want = false;
        size_t kept = 0;

        for (size_t i = size; i-- > 0 && i + CAPACITY >= size && now_us - model[i].at_us < KEEP_US;) {
            want = want || memcmp(&model[i].key, &key, sizeof key) == 0;
            kept++;
        }
        CHECK(enow_link_recent_seen(&recent, now_us, &key) == want, "step %u", step);
        if (want) {
            repeats++;
            continue;
        }
        if ((random >> 8 & 3) == 0) {
            CHECK(enow_link_recent_free(&recent, now_us) == CAPACITY - kept, "step %u", step);
        }
        enow_link_recent_add(&recent, now_us, &key);
        model[size].key = key;
        model[size++].at_us = now_us;
        CHECK(recent.size <= CAPACITY, "step %u: %u keys", step, (unsigned)recent.size);
        wraps += recent.size == CAPACITY;
    }
    CHECK(repeats > 100 && wraps > 100, "only %u repeats, %u times full", repeats, wraps);
    return check_result();
}
