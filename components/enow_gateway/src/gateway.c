#include "enow_gateway.h"

#include "broker.h"
#include "change.h"
#include "clock.h"
#include "downlink.h"
#include "enow/driver.h"
#include "enow/keys.h"
#include "enow/wifi.h"
#include "esp_log.h"
#include "esp_wifi.h"
#include "name.h"
#include "presence.h"
#include "report.h"
#include "settings.h"
#include "state.h"
#include "station.h"
#include "uplink.h"
#include <stdlib.h>
#include <string.h>

static const char *TAG = "enow_gateway";

#define HOUR_US (UINT64_C(3600) * 1000000)

/* What has been started, in this order. */
typedef enum { NOTHING, WIFI, RADIO, UPLINK, BROKER, DRIVER, STATION } stage_t;

static stage_t s_stage;
static enow_gateway_t s_gateway;
static void *s_memory; /* the machine's */
static size_t s_memory_size;

/* --- the machine, for its driver --- */

static void handle(void *self, uint64_t now_us, const enow_link_frame_t *frame)
{
    enow_link_gateway_handle(self, now_us, frame);
}

static bool poll(void *self, uint64_t now_us, enow_link_event_t *event)
{
    return enow_link_gateway_poll(self, now_us, event);
}

/* Nodes are told the time as it is, though the clock may be set meanwhile. */
static bool transmit(void *self, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf, size_t cap)
{
    const uint64_t unix_us = enow_gateway_clock_unix_us();

    if (unix_us != 0) {
        enow_link_gateway_set_unix_time(self, now_us, unix_us);
    }
    return enow_link_gateway_transmit(self, now_us, out, buf, cap);
}

static bool next_deadline(const void *self, uint64_t *at_us) { return enow_link_gateway_next_deadline(self, at_us); }

static void radio_reset(void *self) { enow_link_gateway_radio_reset(self); }

static void goodbye(void *self) { enow_link_gateway_shutdown(self); }

static const enow_machine_t s_machine = {
    .handle = handle,
    .poll = poll,
    .transmit = transmit,
    .next_deadline = next_deadline,
    .radio_reset = radio_reset,
    .goodbye = goodbye,
};

static void told(void *user, const enow_link_event_t *event)
{
    (void)user;
    switch (event->kind) {
    case ENOW_LINK_EVENT_MESSAGE:
        enow_gateway_uplink_message(enow_driver_now(), &event->as.message);
        break;
    case ENOW_LINK_EVENT_RESULT:
        enow_gateway_downlink_result(&event->as.result);
        break;
    case ENOW_LINK_EVENT_PRESENCE:
        enow_gateway_presence_told(&event->as.presence);
        break;
    default:
        break;
    }
}

/* --- what the other parts tell --- */

typedef struct {
    enow_link_receipt_t receipt;
    bool taken;
} verdict_t;

static void settle_in_owner(void *arg)
{
    const verdict_t *verdict = arg;

    if (verdict->taken) {
        (void)enow_link_gateway_accept(s_gateway.machine, enow_driver_now(), verdict->receipt);
    } else {
        (void)enow_link_gateway_refuse(s_gateway.machine, enow_driver_now(), verdict->receipt);
    }
}

static void settle(enow_link_receipt_t receipt, bool taken)
{
    verdict_t verdict = {receipt, taken};

    (void)enow_driver_call(settle_in_owner, &verdict);
}

static void tuned_in_owner(void *arg)
{
    const uint8_t *channel = arg;

    (void)enow_radio_reset(); /* an error is the radio's to count and to get over */
    enow_link_gateway_set_channel(s_gateway.machine, *channel);
    enow_gateway_presence_moved(*channel);
}

static void tuned(uint8_t channel) { (void)enow_driver_call(tuned_in_owner, &channel); }

static void network(bool up)
{
    if (up) {
        enow_gateway_clock_start(s_gateway.cfg.ntp);
        enow_gateway_name_start(s_gateway.cfg.hostname);
    }
    enow_gateway_broker_network(up);
}

/* --- start --- */

static bool given(const uint8_t *key)
{
    enow_link_secret_t secret;

    memcpy(secret.bytes, key, sizeof secret.bytes);
    const bool weak = enow_link_secret_weak(&secret);
    enow_link_wipe(&secret, sizeof secret);
    return !weak;
}

static const enow_settings_t *const s_tables[] = {&enow_gateway_settings_closed, &enow_gateway_settings_later,
                                                  &enow_gateway_settings_live};
#define TABLES (sizeof s_tables / sizeof s_tables[0])

