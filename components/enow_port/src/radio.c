#include "enow/radio.h"

#include <string.h>

#include "enow/wifi.h"
#include "esp_log.h"
#include "esp_now.h"
#include "esp_wifi.h"
#include "radio_inbox.h"
#include "radio_rate.h"
#include "sdkconfig.h"

#define TAG "enow_radio"

/** Until a frame that ESP-NOW has no memory for is tried again: ever longer, between these. */
#define MIN_PAUSE_US UINT64_C(5000)
#define MAX_PAUSE_US UINT64_C(160000)

/** The watchdog takes no single fault for the end. */
#define MIN_FAULTS 3u

/** That a peer has from the start, in kbit/s. */
#define DEFAULT_RATE 1000u

/** The frame's channel is not to be had. */
#define ERR_UNTUNED ESP_ERR_WIFI_STATE

typedef enum {
    IDLE,
    /** ESP-NOW has the frame and will say what became of it. */
    IN_FLIGHT,
    /** ESP-NOW had no memory for the frame, which is tried again. */
    PAUSED,
} state_t;

static struct {
    bool started;
    /** ESP-NOW is initialised. */
    bool on;
    enow_radio_config_t cfg;
    esp_now_rate_config_t rate;
    uint16_t max_frame;
    /** That the machine wants, and whether the radio is on it; 0: wherever Wi-Fi is. */
    uint8_t channel;
    bool tuned;
    /** Told in the log: channels that the radio could not be tuned to, a bit each, and that it has not the rate. */
    uint16_t refused;
    bool rate_refused;
    /** The list of peers was emptied. */
    bool forgot;

    state_t state;
    enow_link_transmission_t to;
    const uint8_t *body;
    /** When a paused frame is tried again, and how long the next pause is. */
    uint64_t again_at_us, pause_us;
    /** When the frame is given up. */
    uint64_t give_up_us;

    /** Since the last frame that was sent, and when the first was. 0: none. */
    uint32_t faults;
    uint64_t failing_since_us;
    enow_radio_stats_t stats;
} s;

static const enow_setting_t s_rows[] = {
    ENOW_SETTING_U16(enow_radio_config_t, rate_kbps, 1000, 54000, "rate of frames in kbit/s, one that Wi-Fi has"),
    ENOW_SETTING_U16(enow_radio_config_t, send_timeout_ms, 50, 10000, "ms until a frame is given up"),
    ENOW_SETTING_U16(enow_radio_config_t, watchdog_ms, 1000, 60000, "ms without a sent frame until Wi-Fi is restarted"),
};
const enow_settings_t enow_radio_settings = {s_rows, sizeof s_rows / sizeof s_rows[0]};

void enow_radio_config_default(enow_radio_config_t *cfg)
{
    *cfg = (enow_radio_config_t){
        .rate_kbps = CONFIG_ENOW_PORT_RATE_KBPS,
        .send_timeout_ms = CONFIG_ENOW_PORT_SEND_TIMEOUT_MS,
        .watchdog_ms = CONFIG_ENOW_PORT_WATCHDOG_MS,
    };
}

static uint16_t max_frame(void)
{
    uint32_t version = 1;

    (void)esp_now_get_version(&version);
    return version >= 2 ? ENOW_RADIO_MAX_FRAME : ENOW_MAX_FRAME_V1;
}

static void close_now(void)
{
    if (s.on) {
        (void)esp_now_deinit();
        s.on = false;
    }
}

/* Initialises ESP-NOW, with an empty list of peers. */
static esp_err_t open_now(void)
{
    esp_err_t err = esp_now_init();

    if (err != ESP_OK) {
        return err;
    }
    s.on = true;
    s.max_frame = max_frame();
    err = enow_radio_inbox_listen(s.max_frame);
    if (err != ESP_OK) {
        close_now();
    }
    return err;
}

esp_err_t enow_radio_start(const enow_radio_config_t *cfg)
{
    if (s.started) {
        return ESP_ERR_INVALID_STATE;
    }
    if (enow_settings_wrong(&enow_radio_settings, cfg) != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    const enow_radio_stats_t stats = s.stats;
    memset(&s, 0, sizeof s);
    s.stats = stats;
    s.cfg = *cfg;
    if (!enow_radio_rate(cfg->rate_kbps, &s.rate)) {
        ESP_LOGW(TAG, "frames go at 1 Mbit/s: Wi-Fi has no rate of %u kbit/s, set another rate_kbps", cfg->rate_kbps);
        s.cfg.rate_kbps = DEFAULT_RATE;
    }
    enow_radio_inbox_reset();
    const esp_err_t err = open_now();
    s.started = err == ESP_OK;
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "ESP-NOW does not start (%s): start Wi-Fi before", esp_err_to_name(err));
    }
    return err;
}

void enow_radio_stop(void)
{
    close_now();
    s.started = false;
}

uint16_t enow_radio_max_frame(void) { return s.max_frame; }

