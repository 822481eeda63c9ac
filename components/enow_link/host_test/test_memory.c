#include "../src/memory.h"
#include "check.h"

#include <string.h>

enum { LIMIT = 1024, BUFFERS = 12 };

static uint8_t arena[LIMIT];

static void test_sizes(void)
{
    static const uint32_t cases[][2] = {
        {0, 0},
        {1, 64},
        {64, 64},
        {65, 128},
        {128, 128},
        {1000, 1024},
        {1u << 28, 1u << 28},
        {(1u << 28) + 1, 1u << 29},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        CHECK(enow_frag_buffer_size(cases[c][0]) == cases[c][1], "%lu", (unsigned long)cases[c][0]);
    }
    CHECK(enow_frag_bitmap_size(0) == 0 && enow_frag_bitmap_size(1) == 1 && enow_frag_bitmap_size(8) == 1 &&
              enow_frag_bitmap_size(9) == 2,
          "bits");
}

/* As much can be lent as there is, in any order, and no byte of a buffer changes when others come and go. */
static void test_every_byte_can_be_lent(void)
{
    enow_frag_memory_t memory = {arena, LIMIT, 0, NULL, NULL};
    enow_frag_buffer_t buffers[BUFFERS];
    uint32_t random = 1;
    unsigned full = 0;

    memset(buffers, 0, sizeof buffers);
    for (unsigned step = 0; step < 100000; step++) {
        random = random * 1664525 + 1013904223;
        const unsigned i = random >> 24 & 0xff;
        enow_frag_buffer_t *buffer = &buffers[i % BUFFERS];
        uint32_t size = 64u << (random >> 16 & 3);
        if (i < 64) {
            enow_frag_memory_give_back(&memory, buffer);
        } else if (size > buffer->size && size <= enow_frag_memory_room(&memory)) {
            const uint32_t old = buffer->size;
            enow_frag_memory_grow(&memory, buffer, size);
            memset(buffer->data + old, (int)(i % BUFFERS) + 1, size - old);
        }
        full += memory.lent == LIMIT;

        uint32_t lent = 0;
        for (unsigned b = 0; b < BUFFERS; b++) {
            lent += buffers[b].size;
            for (uint32_t at = 0; at < buffers[b].size; at++) {
                CHECK(buffers[b].data[at] == b + 1, "step %u: byte %lu of buffer %u", step, (unsigned long)at, b);
            }
            CHECK(buffers[b].size == 0 ||
                      (buffers[b].data >= arena && buffers[b].data + buffers[b].size <= arena + LIMIT),
                  "step %u: buffer %u is outside", step, b);
        }
        CHECK(lent == memory.lent, "step %u: %lu bytes counted, %lu lent", step, (unsigned long)memory.lent,
              (unsigned long)lent);
        if (check_result() != EXIT_SUCCESS) {
            return;
        }
    }
    CHECK(full > 1000, "full %u times only", full);
}

int main(void)
{
    test_sizes();
    test_every_byte_can_be_lent();
    return check_result();
}
