/* Encodes, prints the bytes, and decodes them again. */
#include "climate.h"

#include "esp_log.h"

static const char *const tag = "round_trip";

static void receive(const uint8_t *payload, size_t len)
{
    static climate_reading_t received;
    const int n = climate_reading_decode(&received, payload, len);

    if (n < 0) {
        ESP_LOGW(tag, "not decoded: error %d", n);
        return;
    }
    ESP_LOGI(tag, "decoded");
    ESP_LOGI(tag, "temperature = %d", (int)received.temperature);
    ESP_LOGI(tag, "humidity = %d", (int)received.humidity);
    ESP_LOGI(tag, "mode = %d", (int)received.mode);
}

void app_main(void)
{
    static climate_reading_t sent; /* static, since messages may be larger than a stack */
    static uint8_t payload[CLIMATE_READING_MAX_SIZE];
    int n;

    climate_reading_init(&sent);
    sent.uptime = 1u;     /* s */
    sent.temperature = 1; /* 0.01 °C */
    sent.humidity = 1;    /* 0.01 % */
    sent.mode = CLIMATE_MODE_IDLE;
    n = climate_reading_encode(&sent, payload, sizeof payload);
    if (n < 0) {
        ESP_LOGE(tag, "not encoded: error %d", n);
        return;
    }
    ESP_LOGI(tag, "%d bytes for the topic \"%s\"", n, CLIMATE_READING_TOPIC);
    ESP_LOG_BUFFER_HEX(tag, payload, (uint16_t)n);
    receive(payload, (size_t)n);
}
