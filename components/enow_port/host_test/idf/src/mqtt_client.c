#define _GNU_SOURCE // memfd_create, pipe2
// esp-mqtt's client: an outbox of its own and one task, here around libmosquitto, of which each connection has a new
// one so that nothing is kept but what the outbox keeps.
#include "mqtt_client.h"
#include "clock.h"
#include "esp_crt_bundle.h"
#include "esp_mac.h"
#include "fake.h"
#include "freertos/semphr.h"
#include "mqtt_properties.h"
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLERS 8
#define POLL_MS 20

typedef struct message {
    struct message *next;
    int id;
    int sent_as; // libmosquitto's id; 0: not sent on this connection
    int64_t since_us;
    char *topic;
    char *data;
    int length;
    int qos;
    bool retain;
    mosquitto_property *properties;
} message_t;

typedef enum { STOPPED, CONNECT, CONNECTING, CONNECTED, WAITING } state_t;

struct esp_mqtt_client {
    pthread_mutex_t api; // held by the task but while it waits for data: calls wait for a connection that is being made
    SemaphoreHandle_t stopped;
    TaskHandle_t task;
    int wake[2]; // a pipe
    bool run;
    bool disconnect;
    state_t state;
    int64_t moment_us; // when connecting or waiting ends
    struct mosquitto *mosquitto;
    bool lost; // the connection

    esp_mqtt_client_config_t config; // texts are copies
    char *host;
    int port;
    bool tls;
    int certificate; // a file that holds it, -1 if none was given
    const esp_mqtt5_publish_property_config_t *publish_property;

    message_t *outbox;
    int last_id;
    struct {
        esp_mqtt_event_id_t id;
        esp_event_handler_t function;
        void *argument;
    } handlers[HANDLERS];
    size_t handler_count;
};

static const char s_base[] = "MQTT_EVENTS";
static atomic_uint s_expiry_ms = 30000;

void fake_mqtt_expiry(uint32_t ms) { s_expiry_ms = ms; }

static void lock(esp_mqtt_client_handle_t client) { pthread_mutex_lock(&client->api); }

static void unlock(esp_mqtt_client_handle_t client) { pthread_mutex_unlock(&client->api); }

static void wake(esp_mqtt_client_handle_t client)
{
    if (write(client->wake[1], "", 1) < 0 && errno != EAGAIN) {
        abort();
    }
}

static bool speaks_5(esp_mqtt_client_handle_t client)
{
    return client->config.session.protocol_ver == MQTT_PROTOCOL_V_5;
}

static void dispatch(esp_mqtt_client_handle_t client, esp_mqtt_event_t event)
{
    esp_mqtt_error_codes_t no_error = {0};
    event.client = client;
    event.protocol_ver = client->config.session.protocol_ver;
    if (event.error_handle == NULL) {
        event.error_handle = &no_error;
    }
#ifdef CONFIG_MQTT_PROTOCOL_5
    esp_mqtt5_event_property_t no_property = {0};
    if (event.property == NULL) {
        event.property = &no_property;
    }
#endif
    for (size_t i = 0; i < client->handler_count; i++) {
        if (client->handlers[i].id == MQTT_EVENT_ANY || client->handlers[i].id == event.event_id) {
            client->handlers[i].function(client->handlers[i].argument, s_base, event.event_id, &event);
        }
    }
}

/* --- the outbox --- */

static int message_size(const message_t *message)
{
    return message->length + (int)strlen(message->topic) + 7; // the least header of QoS 1
}

static int outbox_size(esp_mqtt_client_handle_t client)
{
    int size = 0;
    for (const message_t *message = client->outbox; message != NULL; message = message->next) {
        size += message_size(message);
    }
    return size;
}

static void remove_message(message_t **link)
{
    message_t *message = *link;
    *link = message->next;
    mosquitto_property_free_all(&message->properties);
    free(message->topic);
    free(message->data);
    free(message);
}

static char *copy_text(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL) {
        abort();
    }
    return copy;
}

