/*
 * The memory of messages under way: buffers within one arena of the caller's.
 *
 * Sizes are powers of two from 64 bytes, so that what a message is charged follows from its parts alone. Buffers stand
 * in the order in which they were lent; where there is room, but not behind the last one, all move to the front. So as
 * much can be lent as there is, whatever was given back before.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct enow_frag_buffer {
    uint8_t *data; /* moves when another grows */
    uint32_t size; /* 0: there is none */
    struct enow_frag_buffer *previous, *next;
} enow_frag_buffer_t;

typedef struct {
    uint8_t *arena;
    uint32_t limit; /* bytes of the arena */
    uint32_t lent;  /* bytes of buffers */
    enow_frag_buffer_t *first, *last;
} enow_frag_memory_t;

/* How many more bytes can be lent. */
static inline uint32_t enow_frag_memory_room(const enow_frag_memory_t *memory) { return memory->limit - memory->lent; }

/* Gives a buffer a larger size, one that there is room for beside the old; its bytes stay, behind them are any. */
void enow_frag_memory_grow(enow_frag_memory_t *memory, enow_frag_buffer_t *buffer, uint32_t size);

/* Takes a buffer back, if there is one. Its bytes stay as they are until another grows. */
void enow_frag_memory_give_back(enow_frag_memory_t *memory, enow_frag_buffer_t *buffer);

/* The size of the buffer that holds n bytes, up to 2^31; none is needed for 0. */
uint32_t enow_frag_buffer_size(uint32_t n);

/* How many bytes hold n bits. */
static inline uint32_t enow_frag_bitmap_size(uint32_t n) { return (n + 7) / 8; }

#ifdef __cplusplus
}
#endif
