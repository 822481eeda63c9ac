/* What the parts of the gateway have in common. */
#pragma once

#include "enow_gateway.h"
#include "topic.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    enow_gateway_config_t cfg;
    enow_addr_t addr;
    enow_gateway_roots_t roots;
    /** Only the owner uses it (enow/driver.h). */
    enow_link_gateway_t *machine;
} enow_gateway_t;

/** Writes the topic of this gateway's sub. It has room for any. */
#define ENOW_GATEWAY_OWN_TOPIC (ENOW_GATEWAY_TOPIC_FRONT(ENOW_GATEWAY_MAX_ROOT) + 24u)

#ifdef __cplusplus
}
#endif