static message_t *add_message(esp_mqtt_client_handle_t client, const char *topic, const char *data, int length, int qos,
                              bool retain)
{
    message_t *message = calloc(1, sizeof *message);
    char *copy = malloc((size_t)length + 1);
    if (message == NULL || copy == NULL) {
        abort();
    }
    if (length != 0) {
        memcpy(copy, data, (size_t)length);
    }
    if (qos != 0) {
        client->last_id = client->last_id % 65535 + 1;
    }
    *message = (message_t){.id = qos != 0 ? client->last_id : 0,
                           .since_us = clock_us(),
                           .topic = copy_text(topic),
                           .data = copy,
                           .length = length,
                           .qos = qos,
                           .retain = retain};
    if (speaks_5(client)) {
        message->properties = properties_to_publish(client->publish_property);
        client->publish_property = NULL;
    }
    message_t **link = &client->outbox;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = message;
    return message;
}

static message_t **find(esp_mqtt_client_handle_t client, const message_t *message)
{
    message_t **link = &client->outbox;
    while (*link != message) {
        link = &(*link)->next;
    }
    return link;
}

// Hands a message to libmosquitto, which keeps it no longer than the connection; one with QoS 0 is done with then.
static bool send_message(esp_mqtt_client_handle_t client, message_t *message)
{
    if (mosquitto_publish_v5(client->mosquitto, &message->sent_as, message->topic, message->length, message->data,
                             message->qos, message->retain, message->properties) != MOSQ_ERR_SUCCESS) {
        client->lost = true;
        return false;
    }
    message->since_us = clock_us();
    if (message->qos == 0) {
        remove_message(find(client, message));
    }
    return true;
}

static void send_waiting(esp_mqtt_client_handle_t client)
{
    for (message_t *message = client->outbox; message != NULL && !client->lost;) {
        message_t *next = message->next;
        if (message->sent_as == 0) {
            send_message(client, message);
        }
        message = next;
    }
}

static void remove_expired(esp_mqtt_client_handle_t client)
{
    int64_t before_us = clock_us() - (int64_t)s_expiry_ms * 1000;
    for (message_t **link = &client->outbox; *link != NULL;) {
        if ((*link)->since_us >= before_us) {
            link = &(*link)->next;
            continue;
        }
        esp_mqtt_event_t event = {.event_id = MQTT_EVENT_DELETED, .msg_id = (*link)->id};
        remove_message(link);
#ifdef CONFIG_MQTT_REPORT_DELETED_MESSAGES
        dispatch(client, event);
        link = &client->outbox; // A handler may have added or removed.
#else
        (void)event;
#endif
    }
}

/* --- the connection; all of it in the task --- */

static void disconnected(esp_mqtt_client_handle_t client)
{
    mosquitto_destroy(client->mosquitto);
    client->mosquitto = NULL;
    for (message_t *message = client->outbox; message != NULL; message = message->next) {
        message->sent_as = 0;
    }
    int wait_ms = client->config.network.reconnect_timeout_ms;
    client->state = WAITING;
    client->moment_us = clock_us() + (int64_t)(wait_ms != 0 ? wait_ms : 10000) * 1000;
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_DISCONNECTED});
}

static void failed(esp_mqtt_client_handle_t client, esp_mqtt_error_codes_t error)
{
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_ERROR, .error_handle = &error});
    disconnected(client);
}

static void transport_failed(esp_mqtt_client_handle_t client)
{
    failed(client,
           (esp_mqtt_error_codes_t){.error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT, .esp_transport_sock_errno = errno});
}

static void on_connect(struct mosquitto *mosquitto, void *argument, int reason, int flags,
                       const mosquitto_property *properties)
{
    (void)mosquitto, (void)properties;
    esp_mqtt_client_handle_t client = argument;
    if (reason != 0) {
        esp_mqtt_error_codes_t error = {.error_type = MQTT_ERROR_TYPE_CONNECTION_REFUSED,
                                        .connect_return_code = (esp_mqtt_connect_return_code_t)reason};
        dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_ERROR, .error_handle = &error});
        client->lost = true;
        return;
    }
    client->state = CONNECTED;
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_CONNECTED, .session_present = flags & 1});
}

