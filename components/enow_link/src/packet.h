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

/* Decodes a packet. Returns 0 or an enow_err_t. */
int enow_link_packet_decode(enow_link_packet_t *out, const enow_raw_packet_t *raw);

/* Whether there is an extension that this version does not know and may not skip. */
bool enow_link_unknown_critical(enow_bytes_t tlvs);

/* The reason to drop what a codec, an opener or the handshake refuses. */
enow_drop_reason_t enow_link_drop_reason(int err);

#ifdef __cplusplus
}
#endif
