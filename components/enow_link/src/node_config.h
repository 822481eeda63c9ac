/* What a node's configuration must be. */
#pragma once

#include "enow/node.h"

#ifdef __cplusplus
extern "C" {
#endif

bool enow_link_node_config_ok(const enow_link_node_config_t *cfg);

#ifdef __cplusplus
}
#endif
