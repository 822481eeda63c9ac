#include "gateway_state.h"

#include "bytes.h"

/* Spreads what many nodes are told alike. Where randomness fails it does not. */
static uint16_t jitter(const enow_link_gateway_t *g)
{
    uint8_t b[2] = {0, 0};

    if (!g->cfg.crypto->random(g->cfg.crypto->user, b, sizeof b)) {
        return 0;
    }
    return (uint16_t)(b[0] | b[1] << 8);
}

/* Derives the keys that the sender of a CONNECT must have; none on an open network. Returns 0, or why it has none. */
static enow_drop_reason_t device_keys(const enow_link_gateway_t *g, const enow_addr_t *src, uint8_t key_id,
                                      enow_link_device_keys_t *keys)
{
    enow_link_secret_t device;

    memset(keys, 0, sizeof *keys);
    if (!g->secure) {
        return 0;
    }
    const enow_link_secret_t *network = enow_link_keyring_get(&g->keys, key_id);
    if (network == NULL) {
        return ENOW_DROP_REASON_UNKNOWN_KEY;
    }
    const bool ok = enow_link_device_key(&device, g->cfg.crypto, network, *src) &&
                    enow_link_device_keys(keys, g->cfg.crypto, &device);
    enow_link_wipe(&device, sizeof device);
    return ok ? 0 : ENOW_DROP_REASON_NO_ROOM; /* which cryptography lacks */
}

/* Queues a CONNACK; null: there is no room for it. */
static const enow_link_reply_t *reply(enow_link_gateway_t *g, const enow_link_device_keys_t *keys,
                                      const enow_addr_t *to, enow_pkt_connack_t *answer)
{
    enow_link_reply_t *r = enow_link_door_push(&g->door, to);
    int len;

    if (r == NULL) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return NULL;
    }
    if (g->secure) {
        answer->flags |= ENOW_PKT_CONNACK_SECURE;
        len = enow_link_encode_answer(g->cfg.crypto, &keys->search, &g->cfg.addr, to, answer, r->body, sizeof r->body);
    } else {
        len = enow_pkt_connack_encode_last(answer, r->body, sizeof r->body);
    }
    if (len < 0) { /* cryptography lacks room */
        enow_link_door_unpush(&g->door);
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return NULL;
    }
    r->len = (uint8_t)len;
    return r;
}

/* Why a node is not let in whatever it states of itself, for the counter and for the node; 0: it may be. */
static enow_drop_reason_t refusal(const enow_link_gateway_t *g, const enow_pkt_connect_t *p,
                                  enow_refuse_reason_t *reason)
{
    if (p->version != ENOW_VERSION) {
        *reason = ENOW_REFUSE_REASON_VERSION;
        return ENOW_DROP_REASON_VERSION;
    }
    *reason = ENOW_REFUSE_REASON_DENIED;
    return enow_link_gateway_denies(g, &g->frame.src) ? ENOW_DROP_REASON_DENIED : 0;
}

/* Whether a search is answered. On a secure network its first is free, for it is proven; a repeat takes a token, and so
 * do all while a repeat might not be known. On an open network anybody can search under any address. */
static bool may_search(enow_link_gateway_t *g, uint32_t nonce)
{
    const enow_addr_t *src = &g->frame.src;
    enow_link_recent_key_t asked;

    if (!g->secure && !enow_link_door_stranger(&g->door, g->now_us)) {
        return false;
    }
    memset(&asked, 0, sizeof asked);
    memcpy(asked.bytes, src->bytes, sizeof src->bytes);
    enow_link_put32(asked.bytes + sizeof src->bytes, nonce);
    if (enow_link_recent_seen(&g->door.searches, g->now_us, &asked) ||
        enow_link_recent_free(&g->door.searches, g->now_us) == 0) {
        return enow_link_tokens_take(&g->door.answers, g->now_us, src);
    }
    enow_link_recent_add(&g->door.searches, g->now_us, &asked);
    return true;
}

