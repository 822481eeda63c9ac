#include "gateway_state.h"

#include "bytes.h"
#include "layout.h"

/* What a node and its session take of memory. */
typedef char enow_link_peer_is_packed[sizeof(enow_link_peer_t) + sizeof(enow_link_peer_session_t) <= 160 ? 1 : -1];

/* Events that one step tells beside the results of one node's messages: two of a node that has restarted, and one of
 * another that makes room. */
#define STEP_EVENTS 3u

/* What a gateway's memory is made of. */
typedef struct {
    size_t peers, sessions, senders, answers, pings, denied, notices, recent, searches, joins, buckets[3], replies;
    size_t waiting, parts, mail, end;
} layout_t;

static uint16_t step_events(const enow_link_gateway_config_t *cfg)
{
    return (uint16_t)(cfg->mail.node_messages + STEP_EVENTS);
}

static void lay_out(layout_t *l, const enow_link_gateway_config_t *cfg)
{
    l->end = 0;
    (void)enow_link_lay(&l->end, 1, sizeof(enow_link_gateway_t));
    l->peers = enow_link_lay(&l->end, (size_t)cfg->sessions + cfg->remembered, sizeof(enow_link_peer_t));
    l->sessions = enow_link_lay(&l->end, cfg->sessions, sizeof(enow_link_peer_session_t));
    l->senders = enow_link_lay(&l->end, cfg->senders, sizeof(enow_link_gateway_sender_t));
    l->answers = enow_link_lay(&l->end, cfg->answers, sizeof(enow_link_gateway_answer_t));
    l->pings = enow_link_lay(&l->end, cfg->answers, sizeof(enow_link_gateway_ping_t));
    l->denied = enow_link_lay(&l->end, cfg->denied, sizeof(enow_addr_t));
    l->notices = enow_link_lay(&l->end, (size_t)2 * step_events(cfg), sizeof(enow_link_notice_t));
    l->recent = enow_link_lay(&l->end, cfg->recent_ids, sizeof(enow_link_recent_entry_t));
    l->searches = enow_link_lay(&l->end, cfg->searches, sizeof(enow_link_recent_entry_t));
    l->joins = enow_link_lay(&l->end, cfg->joins, sizeof(enow_link_recent_entry_t));
    for (unsigned i = 0; i < 3; i++) {
        l->buckets[i] = enow_link_lay(&l->end, cfg->buckets, sizeof(enow_link_bucket_t));
    }
    l->replies = enow_link_lay(&l->end, cfg->replies, sizeof(enow_link_reply_t));
    l->waiting = enow_link_lay(&l->end, cfg->mail.messages, sizeof(enow_link_waiting_t));
    l->parts = enow_link_lay(&l->end, 1, enow_frag_receiver_memory(&cfg->fragments));
    l->mail = enow_link_lay(&l->end, 1, cfg->mail.bytes);
}

size_t enow_link_gateway_memory(const enow_link_gateway_config_t *cfg)
{
    layout_t l;

    lay_out(&l, cfg);
    return l.end;
}

/* Gives the door its memory. */
static void furnish(enow_link_door_t *door, const enow_link_gateway_config_t *cfg, const layout_t *l, uint8_t *bytes)
{
    const uint64_t cookie_us = 2 * ENOW_LINK_COOKIE_PERIOD_US;

    enow_link_recent_init(&door->searches, (enow_link_recent_entry_t *)(void *)(bytes + l->searches), cfg->searches,
                          cookie_us);
    enow_link_recent_init(&door->joins, (enow_link_recent_entry_t *)(void *)(bytes + l->joins), cfg->joins, cookie_us);
    enow_link_tokens_init(&door->answers, (enow_link_bucket_t *)(void *)(bytes + l->buckets[0]), cfg->buckets);
    enow_link_tokens_init(&door->resets, (enow_link_bucket_t *)(void *)(bytes + l->buckets[1]), cfg->buckets);
    enow_link_tokens_init(&door->shakes, (enow_link_bucket_t *)(void *)(bytes + l->buckets[2]), cfg->buckets);
    door->replies = (enow_link_reply_t *)(void *)(bytes + l->replies);
    door->reply_capacity = cfg->replies;
}

