#include "events.h"

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "publish.h"
#include "sdkconfig.h"
#include "state.h"

#include <string.h>

ESP_EVENT_DEFINE_BASE(ENOW_NODE_EVENT);

/* A message with its bytes: the topic and a 0, then the payload, which max_receive bounds together. */
static struct {
    enow_node_message_t head;
    uint8_t bytes[CONFIG_ENOW_NODE_MAX_RECEIVE + 1];
} s_message;

/* The task of the default event loop, from ESP-IDF 5.1 to 6.0. */
#define LOOP_TASK "sys_evt"

/* Comes after all events that were posted before it. */
static esp_event_base_t const s_last = "enow_node_last";
static SemaphoreHandle_t s_flushed;
/* s_last is with the loop. There is never a second one, so that s_flushed speaks of the one that was posted last. */
static bool s_flushing;

static bool s_losing; /* the driver's: the last event was lost */

static void on_last(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base, (void)id, (void)data;
    (void)xSemaphoreGive(s_flushed);
}

esp_err_t enow_events_start(void)
{
    static StaticSemaphore_t memory;

    if (enow_node_state.cfg.on_event != NULL || s_flushed != NULL) {
        return ESP_OK;
    }
    const esp_err_t err = esp_event_handler_register(s_last, ESP_EVENT_ANY_ID, on_last, NULL);
    if (err == ESP_OK) {
        s_flushed = xSemaphoreCreateBinaryStatic(&memory);
    }
    return err;
}

static bool flushed(uint32_t timeout_ms)
{
    s_flushing = s_flushing && xSemaphoreTake(s_flushed, pdMS_TO_TICKS(timeout_ms)) != pdTRUE;
    return !s_flushing;
}

bool enow_events_flush(uint32_t timeout_ms)
{
    if (enow_node_state.cfg.on_event != NULL || strcmp(pcTaskGetName(NULL), LOOP_TASK) == 0) {
        return true;
    }
    if (!flushed(timeout_ms)) {
        return false;
    }
    s_flushing = esp_event_post(s_last, 0, NULL, 0, 0) == ESP_OK;
    return s_flushing && flushed(timeout_ms);
}

static void deliver(enow_node_event_t id, const void *data, size_t size)
{
    enow_node_state_t *s = &enow_node_state;

    if (s->cfg.on_event != NULL) {
        s->cfg.on_event(s->cfg.user, id, data);
        return;
    }
    const esp_err_t err = esp_event_post(ENOW_NODE_EVENT, (int32_t)id, data, size, 0);
    if (err != ESP_OK) {
        s->events_lost++;
    }
    if (err != ESP_OK && !s_losing) { /* once, until one arrives again */
        ESP_LOGW(ENOW_NODE_TAG,
                 "events are lost, for the event loop has no room (%s): handlers must be short, or take events by "
                 "on_event. enow_node_connected says what is, enow_node_stats how many are lost",
                 esp_err_to_name(err));
    }
    s_losing = err != ESP_OK;
}

static void tell_message(const enow_link_message_t *m)
{
    s_message.head = (enow_node_message_t){
        .len = (uint32_t)m->payload.len,
        .topic_len = (uint16_t)m->topic.len,
        .retain = m->retain,
        .rssi = m->rssi,
    };
    if (m->topic.len > 0) {
        memcpy(s_message.bytes, m->topic.data, m->topic.len);
    }
    s_message.bytes[m->topic.len] = 0;
    if (m->payload.len > 0) {
        memcpy(s_message.bytes + m->topic.len + 1, m->payload.data, m->payload.len);
    }
    deliver(ENOW_NODE_EVENT_MESSAGE, &s_message, sizeof s_message.head + m->topic.len + 1 + m->payload.len);
}

static void tell_result(const enow_link_result_t *r)
{
    const enow_node_result_t result = {.ticket = r->ticket, .err = enow_publish_err(r->err)};

    if (result.err != ESP_OK) {
        ESP_LOGW(ENOW_NODE_TAG, "a message was given up: %s", enow_node_err_text(result.err));
    }
    if (!enow_publish_settle(r)) {
        deliver(ENOW_NODE_EVENT_RESULT, &result, sizeof result);
    }
}

static void tell_connection(const enow_link_connection_t *c)
{
    deliver(c->up ? ENOW_NODE_EVENT_CONNECTED : ENOW_NODE_EVENT_DISCONNECTED, c, sizeof *c);
}

void enow_events_tell(const enow_link_event_t *event)
{
    switch (event->kind) {
    case ENOW_LINK_EVENT_MESSAGE:
        tell_message(&event->as.message);
        break;
    case ENOW_LINK_EVENT_RESULT:
        tell_result(&event->as.result);
        break;
    case ENOW_LINK_EVENT_CONNECTION:
        tell_connection(&event->as.connection);
        break;
    case ENOW_LINK_EVENT_PRESENCE: /* a gateway's */
        break;
    }
}
