#include "node_state.h"

/* Times of a search (SPEC.md, section 3). */
#define FIRST_BACK_OFF_US (250 * ENOW_LINK_MS_US)
#define JOIN_TIMEOUT_US ENOW_LINK_SECOND_US
#define JOIN_REPEATS 3u
#define CONFIRM_EVERY_US (200 * ENOW_LINK_MS_US)
#define CONFIRM_PINGS 10u
/* In dB, that a gateway with a full table is worth less. */
#define LOAD_PENALTY 12
#define FULL_LOAD 255

bool enow_link_node_renewing(const enow_link_node_t *node)
{
    return node->seek.renew && node->seek.phase >= ENOW_LINK_SEEK_SEARCH;
}

/* Has the node search after a while. The keys of a join are forgotten. */
void enow_link_node_rest(enow_link_node_t *node, uint64_t wait_us)
{
    enow_link_seek_t *k = &node->seek;

    enow_link_join_wipe(&k->join);
    k->joining = false;
    k->phase = ENOW_LINK_SEEK_REST;
    k->at_us = node->now_us + wait_us;
    k->send = false;
}

/* Has the node search again after a failure: with full jitter, for twice as long each time, and not before a busy
 * gateway's word. */
void enow_link_node_back_off(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;
    uint64_t most_us = FIRST_BACK_OFF_US << k->failures;

    if (k->phase >= ENOW_LINK_SEEK_JOIN) {
        k->failed = k->gateway;
    }
    if (most_us > ENOW_LINK_MAX_BACK_OFF_US) {
        most_us = ENOW_LINK_MAX_BACK_OFF_US;
    }
    if (k->failures < ENOW_LINK_MAX_FAILURES) {
        k->failures++;
    }
    uint64_t wait_us = enow_link_node_jitter(node, most_us);
    if (k->retry_us > node->now_us) {
        wait_us = k->retry_us - node->now_us + enow_link_node_jitter(node, FIRST_BACK_OFF_US);
    }
    k->retry_us = 0;
    enow_link_node_rest(node, wait_us);
}

/* Asks on, or ends the pass. */
static void next_target(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;

    if (k->next < k->targets) {
        k->send = true;
    } else if (k->answers > 0) {
        enow_link_node_begin_join(node);
    } else if (k->refused != ENOW_LINK_REASON_NONE) {
        enow_link_node_refused(node, k->refused);
    } else {
        enow_link_node_back_off(node);
    }
}

/* Plans a pass: the gateway that the node had or has, then every channel. */
static void begin_pass(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;

    k->phase = ENOW_LINK_SEEK_SEARCH;
    k->next = 0;
    memset(&k->best, 0, sizeof k->best);
    k->answers = 0;
    k->refused = ENOW_LINK_REASON_NONE;
    k->home = node->home.channel != 0;
    k->targets = (uint8_t)(k->home + (k->renew ? 0 : node->cfg.channel_count));
    if (!enow_link_node_nonce(node)) {
        enow_link_node_back_off(node);
        return;
    }
    node->stats.searches++;
    next_target(node);
}

/* Does the next thing, which is due. */
static void seek_step(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;

    switch (k->phase) {
    case ENOW_LINK_SEEK_START:
        enow_link_node_rest(node, enow_link_node_jitter(node, ENOW_LINK_FIRST_SEARCH_US));
        break;
    case ENOW_LINK_SEEK_REST:
        if (k->renew) {
            k->phase = ENOW_LINK_SEEK_IDLE; /* until no message is under way */
        } else {
            begin_pass(node);
        }
        break;
    case ENOW_LINK_SEEK_SEARCH:
        next_target(node);
        break;
    case ENOW_LINK_SEEK_JOIN:
        if (k->sent <= JOIN_REPEATS) {
            k->send = true;
        } else {
            enow_link_node_back_off(node);
        }
        break;
    case ENOW_LINK_SEEK_CONFIRM:
        if (k->sent < CONFIRM_PINGS) {
            k->send = true;
        } else {
            enow_link_node_lose(node, ENOW_LINK_REASON_SILENT);
        }
        break;
    case ENOW_LINK_SEEK_IDLE:
        break;
    }
}

