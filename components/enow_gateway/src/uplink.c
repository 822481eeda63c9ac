#include "uplink.h"

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include <stdlib.h>
#include <string.h>

static const char *TAG = "enow_gateway";

/* Documents go at this quality of service whatever messages do. */
#define DOCUMENT_QOS 1u

static enow_gateway_uplink_config_t s_cfg;
static SemaphoreHandle_t s_lock; /* guards the outbox and s_received */
static enow_gateway_outbox_t s_outbox;
static void *s_memory;
static char *s_next; /* topic and payload of the message that is being handed over */
static size_t s_next_size;
static uint32_t s_received;
static bool s_full; /* it has been said */
static char s_topic[ENOW_GATEWAY_MAX_TOPIC + 1];

static void lock(void) { xSemaphoreTake(s_lock, portMAX_DELAY); }

static void unlock(void) { xSemaphoreGive(s_lock); }

/* Gives back the receipts about which there is news. */
static void settle(void)
{
    enow_link_receipt_t receipt;
    bool taken;

    for (;;) {
        lock();
        const bool more = enow_gateway_outbox_verdict(&s_outbox, &receipt, &taken);
        unlock();
        if (!more) {
            return;
        }
        s_cfg.settle(receipt, taken);
    }
}

/* Says once that the outbox is full, until it has run empty. */
static void say_full(void)
{
    if (!s_full) {
        s_full = true;
        ESP_LOGW(
            TAG,
            "messages are dropped, the oldest first; they are counted and not logged. Is the broker there? There is "
            "room for %u messages with %u bytes (settings outbox_msgs and outbox_bytes)",
            s_cfg.cfg->outbox_msgs, (unsigned)s_cfg.cfg->outbox_bytes);
    }
}

static int push(const enow_gateway_message_t *message)
{
    lock();
    const uint32_t dropped = s_outbox.stats.dropped;
    const int err = enow_gateway_outbox_push(&s_outbox, message);
    const bool full = s_outbox.stats.dropped != dropped;
    unlock();
    if (full) {
        say_full();
    }
    if (err == ENOW_GATEWAY_ERR_TOO_LARGE) {
        ESP_LOGW(TAG, "message on %s dropped: it is larger than the outbox (setting outbox_bytes)", message->topic);
    }
    s_cfg.ready();
    return err;
}

esp_err_t enow_gateway_uplink_start(const enow_gateway_uplink_config_t *cfg)
{
    static StaticSemaphore_t lock_semaphore;
    const uint16_t front = (uint16_t)ENOW_GATEWAY_TOPIC_FRONT(strlen(cfg->roots->device));
    const uint32_t longest = front + cfg->fragments->max_message;
    const enow_gateway_outbox_config_t outbox = {
        .by_queue = cfg->cfg->ack_mode == ENOW_GATEWAY_ACKNOWLEDGE_QUEUE,
        .messages = cfg->cfg->outbox_msgs,
        .bytes = cfg->cfg->outbox_bytes,
        .longest = longest < cfg->cfg->outbox_bytes ? longest : cfg->cfg->outbox_bytes,
        .window = cfg->cfg->window,
        .fragments = *cfg->fragments,
        .topic_front = front,
    };
    const size_t size = enow_gateway_outbox_memory(&outbox);

    if (size == 0) {
        ESP_LOGE(TAG, "no outbox of %u messages and %u bytes: see the limits of outbox_msgs and outbox_bytes",
                 outbox.messages, (unsigned)outbox.bytes);
        return ESP_ERR_INVALID_ARG;
    }
    s_cfg = *cfg;
    s_received = 0;
    s_full = false;
    s_lock = xSemaphoreCreateMutexStatic(&lock_semaphore);
    s_memory = malloc(size);
    if (s_memory == NULL || enow_gateway_outbox_init(&s_outbox, &outbox, s_memory, size) != 0) {
        goto no_memory;
    }
    s_next_size = enow_gateway_outbox_longest(&s_outbox);
    s_next = malloc(s_next_size);
    if (s_next != NULL) {
        return ESP_OK;
    }
no_memory:
    ESP_LOGE(TAG, "no memory for an outbox of %u bytes: make outbox_bytes or outbox_msgs smaller", (unsigned)size);
    enow_gateway_uplink_stop();
    return ESP_ERR_NO_MEM;
}

