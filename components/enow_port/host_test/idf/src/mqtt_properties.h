/* Properties of MQTT 5, from esp-mqtt's structures to libmosquitto's lists and back. */
#pragma once

#include "mqtt5_client.h"
#include <mosquitto.h>

/* A list that the caller frees with mosquitto_property_free_all; nothing to say gives NULL. */
mosquitto_property *properties_to_publish(const esp_mqtt5_publish_property_config_t *config);

/* What a message came with; freed with properties_free. */
esp_mqtt5_event_property_t properties_received(const mosquitto_property *list);
void properties_free(esp_mqtt5_event_property_t *received);
