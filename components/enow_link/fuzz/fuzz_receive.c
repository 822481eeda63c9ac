/* Parts of many messages in any order, of which some lie: nothing undefined happens, and the limits hold. */
#include "enow/frag.h"
#include "fuzz.h"

#include <string.h>

static uint8_t content[2048];

static const enow_frag_limits_t some_limits = {1000, 100, 4, 0, 2, 0, 1000000};

static void push(enow_frag_receiver_t *receiver, uint64_t now_us, input_t *in)
{
    const uint8_t how = input_byte(in);
    const enow_frag_key_t key = {how & 3u, how >> 2 & 7u};
    const bool lies = (how & 32) != 0;
    enow_frag_part_t part = {
        .offset = (uint32_t)(input_byte(in) * (input_byte(in) + 1)), .more = (how & 64) != 0, .mark = false};
    enow_frag_message_t whole;
    enow_frag_ack_t ack;
    size_t len = input_byte(in);

    if (lies) {
        part.data.data = input_bytes(in, &len);
    } else {
        input_t honest = {content + part.offset % sizeof content, sizeof content - part.offset % sizeof content};
        part.data.data = input_bytes(&honest, &len);
    }
    part.data.len = len;
    const int result = enow_frag_receiver_push(receiver, now_us, &key, &part, (how & 128) != 0, &whole, &ack);
    if (result > 0) {
        uint8_t sum = 0;
        for (size_t i = 0; i < whole.data.len; i++) {
            sum = (uint8_t)(sum + whole.data.data[i]);
        }
        WANT(whole.data.len <= some_limits.max_message);
        if (sum % 2 == 0) {
            WANT(enow_frag_receiver_accept(receiver, &key, &ack));
        } else {
            WANT(enow_frag_receiver_refuse(receiver, now_us, &key, &ack));
        }
    }
    free((void *)(uintptr_t)part.data.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    enow_frag_limits_t limits = some_limits;
    enow_frag_receiver_t *receiver;
    enow_frag_key_t key;
    enow_frag_ack_t ack;
    uint64_t now_us = 0, at_us;

    limits.source_bytes = enow_frag_limits_message_bytes(&limits);
    limits.max_bytes = 2 * limits.source_bytes;
    for (size_t i = 0; i < sizeof content; i++) {
        content[i] = (uint8_t)(i * 7);
    }
    const size_t memory_size = enow_frag_receiver_memory(&limits);
    void *memory = malloc(memory_size);
    WANT(memory != NULL && enow_frag_receiver_init(&receiver, &limits, memory, memory_size) == 0);
    while (in.len > 0) {
        const uint8_t wait = input_byte(&in);
        if (wait < 8) {
            now_us += UINT64_C(100000) * wait;
            (void)enow_frag_receiver_expire(receiver, now_us);
            while (enow_frag_receiver_poll(receiver, now_us, &key, &ack)) {
            }
        } else if (wait == 8) {
            (void)enow_frag_receiver_forget(receiver, input_byte(&in) & 3u);
        } else {
            push(receiver, now_us, &in);
        }
        const enow_frag_stats_t *stats = enow_frag_receiver_stats(receiver);
        WANT(stats->bytes <= limits.max_bytes);
        WANT(stats->partial + stats->aborted + stats->delivered <= limits.max_messages);
        WANT(!enow_frag_receiver_next_deadline(receiver, &at_us) || stats->partial + stats->aborted > 0);
    }
    free(memory);
    return 0;
}
