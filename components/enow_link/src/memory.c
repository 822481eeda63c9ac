#include "memory.h"

#include <stddef.h>
#include <string.h>

#define MIN_BUFFER 64u

uint32_t enow_frag_buffer_size(uint32_t n)
{
    uint32_t size = MIN_BUFFER;

    if (n == 0) {
        return 0;
    }
    while (size < n) {
        size *= 2;
    }
    return size;
}

static void link_last(enow_frag_memory_t *memory, enow_frag_buffer_t *buffer)
{
    buffer->previous = memory->last;
    buffer->next = NULL;
    if (memory->last == NULL) {
        memory->first = buffer;
    } else {
        memory->last->next = buffer;
    }
    memory->last = buffer;
}

static void move_to_front(enow_frag_memory_t *memory)
{
    uint8_t *end = memory->arena;

    for (enow_frag_buffer_t *buffer = memory->first; buffer != NULL; buffer = buffer->next) {
        memmove(end, buffer->data, buffer->size);
        buffer->data = end;
        end += buffer->size;
    }
}

static uint8_t *end_of(const enow_frag_memory_t *memory)
{
    return memory->last == NULL ? memory->arena : memory->last->data + memory->last->size;
}

void enow_frag_memory_grow(enow_frag_memory_t *memory, enow_frag_buffer_t *buffer, uint32_t size)
{
    if ((size_t)(memory->arena + memory->limit - end_of(memory)) < size) {
        move_to_front(memory);
    }
    uint8_t *data = end_of(memory);
    if (buffer->size > 0) {
        memcpy(data, buffer->data, buffer->size);
        enow_frag_memory_give_back(memory, buffer);
    }
    buffer->data = data;
    buffer->size = size;
    link_last(memory, buffer);
    memory->lent += size;
}

void enow_frag_memory_give_back(enow_frag_memory_t *memory, enow_frag_buffer_t *buffer)
{
    if (buffer->size == 0) {
        return;
    }
    memory->lent -= buffer->size;
    if (buffer->previous == NULL) {
        memory->first = buffer->next;
    } else {
        buffer->previous->next = buffer->next;
    }
    if (buffer->next == NULL) {
        memory->last = buffer->previous;
    } else {
        buffer->next->previous = buffer->previous;
    }
    buffer->data = NULL;
    buffer->size = 0;
}
