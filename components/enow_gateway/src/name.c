#include "name.h"

#include "esp_log.h"
#include "mdns.h"
#include <stdbool.h>

static const char *TAG = "enow_gateway";

static bool s_started;

void enow_gateway_name_start(const char *hostname)
{
    esp_err_t err;

    if (s_started || hostname[0] == '\0') {
        return;
    }
    err = mdns_init();
    if (err == ESP_OK) {
        s_started = true;
        err = mdns_hostname_set(hostname);
    }
    if (err != ESP_OK) {
        ESP_LOGW(TAG, "no name %s.local in the network: %s; all else goes on", hostname, esp_err_to_name(err));
    }
}

void enow_gateway_name_stop(void)
{
    if (s_started) {
        mdns_free();
        s_started = false;
    }
}
