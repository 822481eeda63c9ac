#include "station.h"

#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include <string.h>

static const char *TAG = "enow_gateway";

#define FIRST_REST_MS 1000u
#define NEVER UINT64_MAX

/* Before 5.2 no event tells that a joined access point has moved to another channel. */
#define CHANNEL_IS_TOLD (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0))
#define LOOK_EVERY_US (UINT64_C(2) * 1000000)

/* Why there is no access point, as the log has said it. */
typedef enum { ABSENCE_NONE, ABSENCE_NOT_FOUND, ABSENCE_REFUSED, ABSENCE_LOST } absence_t;

static const enow_gateway_config_t *s_cfg;
static const enow_gateway_station_events_t *s_events;
static SemaphoreHandle_t s_lock; /* guards s_stats and s_timer */
static enow_gateway_station_stats_t s_stats;
static esp_timer_handle_t s_timer; /* null: there is nothing to join, or no more */
static esp_event_handler_instance_t s_wifi_handler;
static esp_event_handler_instance_t s_ip_handler;
static uint32_t s_rest_ms;
static absence_t s_said;

static void count(uint32_t *counter)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    (*counter)++;
    xSemaphoreGive(s_lock);
}

static void set_joined(bool joined)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    s_stats.joined = joined;
    xSemaphoreGive(s_lock);
}

static void set_channel(uint8_t channel)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    if (s_stats.channel != channel) {
        ESP_LOGI(TAG, "channel %u, was %u: nodes find the gateway there", channel, s_stats.channel);
        s_stats.moves++;
        s_stats.channel = channel;
    }
    xSemaphoreGive(s_lock);
    s_events->tuned(channel);
}

/* From the tasks of timers and of events, which may still be at it when the station has been stopped. */
static void set_timer(uint64_t after_us)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    if (s_timer != NULL) {
        (void)esp_timer_stop(s_timer); /* an error says that it did not run */
        if (after_us != NEVER) {
            ESP_ERROR_CHECK(esp_timer_start_once(s_timer, after_us));
        }
    }
    xSemaphoreGive(s_lock);
}

/* Half of the rest is at random, lest the gateways of a house come back all at once. */
static uint32_t rest(void)
{
    const uint32_t longest_ms = s_cfg->ap_rest_s * 1000u;
    const uint32_t half_ms = s_rest_ms / 2;
    const uint32_t rest_ms = half_ms + esp_random() % (half_ms + 1);

    s_rest_ms = s_rest_ms < longest_ms / 2 ? 2 * s_rest_ms : longest_ms;
    set_timer(rest_ms * UINT64_C(1000));
    return rest_ms;
}

static absence_t absence(uint8_t reason, bool joined)
{
    if (joined) {
        return ABSENCE_LOST;
    }
    switch (reason) {
    case WIFI_REASON_AUTH_EXPIRE:
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
        return ABSENCE_REFUSED;
    default:
        return ABSENCE_NOT_FOUND;
    }
}

/* The reasons that people meet; of others the log has the number. */
static const char *reason_text(uint8_t reason)
{
    switch (reason) {
    case WIFI_REASON_ASSOC_TOOMANY:
        return "it has too many stations";
    case WIFI_REASON_ASSOC_LEAVE:
        return "parted";
    case WIFI_REASON_AUTH_EXPIRE:
        return "authentication expired";
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
        return "wrong password, most likely";
    case WIFI_REASON_BEACON_TIMEOUT:
        return "it is heard no more";
    case WIFI_REASON_NO_AP_FOUND:
        return "not found";
    case WIFI_REASON_ASSOC_FAIL:
    case WIFI_REASON_CONNECTION_FAIL:
        return "it did not let the gateway in";
    default:
        return "see WIFI_REASON_ in ESP-IDF";
    }
}

static void say(absence_t why, uint8_t reason, uint32_t rest_ms)
{
    if (why == s_said) {
        ESP_LOGD(TAG, "no access point (reason %u), next attempt in %u ms", reason, (unsigned)rest_ms);
        return;
    }
    s_said = why;
    switch (why) {
    case ABSENCE_LOST:
        ESP_LOGW(TAG, "lost access point \"%s\" (%s, reason %u); ESP-NOW stays on channel %u, messages are kept",
                 s_cfg->ssid, reason_text(reason), reason, s_stats.channel);
        break;
    case ABSENCE_REFUSED:
        ESP_LOGE(TAG, "access point \"%s\" refuses the gateway (%s, reason %u): check its password (setting password)",
                 s_cfg->ssid, reason_text(reason), reason);
        break;
    default:
        ESP_LOGW(TAG,
                 "access point \"%s\" is not joined (%s, reason %u): is it on, near, at 2.4 GHz, and its name right "
                 "(setting ssid)? It is tried again",
                 s_cfg->ssid, reason_text(reason), reason);
        break;
    }
}

