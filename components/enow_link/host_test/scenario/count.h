/* Counters that nobody could wait for. */
#pragma once

#include "enow/gateway.h"
#include "enow/node.h"

/* Has a machine count the packets of its session from a number on. False: there is none that counts. */
bool count_node_from(enow_link_node_t *node, uint32_t counter);
bool count_gateway_from(enow_link_gateway_t *gateway, enow_addr_t node, uint32_t counter);