static void on_disconnect(struct mosquitto *mosquitto, void *argument, int reason, const mosquitto_property *properties)
{
    (void)mosquitto, (void)reason, (void)properties;
    ((esp_mqtt_client_handle_t)argument)->lost = true;
}

static void on_publish(struct mosquitto *mosquitto, void *argument, int id, int reason,
                       const mosquitto_property *properties)
{
    (void)mosquitto, (void)reason, (void)properties;
    esp_mqtt_client_handle_t client = argument;
    for (message_t **link = &client->outbox; *link != NULL; link = &(*link)->next) {
        if ((*link)->sent_as == id && (*link)->qos != 0) {
            esp_mqtt_event_t event = {.event_id = MQTT_EVENT_PUBLISHED, .msg_id = (*link)->id};
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
            event.reason_code = (esp_mqtt5_reason_code_t)reason;
#endif
            remove_message(link);
            dispatch(client, event);
            return;
        }
    }
}

static void on_subscribe(struct mosquitto *mosquitto, void *argument, int id, int count, const int *granted,
                         const mosquitto_property *properties)
{
    (void)mosquitto, (void)properties;
    esp_mqtt_client_handle_t client = argument;
    esp_mqtt_error_codes_t error = {0};
    for (int i = 0; i < count; i++) {
        if (granted[i] >= 0x80) {
            error.error_type = MQTT_ERROR_TYPE_SUBSCRIBE_FAILED;
        }
    }
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_SUBSCRIBED, .msg_id = id, .error_handle = &error});
}

// In pieces of what fits the buffer; the topic comes with the first.
static void on_message(struct mosquitto *mosquitto, void *argument, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)mosquitto;
    esp_mqtt_client_handle_t client = argument;
    int buffer = client->config.buffer.size != 0 ? client->config.buffer.size : 1024;
    int room = buffer - (int)strlen(message->topic) - 7;
    int total = message->payloadlen;
    int offset = 0;
#ifdef CONFIG_MQTT_PROTOCOL_5
    esp_mqtt5_event_property_t property = properties_received(properties);
#else
    (void)properties;
#endif
    do {
        int length = total - offset < room ? total - offset : room;
        esp_mqtt_event_t event = {.event_id = MQTT_EVENT_DATA,
                                  .data = total != 0 ? (char *)message->payload + offset : NULL,
                                  .data_len = length,
                                  .total_data_len = total,
                                  .current_data_offset = offset,
                                  .topic = offset == 0 ? message->topic : NULL,
                                  .topic_len = offset == 0 ? (int)strlen(message->topic) : 0,
                                  .msg_id = message->mid,
                                  .retain = message->retain,
                                  .qos = message->qos};
#ifdef CONFIG_MQTT_PROTOCOL_5
        event.property = &property;
#endif
        dispatch(client, event);
        offset += length;
        room = buffer;
    } while (offset < total);
#ifdef CONFIG_MQTT_PROTOCOL_5
    properties_free(&property);
#endif
}

static struct mosquitto *make(esp_mqtt_client_handle_t client)
{
    const esp_mqtt_client_config_t *config = &client->config;
    struct mosquitto *mosquitto =
        mosquitto_new(config->credentials.client_id, !config->session.disable_clean_session, client);
    if (mosquitto == NULL) {
        abort();
    }
    mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION,
                         speaks_5(client) ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_int_option(mosquitto, MOSQ_OPT_TCP_NODELAY, 1);
    if (config->credentials.username != NULL) {
        mosquitto_username_pw_set(mosquitto, config->credentials.username, config->credentials.authentication.password);
    }
    const struct last_will_t *will = &config->session.last_will;
    if (will->topic != NULL) {
        mosquitto_will_set(mosquitto, will->topic, will->msg_len, will->msg, will->qos, will->retain != 0);
    }
    if (client->tls && client->certificate >= 0) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", client->certificate);
        mosquitto_tls_set(mosquitto, path, NULL, NULL, NULL, NULL);
    } else if (client->tls) {
        mosquitto_tls_set(mosquitto, NULL, "/etc/ssl/certs", NULL, NULL, NULL);
    }
    mosquitto_connect_v5_callback_set(mosquitto, on_connect);
    mosquitto_disconnect_v5_callback_set(mosquitto, on_disconnect);
    mosquitto_publish_v5_callback_set(mosquitto, on_publish);
    mosquitto_subscribe_v5_callback_set(mosquitto, on_subscribe);
    mosquitto_message_v5_callback_set(mosquitto, on_message);
    return mosquitto;
}

