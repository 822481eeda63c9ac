/* Whole messages, as their parts make them: any bytes, each length up to 64 and one with the longest topic, and the
 * encoder on what they give. */
#include "enow_proto.h"

#include "unknown.h"

#include <limits.h>

static void read(enow_bytes_t bytes)
{
    uint8_t byte = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        byte = bytes.data[i];
    }
    (void)byte;
}

/* Of len bytes, the first of which, the topic's length, is in a range: Eva is to know which one it is wherever the
 * message decodes, for the payload's place and length both follow from it. */
static void decode(size_t len, uint8_t min, uint8_t max)
{
    uint8_t memory[1 + UINT8_MAX + 1], buf[sizeof memory];
    uint8_t *data = memory + sizeof memory - len; /* ends where the memory does */
    enow_message_t message;

    unknown_bytes(data, len);
    if (len > 0) {
        data[0] = unknown_u8(min, max);
    }
    if (enow_message_decode(&message, data, len) >= 0) {
        read(message.topic);
        read(message.payload);
        (void)enow_message_encode(&message, buf + sizeof buf - len, len);
        (void)enow_message_encode(&message, buf + sizeof buf - (len - 1), len - 1);
    }
}

void prove_whole(void)
{
    enow_message_t message;

    for (size_t len = 0; len <= LONGEST && len <= 64; len++) {
        for (uint8_t topic = 0; topic < len; topic++) {
            decode(len, topic, topic);
        }
        decode(len, (uint8_t)len, UINT8_MAX); /* a topic longer than the message */
    }
    decode(1 + UINT8_MAX + 1, UINT8_MAX, UINT8_MAX);
    (void)enow_message_decode(&message, NULL, Frama_C_size_t_interval((size_t)INT_MAX + 1, SIZE_MAX)); /* not read */
    enow_message_init(&message);
    message.topic.len = Frama_C_size_t_interval(0, SIZE_MAX);
    message.payload.len = Frama_C_size_t_interval(0, SIZE_MAX);
    (void)enow_message_length(&message);
}
