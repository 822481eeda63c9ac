#include "watcher.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_LOG 512
#define STEP_US 5000

static struct mosquitto *s_client;
static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static seen_t s_seen[LONGEST_LOG];
static size_t s_count;
static bool s_subscribed;

static void add_properties(seen_t *seen, const mosquitto_property *properties)
{
    char *name, *value;
    const mosquitto_property *at =
        mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false);

    while (at != NULL) {
        const size_t used = strlen(seen->properties);

        (void)snprintf(seen->properties + used, sizeof seen->properties - used, "%s=%s;", name, value);
        free(name);
        free(value);
        at = mosquitto_property_read_string_pair(at, MQTT_PROP_USER_PROPERTY, &name, &value, true);
    }
}

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)client, (void)user;
    (void)pthread_mutex_lock(&s_lock);
    if (s_count == LONGEST_LOG || (size_t)message->payloadlen >= sizeof s_seen->payload) {
        (void)fprintf(stderr, "watcher: too much\n");
        abort();
    }
    seen_t *seen = &s_seen[s_count++];
    memset(seen, 0, sizeof *seen);
    (void)snprintf(seen->topic, sizeof seen->topic, "%s", message->topic);
    seen->len = (size_t)message->payloadlen;
    if (seen->len > 0) {
        memcpy(seen->payload, message->payload, seen->len);
    }
    seen->retained = message->retain;
    add_properties(seen, properties);
    (void)pthread_mutex_unlock(&s_lock);
}

static void on_connect(struct mosquitto *client, void *user, int result)
{
    (void)user;
    if (result == 0) {
        (void)mosquitto_subscribe(client, NULL, "#", 1);
        (void)mosquitto_subscribe(client, NULL, "$nothing", 1);
    }
}

static void on_subscribe(struct mosquitto *client, void *user, int mid, int count, const int *granted)
{
    (void)client, (void)user, (void)mid, (void)count, (void)granted;
    (void)pthread_mutex_lock(&s_lock);
    s_subscribed = true;
    (void)pthread_mutex_unlock(&s_lock);
}

void watcher_clear(void)
{
    (void)pthread_mutex_lock(&s_lock);
    s_count = 0;
    (void)pthread_mutex_unlock(&s_lock);
}

void watcher_start(int port, const char *user, const char *password)
{
    (void)mosquitto_lib_init();
    s_subscribed = false;
    watcher_clear();
    s_client = mosquitto_new(NULL, true, NULL);
    if (s_client == NULL) {
        abort();
    }
    (void)mosquitto_int_option(s_client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    (void)mosquitto_username_pw_set(s_client, user, password);
    mosquitto_connect_callback_set(s_client, on_connect);
    mosquitto_subscribe_callback_set(s_client, on_subscribe);
    mosquitto_message_v5_callback_set(s_client, on_message);
    if (mosquitto_connect(s_client, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS || mosquitto_loop_start(s_client) != 0) {
        (void)fprintf(stderr, "watcher: no broker\n");
        abort();
    }
    for (int i = 0; i < 1000; i++) {
        (void)pthread_mutex_lock(&s_lock);
        const bool ready = s_subscribed;
        (void)pthread_mutex_unlock(&s_lock);
        if (ready) {
            return;
        }
        (void)usleep(STEP_US);
    }
    abort();
}

void watcher_stop(void)
{
    (void)mosquitto_disconnect(s_client);
    (void)mosquitto_loop_stop(s_client, true);
    mosquitto_destroy(s_client);
    s_client = NULL;
}

/* The last message that is wanted, and how many there are. */
static unsigned look(const char *topic, const char *text, seen_t *out)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&s_lock);
    for (size_t i = 0; i < s_count; i++) {
        if (strcmp(s_seen[i].topic, topic) == 0 && strstr(s_seen[i].payload, text) != NULL) {
            count++;
            if (out != NULL) {
                *out = s_seen[i];
            }
        }
    }
    (void)pthread_mutex_unlock(&s_lock);
    return count;
}

bool watcher_sees(const char *topic, const char *text, uint32_t timeout_ms, seen_t *out)
{
    for (uint32_t waited_us = 0; look(topic, text, out) == 0; waited_us += STEP_US) {
        if (waited_us >= timeout_ms * 1000) {
            return false;
        }
        (void)usleep(STEP_US);
    }
    return true;
}

unsigned watcher_count(const char *topic, const char *text) { return look(topic, text, NULL); }

void watcher_publish(const char *topic, const void *payload, size_t len, bool retain)
{
    if (mosquitto_publish(s_client, NULL, topic, (int)len, payload, 1, retain) != MOSQ_ERR_SUCCESS) {
        abort();
    }
}
