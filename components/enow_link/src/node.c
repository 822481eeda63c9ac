#include "node_state.h"

#include "bytes.h"
#include "layout.h"
#include "node_config.h"
#include "packet.h"
#include "topic.h"

/* What a node's memory is made of. */
typedef struct {
    size_t waiting, parts, queue, end;
} layout_t;

static layout_t layout_of(const enow_link_node_config_t *cfg)
{
    layout_t l = {0};

    (void)enow_link_lay(&l.end, 1, sizeof(enow_link_node_t));
    l.waiting = enow_link_lay(&l.end, cfg->queue_messages, sizeof(enow_link_waiting_t));
    l.parts = enow_link_lay(&l.end, 1, enow_frag_receiver_memory(&cfg->receive));
    l.queue = enow_link_lay(&l.end, 1, cfg->queue_bytes);
    return l;
}

size_t enow_link_node_memory(const enow_link_node_config_t *cfg) { return layout_of(cfg).end; }

/* Draws the first message_id of a node without sessions, and the boot. */
static bool draw(enow_link_node_t *node)
{
    uint8_t random[6];

    if (!node->cfg.crypto->random(node->cfg.crypto->user, random, sizeof random)) {
        return false;
    }
    node->boot = enow_link_get32(random + 2);
    if (node->free) {
        node->outbox.next_id = (uint16_t)(random[0] | random[1] << 8);
    }
    return true;
}

static bool derive(enow_link_node_t *node)
{
    enow_link_secret_t key;

    memcpy(key.bytes, node->cfg.key, sizeof key.bytes);
    const bool ok = enow_link_device_keys(&node->keys, node->cfg.crypto, &key);
    enow_link_wipe(&key, sizeof key);
    return ok;
}

int enow_link_node_init(enow_link_node_t **node, const enow_link_node_config_t *cfg, void *memory, size_t size)
{
    if (!enow_link_node_config_ok(cfg)) {
        return ENOW_LINK_ERR_CONFIG;
    }
    const layout_t l = layout_of(cfg);
    if (memory == 0 || size < l.end || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ENOW_LINK_ERR_MEMORY;
    }
    enow_link_node_t *n = memory;
    uint8_t *bytes = memory;
    memset(n, 0, sizeof *n);
    n->cfg = *cfg;
    n->free = !enow_link_addr_none(&cfg->gateway);
    n->secure = cfg->key_id != 0;
    if (enow_frag_receiver_init(&n->parts, &cfg->receive, bytes + l.parts, l.queue - l.parts) < 0) {
        return ENOW_LINK_ERR_CONFIG;
    }
    enow_link_inbox_init(&n->inbox, n->parts, cfg->receive.max_message);
    enow_link_peers_init(&n->radio, n->peers, ENOW_LINK_NODE_PEERS);
    enow_link_notices_init(&n->notices, n->events, ENOW_LINK_NODE_EVENTS);
    enow_link_mailroom_init(&n->mail, (enow_link_waiting_t *)(void *)(bytes + l.waiting), cfg->queue_messages,
                            bytes + l.queue, cfg->queue_bytes);
    enow_link_outbox_init(&n->outbox, &n->mail, 0, cfg->queue_messages, cfg->queue_bytes);
    n->outbox.sending = &n->sending;
    if (!draw(n) || (n->secure && !derive(n))) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    if (enow_link_node_uses(n, cfg->home.channel)) {
        n->home = cfg->home;
    }
    if (n->free) {
        n->joined = true;
        n->session.peer = cfg->gateway;
        n->session.max_frame = enow_link_addr_broadcast(&cfg->gateway) ? ENOW_MAX_FRAME_V1 : cfg->max_frame;
        n->session.max_message = ENOW_MAX_MESSAGE;
    } else {
        n->seek.phase = ENOW_LINK_SEEK_START;
    }
    *node = n;
    return 0;
}