static esp_err_t load(const enow_gateway_config_t *cfg)
{
    enow_gateway_config_t *to = &s_gateway.cfg;

    if (cfg == NULL) {
        enow_gateway_config_default(to);
    } else {
        *to = *cfg;
    }
    for (size_t i = 0; i < TABLES; i++) {
        const enow_setting_t *wrong = enow_settings_wrong(s_tables[i], to);

        if (wrong != NULL) {
            ESP_LOGE(TAG, "%s is out of range: %s", wrong->key, wrong->help);
            return ESP_ERR_INVALID_ARG;
        }
    }
    /* Where the key is not in NVS, NVS has nothing that cannot be had again. */
    (void)enow_settings_open(given(to->network_key) || to->open);
    for (size_t i = 0; i < TABLES; i++) {
        enow_settings_load(s_tables[i], to);
    }
    enow_gateway_change_log_level(to->log_level);
    s_gateway.roots = (enow_gateway_roots_t){.device = to->device_root, .gateway = to->gateway_root};
    if (enow_gateway_roots_check(&s_gateway.roots) != 0) {
        ESP_LOGE(
            TAG,
            "device_root \"%s\" and gateway_root \"%s\" cannot be first levels of topics: they differ, begin with /, "
            "and have neither + nor #",
            to->device_root, to->gateway_root);
        return ESP_ERR_INVALID_ARG;
    }
    return ESP_OK;
}

static void add_key(enow_link_gateway_config_t *link, uint8_t id, const uint8_t *key)
{
    if (id != 0 && given(key)) {
        link->keys[link->key_count].id = id;
        memcpy(link->keys[link->key_count].key, key, ENOW_LINK_KEY_SIZE);
        link->key_count++;
    }
}

/* Keys are in the machine from here on, and nowhere else. */
static esp_err_t take_keys(enow_link_gateway_config_t *link)
{
    enow_gateway_config_t *cfg = &s_gateway.cfg;

    add_key(link, cfg->key_id, cfg->network_key);
    add_key(link, cfg->key_id2, cfg->network_key2);
    enow_link_wipe(cfg->network_key, sizeof cfg->network_key);
    enow_link_wipe(cfg->network_key2, sizeof cfg->network_key2);
    if (link->key_count > 0) {
        return ESP_OK;
    }
    if (!cfg->open) {
        ESP_LOGE(
            TAG,
            "no network key: flash an NVS partition made with \"enow keys provision --gateway\", or set "
            "CONFIG_ENOW_GATEWAY_NETWORK_KEY for development. A network without keys must be asked for: setting open");
        return ESP_ERR_INVALID_STATE;
    }
    ESP_LOGW(TAG, "the network is open: anybody near can read and send messages");
    link->passthrough = (enow_link_passthrough_t)cfg->passthrough;
    return ESP_OK;
}

static esp_err_t make_machine(enow_link_gateway_config_t *link)
{
    esp_err_t err = take_keys(link);

    if (err != ESP_OK) {
        return err;
    }
    s_memory_size = enow_link_gateway_memory(link);
    s_memory = malloc(s_memory_size);
    if (s_memory == NULL) {
        ESP_LOGE(TAG,
                 "no memory for %u bytes of the link: lower its sizes in menuconfig, those of mail and sessions first",
                 (unsigned)s_memory_size);
        return ESP_ERR_NO_MEM;
    }
    const int failed = enow_link_gateway_init(&s_gateway.machine, link, s_memory, s_memory_size);
    if (failed != 0) {
        ESP_LOGE(TAG, "the link does not start (%d): are both network keys and their numbers different?", failed);
        return failed == ENOW_LINK_ERR_CONFIG ? ESP_ERR_INVALID_ARG : ESP_FAIL;
    }
    return ESP_OK;
}

/* Where ESP-NOW is until an access point is joined. */
static esp_err_t tune(void)
{
    uint8_t *channel = &s_gateway.cfg.channel;
    const esp_err_t err = esp_wifi_set_channel(*channel, WIFI_SECOND_CHAN_NONE);

    if (err != ESP_ERR_INVALID_ARG) {
        return err;
    }
    ESP_LOGW(TAG, "channel %u is not allowed here, so ESP-NOW begins on 1: check the settings country and channel",
             *channel);
    *channel = 1; /* which is allowed everywhere */
    return esp_wifi_set_channel(*channel, WIFI_SECOND_CHAN_NONE);
}

