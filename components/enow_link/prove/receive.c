/* A receiver of messages: any parts of any messages, one after the other, in memory of just the size it asks for. */
#include "enow/frag.h"

#include "unknown.h"

/* Two parts of four bytes, a last one, and one more of each. */
enum { MAX_MESSAGE = 10, MAX_PART = 4, PUSHED_US = 600, TIMEOUT_US = 1000 };

static void push(enow_frag_receiver_t *receiver, uint64_t now_us, uint16_t id, uint32_t offset, size_t len, bool more)
{
    uint8_t data[MAX_PART];
    const enow_frag_key_t key = {1, id};
    enow_frag_part_t part = {.data = {data + sizeof data - len, len}, .offset = offset, .more = more};
    enow_frag_message_t whole;
    enow_frag_ack_t ack;
    uint8_t byte = 0;

    unknown_bytes(data + sizeof data - len, len);
    part.mark = unknown_bool();
    if (enow_frag_receiver_push(receiver, now_us, &key, &part, unknown_bool(), &whole, &ack) > 0 &&
        whole.data.len > 0) {
        byte = whole.data.data[0];
        byte = whole.data.data[whole.data.len - 1];
    }
    (void)byte;
}

/* Pushes any part after one. */
static void push_after(uint32_t offset, size_t len, bool more)
{
    for (uint32_t next_offset = 0; next_offset <= MAX_MESSAGE; next_offset++) {
        for (size_t next_len = 0; next_len <= MAX_PART; next_len++) {
            for (unsigned next = 0; next < 4; next++) {
                static uint64_t memory[128];
                enow_frag_limits_t limits = {.max_message = MAX_MESSAGE,
                                             .max_parts = 3,
                                             .max_messages = 2,
                                             .source_messages = 2,
                                             .timeout_us = TIMEOUT_US};
                enow_frag_receiver_t *receiver;

                limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits);
                if (enow_frag_receiver_init(&receiver, &limits, memory, sizeof memory) == 0) {
                    push(receiver, 0, 0, offset, len, more);
                    push(receiver, PUSHED_US, next / 2, next_offset, next_len, next % 2 != 0);
                    (void)enow_frag_receiver_expire(receiver, unknown_u64(PUSHED_US, UINT64_MAX));
                }
            }
        }
    }
}

void prove_receive(void)
{
    push_after(0, MAX_PART, true);
    push_after(MAX_PART, MAX_PART, true);
    push_after(MAX_PART, 1, false);
}
