#include "presence.h"

#include "broker.h"
#include "clock.h"
#include "enow/config.h"
#include "enow/driver.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

#define SECOND_US UINT64_C(1000000)
#define ELSEWHERE ENOW_CONFIG_GATEWAY_REMEMBERED

static SemaphoreHandle_t s_lock; /* guards s_stale */
static bool s_stale;             /* some statuses have the channel of before */

/* The rest is the owner's. */
static const enow_gateway_t *s_gateway;
static uint64_t s_settled_at; /* from then on a node that has not joined is not here */
static enow_addr_t s_elsewhere[ELSEWHERE];
static size_t s_elsewhere_count;
static size_t s_elsewhere_next; /* whose place is taken where there is none */
static uint8_t s_channel;
static enow_addr_t s_told;         /* the last node whose status was looked at since the gateway has moved */
static const enow_addr_t *s_after; /* null: none was */

static bool same(enow_addr_t a, enow_addr_t b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }

bool enow_gateway_presence_elsewhere(enow_addr_t node)
{
    for (size_t i = 0; i < s_elsewhere_count; i++) {
        if (same(s_elsewhere[i], node)) {
            return true;
        }
    }
    return false;
}

static void mark(enow_addr_t node)
{
    if (enow_gateway_presence_elsewhere(node)) {
        return;
    }
    if (s_elsewhere_count < ELSEWHERE) {
        s_elsewhere[s_elsewhere_count++] = node;
        return;
    }
    s_elsewhere[s_elsewhere_next] = node;
    s_elsewhere_next = (s_elsewhere_next + 1) % ELSEWHERE;
}

static void unmark(enow_addr_t node)
{
    for (size_t i = 0; i < s_elsewhere_count; i++) {
        if (same(s_elsewhere[i], node)) {
            s_elsewhere[i] = s_elsewhere[--s_elsewhere_count];
            return;
        }
    }
}

static bool present(enow_addr_t node)
{
    enow_link_node_status_t status;
    const enow_addr_t *after = NULL;

    while (enow_link_gateway_next_node(s_gateway->machine, enow_driver_now(), after, &status)) {
        if (same(status.addr, node)) {
            return status.present;
        }
        after = &status.addr;
    }
    return false;
}

static void publish(const enow_link_presence_t *presence)
{
    char topic[ENOW_GATEWAY_OWN_TOPIC], text[ENOW_GATEWAY_STATUS_SIZE];
    const enow_bytes_t sub = {(const uint8_t *)ENOW_GATEWAY_SUB_STATUS, sizeof ENOW_GATEWAY_SUB_STATUS - 1};

    (void)enow_gateway_topic_device(&s_gateway->roots, presence->addr, sub, topic, sizeof topic);
    if (enow_gateway_document_node(presence, s_gateway->addr, enow_gateway_clock_unix_us() / 1000, text, sizeof text) >
        0) {
        enow_gateway_uplink_document(topic, text, true);
    }
}

static void set_stale(bool stale)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    s_stale = stale;
    xSemaphoreGive(s_lock);
}

void enow_gateway_presence_start(const enow_gateway_t *gateway)
{
    static StaticSemaphore_t lock;

    s_gateway = gateway;
    s_settled_at = enow_driver_now() + 2 * SECOND_US * gateway->cfg.node_alive_s;
    s_elsewhere_count = s_elsewhere_next = 0;
    s_channel = gateway->cfg.channel;
    s_lock = xSemaphoreCreateMutexStatic(&lock);
    set_stale(false);
}

void enow_gateway_presence_told(const enow_link_presence_t *presence)
{
    if (presence->present) {
        unmark(presence->addr);
    } else if (presence->reason == ENOW_LINK_REASON_ELSEWHERE || enow_gateway_presence_elsewhere(presence->addr)) {
        return;
    }
    publish(presence);
}

static void correct(enow_addr_t node)
{
    const enow_link_presence_t gone = {.addr = node, .present = false, .reason = ENOW_LINK_REASON_UNKNOWN};

    ESP_LOGI(TAG, "a node that was here before the restart has not come back: it is offline");
    publish(&gone);
}

void enow_gateway_presence_heard(enow_addr_t node, const enow_gateway_whereabouts_t *where, bool retained)
{
    if (same(where->gateway, s_gateway->addr)) {
        unmark(node);
        if (where->online && retained && enow_driver_now() >= s_settled_at && !present(node)) {
            correct(node);
        }
        return;
    }
    if (!where->online) {
        unmark(node);
        return;
    }
    if (!retained || !present(node)) {
        (void)enow_link_gateway_elsewhere(s_gateway->machine, enow_driver_now(), node);
    }
    mark(node);
}

void enow_gateway_presence_moved(uint8_t channel)
{
    if (channel != s_channel) {
        s_channel = channel;
        s_after = NULL;
        set_stale(true);
        enow_gateway_broker_wake();
    }
}

static void refresh_in_owner(void *arg)
{
    enow_link_node_status_t node;

    (void)arg;
    while (enow_link_gateway_next_node(s_gateway->machine, enow_driver_now(), s_after, &node)) {
        s_told = node.addr;
        s_after = &s_told;
        if (node.present && !enow_gateway_presence_elsewhere(node.addr)) {
            publish(
                &(enow_link_presence_t){.addr = node.addr, .present = true, .rssi = node.rssi, .channel = s_channel});
            return;
        }
    }
    set_stale(false);
}

void enow_gateway_presence_refresh(void)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    const bool stale = s_stale;
    xSemaphoreGive(s_lock);
    if (stale) {
        (void)enow_driver_call(refresh_in_owner, NULL);
    }
}
