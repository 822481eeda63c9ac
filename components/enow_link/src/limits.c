#include "enow/config.h"
#include "enow/frag.h"
#include "memory.h"

#define TIMEOUT_US (UINT64_C(30) * 1000 * 1000)
#define MAX_TIMEOUT_US (UINT64_C(24) * 60 * 60 * 1000 * 1000)

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

void enow_frag_limits_default(enow_frag_limits_t *limits)
{
    limits->max_message = ENOW_CONFIG_MAX_MESSAGE;
    limits->max_parts = ENOW_CONFIG_MAX_PARTS;
    limits->max_messages = ENOW_CONFIG_MAX_MESSAGES;
    limits->source_messages = ENOW_CONFIG_SOURCE_MESSAGES;
    limits->source_bytes = enow_frag_limits_message_bytes(limits);
    limits->max_bytes = ENOW_CONFIG_LONG_MESSAGES * limits->source_bytes;
    limits->timeout_us = TIMEOUT_US;
}

uint32_t enow_frag_limits_message_bytes(const enow_frag_limits_t *limits)
{
    const uint32_t message = least(limits->max_message, ENOW_MAX_MESSAGE);
    const uint32_t parts = least(limits->max_parts - 1, message);
    const uint32_t size = enow_frag_buffer_size(message) + enow_frag_buffer_size(enow_frag_bitmap_size(parts));

    return size + size / 2; /* while a buffer grows, the old one, half as large at most, is still held */
}

int enow_frag_limits_check(const enow_frag_limits_t *limits)
{
    if (limits->max_message < 1 || limits->max_message > ENOW_MAX_MESSAGE || limits->max_parts < 1 ||
        limits->max_parts > ENOW_MAX_MESSAGE + 1 || limits->source_messages < 1 ||
        limits->max_messages < limits->source_messages ||
        limits->source_bytes < enow_frag_limits_message_bytes(limits) || limits->max_bytes < limits->source_bytes ||
        limits->timeout_us < 1 || limits->timeout_us > MAX_TIMEOUT_US) {
        return ENOW_FRAG_ERR_LIMIT;
    }
    return 0;
}