static int keepalive(const struct session_t *session)
{
    if (session->disable_keepalive) {
        return 0;
    }
    return session->keepalive == 0 ? 120 : session->keepalive < 5 ? 5 : session->keepalive; // libmosquitto's least
}

static void connect_now(esp_mqtt_client_handle_t client)
{
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_BEFORE_CONNECT});
    client->lost = false;
    client->mosquitto = make(client);
    if (client->tls && client->certificate < 0 &&
        client->config.broker.verification.crt_bundle_attach != esp_crt_bundle_attach) {
        errno = 0; // esp-tls refuses a server that it could not verify.
        transport_failed(client);
        return;
    }
    int result = mosquitto_connect(client->mosquitto, client->host, client->port, keepalive(&client->config.session));
    if (result != MOSQ_ERR_SUCCESS) {
        transport_failed(client);
        return;
    }
    int timeout_ms = client->config.network.timeout_ms;
    client->state = CONNECTING;
    client->moment_us = clock_us() + (int64_t)(timeout_ms != 0 ? timeout_ms : 10000) * 1000;
}

// What there is to do on a connection that has been made, or is being made.
static void serve(esp_mqtt_client_handle_t client)
{
    if (client->disconnect) {
        mosquitto_disconnect(client->mosquitto);
        client->lost = true;
    } else if (client->state == CONNECTED) {
        send_waiting(client);
    } else if (clock_us() > client->moment_us) {
        transport_failed(client);
        return;
    }
    if (!client->lost && (mosquitto_loop_read(client->mosquitto, 1) != MOSQ_ERR_SUCCESS ||
                          mosquitto_loop_write(client->mosquitto, 1) != MOSQ_ERR_SUCCESS ||
                          mosquitto_loop_misc(client->mosquitto) != MOSQ_ERR_SUCCESS)) {
        client->lost = true;
    }
    if (client->lost) {
        client->disconnect = false;
        disconnected(client);
    }
}

