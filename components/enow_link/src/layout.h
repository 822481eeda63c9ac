/* How a machine divides the memory that its caller gives. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes room for count things of size bytes at *end, which moves on to where the next may stand, and returns where they
 * are. What is more than memory can have ends at SIZE_MAX, where nothing can end: it is no multiple of what all is
 * aligned to. */
static inline size_t enow_link_lay(size_t *end, size_t count, size_t size)
{
    const size_t at = *end;
    const uint64_t words = ((uint64_t)count * size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    const uint64_t next = at + words * sizeof(uint64_t);

    *end = next > SIZE_MAX ? SIZE_MAX : (size_t)next;
    return at;
}

#ifdef __cplusplus
}
#endif
