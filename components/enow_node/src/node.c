#include "enow_node.h"

#include "enow/driver.h"
#include "enow/keys.h"
#include "esp_log.h"
#include "events.h"
#include "home.h"
#include "identity.h"
#include "memory.h"
#include "publish.h"
#include "settings.h"
#include "sleep.h"
#include "state.h"

enow_node_state_t enow_node_state;

static uint64_t s_memory[(ENOW_NODE_MEMORY + 7) / 8];

/* The machine as the driver sees it. While it searches it is polled often enough to warn that there is no gateway. */

static void handle(void *self, uint64_t now_us, const enow_link_frame_t *frame)
{
    enow_link_node_handle(self, now_us, frame);
}

static bool poll(void *self, uint64_t now_us, enow_link_event_t *event)
{
    enow_home_missed(now_us);
    return enow_link_node_poll(self, now_us, event);
}

static bool transmit(void *self, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf, size_t cap)
{
    return enow_link_node_transmit(self, now_us, out, buf, cap);
}

static bool next_deadline(const void *self, uint64_t *at_us) { return enow_link_node_next_deadline(self, at_us); }

static void radio_reset(void *self) { enow_link_node_radio_reset(self); }

static void goodbye(void *self) { enow_link_node_goodbye(self); }

static const enow_machine_t s_functions = {handle, poll, transmit, next_deadline, radio_reset, goodbye};

static void tell(void *user, const enow_link_event_t *event)
{
    (void)user;
    if (event->kind == ENOW_LINK_EVENT_CONNECTION) {
        enow_home_changed(enow_driver_now(), &event->as.connection);
    }
    enow_events_tell(event);
}

/* Tells of a session that went on after sleep, which the machine takes for granted; in the driver's task. */
static void tell_resumed(void *arg)
{
    const enow_link_home_t home = enow_link_node_home(enow_node_state.machine);
    const enow_link_event_t event = {
        .kind = ENOW_LINK_EVENT_CONNECTION,
        .as.connection = {.up = true, .gateway = home.gateway, .channel = home.channel},
    };

    (void)arg;
    enow_events_tell(&event);
}

static void link_config(enow_link_node_config_t *link, const enow_node_config_t *cfg)
{
    link->max_frame = enow_radio_max_frame();
    link->queue_messages = cfg->queue_messages;
    link->queue_bytes = cfg->queue_bytes;
    enow_home_load(&link->home);
    link->channel_count = 0;
    for (uint8_t channel = 1; channel <= ENOW_LINK_MAX_CHANNEL; channel++) {
        if ((cfg->channels >> channel & 1) != 0) {
            link->channels[link->channel_count++] = channel;
        }
    }
    link->listen_us = cfg->listen_ms * UINT32_C(1000);
    link->min_rssi = cfg->min_rssi;
    link->hysteresis = cfg->hysteresis;
    link->keep_alive_s = cfg->keep_alive_s;
    link->sleepy = cfg->sleepy;
    link->receive.max_message = cfg->max_receive;
    link->receive.source_bytes = enow_frag_limits_message_bytes(&link->receive);
    link->receive.max_bytes = link->receive.source_bytes;
}

/* Makes the machine. */
static esp_err_t make(const enow_link_node_config_t *link)
{
    enow_node_state_t *s = &enow_node_state;
    const size_t needed = enow_link_node_memory(link);

    if (needed > sizeof s_memory) {
        ESP_LOGE(
            ENOW_NODE_TAG,
            "the queues need %u bytes, and there are %u: lower queue_messages, queue_bytes or max_receive, or raise "
            "what menuconfig says of them",
            (unsigned)needed, (unsigned)sizeof s_memory);
        return ESP_ERR_NO_MEM;
    }
    int err = enow_sleep_resume(&s->machine, link, s_memory, sizeof s_memory);
    s->resumed = err == 0;
    if (s->resumed) {
        enow_home_resumed();
        ESP_LOGI(ENOW_NODE_TAG, "awake, with the session from before the sleep");
    } else {
        enow_home_searching(enow_driver_now());
        err = enow_link_node_init(&s->machine, link, s_memory, sizeof s_memory);
    }
    if (err == 0) {
        return ESP_OK;
    }
    s->machine = NULL;
    if (err == ENOW_LINK_ERR_CONFIG) {
        ESP_LOGE(ENOW_NODE_TAG, "a setting is out of its range: README.md has a table of them");
        return ESP_ERR_INVALID_ARG;
    }
    ESP_LOGE(ENOW_NODE_TAG, "the cryptography does not work: error %d", err);
    return ESP_FAIL;
}