/* Gives the gateway its memory. */
static void move_in(enow_link_gateway_t *g, const layout_t *l, uint8_t *bytes)
{
    const enow_link_gateway_config_t *cfg = &g->cfg;

    g->peers = (enow_link_peer_t *)(void *)(bytes + l->peers);
    g->sessions = (enow_link_peer_session_t *)(void *)(bytes + l->sessions);
    g->senders = (enow_link_gateway_sender_t *)(void *)(bytes + l->senders);
    g->answers = (enow_link_gateway_answer_t *)(void *)(bytes + l->answers);
    g->pings = (enow_link_gateway_ping_t *)(void *)(bytes + l->pings);
    g->denied = (enow_addr_t *)(void *)(bytes + l->denied);
    memset(g->peers, 0, l->sessions - l->peers);
    memset(g->sessions, 0, l->senders - l->sessions);
    memset(g->senders, 0, l->answers - l->senders);
    for (unsigned i = 0; i < cfg->senders; i++) {
        g->senders[i].peer = ENOW_LINK_NOWHERE;
    }
    g->due_us = ENOW_LINK_NEVER;
    g->ready_first = g->ready_last = g->from = ENOW_LINK_NOWHERE;
    enow_link_recent_init(&g->recent, (enow_link_recent_entry_t *)(void *)(bytes + l->recent), cfg->recent_ids,
                          cfg->recent_us);
    enow_link_mailroom_init(&g->mail, (enow_link_waiting_t *)(void *)(bytes + l->waiting), cfg->mail.messages,
                            bytes + l->mail, cfg->mail.bytes);
    enow_link_notices_init(&g->notices, (enow_link_notice_t *)(void *)(bytes + l->notices),
                           (uint16_t)(2 * step_events(cfg)));
    enow_link_peers_init(&g->radio, g->radio_peers, cfg->peers);
    furnish(&g->door, cfg, l, bytes);
}

/* Moves the keys of the configuration into the keyring; false: one is weak, or there twice. */
static bool take_keys(enow_link_gateway_t *g)
{
    bool ok = true;

    g->secure = g->cfg.key_count > 0;
    for (unsigned i = 0; i < g->cfg.key_count; i++) {
        ok = ok && enow_link_gateway_add_key(g, &g->cfg.keys[i]) == 0;
    }
    enow_link_wipe(g->cfg.keys, sizeof g->cfg.keys);
    return ok;
}

int enow_link_gateway_init(enow_link_gateway_t **gateway, const enow_link_gateway_config_t *cfg, void *memory,
                           size_t size)
{
    layout_t l;
    uint8_t boot[4];

    if (!enow_link_gateway_config_ok(cfg)) {
        return ENOW_LINK_ERR_CONFIG;
    }
    lay_out(&l, cfg);
    if (memory == NULL || size < l.end || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ENOW_LINK_ERR_MEMORY;
    }
    enow_link_gateway_t *g = (enow_link_gateway_t *)memory;
    uint8_t *bytes = (uint8_t *)memory;
    memset(g, 0, sizeof *g);
    g->cfg = *cfg;
    move_in(g, &l, bytes);
    if (!take_keys(g) || enow_frag_receiver_init(&g->parts, &cfg->fragments, bytes + l.parts, l.mail - l.parts) < 0) {
        return ENOW_LINK_ERR_CONFIG;
    }
    enow_link_inbox_init(&g->inbox, g->parts, cfg->fragments.max_message);
    if (!cfg->crypto->random(cfg->crypto->user, boot, sizeof boot) ||
        !enow_link_cookies_init(&g->door.cookies, cfg->crypto)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    g->boot = enow_link_get32(boot);
    *gateway = g;
    return 0;
}

void enow_link_gateway_drop(enow_link_gateway_t *g, enow_drop_reason_t why) { g->stats.drops.count[why]++; }

bool enow_link_gateway_may_tell(const enow_link_gateway_t *g)
{
    return enow_link_notices_room(&g->notices) >= step_events(&g->cfg);
}

static bool passes(const enow_link_gateway_t *g, const enow_link_frame_t *frame, bool broadcast)
{
    return g->cfg.passthrough == ENOW_LINK_PASS_ALL ||
           (g->cfg.passthrough == ENOW_LINK_PASS_UNKNOWN && broadcast && !enow_link_gateway_ours(frame));
}

void enow_link_gateway_handle(enow_link_gateway_t *g, uint64_t now_us, const enow_link_frame_t *frame)
{
    const bool broadcast = enow_link_addr_broadcast(&frame->dst);

    g->now_us = now_us;
    g->stats.frames++;
    g->frame = *frame;
    g->framed = g->raw = false;
    g->from = ENOW_LINK_NOWHERE;
    if (enow_link_addr_group(&frame->src) || enow_link_addr_same(&frame->src, &g->cfg.addr) ||
        (!broadcast && !enow_link_addr_same(&frame->dst, &g->cfg.addr))) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_WRONG_ADDRESS);
    } else if (frame->len > (broadcast ? ENOW_MAX_FRAME_V1 : ENOW_MAX_FRAME_V2)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_FRAME_TOO_LONG);
    } else if (passes(g, frame, broadcast)) {
        g->raw = !enow_link_gateway_denies(g, &frame->src);
        if (!g->raw) {
            enow_link_gateway_drop(g, ENOW_DROP_REASON_DENIED);
        }
    } else {
        g->framed = true;
        enow_walk_init(&g->walk, frame->body, frame->len);
    }
}

