#include "gateway_state.h"

#include "topic.h"

/* Takes a packet from within SEALED. */
bool enow_link_gateway_session_packet(enow_link_gateway_t *g, const enow_raw_packet_t *raw,
                                      enow_link_message_t *message)
{
    enow_link_packet_t p;
    const enow_drop_reason_t why =
        enow_link_packet_may_nest(raw) ? enow_link_packet_decode_up(&p, raw) : ENOW_DROP_REASON_NESTED;

    if (why != 0) {
        enow_link_gateway_drop(g, why);
        return false;
    }
    g->stats.packets++;
    return enow_link_gateway_of(g, &g->peers[g->from], &p, message);
}

/* Makes a node's sender of what is packed, until keep_sender. */
static void sender_of(const enow_link_peer_t *p, enow_link_sender_t *s)
{
    memset(s, 0, sizeof *s);
    s->source = enow_link_peer_source(p);
    s->boot = p->boot;
    s->done.done = p->done;
    s->done.refused = p->refused;
    s->done.newest = p->newest;
    s->done.any = p->done != 0; /* the newest is done with */
}

static void keep_sender(enow_link_peer_t *p, const enow_link_sender_t *s)
{
    p->done = s->done.done;
    p->refused = s->done.refused;
    p->newest = s->done.newest;
}

/* The node that a receipt is of; null: it has restarted, or is forgotten. */
static enow_link_peer_t *peer_of(enow_link_gateway_t *g, uint64_t source)
{
    for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
        enow_link_peer_t *p = &g->peers[i];
        if (p->known && p->source != 0 && enow_link_peer_source(p) == source) {
            return p;
        }
    }
    return NULL;
}

void enow_link_gateway_retry_answers(enow_link_gateway_t *g)
{
    enow_frag_key_t key;
    enow_frag_ack_t ack;

    while (enow_frag_receiver_poll(g->parts, g->now_us, &key, &ack)) {
        enow_link_peer_t *p = peer_of(g, key.source);
        if (p != NULL) {
            enow_link_gateway_answer(g, p, key.id, &ack);
        }
    }
}

static bool finish(enow_link_gateway_t *g, enow_link_receipt_t receipt, bool taken)
{
    enow_link_peer_t *p = peer_of(g, receipt.source);
    enow_link_sender_t s;
    enow_frag_ack_t ack;
    bool asked;

    memset(&s, 0, sizeof s);
    s.source = receipt.source;
    if (p != NULL) {
        sender_of(p, &s);
    }
    const bool waited = taken ? enow_link_inbox_accept(&g->inbox, &s, receipt.id, &ack, &asked)
                              : enow_link_inbox_refuse(&g->inbox, g->now_us, &s, receipt.id, &ack, &asked);
    if (p != NULL && waited) {
        keep_sender(p, &s);
        if (asked) {
            enow_link_gateway_answer(g, p, receipt.id, &ack);
        }
    }
    return waited;
}

bool enow_link_gateway_accept(enow_link_gateway_t *g, uint64_t now_us, enow_link_receipt_t receipt)
{
    g->now_us = now_us;
    return finish(g, receipt, true);
}

bool enow_link_gateway_refuse(enow_link_gateway_t *g, uint64_t now_us, enow_link_receipt_t receipt)
{
    g->now_us = now_us;
    return finish(g, receipt, false);
}

enow_drop_reason_t enow_link_gateway_read(const enow_link_gateway_t *g, const enow_addr_t *from,
                                          const enow_bytes_t *whole, enow_link_message_t *message)
{
    enow_message_t m;

    if (enow_message_decode(&m, whole->data, whole->len) < 0) {
        return ENOW_DROP_REASON_BAD_MESSAGE;
    }
    if (!enow_link_topic_ok(&m.topic)) {
        return ENOW_DROP_REASON_BAD_TOPIC;
    }
    memset(message, 0, sizeof *message);
    message->from = *from;
    message->topic = m.topic;
    message->payload = m.payload;
    message->rssi = g->frame.rssi;
    message->channel = g->frame.channel;
    return 0;
}

/* Takes a message or a part of one of a node with a session. */
static bool publish(enow_link_gateway_t *g, enow_link_peer_t *from, const enow_pkt_publish_t *p,
                    enow_link_message_t *message)
{
    enow_link_sender_t s;
    enow_link_arrival_t a;

    sender_of(from, &s);
    enow_link_inbox_push(&g->inbox, g->now_us, &s, p, &a);
    keep_sender(from, &s);
    if (a.drop != 0) {
        enow_link_gateway_drop(g, a.drop);
    }
    if (a.answer) {
        enow_link_gateway_answer(g, from, p->message_id, &a.ack);
    }
    if (!a.whole) {
        return false;
    }
    const enow_drop_reason_t why = enow_link_gateway_read(g, &from->addr, &a.message, message);
    if (why != 0) {
        enow_link_gateway_drop(g, why);
        if (a.receipt.source != 0) {
            (void)finish(g, a.receipt, false);
        }
        return false;
    }
    if (!g->secure) { /* what comes again after the session has ended is a repeat all the same */
        enow_link_gateway_remember(g, &from->addr, p->message_id);
    }
    message->retain = a.retain;
    message->id = p->message_id;
    message->boot = from->boot;
    message->receipt = a.receipt;
    return true;
}

/* Takes a packet of a node with a session. */
bool enow_link_gateway_of(enow_link_gateway_t *g, enow_link_peer_t *from, const enow_link_packet_t *p,
                          enow_link_message_t *message)
{
    if (from->goodbye != ENOW_LINK_REASON_NONE) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_DENIED);
        return false;
    }
    switch (p->type) {
    case ENOW_TYPE_PUBLISH:
        return publish(g, from, &p->as.publish, message);
    case ENOW_TYPE_PUBACK:
        if (!enow_link_gateway_puback(g, from, &p->as.puback)) {
            enow_link_gateway_drop(g, ENOW_DROP_REASON_UNEXPECTED);
            break;
        }
        enow_link_gateway_settle(g, from);
        enow_link_gateway_make_ready(g, from);
        break;
    case ENOW_TYPE_PINGREQ:
        enow_link_gateway_pong(g, from, p->as.pingreq.time);
        break;
    case ENOW_TYPE_DISCONNECT:
        enow_link_gateway_leave(g, from, ENOW_LINK_REASON_NORMAL);
        g->from = ENOW_LINK_NOWHERE; /* what follows has no session */
        break;
    default:
        enow_link_gateway_drop(g, ENOW_DROP_REASON_UNSERVED);
    }
    return false;
}
