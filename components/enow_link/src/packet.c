#include "packet.h"

/* Types that both sides may send. */
static int decode_either(enow_link_packet_t *out, const enow_raw_packet_t *raw)
{
    switch (raw->type) {
    case ENOW_TYPE_PUBLISH:
        return enow_pkt_publish_decode(&out->as.publish, raw->flags, raw->body, raw->body_len);
    case ENOW_TYPE_PUBACK:
        return enow_pkt_puback_decode(&out->as.puback, raw->flags, raw->body, raw->body_len);
    case ENOW_TYPE_DISCONNECT:
        return enow_pkt_disconnect_decode(&out->as.disconnect, raw->flags, raw->body, raw->body_len);
    case ENOW_TYPE_SEALED:
        return enow_pkt_sealed_decode(&out->as.sealed, raw->flags, raw->body, raw->body_len);
    default:
        return ENOW_ERR_UNKNOWN_TYPE;
    }
}

static enow_drop_reason_t why_not(int decoded) { return decoded < 0 ? enow_link_drop_reason(decoded) : 0; }

enow_drop_reason_t enow_link_packet_decode_up(enow_link_packet_t *out, const enow_raw_packet_t *raw)
{
    if ((enow_type_down(raw->type) && !enow_type_up(raw->type)) || enow_link_packet_is_reset(raw)) {
        return ENOW_DROP_REASON_WRONG_DIRECTION;
    }
    out->type = raw->type;
    switch (raw->type) {
    case ENOW_TYPE_CONNECT:
        return why_not(enow_pkt_connect_decode(&out->as.connect, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_SUBSCRIBE:
        return why_not(enow_pkt_subscribe_decode(&out->as.subscribe, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_UNSUBSCRIBE:
        return why_not(enow_pkt_unsubscribe_decode(&out->as.unsubscribe, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_PINGREQ:
        return why_not(enow_pkt_pingreq_decode(&out->as.pingreq, raw->flags, raw->body, raw->body_len));
    default:
        return why_not(decode_either(out, raw));
    }
}

enow_drop_reason_t enow_link_packet_decode_down(enow_link_packet_t *out, const enow_raw_packet_t *raw)
{
    if (enow_type_up(raw->type) && !enow_type_down(raw->type)) {
        return ENOW_DROP_REASON_WRONG_DIRECTION;
    }
    out->type = raw->type;
    switch (raw->type) {
    case ENOW_TYPE_CONNACK:
        return why_not(enow_pkt_connack_decode(&out->as.connack, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_SUBACK:
        return why_not(enow_pkt_suback_decode(&out->as.suback, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_UNSUBACK:
        return why_not(enow_pkt_unsuback_decode(&out->as.unsuback, raw->flags, raw->body, raw->body_len));
    case ENOW_TYPE_PINGRESP:
        return why_not(enow_pkt_pingresp_decode(&out->as.pingresp, raw->flags, raw->body, raw->body_len));
    default:
        return why_not(decode_either(out, raw));
    }
}

bool enow_link_packet_is_reset(const enow_raw_packet_t *raw)
{
    return raw->type == ENOW_TYPE_DISCONNECT && (raw->flags & ENOW_PKT_DISCONNECT_RESET) != 0;
}

bool enow_link_packet_may_nest(const enow_raw_packet_t *raw)
{
    return raw->type != ENOW_TYPE_SEALED && raw->type != ENOW_TYPE_CONNECT && raw->type != ENOW_TYPE_CONNACK;
}

bool enow_link_unknown_critical(enow_bytes_t tlvs)
{
    uint8_t type;
    enow_bytes_t value;

    while (enow_tlv_next(&tlvs, &type, &value) > 0) {
        if ((type & 1) != 0) {
            return true;
        }
    }
    return false;
}

enow_drop_reason_t enow_link_drop_reason(int err)
{
    switch (err) {
    case ENOW_LINK_ERR_FORGED:
        return ENOW_DROP_REASON_FORGED;
    case ENOW_LINK_ERR_REPLAY:
        return ENOW_DROP_REASON_REPLAY;
    default: /* an enow_err_t, which the reasons begin with */
        return (enow_drop_reason_t)-err;
    }
}
