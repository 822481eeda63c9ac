#include "gateway_state.h"

/* A scan of all is rare: it follows when the first of them is taken out. */

static bool before(const enow_link_peer_t *a, const enow_link_peer_t *b)
{
    return a->due_us < b->due_us || (a->due_us == b->due_us && memcmp(&a->addr, &b->addr, sizeof a->addr) < 0);
}

/* Who waits for the earliest time, and of several the least address; null: nobody waits. */
static enow_link_peer_t *first(enow_link_gateway_t *g)
{
    enow_link_peer_t *found = NULL;

    for (unsigned i = 0; i < enow_link_gateway_memory_of_nodes(g); i++) {
        enow_link_peer_t *p = &g->peers[i];
        if (p->known && p->due_us != ENOW_LINK_NEVER && (found == NULL || before(p, found))) {
            found = p;
        }
    }
    return found;
}

void enow_link_gateway_wait_until(enow_link_gateway_t *g, enow_link_peer_t *p, uint64_t at_us)
{
    if (at_us < p->due_us) {
        p->due_us = at_us;
    }
    if (at_us < g->due_us) {
        g->due_us = at_us;
    }
}

void enow_link_gateway_wait_no_more(enow_link_gateway_t *g, enow_link_peer_t *p)
{
    const bool was_first = p->due_us == g->due_us;

    p->due_us = ENOW_LINK_NEVER;
    if (was_first) {
        const enow_link_peer_t *next = first(g);
        g->due_us = next != NULL ? next->due_us : ENOW_LINK_NEVER;
    }
}

enow_link_peer_t *enow_link_gateway_next_due(enow_link_gateway_t *g)
{
    enow_link_peer_t *p = g->due_us <= g->now_us ? first(g) : NULL;

    if (p != NULL) {
        enow_link_gateway_wait_no_more(g, p);
    }
    return p;
}
