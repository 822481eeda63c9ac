#include "radio_inbox.h"

#include <inttypes.h>
#include <string.h>

#include "esp_log.h"
#include "esp_now.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "ticks.h"

#define TAG "enow_radio"

/** Outcomes that wait: one, and one that came too late. */
#define OUTCOMES 2u

/** No place. */
#define NONE UINT8_MAX

typedef struct {
    enow_addr_t src, dst;
    int8_t rssi;
    uint8_t channel;
    uint16_t len;
    uint8_t body[ENOW_RADIO_MAX_FRAME];
} place_t;

/* A place is in one of three hands: its number waits in s_free, or, with a frame, in s_arrived, or is s_taken. */
static place_t s_places[CONFIG_ENOW_PORT_QUEUE];
static QueueHandle_t s_free, s_arrived;
static uint8_t s_taken = NONE;

static QueueHandle_t s_outcomes;
static SemaphoreHandle_t s_wake;
static uint16_t s_max_frame;

/* Counted by the Wi-Fi task alone. */
static uint32_t s_received, s_dropped_full, s_dropped_size, s_late;

/* Makes the queues, once. */
static void prepare(void)
{
    static StaticQueue_t s_free_queue, s_arrived_queue, s_outcomes_queue;
    static StaticSemaphore_t s_wake_semaphore;
    static uint8_t s_free_items[CONFIG_ENOW_PORT_QUEUE], s_arrived_items[CONFIG_ENOW_PORT_QUEUE];
    static uint8_t s_outcomes_items[OUTCOMES * sizeof(enow_radio_outcome_t)];

    if (s_wake == NULL) {
        s_free = xQueueCreateStatic(CONFIG_ENOW_PORT_QUEUE, 1, s_free_items, &s_free_queue);
        s_arrived = xQueueCreateStatic(CONFIG_ENOW_PORT_QUEUE, 1, s_arrived_items, &s_arrived_queue);
        s_outcomes = xQueueCreateStatic(OUTCOMES, sizeof(enow_radio_outcome_t), s_outcomes_items, &s_outcomes_queue);
        s_wake = xSemaphoreCreateBinaryStatic(&s_wake_semaphore);
    }
}

void enow_radio_inbox_reset(void)
{
    prepare();
    (void)xQueueReset(s_free);
    (void)xQueueReset(s_arrived);
    (void)xQueueReset(s_outcomes);
    for (uint8_t i = 0; i < CONFIG_ENOW_PORT_QUEUE; i++) {
        (void)xQueueSend(s_free, &i, 0);
    }
    s_taken = NONE;
}

/* In the Wi-Fi task. */
static void on_received(const esp_now_recv_info_t *info, const uint8_t *data, int len)
{
    uint8_t i;

    if (len < 1 || len > s_max_frame) {
        s_dropped_size++;
        return;
    }
    if (xQueueReceive(s_free, &i, 0) != pdTRUE) {
        s_dropped_full++;
        return;
    }
    place_t *place = &s_places[i];
    memcpy(place->src.bytes, info->src_addr, sizeof place->src.bytes);
    memcpy(place->dst.bytes, info->des_addr, sizeof place->dst.bytes);
    place->rssi = (int8_t)info->rx_ctrl->rssi;
    place->channel = (uint8_t)info->rx_ctrl->channel;
    place->len = (uint16_t)len;
    memcpy(place->body, data, (size_t)len);
    s_received++;
    (void)xQueueSend(s_arrived, &i, 0); /* it has room for all places */
    enow_radio_wake();
}

static void sent(const uint8_t *dst, esp_now_send_status_t status)
{
    enow_radio_outcome_t outcome = {.acknowledged = status == ESP_NOW_SEND_SUCCESS};

    memcpy(outcome.dst.bytes, dst, sizeof outcome.dst.bytes);
    if (xQueueSend(s_outcomes, &outcome, 0) != pdTRUE) {
        s_late++;
    }
    enow_radio_wake();
}

/* In the Wi-Fi task. */
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
static void on_sent(const esp_now_send_info_t *info, esp_now_send_status_t status) { sent(info->des_addr, status); }
#else
static void on_sent(const uint8_t *dst, esp_now_send_status_t status) { sent(dst, status); }
#endif

esp_err_t enow_radio_inbox_listen(uint16_t max_frame)
{
    s_max_frame = max_frame;
    const esp_err_t err = esp_now_register_recv_cb(on_received);
    return err == ESP_OK ? esp_now_register_send_cb(on_sent) : err;
}

bool enow_radio_inbox_outcome(enow_radio_outcome_t *outcome) { return xQueueReceive(s_outcomes, outcome, 0) == pdTRUE; }

/* Says that frames were dropped, the first time and whenever there are twice as many. */
static void tell_dropped(uint32_t count, uint32_t *told, const char *advice)
{
    if (count > 0 && count / 2 >= *told) {
        ESP_LOGW(TAG, "received frames dropped so far: %" PRIu32 ". %s", count, advice);
        *told = count;
    }
}

bool enow_radio_receive(enow_link_frame_t *frame)
{
    static uint32_t s_told_full, s_told_size;

    if (s_taken != NONE) {
        (void)xQueueSend(s_free, &s_taken, 0);
        s_taken = NONE;
    }
    if (xQueueReceive(s_arrived, &s_taken, 0) != pdTRUE) {
        tell_dropped(s_dropped_full, &s_told_full,
                     "They come faster than they are taken: raise CONFIG_ENOW_PORT_QUEUE");
        tell_dropped(s_dropped_size, &s_told_size,
                     "They are too long: set CONFIG_ENOW_PORT_LONG_FRAMES, unless others use ESP-NOW here");
        return false;
    }
    place_t *place = &s_places[s_taken];
    *frame = (enow_link_frame_t){
        .src = place->src,
        .dst = place->dst,
        .rssi = place->rssi,
        .channel = place->channel,
        .body = place->body,
        .len = place->len,
    };
    return true;
}

void enow_radio_wait(uint64_t until_us)
{
    const uint32_t tick_us = 1000000u / configTICK_RATE_HZ;
    TickType_t ticks = portMAX_DELAY;

    if (until_us != UINT64_MAX) {
        ticks = (TickType_t)enow_ticks_until((uint64_t)esp_timer_get_time(), until_us, tick_us);
    }
    (void)xSemaphoreTake(s_wake, ticks);
}

void enow_radio_wake(void) { (void)xSemaphoreGive(s_wake); /* it fails where the owner is to wake already */ }

void enow_radio_inbox_stats(enow_radio_stats_t *out)
{
    out->received = s_received;
    out->dropped_full = s_dropped_full;
    out->dropped_size = s_dropped_size;
    out->late += s_late;
}
