#define _GNU_SOURCE // memfd_create, pipe2
#include "mqtt_client.h"
#include "esp_mac.h"
#include "mqtt_properties.h"
#include "mqtt_state.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void mqtt_lock(esp_mqtt_client_handle_t client) { pthread_mutex_lock(&client->api); }

void mqtt_unlock(esp_mqtt_client_handle_t client) { pthread_mutex_unlock(&client->api); }

void mqtt_wake(esp_mqtt_client_handle_t client)
{
    if (write(client->wake[1], "", 1) < 0 && errno != EAGAIN) {
        abort();
    }
}

bool mqtt_speaks_5(esp_mqtt_client_handle_t client) { return client->config.session.protocol_ver == MQTT_PROTOCOL_V_5; }

static char *copy_text(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL) {
        abort();
    }
    return copy;
}

static bool parse_uri(esp_mqtt_client_handle_t client, const char *uri)
{
    char scheme[32];
    char host[256];
    int port = 0;
    char rest;
    if (uri == NULL || (sscanf(uri, "%31[a-z-]://%255[^:/]:%d%c", scheme, host, &port, &rest) != 3 &&
                        sscanf(uri, "%31[a-z-]://%255[^:/]%c", scheme, host, &rest) != 2)) {
        return false;
    }
    client->tls = strcmp(scheme, "mqtts") == 0;
    client->has_transport = client->tls || strcmp(scheme, "mqtt") == 0;
    free(client->host);
    client->host = copy_text(host);
    client->port = port != 0 ? port : client->tls ? 8883 : 1883;
    return true;
}

// libmosquitto reads certificates from a file.
static int keep_certificate(const struct verification_t *verification)
{
    if (verification->certificate == NULL) {
        return -1;
    }
    size_t length = verification->certificate_len;
    length = length != 0 ? length : strlen(verification->certificate);
    int file = memfd_create("certificate", MFD_CLOEXEC);
    if (file < 0 || write(file, verification->certificate, length) != (ssize_t)length) {
        abort();
    }
    return file;
}

static void copy_config(esp_mqtt_client_handle_t client, const esp_mqtt_client_config_t *config)
{
    client->config = *config;
    client->certificate = keep_certificate(&config->broker.verification);
    struct credentials_t *credentials = &client->config.credentials;
    if (config->credentials.client_id == NULL) {
        uint8_t mac[6];
        char id[16];
        esp_read_mac(mac, ESP_MAC_WIFI_STA);
        snprintf(id, sizeof id, "ESP32_%02X%02X%02X", mac[3], mac[4], mac[5]);
        credentials->client_id = copy_text(id);
    } else {
        credentials->client_id = copy_text(config->credentials.client_id);
    }
    credentials->username = copy_text(config->credentials.username);
    credentials->authentication.password = copy_text(config->credentials.authentication.password);
    struct last_will_t *will = &client->config.session.last_will;
    will->topic = copy_text(will->topic);
    if (will->msg != NULL) {
        will->msg_len = will->msg_len != 0 ? will->msg_len : (int)strlen(will->msg);
        will->msg = strndup(will->msg, (size_t)will->msg_len);
    }
}

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, (void (*)(void))mosquitto_lib_init);
    esp_mqtt_client_handle_t client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&client->api, &attributes);
    pthread_mutexattr_destroy(&attributes);
    client->stopped = xSemaphoreCreateBinary();
    if (pipe2(client->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        abort();
    }
    copy_config(client, config);
    if (config->broker.address.uri != NULL && !parse_uri(client, config->broker.address.uri)) {
        esp_mqtt_client_destroy(client);
        return NULL;
    }
    return client;
}

esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client)
{
    esp_err_t err = ESP_FAIL;
    mqtt_lock(client);
    if (client->state == STOPPED && client->host != NULL) {
        client->run = true;
        client->state = CONNECT;
        bool started = xTaskCreate(mqtt_task, "mqtt_task", 6144, client, 5, &client->task) == pdPASS;
        err = started ? ESP_OK : ESP_FAIL;
    }
    mqtt_unlock(client);
    return err;
}

esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client)
{
    mqtt_lock(client);
    bool stops = client->run && xTaskGetCurrentTaskHandle() != client->task;
    if (stops) {
        client->run = false;
        mqtt_wake(client);
    }
    mqtt_unlock(client);
    if (!stops) {
        return ESP_FAIL;
    }
    xSemaphoreTake(client->stopped, portMAX_DELAY);
    return ESP_OK;
}

static void free_text(const char *text) { free((void *)(uintptr_t)text); }

esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_mqtt_client_stop(client);
    free(client->host);
    free_text(client->config.credentials.client_id);
    free_text(client->config.credentials.username);
    free_text(client->config.credentials.authentication.password);
    free_text(client->config.session.last_will.topic);
    free_text(client->config.session.last_will.msg);
    outbox_clear(&client->outbox);
    if (client->certificate >= 0) {
        close(client->certificate);
    }
    close(client->wake[0]);
    close(client->wake[1]);
    vSemaphoreDelete(client->stopped);
    pthread_mutex_destroy(&client->api);
    free(client);
    return ESP_OK;
}

static int subscribe(esp_mqtt_client_handle_t client, const char *filter, int qos)
{
    int id = -1;
    mqtt_lock(client);
    if (client->state == CONNECTED && !client->lost) {
        int result = mosquitto_subscribe(client->mosquitto, &id, filter, qos);
        id = result == MOSQ_ERR_SUCCESS ? id : -1;
    }
    mqtt_unlock(client);
    return id;
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos)
{
    return subscribe(client, topic, qos);
}

int esp_mqtt_client_subscribe_multiple(esp_mqtt_client_handle_t client, const esp_mqtt_topic_t *topic_list, int size)
{
    int id = -1;
    for (int i = 0; i < size; i++) { // one packet on a chip, which says the same
        id = subscribe(client, topic_list[i].filter, topic_list[i].qos);
    }
    return id;
}
#else
int esp_mqtt_client_subscribe(esp_mqtt_client_handle_t client, const char *topic, int qos)
{
    return subscribe(client, topic, qos);
}
#endif

static int length_of(const char *data, int length) { return length <= 0 && data != NULL ? (int)strlen(data) : length; }

static bool full(esp_mqtt_client_handle_t client, int length)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    uint64_t limit = client->config.outbox.limit;
    return limit != 0 && (uint64_t)(length + outbox_size(&client->outbox)) > limit;
#else
    (void)client, (void)length;
    return false;
#endif
}

static message_t *add(esp_mqtt_client_handle_t client, const char *topic, const char *data, int length, int qos,
                      bool retain)
{
    mosquitto_property *properties = NULL;
    if (mqtt_speaks_5(client)) {
        properties = properties_to_publish(client->publish_property);
        client->publish_property = NULL;
    }
    return outbox_add(&client->outbox, topic, data, length, qos, retain, properties);
}

int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain)
{
    len = length_of(data, len);
    mqtt_lock(client);
    int id = -1;
    bool connected = client->state == CONNECTED && !client->lost;
    if (qos > 0 && full(client, len)) {
        id = -2;
    } else if ((qos > 0 || connected) && mqtt_has_memory(len)) {
        message_t *message = add(client, topic, data, len, qos, retain != 0);
        id = message->id;
        if (connected && !mqtt_send(client, message)) {
            id = -1;
            if (qos == 0) {
                outbox_remove(&client->outbox, message);
            }
            mqtt_disconnected(client);
        }
    }
    mqtt_wake(client);
    mqtt_unlock(client);
    return id;
}

int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool store)
{
    len = length_of(data, len);
    mqtt_lock(client);
    int id = -1;
    if (full(client, len)) {
        id = -2;
    } else if (qos > 0 || store) {
        id = add(client, topic, data, len, qos, retain != 0)->id;
    }
    mqtt_wake(client);
    mqtt_unlock(client);
    return id;
}

int esp_mqtt_client_get_outbox_size(esp_mqtt_client_handle_t client)
{
    mqtt_lock(client);
    int size = outbox_size(&client->outbox);
    mqtt_unlock(client);
    return size;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t event_handler, void *event_handler_arg)
{
    if (client == NULL || client->handler_count == HANDLERS) {
        return ESP_ERR_INVALID_ARG;
    }
    mqtt_lock(client);
    client->handlers[client->handler_count].id = event;
    client->handlers[client->handler_count].function = event_handler;
    client->handlers[client->handler_count].argument = event_handler_arg;
    client->handler_count++;
    mqtt_unlock(client);
    return ESP_OK;
}

esp_err_t esp_mqtt5_client_set_publish_property(esp_mqtt5_client_handle_t client,
                                                const esp_mqtt5_publish_property_config_t *property)
{
    if (client == NULL || property == NULL || !mqtt_speaks_5(client)) {
        return ESP_FAIL;
    }
    mqtt_lock(client);
    client->publish_property = property;
    mqtt_unlock(client);
    return ESP_OK;
}
