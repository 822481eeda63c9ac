/* Publishes messages of its own, which climate.yaml describes, and takes orders. */
#include "climate.h"
#include "enow_node.h"
#include "room.h"

#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_S 3600

static const char *const s_tag = "climate";
static volatile int s_interval_s = CONFIG_EXAMPLE_INTERVAL_S;

/* An order: publish the seconds between readings to /device/<mac>/$set. */
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

static void publish_reading(void)
{
    uint8_t payload[CLIMATE_READING_MAX_SIZE];
    climate_reading_t reading;

    climate_reading_init(&reading);
    reading.uptime = (uint32_t)(esp_timer_get_time() / 1000000);
    room_measure(&reading);
    const int len = climate_reading_encode(&reading, payload, sizeof payload);
    if (len < 0) {
        ESP_LOGE(s_tag, "the codec refuses a reading: error %d", len);
        return;
    }
    const esp_err_t err = enow_node_publish(CLIMATE_READING_TOPIC, payload, (size_t)len, CONFIG_EXAMPLE_TIMEOUT_MS);
    ESP_LOGI(s_tag, "reading at %lu s: %s", (unsigned long)reading.uptime,
             err == ESP_OK ? "acknowledged" : enow_node_err_text(err));
}

void app_main(void)
{
    if (enow_node_start(NULL) != ESP_OK) {
        return; /* the log says what to do */
    }
    ESP_ERROR_CHECK(esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_MESSAGE, on_message, NULL));
    for (;;) {
        publish_reading();
        vTaskDelay(pdMS_TO_TICKS(s_interval_s * 1000));
    }
}
