#include "packet.h"

int enow_link_packet_decode(enow_link_packet_t *out, const enow_raw_packet_t *raw)
{
    const uint8_t flags = raw->flags;
    const uint8_t *body = raw->body;
    const size_t len = raw->body_len;
    int err = ENOW_ERR_UNKNOWN_TYPE;

    out->type = raw->type;
    switch (raw->type) {
    case ENOW_TYPE_CONNECT:
        err = enow_pkt_connect_decode(&out->as.connect, flags, body, len);
        break;
    case ENOW_TYPE_CONNACK:
        err = enow_pkt_connack_decode(&out->as.connack, flags, body, len);
        break;
    case ENOW_TYPE_PUBLISH:
        err = enow_pkt_publish_decode(&out->as.publish, flags, body, len);
        break;
    case ENOW_TYPE_PUBACK:
        err = enow_pkt_puback_decode(&out->as.puback, flags, body, len);
        break;
    case ENOW_TYPE_SUBSCRIBE:
        err = enow_pkt_subscribe_decode(&out->as.subscribe, flags, body, len);
        break;
    case ENOW_TYPE_SUBACK:
        err = enow_pkt_suback_decode(&out->as.suback, flags, body, len);
        break;
    case ENOW_TYPE_UNSUBSCRIBE:
        err = enow_pkt_unsubscribe_decode(&out->as.unsubscribe, flags, body, len);
        break;
    case ENOW_TYPE_UNSUBACK:
        err = enow_pkt_unsuback_decode(&out->as.unsuback, flags, body, len);
        break;
    case ENOW_TYPE_PINGREQ:
        err = enow_pkt_pingreq_decode(&out->as.pingreq, flags, body, len);
        break;
    case ENOW_TYPE_PINGRESP:
        err = enow_pkt_pingresp_decode(&out->as.pingresp, flags, body, len);
        break;
    case ENOW_TYPE_DISCONNECT:
        err = enow_pkt_disconnect_decode(&out->as.disconnect, flags, body, len);
        break;
    case ENOW_TYPE_SEALED:
        err = enow_pkt_sealed_decode(&out->as.sealed, flags, body, len);
        break;
    default:
        break;
    }
    return err < 0 ? err : 0;
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
