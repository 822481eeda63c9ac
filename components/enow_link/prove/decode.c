/* Each decoder, and the encoder on what it gave: any flags, any length of body and any bytes. */
#include "packet.h"
#include "unknown.h"

/* What a decoder gives is all there: its encoder reads it. */
static void encode(const enow_link_packet_t *packet, uint8_t *buf, size_t cap)
{
    switch (packet->type) {
    case ENOW_TYPE_CONNECT:
        (void)enow_pkt_connect_encode_last(&packet->as.connect, buf, cap);
        break;
    case ENOW_TYPE_CONNACK:
        (void)enow_pkt_connack_encode_last(&packet->as.connack, buf, cap);
        break;
    case ENOW_TYPE_PUBLISH:
        (void)enow_pkt_publish_encode_last(&packet->as.publish, buf, cap);
        break;
    case ENOW_TYPE_PUBACK:
        (void)enow_pkt_puback_encode(&packet->as.puback, buf, cap);
        break;
    case ENOW_TYPE_SUBSCRIBE:
        (void)enow_pkt_subscribe_encode_last(&packet->as.subscribe, buf, cap);
        break;
    case ENOW_TYPE_SUBACK:
        (void)enow_pkt_suback_encode(&packet->as.suback, buf, cap);
        break;
    case ENOW_TYPE_UNSUBSCRIBE:
        (void)enow_pkt_unsubscribe_encode_last(&packet->as.unsubscribe, buf, cap);
        break;
    case ENOW_TYPE_UNSUBACK:
        (void)enow_pkt_unsuback_encode(&packet->as.unsuback, buf, cap);
        break;
    case ENOW_TYPE_PINGREQ:
        (void)enow_pkt_pingreq_encode(&packet->as.pingreq, buf, cap);
        break;
    case ENOW_TYPE_PINGRESP:
        (void)enow_pkt_pingresp_encode(&packet->as.pingresp, buf, cap);
        break;
    case ENOW_TYPE_DISCONNECT:
        (void)enow_pkt_disconnect_encode(&packet->as.disconnect, buf, cap);
        break;
    case ENOW_TYPE_SEALED:
        (void)enow_pkt_sealed_encode_last(&packet->as.sealed, buf, cap);
        break;
    default:
        break;
    }
}

static const uint8_t flags_of[16] = {
    [ENOW_TYPE_CONNECT] = ENOW_PKT_CONNECT_FLAGS,   [ENOW_TYPE_CONNACK] = ENOW_PKT_CONNACK_FLAGS,
    [ENOW_TYPE_PUBLISH] = ENOW_PKT_PUBLISH_FLAGS,   [ENOW_TYPE_PUBACK] = ENOW_PKT_PUBACK_FLAGS,
    [ENOW_TYPE_PINGRESP] = ENOW_PKT_PINGRESP_FLAGS, [ENOW_TYPE_DISCONNECT] = ENOW_PKT_DISCONNECT_FLAGS,
};

/* Of the memory, len bytes up to its end are there. */
static void decode(uint8_t type, uint8_t flags, size_t len, size_t body_len)
{
    uint8_t memory[ENOW_MAX_BODY], buf[ENOW_MAX_FRAME_V2];
    uint8_t *body = memory + ENOW_MAX_BODY - len;
    const enow_raw_packet_t raw = {.type = type, .flags = flags, .body = body, .body_len = body_len};
    enow_link_packet_t packet;

    unknown_bytes(body, len);
    if (enow_link_packet_decode_up(&packet, &raw) == 0) {
        encode(&packet, buf, sizeof buf);
    }
    if (enow_link_packet_decode_down(&packet, &raw) == 0) {
        encode(&packet, buf, sizeof buf);
    }
}

static void decode_each_length(uint8_t type, uint8_t flags)
{
    for (size_t len = 0; len <= LONGEST && len < ENOW_MAX_BODY; len++) {
        decode(type, flags, len, len);
    }
    decode(type, flags, ENOW_MAX_BODY, ENOW_MAX_BODY);
}

void prove_decode(void)
{
    for (uint8_t type = 0; type < 16; type++) {
        for (uint8_t flags = 0; flags < 16; flags++) {
            if ((flags & ~flags_of[type]) == 0) {
                decode_each_length(type, flags);
            } else { /* refused before anything is read */
                decode(type, flags, 0, unknown_u32(0, ENOW_MAX_BODY));
            }
        }
    }
}