static void join(void)
{
    wifi_config_t wifi;
    esp_err_t err;

    memset(&wifi, 0, sizeof wifi);
    memcpy(wifi.sta.ssid, s_cfg->ssid, strnlen(s_cfg->ssid, sizeof wifi.sta.ssid));
    memcpy(wifi.sta.password, s_cfg->password, strnlen(s_cfg->password, sizeof wifi.sta.password));
    wifi.sta.channel = s_stats.channel; /* where the scan begins: most likely it ends there too */
    wifi.sta.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
    count(&s_stats.attempts);
    err = esp_wifi_set_config(WIFI_IF_STA, &wifi);
    memset(&wifi, 0, sizeof wifi);
    if (err == ESP_OK) {
        err = esp_wifi_connect();
    }
    if (err == ESP_ERR_WIFI_PASSWORD) { /* no access point has one like that */
        count(&s_stats.refused);
        say(ABSENCE_REFUSED, WIFI_REASON_AUTH_FAIL, rest());
    } else if (err != ESP_OK) {
        ESP_LOGD(TAG, "cannot begin to join: %s", esp_err_to_name(err));
        rest();
    }
}

static void due(void *arg)
{
    uint8_t channel = 0;
    wifi_second_chan_t second = WIFI_SECOND_CHAN_NONE;

    (void)arg;
    if (!s_stats.joined) {
        join();
        return;
    }
    if (esp_wifi_get_channel(&channel, &second) == ESP_OK && channel != s_stats.channel) {
        set_channel(channel);
    }
    set_timer(LOOK_EVERY_US);
}

static void lost(uint8_t reason)
{
    const bool joined = s_stats.joined;
    const absence_t why = absence(reason, joined);

    set_joined(false);
    count(why == ABSENCE_LOST ? &s_stats.losses : why == ABSENCE_REFUSED ? &s_stats.refused : &s_stats.not_found);
    /* A scan leaves the radio wherever it ended. */
    (void)esp_wifi_set_channel(s_stats.channel, WIFI_SECOND_CHAN_NONE);
    if (joined) {
        s_events->network(false);
    }
    set_channel(s_stats.channel);
    say(why, reason, rest());
}

static void joined(uint8_t channel)
{
    set_timer(NEVER);
    set_joined(true);
    count(&s_stats.joins);
    s_rest_ms = FIRST_REST_MS;
    s_said = ABSENCE_NONE;
    ESP_LOGI(TAG, "joined access point \"%s\" on channel %u", s_cfg->ssid, channel);
    set_channel(channel);
    if (!CHANNEL_IS_TOLD) {
        set_timer(LOOK_EVERY_US);
    }
}

static void started(void)
{
    if (!s_stats.joined) {
        (void)esp_wifi_set_channel(s_stats.channel, WIFI_SECOND_CHAN_NONE);
        set_timer(0);
    }
}

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base;
    switch (id) {
    case WIFI_EVENT_STA_START:
        started();
        break;
    case WIFI_EVENT_STA_CONNECTED:
        joined(((const wifi_event_sta_connected_t *)data)->channel);
        break;
    case WIFI_EVENT_STA_DISCONNECTED:
        lost(((const wifi_event_sta_disconnected_t *)data)->reason);
        break;
#if CHANNEL_IS_TOLD
    case WIFI_EVENT_HOME_CHANNEL_CHANGE:
        if (s_stats.joined) { /* else it is an attempt that goes through channels */
            set_channel(((const wifi_event_home_channel_change_t *)data)->new_chan);
        }
        break;
#endif
    default:
        break;
    }
}

static void on_ip(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base, (void)data;
    if (id == IP_EVENT_STA_GOT_IP || id == IP_EVENT_STA_LOST_IP) { /* others are of IPv6, or of another interface */
        s_events->network(id == IP_EVENT_STA_GOT_IP);
    }
}

esp_err_t enow_gateway_station_start(const enow_gateway_config_t *cfg, const enow_gateway_station_events_t *events)
{
    static StaticSemaphore_t lock;
    const esp_timer_create_args_t timer = {.callback = due, .name = "enow_station"};
    esp_err_t err;

    s_cfg = cfg;
    s_events = events;
    s_rest_ms = FIRST_REST_MS;
    s_said = ABSENCE_NONE;
    memset(&s_stats, 0, sizeof s_stats);
    s_stats.channel = cfg->channel;
    s_lock = xSemaphoreCreateMutexStatic(&lock);
    if (cfg->ssid[0] == '\0') {
        ESP_LOGW(TAG,
                 "no access point is set, so ESP-NOW is on channel %u and nothing reaches a broker: set ssid and "
                 "password in NVS, or CONFIG_ENOW_GATEWAY_SSID",
                 cfg->channel);
        return ESP_OK;
    }
    err = esp_timer_create(&timer, &s_timer);
    if (err == ESP_OK) {
        err = esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL, &s_wifi_handler);
    }
    if (err == ESP_OK) {
        err = esp_event_handler_instance_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip, NULL, &s_ip_handler);
    }
    if (err == ESP_OK) {
        set_timer(0);
    }
    return err;
}

void enow_gateway_station_stop(void)
{
    const esp_timer_handle_t timer = s_timer;

    if (timer != NULL) {
        (void)esp_event_handler_instance_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, s_wifi_handler);
        (void)esp_event_handler_instance_unregister(IP_EVENT, ESP_EVENT_ANY_ID, s_ip_handler);
        set_timer(NEVER);
        xSemaphoreTake(s_lock, portMAX_DELAY);
        s_timer = NULL;
        xSemaphoreGive(s_lock);
        (void)esp_timer_delete(timer);
    }
}

void enow_gateway_station_stats(enow_gateway_station_stats_t *out)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    *out = s_stats;
    xSemaphoreGive(s_lock);
}
