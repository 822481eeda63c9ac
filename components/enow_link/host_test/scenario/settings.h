/* Configurations of devices, of which an input says what is unusual. */
#pragma once

#include "arguments.h"
#include "world.h"

enow_link_node_config_t settings_node(world_t *w, device_t *d, arguments_t *a);
enow_link_gateway_config_t settings_gateway(world_t *w, device_t *d, arguments_t *a);