/* Opens a SEALED packet of a node with a session, in place. Returns as enow_link_opener_open does. */
static int open_of(enow_link_gateway_t *g, const enow_link_peer_t *p, uint8_t *packet, size_t len)
{
    enow_link_peer_session_t *s = &g->sessions[p->session];
    enow_link_opener_t opener;

    enow_link_opener_init(&opener, &s->open_key);
    opener.window.seen = s->seen;
    opener.window.next = s->seen == 0 ? 0 : (uint64_t)s->last + 1;
    const int opened = enow_link_opener_open(&opener, g->cfg.crypto, packet, len);
    if (opened >= 0) {
        s->seen = opener.window.seen;
        s->last = (uint32_t)(opener.window.next - 1);
    }
    enow_link_wipe(&opener, sizeof opener);
    return opened;
}

/* Takes a SEALED packet. What it holds is walked next. */
static void open_sealed(enow_link_gateway_t *g, const enow_pkt_sealed_t *p, uint8_t *packet, size_t len)
{
    enow_link_peer_t *from = enow_link_gateway_peer(g, &g->frame.src);
    enow_link_half_open_t *half = NULL;
    int opened;

    if (from != NULL && from->session != ENOW_LINK_NOWHERE && from->last_id == p->session) {
        opened = open_of(g, from, packet, len);
    } else {
        half = enow_link_door_find(&g->door, &g->frame.src, p->session);
        if (half == NULL) {
            enow_link_gateway_unknown_session(g, p);
            return;
        }
        opened = enow_link_opener_open(&half->session.tunnel.opener, g->cfg.crypto, packet, len);
    }
    if (opened < 0) {
        enow_link_gateway_drop(g, enow_link_drop_reason(opened));
        return;
    }
    if (half != NULL) {
        from = enow_link_gateway_promote(g, half);
    }
    if (from != NULL) {
        enow_link_gateway_heard(g, from);
        g->from = enow_link_gateway_place(g, from);
        enow_walk_init(&g->inner, packet + ENOW_LINK_SEALED_CLEAR, (size_t)opened);
    }
}

/* Why a packet that is not within SEALED may not be here; 0: it may. */
static enow_drop_reason_t refused(const enow_link_gateway_t *g, const enow_link_packet_t *p, uint8_t flags)
{
    if (enow_link_addr_broadcast(&g->frame.dst) && !enow_type_broadcast(p->type, flags)) {
        return ENOW_DROP_REASON_WRONG_ADDRESS;
    }
    const bool sealed = p->type == ENOW_TYPE_SEALED ||
                        (p->type == ENOW_TYPE_CONNECT && (p->as.connect.flags & ENOW_PKT_CONNECT_SECURE) != 0);
    if (sealed != g->secure) {
        return g->secure ? ENOW_DROP_REASON_PLAIN_ON_SECURE : ENOW_DROP_REASON_SEALED_ON_OPEN;
    }
    return 0;
}

/* Takes one packet that is not within SEALED, and reports whether *message is complete with it. */
static bool take_packet(enow_link_gateway_t *g, const enow_raw_packet_t *raw, enow_link_message_t *message)
{
    enow_link_packet_t p;
    uint8_t *packet = g->frame.body + raw->offset;
    const size_t len = ENOW_HEADER_SIZE + raw->body_len;
    enow_drop_reason_t why = enow_link_packet_decode_up(&p, raw);

    if (why == 0) {
        g->stats.packets++;
        why = refused(g, &p, raw->flags);
    }
    if (why != 0) {
        enow_link_gateway_drop(g, why);
        return false;
    }
    switch (p.type) {
    case ENOW_TYPE_CONNECT:
        enow_link_gateway_connect(g, &p.as.connect, packet, len);
        return false;
    case ENOW_TYPE_SEALED:
        open_sealed(g, &p.as.sealed, packet, len);
        return false;
    default:
        return enow_link_gateway_plain_packet(g, &p, message);
    }
}

/* Steps to the next packet; false: the walk is over, which is counted where it ended with an error. */
static bool walk_on(enow_link_gateway_t *g, enow_walk_t *walk, enow_raw_packet_t *raw)
{
    const int got = enow_walk_next(walk, raw);

    if (got < 0) {
        enow_link_gateway_drop(g, enow_link_drop_reason(got));
    }
    return got > 0;
}

