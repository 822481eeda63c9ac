/* Facts: esp-mqtt/include/mqtt5_client.h of ESP-IDF 5.1 to 5.5 and of the component espressif/mqtt 1.x. */
#pragma once

#include "esp_err.h"
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct esp_mqtt_client *esp_mqtt5_client_handle_t;
typedef struct mqtt5_user_property_list_t *mqtt5_user_property_handle_t;

typedef enum mqtt5_reason_code_t {
    MQTT5_SUCCESS = 0x00,
    MQTT5_UNSPECIFIED_ERROR = 0x80,
    MQTT5_NOT_AUTHORIZED = 0x87,
} esp_mqtt5_reason_code_t;

typedef struct {
    const char *key;
    const char *value;
} esp_mqtt5_user_property_item_t;

typedef struct {
    bool payload_format_indicator;
    uint32_t message_expiry_interval;
    const char *response_topic;
    const char *correlation_data;
    uint16_t correlation_data_len;
    const char *content_type;
    mqtt5_user_property_handle_t user_property;
} esp_mqtt5_publish_property_config_t;

typedef struct {
    bool payload_format_indicator;
    char *response_topic;
    int response_topic_len;
    char *correlation_data;
    uint16_t correlation_data_len;
    char *content_type;
    int content_type_len;
    uint16_t subscribe_id;
    mqtt5_user_property_handle_t user_property;
} esp_mqtt5_event_property_t;

/* Keeps the pointer until the next message of the client is made. */
esp_err_t esp_mqtt5_client_set_publish_property(esp_mqtt5_client_handle_t client,
                                                const esp_mqtt5_publish_property_config_t *property);

/* Adds copies to a list, which it makes if there is none. */
esp_err_t esp_mqtt5_client_set_user_property(mqtt5_user_property_handle_t *user_property,
                                             esp_mqtt5_user_property_item_t item[], uint8_t item_num);
/* Fills *item_num items with copies, of which the caller frees both strings. */
esp_err_t esp_mqtt5_client_get_user_property(mqtt5_user_property_handle_t user_property,
                                             esp_mqtt5_user_property_item_t *item, uint8_t *item_num);
uint8_t esp_mqtt5_client_get_user_property_count(mqtt5_user_property_handle_t user_property);
void esp_mqtt5_client_delete_user_property(mqtt5_user_property_handle_t user_property);

#ifdef __cplusplus
}
#endif