/* Answers a CONNECT without JOIN. */
static void search(enow_link_gateway_t *g, const enow_link_device_keys_t *keys, const enow_pkt_connect_t *p,
                   const uint8_t *packet, size_t len)
{
    const enow_addr_t *src = &g->frame.src;
    enow_pkt_connack_t answer;
    enow_refuse_reason_t reason;

    if (g->secure && !enow_link_check_search(g->cfg.crypto, &keys->search, src, packet, len)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_BAD_PROOF);
        return;
    }
    if (!may_search(g, p->nonce)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_RATE);
        return;
    }
    enow_pkt_connack_init(&answer);
    answer.echo = p->nonce;
    const enow_drop_reason_t why = refusal(g, p, &reason);
    if (why != 0) {
        enow_link_gateway_drop(g, why);
        answer.status = ENOW_CONNACK_STATUS_REFUSED;
        answer.reason = reason;
    } else {
        answer.status = ENOW_CONNACK_STATUS_HERE;
        answer.load = (uint8_t)(255u * g->session_count / g->cfg.sessions);
        answer.channel = g->cfg.channel;
        if (!enow_link_cookies_make(&g->door.cookies, g->cfg.crypto, g->now_us, src, answer.cookie)) {
            enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
            return;
        }
    }
    g->stats.searches++;
    (void)reply(g, keys, src, &answer);
}

/* Names a join by its bytes and its sender. */
static bool hash_of(const enow_link_gateway_t *g, const uint8_t *packet, size_t len, enow_link_recent_key_t *out)
{
    const enow_bytes_t parts[] = {
        enow_link_bytes(g->frame.src.bytes, sizeof g->frame.src.bytes),
        enow_link_bytes(packet, len),
    };
    uint8_t hash[ENOW_CRYPTO_HASH_SIZE];
    const bool ok = g->cfg.crypto->sha256(g->cfg.crypto->user, parts, 2, hash);

    memcpy(out->bytes, hash, sizeof out->bytes);
    return ok;
}

/* Reads what a joining node states; of a secure network it is decrypted in place. Returns 0, or why it is dropped. */
static enow_drop_reason_t hello(const enow_link_gateway_t *g, const enow_link_device_keys_t *keys,
                                const enow_pkt_connect_t *p, uint8_t *packet, size_t len, enow_link_pending_t *join)
{
    enow_link_join_request_t *request = &join->request;

    memset(join, 0, sizeof *join);
    join->addr = g->frame.src;
    join->key_id = p->key_id;
    join->sleepy = (p->flags & ENOW_PKT_CONNECT_SLEEPY) != 0;
    if (!hash_of(g, packet, len, &join->hash)) {
        return ENOW_DROP_REASON_NO_ROOM;
    }
    if (!g->secure) {
        request->hello = p->hello;
        request->echo = p->nonce;
        return 0;
    }
    uint8_t *sealed = packet + (p->ciphertext.data - packet);
    const int err = enow_link_join_request_read(request, g->cfg.crypto, &keys->psk, &g->frame.src, &g->cfg.addr, p,
                                                packet, len, sealed, p->ciphertext.len + ENOW_CRYPTO_TAG_SIZE);
    return err == 0 ? 0 : enow_link_drop_reason(err);
}

/* Answers a repeated join with the very same CONNACK, while its session is half-open. */
static void repeat(enow_link_gateway_t *g, const enow_link_recent_key_t *hash)
{
    const enow_link_half_open_t *h = enow_link_door_repeated(&g->door, hash);

    if (h == NULL) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_REPLAY);
        return;
    }
    if (!enow_link_tokens_take(&g->door.answers, g->now_us, &h->session.peer)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_RATE);
        return;
    }
    enow_link_reply_t *r = enow_link_door_push(&g->door, &h->session.peer);
    if (r == NULL) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
        return;
    }
    memcpy(r->body, h->connack, h->connack_len);
    r->len = h->connack_len;
}

/* Makes room in the table if the node heard longest ago is silent for too long, which its timer is about to find. */
static bool evict(enow_link_gateway_t *g)
{
    enow_link_peer_t *oldest = enow_link_gateway_oldest(g, ENOW_LINK_SILENT);

    if (oldest != NULL) {
        enow_link_gateway_leave(g, oldest, ENOW_LINK_REASON_EVICTED);
    }
    return oldest != NULL;
}

