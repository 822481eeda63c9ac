/* The gateway's settings: what Kconfig says, and what NVS and MQTT may change of it. */
#pragma once

#include "enow/settings.h"
#include "enow_gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of enow_gateway_config_t. */

/** Those that are changed while the gateway runs. */
extern const enow_settings_t enow_gateway_settings_live;
/** Those that count from the next start on. */
extern const enow_settings_t enow_gateway_settings_later;
/** Those too, that nobody may change over MQTT: whoever can write to the broker could take the network over, leave the
 * gateway without memory to start with, or without a way back to its broker, as by the broker's own name, or a time at
 * which the broker's certificate is not valid. */
extern const enow_settings_t enow_gateway_settings_closed;

#ifdef __cplusplus
}
#endif
