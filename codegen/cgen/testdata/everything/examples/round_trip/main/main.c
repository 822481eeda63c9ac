/* Encodes, prints the bytes, and decodes them again. */
#include "everything_spec.h"

#include "esp_log.h"

static const char *const tag = "round_trip";

static void receive(const uint8_t *payload, size_t len)
{
    static ev_scalars_t received;
    const int n = ev_scalars_decode(&received, payload, len);

    if (n < 0) {
        ESP_LOGW(tag, "not decoded: error %d", n);
        return;
    }
    ESP_LOGI(tag, "decoded");
    ESP_LOGI(tag, "a = %d", (int)received.a);
    ESP_LOGI(tag, "b = %d", (int)received.b);
    ESP_LOGI(tag, "e = %d", (int)received.e);
}

void app_main(void)
{
    static ev_scalars_t sent; /* static, since messages may be larger than a stack */
    static uint8_t payload[EV_SCALARS_MAX_SIZE];
    int n;

    ev_scalars_init(&sent);
    sent.a = 3;
    sent.d = 1ULL;
    sent.e = -1;
    sent.f = 1;
    sent.g = 1;
    sent.h = 1LL;
    sent.j = 1.0; /* W */
    sent.l = true;
    sent.signed_enum = EV_SIGNED_MINUS;
    sent.big = EV_BIG_NONE;
    sent.alarms = EV_ALARM_FROST;
    sent.wide = EV_BROAD_FIRST;
    n = ev_scalars_encode(&sent, payload, sizeof payload);
    if (n < 0) {
        ESP_LOGE(tag, "not encoded: error %d", n);
        return;
    }
    ESP_LOGI(tag, "%d bytes for the topic \"%s\"", n, EV_SCALARS_TOPIC);
    ESP_LOG_BUFFER_HEX(tag, payload, (uint16_t)n);
    receive(payload, (size_t)n);
}
