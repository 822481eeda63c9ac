#include "gateway_state.h"

/* For so long a gateway waits for a node that it has asked to join anew. */
#define REKEY_AGAIN_US UINT64_C(10000000)
/* Bytes of a DISCONNECT without RESET. */
#define DISCONNECT_SIZE (ENOW_HEADER_SIZE + 1u)

/* The sender of a node; null: it has none. */
static enow_link_gateway_sender_t *sender_of(const enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    for (unsigned i = 0; i < g->cfg.senders; i++) {
        if (g->senders[i].peer == enow_link_gateway_place(g, p)) {
            return &g->senders[i];
        }
    }
    return NULL;
}

/* Makes a node's outbox of what is packed, until put_back. */
static void take(enow_link_gateway_t *g, const enow_link_peer_t *p, enow_link_outbox_t *o)
{
    enow_link_gateway_sender_t *s = sender_of(g, p);

    enow_link_outbox_init(o, &g->mail, (uint16_t)enow_link_gateway_place(g, p), g->cfg.mail.node_messages,
                          g->cfg.mail.node_bytes);
    for (unsigned i = 0; i < g->mail.count; i++) {
        if (g->mail.list[i].owner == o->owner) {
            o->messages++;
            o->bytes += g->mail.list[i].len;
        }
    }
    o->sending = s != NULL ? &s->sending : NULL;
    o->next_id = p->next_id;
    o->begun = p->begun;
    o->stalled = p->stalled;
}

static void put_back(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_outbox_t *o)
{
    enow_link_gateway_sender_t *s = sender_of(g, p);

    g->stats.mail_dropped += o->dropped;
    p->next_id = o->next_id;
    p->stalled = o->stalled;
    p->begun = o->begun && !o->stalled; /* one that is stalled begins again */
    p->mail = o->messages > 0;
    if (s == NULL) {
        return;
    }
    if (s->busy && !p->begun && g->senders_lacking) {
        g->senders_lacking = false;
        for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
            if (g->peers[i].known && g->peers[i].mail) {
                enow_link_gateway_make_ready(g, &g->peers[i]);
            }
        }
    }
    s->busy = p->begun;
}

void enow_link_gateway_restart_mail(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    enow_link_outbox_t o;

    take(g, p, &o);
    enow_link_outbox_restart(&o);
    put_back(g, p, &o);
}

void enow_link_gateway_forget_sender(enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    enow_link_gateway_sender_t *s = sender_of(g, p);

    if (s != NULL) {
        s->peer = ENOW_LINK_NOWHERE;
        s->used = 0;
    }
}

/* Finds a sender that has no work, the one used longest ago; null: all have. */
static enow_link_gateway_sender_t *idle_sender(const enow_link_gateway_t *g)
{
    enow_link_gateway_sender_t *found = NULL;

    for (unsigned i = 0; i < g->cfg.senders; i++) {
        enow_link_gateway_sender_t *s = &g->senders[i];
        if (!s->busy && (found == NULL || s->used < found->used)) {
            found = s;
        }
    }
    return found;
}

/* Finds a sender whose node sleeps: its message begins again when the node is awake. Null: there is none. */
static enow_link_gateway_sender_t *sleeping_sender(enow_link_gateway_t *g)
{
    for (unsigned i = 0; i < g->cfg.senders; i++) {
        enow_link_peer_t *p = &g->peers[g->senders[i].peer];
        if (!enow_link_gateway_may_receive(g, p)) {
            enow_link_gateway_restart_mail(g, p);
            return &g->senders[i];
        }
    }
    return NULL;
}

/* Makes sure that a node has a sender; false: all have work. */
static bool has_sender(enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    enow_link_gateway_sender_t *s = sender_of(g, p);

    if (s == NULL) {
        s = idle_sender(g);
        s = s != NULL ? s : sleeping_sender(g);
        if (s == NULL) {
            g->senders_lacking = true;
            g->stats.mail_waited++;
            return false;
        }
        memset(s, 0, sizeof *s); /* with the round trip of the node before */
        s->peer = enow_link_gateway_place(g, p);
    }
    s->used = ++g->sender_uses;
    return true;
}

static void write_mail(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_session_t *s, enow_link_writer_t *w)
{
    enow_link_outbox_t o;

    if (!p->mail || p->stalled || !enow_link_gateway_may_receive(g, p) || !has_sender(g, p)) {
        return;
    }
    take(g, p, &o);
    enow_link_outbox_write(&o, g->now_us, w, s, true);
    put_back(g, p, &o);
}

static void told(enow_link_gateway_t *g, enow_link_outbox_t *o, const enow_link_result_t *result, bool acknowledge)
{
    if (acknowledge) {
        enow_link_notices_result(&g->notices, result);
    } else {
        o->dropped++;
    }
}

