#include "fake.h"
#include "station.h"

typedef struct {
    esp_event_base_t base;
    int32_t id;
    uint8_t channel; // or the reason why there is no connection
} event_t;

static QueueHandle_t s_events;
static const uint8_t s_mac[6] = {0x24, 0x6f, 0x28, 0, 0, 1};
static const uint8_t s_other[6] = {0x24, 0x6f, 0x28, 0, 0, 2};

static void on_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    CHECK(argument == &s_events);
    event_t event = {.base = base, .id = id};
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_DISCONNECTED) {
        event.channel = ((wifi_event_sta_disconnected_t *)data)->reason;
    } else if (base == WIFI_EVENT && id == WIFI_EVENT_STA_CONNECTED) {
        event.channel = ((wifi_event_sta_connected_t *)data)->channel;
    }
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
    if (base == WIFI_EVENT && id == WIFI_EVENT_HOME_CHANNEL_CHANGE) {
        event.channel = ((wifi_event_home_channel_change_t *)data)->new_chan;
    }
#endif
    xQueueSend(s_events, &event, 0);
}

static bool comes(esp_event_base_t base, int32_t id, uint8_t channel)
{
    event_t event;
    return xQueueReceive(s_events, &event, pdMS_TO_TICKS(20000)) && event.base == base && event.id == id &&
           event.channel == channel;
}

static bool channel_changes_to(uint8_t channel)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
    return comes(WIFI_EVENT, WIFI_EVENT_HOME_CHANNEL_CHANGE, channel);
#else
    uint8_t now = 0;
    wifi_second_chan_t second;
    for (int i = 0; i < 100 && now != channel; i++) {
        vTaskDelay(pdMS_TO_TICKS(10));
        CHECK(esp_wifi_get_channel(&now, &second) == ESP_OK);
    }
    return now == channel;
#endif
}

static void configure(const char *ssid, const char *password)
{
    wifi_config_t config = {0};
    memcpy(config.sta.ssid, ssid, strlen(ssid));
    memcpy(config.sta.password, password, strlen(password));
    CHECK(esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK);
}

static void connection_fails_with_its_reason(void)
{
    CHECK(esp_wifi_connect() == ESP_ERR_WIFI_SSID);
    configure("home", "password");
    CHECK(esp_wifi_connect() == ESP_OK && esp_wifi_connect() == ESP_ERR_WIFI_CONN);
    CHECK(esp_wifi_set_channel(3, WIFI_SECOND_CHAN_NONE) == ESP_FAIL);
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, WIFI_REASON_NO_AP_FOUND));
    fake_ap_up("home", "another one", 6);
    CHECK(esp_wifi_connect() == ESP_OK);
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT));
    CHECK(esp_wifi_set_channel(3, WIFI_SECOND_CHAN_NONE) == ESP_OK);
}

static void connection_brings_channel_and_address(void)
{
    fake_ap_up("home", "password", 6);
    CHECK(esp_wifi_connect() == ESP_OK && channel_changes_to(6));
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, 6));
    CHECK(comes(IP_EVENT, IP_EVENT_STA_GOT_IP, 0));
    wifi_ap_record_t ap;
    CHECK(esp_wifi_sta_get_ap_info(&ap) == ESP_OK && ap.primary == 6 && strcmp((char *)ap.ssid, "home") == 0);
    CHECK(esp_wifi_set_channel(3, WIFI_SECOND_CHAN_NONE) == ESP_FAIL);
}

static void station_follows_and_may_go_deaf(void)
{
    fake_station_t *other = fake_station_open(s_other, 11);
    fake_now_deaf_after_channel_change(true);
    fake_ap_up("home", "password", 11);
    CHECK(channel_changes_to(11));
    char got[32];
    CHECK(fake_station_send(other, s_mac, "deaf", 4)); // The radio acknowledges what ESP-NOW does not deliver.
    CHECK(!xQueueReceive(station_received, got, pdMS_TO_TICKS(100)));
    CHECK(esp_now_deinit() == ESP_OK && esp_now_init() == ESP_OK && esp_now_register_recv_cb(on_receive) == ESP_OK);
    CHECK(fake_station_send(other, s_mac, "heard", 5) && station_hears("heard"));
    fake_station_close(other);
}

static void silence_ends_the_connection(void)
{
    fake_ap_down();
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, WIFI_REASON_BEACON_TIMEOUT));
    wifi_ap_record_t ap;
    CHECK(esp_wifi_sta_get_ap_info(&ap) == ESP_ERR_WIFI_NOT_CONNECT);
}

static void file_is_an_access_point_too(void)
{
    char path[] = "/tmp/test_wifi.XXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0);
    FILE *ap = fdopen(file, "w");
    CHECK(ap != NULL);
    fputs("home password 1 up\n", ap);
    fclose(ap);
    setenv("FAKE_AP", path, 1);
    CHECK(esp_wifi_connect() == ESP_OK && channel_changes_to(1));
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, 1) && comes(IP_EVENT, IP_EVENT_STA_GOT_IP, 0));
    remove(path);
    CHECK(comes(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, WIFI_REASON_BEACON_TIMEOUT));
}

int main(void)
{
    setenv("FAKE_MAC", "24:6f:28:00:00:01", 1);
    s_events = xQueueCreate(32, sizeof(event_t));
    station_init();
    esp_event_handler_instance_t wifi, ip;
    CHECK(esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, &s_events, &wifi) == ESP_OK);
    CHECK(esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_event, &s_events, &ip) == ESP_OK);
    event_t event;
    xQueueReceive(s_events, &event, pdMS_TO_TICKS(50)); // WIFI_EVENT_STA_START, if it was not handled yet
    connection_fails_with_its_reason();
    connection_brings_channel_and_address();
    station_follows_and_may_go_deaf();
    silence_ends_the_connection();
    file_is_an_access_point_too();
    CHECK(esp_event_handler_instance_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, wifi) == ESP_OK);
    CHECK(esp_wifi_stop() == ESP_OK);
    CHECK(!xQueueReceive(s_events, &event, pdMS_TO_TICKS(50)));
    return 0;
}
