/* Bytes that go into hashes, and integers among them. */
#pragma once

#include "enow_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline enow_bytes_t enow_link_bytes(const void *data, size_t len)
{
    const enow_bytes_t bytes = {(const uint8_t *)data, len};

    return bytes;
}

/* The characters of a literal, without its terminator. */
#define ENOW_LINK_TEXT(literal) enow_link_bytes(literal, sizeof(literal) - 1)

static inline void enow_link_put32(uint8_t *p, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline uint32_t enow_link_get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#ifdef __cplusplus
}
#endif