/* Takes the next packet of the frame. *whole: message is complete with it. False: there was none. */
static bool step(enow_link_gateway_t *g, enow_link_message_t *message, bool *whole)
{
    enow_raw_packet_t raw;

    *whole = false;
    if (g->from != ENOW_LINK_NOWHERE) {
        if (walk_on(g, &g->inner, &raw)) {
            *whole = enow_link_gateway_session_packet(g, &raw, message);
            return true;
        }
        g->from = ENOW_LINK_NOWHERE;
    }
    if (!g->framed) {
        return false;
    }
    g->framed = walk_on(g, &g->walk, &raw);
    *whole = g->framed && take_packet(g, &raw, message);
    return g->framed;
}

/* Does what time alone brings about. Where there is no room to tell of it the rest is due when that was told. */
static void due(enow_link_gateway_t *g)
{
    enow_frag_receiver_expire(g->parts, g->now_us);
    enow_link_gateway_retry_answers(g);
    enow_link_door_expire(&g->door, g->now_us);
    enow_link_gateway_joins_due(g);
    while (enow_link_gateway_may_tell(g)) {
        enow_link_peer_t *p = enow_link_gateway_next_due(g);
        if (p == NULL) {
            break;
        }
        enow_link_gateway_peer_due(g, p);
    }
}

static void pass_through(enow_link_gateway_t *g, enow_link_message_t *message)
{
    g->raw = false;
    g->stats.raw++;
    memset(message, 0, sizeof *message);
    message->from = g->frame.src;
    message->payload = enow_link_bytes(g->frame.body, g->frame.len);
    message->raw = true;
    message->broadcast = enow_link_addr_broadcast(&g->frame.dst);
    message->rssi = g->frame.rssi;
    message->channel = g->frame.channel;
}

bool enow_link_gateway_poll(enow_link_gateway_t *g, uint64_t now_us, enow_link_event_t *event)
{
    bool whole;

    g->now_us = now_us;
    if (g->raw) {
        pass_through(g, &event->as.message);
        event->kind = ENOW_LINK_EVENT_MESSAGE;
        return true;
    }
    do {
        if (enow_link_notices_next(&g->notices, event)) {
            return true;
        }
        if (!step(g, &event->as.message, &whole)) {
            due(g);
            return enow_link_notices_next(&g->notices, event);
        }
    } while (!whole);
    g->stats.messages++;
    event->kind = ENOW_LINK_EVENT_MESSAGE;
    return true;
}

/* Writes the next answer to somebody who may have no session; false: there is none. */
static bool transmit_reply(enow_link_gateway_t *g, enow_link_transmission_t *out, uint8_t *buf)
{
    const enow_link_reply_t *r = enow_link_door_reply(&g->door);

    if (r == NULL) {
        return false;
    }
    memcpy(buf, r->body, r->len);
    out->dst = r->to;
    out->len = r->len;
    enow_link_peers_address(&g->radio, g->now_us, out, true);
    return true;
}

/* Writes the next frame of a session; false: there is none. */
static bool transmit_session(enow_link_gateway_t *g, enow_link_transmission_t *out, uint8_t *buf)
{
    while (enow_link_gateway_may_tell(g)) {
        enow_link_peer_t *p = enow_link_gateway_next_ready(g);
        if (p == NULL) {
            break;
        }
        if (enow_link_gateway_write(g, p, out, buf)) {
            enow_link_peers_address(&g->radio, g->now_us, out, false);
            return true;
        }
    }
    return false;
}

/* Those who have a session and those who have none are sent to in turns. */
bool enow_link_gateway_transmit(enow_link_gateway_t *g, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf,
                                size_t cap)
{
    g->now_us = now_us;
    if (cap < g->cfg.max_frame) {
        return false;
    }
    memset(out, 0, sizeof *out);
    bool sent = g->replied && transmit_session(g, out, buf);
    g->replied = !sent && transmit_reply(g, out, buf);
    sent = sent || g->replied || transmit_session(g, out, buf);
    g->stats.sent += sent ? 1u : 0u;
    return sent;
}

bool enow_link_gateway_next_deadline(const enow_link_gateway_t *g, uint64_t *at_us)
{
    uint64_t other_us;

    *at_us = g->due_us;
    if (enow_frag_receiver_next_deadline(g->parts, &other_us) && other_us < *at_us) {
        *at_us = other_us;
    }
    if (enow_link_door_next_deadline(&g->door, &other_us) && other_us < *at_us) {
        *at_us = other_us;
    }
    return *at_us != ENOW_LINK_NEVER;
}
