#include "home.h"

#include "esp_log.h"
#include "nvs.h"
#include "state.h"

#include <string.h>

#define SECOND_US UINT64_C(1000000)
#define NAMESPACE "enow"
#define KEY "home"
#define CHANNEL sizeof(enow_addr_t) /* behind the gateway */
#define SIZE (CHANNEL + 1)

/* Whether it is one station, on a channel. */
static bool is_home(const uint8_t bytes[SIZE])
{
    static const enow_addr_t none = {{0}};

    return (bytes[0] & 1) == 0 && memcmp(bytes, none.bytes, sizeof none.bytes) != 0 && bytes[CHANNEL] >= 1 &&
           bytes[CHANNEL] <= ENOW_LINK_MAX_CHANNEL;
}

void enow_home_load(enow_link_home_t *home)
{
    uint8_t bytes[SIZE];
    size_t len = sizeof bytes;
    nvs_handle_t nvs;

    memset(home, 0, sizeof *home);
    if (nvs_open(NAMESPACE, NVS_READONLY, &nvs) != ESP_OK) {
        return;
    }
    if (nvs_get_blob(nvs, KEY, bytes, &len) == ESP_OK && len == sizeof bytes && is_home(bytes)) {
        memcpy(home->gateway.bytes, bytes, sizeof home->gateway.bytes);
        home->channel = bytes[CHANNEL];
    }
    nvs_close(nvs);
}

static esp_err_t save(const enow_link_home_t *home)
{
    uint8_t bytes[SIZE];
    nvs_handle_t nvs;
    esp_err_t err = nvs_open(NAMESPACE, NVS_READWRITE, &nvs);

    if (err != ESP_OK) {
        return err;
    }
    memcpy(bytes, home->gateway.bytes, sizeof home->gateway.bytes);
    bytes[CHANNEL] = home->channel;
    err = nvs_set_blob(nvs, KEY, bytes, sizeof bytes);
    if (err == ESP_OK) {
        err = nvs_commit(nvs);
    }
    nvs_close(nvs);
    return err;
}

/* Writes to flash only what is new, for flash wears. */
static void remember(const enow_link_home_t *home)
{
    enow_node_state_t *s = &enow_node_state;

    if (home->channel == s->home.channel &&
        memcmp(home->gateway.bytes, s->home.gateway.bytes, sizeof home->gateway.bytes) == 0) {
        return;
    }
    s->home = *home;
    const esp_err_t err = save(home);
    if (err != ESP_OK) {
        s->home_unsaved++;
        ESP_LOGW(ENOW_NODE_TAG,
                 "NVS does not keep where the gateway is, so the search after a restart is longer: %s. Make the NVS "
                 "partition larger, or erase what is of no use in it",
                 esp_err_to_name(err));
    }
}

static void warn_after(uint64_t now_us)
{
    enow_node_state_t *s = &enow_node_state;

    s->warn_at_us = s->cfg.warn_s == 0 ? UINT64_MAX : now_us + s->cfg.warn_s * SECOND_US;
}

void enow_home_searching(uint64_t now_us)
{
    enow_node_state.missed_us = now_us;
    warn_after(now_us);
}

void enow_home_resumed(void) { enow_node_state.warn_at_us = UINT64_MAX; }

void enow_home_changed(uint64_t now_us, const enow_link_connection_t *c)
{
    if (!c->up) {
        ESP_LOGW(ENOW_NODE_TAG, "lost the gateway " MAC " (%s): searching", MAC_BYTES(c->gateway.bytes),
                 enow_link_reason_name(c->reason));
        enow_home_searching(now_us);
        return;
    }
    ESP_LOGI(ENOW_NODE_TAG, "joined the gateway " MAC " on channel %u, %d dBm", MAC_BYTES(c->gateway.bytes), c->channel,
             c->rssi);
    enow_node_state.warn_at_us = UINT64_MAX;
    remember(&(enow_link_home_t){c->gateway, c->channel});
}

void enow_home_missed(uint64_t now_us)
{
    const enow_node_state_t *s = &enow_node_state;
    enow_link_node_stats_t stats;

    if (now_us < s->warn_at_us) {
        return;
    }
    enow_link_node_stats(s->machine, &stats);
    ESP_LOGW(ENOW_NODE_TAG,
             "no gateway for %lu s: %lu searches, %lu frames heard. Is one on and in reach, on one of the channels "
             "0x%x, and "
             "%s?",
             (unsigned long)((now_us - s->missed_us) / SECOND_US), (unsigned long)stats.searches,
             (unsigned long)stats.heard, s->cfg.channels,
             s->cfg.key_id == 0 ? "its network open too" : "has it the network key that this device's key comes from");
    warn_after(now_us);
}
