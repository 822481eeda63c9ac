/* Sizes of buffers: powers of two from 64 bytes, so that what a message is charged follows from its parts alone. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The capacity of the buffer that holds n bytes, up to 2^31; none is needed for 0. */
uint32_t enow_frag_buffer_size(uint32_t n);

/* How many bytes hold n bits. */
static inline uint32_t enow_frag_bitmap_size(uint32_t n) { return (n + 7) / 8; }

#ifdef __cplusplus
}
#endif