void enow_link_node_seek_due(enow_link_node_t *node)
{
    enow_link_seek_t *k = &node->seek;

    for (;;) { /* a wait may be none */
        const bool renews = node->up && enow_link_node_wants_keys(node) && enow_link_node_between(node);
        if (k->phase == ENOW_LINK_SEEK_IDLE && renews) {
            k->renew = true;
            begin_pass(node);
        }
        if (k->phase == ENOW_LINK_SEEK_IDLE || k->send || node->now_us < k->at_us) {
            return;
        }
        seek_step(node);
    }
}

/* Where the next question of the pass goes. */
static void target(const enow_link_node_t *node, uint8_t i, enow_link_transmission_t *out)
{
    if (node->seek.home && i == 0) {
        out->channel = node->home.channel;
        out->dst = node->home.gateway;
    } else {
        out->channel = node->cfg.channels[i - node->seek.home];
        out->dst = enow_link_broadcast();
    }
}

/* Writes a question; false: crypto fails, and the next one is due in its time. */
static bool write_search(enow_link_node_t *node, enow_link_transmission_t *out, uint8_t *buf, size_t cap)
{
    enow_link_seek_t *k = &node->seek;
    enow_pkt_connect_t c = {0};

    target(node, k->next++, out);
    k->at_us = node->now_us + node->cfg.listen_us;
    c.version = ENOW_VERSION;
    c.key_id = node->cfg.key_id;
    c.nonce = k->nonce;
    c.flags = node->cfg.sleepy ? ENOW_PKT_CONNECT_SLEEPY : 0;
    int len;
    if (node->secure) {
        c.flags |= ENOW_PKT_CONNECT_SECURE;
        len = enow_link_encode_search(node->cfg.crypto, &node->keys.search, &node->cfg.addr, &c, buf, cap);
    } else {
        len = enow_pkt_connect_encode(&c, buf, cap);
    }
    out->len = len < 0 ? 0 : (size_t)len;
    return len > 0;
}

bool enow_link_node_write_seek(enow_link_node_t *node, enow_link_transmission_t *out, uint8_t *buf, size_t cap)
{
    enow_link_seek_t *k = &node->seek;
    enow_link_writer_t w;

    k->send = false;
    switch (k->phase) {
    case ENOW_LINK_SEEK_SEARCH:
        return write_search(node, out, buf, cap);
    case ENOW_LINK_SEEK_JOIN:
        k->sent++;
        k->at_us = node->now_us + JOIN_TIMEOUT_US;
        memcpy(buf, k->packet, k->packet_len);
        out->dst = k->gateway;
        out->channel = k->channel;
        out->len = k->packet_len;
        return true;
    case ENOW_LINK_SEEK_CONFIRM:
        k->sent++;
        k->at_us = node->now_us + CONFIRM_EVERY_US;
        enow_link_session_begin(&node->session, &w, buf);
        enow_link_node_write_ping(node, &w);
        return enow_link_node_seal(node, &w, out);
    case ENOW_LINK_SEEK_IDLE:
    case ENOW_LINK_SEEK_START:
    case ENOW_LINK_SEEK_REST:
        break;
    }
    return false;
}

static int worth(const enow_link_node_t *node, const enow_link_candidate_t *a)
{
    const int home = enow_link_addr_same(&a->gateway, &node->home.gateway) ? node->cfg.hysteresis : 0;

    return a->rssi - LOAD_PENALTY * a->load / FULL_LOAD + home;
}

/* Whether a is to be preferred to b: one that has not just failed, then one that is heard well, then one that has room,
 * then the louder, where the gateway that the node had is worth a little more, and a crowded one a little less. */
