/* Measures, publishes, has it acknowledged, and sleeps. */
#include "chip.h"
#include "enow_node.h"

#include "esp_attr.h"
#include "esp_log.h"
#include "soc/soc_caps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_S 86400

static const char *const s_tag = "sensor";
#if SOC_RTC_MEM_SUPPORTED
static RTC_DATA_ATTR volatile int s_interval_s = CONFIG_EXAMPLE_INTERVAL_S; /* kept through sleep */
#else
static volatile int s_interval_s = CONFIG_EXAMPLE_INTERVAL_S; /* until it sleeps */
#endif

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
    if (interval_s < 1 || interval_s > LONGEST_S) {
        ESP_LOGW(s_tag, "not an interval: want 1 to %d seconds", LONGEST_S);
        return;
    }
    s_interval_s = (int)interval_s;
    ESP_LOGI(s_tag, "a reading every %d s", s_interval_s);
}

void app_main(void)
{
    char text[24];

    if (enow_node_start(NULL) != ESP_OK) {
        return; /* the log says what to do */
    }
    ESP_ERROR_CHECK(esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_MESSAGE, on_message, NULL));
    const int len = snprintf(text, sizeof text, "%.1f", (double)chip_measure());
    const esp_err_t err = enow_node_publish(CHIP_TOPIC, text, (size_t)len, CONFIG_EXAMPLE_TIMEOUT_MS);
    ESP_LOGI(s_tag, "%s %s: %s", CHIP_TOPIC, text, err == ESP_OK ? "acknowledged" : enow_node_err_text(err));

    /* With CONFIG_ENOW_NODE_SLEEP_ANYWAY, of sdkconfig.defaults: the next reading is worth more than this one. */
    (void)enow_node_deep_sleep((uint32_t)s_interval_s * 1000);
}
