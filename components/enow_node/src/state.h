/* What the parts of the node share: a chip has one. */
#pragma once

#include "enow_node.h"

/* Tag of the log. */
#define ENOW_NODE_TAG "enow_node"

#define MAC "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_BYTES(b) (b)[0], (b)[1], (b)[2], (b)[3], (b)[4], (b)[5]

/* All but what stop and start write belongs to the driver's task while that runs. */
typedef struct {
    enow_link_node_t *machine; /* NULL: none runs */
    enow_node_config_t cfg;    /* without its keys */
    enow_link_home_t home;     /* as NVS has it */
    uint64_t missed_us;        /* when the gateway was lost, or the search began */
    uint64_t warn_at_us;       /* that there is no gateway; UINT64_MAX: never */
    uint32_t events_lost;
    uint32_t home_unsaved;
    uint32_t queue_full;
    uint32_t oversized;
    bool resumed;
} enow_node_state_t;

extern enow_node_state_t enow_node_state;
