/* The radio's list of peers, as a machine knows it. */
#pragma once

#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many peers ESP-NOW keeps, the broadcast address included. */
#define ENOW_LINK_RADIO_PEERS 20u

typedef struct {
    uint64_t seen_us; /* 0: a stranger's, the first to go */
    enow_addr_t addr;
} enow_link_radio_peer_t;

/* The list is a cache: whoever is to be sent to is put on it, and whoever was heard longest ago goes when it is full.
 * Invariants: broadcast, once on the list, and the peer of the frame that may still be in flight stay on it. */
typedef struct {
    enow_link_radio_peer_t *list; /* memory of the caller */
    uint8_t limit;                /* 3 to ENOW_LINK_RADIO_PEERS */
    uint8_t count;
    enow_addr_t in_flight;
} enow_link_peers_t;

void enow_link_peers_init(enow_link_peers_t *peers, enow_link_radio_peer_t *list, uint8_t limit);

/* Puts into a transmission what its dst needs. Being put on the list counts as being seen, except for a stranger. */
void enow_link_peers_address(enow_link_peers_t *peers, uint64_t now_us, enow_link_transmission_t *out, bool stranger);

/* Notes a verified packet of somebody who may be on the list. */
void enow_link_peers_heard(enow_link_peers_t *peers, uint64_t now_us, const enow_addr_t *addr);

/* Empties the list, as the radio's is after a start of ESP-NOW. */
void enow_link_peers_forget(enow_link_peers_t *peers);

#ifdef __cplusplus
}
#endif