void enow_gateway_uplink_stop(void)
{
    free(s_next);
    free(s_memory);
    s_next = NULL;
    s_memory = NULL;
}

void enow_gateway_uplink_message(uint64_t now_us, const enow_link_message_t *message)
{
    enow_gateway_message_t out = {
        .topic = s_topic,
        .payload = message->payload,
        .receipt = message->receipt,
        .origin =
            {.at_us = now_us, .boot = message->boot, .id = message->id, .rssi = message->rssi, .raw = message->raw},
        .of_node = true,
        .retain = message->retain,
        .qos = s_cfg.cfg->qos,
    };
    int err = enow_gateway_topic_device(s_cfg.roots, message->from, message->topic, s_topic, sizeof s_topic);

    s_received++;
    if (err >= 0) {
        err = push(&out);
    }
    if (err < 0 && message->receipt.source != 0) {
        s_cfg.settle(message->receipt, false);
    }
    settle();
}

void enow_gateway_uplink_document(const char *topic, const char *text, bool status)
{
    const enow_gateway_message_t out = {
        .topic = topic,
        .payload = {(const uint8_t *)text, strlen(text)},
        .retain = status,
        .latest = status,
        .qos = DOCUMENT_QOS,
    };

    (void)push(&out); /* what does not fit is counted */
}

bool enow_gateway_uplink_next(enow_gateway_message_t *message, bool alone)
{
    lock();
    const bool waits = alone && s_outbox.on_the_way > 0;
    const bool more = !waits && enow_gateway_outbox_hand(&s_outbox, message, s_next, s_next_size);
    unlock();
    if (!more) {
        s_full = false;
    }
    return more;
}

void enow_gateway_uplink_handed(uint16_t id)
{
    lock();
    enow_gateway_outbox_handed(&s_outbox, id);
    unlock();
    settle();
}

bool enow_gateway_uplink_returned(void)
{
    lock();
    enow_gateway_outbox_returned(&s_outbox);
    const bool others = s_outbox.on_the_way > 0;
    unlock();
    return others;
}

void enow_gateway_uplink_published(uint16_t id, bool taken)
{
    lock();
    enow_gateway_outbox_published(&s_outbox, id, taken);
    unlock();
    settle();
}

void enow_gateway_uplink_deleted(uint16_t id)
{
    lock();
    enow_gateway_outbox_deleted(&s_outbox, id);
    unlock();
}

void enow_gateway_uplink_restart(bool struck)
{
    lock();
    const uint32_t refused = s_outbox.stats.refused;
    enow_gateway_outbox_restart(&s_outbox, struck);
    const bool condemned = s_outbox.stats.refused != refused;
    unlock();
    if (condemned) { /* what was handed last, since it was alone */
        ESP_LOGW(TAG,
                 "message on %s refused: the broker hangs up on it each time, and on no other. Is it longer than the "
                 "broker takes, or may the gateway's user not write there?",
                 s_next);
    }
    settle();
}

bool enow_gateway_uplink_empty(void)
{
    enow_gateway_outbox_stats_t stats;

    lock();
    enow_gateway_outbox_stats(&s_outbox, &stats);
    unlock();
    return stats.messages == 0;
}

void enow_gateway_uplink_acknowledge(enow_gateway_acknowledge_t when)
{
    lock();
    s_outbox.cfg.by_queue = when == ENOW_GATEWAY_ACKNOWLEDGE_QUEUE;
    unlock();
}

void enow_gateway_uplink_stats(enow_gateway_uplink_stats_t *out)
{
    enow_gateway_outbox_stats_t stats;

    lock();
    enow_gateway_outbox_stats(&s_outbox, &stats);
    *out = (enow_gateway_uplink_stats_t){
        .received = s_received,
        .published = stats.published,
        .refused = stats.refused,
        .dropped = stats.dropped,
        .too_large = stats.too_large,
        .replaced = stats.replaced,
        .again = stats.again,
        .waiting = (uint32_t)(stats.messages - stats.on_the_way),
        .in_flight = stats.on_the_way,
        .bytes = stats.bytes,
    };
    unlock();
}
