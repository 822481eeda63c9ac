/* What an address names. */
#pragma once

#include "enow/addr.h"

#include <stdbool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool enow_link_addr_same(const enow_addr_t *a, const enow_addr_t *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool enow_link_addr_none(const enow_addr_t *a)
{
    static const enow_addr_t none = {{0}};

    return enow_link_addr_same(a, &none);
}

/* Whether it names several stations. */
static inline bool enow_link_addr_group(const enow_addr_t *a) { return (a->bytes[0] & 1) != 0; }

static inline enow_addr_t enow_link_broadcast(void)
{
    enow_addr_t all;

    memset(&all, 0xff, sizeof all);
    return all;
}

static inline bool enow_link_addr_broadcast(const enow_addr_t *a)
{
    const enow_addr_t all = enow_link_broadcast();

    return enow_link_addr_same(a, &all);
}

#ifdef __cplusplus
}
#endif