/* Whether a node has a session. */
static bool present(enow_link_gateway_t *g, const enow_addr_t *addr)
{
    const enow_link_peer_t *p = enow_link_gateway_peer(g, addr);

    return p != NULL && p->session != ENOW_LINK_NOWHERE;
}

/* How long a node that would join is to wait; 0: it can join now. */
static uint64_t busy(enow_link_gateway_t *g)
{
    const unsigned pending = g->door.pending_count;
    unsigned all = 0;
    unsigned of_it = 0;
    unsigned newcomers = 0; /* who will take a place in the table */
    const enow_addr_t *addr;

    for (; (addr = enow_link_door_join(&g->door, all)) != NULL; all++) {
        of_it += enow_link_addr_same(addr, &g->frame.src) ? 1u : 0u;
        newcomers += present(g, addr) ? 0u : 1u;
    }
    if (!present(g, &g->frame.src) && g->session_count + newcomers >= g->cfg.sessions && !evict(g)) {
        return ENOW_LINK_TABLE_RETRY_AFTER_US;
    }
    if (all >= ENOW_LINK_HALF_OPEN || pending == ENOW_LINK_PENDING ||
        enow_link_recent_free(&g->door.joins, g->now_us) <= pending || of_it == ENOW_LINK_ADDR_HALF_OPEN) {
        const uint64_t every_us = g->cfg.join_every_us < 1000 ? 1000 : g->cfg.join_every_us;
        return enow_link_door_later(&g->door, g->now_us, every_us, jitter(g));
    }
    return 0;
}

/* Returns an id that no session of a node has, nor had of late. */
static uint8_t session_id(enow_link_gateway_t *g, const enow_addr_t *addr)
{
    const enow_link_peer_t *p = enow_link_gateway_peer(g, addr);
    uint8_t id = p != NULL && p->last_id > 0 ? p->last_id : (uint8_t)jitter(g);

    do {
        id = (uint8_t)(id == UINT8_MAX ? 1 : id + 1);
    } while ((p != NULL && p->session != ENOW_LINK_NOWHERE && p->last_id == id) ||
             enow_link_door_find(&g->door, addr, id) != NULL);
    return id;
}

/* Fills in the terms of a session. */
static void agree(enow_link_gateway_t *g, const enow_link_pending_t *join, enow_welcome_t *welcome,
                  enow_link_session_t *s)
{
    const enow_hello_t *h = &join->request.hello;

    enow_welcome_init(welcome);
    welcome->boot = enow_link_gateway_boot_for(g, &join->addr);
    welcome->max_message = g->cfg.fragments.max_message;
    welcome->max_frame = g->cfg.max_frame;
    welcome->keep_alive = h->keep_alive != 0 ? h->keep_alive : g->cfg.keep_alive_s;
    welcome->session = session_id(g, &join->addr);
    welcome->window = ENOW_LINK_WINDOW_SIZE;
    welcome->channel = g->cfg.channel;

    memset(s, 0, sizeof *s);
    s->peer = join->addr;
    s->id = welcome->session;
    s->boot = h->boot;
    s->max_frame = h->max_frame < g->cfg.max_frame ? h->max_frame : g->cfg.max_frame;
    s->max_message = h->max_message < ENOW_MAX_MESSAGE ? h->max_message : ENOW_MAX_MESSAGE;
    s->window = h->window;
    s->keep_alive_s = welcome->keep_alive;
    s->secure = g->secure;
}

/* Does the Diffie-Hellman and gives the session its keys. sealed is memory for the welcome. */
static bool shake(enow_link_gateway_t *g, enow_link_pending_t *join, const enow_welcome_t *welcome,
                  uint8_t sealed[ENOW_LINK_WELCOME_SIZE + ENOW_CRYPTO_TAG_SIZE], enow_pkt_connack_t *answer,
                  enow_link_session_t *s)
{
    enow_link_session_keys_t keys;
    const int len = enow_welcome_encode(welcome, sealed, ENOW_LINK_WELCOME_SIZE);

    g->stats.key_exchanges += 2;
    const bool ok =
        len > 0 && enow_link_join_request_accept(&join->request, g->cfg.crypto, sealed, (size_t)len, answer, &keys);
    if (ok) {
        enow_link_tunnel_init_gateway(&s->tunnel, g->now_us, &keys, s->id);
    }
    enow_link_wipe(&keys, sizeof keys);
    return ok;
}

