/* Measures, publishes, has it acknowledged, and sleeps. */
#include "chip.h"
#include "enow_node.h"

#include "esp_attr.h"
#include "esp_log.h"
#include "soc/soc_caps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const s_tag = "sensor";
#if SOC_RTC_MEM_SUPPORTED
static RTC_DATA_ATTR volatile int s_interval_s = CONFIG_EXAMPLE_INTERVAL_S; /* kept through sleep */
#else
static volatile int s_interval_s = CONFIG_EXAMPLE_INTERVAL_S; /* until it sleeps */
#endif

static int s_longest_s; /* for the gateway says of a device that sleeps for longer that it is offline */

/* An order, which waits at the gateway while the device sleeps: publish the seconds between readings to
 * /device/<mac>/$set. */
static void on_message(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    const enow_node_message_t *m = data;
    char text[8] = {0};

    (void)arg, (void)base, (void)id;
    if (m->topic_len > 0 || m->len >= sizeof text) {
        return;
    }
    memcpy(text, enow_node_message_payload(m), m->len);
    const long interval_s = strtol(text, NULL, 10);
    if (interval_s < 1 || interval_s > s_longest_s) {
        ESP_LOGW(
            s_tag,
            "not an interval: want 1 to %d seconds, the setting keep_alive_s, or the gateway says that this device "
            "is offline while it sleeps. Raise keep_alive_s for more",
            s_longest_s);
        return;
    }
    s_interval_s = (int)interval_s;
    ESP_LOGI(s_tag, "a reading every %d s", s_interval_s);
}

void app_main(void)
{
    enow_node_config_t cfg;
    char text[24];

    enow_node_config_default(&cfg);
    (void)enow_node_config_load(&cfg);
    s_longest_s = cfg.keep_alive_s;
    if (enow_node_start(&cfg) != ESP_OK) {
        return; /* the log says what to do */
    }
    ESP_ERROR_CHECK(esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_MESSAGE, on_message, NULL));
    const int len = snprintf(text, sizeof text, "%.1f", (double)chip_measure());
    const esp_err_t err = enow_node_publish(CHIP_TOPIC, text, (size_t)len, CONFIG_EXAMPLE_TIMEOUT_MS);
    ESP_LOGI(s_tag, "%s %s: %s", CHIP_TOPIC, text, err == ESP_OK ? "acknowledged" : enow_node_err_text(err));

    /* With CONFIG_ENOW_NODE_SLEEP_ANYWAY, of sdkconfig.defaults: the next reading is worth more than this one. */
    (void)enow_node_deep_sleep((uint32_t)s_interval_s * 1000);
}
