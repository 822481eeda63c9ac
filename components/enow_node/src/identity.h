/* Who the node is: its key, and how it comes by it. */
#pragma once

#include "enow_node.h"

/* Sets key_id and key of link, whose addr and crypto are set. Returns ESP_OK, ENOW_NODE_ERR_NO_KEY,
 * ENOW_NODE_ERR_OTHER_DEVICE, or ESP_FAIL if a key cannot be derived. Says in the log which key it is, but never the
 * key. Without a key only a network that is said to be open is joined. */
esp_err_t enow_identity(enow_link_node_config_t *link, const enow_node_config_t *cfg);
