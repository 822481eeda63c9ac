#include "broker.h"

#include "broker_events.h"
#include "clock.h"
#include "document.h"
#include "enow/driver.h"
#include "esp_log.h"
#include "esp_random.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "presence.h"
#include "report.h"
#include "suspect.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

#define SECOND_US UINT64_C(1000000)
#define NEVER UINT64_MAX
#define FIRST_REST_US SECOND_US
#define LONGEST_REST_US (30 * SECOND_US)
/* A connection that lasted this long starts the rests anew; one on which the broker answered at all leaves none that is
 * longer than this: it is there. */
#define STEADY_US (30 * SECOND_US)
#define LONGEST_REST_OF_ANSWERED_US (2 * SECOND_US)
/* An attempt ends by itself long before. */
#define CONNECT_LIMIT_US (60 * SECOND_US)
/* What esp-mqtt has no memory for, or the broker has no quota for, is tried again. */
#define MEMORY_REST_US (SECOND_US / 4)
#define QUOTA_REST_US SECOND_US
#define DRAIN_US (3 * SECOND_US)
/* Failures in a row of esp-mqtt to take anything, after which the connection is made anew. */
#define MAX_FAILURES 8u

static const enow_gateway_t *s_gateway;
static enow_gateway_client_config_t s_client;
static char s_will[ENOW_GATEWAY_OWN_TOPIC];
static SemaphoreHandle_t s_wake;
static SemaphoreHandle_t s_done;
static SemaphoreHandle_t s_lock; /* guards the fields below */
static bool s_network, s_fresh, s_stopping;

/* Of the publisher alone. */
static bool s_open, s_greeted, s_stuck;
static uint64_t s_since, s_attempt_at, s_rest_us, s_retry_at, s_stop_at, s_sweep_at;
static unsigned s_failures;
static uint32_t s_quota;
static enow_gateway_suspect_t s_suspect;

static void lock(void) { xSemaphoreTake(s_lock, portMAX_DELAY); }

static void unlock(void) { xSemaphoreGive(s_lock); }

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

void enow_gateway_broker_wake(void) { (void)xSemaphoreGive(s_wake); }

/* Half of the rest is at random, lest all gateways come back to a broker at once. */
static void rest(uint64_t now)
{
    s_attempt_at = now + s_rest_us / 2 + esp_random() % (uint32_t)(s_rest_us / 2);
    s_rest_us = s_rest_us < LONGEST_REST_US / 2 ? 2 * s_rest_us : LONGEST_REST_US;
}

static void connect(uint64_t now)
{
    enow_gateway_broker_events_attempt();
    s_greeted = s_stuck = false;
    s_failures = 0;
    s_quota = 0;
    s_since = now;
    const esp_err_t err = enow_gateway_client_open(&s_client);
    s_open = err == ESP_OK;
    if (!s_open) {
        enow_gateway_broker_events_unbegun(err);
        rest(now);
    }
}

/* Answered: the broker has. Struck: the connection broke because of a message. */
static void disconnect(uint64_t now, bool answered, bool struck)
{
    enow_gateway_client_close();
    s_open = false;
    enow_gateway_broker_events_closed();
    enow_gateway_uplink_restart(struck);
    if (s_greeted && now - s_since >= STEADY_US) {
        s_rest_us = FIRST_REST_US;
    } else if (answered) {
        s_rest_us = earlier(s_rest_us, LONGEST_REST_OF_ANSWERED_US);
    }
    rest(now);
}

static bool subscribe(const char *sub)
{
    char filter[ENOW_GATEWAY_OWN_TOPIC];

    return enow_gateway_topic_every_device(&s_gateway->roots, sub, filter, sizeof filter) > 0 &&
           enow_gateway_client_subscribe(filter);
}

static bool publish_status(const char *text)
{
    const enow_gateway_properties_t none = {.count = 0};
    const enow_gateway_message_t status = {
        .topic = s_will, .payload = {(const uint8_t *)text, strlen(text)}, .retain = true, .qos = 1};

    return enow_gateway_client_publish(&status, &none) >= 0;
}

/* Subscribes and says that the gateway is online, before all else. */
static bool greet(void)
{
    char topic[ENOW_GATEWAY_OWN_TOPIC], text[ENOW_GATEWAY_STATUS_SIZE];

    (void)enow_gateway_topic_gateway(&s_gateway->roots, s_gateway->addr, ENOW_GATEWAY_SUB_CONFIG, topic, sizeof topic);
    bool ok = enow_gateway_client_subscribe(topic);
    (void)enow_gateway_topic_deny(&s_gateway->roots, topic, sizeof topic);
    ok = ok && enow_gateway_client_subscribe(topic);
    ok = ok && subscribe(ENOW_GATEWAY_SUB_STATUS) && subscribe(ENOW_GATEWAY_SUB_SET);
    (void)enow_gateway_document_online(enow_gateway_clock_unix_us() / 1000, text, sizeof text);
    return ok && publish_status(text);
}