bool enow_radio_busy(void) { return s.state != IDLE; }

bool enow_radio_next_deadline(uint64_t *at_us)
{
    if (s.state == PAUSED && s.again_at_us < s.give_up_us) {
        *at_us = s.again_at_us;
    } else if (s.state != IDLE) {
        *at_us = s.give_up_us;
    }
    return s.state != IDLE;
}

bool enow_radio_forgot(void)
{
    const bool forgot = s.forgot;

    s.forgot = false;
    return forgot;
}

/* What the machine believes of the list of peers, and of the frame in flight, holds no more. */
static void forget(void)
{
    s.state = IDLE;
    s.forgot = true;
    s.tuned = false;
}

esp_err_t enow_radio_reset(void)
{
    close_now();
    s.stats.failed += s.state == IDLE ? 0 : 1;
    forget();
    s.stats.resets++;
    const esp_err_t err = open_now();
    if (err != ESP_OK && s.faults == 0) { /* once: it is tried with each frame */
        ESP_LOGE(TAG, "ESP-NOW does not start again: %s", esp_err_to_name(err));
    }
    return err;
}

static void restart_wifi(uint64_t now_us)
{
    ESP_LOGE(
        TAG,
        "no frame could be sent for %lu ms: Wi-Fi is restarted. If this comes again and again, look for what takes "
        "the memory",
        (unsigned long)((now_us - s.failing_since_us) / 1000)); /* newlib's nano format has no 64 bits */
    s.stats.restarts++;
    close_now();
    forget();
    if (enow_wifi_restart() == ESP_OK) {
        (void)enow_radio_reset();
    }
    s.faults = 1; /* time to work again */
    s.failing_since_us = now_us;
}

/* Notes that ESP-NOW did not do its work. */
static void fault(uint64_t now_us, const char *what)
{
    if (s.faults++ == 0) {
        s.failing_since_us = now_us;
        ESP_LOGW(TAG, "frames are not sent: %s. They are tried again, and Wi-Fi is restarted after %u ms", what,
                 s.cfg.watchdog_ms);
    }
    if (s.faults >= MIN_FAULTS && now_us - s.failing_since_us >= UINT64_C(1000) * s.cfg.watchdog_ms) {
        restart_wifi(now_us);
    }
}

/* Notes that a frame was sent. */
static void success(void)
{
    if (s.faults > 0) {
        ESP_LOGI(TAG, "frames are sent again");
    }
    s.faults = 0;
}

/* Whether an error of Wi-Fi says that it is off, which a restart ends. */
static bool off(esp_err_t err)
{
    return err == ESP_ERR_WIFI_NOT_INIT || err == ESP_ERR_WIFI_NOT_STARTED || err == ESP_ERR_WIFI_IF;
}

/* Goes to the channel that the machine wants. Returns ESP_OK, ERR_UNTUNED, or what says that Wi-Fi is off. */
static esp_err_t tune(void)
{
    if (s.channel == 0 || s.tuned) {
        return ESP_OK;
    }
    const esp_err_t err = esp_wifi_set_channel(s.channel, WIFI_SECOND_CHAN_NONE);
    s.tuned = err == ESP_OK;
    if (s.tuned || off(err)) {
        return err;
    }
    if ((s.refused & 1u << s.channel) == 0) {
        s.refused |= (uint16_t)(1u << s.channel);
        ESP_LOGW(TAG, "channel %u is not to be had (%s): set country to where this device is, if it is allowed there",
                 s.channel, esp_err_to_name(err));
    }
    return ERR_UNTUNED;
}

static void set_rate(const uint8_t *addr)
{
    if (s.cfg.rate_kbps == DEFAULT_RATE) {
        return;
    }
    const esp_err_t err = esp_now_set_peer_rate_config(addr, &s.rate);
    if (err != ESP_OK && !s.rate_refused) {
        s.rate_refused = true;
        ESP_LOGW(TAG, "frames go at 1 Mbit/s: the rate of %u kbit/s is not to be had (%s), set another rate_kbps",
                 s.cfg.rate_kbps, esp_err_to_name(err));
    }
}

static esp_err_t add_peer(const enow_addr_t *addr)
{
    esp_now_peer_info_t peer = {.ifidx = WIFI_IF_STA}; /* channel 0: the one that the radio is on */

    memcpy(peer.peer_addr, addr->bytes, sizeof peer.peer_addr);
    const esp_err_t err = esp_now_add_peer(&peer);
    if (err == ESP_OK) {
        set_rate(peer.peer_addr);
    }
    return err == ESP_ERR_ESPNOW_EXIST ? ESP_OK : err;
}

/* Makes the list of peers what the machine believes it to be. */
static esp_err_t change_peers(void)
{
    if (s.to.remove) {
        const esp_err_t err = esp_now_del_peer(s.to.removed.bytes);

        if (err != ESP_OK && err != ESP_ERR_ESPNOW_NOT_FOUND) {
            return err;
        }
    }
    return s.to.add ? add_peer(&s.to.dst) : ESP_OK;
}

