#include "memory.h"

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
