/* A packet of any type. */
#pragma once

#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t type;
    union {
        enow_pkt_connect_t connect;
        enow_pkt_connack_t connack;
        enow_pkt_publish_t publish;
        enow_pkt_puback_t puback;
        enow_pkt_subscribe_t subscribe;
        enow_pkt_suback_t suback;
        enow_pkt_unsubscribe_t unsubscribe;
        enow_pkt_unsuback_t unsuback;
        enow_pkt_pingreq_t pingreq;
        enow_pkt_pingresp_t pingresp;
        enow_pkt_disconnect_t disconnect;
        enow_pkt_sealed_t sealed;
    } as;
} enow_link_packet_t;

/* Decode a packet of a node, and of a gateway. What only the other side may send is not looked at, so that a machine
 * has the decoders of what it takes, and no others. Return 0, or why the packet is to be dropped. */
enow_drop_reason_t enow_link_packet_decode_up(enow_link_packet_t *out, const enow_raw_packet_t *raw);
enow_drop_reason_t enow_link_packet_decode_down(enow_link_packet_t *out, const enow_raw_packet_t *raw);

/* Whether it is a DISCONNECT with RESET, which only a gateway sends, and never within SEALED. */
bool enow_link_packet_is_reset(const enow_raw_packet_t *raw);

/* Whether it may stand within SEALED. */
bool enow_link_packet_may_nest(const enow_raw_packet_t *raw);

/* Whether there is an extension that this version does not know and may not skip. */
bool enow_link_unknown_critical(enow_bytes_t tlvs);

/* The reason to drop what a codec, an opener or the handshake refuses. */
enow_drop_reason_t enow_link_drop_reason(int err);

#ifdef __cplusplus
}
#endif
