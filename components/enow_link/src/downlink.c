#include "node_state.h"

#include "packet.h"

/* How long a sleepy node listens after each part of a message to it. */
#define AFTER_MAIL_US (2 * ENOW_LINK_SECOND_US)
/* A PINGRESP that echoes an older time is dropped. */
#define OLDEST_PING_MS 6000u
/* The last time since 1970 that nanoseconds can tell, in ms. */
#define MAX_UNIX_MS UINT64_C(9223372036853)

/* Opens a SEALED packet in place. What it holds is walked next. */
static void open_sealed(enow_link_node_t *node, const enow_pkt_sealed_t *p, uint8_t *packet, size_t len)
{
    if (!enow_link_node_in_session(node) || p->session != node->session.id) {
        enow_link_node_drop(node, ENOW_DROP_REASON_NO_SESSION);
        return;
    }
    const int opened = enow_link_opener_open(&node->session.tunnel.opener, node->cfg.crypto, packet, len);
    if (opened < 0) {
        enow_link_node_drop(node, enow_link_drop_reason(opened));
        return;
    }
    enow_link_node_heard(node);
    enow_walk_init(&node->inner, packet + ENOW_LINK_SEALED_CLEAR, (size_t)opened);
    node->sealed = true;
}

void enow_link_node_answer(enow_link_node_t *node, uint16_t id, const enow_frag_ack_t *ack)
{
    if (!enow_link_answers_put(&node->answers, id, ack)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_NO_ROOM);
    }
}

/* Takes a message to the node or a part of one. Whoever polls the event has the message, so it is acknowledged. */
static bool publish(enow_link_node_t *node, const enow_pkt_publish_t *p, enow_link_message_t *message)
{
    enow_link_alive_t *alive = &node->alive;
    enow_link_sender_t *sender = &enow_link_node_memory_of_gateway(node)->sender;
    enow_link_arrival_t a;
    enow_frag_ack_t ack;
    enow_message_t whole;
    bool asked;

    if (alive->awake_us < node->now_us + AFTER_MAIL_US) {
        alive->awake_us = node->now_us + AFTER_MAIL_US;
    }
    if (alive->pending) {
        enow_link_node_poll_anew(node);
    }
    enow_link_inbox_push(&node->inbox, node->now_us, sender, p, &a);
    if (a.drop != 0) {
        enow_link_node_drop(node, a.drop);
    }
    if (a.answer) {
        enow_link_node_answer(node, p->message_id, &a.ack);
    }
    if (!a.whole) {
        return false;
    }
    const bool good = enow_message_decode(&whole, a.message.data, a.message.len) >= 0;
    const bool waited = a.receipt.source != 0 &&
                        (good ? enow_link_inbox_accept(&node->inbox, sender, a.receipt.id, &ack, &asked)
                              : enow_link_inbox_refuse(&node->inbox, node->now_us, sender, a.receipt.id, &ack, &asked));
    if (waited && asked) {
        enow_link_node_answer(node, a.receipt.id, &ack);
    }
    if (!good) {
        enow_link_node_drop(node, ENOW_DROP_REASON_BAD_MESSAGE);
        return false;
    }
    memset(message, 0, sizeof *message);
    message->from = node->session.peer;
    message->topic = whole.topic;
    message->payload = whole.payload;
    message->retain = a.retain;
    message->rssi = node->frame.rssi;
    message->channel = node->frame.channel;
    message->boot = node->session.boot;
    message->id = p->message_id;
    return true;
}

static void pingresp(enow_link_node_t *node, const enow_pkt_pingresp_t *p)
{
    const uint32_t age_ms = (uint32_t)(node->now_us / ENOW_LINK_MS_US) - p->time;

    if (age_ms > OLDEST_PING_MS) {
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
        return;
    }
    enow_link_node_pending(node, (p->flags & ENOW_PKT_PINGRESP_PENDING) != 0);
    if (p->unix_ms != 0 && p->unix_ms <= MAX_UNIX_MS) {
        node->unix_us = (int64_t)(p->unix_ms * ENOW_LINK_MS_US) - (int64_t)node->now_us;
        node->knows_unix = true;
    }
}

static void disconnect(enow_link_node_t *node, enow_disconnect_reason_t reason)
{
    if (reason == ENOW_DISCONNECT_REASON_REKEY) {
        node->alive.wants_keys = true;
        return;
    }
    if (reason > ENOW_DISCONNECT_REASON_REKEY) { /* of a later version */
        reason = ENOW_DISCONNECT_REASON_NORMAL;
    }
    enow_link_node_lose(node, (enow_link_reason_t)(reason + 1));
}

/* Takes a packet of the session's gateway. */
static bool of_session(enow_link_node_t *node, const enow_link_packet_t *p, enow_link_message_t *message)
{
    switch (p->type) {
    case ENOW_TYPE_PUBLISH:
        return publish(node, &p->as.publish, message);
    case ENOW_TYPE_PUBACK:
        enow_link_node_pending(node, (p->as.puback.flags & ENOW_PKT_PUBACK_PENDING) != 0);
        if (!enow_link_outbox_handle(&node->outbox, node->now_us, &p->as.puback)) {
            enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
        } else {
            enow_link_node_settle(node);
        }
        break;
    case ENOW_TYPE_PINGRESP:
        pingresp(node, &p->as.pingresp);
        break;
    case ENOW_TYPE_DISCONNECT:
        disconnect(node, p->as.disconnect.reason);
        break;
    default:
        enow_link_node_drop(node, ENOW_DROP_REASON_UNSERVED);
    }
    return false;
}

bool enow_link_node_packet(enow_link_node_t *node, const enow_raw_packet_t *raw, enow_link_message_t *message)
{
    enow_link_packet_t p;
    const enow_drop_reason_t why = enow_link_packet_decode_down(&p, raw);
    uint8_t *packet = node->frame.body + raw->offset;
    const size_t len = ENOW_HEADER_SIZE + raw->body_len;

    if (why != 0) {
        enow_link_node_drop(node, why);
    } else if (p.type == ENOW_TYPE_CONNACK) {
        enow_link_node_connack(node, &p.as.connack, packet, len);
    } else if (enow_link_packet_is_reset(raw)) {
        enow_link_node_reset(node, &p.as.disconnect);
    } else if (p.type == ENOW_TYPE_SEALED && !node->secure) {
        enow_link_node_drop(node, ENOW_DROP_REASON_SEALED_ON_OPEN);
    } else if (p.type == ENOW_TYPE_SEALED) {
        open_sealed(node, &p.as.sealed, packet, len);
    } else if (node->secure) {
        enow_link_node_drop(node, ENOW_DROP_REASON_PLAIN_ON_SECURE);
    } else if (!enow_link_node_in_session(node)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_NO_SESSION);
    } else {
        enow_link_node_heard(node);
        return of_session(node, &p, message);
    }
    return false;
}

/* Takes a packet from within SEALED. */
bool enow_link_node_session_packet(enow_link_node_t *node, const enow_raw_packet_t *raw, enow_link_message_t *message)
{
    enow_link_packet_t p;
    enow_drop_reason_t why = ENOW_DROP_REASON_NESTED;

    if (enow_link_packet_may_nest(raw)) {
        why = enow_link_packet_is_reset(raw) ? ENOW_DROP_REASON_WRONG_DIRECTION : enow_link_packet_decode_down(&p, raw);
    }
    if (why == 0 && !node->joined) { /* a goodbye stands before it */
        why = ENOW_DROP_REASON_NO_SESSION;
    }
    if (why != 0) {
        enow_link_node_drop(node, why);
        return false;
    }
    return of_session(node, &p, message);
}