/* What the last will would say, which the broker publishes only where a connection breaks. */
static void goodbye(void)
{
    if (enow_gateway_broker_events_see().connected) {
        (void)publish_status(ENOW_GATEWAY_DOCUMENT_OFFLINE);
    }
}

/* esp-mqtt did not take something, though nothing is on the way: it lacks memory, or has lost count. No message is
 * refused for that. */
static void failed(void)
{
    s_failures++;
    if (s_failures == MAX_FAILURES) {
        s_stuck = true;
        ESP_LOGW(TAG,
                 "esp-mqtt takes no message, so the connection is made anew: is there memory, and does the broker take "
                 "retained messages, and quality of service 1? Messages are kept");
    }
}

static int publish(uint64_t now, const enow_gateway_message_t *message)
{
    enow_gateway_properties_t properties = {.count = 0};

    if (message->of_node) {
        const uint64_t unix_us = enow_gateway_clock_unix_us();

        enow_gateway_properties_fill(&properties, s_gateway->addr, &message->origin,
                                     unix_us == 0 ? 0 : (unix_us - (now - message->origin.at_us)) / 1000);
    }
    return enow_gateway_client_publish(message, &properties);
}

/* A message could not be handed over; when to go on. Where the connection broke over it, it counts as on the way. */
static uint64_t not_taken(uint64_t now)
{
    enow_gateway_broker_events_failure();
    if (enow_gateway_broker_events_see().down) {
        return now;
    }
    if (!enow_gateway_uplink_returned()) {
        failed();
    }
    s_retry_at = now + MEMORY_REST_US;
    return s_retry_at;
}

/* Hands over what waits; when to go on. */
static uint64_t hand_over(uint64_t now, bool answered)
{
    const uint64_t from = later(s_retry_at, enow_gateway_suspect_from(&s_suspect, answered));
    const bool alone = now < enow_gateway_suspect_alone_until(&s_suspect);
    enow_gateway_message_t message;

    if (now < from) {
        return from;
    }
    while (enow_gateway_uplink_next(&message, alone)) {
        enow_gateway_suspect_handed(&s_suspect, now);
        const int id = publish(enow_driver_now(), &message);
        if (id < 0) {
            return not_taken(now);
        }
        s_failures = 0;
        enow_gateway_uplink_handed((uint16_t)id);
    }
    return NEVER;
}

/* Asks for all statuses again once all nodes that are there have had time to join: what still says that a node is at
 * this gateway is from before its restart, and corrected (presence.h). */
static uint64_t sweep(uint64_t now)
{
    if (now >= s_sweep_at && subscribe(ENOW_GATEWAY_SUB_STATUS)) {
        s_sweep_at = NEVER;
    }
    return s_sweep_at;
}

static uint64_t serve(uint64_t now, const enow_gateway_broker_seen_t *seen)
{
    if (!s_greeted) {
        s_greeted = greet();
        if (!s_greeted) {
            failed();
            return now + MEMORY_REST_US;
        }
        enow_gateway_suspect_greeted(&s_suspect, now);
    }
    if (seen->quota != s_quota) {
        s_quota = seen->quota;
        s_retry_at = now + QUOTA_REST_US;
    }
    const uint64_t next = hand_over(now, seen->answered);
    const uint64_t alone_until = enow_gateway_suspect_alone_until(&s_suspect);
    if (enow_gateway_uplink_empty()) {
        enow_gateway_presence_refresh();
    }
    return earlier(next, now < alone_until ? alone_until : earlier(sweep(now), enow_gateway_report_due(now)));
}

/* Whether a message is the reason why the broker has hung up. */
static bool has_struck(uint64_t now)
{
    const bool suspected = enow_gateway_suspect_alone_until(&s_suspect) != 0;
    const bool struck = enow_gateway_suspect_lost(&s_suspect, now);

    if (!suspected && enow_gateway_suspect_alone_until(&s_suspect) != 0) {
        ESP_LOGW(
            TAG,
            "broker %s hangs up again and again: messages go one at a time for now, to see whether it is because "
            "of one. Does another client have the same client_id, is the setting window too large for it, or may the "
            "gateway's user not write to its own topics?",
            s_gateway->cfg.broker_uri);
    }
    return struck;
}

