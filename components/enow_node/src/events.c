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

/* Comes after all events that were posted before it. */
static esp_event_base_t const s_last = "enow_node_last";

static TaskHandle_t s_loop; /* the event loop's, once it has told anything */
static SemaphoreHandle_t s_flushed;

static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)id, (void)data;
    s_loop = xTaskGetCurrentTaskHandle();
    if (base == s_last) {
        (void)xSemaphoreGive(s_flushed);
    }
}

esp_err_t enow_events_start(void)
{
    static StaticSemaphore_t memory;

    if (enow_node_state.cfg.on_event != NULL || s_flushed != NULL) {
        return ESP_OK;
    }
    esp_err_t err = esp_event_handler_register(ENOW_NODE_EVENT, ESP_EVENT_ANY_ID, on_event, NULL);
    if (err == ESP_OK) {
        err = esp_event_handler_register(s_last, ESP_EVENT_ANY_ID, on_event, NULL);
    }
    if (err == ESP_OK) {
        s_flushed = xSemaphoreCreateBinaryStatic(&memory);
    }
    return err;
}

bool enow_events_flush(uint32_t timeout_ms)
{
    if (enow_node_state.cfg.on_event != NULL || xTaskGetCurrentTaskHandle() == s_loop) {
        return true;
    }
    (void)xSemaphoreTake(s_flushed, 0); /* of a flush that was too late */
    return esp_event_post(s_last, 0, NULL, 0, pdMS_TO_TICKS(timeout_ms)) == ESP_OK &&
           xSemaphoreTake(s_flushed, pdMS_TO_TICKS(timeout_ms)) == pdTRUE;
}

static void deliver(enow_node_event_t id, const void *data, size_t size)
{
    enow_node_state_t *s = &enow_node_state;

    if (s->cfg.on_event != NULL) {
        s->cfg.on_event(s->cfg.user, id, data);
        return;
    }
    if (esp_event_post(ENOW_NODE_EVENT, (int32_t)id, data, size, 0) != ESP_OK) {
        s->events_lost++;
        ESP_LOGW(ENOW_NODE_TAG,
                 "an event was lost, %lu in all: the event loop has no room. Handlers must be short; or take "
                 "events by on_event",
                 (unsigned long)s->events_lost);
    }
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
