#include "gateway_state.h"

bool enow_link_gateway_ours(const enow_link_frame_t *frame)
{
    enow_walk_t walk;
    enow_raw_packet_t raw;
    enow_link_packet_t p;
    int got;

    enow_walk_init(&walk, frame->body, frame->len);
    for (got = enow_walk_next(&walk, &raw); got > 0; got = enow_walk_next(&walk, &raw)) {
        if (enow_link_packet_decode_up(&p, &raw) != 0 || !enow_type_broadcast(raw.type, raw.flags)) {
            return false;
        }
    }
    return got == 0 && frame->len > 0;
}

/* Numbers a sender. What it broadcasts has a memory of its own (SPEC.md, section 5). */
static uint64_t source_of(const enow_addr_t *addr, bool broadcast)
{
    uint64_t n = broadcast ? 1 : 0;

    for (size_t i = 0; i < sizeof addr->bytes; i++) {
        n = n << 8 | addr->bytes[i];
    }
    return n;
}

static void recent_key(enow_link_recent_key_t *key, const enow_addr_t *addr, bool broadcast, uint16_t id)
{
    memset(key, 0, sizeof *key);
    memcpy(key->bytes, addr->bytes, sizeof addr->bytes);
    key->bytes[sizeof addr->bytes] = broadcast ? 1 : 0;
    key->bytes[sizeof addr->bytes + 1] = (uint8_t)id;
    key->bytes[sizeof addr->bytes + 2] = (uint8_t)(id >> 8);
}

void enow_link_gateway_remember(enow_link_gateway_t *g, const enow_addr_t *addr, uint16_t id)
{
    enow_link_recent_key_t key;

    recent_key(&key, addr, false, id);
    if (!enow_link_recent_seen(&g->recent, g->now_us, &key)) {
        enow_link_recent_add(&g->recent, g->now_us, &key);
    }
}

/* Takes a part of a message; false: it is not whole. */
static bool whole_of(enow_link_gateway_t *g, const enow_pkt_publish_t *p, enow_frag_message_t *whole)
{
    const bool broadcast = enow_link_addr_broadcast(&g->frame.dst);
    const bool retain = (p->flags & ENOW_PKT_PUBLISH_RETAIN) != 0;
    enow_frag_key_t key;
    enow_frag_part_t part;
    enow_frag_ack_t ack;

    if ((p->flags & ENOW_PKT_PUBLISH_FRAGMENT) == 0) {
        whole->data = p->data;
        whole->mark = retain;
        return true;
    }
    key.source = source_of(&g->frame.src, broadcast);
    key.id = p->message_id;
    part.offset = p->offset;
    part.data = p->data;
    part.more = (p->flags & ENOW_PKT_PUBLISH_MORE) != 0;
    part.mark = retain;
    const int got = enow_frag_receiver_push(g->parts, g->now_us, &key, &part, false, whole, &ack);
    if (got < 0) {
        enow_link_gateway_drop(g, enow_link_fragment_reason(got));
    }
    return got > 0 && enow_frag_receiver_accept(g->parts, &key, &ack); /* nobody is to be told */
}

/* Takes a message or a part of one from a node without a session, on an open network. */
static bool publish(enow_link_gateway_t *g, const enow_pkt_publish_t *p, enow_link_message_t *message)
{
    const bool broadcast = enow_link_addr_broadcast(&g->frame.dst);
    enow_link_recent_key_t key;
    enow_frag_message_t whole;

    recent_key(&key, &g->frame.src, broadcast, p->message_id);
    if (enow_link_recent_seen(&g->recent, g->now_us, &key)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_DUPLICATE);
        return false;
    }
    if (!whole_of(g, p, &whole)) {
        return false;
    }
    const enow_drop_reason_t why = enow_link_gateway_read(g, &g->frame.src, &whole.data, message);
    if (why != 0) {
        enow_link_gateway_drop(g, why);
        return false;
    }
    enow_link_recent_add(&g->recent, g->now_us, &key);
    message->retain = whole.mark;
    message->broadcast = broadcast;
    message->id = p->message_id;
    return true;
}

/* Tells a node of an open network that it has no session. It proves nothing. */
static void reset(enow_link_gateway_t *g)
{
    enow_link_reply_t *r = enow_link_gateway_reset_reply(g);
    enow_pkt_disconnect_t p;

    if (r == NULL) {
        return;
    }
    enow_pkt_disconnect_init(&p);
    p.flags = ENOW_PKT_DISCONNECT_RESET;
    p.reason = ENOW_DISCONNECT_REASON_UNKNOWN_SESSION;
    r->len = (uint8_t)enow_pkt_disconnect_encode(&p, r->body, sizeof r->body);
}

/* Takes a packet of an open network that is no CONNECT. A node there is known by its address alone. */
bool enow_link_gateway_plain_packet(enow_link_gateway_t *g, const enow_link_packet_t *p, enow_link_message_t *message)
{
    const bool is_publish = p->type == ENOW_TYPE_PUBLISH;

    if (enow_link_gateway_denies(g, &g->frame.src)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_DENIED);
        return false;
    }
    if (enow_link_addr_broadcast(&g->frame.dst)) {
        return is_publish && publish(g, &p->as.publish, message);
    }
    enow_link_peer_t *from = enow_link_gateway_peer(g, &g->frame.src);
    enow_link_half_open_t *half = enow_link_door_newest(&g->door, &g->frame.src);
    if (half != NULL) {
        from = enow_link_gateway_promote(g, half);
        enow_link_door_close_all_of(&g->door, &g->frame.src); /* its joins before, which no packet of it may mean */
    }
    if (from != NULL && from->session != ENOW_LINK_NOWHERE) {
        enow_link_gateway_heard(g, from);
        return enow_link_gateway_of(g, from, p, message);
    }
    if (is_publish && (p->as.publish.flags & ENOW_PKT_PUBLISH_ACK) == 0) {
        return publish(g, &p->as.publish, message);
    }
    if (is_publish || p->type == ENOW_TYPE_PINGREQ) { /* it believes to have a session */
        reset(g);
    } else {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_SESSION);
    }
    return false;
}
