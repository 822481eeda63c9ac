#include "fake.h"
#include "station.h"

static const uint8_t s_mac[6] = {0x24, 0x6f, 0x28, 0, 0, 1};
static const uint8_t s_other[6] = {0x24, 0x6f, 0x28, 0, 0, 2};

static void frames_go_both_ways_on_one_channel(fake_station_t *other)
{
    uint8_t source[6];
    char data[300];
    CHECK(esp_now_send(s_other, (const uint8_t *)"a", 1) == ESP_ERR_ESPNOW_NOT_FOUND);
    CHECK(add_peer(s_other, 0) == ESP_OK && add_peer(s_other, 0) == ESP_ERR_ESPNOW_EXIST);
    CHECK(esp_wifi_set_channel(6, WIFI_SECOND_CHAN_NONE) == ESP_OK);

    CHECK(station_send(s_other, "one", 3));
    CHECK(fake_station_receive(other, source, data, sizeof data, 1000) == 3 && memcmp(data, "one", 3) == 0);
    CHECK(memcmp(source, s_mac, 6) == 0);
    CHECK(fake_station_send(other, s_mac, "two", 3) && station_hears("two"));
    CHECK(fake_station_send(other, everyone, "all", 3) && station_hears("all"));

    fake_station_channel(other, 7);
    CHECK(!station_send(s_other, "lost", 4) && !fake_station_send(other, s_mac, "lost", 4));
    fake_station_channel(other, 6);
    CHECK(fake_station_receive(other, source, data, sizeof data, 50) == -1);

    esp_now_deinit();
    CHECK(!fake_station_send(other, s_mac, "deaf", 4));
    CHECK(esp_now_init() == ESP_OK && esp_now_send(s_other, (const uint8_t *)"a", 1) == ESP_ERR_ESPNOW_NOT_FOUND);
    CHECK(esp_now_register_recv_cb(on_receive) == ESP_OK && esp_now_register_send_cb(on_sent) == ESP_OK);
}

static void limits_are_those_of_the_version(fake_station_t *other)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
    const size_t most = ESP_NOW_MAX_DATA_LEN_V2;
    const uint32_t expected = 2;
#else
    const size_t most = ESP_NOW_MAX_DATA_LEN;
    const uint32_t expected = 1;
#endif
    uint32_t version;
    CHECK(esp_now_get_version(&version) == ESP_OK && version == expected);
    static uint8_t frame[2000];
    uint8_t source[6];
    CHECK(add_peer(s_other, 0) == ESP_OK);
    CHECK(station_send(s_other, frame, most) &&
          fake_station_receive(other, source, frame, sizeof frame, 1000) == (int)most);
    CHECK(esp_now_send(s_other, frame, most + 1) == ESP_ERR_ESPNOW_ARG);
    CHECK(esp_now_send(s_other, frame, 0) == ESP_ERR_ESPNOW_ARG);

    uint8_t peer[6] = {2};
    for (peer[5] = 1; peer[5] < ESP_NOW_MAX_TOTAL_PEER_NUM; peer[5]++) {
        CHECK(add_peer(peer, 0) == ESP_OK);
    }
    CHECK(add_peer(peer, 0) == ESP_ERR_ESPNOW_FULL);
    peer[5] = 1;
    CHECK(esp_now_del_peer(peer) == ESP_OK && esp_now_del_peer(peer) == ESP_ERR_ESPNOW_NOT_FOUND);
    CHECK(add_peer(peer, 7) == ESP_OK && esp_now_send(peer, frame, 1) != ESP_OK); // of another channel
    peer[0] = 1;
    CHECK(add_peer(peer, 0) == ESP_ERR_ESPNOW_ARG); // multicast

    for (uint8_t channel = 1; channel <= 13; channel++) {
        CHECK((esp_wifi_set_channel(channel, WIFI_SECOND_CHAN_NONE) == ESP_OK) == (channel <= 11));
    }
    CHECK(esp_wifi_set_country_code("DE", true) == ESP_OK);
    CHECK(esp_wifi_set_channel(13, WIFI_SECOND_CHAN_NONE) == ESP_OK);
    CHECK(esp_wifi_set_channel(14, WIFI_SECOND_CHAN_NONE) == ESP_ERR_INVALID_ARG);
    CHECK(esp_wifi_set_channel(6, WIFI_SECOND_CHAN_NONE) == ESP_OK);
}

