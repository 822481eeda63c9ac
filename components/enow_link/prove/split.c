/* The parts of a message: any bytes, each length and each size of parts up to one more. */
#include "enow/frag.h"

#include "unknown.h"

static void split(size_t len, uint32_t size)
{
    uint8_t memory[64];
    const enow_bytes_t message = {memory + sizeof memory - len, len}; /* ends where the memory does */
    enow_frag_splitter_t splitter;
    enow_frag_part_t part;
    uint8_t byte = 0;

    unknown_bytes(memory + sizeof memory - len, len);
    if (enow_frag_split(&splitter, message, size) != 0) {
        return;
    }
    while (enow_frag_splitter_next(&splitter, &part)) {
        for (size_t i = 0; i < part.data.len; i++) {
            byte = part.data.data[i];
        }
    }
    (void)byte;
}

void prove_split(void)
{
    for (size_t len = 0; len <= LONGEST && len <= 64; len++) {
        for (uint32_t size = 0; size <= len + 1; size++) {
            split(len, size);
        }
    }
}
