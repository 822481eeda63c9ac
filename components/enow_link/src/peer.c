#include "gateway_state.h"

unsigned enow_link_gateway_memory_of_nodes(const enow_link_gateway_t *g)
{
    return (unsigned)g->cfg.sessions + g->cfg.remembered;
}

enow_link_peer_t *enow_link_gateway_peer(enow_link_gateway_t *g, const enow_addr_t *addr)
{
    for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
        if (g->peers[i].known && enow_link_addr_same(&g->peers[i].addr, addr)) {
            return &g->peers[i];
        }
    }
    return NULL;
}

int16_t enow_link_gateway_place(const enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    return (int16_t)(p - g->peers);
}

/* When a node with a session is taken as gone. */
static uint64_t silent_at(const enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    return p->seen_us + g->sessions[p->session].keep_alive_s * UINT64_C(1500000);
}

static bool is_a(const enow_link_gateway_t *g, const enow_link_peer_t *p, enow_link_peer_kind_t kind)
{
    if (kind == ENOW_LINK_SILENT) {
        return p->session != ENOW_LINK_NOWHERE && g->now_us >= silent_at(g, p);
    }
    return p->session == ENOW_LINK_NOWHERE && (kind == ENOW_LINK_AWAY || !p->mail);
}

static bool before(const enow_link_peer_t *a, const enow_link_peer_t *b)
{
    return a->seen_us < b->seen_us || (a->seen_us == b->seen_us && memcmp(&a->addr, &b->addr, sizeof a->addr) < 0);
}

enow_link_peer_t *enow_link_gateway_oldest(enow_link_gateway_t *g, enow_link_peer_kind_t kind)
{
    enow_link_peer_t *oldest = NULL;

    for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
        enow_link_peer_t *p = &g->peers[i];
        if (p->known && is_a(g, p, kind) && (oldest == NULL || before(p, oldest))) {
            oldest = p;
        }
    }
    return oldest;
}

/* Another boot each time that the memory of a node begins, since a node that remembers more than its gateway would take
 * the ids that begin anew for repeats. */
uint32_t enow_link_gateway_boot_for(enow_link_gateway_t *g, const enow_addr_t *addr)
{
    const enow_link_peer_t *p = enow_link_gateway_peer(g, addr);

    return p != NULL ? p->told_boot : g->boot + g->forgotten;
}

static void unready(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    const int16_t place = enow_link_gateway_place(g, p);
    int16_t before_it = ENOW_LINK_NOWHERE;

    if (!p->ready) {
        return;
    }
    for (int16_t i = g->ready_first; i != place; i = g->peers[i].next_ready) {
        before_it = i;
    }
    if (before_it == ENOW_LINK_NOWHERE) {
        g->ready_first = p->next_ready;
    } else {
        g->peers[before_it].next_ready = p->next_ready;
    }
    if (g->ready_last == place) {
        g->ready_last = before_it;
    }
    p->ready = false;
}

/* Ends the memory of a node without a session, and its joins, which speak of the memory that goes. */
static void forget(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    enow_link_door_close_all_of(&g->door, &p->addr);
    g->forgotten++;
    enow_link_gateway_wait_no_more(g, p);
    enow_frag_receiver_forget(g->parts, enow_link_peer_source(p));
    enow_link_gateway_forget_sender(g, p);
    enow_link_gateway_forget_answers(g, p);
    unready(g, p);
    if (g->from == enow_link_gateway_place(g, p)) {
        g->from = ENOW_LINK_NOWHERE;
    }
    p->known = false;
    g->peer_count--;
}

/* More are remembered than can have sessions, so of a full memory somebody has none: first to go is who left
 * first and has no mail, then who left first. */
enow_link_peer_t *enow_link_gateway_new_peer(enow_link_gateway_t *g, const enow_addr_t *addr)
{
    enow_link_peer_t *p = g->peers;

    if (g->peer_count == enow_link_gateway_memory_of_nodes(g)) {
        enow_link_peer_t *oldest = enow_link_gateway_oldest(g, ENOW_LINK_AWAY_IDLE);
        if (oldest == NULL) {
            oldest = enow_link_gateway_oldest(g, ENOW_LINK_AWAY);
            enow_link_gateway_void(g, oldest, ENOW_LINK_ERR_FULL);
        }
        forget(g, oldest);
    }
    const uint32_t told_boot = enow_link_gateway_boot_for(g, addr);
    while (p->known) {
        p++;
    }
    memset(p, 0, sizeof *p);
    p->known = true;
    p->addr = *addr;
    p->told_boot = told_boot;
    p->seen_us = g->now_us;
    p->due_us = ENOW_LINK_NEVER;
    p->session = ENOW_LINK_NOWHERE;
    g->peer_count++;
    return p;
}

