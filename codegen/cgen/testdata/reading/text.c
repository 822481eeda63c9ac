/* A program that uses one codec, or none, to see what it adds. Each uses memcpy and memset, so these do not count. */
#include "floor.h"
#ifdef HEADER
#include HEADER
#endif

#include <string.h>

void _start(void);

void _start(void)
{
    static uint64_t value[32]; /* a reading of any codec */
    static uint8_t buf[128];
    void *(*volatile copy)(void *, const void *, size_t) = memcpy;
    void *(*volatile fill)(void *, int, size_t) = memset;

    fill(value, 0, sizeof value);
    copy(value, buf, sizeof buf);
#ifdef ENCODE
    const int volatile encoded = ENCODE((void *)value, buf, sizeof buf);
    const int volatile decoded = DECODE((void *)value, buf, sizeof buf);
    (void)encoded;
    (void)decoded;
#endif
}