static esp_err_t start_radio(void)
{
    enow_wifi_config_t wifi;
    enow_radio_config_t radio;
    esp_err_t err;

    enow_wifi_config_default(&wifi);
    enow_settings_load(&enow_wifi_settings, &wifi);
    wifi.joins = true;
    err = enow_wifi_start(&wifi);
    if (err != ESP_OK) {
        return err;
    }
    s_stage = WIFI;
    enow_radio_config_default(&radio);
    enow_settings_load(&enow_radio_settings, &radio);
    err = enow_wifi_addr(&s_gateway.addr);
    if (err == ESP_OK) {
        err = tune();
    }
    if (err == ESP_OK) {
        err = enow_radio_start(&radio);
    }
    if (err == ESP_OK) {
        s_stage = RADIO;
    }
    return err;
}

static esp_err_t start_link(void)
{
    enow_link_gateway_config_t link;
    esp_err_t err;

    enow_link_gateway_config_default(&link, s_gateway.addr, s_gateway.cfg.channel);
    link.crypto = enow_crypto_psa();
    link.max_frame = enow_radio_max_frame();
    link.keep_alive_s = s_gateway.cfg.node_alive_s;
    link.mail.keep_us = s_gateway.cfg.mail_keep_h * HOUR_US;
    err = make_machine(&link);
    enow_link_wipe(link.keys, sizeof link.keys);
    if (err != ESP_OK) {
        return err;
    }
    err = enow_gateway_uplink_start(&(enow_gateway_uplink_config_t){.cfg = &s_gateway.cfg,
                                                                    .roots = &s_gateway.roots,
                                                                    .fragments = &link.fragments,
                                                                    .ready = enow_gateway_broker_wake,
                                                                    .settle = settle});
    if (err == ESP_OK) {
        s_stage = UPLINK;
    }
    return err;
}

static esp_err_t start_rest(void)
{
    static const enow_gateway_station_events_t station = {.tuned = tuned, .network = network};
    const enow_driver_config_t driver = {.machine = &s_machine, .self = s_gateway.machine, .tell = told};
    esp_err_t err;

    enow_gateway_change_start(&s_gateway);
    enow_gateway_presence_start(&s_gateway);
    enow_gateway_downlink_start(&s_gateway);
    enow_gateway_report_start(&s_gateway);
    err = enow_gateway_broker_start(&s_gateway);
    if (err != ESP_OK) {
        return err;
    }
    s_stage = BROKER;
    err = enow_driver_start(&driver);
    if (err != ESP_OK) {
        return err;
    }
    s_stage = DRIVER;
    err = enow_gateway_station_start(&s_gateway.cfg, &station);
    s_stage = STATION;
    return err;
}

/* Ends what has been started: nodes hear of it first, and then the broker does. The access point stays joined until
 * then. */
static void stop(void)
{
    if (s_stage >= STATION) {
        enow_gateway_station_stop();
    }
    if (s_stage >= DRIVER) {
        enow_driver_stop();
    }
    if (s_stage >= BROKER) {
        enow_gateway_broker_stop();
    }
    if (s_stage >= UPLINK) {
        enow_gateway_uplink_stop();
    }
    enow_gateway_name_stop();
    enow_gateway_clock_stop();
    if (s_stage >= RADIO) {
        enow_radio_stop();
    }
    if (s_stage >= WIFI) {
        enow_wifi_stop();
    }
    if (s_memory != NULL) {
        enow_link_wipe(s_memory, s_memory_size);
        free(s_memory);
        s_memory = NULL;
    }
    enow_link_wipe(&s_gateway, sizeof s_gateway);
    s_stage = NOTHING;
}

esp_err_t enow_gateway_start(const enow_gateway_config_t *cfg)
{
    esp_err_t err;

    if (s_stage != NOTHING) {
        return ESP_ERR_INVALID_STATE;
    }
    err = load(cfg);
    if (err == ESP_OK) {
        err = start_radio();
    }
    if (err == ESP_OK) {
        err = start_link();
    }
    if (err == ESP_OK) {
        err = start_rest();
    }
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "the gateway does not start: %s", esp_err_to_name(err));
        stop();
        return err;
    }
    return ESP_OK;
}

esp_err_t enow_gateway_stop(void)
{
    if (s_stage == NOTHING) {
        return ESP_ERR_INVALID_STATE;
    }
    stop();
    return ESP_OK;
}

esp_err_t enow_gateway_set(const char *key, const char *text)
{
    return s_stage == NOTHING ? ESP_ERR_INVALID_STATE : enow_gateway_change(key, text);
}

esp_err_t enow_gateway_stats(enow_gateway_stats_t *out)
{
    return s_stage == NOTHING ? ESP_ERR_INVALID_STATE : enow_gateway_report_collect(out);
}