static void tell_presence(enow_link_gateway_t *g, const enow_link_peer_t *p, bool present, enow_link_reason_t why)
{
    enow_link_presence_t presence;

    memset(&presence, 0, sizeof presence);
    presence.addr = p->addr;
    presence.present = present;
    presence.reason = why;
    presence.boot = p->boot;
    presence.rssi = p->rssi;
    presence.channel = g->cfg.channel;
    presence.sleepy = p->sleepy;
    enow_link_notices_presence(&g->notices, &presence);
}

static void begin_sender(enow_link_gateway_t *g, enow_link_peer_t *p, uint32_t boot)
{
    enow_link_sender_t s;

    enow_link_inbox_new_sender(&g->inbox, &s, boot);
    p->source = (uint32_t)s.source;
    p->boot = s.boot;
    p->done = 0;
    p->refused = 0;
    p->newest = 0;
}

/* Puts a session into a place of the table, which has one. */
static void seat(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_session_t *s)
{
    int16_t i = p->session;

    if (i == ENOW_LINK_NOWHERE) {
        i = 0;
        while (g->sessions[i].max_frame != 0) {
            i++;
        }
        p->session = i;
        g->session_count++;
    }
    enow_link_peer_session_t *seat = &g->sessions[i];
    enow_link_wipe(seat, sizeof *seat);
    if (s->secure) {
        seat->seal_key = s->tunnel.sealer.key;
        seat->open_key = s->tunnel.opener.key;
        seat->seen = s->tunnel.opener.window.seen;
        seat->last = (uint32_t)(s->tunnel.opener.window.next - 1);
        seat->next = s->tunnel.sealer.next;
        seat->keys_us = s->tunnel.born_us;
    }
    seat->max_message = s->max_message;
    seat->max_frame = s->max_frame;
    seat->keep_alive_s = s->keep_alive_s;
    p->window = s->window;
    p->last_id = s->id;
}

enow_link_peer_t *enow_link_gateway_promote(enow_link_gateway_t *g, enow_link_half_open_t *half)
{
    enow_link_session_t s = half->session;
    const uint32_t told_boot = half->boot;
    const bool sleepy = half->sleepy;
    enow_link_peer_t *p = enow_link_gateway_peer(g, &s.peer);

    enow_link_door_close(&g->door, half);
    if ((p == NULL || p->session == ENOW_LINK_NOWHERE) && g->session_count == g->cfg.sessions) {
        enow_link_wipe(&s, sizeof s);
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return NULL;
    }
    if (p == NULL) {
        p = enow_link_gateway_new_peer(g, &s.peer);
    }
    p->told_boot = told_boot;
    const bool restarted = p->source != 0 && p->boot != s.boot;
    const bool joined = p->session == ENOW_LINK_NOWHERE || restarted;
    if (p->session != ENOW_LINK_NOWHERE && restarted) {
        tell_presence(g, p, false, ENOW_LINK_REASON_RESTARTED);
    }
    enow_frag_receiver_forget(g->parts, enow_link_peer_source(p));
    if (p->source == 0 || restarted) {
        begin_sender(g, p, s.boot);
    }
    seat(g, p, &s);
    enow_link_wipe(&s, sizeof s);
    p->sleepy = sleepy;
    p->asked = false;
    enow_link_gateway_forget_answers(g, p);
    enow_link_gateway_restart_mail(g, p);
    p->rssi = g->frame.rssi;
    g->stats.joined++;
    if (joined) {
        tell_presence(g, p, true, ENOW_LINK_REASON_NONE);
    }
    return p;
}

void enow_link_gateway_heard(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    p->seen_us = g->now_us;
    p->rssi = g->frame.rssi;
    enow_link_peers_heard(&g->radio, g->now_us, &p->addr);
    if (p->stalled) {
        enow_link_gateway_restart_mail(g, p);
    }
    if (p->mail) {
        enow_link_gateway_make_ready(g, p);
    }
    if (p->due_us == ENOW_LINK_NEVER) {
        enow_link_gateway_arm(g, p);
    }
}

