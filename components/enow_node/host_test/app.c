#include "app.h"

#include "far.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static app_t s_app;

void app_sleep_ms(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

static void take_message(const enow_node_message_t *m)
{
    s_app.messages++;
    s_app.retain = m->retain;
    s_app.len = m->len;
    memcpy(s_app.topic, enow_node_message_topic(m), m->topic_len + 1u);
    memcpy(s_app.payload, enow_node_message_payload(m), m->len < APP_TEXT ? m->len : APP_TEXT);
}

void app_on_event(void *user, enow_node_event_t event, const void *data)
{
    (void)user;
    (void)pthread_mutex_lock(&s_mutex);
    switch (event) {
    case ENOW_NODE_EVENT_CONNECTED:
        s_app.connected++;
        s_app.connection = *(const enow_link_connection_t *)data;
        break;
    case ENOW_NODE_EVENT_DISCONNECTED:
        s_app.disconnected++;
        s_app.connection = *(const enow_link_connection_t *)data;
        break;
    case ENOW_NODE_EVENT_MESSAGE:
        take_message(data);
        break;
    case ENOW_NODE_EVENT_RESULT:
        s_app.results++;
        s_app.result = *(const enow_node_result_t *)data;
        break;
    }
    (void)pthread_mutex_unlock(&s_mutex);
}

static void on_loop(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)base;
    app_on_event(arg, (enow_node_event_t)id, data);
}

void app_listen(void)
{
    (void)esp_event_loop_create_default();
    (void)esp_event_handler_register(ENOW_NODE_EVENT, ESP_EVENT_ANY_ID, on_loop, NULL);
}

app_t app_now(void)
{
    (void)pthread_mutex_lock(&s_mutex);
    const app_t app = s_app;
    (void)pthread_mutex_unlock(&s_mutex);
    return app;
}

static unsigned count_of(enow_node_event_t event)
{
    const app_t app = app_now();

    switch (event) {
    case ENOW_NODE_EVENT_CONNECTED:
        return app.connected;
    case ENOW_NODE_EVENT_DISCONNECTED:
        return app.disconnected;
    case ENOW_NODE_EVENT_MESSAGE:
        return app.messages;
    case ENOW_NODE_EVENT_RESULT:
        return app.results;
    }
    return 0;
}

bool app_waits(enow_node_event_t event, unsigned count, unsigned timeout_ms)
{
    for (unsigned ms = 0; count_of(event) < count; ms += 5) {
        if (ms >= timeout_ms) {
            return false;
        }
        app_sleep_ms(5);
    }
    return true;
}

enow_node_config_t app_config(void)
{
    enow_node_config_t cfg;

    enow_node_config_default(&cfg);
    cfg.key_id = FAR_KEY_ID;
    memcpy(cfg.network_key, far_key, sizeof cfg.network_key);
    cfg.keep_alive_s = 2;
    cfg.channels = 1 << 1 | 1 << 6;
    cfg.warn_s = 1;
    return cfg;
}

enow_node_stats_t app_stats(void)
{
    enow_node_stats_t stats;

    memset(&stats, 0, sizeof stats);
    (void)enow_node_stats(&stats);
    return stats;
}