/* Does what is due, and returns when to do it again. */
static uint64_t step(uint64_t now)
{
    const enow_gateway_broker_seen_t seen = enow_gateway_broker_events_see();

    lock();
    const bool network = s_network, fresh = s_fresh;
    s_fresh = false;
    unlock();
    if (fresh) {
        s_attempt_at = 0;
        s_rest_us = FIRST_REST_US;
    }
    if (!s_open) {
        if (!network || s_gateway->cfg.broker_uri[0] == '\0') {
            return NEVER;
        }
        if (now < s_attempt_at) {
            return s_attempt_at;
        }
        connect(now);
        return now;
    }
    if (seen.down || s_stuck) {
        const bool hung_up = seen.down && s_greeted && network; /* the broker, that is */

        disconnect(now, seen.answered, hung_up && has_struck(now));
        return now;
    }
    if (seen.connected) {
        return serve(now, &seen);
    }
    if (now - s_since >= CONNECT_LIMIT_US) {
        enow_gateway_broker_events_unbegun(ESP_ERR_TIMEOUT);
        disconnect(now, false, false);
        return now;
    }
    return s_since + CONNECT_LIMIT_US;
}

static bool finished(uint64_t now)
{
    lock();
    const bool stopping = s_stopping;
    unlock();
    if (!stopping) {
        return false;
    }
    s_stop_at = earlier(s_stop_at, now + DRAIN_US);
    return !enow_gateway_broker_events_see().connected || enow_gateway_uplink_empty() || now >= s_stop_at;
}

static TickType_t ticks(uint64_t now, uint64_t until)
{
    const uint64_t longest_us = 10 * SECOND_US;
    const uint64_t us = until <= now ? 0 : until - now < longest_us ? until - now : longest_us;

    return (TickType_t)((us + portTICK_PERIOD_MS * UINT64_C(1000) - 1) / (portTICK_PERIOD_MS * UINT64_C(1000)));
}

static void publisher(void *arg)
{
    (void)arg;
    while (!finished(enow_driver_now())) {
        const uint64_t until = earlier(step(enow_driver_now()), s_stop_at);

        (void)xSemaphoreTake(s_wake, ticks(enow_driver_now(), until));
    }
    if (s_open) {
        goodbye();
        disconnect(enow_driver_now(), false, false);
    }
    (void)xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

esp_err_t enow_gateway_broker_start(const enow_gateway_t *gateway)
{
    static StaticSemaphore_t lock_semaphore, wake_semaphore, done_semaphore;

    s_gateway = gateway;
    s_client = (enow_gateway_client_config_t){
        .cfg = &gateway->cfg, .addr = gateway->addr, .will = s_will, .tell = enow_gateway_broker_events_tell};
    (void)enow_gateway_topic_gateway(&gateway->roots, gateway->addr, ENOW_GATEWAY_SUB_STATUS, s_will, sizeof s_will);
    enow_gateway_broker_events_start(gateway);
    s_network = s_fresh = s_stopping = s_open = s_greeted = s_stuck = false;
    s_attempt_at = s_retry_at = 0;
    s_stop_at = NEVER;
    s_sweep_at = enow_driver_now() + 2 * SECOND_US * gateway->cfg.node_alive_s;
    s_rest_us = FIRST_REST_US;
    s_suspect = (enow_gateway_suspect_t){0};
    if (gateway->cfg.broker_uri[0] == '\0') {
        ESP_LOGW(TAG,
                 "no broker is set, so messages go nowhere: set broker_uri in NVS, or CONFIG_ENOW_GATEWAY_BROKER_URI");
    }
    s_lock = xSemaphoreCreateMutexStatic(&lock_semaphore);
    s_wake = xSemaphoreCreateBinaryStatic(&wake_semaphore);
    s_done = xSemaphoreCreateBinaryStatic(&done_semaphore);
    return xTaskCreate(publisher, "enow_broker", CONFIG_ENOW_GATEWAY_TASK_STACK, NULL,
                       CONFIG_ENOW_GATEWAY_TASK_PRIORITY, NULL) == pdPASS
               ? ESP_OK
               : ESP_ERR_NO_MEM;
}

void enow_gateway_broker_stop(void)
{
    lock();
    s_stopping = true;
    unlock();
    enow_gateway_broker_wake();
    xSemaphoreTake(s_done, portMAX_DELAY);
}

void enow_gateway_broker_network(bool network)
{
    lock();
    s_network = network;
    s_fresh = network;
    unlock();
    enow_gateway_broker_wake();
}