/* What waits for a node is kept, except that one who is denied or elsewhere gets it no more. */
void enow_link_gateway_leave(enow_link_gateway_t *g, enow_link_peer_t *p, enow_link_reason_t why)
{
    p->goodbye = ENOW_LINK_REASON_NONE;
    if (p->session == ENOW_LINK_NOWHERE) {
        return;
    }
    enow_link_wipe(&g->sessions[p->session], sizeof g->sessions[0]);
    p->session = ENOW_LINK_NOWHERE;
    g->session_count--;
    p->seen_us = g->now_us;
    enow_link_gateway_forget_answers(g, p);
    enow_frag_receiver_forget(g->parts, enow_link_peer_source(p));
    enow_link_gateway_restart_mail(g, p);
    tell_presence(g, p, false, why);
    enow_link_gateway_arm(g, p);
}

bool enow_link_gateway_may_receive(const enow_link_gateway_t *g, const enow_link_peer_t *p)
{
    return !p->sleepy || g->now_us < p->seen_us + ENOW_LINK_AWAKE_US;
}

/* Has a node looked at when the first thing comes that time alone brings about. */
void enow_link_gateway_arm(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    uint64_t at_us;

    if (enow_link_gateway_mail_expiry(g, p, &at_us)) {
        enow_link_gateway_wait_until(g, p, at_us);
    }
    if (p->session == ENOW_LINK_NOWHERE) {
        if (!p->mail || g->now_us < p->seen_us + ENOW_LINK_FORGET_AFTER_US) {
            enow_link_gateway_wait_until(g, p, p->seen_us + ENOW_LINK_FORGET_AFTER_US);
        }
        return;
    }
    enow_link_gateway_wait_until(g, p, silent_at(g, p));
    if (!p->ready && enow_link_gateway_may_receive(g, p) && enow_link_gateway_mail_deadline(g, p, &at_us) &&
        (!p->sleepy || at_us < p->seen_us + ENOW_LINK_AWAKE_US)) {
        enow_link_gateway_wait_until(g, p, at_us);
    }
}

void enow_link_gateway_peer_due(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    uint64_t at_us;

    if (p->session != ENOW_LINK_NOWHERE) {
        if (g->now_us >= silent_at(g, p)) {
            enow_link_gateway_leave(g, p, ENOW_LINK_REASON_SILENT);
        } else if (enow_link_gateway_mail_deadline(g, p, &at_us) && g->now_us >= at_us) {
            enow_link_gateway_make_ready(g, p);
        }
    } else if (g->now_us >= p->seen_us + ENOW_LINK_FORGET_AFTER_US) {
        if (!p->mail) {
            forget(g, p);
            return;
        }
        p->done = 0; /* its mail is kept, but it may count on elsewhere */
        p->refused = 0;
        p->newest = 0;
    }
    enow_link_gateway_settle(g, p);
}

void enow_link_gateway_make_ready(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    const int16_t place = enow_link_gateway_place(g, p);

    if (p->session == ENOW_LINK_NOWHERE || p->ready) {
        return;
    }
    p->ready = true;
    p->next_ready = ENOW_LINK_NOWHERE;
    if (g->ready_first == ENOW_LINK_NOWHERE) {
        g->ready_first = place;
    } else {
        g->peers[g->ready_last].next_ready = place;
    }
    g->ready_last = place;
}

enow_link_peer_t *enow_link_gateway_next_ready(enow_link_gateway_t *g)
{
    if (g->ready_first == ENOW_LINK_NOWHERE) {
        return NULL;
    }
    enow_link_peer_t *p = &g->peers[g->ready_first];
    g->ready_first = p->next_ready;
    p->ready = false;
    return p;
}

void enow_link_gateway_terms(const enow_link_gateway_t *g, const enow_link_peer_t *p, enow_link_session_t *out)
{
    const enow_link_peer_session_t *s = &g->sessions[p->session];

    memset(out, 0, sizeof *out);
    out->boot = p->boot;
    out->max_message = s->max_message;
    out->peer = p->addr;
    out->max_frame = s->max_frame;
    out->keep_alive_s = s->keep_alive_s;
    out->id = p->last_id;
    out->window = p->window;
    out->secure = g->secure;
}
