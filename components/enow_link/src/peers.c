#include "peers.h"

#include "station.h"

void enow_link_peers_init(enow_link_peers_t *peers, enow_link_radio_peer_t *list, uint8_t limit)
{
    peers->list = list;
    peers->limit = limit;
    enow_link_peers_forget(peers);
}

/* The place of an address on the list, or its length. */
static uint8_t place(const enow_link_peers_t *peers, const enow_addr_t *addr)
{
    uint8_t i = 0;

    while (i < peers->count && !enow_link_addr_same(&peers->list[i].addr, addr)) {
        i++;
    }
    return i;
}

/* The place of who may go of a full list, which has one, for its limit is above 2. */
static uint8_t oldest(const enow_link_peers_t *peers)
{
    uint8_t found = peers->count;

    for (uint8_t i = 0; i < peers->count; i++) {
        const enow_link_radio_peer_t *p = &peers->list[i];
        if (enow_link_addr_broadcast(&p->addr) || enow_link_addr_same(&p->addr, &peers->in_flight)) {
            continue;
        }
        if (found == peers->count || p->seen_us < peers->list[found].seen_us) {
            found = i;
        }
    }
    return found;
}

void enow_link_peers_address(enow_link_peers_t *peers, uint64_t now_us, enow_link_transmission_t *out, bool stranger)
{
    out->add = place(peers, &out->dst) == peers->count;
    out->remove = out->add && peers->count == peers->limit;
    if (out->remove) {
        const uint8_t gone = oldest(peers);
        out->removed = peers->list[gone].addr;
        peers->count--;
        memmove(&peers->list[gone], &peers->list[gone + 1], (size_t)(peers->count - gone) * sizeof peers->list[0]);
    }
    if (out->add) {
        enow_link_radio_peer_t *added = &peers->list[peers->count++];
        added->addr = out->dst;
        added->seen_us = stranger ? 0 : now_us;
    }
    peers->in_flight = out->dst;
}

void enow_link_peers_heard(enow_link_peers_t *peers, uint64_t now_us, const enow_addr_t *addr)
{
    const uint8_t i = place(peers, addr);

    if (i < peers->count) {
        peers->list[i].seen_us = now_us;
    }
}

void enow_link_peers_forget(enow_link_peers_t *peers)
{
    peers->count = 0;
    memset(&peers->in_flight, 0, sizeof peers->in_flight);
}
