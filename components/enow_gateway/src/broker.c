#include "broker.h"

#include "clock.h"
#include "document.h"
#include "downlink.h"
#include "enow/driver.h"
#include "esp_log.h"
#include "esp_random.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "presence.h"
#include "report.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

#define SECOND_US UINT64_C(1000000)
#define NEVER UINT64_MAX
#define FIRST_REST_US SECOND_US
#define LONGEST_REST_US (30 * SECOND_US)
/* A connection that lasted this long starts the rests anew. */
#define STEADY_US (30 * SECOND_US)
/* An attempt ends by itself long before. */
#define CONNECT_LIMIT_US (60 * SECOND_US)
#define RETRY_US SECOND_US
#define DRAIN_US (3 * SECOND_US)
/* Failures in a row to hand a message over, after which the connection is made anew; and how often that is done for the
 * same message before it is taken for the reason. */
#define MAX_FAILURES 3u
#define MAX_STRIKES 3u

/* The last that the log has said of the broker. */
typedef enum { SAID_NOTHING, SAID_UP, SAID_LOST, SAID_UNREACHABLE, SAID_REFUSED, SAID_QUOTA } said_t;

static const enow_gateway_t *s_gateway;
static enow_gateway_client_config_t s_client;
static char s_will[ENOW_GATEWAY_OWN_TOPIC];
static SemaphoreHandle_t s_wake;
static SemaphoreHandle_t s_done;
static SemaphoreHandle_t s_lock; /* guards the fields below */
static enow_gateway_broker_stats_t s_stats;
static bool s_network, s_fresh, s_stopping, s_down, s_quota;
static bool s_ended; /* why the connection has ended, or did not come about, is counted */

/* Of the publisher alone. */
static bool s_open, s_greeted;
static uint64_t s_since, s_attempt_at, s_rest_us, s_retry_at, s_stop_at, s_sweep_at;
static unsigned s_failures, s_strikes;
static said_t s_said; /* of esp-mqtt's task, and of the publisher where that does not run */

static void lock(void) { xSemaphoreTake(s_lock, portMAX_DELAY); }

static void unlock(void) { xSemaphoreGive(s_lock); }

static void count(uint32_t *counter)
{
    lock();
    (*counter)++;
    unlock();
}

void enow_gateway_broker_wake(void) { (void)xSemaphoreGive(s_wake); }

/* --- what is told in esp-mqtt's task --- */

static void up(void)
{
    lock();
    s_stats.connected = true;
    s_stats.connections++;
    unlock();
    s_said = SAID_UP;
    ESP_LOGI(TAG, "connected to broker %s", s_gateway->cfg.broker_uri);
    enow_gateway_broker_wake();
}

static void unreachable(int code)
{
    lock();
    const bool connecting = !s_stats.connected && !s_ended;
    s_ended = s_ended || connecting;
    s_stats.unreachable += connecting;
    unlock();
    if (connecting && s_said != SAID_UNREACHABLE) {
        s_said = SAID_UNREACHABLE;
        ESP_LOGW(TAG,
                 "cannot reach broker %s (errno %d): is it on, and its address right (setting broker_uri)? It is tried "
                 "again, messages are kept",
                 s_gateway->cfg.broker_uri, code);
    }
}

static void down(int code)
{
    lock();
    const bool lost = s_stats.connected;
    s_stats.connected = false;
    s_stats.losses += lost;
    s_ended = s_ended || lost;
    unlock();
    if (lost) {
        s_said = SAID_LOST;
        ESP_LOGW(TAG, "lost broker %s (reason 0x%02x); messages are kept", s_gateway->cfg.broker_uri, (unsigned)code);
    }
    unreachable(0); /* esp-mqtt says nothing else of who accepts a connection and then does not answer */
    lock();
    s_down = true;
    unlock();
    enow_gateway_broker_wake();
}

static void refused(int code)
{
    lock();
    s_stats.refused++;
    s_ended = true;
    unlock();
    if (s_said != SAID_REFUSED) {
        s_said = SAID_REFUSED;
        ESP_LOGE(TAG,
                 "broker %s refuses the gateway (reason 0x%02x): check user name and password (settings broker_user "
                 "and broker_pass), and that it speaks MQTT 5. It is tried again, messages are kept",
                 s_gateway->cfg.broker_uri, (unsigned)code);
    }
}

