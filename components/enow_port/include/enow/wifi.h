/*
 * Wi-Fi in station mode, as ESP-NOW needs it: on, awake, and with nothing of it in NVS.
 *
 *   enow_wifi_config_t cfg;
 *   enow_wifi_config_default(&cfg);
 *   enow_settings_load(&enow_wifi_settings, &cfg);
 *   esp_err_t err = enow_wifi_start(&cfg);
 *
 * Threads: start and stop from one task; the others from any task while Wi-Fi runs. All block for as long as the Wi-Fi
 * driver does: some 100 ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enow/addr.h"
#include "enow/settings.h"
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How Wi-Fi is configured. Start from enow_wifi_config_default. */
typedef struct {
    /** ISO 3166-1, or "01" for the channels that are allowed everywhere. It decides whether channels 12 to 14 are. */
    char country[3];
    /** In dBm: 2..20. What the country allows is the limit all the same. */
    int8_t power_dbm;
    /** An access point will be joined: a network interface is made for it. */
    bool joins;
} enow_wifi_config_t;

/** Settings in NVS for enow_wifi_config_t: country, power_dbm. */
extern const enow_settings_t enow_wifi_settings;

/** Fills in what Kconfig says, and that no access point is joined. */
void enow_wifi_config_default(enow_wifi_config_t *cfg);

/** Switches Wi-Fi on. The default event loop and esp_netif are made if they are not there, and stay. Returns ESP_OK;
 * ESP_ERR_INVALID_STATE if Wi-Fi was started here before; ESP_ERR_INVALID_ARG for a setting out of range; or the error
 * of the Wi-Fi driver, and Wi-Fi is off. */
esp_err_t enow_wifi_start(const enow_wifi_config_t *cfg);

/** Switches Wi-Fi off and frees its memory. Stop the radio (enow/radio.h) first. Without Wi-Fi it does nothing. */
void enow_wifi_stop(void);

/** Switches Wi-Fi off and on again, which frees what the driver has lost: the radio's watchdog does it. Who had joined
 * an access point sees WIFI_EVENT_STA_STOP and _START, and joins again. Returns ESP_OK or the error of the Wi-Fi
 * driver: then try again. */
esp_err_t enow_wifi_restart(void);

/** Sets *addr to this station's address. Returns ESP_OK or the error of the Wi-Fi driver. */
esp_err_t enow_wifi_addr(enow_addr_t *addr);

#ifdef __cplusplus
}
#endif