static bool better(const enow_link_node_t *node, const enow_link_candidate_t *a, const enow_link_candidate_t *b)
{
    const bool failed = enow_link_addr_same(&a->gateway, &node->seek.failed);
    const bool well = a->rssi >= node->cfg.min_rssi;
    const bool full = a->load == FULL_LOAD;

    if (failed != enow_link_addr_same(&b->gateway, &node->seek.failed)) {
        return !failed;
    }
    if (well != (b->rssi >= node->cfg.min_rssi)) {
        return well;
    }
    if (full != (b->load == FULL_LOAD)) {
        return !full;
    }
    return worth(node, a) > worth(node, b);
}

/* Whether nobody else needs to be asked. */
static bool will_do(const enow_link_node_t *node, const enow_link_candidate_t *a)
{
    return a->rssi >= node->cfg.min_rssi && a->load < FULL_LOAD &&
           !enow_link_addr_same(&a->gateway, &node->seek.failed);
}

/* Takes a gateway's answer that it is here. */
static void here(enow_link_node_t *node, const enow_pkt_connack_t *p)
{
    enow_link_seek_t *k = &node->seek;
    enow_link_candidate_t a;

    if (!enow_link_node_uses(node, p->channel) ||
        (k->renew && (!enow_link_addr_same(&node->frame.src, &node->session.peer) || !enow_link_node_between(node)))) {
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
        return;
    }
    a.gateway = node->frame.src;
    a.channel = p->channel;
    a.rssi = node->frame.rssi;
    a.load = p->load;
    memcpy(a.cookie, p->cookie, sizeof a.cookie);
    if (k->phase == ENOW_LINK_SEEK_REST) { /* the pass is over, and none had answered: a gateway may be slow */
        k->best = a;
        enow_link_node_begin_join(node);
        return;
    }
    if (k->answers++ == 0 || better(node, &a, &k->best)) {
        k->best = a;
    }
    const bool first = k->next == 1 && k->home && enow_link_addr_same(&node->home.gateway, &a.gateway);
    if (first && (k->renew || will_do(node, &a))) {
        k->next = k->targets;
        k->send = false;
        k->at_us = node->now_us;
    }
}

/* Takes the answer to a search. */
static void found(enow_link_node_t *node, const enow_pkt_connack_t *p)
{
    enow_link_seek_t *k = &node->seek;

    switch (p->status) {
    case ENOW_CONNACK_STATUS_HERE:
        here(node, p);
        break;
    case ENOW_CONNACK_STATUS_BUSY:
        if (k->retry_us < node->now_us + p->retry_after * ENOW_LINK_MS_US) {
            k->retry_us = node->now_us + p->retry_after * ENOW_LINK_MS_US;
        }
        break;
    case ENOW_CONNACK_STATUS_REFUSED:
        k->refused = enow_link_node_refusal(p->reason);
        k->gateway = node->frame.src;
        break;
    default:
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
    }
}

void enow_link_node_connack(enow_link_node_t *node, const enow_pkt_connack_t *p, uint8_t *packet, size_t len)
{
    const enow_link_seek_t *k = &node->seek;
    const bool secure = node->secure;

    if (((p->flags & ENOW_PKT_CONNACK_SECURE) != 0) != secure) {
        enow_link_node_drop(node, secure ? ENOW_DROP_REASON_PLAIN_ON_SECURE : ENOW_DROP_REASON_SEALED_ON_OPEN);
        return;
    }
    if (secure &&
        !enow_link_check_answer(node->cfg.crypto, &node->keys.search, &node->frame.src, &node->cfg.addr, packet, len)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_BAD_PROOF);
        return;
    }
    const bool asked = p->echo == k->nonce;
    const bool late = k->phase == ENOW_LINK_SEEK_REST && p->status == ENOW_CONNACK_STATUS_HERE;
    if (asked && (k->phase == ENOW_LINK_SEEK_SEARCH || late)) {
        found(node, p);
    } else if (asked && k->phase == ENOW_LINK_SEEK_JOIN && enow_link_addr_same(&node->frame.src, &k->gateway)) {
        enow_link_node_answered(node, p, packet, len);
    } else {
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
    }
}
