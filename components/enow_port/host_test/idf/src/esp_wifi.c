// The driver: a radio, a task that its events go through, and a station that an access point takes along to its
// channel.
#include "esp_wifi.h"
#include "ap.h"
#include "clock.h"
#include "esp_mac.h"
#include "fake.h"
#include "freertos/queue.h"
#include "netif.h"
#include "wifi.h"
#include <stdatomic.h>
#include <string.h>

ESP_EVENT_DEFINE_BASE(WIFI_EVENT);

#define MESSAGES 32 // buffers for what was received
#define TICK_MS 10
#define SCAN_US 100000    // an attempt to connect; seconds on a chip
#define SILENCE_US 300000 // until an access point that is silent counts as gone; seconds on a chip

typedef enum { STATION_IDLE, STATION_CONNECTING, STATION_CONNECTED } station_t;

typedef struct {
    enum { RECEIVED, SENT, END } kind;
    bool acknowledged;
    air_frame_t *frame;
} message_t;

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static air_radio_t *s_radio;
static QueueHandle_t s_messages;
static pthread_t s_task;
static bool s_started;
static wifi_ps_type_t s_power_save = WIFI_PS_MIN_MODEM;
static char s_country[3] = "01";
static wifi_sta_config_t s_config;
static uint8_t s_channel; // 0 while stopped
static station_t s_station;
static int64_t s_scanned_us; // when the attempt to connect ends
static int64_t s_heard_us;   // when the access point was there last
static uint8_t s_home;       // the channel that a connection changed
static atomic_uint s_starts;

static const uint8_t s_bssid[6] = {2, 0, 0, 0, 0, 0xaa};

static void lock(void) { pthread_mutex_lock(&s_mutex); }

static esp_err_t unlock(esp_err_t err)
{
    pthread_mutex_unlock(&s_mutex);
    return err;
}

static void post(int32_t id, const void *data, size_t size)
{
    esp_event_post(WIFI_EVENT, id, data, size, portMAX_DELAY);
}

static void post_disconnected(uint8_t reason)
{
    wifi_event_sta_disconnected_t event = {.reason = reason, .rssi = -128};
    lock();
    memcpy(event.ssid, s_config.ssid, sizeof event.ssid);
    event.ssid_len = (uint8_t)strnlen((const char *)event.ssid, sizeof event.ssid);
    unlock(ESP_OK);
    post(WIFI_EVENT_STA_DISCONNECTED, &event, sizeof event);
}

static void post_channel(uint8_t from, uint8_t to)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
    if (from != to) {
        wifi_event_home_channel_change_t event = {.old_chan = from, .new_chan = to};
        post(WIFI_EVENT_HOME_CHANNEL_CHANGE, &event, sizeof event);
    }
#else
    (void)from, (void)to;
#endif
}

static void tune(uint8_t channel)
{
    s_channel = channel;
    air_tune(s_radio, channel);
}

static bool same_text(const char *text, const uint8_t *field, size_t size)
{
    return strncmp(text, (const char *)field, size) == 0;
}

// The end of an attempt to connect: which access point is there.
static void finish_scan(const ap_t *ap)
{
    lock();
    if (s_station != STATION_CONNECTING) { // stopped meanwhile
        unlock(ESP_OK);
        return;
    }
    bool found = ap->up && same_text(ap->ssid, s_config.ssid, sizeof s_config.ssid);
    bool joined = found && same_text(ap->password, s_config.password, sizeof s_config.password);
    uint8_t from = s_home;
    s_station = joined ? STATION_CONNECTED : STATION_IDLE;
    s_heard_us = clock_us();
    tune(joined ? ap->channel : s_home);
    wifi_event_sta_connected_t event = {.channel = ap->channel, .authmode = WIFI_AUTH_WPA2_PSK, .aid = 1};
    event.ssid_len = (uint8_t)strlen(ap->ssid);
    memcpy(event.ssid, ap->ssid, event.ssid_len);
    memcpy(event.bssid, s_bssid, sizeof event.bssid);
    unlock(ESP_OK);
    if (!joined) {
        post_disconnected(found ? WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT : WIFI_REASON_NO_AP_FOUND);
        return;
    }
    if (from != ap->channel) {
        now_joined_on_other_channel();
    }
    post_channel(from, ap->channel);
    post(WIFI_EVENT_STA_CONNECTED, &event, sizeof event);
    netif_joined();
}

// A connection goes where its access point goes, and ends when that is silent.
static void follow(const ap_t *ap)
{
    lock();
    if (s_station != STATION_CONNECTED) {
        unlock(ESP_OK);
        return;
    }
    bool there = ap->up && same_text(ap->ssid, s_config.ssid, sizeof s_config.ssid);
    uint8_t from = s_channel;
    uint8_t to = there ? ap->channel : from;
    if (there) {
        s_heard_us = clock_us();
        tune(to);
    }
    bool gone = clock_us() - s_heard_us > SILENCE_US;
    if (gone) {
        s_station = STATION_IDLE;
    }
    unlock(ESP_OK);
    if (gone) {
        post_disconnected(WIFI_REASON_BEACON_TIMEOUT);
    } else if (from != to) {
        now_joined_on_other_channel();
        post_channel(from, to);
    }
}

