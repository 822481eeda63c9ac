#include "enow/wifi.h"

#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "sdkconfig.h"

#define TAG "enow_wifi"

static enow_wifi_config_t s_cfg;
/** start was called, and stop was not: Wi-Fi is on, unless its last restart failed. */
static bool s_started;
static esp_netif_t *s_netif;
/** What a restart takes along. */
static wifi_config_t s_access_point;
static bool s_has_access_point;

static const enow_setting_t s_rows[] = {
    ENOW_SETTING_STRING(enow_wifi_config_t, country, 2, "two letters of ISO 3166-1, or 01"),
    ENOW_SETTING_I8(enow_wifi_config_t, power_dbm, 2, 20, "transmit power in dBm"),
};
const enow_settings_t enow_wifi_settings = {s_rows, sizeof s_rows / sizeof s_rows[0]};

void enow_wifi_config_default(enow_wifi_config_t *cfg)
{
    *cfg = (enow_wifi_config_t){.country = CONFIG_ENOW_PORT_COUNTRY, .power_dbm = CONFIG_ENOW_PORT_POWER_DBM};
}

/* Makes what Wi-Fi sends its events to. */
static esp_err_t prepare(void)
{
    esp_err_t err = esp_netif_init();

    if (err != ESP_OK) {
        return err;
    }
    err = esp_event_loop_create_default();
    if (err != ESP_OK && err != ESP_ERR_INVALID_STATE) { /* there is one */
        return err;
    }
    if (s_cfg.joins && s_netif == NULL) {
        s_netif = esp_netif_create_default_wifi_sta();
    }
    return ESP_OK;
}

/* Starts what was initialised. */
static esp_err_t start(void)
{
    esp_err_t err = esp_wifi_set_storage(WIFI_STORAGE_RAM);

    if (err == ESP_OK) {
        err = esp_wifi_set_mode(WIFI_MODE_STA);
    }
    if (err == ESP_OK && s_has_access_point) {
        err = esp_wifi_set_config(WIFI_IF_STA, &s_access_point);
    }
    if (err == ESP_OK && esp_wifi_set_country_code(s_cfg.country, true) != ESP_OK) {
        ESP_LOGE(TAG, "the Wi-Fi driver knows no country %s: set country to two letters of ISO 3166-1, or 01",
                 s_cfg.country);
    }
    if (err == ESP_OK) {
        err = esp_wifi_start();
    }
    if (err == ESP_OK) {
        err = esp_wifi_set_ps(WIFI_PS_NONE); /* a radio that naps hears nobody */
    }
    if (err == ESP_OK) {
        err = esp_wifi_set_max_tx_power((int8_t)(4 * s_cfg.power_dbm)); /* in quarters of a dBm */
    }
    return err;
}

static void switch_off(void)
{
    (void)esp_wifi_stop();
    (void)esp_wifi_deinit();
}

static esp_err_t switch_on(void)
{
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();

    init.nvs_enable = 0; /* so that it works without NVS */
    esp_err_t err = esp_wifi_init(&init);
    if (err != ESP_OK) {
        return err;
    }
    err = start();
    if (err != ESP_OK) {
        switch_off();
    }
    return err;
}

static void forget_netif(void)
{
    if (s_netif != NULL) {
        esp_netif_destroy_default_wifi(s_netif);
        s_netif = NULL;
    }
}

esp_err_t enow_wifi_start(const enow_wifi_config_t *cfg)
{
    if (s_started) {
        return ESP_ERR_INVALID_STATE;
    }
    if (enow_settings_wrong(&enow_wifi_settings, cfg) != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    s_cfg = *cfg;
    esp_err_t err = prepare();
    if (err == ESP_OK) {
        err = switch_on();
    }
    s_started = err == ESP_OK;
    if (!s_started) {
        forget_netif();
        ESP_LOGE(TAG, "Wi-Fi does not start: %s", esp_err_to_name(err));
    }
    return err;
}

void enow_wifi_stop(void)
{
    if (s_started) {
        switch_off();
        forget_netif();
        memset(&s_access_point, 0, sizeof s_access_point);
        s_has_access_point = false;
        s_started = false;
    }
}

esp_err_t enow_wifi_restart(void)
{
    if (!s_started) {
        return ESP_ERR_INVALID_STATE;
    }
    if (s_cfg.joins && esp_wifi_get_config(WIFI_IF_STA, &s_access_point) == ESP_OK) {
        s_has_access_point = true;
    }
    switch_off();
    const esp_err_t err = switch_on();
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "Wi-Fi does not start again: %s", esp_err_to_name(err));
    }
    return err;
}

esp_err_t enow_wifi_addr(enow_addr_t *addr) { return esp_wifi_get_mac(WIFI_IF_STA, addr->bytes); }
