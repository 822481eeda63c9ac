/* A program that uses one codec, or none, to see what it adds. Both use memcpy and memset, so these do not count. */
#include "floor.h"

#include <string.h>

void _start(void);

void _start(void)
{
    static reading_reading_t value;
    static volatile uint8_t buf[READING_READING_MAX_SIZE];
    void *(*volatile copy)(void *, const void *, size_t) = memcpy;
    void *(*volatile fill)(void *, int, size_t) = memset;

    fill(&value, 0, sizeof value);
    copy(&value, (const uint8_t *)buf, sizeof buf);
#ifdef ENCODE
    buf[0] = (uint8_t)ENCODE(&value, (uint8_t *)buf, sizeof buf);
    buf[1] = (uint8_t)DECODE(&value, (const uint8_t *)buf, sizeof buf);
#endif
}