/* The broker takes no more for now: what it did not take waits again, for nobody's message is refused by that. */
static void exceeded(uint16_t id)
{
    count(&s_stats.failures);
    lock();
    s_quota = true;
    unlock();
    if (s_said != SAID_QUOTA) {
        s_said = SAID_QUOTA;
        ESP_LOGW(TAG,
                 "broker %s says that the gateway's quota is exceeded: raise it there. Messages are kept, and handed "
                 "over again",
                 s_gateway->cfg.broker_uri);
    }
    enow_gateway_uplink_deleted(id);
}

static void arrived(const enow_gateway_client_event_t *event)
{
    count(&s_stats.received);
    if (!enow_gateway_downlink_take(event->topic, event->payload, event->retained)) {
        count(&s_stats.malformed);
    }
}

static void told(const enow_gateway_client_event_t *event)
{
    switch (event->kind) {
    case ENOW_GATEWAY_CLIENT_UP:
        up();
        break;
    case ENOW_GATEWAY_CLIENT_DOWN:
        down(event->code);
        break;
    case ENOW_GATEWAY_CLIENT_UNREACHABLE:
        unreachable(event->code);
        break;
    case ENOW_GATEWAY_CLIENT_REFUSED:
        refused(event->code);
        break;
    case ENOW_GATEWAY_CLIENT_PUBLISHED:
        if (event->code == ENOW_GATEWAY_CLIENT_QUOTA) {
            exceeded(event->id);
        } else {
            enow_gateway_uplink_published(event->id, event->code < ENOW_GATEWAY_CLIENT_REFUSAL);
        }
        enow_gateway_broker_wake();
        break;
    case ENOW_GATEWAY_CLIENT_DELETED:
        count(&s_stats.expired);
        enow_gateway_uplink_deleted(event->id);
        enow_gateway_broker_wake();
        break;
    case ENOW_GATEWAY_CLIENT_MESSAGE:
        arrived(event);
        break;
    case ENOW_GATEWAY_CLIENT_TOO_LONG:
        count(&s_stats.too_long);
        ESP_LOGW(TAG, "message from the broker dropped: longer than %d bytes (CONFIG_ENOW_GATEWAY_INBOX)",
                 CONFIG_ENOW_GATEWAY_INBOX);
        break;
    case ENOW_GATEWAY_CLIENT_UNSUBSCRIBED:
        ESP_LOGE(
            TAG,
            "the broker refuses a subscription: let the gateway's user read %s/+/$set, %s/+/$status, %s/<mac>/$config "
            "and %s/$deny",
            s_gateway->roots.device, s_gateway->roots.device, s_gateway->roots.gateway, s_gateway->roots.gateway);
        break;
    }
}

/* --- the publisher --- */

/* Half of the rest is at random, lest all gateways come back to a broker at once. */
static void rest(uint64_t now)
{
    s_attempt_at = now + s_rest_us / 2 + esp_random() % (uint32_t)(s_rest_us / 2);
    s_rest_us = s_rest_us < LONGEST_REST_US / 2 ? 2 * s_rest_us : LONGEST_REST_US;
}

static void connect(uint64_t now)
{
    count(&s_stats.attempts);
    lock();
    s_down = s_ended = false;
    unlock();
    s_greeted = false;
    s_failures = 0;
    s_since = now;
    const esp_err_t err = enow_gateway_client_open(&s_client);
    s_open = err == ESP_OK;
    if (!s_open) {
        if (s_said != SAID_UNREACHABLE) {
            s_said = SAID_UNREACHABLE;
            ESP_LOGE(TAG, "no connection to broker %s can be begun (%s): check broker_uri, and that there is memory",
                     s_gateway->cfg.broker_uri, esp_err_to_name(err));
        }
        rest(now);
    }
}

