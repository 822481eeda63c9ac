#include "broker_events.h"

#include "broker.h"
#include "downlink.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

/* The last that the log has said of the broker. */
typedef enum { SAID_NOTHING, SAID_UP, SAID_LOST, SAID_UNREACHABLE, SAID_REFUSED, SAID_QUOTA } said_t;

static const enow_gateway_t *s_gateway;
static SemaphoreHandle_t s_lock; /* guards all that follows */
static enow_gateway_broker_stats_t s_stats;
static enow_gateway_broker_seen_t s_seen;
static bool s_ended; /* why the connection has ended, or did not come about, is counted */
static said_t s_said;

static void lock(void) { xSemaphoreTake(s_lock, portMAX_DELAY); }

static void unlock(void) { xSemaphoreGive(s_lock); }

static void count(uint32_t *counter)
{
    lock();
    (*counter)++;
    unlock();
}

/* Whether the log has said something else last. */
static bool is_news(said_t said)
{
    lock();
    const bool news = s_said != said;
    s_said = said;
    unlock();
    return news;
}

static void up(void)
{
    lock();
    s_seen.connected = true;
    s_stats.connections++;
    s_said = SAID_UP;
    unlock();
    ESP_LOGI(TAG, "connected to broker %s", s_gateway->cfg.broker_uri);
    enow_gateway_broker_wake();
}

static void unreachable(int code)
{
    lock();
    const bool connecting = !s_seen.connected && !s_ended;
    s_ended = s_ended || connecting;
    s_stats.unreachable += connecting;
    unlock();
    if (connecting && is_news(SAID_UNREACHABLE)) {
        ESP_LOGW(TAG,
                 "cannot reach broker %s (errno %d): is it on, and its address right (setting broker_uri)? It is tried "
                 "again, messages are kept",
                 s_gateway->cfg.broker_uri, code);
    }
}

/* What a broker means by a code of its CONNACK or DISCONNECT (MQTT 5, sections 3.2.2.2 and 3.14.2.1), where it is one
 * that people meet; of others the log has the number. */
static const char *reason_text(int code)
{
    switch (code) {
    case 0x00:
        return "it gave none, or the connection broke";
    case 0x84:
        return "it does not speak MQTT 5";
    case 0x85:
        return "it does not take the setting client_id";
    case 0x86:
        return "wrong user name or password";
    case 0x87:
        return "not authorized";
    case 0x88:
    case 0x89:
        return "busy";
    case 0x8b:
        return "it shuts down";
    case 0x8d:
        return "it heard nothing for too long";
    case 0x8e:
        return "another client has the same client_id";
    case 0x93:
        return "the setting window is larger than its receive maximum";
    case 0x95:
        return "a message was too long for it";
    case 0x97:
        return "quota exceeded";
    default:
        return "see MQTT 5";
    }
}

static void down(int code)
{
    lock();
    const bool lost = s_seen.connected;
    s_seen.connected = false;
    s_stats.losses += lost;
    s_ended = s_ended || lost;
    unlock();
    if (lost && is_news(SAID_LOST)) {
        ESP_LOGW(TAG, "lost broker %s (%s, reason 0x%02x); messages are kept", s_gateway->cfg.broker_uri,
                 reason_text(code), (unsigned)code);
    }
    unreachable(0); /* esp-mqtt says nothing else of who accepts a connection and then does not answer */
    lock();
    s_seen.down = true;
    unlock();
    enow_gateway_broker_wake();
}

static void refused(int code)
{
    lock();
    s_stats.refused++;
    s_ended = true;
    unlock();
    if (is_news(SAID_REFUSED)) {
        ESP_LOGE(TAG,
                 "broker %s refuses the gateway (%s, reason 0x%02x): check user name and password (settings "
                 "broker_user and broker_pass), and that it speaks MQTT 5. It is tried again, messages are kept",
                 s_gateway->cfg.broker_uri, reason_text(code), (unsigned)code);
    }
}

/* The broker takes no more for now: what it did not take waits again, for nobody's message is refused by that. */
static void exceeded(uint16_t id)
{
    count(&s_stats.failures);
    lock();
    s_seen.quota++;
    unlock();
    if (is_news(SAID_QUOTA)) {
        ESP_LOGW(TAG,
                 "broker %s says that the gateway's quota is exceeded: raise it there. Messages are kept, and handed "
                 "over again",
                 s_gateway->cfg.broker_uri);
    }
    enow_gateway_uplink_deleted(id);
}

/* What the broker says of a message. */
static void answered(uint16_t id, int code)
{
    lock();
    s_seen.answered = true;
    unlock();
    if (code == ENOW_GATEWAY_CLIENT_QUOTA) {
        exceeded(id);
    } else {
        enow_gateway_uplink_published(id, code < ENOW_GATEWAY_CLIENT_REFUSAL);
    }
    enow_gateway_broker_wake();
}

static void arrived(const enow_gateway_client_event_t *event)
{
    count(&s_stats.received);
    if (!enow_gateway_downlink_take(event->topic, event->payload, event->retained)) {
        count(&s_stats.malformed);
    }
}

void enow_gateway_broker_events_tell(const enow_gateway_client_event_t *event)
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
        answered(event->id, event->code);
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

/* --- what the publisher asks and says --- */

void enow_gateway_broker_events_start(const enow_gateway_t *gateway)
{
    static StaticSemaphore_t lock_semaphore;

    s_gateway = gateway;
    s_lock = xSemaphoreCreateMutexStatic(&lock_semaphore);
    memset(&s_stats, 0, sizeof s_stats);
    memset(&s_seen, 0, sizeof s_seen);
    s_ended = false;
    s_said = SAID_NOTHING;
}

enow_gateway_broker_seen_t enow_gateway_broker_events_see(void)
{
    lock();
    const enow_gateway_broker_seen_t seen = s_seen;
    unlock();
    return seen;
}

void enow_gateway_broker_events_attempt(void)
{
    lock();
    s_stats.attempts++;
    memset(&s_seen, 0, sizeof s_seen);
    s_ended = false;
    unlock();
}

void enow_gateway_broker_events_unbegun(esp_err_t err)
{
    count(&s_stats.unreachable);
    if (is_news(SAID_UNREACHABLE)) {
        ESP_LOGE(
            TAG,
            "no connection to broker %s can be begun (%s): broker_uri has to begin with " ENOW_GATEWAY_CLIENT_SCHEMES
            " (CONFIG_MQTT_TRANSPORT_...), and there has to be memory. It is tried again, messages are kept",
            s_gateway->cfg.broker_uri, esp_err_to_name(err));
    }
}

void enow_gateway_broker_events_closed(void)
{
    lock();
    s_seen.connected = false;
    unlock();
}

void enow_gateway_broker_events_failure(void) { count(&s_stats.failures); }

void enow_gateway_broker_events_stats(enow_gateway_broker_stats_t *out)
{
    lock();
    *out = s_stats;
    out->connected = s_seen.connected;
    unlock();
}