static void tick(void)
{
    lock();
    station_t station = s_station;
    bool scanned = clock_us() >= s_scanned_us;
    unlock(ESP_OK);
    if (station == STATION_IDLE) {
        return;
    }
    ap_t ap = ap_now();
    if (station == STATION_CONNECTED) {
        follow(&ap);
    } else if (scanned) {
        finish_scan(&ap);
    }
}

static void *run(void *messages)
{
    message_t message;
    for (;;) {
        tick();
        if (!xQueueReceive(messages, &message, pdMS_TO_TICKS(TICK_MS))) {
            continue;
        }
        if (message.kind == END) {
            return NULL;
        }
        if (message.kind == SENT) {
            now_sent(message.frame, message.acknowledged);
        } else {
            now_received(message.frame);
        }
        free(message.frame);
    }
}

static void forward(message_t message, const air_frame_t *frame, TickType_t ticks)
{
    message.frame = malloc(sizeof *frame);
    if (message.frame == NULL) {
        return;
    }
    *message.frame = *frame;
    if (!xQueueSend(s_messages, &message, ticks)) {
        free(message.frame); // No buffer is free: a frame that nobody heard.
    }
}

static void received(void *unused, const air_frame_t *frame)
{
    (void)unused;
    forward((message_t){.kind = RECEIVED}, frame, 0);
}

static void sent(void *unused, const air_frame_t *frame, bool acknowledged)
{
    (void)unused;
    forward((message_t){.kind = SENT, .acknowledged = acknowledged}, frame, portMAX_DELAY);
}

air_radio_t *wifi_radio(void)
{
    lock();
    air_radio_t *radio = s_radio;
    unlock(ESP_OK);
    return radio;
}

uint8_t wifi_channel(void)
{
    lock();
    uint8_t channel = s_channel;
    unlock(ESP_OK);
    return channel;
}

uint32_t fake_wifi_starts(void) { return s_starts; }

esp_err_t esp_wifi_init(const wifi_init_config_t *config)
{
    if (config == NULL || config->magic != WIFI_INIT_CONFIG_MAGIC) {
        return ESP_ERR_INVALID_ARG;
    }
    lock();
    if (s_radio != NULL) {
        return unlock(ESP_OK);
    }
    uint8_t mac[6];
    esp_read_mac(mac, ESP_MAC_WIFI_STA);
    memset(&s_config, 0, sizeof s_config); // nothing is kept in NVS
    memcpy(s_country, "01", sizeof s_country);
    s_messages = xQueueCreate(MESSAGES, sizeof(message_t));
    s_radio = air_open(mac, (air_user_t){.received = received, .sent = sent});
    if (pthread_create(&s_task, NULL, run, s_messages) != 0) {
        abort();
    }
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_deinit(void)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (s_started) {
        return unlock(ESP_ERR_WIFI_NOT_STOPPED);
    }
    air_radio_t *radio = s_radio;
    s_radio = NULL;
    unlock(ESP_OK);
    air_close(radio);
    message_t end = {.kind = END};
    xQueueSend(s_messages, &end, portMAX_DELAY);
    pthread_join(s_task, NULL);
    vQueueDelete(s_messages);
    return ESP_OK;
}

esp_err_t esp_wifi_set_mode(wifi_mode_t mode)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (mode != WIFI_MODE_STA && mode != WIFI_MODE_NULL) {
        return unlock(ESP_ERR_NOT_SUPPORTED);
    }
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_set_storage(wifi_storage_t storage)
{
    (void)storage;
    return wifi_radio() == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_OK;
}

esp_err_t esp_wifi_start(void)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (s_started) {
        return unlock(ESP_OK);
    }
    s_started = true;
    s_starts++;
    tune(1);
    unlock(ESP_OK);
    post(WIFI_EVENT_STA_START, NULL, 0);
    return ESP_OK;
}

esp_err_t esp_wifi_stop(void)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    bool was = s_started;
    bool connected = s_station == STATION_CONNECTED;
    s_started = false;
    s_station = STATION_IDLE;
    tune(0);
    unlock(ESP_OK);
    if (connected) {
        post_disconnected(WIFI_REASON_ASSOC_LEAVE);
    }
    if (was) {
        now_wifi_stopped();
        post(WIFI_EVENT_STA_STOP, NULL, 0);
    }
    return ESP_OK;
}