/* Does to ESP-NOW what a frame needs, and gives it the frame. It may be done twice. */
static esp_err_t hand_over(void)
{
    if (!s.on) {
        (void)enow_radio_reset();
        return ESP_ERR_INVALID_STATE; /* the next frame finds it initialised */
    }
    esp_err_t err = change_peers();
    if (err == ESP_OK) {
        err = tune();
    }
    if (err != ESP_OK) {
        return err;
    }
    err = esp_now_send(s.to.dst.bytes, s.body, s.to.len);
    if (err == ESP_ERR_ESPNOW_NOT_FOUND) {
        err = add_peer(&s.to.dst);
        if (err == ESP_OK) {
            err = esp_now_send(s.to.dst.bytes, s.body, s.to.len);
        }
    }
    return err;
}

/* Empties the list of peers, those that others have put on it too. */
static void clear_peers(void)
{
    static const enow_addr_t s_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    esp_now_peer_info_t peer;

    (void)esp_now_del_peer(s_broadcast.bytes);
    for (int i = 0; i < ESP_NOW_MAX_TOTAL_PEER_NUM && esp_now_fetch_peer(true, &peer) == ESP_OK; i++) {
        (void)esp_now_del_peer(peer.peer_addr);
    }
    s.forgot = true;
}

/* Whether an error is that of a radio that is on another channel or interface. */
static bool misplaced(esp_err_t err)
{
#ifdef ESP_ERR_ESPNOW_CHAN
    if (err == ESP_ERR_ESPNOW_CHAN) {
        return true;
    }
#endif
    return err == ESP_ERR_ESPNOW_IF;
}

/* Gives up a frame that ESP-NOW did not take. */
static void refuse(uint64_t now_us, esp_err_t err)
{
    s.state = IDLE;
    s.stats.failed++;
    if (err == ERR_UNTUNED) {
        s.stats.wrong_channel++;
    } else if (misplaced(err)) {
        s.stats.wrong_channel++;
        (void)enow_radio_reset();
        fault(now_us, esp_err_to_name(err));
    } else if (err == ESP_ERR_ESPNOW_FULL) {
        s.stats.peers_full++;
        ESP_LOGW(TAG, "ESP-NOW's list of peers is full, and emptied: leave ESP-NOW to this component alone");
        clear_peers();
    } else {
        s.on = s.on && err != ESP_ERR_ESPNOW_NOT_INIT;
        clear_peers();
        fault(now_us, esp_err_to_name(err));
    }
}

static void attempt(uint64_t now_us)
{
    const esp_err_t err = hand_over();

    if (err == ESP_OK) {
        s.state = IN_FLIGHT;
    } else if (err == ESP_ERR_ESPNOW_NO_MEM) {
        s.state = PAUSED;
        s.again_at_us = now_us + s.pause_us;
        s.pause_us = 2 * s.pause_us < MAX_PAUSE_US ? 2 * s.pause_us : MAX_PAUSE_US;
        s.stats.no_memory++;
        fault(now_us, esp_err_to_name(err));
    } else {
        refuse(now_us, err);
    }
}

void enow_radio_send(uint64_t now_us, const enow_link_transmission_t *to, const uint8_t *body)
{
    s.to = *to;
    s.body = body;
    s.pause_us = MIN_PAUSE_US;
    s.give_up_us = now_us + UINT64_C(1000) * s.cfg.send_timeout_ms;
    if (to->channel != 0) {
        s.channel = to->channel;
        s.tuned = false;
    }
    attempt(now_us);
}

/* Takes what ESP-NOW said of frames. What comes too late is taken for the next frame's, if that is for the same peer:
 * then two are in flight for once. */
static void take_outcomes(void)
{
    enow_radio_outcome_t outcome;

    while (enow_radio_inbox_outcome(&outcome)) {
        if (s.state != IN_FLIGHT || memcmp(&outcome.dst, &s.to.dst, sizeof outcome.dst) != 0) {
            s.stats.late++;
            continue;
        }
        s.state = IDLE;
        s.stats.sent++;
        s.stats.unacknowledged += outcome.acknowledged ? 0 : 1;
        success();
    }
}

void enow_radio_step(uint64_t now_us)
{
    take_outcomes();
    if (s.state == IDLE) {
        return;
    }
    if (now_us >= s.give_up_us && s.state == IN_FLIGHT) {
        s.state = IDLE;
        s.stats.timed_out++;
        fault(now_us, "ESP-NOW does not say what became of one");
    } else if (now_us >= s.give_up_us) {
        refuse(now_us, ESP_ERR_ESPNOW_NO_MEM);
    } else if (s.state == PAUSED && now_us >= s.again_at_us) {
        attempt(now_us);
    }
}

void enow_radio_stats(enow_radio_stats_t *out)
{
    *out = s.stats;
    enow_radio_inbox_stats(out);
}
