/* One frame: packets lie one behind the other, and what decodes encodes to the bytes that were taken of it. */
#include "../../enow_proto/host_test/packets/codecs.h"
#include "fuzz.h"

#include <string.h>

static void decode(const enow_raw_packet_t *raw)
{
    const codec_t *codec = codec_of_type(raw->type);
    input_t in = {raw->body, raw->body_len};
    size_t len = raw->body_len;
    uint8_t buf[ENOW_MAX_FRAME_V2];
    value_t value;

    if (codec == NULL) {
        return;
    }
    uint8_t *body = input_bytes(&in, &len);
    const int taken = codec->decode(&value, raw->flags, body, len);
    if (taken >= 0) {
        WANT((size_t)taken <= len);
        WANT(codec->length(&value) == taken);
        WANT(codec->encode_last(&value, buf, sizeof buf) == taken + (int)ENOW_HEADER_SIZE);
        WANT(buf[0] == (raw->type << 4 | raw->flags));
        WANT(memcmp(buf + ENOW_HEADER_SIZE, body, (size_t)taken) == 0);
    }
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enow_walk_t walk;
    enow_raw_packet_t raw;
    size_t end = 0;

    if (size > ENOW_MAX_FRAME_V2) {
        return 0;
    }
    enow_walk_init(&walk, data, size);
    int next = enow_walk_next(&walk, &raw);
    for (; next > 0; next = enow_walk_next(&walk, &raw)) {
        WANT(raw.offset == end && raw.body == data + end + ENOW_HEADER_SIZE);
        end += ENOW_HEADER_SIZE + raw.body_len;
        decode(&raw);
    }
    WANT(walk.offset == end && (next == 0) == (end == size));
    return 0;
}