esp_err_t esp_wifi_connect(void)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (!s_started) {
        return unlock(ESP_ERR_WIFI_NOT_STARTED);
    }
    if (s_config.ssid[0] == '\0') {
        return unlock(ESP_ERR_WIFI_SSID);
    }
    if (s_station != STATION_IDLE) {
        return unlock(ESP_ERR_WIFI_CONN);
    }
    s_station = STATION_CONNECTING;
    s_scanned_us = clock_us() + SCAN_US;
    s_home = s_channel;
    air_tune(s_radio, 0); // It goes through all channels, and is on none for long.
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_disconnect(void)
{
    lock();
    if (!s_started) {
        return unlock(s_radio == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_NOT_STARTED);
    }
    station_t was = s_station;
    s_station = STATION_IDLE;
    if (was == STATION_CONNECTING) {
        tune(s_home);
    }
    unlock(ESP_OK);
    if (was != STATION_IDLE) {
        post_disconnected(WIFI_REASON_ASSOC_LEAVE);
    }
    return ESP_OK;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf)
{
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (interface != WIFI_IF_STA) {
        return unlock(ESP_ERR_WIFI_IF);
    }
    if (s_station == STATION_CONNECTING) {
        return unlock(ESP_ERR_WIFI_STATE);
    }
    size_t password = strnlen((const char *)conf->sta.password, sizeof conf->sta.password);
    if (password != 0 && password < 8) {
        return unlock(ESP_ERR_WIFI_PASSWORD);
    }
    s_config = conf->sta;
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_get_config(wifi_interface_t interface, wifi_config_t *conf)
{
    lock();
    if (interface != WIFI_IF_STA) {
        return unlock(ESP_ERR_WIFI_IF);
    }
    conf->sta = s_config;
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info)
{
    ap_t ap = ap_now();
    lock();
    if (s_station != STATION_CONNECTED) {
        return unlock(ESP_ERR_WIFI_NOT_CONNECT);
    }
    *ap_info = (wifi_ap_record_t){.primary = s_channel, .rssi = -50, .authmode = WIFI_AUTH_WPA2_PSK};
    memcpy(ap_info->bssid, s_bssid, sizeof s_bssid);
    memcpy(ap_info->ssid, ap.ssid, sizeof ap.ssid);
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_set_ps(wifi_ps_type_t type)
{
    lock();
    s_power_save = type;
    return unlock(s_radio == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_OK);
}

esp_err_t esp_wifi_get_ps(wifi_ps_type_t *type)
{
    lock();
    *type = s_power_save;
    return unlock(s_radio == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_OK);
}

// 1 to 11 in the world safe mode, which is the default, and where the law says so.
static uint8_t last_channel(void)
{
    if (strcmp(s_country, "01") == 0 || strcmp(s_country, "US") == 0 || strcmp(s_country, "CA") == 0) {
        return 11;
    }
    return strcmp(s_country, "JP") == 0 ? 14 : 13;
}

esp_err_t esp_wifi_set_channel(uint8_t primary, wifi_second_chan_t second)
{
    (void)second;
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (!s_started) {
        return unlock(ESP_ERR_WIFI_NOT_STARTED);
    }
    if (s_station != STATION_IDLE) {
        return unlock(ESP_FAIL); // not while it scans, connects or is connected
    }
    if (primary < 1 || primary > last_channel()) {
        return unlock(ESP_ERR_INVALID_ARG);
    }
    tune(primary);
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_get_channel(uint8_t *primary, wifi_second_chan_t *second)
{
    lock();
    if (!s_started) {
        return unlock(s_radio == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_NOT_STARTED);
    }
    *primary = s_channel;
    *second = WIFI_SECOND_CHAN_NONE;
    return unlock(ESP_OK);
}

static bool known(const char *country)
{
    static const char s_countries[] =
        "01ATAUBEBGBRCACHCNCYCZDEDKEEESFIFRGBGRHKHRHUIEINISITJPKRLILTLULVMTMXNLNONZPLPTROSESISKTWUS";

    for (const char *at = s_countries; *at != '\0'; at += 2) {
        if (memcmp(at, country, 2) == 0) {
            return true;
        }
    }
    return false;
}

esp_err_t esp_wifi_set_country_code(const char *country, bool ieee80211d_enabled)
{
    (void)ieee80211d_enabled;
    lock();
    if (s_radio == NULL) {
        return unlock(ESP_ERR_WIFI_NOT_INIT);
    }
    if (country == NULL || strlen(country) < 2 || !known(country)) {
        return unlock(ESP_ERR_INVALID_ARG);
    }
    memcpy(s_country, country, 2);
    return unlock(ESP_OK);
}

esp_err_t esp_wifi_get_mac(wifi_interface_t ifx, uint8_t mac[6])
{
    if (ifx != WIFI_IF_STA) {
        return ESP_ERR_WIFI_IF;
    }
    return wifi_radio() == NULL ? ESP_ERR_WIFI_NOT_INIT : esp_read_mac(mac, ESP_MAC_WIFI_STA);
}

esp_err_t esp_wifi_set_max_tx_power(int8_t power)
{
    lock();
    if (!s_started) {
        return unlock(s_radio == NULL ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_NOT_STARTED);
    }
    if (power < 8 || power > 84) {
        return unlock(ESP_ERR_INVALID_ARG);
    }
    return unlock(ESP_OK);
}