/* Takes a join, whose turn it is: opens a session by half, and answers. */
static void accept(enow_link_gateway_t *g, const enow_link_device_keys_t *keys, enow_link_pending_t *join)
{
    uint8_t sealed[ENOW_LINK_WELCOME_SIZE + ENOW_CRYPTO_TAG_SIZE];
    enow_link_session_t s;
    enow_pkt_connack_t answer;
    enow_welcome_t welcome;

    enow_link_recent_add(&g->door.joins, g->now_us, &join->hash);
    g->door.next_join_us = g->now_us + g->cfg.join_every_us;
    agree(g, join, &welcome, &s);
    enow_pkt_connack_init(&answer);
    answer.status = ENOW_CONNACK_STATUS_ACCEPTED;
    answer.echo = join->request.echo;
    answer.welcome = welcome;
    if (g->secure && !shake(g, join, &welcome, sealed, &answer, &s)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_FORGED);
        return;
    }
    const enow_link_reply_t *r = reply(g, keys, &join->addr, &answer);
    if (r != NULL) {
        enow_link_half_open_t *h = enow_link_door_open(&g->door);
        h->session = s;
        h->boot = welcome.boot;
        h->sleepy = join->sleepy;
        h->hash = join->hash;
        h->expires_us = g->now_us + ENOW_LINK_HALF_OPEN_US;
        h->connack_len = r->len;
        memcpy(h->connack, r->body, r->len);
        g->stats.joins++;
    }
    enow_link_wipe(&s, sizeof s);
}

/* Takes a join whose tag is right and that is not a repeat. */
static void admit(enow_link_gateway_t *g, const enow_link_device_keys_t *keys, const enow_pkt_connect_t *p,
                  enow_link_pending_t *join)
{
    const enow_addr_t *src = &g->frame.src;
    enow_pkt_connack_t answer;
    enow_refuse_reason_t reason;
    enow_drop_reason_t why = refusal(g, p, &reason);

    if (why == 0 && enow_link_unknown_critical(join->request.hello.tlvs)) {
        why = ENOW_DROP_REASON_BAD_TLV;
        reason = ENOW_REFUSE_REASON_CRITICAL_TLV;
    }
    join->request.hello.tlvs = enow_link_bytes(NULL, 0); /* the frame's, which does not wait */
    enow_pkt_connack_init(&answer);
    answer.echo = p->nonce;
    if (!enow_link_tokens_take(why != 0 ? &g->door.answers : &g->door.shakes, g->now_us, src)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_RATE);
        return;
    }
    if (why != 0) {
        enow_link_gateway_drop(g, why);
        answer.status = ENOW_CONNACK_STATUS_REFUSED;
        answer.reason = reason;
        (void)reply(g, keys, src, &answer);
        return;
    }
    const uint64_t wait_us = busy(g);
    if (wait_us > 0) {
        g->stats.busy++;
        answer.status = ENOW_CONNACK_STATUS_BUSY;
        answer.retry_after = (uint16_t)(wait_us / 1000);
        (void)reply(g, keys, src, &answer);
    } else if (g->now_us < g->door.next_join_us) {
        *enow_link_door_wait(&g->door) = *join;
    } else {
        accept(g, keys, join);
    }
}

/* Takes a CONNECT with JOIN whose cookie is right. What is cheap comes first, and nothing is kept before the tag is
 * checked (SPEC.md, section 4). */
