// The task of a client: one connection after the other, each with a new libmosquitto so that nothing is kept but what
// the outbox keeps.
#include "clock.h"
#include "esp_crt_bundle.h"
#include "fake.h"
#include "mqtt_properties.h"
#include "mqtt_state.h"
#include <errno.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 20
#define SLOW_MS 1000

static const char s_base[] = "MQTT_EVENTS";
static atomic_uint s_expiry_ms = 30000;

static pthread_mutex_t s_cable = PTHREAD_MUTEX_INITIALIZER; // guards s_cut
static bool s_cut;

static atomic_int s_memory; // for a message of this length; 0: of any
static atomic_bool s_slow;

static atomic_uint s_answers; // so many are s_answer
static atomic_uchar s_answer;

void fake_mqtt_expiry(uint32_t ms) { s_expiry_ms = ms; }

void fake_mqtt_unreachable(bool unreachable)
{
    pthread_mutex_lock(&s_cable);
    s_cut = unreachable;
    pthread_mutex_unlock(&s_cable);
}

void fake_mqtt_memory(int length) { s_memory = length; }

void fake_mqtt_slow(bool slow) { s_slow = slow; }

bool mqtt_has_memory(int length) { return s_memory == 0 || length <= s_memory; }

void fake_mqtt_answers(uint8_t reason, uint32_t count)
{
    s_answer = reason;
    s_answers = count;
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

// The beginning of a message that is longer than the broker said it takes, which esp-mqtt does not heed. The broker
// looks no further, and hangs up; false: before the rest would have been written.
static bool send_too_long(esp_mqtt_client_handle_t client, message_t *message)
{
    uint32_t length = (uint32_t)(message->length + (int)strlen(message->topic));
    uint8_t header[] = {(uint8_t)(0x30 | message->qos << 1), (uint8_t)(length | 0x80), (uint8_t)(length >> 7 | 0x80),
                        (uint8_t)(length >> 14 & 0x7f)};
    message->sent_as = -1;
    int file = mosquitto_socket(client->mosquitto);
    if (write(file, header, sizeof header) != sizeof header) {
        return false;
    }
    return !s_slow || poll(&(struct pollfd){.fd = file, .events = POLLIN}, 1, SLOW_MS) == 0;
}

bool mqtt_send(esp_mqtt_client_handle_t client, message_t *message)
{
    int result = mosquitto_publish_v5(client->mosquitto, &message->sent_as, message->topic, message->length,
                                      message->data, message->qos, message->retain, message->properties);
    if (result == MOSQ_ERR_OVERSIZE_PACKET ? !send_too_long(client, message) : result != MOSQ_ERR_SUCCESS) {
        client->lost = true;
        return false;
    }
    message->since_us = clock_us();
    if (message->qos == 0) {
        outbox_remove(&client->outbox, message);
    }
    return true;
}

static void send_waiting(esp_mqtt_client_handle_t client)
{
    for (message_t *message = client->outbox.first; message != NULL && !client->lost;) {
        message_t *next = message->next;
        if (message->sent_as == 0) {
            mqtt_send(client, message);
        }
        message = next;
    }
}

static void remove_expired(esp_mqtt_client_handle_t client)
{
    int64_t before_us = clock_us() - (int64_t)s_expiry_ms * 1000;
    for (message_t *message; (message = outbox_older_than(&client->outbox, before_us)) != NULL;) {
        esp_mqtt_event_t event = {.event_id = MQTT_EVENT_DELETED, .msg_id = message->id};
        outbox_remove(&client->outbox, message);
#ifdef CONFIG_MQTT_REPORT_DELETED_MESSAGES
        dispatch(client, event);
#else
        (void)event;
#endif
    }
}

void mqtt_disconnected(esp_mqtt_client_handle_t client)
{
    mosquitto_destroy(client->mosquitto);
    client->mosquitto = NULL;
    outbox_unsent(&client->outbox);
    int wait_ms = client->config.network.reconnect_timeout_ms;
    client->state = WAITING;
    client->moment_us = clock_us() + (int64_t)(wait_ms != 0 ? wait_ms : 10000) * 1000;
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_DISCONNECTED});
}

static void failed(esp_mqtt_client_handle_t client, esp_mqtt_error_codes_t error)
{
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_ERROR, .error_handle = &error});
    mqtt_disconnected(client);
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
    message_t *message = outbox_sent_as(&client->outbox, id);
    if (message == NULL) {
        return;
    }
    if (s_answers > 0) {
        s_answers--;
        reason = s_answer;
    }
    char code = (char)reason; // all the data of the event, which has none where the broker has nothing to say
    esp_mqtt_event_t event = {.event_id = MQTT_EVENT_PUBLISHED,
                              .msg_id = message->id,
                              .data = reason != 0 ? &code : NULL,
                              .data_len = reason != 0 ? 1 : 0};
#if defined CONFIG_MQTT_PROTOCOL_5 && ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    event.reason_code = (esp_mqtt5_reason_code_t)reason;
#endif
    outbox_remove(&client->outbox, message);
    dispatch(client, event);
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
                         mqtt_speaks_5(client) ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
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

static int reach(esp_mqtt_client_handle_t client)
{
    int result = MOSQ_ERR_ERRNO;
    pthread_mutex_lock(&s_cable);
    errno = EHOSTUNREACH;
    if (!s_cut) {
        result = mosquitto_connect(client->mosquitto, client->host, client->port, keepalive(&client->config.session));
    }
    pthread_mutex_unlock(&s_cable);
    return result;
}

static void connect_now(esp_mqtt_client_handle_t client)
{
    dispatch(client, (esp_mqtt_event_t){.event_id = MQTT_EVENT_BEFORE_CONNECT});
    if (!client->has_transport) {
        client->run = false; // and nobody is told
        return;
    }
    client->lost = false;
    client->mosquitto = make(client);
    if (client->tls && client->certificate < 0 &&
        client->config.broker.verification.crt_bundle_attach != esp_crt_bundle_attach) {
        errno = 0; // esp-tls refuses a server that it could not verify.
        transport_failed(client);
        return;
    }
    if (reach(client) != MOSQ_ERR_SUCCESS) {
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
    if (client->state == CONNECTED) {
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
        mqtt_disconnected(client);
    }
}

static void wait_for_data(esp_mqtt_client_handle_t client)
{
    struct pollfd files[] = {{.fd = client->wake[0], .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (client->mosquitto != NULL) {
        files[1].fd = mosquitto_socket(client->mosquitto);
        files[1].events |= mosquitto_want_write(client->mosquitto) ? POLLOUT : 0;
    }
    mqtt_unlock(client);
    char drained[64];
    if (poll(files, 2, POLL_MS) > 0 && files[0].revents != 0 && read(client->wake[0], drained, sizeof drained) < 0) {
        abort();
    }
    mqtt_lock(client);
}

void mqtt_task(void *argument)
{
    esp_mqtt_client_handle_t client = argument;
    mqtt_lock(client);
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
    outbox_clear(&client->outbox);
    client->state = STOPPED;
    SemaphoreHandle_t stopped = client->stopped;
    mqtt_unlock(client);
    xSemaphoreGive(stopped);
    vTaskDelete(NULL);
}
