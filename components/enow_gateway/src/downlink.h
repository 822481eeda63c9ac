/* What comes from the broker: messages to nodes, where nodes are, settings, and the list of denied devices. */
#pragma once

#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

void enow_gateway_downlink_start(const enow_gateway_t *gateway);

/** Takes a message; false: it does not parse, or its topic is none of this gateway's. In esp-mqtt's task. */
bool enow_gateway_downlink_take(enow_bytes_t topic, enow_bytes_t payload, bool retained);

/** What became of a message to a node. In the owner. */
void enow_gateway_downlink_result(const enow_link_result_t *result);

/** In the owner. */
void enow_gateway_downlink_stats(enow_gateway_downlink_stats_t *out);

#ifdef __cplusplus
}
#endif
