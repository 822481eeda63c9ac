#include "gateway_state.h"

void enow_link_gateway_stats(const enow_link_gateway_t *g, enow_link_gateway_stats_t *out)
{
    const enow_frag_stats_t *parts = enow_frag_receiver_stats(g->parts);

    *out = g->stats;
    out->sessions = g->session_count;
    out->half_open = g->door.half_count;
    out->known = g->peer_count;
    out->mail = g->mail.used;
    out->partial = parts->partial;
    out->waiting = parts->delivered;
    out->held = parts->bytes;
    out->drops.count[ENOW_DROP_REASON_DUPLICATE] += parts->duplicates;
    out->drops.count[ENOW_DROP_REASON_EXPIRED] += parts->expired + parts->superseded;
}

const enow_link_peer_t *enow_link_gateway_after(const enow_link_gateway_t *g, const enow_addr_t *after)
{
    const enow_link_peer_t *found = NULL;

    for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
        const enow_link_peer_t *p = &g->peers[i];
        if (p->known && (after == NULL || memcmp(&p->addr, after, sizeof *after) > 0) &&
            (found == NULL || memcmp(&p->addr, &found->addr, sizeof *after) < 0)) {
            found = p;
        }
    }
    return found;
}

bool enow_link_gateway_next_node(const enow_link_gateway_t *g, uint64_t now_us, const enow_addr_t *after,
                                 enow_link_node_status_t *out)
{
    const enow_link_peer_t *p = enow_link_gateway_after(g, after);

    if (p == NULL) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->addr = p->addr;
    out->sleepy = p->sleepy;
    out->boot = p->boot;
    out->rssi = p->rssi;
    out->seen_us = now_us - p->seen_us;
    for (unsigned i = 0; i < g->mail.count; i++) {
        out->mail =
            (uint16_t)(out->mail + (g->mail.list[i].owner == (uint16_t)enow_link_gateway_place(g, p) ? 1u : 0u));
    }
    if (p->session != ENOW_LINK_NOWHERE) {
        out->present = true;
        out->session = p->last_id;
        out->max_frame = g->sessions[p->session].max_frame;
        out->sealed = g->sessions[p->session].next;
    }
    return true;
}