static void take_join(enow_link_gateway_t *g, const enow_link_device_keys_t *keys, const enow_pkt_connect_t *p,
                      uint8_t *packet, size_t len)
{
    enow_link_pending_t join;
    const enow_drop_reason_t why = hello(g, keys, p, packet, len, &join);

    if (why != 0) {
        enow_link_gateway_drop(g, why);
    } else if (enow_link_recent_seen(&g->door.joins, g->now_us, &join.hash)) {
        repeat(g, &join.hash);
    } else if (enow_link_door_waits(&g->door, &join.hash)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_DUPLICATE);
    } else if (enow_link_door_full(&g->door)) { /* a join that is answered must be, for its repeats are not */
        enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_ROOM);
    } else {
        admit(g, keys, p, &join);
    }
    enow_link_join_request_wipe(&join.request);
}

void enow_link_gateway_connect(enow_link_gateway_t *g, const enow_pkt_connect_t *p, uint8_t *packet, size_t len)
{
    const bool is_join = (p->flags & ENOW_PKT_CONNECT_JOIN) != 0;
    enow_link_device_keys_t keys;

    if (is_join && !enow_link_cookies_check(&g->door.cookies, g->cfg.crypto, g->now_us, &g->frame.src, p->cookie)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_BAD_COOKIE);
        return;
    }
    const enow_drop_reason_t why = device_keys(g, &g->frame.src, p->key_id, &keys);
    if (why != 0) {
        enow_link_gateway_drop(g, why);
    } else if (is_join) {
        take_join(g, &keys, p, packet, len);
    } else {
        search(g, &keys, p, packet, len);
    }
    enow_link_wipe(&keys, sizeof keys);
}

void enow_link_gateway_joins_due(enow_link_gateway_t *g)
{
    enow_link_pending_t *join = g->door.pending;
    enow_link_device_keys_t keys;

    if (g->door.pending_count == 0 || g->now_us < g->door.next_join_us || enow_link_door_full(&g->door)) {
        return;
    }
    const enow_drop_reason_t why = device_keys(g, &join->addr, join->key_id, &keys);
    if (why != 0) { /* its network key was removed meanwhile */
        enow_link_gateway_drop(g, why);
    } else {
        accept(g, &keys, join);
    }
    enow_link_wipe(&keys, sizeof keys);
    enow_link_door_turn(&g->door);
}

enow_link_reply_t *enow_link_gateway_reset_reply(enow_link_gateway_t *g)
{
    if (!enow_link_tokens_take(&g->door.resets, g->now_us, &g->frame.src) ||
        !enow_link_door_stranger(&g->door, g->now_us)) {
        enow_link_gateway_drop(g, ENOW_DROP_REASON_RATE);
        return NULL;
    }
    enow_link_gateway_drop(g, ENOW_DROP_REASON_NO_SESSION);
    return enow_link_door_push(&g->door, &g->frame.src);
}

/* Answers a SEALED packet that no session opens: its node is to join anew. The proof is over the packet's own tag, so
 * that it is worth nothing for another. */
void enow_link_gateway_unknown_session(enow_link_gateway_t *g, const enow_pkt_sealed_t *p)
{
    enow_link_reply_t *r = enow_link_gateway_reset_reply(g);
    enow_link_device_keys_t keys;
    enow_pkt_disconnect_t reset;

    if (r == NULL) {
        return;
    }
    enow_pkt_disconnect_init(&reset);
    reset.flags = ENOW_PKT_DISCONNECT_RESET;
    reset.reason = ENOW_DISCONNECT_REASON_UNKNOWN_SESSION;
    reset.session = p->session;
    reset.counter = p->counter;
    for (size_t i = 0; i < g->keys.count; i++) {
        if (device_keys(g, &g->frame.src, g->keys.keys[i].id, &keys) == 0 &&
            enow_link_reset_proof(reset.proof, g->cfg.crypto, &keys.reset, &g->cfg.addr, &g->frame.src, &reset,
                                  p->tag)) {
            const int len = enow_pkt_disconnect_encode(&reset, r->body + r->len, sizeof r->body - r->len);
            r->len = (uint8_t)(r->len + (len > 0 ? len : 0));
        }
        enow_link_wipe(&keys, sizeof keys);
    }
    if (r->len == 0) { /* there is no key left, or cryptography lacks room */
        enow_link_door_unpush(&g->door);
    }
}