/* Tells what became of messages to a node that are over. */
void enow_link_gateway_settle(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    enow_link_outbox_t o;
    enow_link_session_t s;
    enow_link_result_t result;
    bool acknowledge;
    const bool joined = p->session != ENOW_LINK_NOWHERE;

    if (p->mail) {
        if (joined) {
            enow_link_gateway_terms(g, p, &s);
        }
        result.to = p->addr;
        take(g, p, &o);
        while (enow_link_outbox_ended(&o, g->now_us, joined ? &s : NULL, &result, &acknowledge)) {
            told(g, &o, &result, acknowledge);
        }
        put_back(g, p, &o);
    }
    enow_link_gateway_arm(g, p);
}

/* Ends all mail of a node that never gets it here. */
void enow_link_gateway_void(enow_link_gateway_t *g, enow_link_peer_t *p, int why)
{
    enow_link_outbox_t o;
    enow_link_result_t result;
    bool acknowledge;

    result.to = p->addr;
    take(g, p, &o);
    while (enow_link_outbox_void(&o, &result, &acknowledge)) {
        result.err = why;
        told(g, &o, &result, acknowledge);
    }
    enow_link_outbox_restart(&o);
    put_back(g, p, &o);
    enow_link_gateway_arm(g, p);
}

int enow_link_gateway_push_mail(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_outgoing_t *message,
                                uint64_t expires_us)
{
    enow_link_outbox_t o;

    take(g, p, &o);
    const int err = enow_link_outbox_push(&o, message, g->ticket, expires_us);
    put_back(g, p, &o);
    return err;
}

bool enow_link_gateway_puback(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_pkt_puback_t *puback)
{
    enow_link_outbox_t o;

    take(g, p, &o);
    const bool expected = enow_link_outbox_handle(&o, g->now_us, puback);
    put_back(g, p, &o);
    return expected;
}

bool enow_link_gateway_mail_deadline(enow_link_gateway_t *g, const enow_link_peer_t *p, uint64_t *at_us)
{
    enow_link_outbox_t o;

    if (!p->begun) {
        return false;
    }
    take(g, p, &o);
    return enow_link_outbox_next_deadline(&o, at_us);
}

bool enow_link_gateway_mail_expiry(enow_link_gateway_t *g, const enow_link_peer_t *p, uint64_t *at_us)
{
    enow_link_outbox_t o;

    if (!p->mail) {
        return false;
    }
    take(g, p, &o);
    return enow_link_outbox_expiry(&o, at_us);
}

static uint16_t count_answers(const enow_link_gateway_t *g, int16_t place)
{
    uint16_t n = 0;

    for (unsigned i = 0; i < g->answer_count; i++) {
        n = (uint16_t)(n + (g->answers[i].peer == place ? 1u : 0u));
    }
    return n;
}

/* Takes a node's answers out, or forgets them where list is null. */
static void take_answers(enow_link_gateway_t *g, int16_t place, enow_link_answers_t *list)
{
    uint16_t kept = 0;

    for (unsigned i = 0; i < g->answer_count; i++) {
        if (g->answers[i].peer != place) {
            g->answers[kept++] = g->answers[i];
        } else if (list != NULL) {
            list->list[list->count++] = g->answers[i].answer;
        }
    }
    g->answer_count = kept;
}

/* Takes a node's PINGREQ out; false: there is none. */
static bool take_ping(enow_link_gateway_t *g, int16_t place, uint32_t *time)
{
    for (unsigned i = 0; i < g->ping_count; i++) {
        if (g->pings[i].peer == place) {
            *time = g->pings[i].time;
            g->pings[i] = g->pings[--g->ping_count];
            return true;
        }
    }
    return false;
}

void enow_link_gateway_answer(enow_link_gateway_t *g, enow_link_peer_t *p, uint16_t id, const enow_frag_ack_t *ack)
{
    const int16_t place = enow_link_gateway_place(g, p);
    uint16_t i = 0;

    if (p->session == ENOW_LINK_NOWHERE) {
        return; /* asked again, it is answered from what is remembered */
    }
    while (i < g->answer_count && (g->answers[i].peer != place || g->answers[i].answer.id != id)) {
        i++;
    }
    if (i == g->cfg.answers || (i == g->answer_count && count_answers(g, place) == ENOW_LINK_ANSWERS)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return;
    }
    if (i == g->answer_count) {
        g->answer_count++;
    }
    g->answers[i].peer = place;
    enow_link_answer_set(&g->answers[i].answer, id, ack);
    enow_link_gateway_make_ready(g, p);
}

void enow_link_gateway_pong(enow_link_gateway_t *g, enow_link_peer_t *p, uint32_t time)
{
    const int16_t place = enow_link_gateway_place(g, p);
    uint32_t older;

    (void)take_ping(g, place, &older);
    if (g->ping_count == g->cfg.answers) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return;
    }
    g->pings[g->ping_count].peer = place;
    g->pings[g->ping_count].time = time;
    g->ping_count++;
    enow_link_gateway_make_ready(g, p);
}

