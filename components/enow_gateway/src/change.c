#include "change.h"

#include "broker.h"
#include "client.h"
#include "enow/keys.h"
#include "enow/radio.h"
#include "enow/wifi.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "settings.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

/* Whose log level is set. */
static const char *const s_tags[] = {"enow_gateway", "enow_driver", "enow_radio", "enow_settings", "enow_wifi"};

/* What may be changed over MQTT, and what may not. Those of the radio and of Wi-Fi decide whether the gateway reaches
 * its access point, and so whether it ever hears of another change. */
static const enow_settings_t *const s_open[] = {&enow_gateway_settings_live, &enow_gateway_settings_later};
static const enow_settings_t *const s_closed[] = {&enow_gateway_settings_closed, &enow_radio_settings,
                                                  &enow_wifi_settings};
#define COUNT(TABLES) (sizeof(TABLES) / sizeof(TABLES)[0])

static enow_gateway_t *s_gateway;
static SemaphoreHandle_t s_lock; /* one change at a time */

/* What counts from the next start on: the gateway that runs has what it was started with. */
static union {
    enow_gateway_config_t gateway;
    enow_radio_config_t radio;
    enow_wifi_config_t wifi;
} s_next;

void enow_gateway_change_start(enow_gateway_t *gateway)
{
    static StaticSemaphore_t lock;

    s_gateway = gateway;
    s_lock = xSemaphoreCreateMutexStatic(&lock);
}

void enow_gateway_change_log_level(uint8_t level)
{
    for (size_t i = 0; i < sizeof s_tags / sizeof s_tags[0]; i++) {
        esp_log_level_set(s_tags[i], (esp_log_level_t)level);
    }
}

/* What does not ask for its setting whenever it needs it is told. */
static void apply(void)
{
    const enow_gateway_config_t *cfg = &s_gateway->cfg;

    enow_gateway_change_log_level(cfg->log_level);
    enow_gateway_uplink_acknowledge((enow_gateway_acknowledge_t)cfg->ack_mode);
    enow_gateway_broker_wake();
}

static esp_err_t change(const char *key, const char *text)
{
    if (strcmp(key, "broker_uri") == 0 && text[0] != '\0' && !enow_gateway_client_is_uri(text)) {
        ESP_LOGW(TAG, "broker_uri is not taken: it has to begin with " ENOW_GATEWAY_CLIENT_SCHEMES);
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = enow_settings_set(&enow_gateway_settings_live, &s_gateway->cfg, key, text);

    if (err != ESP_ERR_NOT_FOUND) {
        apply();
        return err;
    }
    err = enow_settings_set(&enow_gateway_settings_later, &s_next, key, text);
    for (size_t i = 0; i < COUNT(s_closed) && err == ESP_ERR_NOT_FOUND; i++) {
        err = enow_settings_set(s_closed[i], &s_next, key, text);
    }
    enow_link_wipe(&s_next, sizeof s_next);
    if (err == ESP_OK) {
        ESP_LOGI(TAG, "%s is set, and counts from the next start on", key);
    }
    return err;
}

esp_err_t enow_gateway_change(const char *key, const char *text)
{
    xSemaphoreTake(s_lock, portMAX_DELAY);
    const esp_err_t err = change(key, text);
    xSemaphoreGive(s_lock);
    return err;
}

static enow_gateway_set_t set(void *user, const char *key, const char *text)
{
    (void)user;
    if (enow_gateway_change(key, text) != ESP_OK) {
        return ENOW_GATEWAY_SET_UNSAVED;
    }
    return enow_settings_find(&enow_gateway_settings_live, key) != NULL ? ENOW_GATEWAY_SET_NOW
                                                                        : ENOW_GATEWAY_SET_NEXT_START;
}

int enow_gateway_change_remote(const char *text, size_t len, char answer[ENOW_GATEWAY_REMOTE_ANSWER])
{
    const enow_gateway_remote_t remote = {
        .open = s_open, .open_count = COUNT(s_open), .closed = s_closed, .closed_count = COUNT(s_closed), .set = set};

    const int changed = enow_gateway_remote_take(&remote, text, len, answer);
    ESP_LOGI(TAG, "settings from the broker: %s", answer);
    return changed;
}