static void wait_for_data(esp_mqtt_client_handle_t client)
{
    struct pollfd files[] = {{.fd = client->wake[0], .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (client->mosquitto != NULL) {
        files[1].fd = mosquitto_socket(client->mosquitto);
        files[1].events |= mosquitto_want_write(client->mosquitto) ? POLLOUT : 0;
    }
    unlock(client);
    char drained[64];
    if (poll(files, 2, POLL_MS) > 0 && files[0].revents != 0 && read(client->wake[0], drained, sizeof drained) < 0) {
        abort();
    }
    lock(client);
}

static void run(void *argument)
{
    esp_mqtt_client_handle_t client = argument;
    lock(client);
    while (client->run) {
        remove_expired(client);
        bool due = !client->config.network.disable_auto_reconnect && clock_us() >= client->moment_us;
        if (client->state == CONNECT || (client->state == WAITING && due)) {
            connect_now(client);
        } else if (client->state != WAITING) {
            serve(client);
        }
        wait_for_data(client);
    }
    if (client->mosquitto != NULL) {
        mosquitto_disconnect(client->mosquitto);
        mosquitto_destroy(client->mosquitto);
        client->mosquitto = NULL;
    }
    while (client->outbox != NULL) {
        remove_message(&client->outbox);
    }
    client->state = STOPPED;
    SemaphoreHandle_t stopped = client->stopped;
    unlock(client);
    xSemaphoreGive(stopped);
    vTaskDelete(NULL);
}

/* --- the API --- */

static bool parse_uri(esp_mqtt_client_handle_t client, const char *uri)
{
    char scheme[8];
    char host[256];
    int port = 0;
    char rest;
    if (uri == NULL || (sscanf(uri, "%7[a-z]://%255[^:/]:%d%c", scheme, host, &port, &rest) != 3 &&
                        sscanf(uri, "%7[a-z]://%255[^:/]%c", scheme, host, &rest) != 2)) {
        return false;
    }
    client->tls = strcmp(scheme, "mqtts") == 0;
    if (!client->tls && strcmp(scheme, "mqtt") != 0) {
        return false;
    }
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
    lock(client);
    if (client->state == STOPPED && client->host != NULL) {
        client->run = true;
        client->state = CONNECT;
        bool started = xTaskCreate(run, "mqtt_task", 6144, client, 5, &client->task) == pdPASS;
        err = started ? ESP_OK : ESP_FAIL;
    }
    unlock(client);
    return err;
}

esp_err_t esp_mqtt_client_reconnect(esp_mqtt_client_handle_t client)
{
    lock(client);
    bool waiting = client->state == WAITING;
    if (waiting) {
        client->state = CONNECT;
        wake(client);
    }
    unlock(client);
    return waiting ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_mqtt_client_disconnect(esp_mqtt_client_handle_t client)
{
    lock(client);
    client->disconnect = client->mosquitto != NULL;
    wake(client);
    unlock(client);
    return ESP_OK;
}

esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client)
{
    lock(client);
    bool stops = client->run && xTaskGetCurrentTaskHandle() != client->task;
    if (stops) {
        client->run = false;
        wake(client);
    }
    unlock(client);
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
    while (client->outbox != NULL) {
        remove_message(&client->outbox);
    }
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
    lock(client);
    if (client->state == CONNECTED && !client->lost) {
        int result = mosquitto_subscribe(client->mosquitto, &id, filter, qos);
        id = result == MOSQ_ERR_SUCCESS ? id : -1;
    }
    unlock(client);
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
    return limit != 0 && (uint64_t)(length + outbox_size(client)) > limit;
#else
    (void)client, (void)length;
    return false;
#endif
}

int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain)
{
    len = length_of(data, len);
    lock(client);
    int id = -1;
    bool connected = client->state == CONNECTED && !client->lost;
    if (qos > 0 && full(client, len)) {
        id = -2;
    } else if (qos > 0 || connected) {
        message_t *message = add_message(client, topic, data, len, qos, retain != 0);
        id = message->id;
        if (connected && !send_message(client, message)) {
            id = -1;
            if (qos == 0) {
                remove_message(find(client, message));
            }
        }
    }
    wake(client);
    unlock(client);
    return id;
}

int esp_mqtt_client_enqueue(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len, int qos,
                            int retain, bool store)
{
    len = length_of(data, len);
    lock(client);
    int id = -1;
    if (full(client, len)) {
        id = -2;
    } else if (qos > 0 || store) {
        id = add_message(client, topic, data, len, qos, retain != 0)->id;
    }
    wake(client);
    unlock(client);
    return id;
}

int esp_mqtt_client_get_outbox_size(esp_mqtt_client_handle_t client)
{
    lock(client);
    int size = outbox_size(client);
    unlock(client);
    return size;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t event_handler, void *event_handler_arg)
{
    if (client == NULL || client->handler_count == HANDLERS) {
        return ESP_ERR_INVALID_ARG;
    }
    lock(client);
    client->handlers[client->handler_count].id = event;
    client->handlers[client->handler_count].function = event_handler;
    client->handlers[client->handler_count].argument = event_handler_arg;
    client->handler_count++;
    unlock(client);
    return ESP_OK;
}

esp_err_t esp_mqtt5_client_set_publish_property(esp_mqtt5_client_handle_t client,
                                                const esp_mqtt5_publish_property_config_t *property)
{
    if (client == NULL || property == NULL || !speaks_5(client)) {
        return ESP_FAIL;
    }
    lock(client);
    client->publish_property = property;
    unlock(client);
    return ESP_OK;
}
