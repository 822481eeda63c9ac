/* A station with ESP-NOW, as firmware makes one, and what it was told. */
#pragma once

#include "check.h"
#include "esp_now.h"
#include "esp_wifi.h"
#include "freertos/queue.h"
#include <string.h>

static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static QueueHandle_t station_received; // char[32]
static QueueHandle_t station_sent;     // esp_now_send_status_t

static void on_receive(const esp_now_recv_info_t *info, const uint8_t *data, int length)
{
    char text[32] = "";
    CHECK(info->rx_ctrl->rssi < 0 && info->rx_ctrl->channel != 0);
    memcpy(text, data, (size_t)length < sizeof text - 1 ? (size_t)length : sizeof text - 1);
    xQueueSend(station_received, text, 0);
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
static void on_sent(const esp_now_send_info_t *info, esp_now_send_status_t status)
{
    CHECK(info->des_addr != NULL);
    xQueueSend(station_sent, &status, 0);
}
#else
static void on_sent(const uint8_t *mac_addr, esp_now_send_status_t status)
{
    CHECK(mac_addr != NULL);
    xQueueSend(station_sent, &status, 0);
}
#endif

static inline esp_err_t add_peer(const uint8_t address[6], uint8_t channel)
{
    esp_now_peer_info_t peer = {.channel = channel, .ifidx = WIFI_IF_STA};
    memcpy(peer.peer_addr, address, sizeof peer.peer_addr);
    return esp_now_add_peer(&peer);
}

static inline void station_init(void)
{
    station_received = xQueueCreate(64, 32);
    station_sent = xQueueCreate(64, sizeof(esp_now_send_status_t));
    CHECK(esp_event_loop_create_default() == ESP_OK);
    CHECK(esp_netif_init() == ESP_OK && esp_netif_create_default_wifi_sta() != NULL);
    CHECK(esp_now_init() == ESP_ERR_WIFI_NOT_INIT);
    wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    CHECK(esp_wifi_init(&config) == ESP_OK && esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK);
    CHECK(esp_wifi_set_channel(6, WIFI_SECOND_CHAN_NONE) == ESP_ERR_WIFI_NOT_STARTED);
    CHECK(esp_wifi_start() == ESP_OK);
    CHECK(esp_now_init() == ESP_OK);
    CHECK(esp_now_register_recv_cb(on_receive) == ESP_OK && esp_now_register_send_cb(on_sent) == ESP_OK);
}

/* Sends and waits for the callback; false if it says fail. */
static inline bool station_send(const uint8_t address[6], const void *data, size_t length)
{
    esp_now_send_status_t status;
    CHECK(esp_now_send(address, data, length) == ESP_OK);
    CHECK(xQueueReceive(station_sent, &status, pdMS_TO_TICKS(20000)));
    return status == ESP_NOW_SEND_SUCCESS;
}

static inline bool station_hears(const char *text)
{
    char got[32] = "";
    while (strcmp(got, text) != 0) {
        if (!xQueueReceive(station_received, got, pdMS_TO_TICKS(20000))) {
            return false;
        }
    }
    return true;
}
