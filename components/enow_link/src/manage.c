#include "gateway_state.h"

/* The place of an address on the deny-list, or its length. */
static unsigned place_of(const enow_link_gateway_t *g, const enow_addr_t *addr)
{
    unsigned i = 0;

    while (i < g->denied_count && !enow_link_addr_same(&g->denied[i], addr)) {
        i++;
    }
    return i;
}

bool enow_link_gateway_denies(const enow_link_gateway_t *g, const enow_addr_t *addr)
{
    return place_of(g, addr) < g->denied_count;
}

int enow_link_gateway_send(enow_link_gateway_t *g, uint64_t now_us, enow_addr_t to, const enow_link_outgoing_t *message,
                           enow_link_ticket_t *ticket)
{
    const enow_message_t wire = {message->topic, message->payload};
    const int size = enow_message_length(&wire);
    enow_link_peer_t *p = enow_link_gateway_peer(g, &to);

    g->now_us = now_us;
    if (enow_link_addr_group(&to) || enow_link_addr_none(&to)) {
        return ENOW_LINK_ERR_ADDR;
    }
    if (enow_link_gateway_denies(g, &to)) {
        return ENOW_LINK_ERR_DENIED;
    }
    if (message->topic.len > ENOW_MAX_TOPIC) {
        return ENOW_LINK_ERR_TOPIC;
    }
    if (size < 0 || (uint32_t)size > g->cfg.mail.node_bytes ||
        (p != NULL && p->session != ENOW_LINK_NOWHERE && (uint32_t)size > g->sessions[p->session].max_message)) {
        return ENOW_LINK_ERR_TOO_LARGE;
    }
    if ((uint32_t)size > g->cfg.mail.bytes - g->mail.used) {
        return ENOW_LINK_ERR_FULL;
    }
    if (p == NULL) {
        if (g->mail.count == g->mail.capacity || (g->peer_count == enow_link_gateway_memory_of_nodes(g) &&
                                                  enow_link_gateway_oldest(g, ENOW_LINK_AWAY_IDLE) == NULL)) {
            return ENOW_LINK_ERR_FULL;
        }
        p = enow_link_gateway_new_peer(g, &to);
    }
    const int err = enow_link_gateway_push_mail(g, p, message, g->now_us + g->cfg.mail.keep_us);
    enow_link_gateway_arm(g, p);
    if (err < 0) {
        return err;
    }
    if (ticket != NULL) {
        *ticket = g->ticket;
    }
    g->ticket++;
    enow_link_gateway_make_ready(g, p);
    return 0;
}

/* Has a node told that its session ends, after which it does. */
static void dismiss(enow_link_gateway_t *g, enow_link_peer_t *p, enow_link_reason_t why)
{
    if (p->session != ENOW_LINK_NOWHERE) {
        p->goodbye = (uint8_t)why;
        enow_link_gateway_make_ready(g, p);
    }
}

int enow_link_gateway_deny(enow_link_gateway_t *g, uint64_t now_us, enow_addr_t addr)
{
    g->now_us = now_us;
    if (!enow_link_gateway_may_tell(g)) {
        return ENOW_LINK_ERR_FULL;
    }
    if (!enow_link_gateway_denies(g, &addr)) {
        if (g->denied_count == g->cfg.denied) {
            return ENOW_LINK_ERR_FULL;
        }
        g->denied[g->denied_count++] = addr;
    }
    enow_link_peer_t *p = enow_link_gateway_peer(g, &addr);
    enow_link_door_close_all_of(&g->door, &addr);
    if (p != NULL) {
        enow_link_gateway_void(g, p, ENOW_LINK_ERR_DENIED);
        dismiss(g, p, ENOW_LINK_REASON_DENIED);
    }
    return 0;
}

void enow_link_gateway_allow(enow_link_gateway_t *g, enow_addr_t addr)
{
    const unsigned i = place_of(g, &addr);

    if (i < g->denied_count) {
        g->denied[i] = g->denied[--g->denied_count];
    }
}

int enow_link_gateway_elsewhere(enow_link_gateway_t *g, uint64_t now_us, enow_addr_t addr)
{
    enow_link_peer_t *p = enow_link_gateway_peer(g, &addr);

    g->now_us = now_us;
    if (!enow_link_gateway_may_tell(g)) {
        return ENOW_LINK_ERR_FULL;
    }
    enow_link_door_close_all_of(&g->door, &addr);
    if (p != NULL) {
        enow_link_gateway_void(g, p, ENOW_LINK_ERR_ELSEWHERE);
        enow_link_gateway_leave(g, p, ENOW_LINK_REASON_ELSEWHERE);
    }
    return 0;
}

void enow_link_gateway_shutdown(enow_link_gateway_t *g)
{
    const enow_link_peer_t *next = enow_link_gateway_after(g, NULL);

    enow_link_door_shut(&g->door);
    for (; next != NULL; next = enow_link_gateway_after(g, &next->addr)) {
        dismiss(g, &g->peers[enow_link_gateway_place(g, next)], ENOW_LINK_REASON_SHUTDOWN);
    }
}

int enow_link_gateway_add_key(enow_link_gateway_t *g, const enow_link_gateway_key_t *key)
{
    enow_link_secret_t secret;

    if (!g->secure) {
        return ENOW_LINK_ERR_CONFIG;
    }
    if (g->keys.count == ENOW_LINK_NETWORK_KEYS) {
        return ENOW_LINK_ERR_FULL;
    }
    memcpy(secret.bytes, key->key, sizeof secret.bytes);
    const bool added = enow_link_keyring_add(&g->keys, key->id, &secret);
    enow_link_wipe(&secret, sizeof secret);
    return added ? 0 : ENOW_LINK_ERR_CONFIG;
}

void enow_link_gateway_remove_key(enow_link_gateway_t *g, uint8_t id)
{
    enow_link_keyring_remove(&g->keys, id);
    for (unsigned i = 0; i < g->door.pending_count; i++) {
        if (g->door.pending[i].key_id == id) {
            g->door.pending[i].key_id = 0; /* another key with this id is not its own */
        }
    }
}

void enow_link_gateway_set_channel(enow_link_gateway_t *g, uint8_t channel) { g->cfg.channel = channel; }

void enow_link_gateway_set_unix_time(enow_link_gateway_t *g, uint64_t now_us, uint64_t unix_us)
{
    g->unix_us = (int64_t)unix_us - (int64_t)now_us;
}

void enow_link_gateway_radio_reset(enow_link_gateway_t *g) { enow_link_peers_forget(&g->radio); }