bool enow_link_node_uses(const enow_link_node_t *node, uint8_t channel)
{
    for (uint8_t i = 0; i < node->cfg.channel_count; i++) {
        if (node->cfg.channels[i] == channel) {
            return true;
        }
    }
    return false;
}

bool enow_link_node_in_session(const enow_link_node_t *node)
{
    return node->joined && enow_link_addr_same(&node->frame.src, &node->session.peer);
}

void enow_link_node_drop(enow_link_node_t *node, enow_drop_reason_t why) { node->stats.drops.count[why]++; }

uint64_t enow_link_node_jitter(const enow_link_node_t *node, uint64_t most_us)
{
    uint8_t random[8];
    const enow_crypto_t *crypto = node->cfg.crypto;

    if (!crypto->random(crypto->user, random, sizeof random)) {
        return most_us / 2;
    }
    return (enow_link_get32(random) | (uint64_t)enow_link_get32(random + 4) << 32) % (most_us + 1);
}

int enow_link_node_publish(enow_link_node_t *node, uint64_t now_us, const enow_link_outgoing_t *message,
                           enow_link_ticket_t *ticket)
{
    (void)now_us;
    if (node->stopped != 0) {
        return node->stopped;
    }
    if (message->acknowledge && node->free) {
        return ENOW_LINK_ERR_NO_SESSION;
    }
    if (message->topic.len > ENOW_MAX_TOPIC || !enow_link_topic_ok(&message->topic)) {
        return ENOW_LINK_ERR_TOPIC;
    }
    const enow_message_t wire = {message->topic, message->payload};
    const int size = enow_message_length(&wire);
    if (size < 0 || (uint32_t)size > node->cfg.queue_bytes ||
        (node->up && (uint32_t)size > node->session.max_message)) {
        return ENOW_LINK_ERR_TOO_LARGE;
    }
    const int err = enow_link_outbox_push(&node->outbox, message, node->ticket, 0);
    if (err < 0) {
        return err;
    }
    if (ticket != 0) {
        *ticket = node->ticket;
    }
    node->ticket++;
    return 0;
}

void enow_link_node_goodbye(enow_link_node_t *node)
{
    node->goodbye = node->up && node->stopped == 0;
    node->stopped = ENOW_LINK_ERR_GONE;
}

void enow_link_node_handle(enow_link_node_t *node, uint64_t now_us, const enow_link_frame_t *frame)
{
    (void)now_us;
    if (node->free || node->stopped != 0) {
        return; /* it listens to nobody */
    }
    node->stats.heard++;
    node->frame = *frame;
    node->framed = false;
    node->sealed = false;
    if (enow_link_addr_group(&frame->src) || enow_link_addr_same(&frame->src, &node->cfg.addr) ||
        !enow_link_addr_same(&frame->dst, &node->cfg.addr)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_WRONG_ADDRESS);
    } else if (frame->len > ENOW_MAX_FRAME_V2) {
        enow_link_node_drop(node, ENOW_DROP_REASON_FRAME_TOO_LONG);
    } else {
        node->framed = true;
        enow_walk_init(&node->walk, frame->body, frame->len);
    }
}

/* Steps to the next packet; false: the walk is over, which is counted where it ended with an error. */
static bool walk_on(enow_link_node_t *node, enow_walk_t *walk, enow_raw_packet_t *raw)
{
    const int got = enow_walk_next(walk, raw);

    if (got < 0) {
        enow_link_node_drop(node, enow_link_drop_reason(got));
    }
    return got > 0;
}

/* Takes the next packet of the frame. *whole: message is complete with it. False: there was none. */
static bool step(enow_link_node_t *node, enow_link_message_t *message, bool *whole)
{
    enow_raw_packet_t raw;

    *whole = false;
    if (node->sealed) {
        if (walk_on(node, &node->inner, &raw)) {
            *whole = enow_link_node_session_packet(node, &raw, message);
            return true;
        }
        node->sealed = false;
    }
    if (!node->framed) {
        return false;
    }
    if (walk_on(node, &node->walk, &raw)) {
        *whole = enow_link_node_packet(node, &raw, message);
        return true;
    }
    node->framed = false;
    node->frame.rssi = 0;
    return false;
}