void enow_link_gateway_forget_answers(enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    const int16_t place = enow_link_gateway_place(g, p);
    uint32_t time;

    take_answers(g, place, NULL);
    (void)take_ping(g, place, &time);
}

static void write_disconnect(enow_link_writer_t *w, enow_disconnect_reason_t why)
{
    enow_pkt_disconnect_t p;

    enow_pkt_disconnect_init(&p);
    p.reason = why;
    enow_link_writer_add(w, enow_pkt_disconnect_encode(&p, w->buf + w->len, enow_link_writer_room(w)));
}

static void write_pingresp(const enow_link_gateway_t *g, const enow_link_peer_t *p, uint32_t time,
                           enow_link_writer_t *w)
{
    enow_pkt_pingresp_t response;

    enow_pkt_pingresp_init(&response);
    response.flags = p->mail ? ENOW_PKT_PINGRESP_PENDING : 0;
    response.time = time;
    if (g->unix_us != 0) {
        response.unix_ms = (uint64_t)(g->unix_us + (int64_t)g->now_us) / 1000;
    }
    enow_link_writer_add(w, enow_pkt_pingresp_encode(&response, w->buf + w->len, enow_link_writer_room(w)));
}

/* Whether a node is to be asked to join anew: when its keys are used enough, and again if it does not. */
static bool asks(const enow_link_gateway_t *g, const enow_link_peer_t *p, const enow_link_session_t *s)
{
    if (!p->asked) {
        return enow_link_session_rekey_due(s, g->now_us);
    }
    return g->now_us - g->sessions[p->session].keys_us >= REKEY_AGAIN_US;
}

/* Writes what a node has asked for. */
static void write_answers(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_session_t *s,
                          enow_link_writer_t *w)
{
    const int16_t place = enow_link_gateway_place(g, p);
    enow_link_answers_t list;
    uint32_t time;

    if (take_ping(g, place, &time)) {
        write_pingresp(g, p, time, w);
    }
    list.count = 0;
    take_answers(g, place, &list);
    enow_link_answers_write(&list, w, p->mail ? ENOW_PKT_PUBACK_PENDING : 0);
    for (unsigned i = 0; i < list.count; i++) {
        g->answers[g->answer_count].peer = place;
        g->answers[g->answer_count++].answer = list.list[i];
    }
    if (asks(g, p, s) && enow_link_writer_room(w) >= DISCONNECT_SIZE) {
        p->asked = true;
        g->sessions[p->session].keys_us = g->now_us;
        write_disconnect(w, ENOW_DISCONNECT_REASON_REKEY);
    }
}

/* Makes a node's session of what is packed. */
static void session_of(const enow_link_gateway_t *g, const enow_link_peer_t *p, enow_link_session_t *out)
{
    const enow_link_peer_session_t *s = &g->sessions[p->session];

    enow_link_gateway_terms(g, p, out);
    if (out->secure) {
        enow_link_sealer_init(&out->tunnel.sealer, &s->seal_key, out->id);
        out->tunnel.sealer.next = s->next;
        out->tunnel.opener.window.next = s->seen == 0 ? 0 : (uint64_t)s->last + 1;
        out->tunnel.born_us = s->keys_us;
    }
}

bool enow_link_gateway_write(enow_link_gateway_t *g, enow_link_peer_t *p, enow_link_transmission_t *out, uint8_t *buf)
{
    const enow_link_reason_t goodbye = (enow_link_reason_t)p->goodbye;
    enow_link_session_t s;
    enow_link_writer_t w;
    int len = 0;

    if (p->session == ENOW_LINK_NOWHERE) {
        return false;
    }
    session_of(g, p, &s);
    enow_link_session_begin(&s, &w, buf);
    if (goodbye != ENOW_LINK_REASON_NONE) {
        write_disconnect(&w, (enow_disconnect_reason_t)(goodbye - 1));
    } else {
        write_answers(g, p, &s, &w);
        write_mail(g, p, &s, &w);
    }
    enow_link_gateway_settle(g, p);
    if (enow_link_writer_used(&w) > 0) {
        len = enow_link_session_end(&s, g->cfg.crypto, &g->cfg.watch, &w);
        g->sessions[p->session].next = s.tunnel.sealer.next;
    }
    enow_link_wipe(&s, sizeof s);
    if (len < 0) {
        enow_link_gateway_leave(g, p, ENOW_LINK_REASON_SPENT);
    }
    if (len <= 0) {
        return false;
    }
    out->dst = p->addr;
    out->len = (size_t)len;
    if (goodbye != ENOW_LINK_REASON_NONE) {
        enow_link_gateway_leave(g, p, goodbye);
    } else if (p->mail || count_answers(g, enow_link_gateway_place(g, p)) > 0) {
        enow_link_gateway_make_ready(g, p); /* there may be more, for which this frame had no room */
    }
    return true;
}