static void disconnect(uint64_t now)
{
    enow_gateway_client_close();
    s_open = false;
    lock();
    s_stats.connected = false;
    unlock();
    enow_gateway_uplink_restart();
    if (s_greeted && now - s_since >= STEADY_US) {
        s_rest_us = FIRST_REST_US;
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
    lock();
    const bool connected = s_stats.connected;
    unlock();
    if (connected) {
        (void)publish_status(ENOW_GATEWAY_DOCUMENT_OFFLINE);
    }
}

/* Whether the message that failed is what esp-mqtt or the broker cannot take. */
static bool condemned(void)
{
    s_failures++;
    if (s_failures < MAX_FAILURES) {
        return false;
    }
    s_failures = 0;
    s_strikes++;
    if (s_strikes < MAX_STRIKES) {
        lock();
        s_down = true;
        unlock();
        return false;
    }
    s_strikes = 0;
    return true;
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

/* Hands over what waits; when to go on. */
static uint64_t hand_over(uint64_t now)
{
    enow_gateway_message_t message;

    if (now < s_retry_at) {
        return s_retry_at;
    }
    while (enow_gateway_uplink_next(&message)) {
        const int id = publish(enow_driver_now(), &message);
        if (id < 0) {
            const bool never = condemned();

            count(&s_stats.failures);
            if (never) {
                ESP_LOGW(TAG,
                         "message on %s refused: esp-mqtt cannot publish it. Does the broker take retained messages, "
                         "and of this length?",
                         message.topic);
            }
            enow_gateway_uplink_returned(never);
            s_retry_at = now + RETRY_US;
            return s_retry_at;
        }
        s_failures = 0;
        s_strikes = 0;
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

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t serve(uint64_t now)
{
    if (!s_greeted) {
        s_greeted = greet();
        if (!s_greeted) {
            return now + RETRY_US;
        }
    }
    const uint64_t next = hand_over(now);
    if (enow_gateway_uplink_empty()) {
        enow_gateway_presence_refresh();
    }
    return earlier(next, earlier(sweep(now), enow_gateway_report_due(now)));
}

/* Does what is due, and returns when to do it again. */
static uint64_t step(uint64_t now)
{
    lock();
    const bool network = s_network, fresh = s_fresh, down = s_down, connected = s_stats.connected;
    s_retry_at = s_quota ? now + RETRY_US : s_retry_at;
    s_fresh = s_quota = false;
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
    if (down || (!connected && now - s_since >= CONNECT_LIMIT_US)) {
        disconnect(now);
        return now;
    }
    return connected ? serve(now) : s_since + CONNECT_LIMIT_US;
}

static bool finished(uint64_t now)
{
    lock();
    const bool stopping = s_stopping, connected = s_stats.connected;
    unlock();
    if (!stopping) {
        return false;
    }
    s_stop_at = earlier(s_stop_at, now + DRAIN_US);
    return !connected || enow_gateway_uplink_empty() || now >= s_stop_at;
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
        disconnect(enow_driver_now());
    }
    (void)xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

esp_err_t enow_gateway_broker_start(const enow_gateway_t *gateway)
{
    static StaticSemaphore_t lock_semaphore, wake_semaphore, done_semaphore;

    s_gateway = gateway;
    s_client =
        (enow_gateway_client_config_t){.cfg = &gateway->cfg, .addr = gateway->addr, .will = s_will, .tell = told};
    (void)enow_gateway_topic_gateway(&gateway->roots, gateway->addr, ENOW_GATEWAY_SUB_STATUS, s_will, sizeof s_will);
    memset(&s_stats, 0, sizeof s_stats);
    s_network = s_fresh = s_stopping = s_down = s_quota = s_open = s_greeted = false;
    s_attempt_at = s_retry_at = 0;
    s_stop_at = NEVER;
    s_sweep_at = enow_driver_now() + 2 * SECOND_US * gateway->cfg.node_alive_s;
    s_rest_us = FIRST_REST_US;
    s_failures = s_strikes = 0;
    s_said = SAID_NOTHING;
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

void enow_gateway_broker_stats(enow_gateway_broker_stats_t *out)
{
    lock();
    *out = s_stats;
    unlock();
}