void enow_link_node_settle(enow_link_node_t *node)
{
    enow_link_result_t result;
    bool acknowledge;

    result.to = node->session.peer;
    for (;;) {
        node->unsettled = enow_link_notices_room(&node->notices) <= ENOW_LINK_NODE_EVENTS_KEPT;
        if (node->unsettled || !enow_link_outbox_ended(&node->outbox, node->now_us, node->joined ? &node->session : 0,
                                                       &result, &acknowledge)) {
            break;
        }
        if (!acknowledge) {
            node->outbox.dropped++;
            continue;
        }
        if (result.err == 0) {
            node->stats.messages++;
        } else {
            node->stats.failed++;
        }
        enow_link_notices_result(&node->notices, &result);
    }
}

/* Does what time alone brings about. */
static void due(enow_link_node_t *node)
{
    enow_frag_key_t key;
    enow_frag_ack_t ack;

    if (node->free) {
        return;
    }
    enow_frag_receiver_expire(node->parts, node->now_us);
    while (enow_frag_receiver_poll(node->parts, node->now_us, &key, &ack)) {
        const enow_link_gateway_memory_t *m = enow_link_node_memory_of_gateway(node);
        if (m != 0 && m->sender.source == key.source) {
            enow_link_node_answer(node, key.id, &ack);
        }
    }
    enow_link_node_alive_due(node);
    enow_link_node_seek_due(node);
}

bool enow_link_node_poll(enow_link_node_t *node, uint64_t now_us, enow_link_event_t *event)
{
    bool whole;

    node->now_us = now_us;
    do {
        if (enow_link_notices_next(&node->notices, event)) {
            return true;
        }
        if (node->unsettled) {
            enow_link_node_settle(node);
            if (enow_link_notices_next(&node->notices, event)) {
                return true;
            }
        }
        if (!step(node, &event->as.message, &whole)) {
            if (node->stopped == 0) {
                due(node);
            }
            return enow_link_notices_next(&node->notices, event);
        }
    } while (!whole);
    node->stats.received++;
    event->kind = ENOW_LINK_EVENT_MESSAGE;
    return true;
}

static void earlier(uint64_t *at_us, bool *some, uint64_t other_us)
{
    if (!*some || other_us < *at_us) {
        *at_us = other_us;
        *some = true;
    }
}

bool enow_link_node_next_deadline(const enow_link_node_t *node, uint64_t *at_us)
{
    uint64_t other_us;
    bool some = false;

    if (node->free || node->stopped != 0) {
        return false;
    }
    if (enow_frag_receiver_next_deadline(node->parts, &other_us)) {
        earlier(at_us, &some, other_us);
    }
    if (node->seek.phase != ENOW_LINK_SEEK_IDLE && !node->seek.send) {
        earlier(at_us, &some, node->seek.at_us);
    }
    if (node->up && node->seek.phase != ENOW_LINK_SEEK_CONFIRM) {
        earlier(at_us, &some, node->alive.next_us);
        if (enow_link_outbox_next_deadline(&node->outbox, &other_us)) {
            earlier(at_us, &some, other_us);
        }
        if (node->alive.pending) {
            earlier(at_us, &some, node->alive.poll_us);
        }
    }
    return some;
}

