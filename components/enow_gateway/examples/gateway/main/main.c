/* A gateway between ESP-NOW devices and an MQTT broker. All that it needs to know stands in menuconfig or NVS. */
#include "enow_gateway.h"
#include "esp_log.h"

void app_main(void)
{
    const esp_err_t err = enow_gateway_start(NULL);

    if (err != ESP_OK) {
        ESP_LOGE("example", "no gateway: %s; the lines above say what to do", esp_err_to_name(err));
    }
}