/* Switches on what the machine needs, makes it, and has it driven. */
static esp_err_t bring_up(enow_link_node_config_t *link, const enow_node_config_t *cfg)
{
    enow_driver_config_t driver = {.machine = &s_functions, .tell = tell};
    enow_addr_t own;
    esp_err_t err = enow_wifi_start(&cfg->wifi);

    if (err == ESP_OK) {
        err = enow_wifi_addr(&own);
    }
    if (err != ESP_OK) {
        return err;
    }
    enow_link_node_config_default(link, own);
    link->crypto = enow_crypto_psa();
    if (link->crypto == NULL) {
        ESP_LOGE(ENOW_NODE_TAG, "PSA cryptography does not start: is there enough heap?");
        return ESP_FAIL;
    }
    err = enow_identity(link, cfg);
    if (err == ESP_OK) {
        err = enow_events_start();
    }
    if (err == ESP_OK) {
        err = enow_radio_start(&cfg->radio);
    }
    if (err == ESP_OK) {
        link_config(link, cfg);
        enow_node_state.home = link->home;
        err = make(link);
    }
    if (err == ESP_OK) {
        driver.self = enow_node_state.machine;
        err = enow_driver_start(&driver);
    }
    return err;
}

static void shut_down(void)
{
    enow_driver_stop();
    enow_publish_abandon();
    enow_radio_stop();
    enow_wifi_stop();
    enow_node_state.machine = NULL;
    enow_link_wipe(s_memory, sizeof s_memory);
}

static esp_err_t start(const enow_node_config_t *cfg)
{
    enow_node_state_t *s = &enow_node_state;
    enow_link_node_config_t link;

    s->cfg = *cfg;
    enow_link_wipe(s->cfg.device_key, sizeof s->cfg.device_key);
    enow_link_wipe(s->cfg.network_key, sizeof s->cfg.network_key);
    s->resumed = false;
    const esp_err_t err = bring_up(&link, cfg);
    enow_link_wipe(&link, sizeof link);
    if (err != ESP_OK) {
        shut_down();
        ESP_LOGE(ENOW_NODE_TAG, "not started: %s", enow_node_err_text(err));
        return err;
    }
    (void)enow_sleep_lost();
    if (s->resumed) {
        (void)enow_driver_post(tell_resumed, NULL);
    }
    return ESP_OK;
}

esp_err_t enow_node_start(const enow_node_config_t *cfg)
{
    enow_node_config_t own;

    if (enow_node_state.machine != NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    if (cfg != NULL) {
        (void)enow_node_settings_open(); /* Wi-Fi needs NVS, and so does where the gateway was */
        return start(cfg);
    }
    enow_node_config_default(&own);
    (void)enow_node_config_load(&own);
    const esp_err_t err = start(&own);
    enow_link_wipe(&own, sizeof own);
    return err;
}

void enow_node_stop(void)
{
    if (enow_node_state.machine != NULL && !enow_driver_inside()) {
        shut_down();
    }
}

static void ask_connected(void *arg) { *(bool *)arg = enow_link_node_connected(enow_node_state.machine); }

bool enow_node_connected(void)
{
    bool connected = false;

    return enow_driver_call(ask_connected, &connected) == ESP_OK && connected;
}

typedef struct {
    uint64_t unix_us;
    bool known;
} clock_answer_t;

static void ask_unix_time(void *arg)
{
    clock_answer_t *answer = arg;

    answer->known = enow_link_node_unix_time(enow_node_state.machine, enow_driver_now(), &answer->unix_us);
}

bool enow_node_unix_time(uint64_t *unix_us)
{
    clock_answer_t answer = {0};

    if (enow_driver_call(ask_unix_time, &answer) != ESP_OK || !answer.known) {
        return false;
    }
    *unix_us = answer.unix_us;
    return true;
}

static void ask_stats(void *arg)
{
    const enow_node_state_t *s = &enow_node_state;
    enow_node_stats_t *out = arg;

    enow_link_node_stats(s->machine, &out->link);
    out->queue_full = s->queue_full;
    out->oversized = s->oversized;
    out->events_lost = s->events_lost;
    out->home_unsaved = s->home_unsaved;
    out->resumed = s->resumed;
}

esp_err_t enow_node_stats(enow_node_stats_t *out)
{
    const esp_err_t err = enow_driver_call(ask_stats, out);

    if (err == ESP_OK) {
        enow_radio_stats(&out->radio);
        enow_settings_stats(&out->settings);
        out->lost_asleep = enow_sleep_lost();
    }
    return err;
}
