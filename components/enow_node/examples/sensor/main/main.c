/* Measures, publishes, has it acknowledged, and sleeps. */
#include "chip.h"
#include "enow_node.h"

#include "esp_log.h"

#include <stdio.h>

static const char *const s_tag = "sensor";

void app_main(void)
{
    char text[24];

    if (enow_node_start(NULL) != ESP_OK) {
        return; /* the log says what to do */
    }
    const int len = snprintf(text, sizeof text, "%.1f", (double)chip_measure());
    const esp_err_t err = enow_node_publish(CHIP_TOPIC, text, (size_t)len, CONFIG_EXAMPLE_TIMEOUT_MS);
    ESP_LOGI(s_tag, "%s %s: %s", CHIP_TOPIC, text, err == ESP_OK ? "acknowledged" : enow_node_err_text(err));

    /* With CONFIG_ENOW_NODE_SLEEP_ANYWAY, of sdkconfig.defaults: the next reading is worth more than this one. */
    (void)enow_node_deep_sleep(CONFIG_EXAMPLE_INTERVAL_S * 1000);
}
