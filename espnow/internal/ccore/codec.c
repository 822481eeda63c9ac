//go:build enow_ccore

#include "codec.h"

#define CASE(TYPE, name, encode)                                                                                       \
    case ENOW_TYPE_##TYPE: {                                                                                           \
        enow_pkt_##name##_t packet;                                                                                    \
        out->decoded = enow_pkt_##name##_decode(&packet, raw.flags, raw.body, raw.body_len);                           \
        out->encoded = out->decoded < 0 ? out->decoded : enow_pkt_##name##_##encode(&packet, buf, cap);                \
        break;                                                                                                         \
    }

int ccore_packet(const uint8_t *frame, size_t len, size_t *offset, ccore_packet_t *out, uint8_t *buf, size_t cap)
{
    enow_walk_t walk;
    enow_raw_packet_t raw;
    enow_walk_init(&walk, frame, len);
    walk.offset = *offset;
    int result = enow_walk_next(&walk, &raw);
    *offset = walk.offset;
    if (result != 1) {
        return result;
    }
    out->type = raw.type;
    out->flags = raw.flags;
    out->offset = raw.offset;
    out->body_len = raw.body_len;
    switch (raw.type) {
        CASE(CONNECT, connect, encode_last)
        CASE(CONNACK, connack, encode_last)
        CASE(PUBLISH, publish, encode_last)
        CASE(PUBACK, puback, encode)
        CASE(SUBSCRIBE, subscribe, encode_last)
        CASE(SUBACK, suback, encode)
        CASE(UNSUBSCRIBE, unsubscribe, encode_last)
        CASE(UNSUBACK, unsuback, encode)
        CASE(PINGREQ, pingreq, encode)
        CASE(PINGRESP, pingresp, encode)
        CASE(DISCONNECT, disconnect, encode)
        CASE(SEALED, sealed, encode_last)
    default:
        out->decoded = ENOW_ERR_UNKNOWN_TYPE;
        out->encoded = ENOW_ERR_UNKNOWN_TYPE;
    }
    return result;
}
