#include "node_state.h"

#include "bytes.h"
#include "packet.h"

bool enow_link_node_nonce(enow_link_node_t *node)
{
    uint8_t random[4];
    const bool ok = node->cfg.crypto->random(node->cfg.crypto->user, random, sizeof random);

    node->seek.nonce = enow_link_get32(random);
    return ok;
}

static void fill_hello(const enow_link_node_t *node, enow_hello_t *hello)
{
    hello->boot = node->boot;
    hello->max_message = node->cfg.receive.max_message;
    hello->max_frame = node->cfg.max_frame;
    hello->keep_alive = node->cfg.keep_alive_s;
    hello->window = 64;
}

/* Makes the CONNECT. Returns its length, or an error. */
static int make_packet(enow_link_node_t *node, enow_pkt_connect_t *c)
{
    enow_link_seek_t *k = &node->seek;
    const enow_crypto_t *crypto = node->cfg.crypto;
    uint8_t plain[ENOW_LINK_HELLO_SIZE];

    fill_hello(node, &c->hello);
    if (!node->secure) {
        return enow_pkt_connect_encode_last(c, k->packet, sizeof k->packet);
    }
    const int len = enow_hello_encode(&c->hello, plain, sizeof plain);
    if (len < 0) {
        return len;
    }
    const enow_bytes_t bytes = {plain, (size_t)len};
    node->stats.key_exchanges++;
    k->joining = true;
    return enow_link_join_begin(&k->join, crypto, &node->keys.psk, &node->cfg.addr, &k->best.gateway, c, bytes,
                                k->packet, sizeof k->packet);
}

/* Makes the CONNECT for the best gateway of the pass. */
void enow_link_node_begin_join(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;
    enow_pkt_connect_t c = {0};
    const uint32_t asked = k->nonce;

    enow_link_join_wipe(&k->join);
    k->joining = false;
    if (!enow_link_node_nonce(node)) {
        k->nonce = asked;
        enow_link_node_back_off(node);
        return;
    }
    c.flags = (uint8_t)(ENOW_PKT_CONNECT_JOIN | (node->cfg.sleepy ? ENOW_PKT_CONNECT_SLEEPY : 0));
    c.version = ENOW_VERSION;
    c.key_id = node->cfg.key_id;
    c.nonce = k->nonce;
    memcpy(c.cookie, k->best.cookie, sizeof c.cookie);
    const int len = make_packet(node, &c);
    if (len < 0) {
        k->nonce = asked;
        enow_link_node_back_off(node);
        return;
    }
    node->stats.joins++;
    k->phase = ENOW_LINK_SEEK_JOIN;
    k->packet_len = (uint8_t)len;
    k->sent = 0;
    k->send = true;
    k->gateway = k->best.gateway;
    k->channel = k->best.channel;
    k->rssi = k->best.rssi;
}

/* Makes a new session the one in use. It is told once it was heard in. */
static void start(enow_link_node_t *node, const enow_welcome_t *w, const enow_link_session_keys_t *keys)
{
    enow_link_seek_t *k = &node->seek;
    enow_link_session_t *s = &node->session;

    enow_link_session_wipe(s);
    memset(s, 0, sizeof *s);
    s->peer = k->gateway;
    s->id = w->session;
    s->boot = w->boot;
    s->max_frame = w->max_frame < node->cfg.max_frame ? w->max_frame : node->cfg.max_frame;
    s->max_message = w->max_message < ENOW_MAX_MESSAGE ? w->max_message : ENOW_MAX_MESSAGE;
    s->window = w->window;
    s->keep_alive_s = w->keep_alive;
    s->secure = node->secure;
    if (s->secure) {
        enow_link_tunnel_init_node(&s->tunnel, node->now_us, keys, w->session);
    }
    node->joined = true;
    enow_link_sent_tags_init(&node->tags, w->session);
    node->answers.count = 0;
    enow_link_outbox_restart(&node->outbox);
    enow_link_node_remember(node);
    enow_link_node_alive_begin(node);
    enow_link_join_wipe(&k->join);
    k->joining = false;
    k->phase = ENOW_LINK_SEEK_CONFIRM;
    k->sent = 0;
    k->send = true;
    k->channel = w->channel;
}

/* Takes an accepted join. */
static void accepted(enow_link_node_t *node, const enow_pkt_connack_t *p, uint8_t *packet, size_t len)
{
    enow_link_session_keys_t keys;
    enow_welcome_t w = p->welcome;

    memset(&keys, 0, sizeof keys);
    if (node->secure) {
        node->stats.key_exchanges++;
        const int err = enow_link_join_finish(&node->seek.join, node->cfg.crypto, packet, len, &w, &keys);
        if (err < 0) {
            enow_link_node_drop(node, enow_link_drop_reason(err));
            return;
        }
    }
    if (enow_link_unknown_critical(w.tlvs)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_BAD_TLV);
    } else if (!enow_link_node_uses(node, w.channel)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
    } else {
        start(node, &w, &keys);
    }
    enow_link_wipe(&keys, sizeof keys);
}

/* Takes the answer to a join. */
void enow_link_node_answered(enow_link_node_t *node, const enow_pkt_connack_t *p, uint8_t *packet, size_t len)
{
    switch (p->status) {
    case ENOW_CONNACK_STATUS_BUSY:
        node->seek.retry_us = node->now_us + p->retry_after * ENOW_LINK_MS_US;
        enow_link_node_back_off(node);
        break;
    case ENOW_CONNACK_STATUS_REFUSED:
        enow_link_node_refused(node, enow_link_node_refusal(p->reason));
        break;
    case ENOW_CONNACK_STATUS_ACCEPTED:
        accepted(node, p, packet, len);
        break;
    default:
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
    }
}

/* Takes the first packet that was heard in a new session. */
void enow_link_node_confirmed(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;
    const bool renewed = node->up;

    k->phase = ENOW_LINK_SEEK_IDLE;
    k->send = false;
    k->renew = false;
    k->failures = 0;
    memset(&k->failed, 0, sizeof k->failed);
    node->up = true;
    node->alive.down = ENOW_LINK_REASON_NONE;
    node->home.gateway = k->gateway;
    node->home.channel = k->channel;
    node->stats.sessions++;
    if (!renewed) {
        const enow_link_connection_t told = {
            .up = true,
            .gateway = node->session.peer,
            .channel = k->channel,
            .rssi = k->rssi,
            .boot = node->session.boot,
        };
        enow_link_notices_connection(&node->notices, &told);
    }
}

/* Has a node that no gateway will have wait for long, and says so once for each time that it becomes so. A session in
 * use goes on: its gateway ends it. */
void enow_link_node_refused(enow_link_node_t *node, enow_link_reason_t why)
{
    if (!node->up && node->alive.down != why) {
        const enow_link_connection_t told = {.gateway = node->seek.gateway, .reason = why};
        node->alive.down = why;
        enow_link_notices_connection(&node->notices, &told);
    }
    node->seek.failures = ENOW_LINK_MAX_FAILURES;
    enow_link_node_back_off(node);
}

enow_link_reason_t enow_link_node_refusal(enow_refuse_reason_t reason)
{
    switch (reason) {
    case ENOW_REFUSE_REASON_VERSION:
        return ENOW_LINK_REASON_VERSION;
    case ENOW_REFUSE_REASON_DENIED:
        return ENOW_LINK_REASON_DENIED;
    default:
        return ENOW_LINK_REASON_EXTENSION;
    }
}
