#include "esp_netif.h"
#include "esp_event.h"
#include "esp_netif_sntp.h"
#include "netif.h"
#include <arpa/inet.h>
#include <stdatomic.h>

ESP_EVENT_DEFINE_BASE(IP_EVENT);

struct esp_netif_obj {
    atomic_bool exists;
};

static struct esp_netif_obj s_station;

static esp_netif_ip_info_t loopback(void)
{
    return (esp_netif_ip_info_t){
        .ip.addr = htonl(INADDR_LOOPBACK), .netmask.addr = htonl(0xff000000), .gw.addr = htonl(INADDR_LOOPBACK)};
}

void netif_joined(void)
{
    if (s_station.exists) {
        ip_event_got_ip_t event = {.esp_netif = &s_station, .ip_info = loopback(), .ip_changed = true};
        esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &event, sizeof event, portMAX_DELAY);
    }
}

esp_err_t esp_netif_init(void) { return ESP_OK; }

esp_netif_t *esp_netif_create_default_wifi_sta(void)
{
    if (s_station.exists) {
        fputs("esp_netif_create_default_wifi_sta: there is one already\n", stderr);
        abort(); // as the assertion in ESP-IDF
    }
    s_station.exists = true;
    return &s_station;
}

void esp_netif_destroy_default_wifi(void *esp_netif)
{
    (void)esp_netif;
    s_station.exists = false;
}

static atomic_bool s_sntp;

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config)
{
    if (atomic_exchange(&s_sntp, true)) {
        return ESP_ERR_INVALID_STATE;
    }
    if (config->sync_cb != NULL) {
        struct timeval now;
        gettimeofday(&now, NULL);
        config->sync_cb(&now);
    }
    return ESP_OK;
}

void esp_netif_sntp_deinit(void) { s_sntp = false; }
