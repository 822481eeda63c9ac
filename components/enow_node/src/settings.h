/* The settings of the node by name. */
#pragma once

#include "enow_node.h"

/* Those of enow_node_config_t itself. */
extern const enow_settings_t enow_node_settings;

/* Opens NVS. It is erased where it cannot be opened and menuconfig has what the node needs. */
esp_err_t enow_node_settings_open(void);
