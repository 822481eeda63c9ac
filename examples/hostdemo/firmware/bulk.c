/* Sends 30 KB at a time, and takes orders: the milliseconds between two messages, published to /device/<mac>/$set. */
#include "enow_node.h"

#include "esp_log.h"
#include "esp_random.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH (30u * 1024u)
#define LONGEST_MS 60000

static const char *const s_tag = "bulk";
static volatile int s_pause_ms = 1000;
static uint8_t s_payload[LENGTH];

static void on_message(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    const enow_node_message_t *m = data;
    char text[8] = {0};

    (void)arg;
    (void)base;
    (void)id;
    if (m->topic_len > 0 || m->len >= sizeof text) {
        return;
    }
    memcpy(text, enow_node_message_payload(m), m->len);
    const long pause_ms = strtol(text, NULL, 10);
    if (pause_ms < 1 || pause_ms > LONGEST_MS) {
        ESP_LOGW(s_tag, "not a pause: want 1 to %d milliseconds", LONGEST_MS);
        return;
    }
    s_pause_ms = (int)pause_ms;
    ESP_LOGI(s_tag, "a pause of %d ms", s_pause_ms);
}

/* The number, and what follows from it, so that whoever gets the message can check each byte. */
static void fill(uint32_t number)
{
    uint32_t x = number;

    for (size_t i = 0; i < LENGTH; i += 4) {
        for (size_t k = 0; k < 4; k++) {
            s_payload[i + k] = (uint8_t)(x >> (8 * k));
        }
        x = x * 1664525u + 1013904223u;
    }
}

void app_main(void)
{
    if (enow_node_start(NULL) != ESP_OK) {
        return; /* the log says what to do */
    }
    ESP_ERROR_CHECK(esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_MESSAGE, on_message, NULL));
    for (uint32_t number = esp_random();; number++) {
        fill(number);
        ESP_LOGI(s_tag, "message %lu: %u bytes", (unsigned long)number, LENGTH);
        const esp_err_t err = enow_node_publish("bulk", s_payload, LENGTH, UINT32_MAX);
        ESP_LOGI(s_tag, "message %lu: %s", (unsigned long)number,
                 err == ESP_OK ? "acknowledged" : enow_node_err_text(err));
        vTaskDelay(pdMS_TO_TICKS(s_pause_ms));
    }
}
