#include "mqtt_properties.h"
#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>

struct mqtt5_user_property_list_t {
    uint8_t count;
    esp_mqtt5_user_property_item_t items[UINT8_MAX];
};

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

esp_err_t esp_mqtt5_client_set_user_property(mqtt5_user_property_handle_t *user_property,
                                             esp_mqtt5_user_property_item_t item[], uint8_t item_num)
{
    if (user_property == NULL || item == NULL || item_num == 0) {
        return ESP_FAIL;
    }
    if (*user_property == NULL) {
        *user_property = calloc(1, sizeof **user_property);
        if (*user_property == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    for (uint8_t i = 0; i < item_num; i++) {
        if (item[i].key == NULL || item[i].value == NULL || (*user_property)->count == UINT8_MAX) {
            return ESP_FAIL;
        }
        (*user_property)->items[(*user_property)->count++] =
            (esp_mqtt5_user_property_item_t){.key = copy_text(item[i].key), .value = copy_text(item[i].value)};
    }
    return ESP_OK;
}

esp_err_t esp_mqtt5_client_get_user_property(mqtt5_user_property_handle_t user_property,
                                             esp_mqtt5_user_property_item_t *item, uint8_t *item_num)
{
    if (user_property == NULL || item == NULL || item_num == NULL || *item_num == 0) {
        return ESP_FAIL;
    }
    uint8_t count = 0;
    for (; count < *item_num && count < user_property->count; count++) {
        item[count].key = copy_text(user_property->items[count].key);
        item[count].value = copy_text(user_property->items[count].value);
    }
    *item_num = count;
    return ESP_OK;
}

uint8_t esp_mqtt5_client_get_user_property_count(mqtt5_user_property_handle_t user_property)
{
    return user_property == NULL ? 0 : user_property->count;
}

static void free_text(const char *text) { free((void *)(uintptr_t)text); }

void esp_mqtt5_client_delete_user_property(mqtt5_user_property_handle_t user_property)
{
    for (uint8_t i = 0; user_property != NULL && i < user_property->count; i++) {
        free_text(user_property->items[i].key);
        free_text(user_property->items[i].value);
    }
    free(user_property);
}

static void add_users(mosquitto_property **list, mqtt5_user_property_handle_t users)
{
    for (uint8_t i = 0; users != NULL && i < users->count; i++) {
        mosquitto_property_add_string_pair(list, MQTT_PROP_USER_PROPERTY, users->items[i].key, users->items[i].value);
    }
}

static void add_number(mosquitto_property **list, int identifier, uint32_t value)
{
    if (value != 0) {
        mosquitto_property_add_int32(list, identifier, value);
    }
}

static void add_text(mosquitto_property **list, int identifier, const char *text)
{
    if (text != NULL) {
        mosquitto_property_add_string(list, identifier, text);
    }
}

mosquitto_property *properties_to_publish(const esp_mqtt5_publish_property_config_t *config)
{
    mosquitto_property *list = NULL;
    if (config == NULL) {
        return NULL;
    }
    if (config->payload_format_indicator) {
        mosquitto_property_add_byte(&list, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
    }
    add_number(&list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, config->message_expiry_interval);
    add_text(&list, MQTT_PROP_RESPONSE_TOPIC, config->response_topic);
    if (config->correlation_data != NULL && config->correlation_data_len != 0) {
        mosquitto_property_add_binary(&list, MQTT_PROP_CORRELATION_DATA, config->correlation_data,
                                      config->correlation_data_len);
    }
    add_text(&list, MQTT_PROP_CONTENT_TYPE, config->content_type);
    add_users(&list, config->user_property);
    return list;
}

esp_mqtt5_event_property_t properties_received(const mosquitto_property *list)
{
    esp_mqtt5_event_property_t received = {0};
    for (const mosquitto_property *p = list; p != NULL; p = mosquitto_property_next(p)) {
        int identifier = mosquitto_property_identifier(p);
        uint8_t byte = 0;
        uint32_t number = 0;
        void *data = NULL;
        esp_mqtt5_user_property_item_t user = {0};
        switch (identifier) {
        case MQTT_PROP_PAYLOAD_FORMAT_INDICATOR:
            mosquitto_property_read_byte(p, identifier, &byte, false);
            received.payload_format_indicator = byte != 0;
            break;
        case MQTT_PROP_SUBSCRIPTION_IDENTIFIER:
            mosquitto_property_read_varint(p, identifier, &number, false);
            received.subscribe_id = (uint16_t)number;
            break;
        case MQTT_PROP_RESPONSE_TOPIC:
            mosquitto_property_read_string(p, identifier, &received.response_topic, false);
            received.response_topic_len = (int)strlen(received.response_topic);
            break;
        case MQTT_PROP_CONTENT_TYPE:
            mosquitto_property_read_string(p, identifier, &received.content_type, false);
            received.content_type_len = (int)strlen(received.content_type);
            break;
        case MQTT_PROP_CORRELATION_DATA:
            mosquitto_property_read_binary(p, identifier, &data, &received.correlation_data_len, false);
            received.correlation_data = data;
            break;
        case MQTT_PROP_USER_PROPERTY:
            mosquitto_property_read_string_pair(p, identifier, (char **)(uintptr_t)&user.key,
                                                (char **)(uintptr_t)&user.value, false);
            esp_mqtt5_client_set_user_property(&received.user_property, &user, 1);
            free_text(user.key);
            free_text(user.value);
            break;
        default:
            break;
        }
    }
    return received;
}

void properties_free(esp_mqtt5_event_property_t *received)
{
    free(received->response_topic);
    free(received->content_type);
    free(received->correlation_data);
    esp_mqtt5_client_delete_user_property(received->user_property);
}