bool enow_link_node_seal(enow_link_node_t *node, enow_link_writer_t *w, enow_link_transmission_t *out)
{
    enow_link_session_t *s = &node->session;
    const uint32_t counter = s->tunnel.sealer.next;
    const int len = enow_link_session_end(s, node->cfg.crypto, &node->cfg.watch, w);

    if (len < 0) {
        enow_link_node_lose(node, ENOW_LINK_REASON_SPENT);
        return false;
    }
    if (s->secure) {
        enow_link_sent_tags_add(&node->tags, node->now_us, counter, w->buf + len - ENOW_CRYPTO_TAG_SIZE);
    }
    if (node->alive.awake_us < node->now_us + ENOW_LINK_AWAKE_US) {
        node->alive.awake_us = node->now_us + ENOW_LINK_AWAKE_US;
    }
    out->dst = s->peer;
    out->channel = node->seek.channel;
    out->len = (size_t)len;
    return true;
}

/* Writes the next frame of the session; false: there is none. */
static bool write_session(enow_link_node_t *node, enow_link_transmission_t *out, uint8_t *buf)
{
    enow_link_writer_t w;

    enow_link_session_begin(&node->session, &w, buf);
    if (!node->free) {
        enow_link_node_write_alive(node, &w);
        enow_link_answers_write(&node->answers, &w, 0);
    }
    if (node->free || node->up) {
        enow_link_outbox_write(&node->outbox, node->now_us, &w, &node->session, !enow_link_node_renewing(node));
        enow_link_node_settle(node);
    }
    return enow_link_writer_used(&w) > 0 && enow_link_node_seal(node, &w, out);
}

static bool write_goodbye(enow_link_node_t *node, enow_link_transmission_t *out, uint8_t *buf)
{
    enow_link_writer_t w;
    enow_pkt_disconnect_t p = {0};

    p.reason = ENOW_DISCONNECT_REASON_NORMAL;
    enow_link_session_begin(&node->session, &w, buf);
    enow_link_writer_add(&w, enow_pkt_disconnect_encode(&p, w.buf + w.len, enow_link_writer_room(&w)));
    const int len = enow_link_session_end(&node->session, node->cfg.crypto, &node->cfg.watch, &w);
    enow_link_session_wipe(&node->session);
    out->dst = node->session.peer;
    out->channel = node->seek.channel;
    out->len = len < 0 ? 0 : (size_t)len;
    return len >= 0;
}

bool enow_link_node_transmit(enow_link_node_t *node, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf,
                             size_t cap)
{
    bool sent = false;

    if (cap < node->cfg.max_frame) {
        return false;
    }
    node->now_us = now_us;
    memset(out, 0, sizeof *out);
    if (node->goodbye) {
        node->goodbye = false;
        sent = write_goodbye(node, out, buf);
    } else if (node->stopped == 0) {
        sent = (node->seek.send && enow_link_node_write_seek(node, out, buf, cap)) ||
               (node->joined && write_session(node, out, buf));
    }
    if (sent) {
        node->stats.frames++;
        enow_link_peers_address(&node->radio, now_us, out, false);
    }
    return sent;
}

void enow_link_node_radio_reset(enow_link_node_t *node) { enow_link_peers_forget(&node->radio); }

bool enow_link_node_connected(const enow_link_node_t *node) { return node->up; }

enow_link_home_t enow_link_node_home(const enow_link_node_t *node) { return node->home; }

bool enow_link_node_unix_time(const enow_link_node_t *node, uint64_t now_us, uint64_t *unix_us)
{
    *unix_us = (uint64_t)(node->unix_us + (int64_t)now_us);
    return node->knows_unix;
}

void enow_link_node_stats(const enow_link_node_t *node, enow_link_node_stats_t *out)
{
    const enow_frag_stats_t *parts = enow_frag_receiver_stats(node->parts);

    *out = node->stats;
    out->messages += node->outbox.sent;
    out->parts = node->sending.sender.stats.parts;
    out->resent = node->sending.sender.stats.resent;
    out->dropped = node->outbox.dropped;
    out->queued = node->outbox.messages;
    out->held = parts->bytes;
    out->drops.count[ENOW_DROP_REASON_DUPLICATE] += parts->duplicates;
    out->drops.count[ENOW_DROP_REASON_EXPIRED] += parts->expired + parts->superseded;
}
