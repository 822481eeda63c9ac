/*
 * Where nodes are, as the broker keeps it under /device/<mac>/$status (SPEC.md, section 7). A gateway says that a node
 * has joined it, and that it has left; the latter only while the broker does not say that the node is at another
 * gateway. So it reads what the others say:
 *
 *   another gateway has a node now    the session here ends without a word, and mail for the node is void
 *   the broker had kept that          the node may be back here meanwhile: the session stays, but its end is not told
 *   the node is here, it says, and    the gateway has restarted and the node has not come back: it is told to be
 *   it is not                         offline, once nodes have had time to join
 *
 * When the gateway has moved to another channel, the statuses of its nodes say so one by one, each when the outbox has
 * run empty: however many nodes there are, no message gives way to that.
 */
#pragma once

#include "document.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

void enow_gateway_presence_start(const enow_gateway_t *gateway);

/** A node has joined this gateway, or left it. In the owner. */
void enow_gateway_presence_told(const enow_link_presence_t *presence);

/** The broker says where a node is. In the owner. */
void enow_gateway_presence_heard(enow_addr_t node, const enow_gateway_whereabouts_t *where, bool retained);

/** ESP-NOW is on this channel, which may be another. In the owner. */
void enow_gateway_presence_moved(uint8_t channel);

/** Publishes one of the statuses that are of the channel of before, if there is any. Of the publisher, when the outbox
 * is empty. */
void enow_gateway_presence_refresh(void);

/** Whether a node is at another gateway, as far as the broker said. In the owner. */
bool enow_gateway_presence_elsewhere(enow_addr_t node);

#ifdef __cplusplus
}
#endif
