#include "clock.h"

#include "esp_log.h"
#include "esp_netif_sntp.h"
#include <stdbool.h>
#include <sys/time.h>

static const char *TAG = "enow_gateway";

/* A chip begins in 1970. Earlier than 2024, in s since then, nobody has set its clock. */
#define SET_AFTER_S 1704067200

static bool s_started;

void enow_gateway_clock_start(const char *server)
{
    esp_sntp_config_t sntp = ESP_NETIF_SNTP_DEFAULT_CONFIG(server);
    esp_err_t err;

    if (s_started || server[0] == '\0') {
        return;
    }
    sntp.wait_for_sync = false;
    err = esp_netif_sntp_init(&sntp);
    s_started = err == ESP_OK;
    if (!s_started) {
        ESP_LOGW(TAG, "no time from \"%s\": %s; messages go without one", server, esp_err_to_name(err));
    }
}

void enow_gateway_clock_stop(void)
{
    if (s_started) {
        esp_netif_sntp_deinit();
        s_started = false;
    }
}

uint64_t enow_gateway_clock_unix_us(void)
{
    struct timeval now = {0};

    (void)gettimeofday(&now, NULL);
    return now.tv_sec < SET_AFTER_S ? 0 : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
}
