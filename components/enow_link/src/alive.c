#include "node_state.h"

/* Times of a session (SPEC.md, section 6). */
#define PING_EVERY_US (2 * ENOW_LINK_SECOND_US) /* while none is answered */
#define PINGS_LOST 3u                           /* unanswered, and the gateway is lost */
#define SILENT_ASKS 3u /* questions about a message without an answer, and the gateway is pinged */
#define FIRST_POLL_US (100 * ENOW_LINK_MS_US)
#define MAX_POLL_US (2 * ENOW_LINK_SECOND_US)
#define RESETS_APART_US (5 * ENOW_LINK_SECOND_US) /* of an open network, which prove nothing */

/* Begins a session's time. */
void enow_link_node_alive_begin(enow_link_node_t *node)
{
    enow_link_alive_t *a = &node->alive;

    a->next_us = node->now_us;
    a->pings = 0;
    a->wants_keys = false;
    a->pending = false;
    a->awake_us = node->now_us + ENOW_LINK_AWAKE_US;
}

/* Notes a verified packet of the gateway: the next ping is due when nothing more comes for the better part of a
 * keep-alive. */
void enow_link_node_heard(enow_link_node_t *node)
{
    enow_link_alive_t *a = &node->alive;
    const uint64_t keep_alive_us = node->session.keep_alive_s * ENOW_LINK_SECOND_US;

    a->pings = 0;
    a->heard_us = node->now_us;
    node->outbox.unheard = 0;
    a->next_us = node->now_us + keep_alive_us * 3 / 4 + enow_link_node_jitter(node, keep_alive_us / 8);
    enow_link_peers_heard(&node->radio, node->now_us, &node->session.peer);
    enow_link_gateway_memory_t *m = enow_link_node_memory_of_gateway(node);
    if (m != 0) {
        m->heard_us = node->now_us;
    }
    if (node->frame.rssi != 0) {
        node->seek.rssi = node->frame.rssi;
    }
    if (node->seek.phase == ENOW_LINK_SEEK_CONFIRM) {
        enow_link_node_confirmed(node);
    }
}

/* Ends the session in use, and has the node search. */
void enow_link_node_lose(enow_link_node_t *node, enow_link_reason_t why)
{
    const bool told = node->up;

    enow_link_session_wipe(&node->session);
    node->joined = false;
    node->up = false;
    node->answers.count = 0;
    enow_link_outbox_restart(&node->outbox);
    if (!told) {
        enow_link_node_back_off(node); /* it is as if the join had failed */
        return;
    }
    const enow_link_connection_t lost = {.gateway = node->session.peer, .reason = why};
    node->alive.down = why;
    enow_link_notices_connection(&node->notices, &lost);
    node->seek.renew = false;
    node->seek.failures = 0;
    uint64_t wait_us = enow_link_node_jitter(node, ENOW_LINK_FIRST_SEARCH_US);
    if (why == ENOW_LINK_REASON_DENIED) {
        wait_us = enow_link_node_jitter(node, ENOW_LINK_MAX_BACK_OFF_US);
    }
    enow_link_node_rest(node, wait_us);
}

bool enow_link_node_wants_keys(const enow_link_node_t *node)
{
    return node->alive.wants_keys || enow_link_session_rekey_due(&node->session, node->now_us);
}

bool enow_link_node_between(const enow_link_node_t *node)
{
    return !node->outbox.begun && enow_frag_receiver_awaited(node->parts) == 0 &&
           (node->now_us >= node->alive.awake_us || enow_frag_receiver_stats(node->parts)->partial == 0);
}

/* Finds out whether the gateway is lost. */
void enow_link_node_alive_due(enow_link_node_t *node)
{
    enow_link_alive_t *a = &node->alive;

    if (!node->up || node->seek.phase == ENOW_LINK_SEEK_CONFIRM) {
        return;
    }
    if (node->outbox.stalled || (a->pings >= PINGS_LOST && node->now_us >= a->next_us)) {
        enow_link_node_lose(node, ENOW_LINK_REASON_SILENT);
    } else if (a->pings == 0 && node->outbox.unheard >= SILENT_ASKS) {
        a->next_us = node->now_us;
    }
}

/* Writes a PINGREQ if one is due. */
void enow_link_node_write_alive(enow_link_node_t *node, enow_link_writer_t *w)
{
    enow_link_alive_t *a = &node->alive;

    if (!node->up || node->seek.phase == ENOW_LINK_SEEK_CONFIRM) {
        return;
    }
    if (node->now_us >= a->next_us && a->pings < PINGS_LOST) {
        a->pings++;
        a->next_us = node->now_us + PING_EVERY_US;
    } else if (a->pending && node->now_us >= a->poll_us) {
        a->poll_us = node->now_us + a->pause_us;
        a->pause_us = 2 * a->pause_us < MAX_POLL_US ? 2 * a->pause_us : MAX_POLL_US;
    } else {
        return;
    }
    enow_link_node_write_ping(node, w);
}

void enow_link_node_write_ping(enow_link_node_t *node, enow_link_writer_t *w)
{
    const enow_pkt_pingreq_t p = {(uint32_t)(node->now_us / ENOW_LINK_MS_US)};

    node->stats.pings++;
    enow_link_writer_add(w, enow_pkt_pingreq_encode(&p, w->buf + w->len, enow_link_writer_room(w)));
}

/* Has the node ask for mail after a short while, and then ever less often. */
void enow_link_node_poll_anew(enow_link_node_t *node)
{
    node->alive.pause_us = FIRST_POLL_US;
    node->alive.poll_us = node->now_us + FIRST_POLL_US;
}

/* Notes whether the gateway has mail. A node that sleeps asks for it as long as it does. */
void enow_link_node_pending(enow_link_node_t *node, bool pending)
{
    enow_link_alive_t *a = &node->alive;

    if (pending && node->cfg.sleepy && !a->pending) {
        enow_link_node_poll_anew(node);
    }
    a->pending = pending && node->cfg.sleepy;
}

/* Takes a gateway's word that it does not know the session. */
void enow_link_node_reset(enow_link_node_t *node, const enow_pkt_disconnect_t *p)
{
    enow_link_alive_t *a = &node->alive;

    if (!enow_link_node_in_session(node)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
        return;
    }
    if (!node->secure) {
        const bool waits = a->pings > 0 || node->seek.phase == ENOW_LINK_SEEK_CONFIRM || node->outbox.begun;
        if (!waits || (a->reset_us != 0 && node->now_us - a->reset_us < RESETS_APART_US)) {
            enow_link_node_drop(node, ENOW_DROP_REASON_UNEXPECTED);
            return;
        }
        a->reset_us = node->now_us;
    } else if (!enow_link_sent_tags_check(&node->tags, node->cfg.crypto, node->now_us, &node->keys.reset,
                                          &node->session.peer, &node->cfg.addr, p)) {
        enow_link_node_drop(node, ENOW_DROP_REASON_BAD_PROOF);
        return;
    }
    enow_link_node_lose(node, ENOW_LINK_REASON_UNKNOWN);
}

bool enow_link_node_resting(const enow_link_node_t *node, uint64_t now_us)
{
    return node->up && node->stopped == 0 && node->seek.phase == ENOW_LINK_SEEK_IDLE &&
           enow_link_outbox_idle(&node->outbox) && node->answers.count == 0 &&
           enow_frag_receiver_awaited(node->parts) == 0 && !node->alive.pending && node->alive.pings == 0 &&
           now_us >= node->alive.awake_us;
}