static void repeats_hide_loss_and_are_heard_once(fake_station_t *other)
{
    uint8_t source[6];
    char data[8];
    fake_loss(300);
    int acknowledged = 0;
    for (int i = 0; i < 50; i++) {
        acknowledged += station_send(s_other, "x", 1);
    }
    CHECK(acknowledged >= 40);
    int heard = 0;
    while (fake_station_receive(other, source, data, sizeof data, 50) == 1) {
        heard++;
    }
    CHECK(heard >= acknowledged && heard <= 50);

    CHECK(esp_now_del_peer((const uint8_t[]){2, 0, 0, 0, 0, 2}) == ESP_OK && add_peer(everyone, 0) == ESP_OK);
    heard = 0;
    for (int i = 0; i < 50; i++) {
        CHECK(station_send(everyone, "y", 1));
        heard += fake_station_receive(other, source, data, sizeof data, 20) == 1;
    }
    CHECK(heard < 48 && heard > 20); // a broadcast is sent once
    fake_loss(1000);
    CHECK(!station_send(s_other, "x", 1));
    fake_loss(0);
}

static void faults_last_as_long_as_told(void)
{
    const uint8_t *data = (const uint8_t *)"x";
    fake_now_send_fails(ESP_ERR_ESPNOW_NO_MEM, 1);
    CHECK(esp_now_send(s_other, data, 1) == ESP_ERR_ESPNOW_NO_MEM && station_send(s_other, data, 1));
    fake_now_send_fails(ESP_ERR_ESPNOW_NO_MEM, FAKE_UNTIL_WIFI_STOP);
    for (int i = 0; i < 100; i++) {
        CHECK(esp_now_send(s_other, data, 1) == ESP_ERR_ESPNOW_NO_MEM);
    }
    uint32_t starts = fake_wifi_starts();
    CHECK(esp_wifi_stop() == ESP_OK && esp_wifi_start() == ESP_OK && fake_wifi_starts() == starts + 1);
    CHECK(esp_wifi_set_channel(6, WIFI_SECOND_CHAN_NONE) == ESP_OK && station_send(s_other, data, 1));

    fake_now_send_callbacks_lost(1);
    esp_now_send_status_t status;
    CHECK(esp_now_send(s_other, data, 1) == ESP_OK && !xQueueReceive(station_sent, &status, pdMS_TO_TICKS(100)));
    CHECK(station_send(s_other, data, 1));

    fake_now_add_peer_fails(ESP_ERR_ESPNOW_NO_MEM, 1);
    CHECK(add_peer((const uint8_t[]){6, 0, 0, 0, 0, 6}, 0) == ESP_ERR_ESPNOW_NO_MEM);
}

static void more_than_the_buffers_is_no_mem(void)
{
    esp_err_t err = ESP_OK;
    int sent = 0;
    while (err == ESP_OK && sent < 100) {
        err = esp_now_send(s_other, (const uint8_t *)"burst", 5);
        sent += err == ESP_OK;
    }
    CHECK(err == ESP_ERR_ESPNOW_NO_MEM);
    esp_now_send_status_t status;
    while (sent-- > 0) {
        CHECK(xQueueReceive(station_sent, &status, pdMS_TO_TICKS(2000)));
    }
}

int main(void)
{
    setenv("FAKE_MAC", "24:6f:28:00:00:01", 1);
    station_init();
    fake_station_t *other = fake_station_open(s_other, 6);
    frames_go_both_ways_on_one_channel(other);
    limits_are_those_of_the_version(other);
    repeats_hide_loss_and_are_heard_once(other);
    faults_last_as_long_as_told();
    fake_station_close(other); // so that each frame waits for an acknowledgement that does not come
    more_than_the_buffers_is_no_mem();
    CHECK(esp_now_deinit() == ESP_OK && esp_wifi_stop() == ESP_OK && esp_wifi_deinit() == ESP_OK);
    CHECK(esp_event_loop_delete_default() == ESP_OK);
    return 0;
}
