#include "settings.h"

#include "enow/config.h"
#include "enow/keys.h"
#include "esp_log.h"
#include "sdkconfig.h"
#include "state.h"

#include <string.h>

#ifndef CONFIG_ENOW_NODE_OPEN /* a bool that is off is not defined */
#define CONFIG_ENOW_NODE_OPEN 0
#endif
#ifndef CONFIG_ENOW_NODE_SLEEPY
#define CONFIG_ENOW_NODE_SLEEPY 0
#endif
#ifndef CONFIG_ENOW_NODE_SLEEP_ANYWAY
#define CONFIG_ENOW_NODE_SLEEP_ANYWAY 0
#endif

typedef enow_node_config_t config_t;

static const enow_setting_t s_rows[] = {
    ENOW_SETTING_U8(config_t, key_id, 0, 255, "the network key that the device's comes from"),
    ENOW_SETTING_BLOB(config_t, device_key, "the device's key"),
    ENOW_SETTING_BLOB(config_t, address, "the device that its key was made for"),
    ENOW_SETTING_BLOB(config_t, network_key, "the network's key, for development"),
    ENOW_SETTING_BOOL(config_t, open, "whether the network is open, without keys"),
    ENOW_SETTING_BOOL(config_t, sleepy, "whether the device sleeps between messages"),
    ENOW_SETTING_U16(config_t, keep_alive_s, 1, 65535, "silence in seconds until the gateway is lost"),
    ENOW_SETTING_U16(config_t, channels, 0x2, 0x7ffe, "bit n: channel n is searched"),
    ENOW_SETTING_U16(config_t, listen_ms, 1, 1000, "milliseconds to listen on a channel"),
    ENOW_SETTING_I8(config_t, min_rssi, -127, 0, "signal of a gateway in dBm, at least"),
    ENOW_SETTING_U8(config_t, hysteresis, 0, 100, "signal of another gateway in dB, better by"),
    ENOW_SETTING_U16(config_t, queue_messages, 1, 1024, "messages that wait to be sent"),
    ENOW_SETTING_U32(config_t, queue_bytes, 1, 1048576, "bytes that wait to be sent"),
    ENOW_SETTING_U32(config_t, max_receive, 1, CONFIG_ENOW_NODE_MAX_RECEIVE,
                     "bytes of the longest message to the device"),
    ENOW_SETTING_U32(config_t, sleep_wait_ms, 0, 600000, "wait before sleep in milliseconds"),
    ENOW_SETTING_BOOL(config_t, sleep_anyway, "whether to sleep even if messages are lost"),
    ENOW_SETTING_U16(config_t, warn_s, 0, 65535, "seconds between warnings without a gateway"),
};

const enow_settings_t enow_node_settings = {s_rows, sizeof s_rows / sizeof s_rows[0]};

static void key_of(uint8_t out[ENOW_LINK_KEY_SIZE], const char *digits, const char *option)
{
    if (digits[0] != '\0' && enow_settings_hex(digits, out, ENOW_LINK_KEY_SIZE) != ESP_OK) {
        ESP_LOGE(ENOW_NODE_TAG, "%s is not %u hexadecimal digits, so it is no key: correct it in menuconfig", option,
                 2 * ENOW_LINK_KEY_SIZE);
    }
}

void enow_node_config_default(enow_node_config_t *cfg)
{
    memset(cfg, 0, sizeof *cfg);
    cfg->key_id = CONFIG_ENOW_NODE_KEY_ID;
    key_of(cfg->device_key, CONFIG_ENOW_NODE_DEVICE_KEY, "CONFIG_ENOW_NODE_DEVICE_KEY");
    key_of(cfg->network_key, CONFIG_ENOW_NODE_NETWORK_KEY, "CONFIG_ENOW_NODE_NETWORK_KEY");
    cfg->open = CONFIG_ENOW_NODE_OPEN;
    cfg->sleepy = CONFIG_ENOW_NODE_SLEEPY;
    cfg->keep_alive_s = CONFIG_ENOW_NODE_KEEP_ALIVE_S;
    cfg->channels = CONFIG_ENOW_NODE_CHANNELS;
    cfg->listen_ms = CONFIG_ENOW_NODE_LISTEN_MS;
    cfg->min_rssi = CONFIG_ENOW_NODE_MIN_RSSI;
    cfg->hysteresis = CONFIG_ENOW_NODE_HYSTERESIS;
    cfg->queue_messages = ENOW_CONFIG_NODE_QUEUE;
    cfg->queue_bytes = ENOW_CONFIG_NODE_QUEUE_BYTES;
    cfg->max_receive = CONFIG_ENOW_NODE_MAX_RECEIVE;
    cfg->sleep_wait_ms = CONFIG_ENOW_NODE_SLEEP_WAIT_MS;
    cfg->sleep_anyway = CONFIG_ENOW_NODE_SLEEP_ANYWAY;
    cfg->warn_s = CONFIG_ENOW_NODE_WARN_S;
    enow_wifi_config_default(&cfg->wifi);
    enow_radio_config_default(&cfg->radio);
}

esp_err_t enow_node_settings_open(void)
{
    return enow_settings_open(CONFIG_ENOW_NODE_KEY_ID != 0 || CONFIG_ENOW_NODE_OPEN);
}

esp_err_t enow_node_config_load(enow_node_config_t *cfg)
{
    const esp_err_t err = enow_node_settings_open();

    if (err == ESP_OK) {
        enow_settings_load(&enow_node_settings, cfg);
        enow_settings_load(&enow_wifi_settings, &cfg->wifi);
        enow_settings_load(&enow_radio_settings, &cfg->radio);
    }
    return err;
}

esp_err_t enow_node_set(const char *key, const char *text)
{
    enow_node_config_t unused;
    const struct {
        const enow_settings_t *table;
        void *config;
    } all[] = {
        {&enow_node_settings, &unused}, {&enow_wifi_settings, &unused.wifi}, {&enow_radio_settings, &unused.radio}};
    esp_err_t err = enow_node_settings_open();

    if (err != ESP_OK) {
        return err;
    }
    err = ESP_ERR_NOT_FOUND;
    for (size_t i = 0; err == ESP_ERR_NOT_FOUND && i < sizeof all / sizeof all[0]; i++) {
        err = enow_settings_set(all[i].table, all[i].config, key, text);
    }
    enow_link_wipe(&unused, sizeof unused); /* it may hold a key */
    return err;
}
