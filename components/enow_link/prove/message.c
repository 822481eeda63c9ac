/* The rules of a message's parts, the room they need and the answer: any message, any limits, any part. */
#include "message.h"

#include "unknown.h"

static void receive(uint32_t seen_size, bool more, size_t min_len, size_t max_len)
{
    uint8_t seen[1024]; /* a bit for each part: its last bytes are there */
    uint8_t *bits = seen + sizeof seen - seen_size;
    enow_frag_limits_t limits;
    enow_frag_entry_t m;
    enow_frag_part_t part;
    enow_frag_ack_t ack;
    uint32_t bytes, parts;

    unknown_bytes(&limits, sizeof limits);
    unknown_bytes(&m, sizeof m);
    unknown_bytes(bits, seen_size);
    m.seen.data = bits;
    m.seen.size = seen_size;
    limits.max_message = unknown_u32(1, ENOW_MAX_MESSAGE);
    part.offset = unknown_u32(0, UINT32_MAX);
    part.data.len = Frama_C_size_t_interval(min_len, max_len);
    part.more = more;
    if (enow_frag_entry_check(&m, &limits, &part) == 0) {
        enow_frag_entry_needs(&m, &part, &bytes, &parts);
    }
    enow_frag_entry_progress(&m, &ack);
}

static void receive_each_length(uint32_t seen_size, bool more)
{
    receive(seen_size, more, 0, 0);
    receive(seen_size, more, 1, ENOW_MAX_MESSAGE);
    receive(seen_size, more, ENOW_MAX_MESSAGE + 1, SIZE_MAX);
}

void prove_message(void)
{
    receive_each_length(0, true);
    receive_each_length(0, false);
    receive_each_length(64, true);
    receive_each_length(64, false);
    for (uint32_t seen_size = 128; seen_size <= LONGEST && seen_size <= 1024; seen_size *= 2) {
        receive_each_length(seen_size, true);
        receive_each_length(seen_size, false);
    }
}
