#include "change.h"

#include "broker.h"
#include "enow/radio.h"
#include "enow/wifi.h"
#include "esp_log.h"
#include "settings.h"
#include "uplink.h"

static const char *TAG = "enow_gateway";

/* Whose log level is set. */
static const char *const s_tags[] = {"enow_gateway", "enow_driver", "enow_radio", "enow_settings", "enow_wifi"};

static enow_gateway_t *s_gateway;

void enow_gateway_change_start(enow_gateway_t *gateway) { s_gateway = gateway; }

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

esp_err_t enow_gateway_change(const char *key, const char *text)
{
    const enow_settings_t *const later[] = {&enow_gateway_settings_later, &enow_gateway_settings_closed,
                                            &enow_radio_settings, &enow_wifi_settings};
    esp_err_t err = enow_settings_set(&enow_gateway_settings_live, &s_gateway->cfg, key, text);

    if (err != ESP_ERR_NOT_FOUND) {
        apply();
        return err;
    }
    for (size_t i = 0; i < sizeof later / sizeof later[0] && err == ESP_ERR_NOT_FOUND; i++) {
        err = enow_settings_set(later[i], NULL, key, text);
    }
    if (err == ESP_OK) {
        ESP_LOGI(TAG, "%s is set, and counts from the next start on", key);
    }
    return err;
}

static bool change(void *user, const char *key, const char *text)
{
    (void)user;
    return enow_gateway_change(key, text) == ESP_OK;
}

int enow_gateway_change_remote(const char *text, size_t len, char answer[ENOW_GATEWAY_REMOTE_ANSWER])
{
    const enow_settings_t *const open[] = {&enow_gateway_settings_live, &enow_gateway_settings_later,
                                           &enow_radio_settings, &enow_wifi_settings};
    const enow_gateway_remote_t remote = {.open = open,
                                          .open_count = sizeof open / sizeof open[0],
                                          .closed = &enow_gateway_settings_closed,
                                          .set = change};

    const int changed = enow_gateway_remote_take(&remote, text, len, answer);
    ESP_LOGI(TAG, "settings from the broker: %s", answer);
    return changed;
}
