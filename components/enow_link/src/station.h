/* What an address names. */
#pragma once

#include "enow/addr.h"

#include <stdbool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An address in words, which are compared faster, and in less code, than bytes. */
static inline uint64_t enow_link_addr_words(enow_addr_t a)
{
    uint32_t front;
    uint16_t back;

    memcpy(&front, a.bytes, sizeof front);
    memcpy(&back, a.bytes + sizeof front, sizeof back);
    return (uint64_t)back << 32 | front;
}

static inline bool enow_link_addr_same(enow_addr_t a, enow_addr_t b)
{
    return enow_link_addr_words(a) == enow_link_addr_words(b);
}

static inline bool enow_link_addr_none(enow_addr_t a)
{
    static const enow_addr_t none = {{0}};

    return enow_link_addr_same(a, none);
}

/* Whether it names several stations. */
static inline bool enow_link_addr_group(enow_addr_t a) { return (a.bytes[0] & 1) != 0; }

static inline enow_addr_t enow_link_broadcast(void)
{
    static const enow_addr_t all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

    return all;
}

static inline bool enow_link_addr_broadcast(enow_addr_t a) { return enow_link_addr_same(a, enow_link_broadcast()); }

#ifdef __cplusplus
}
#endif
