/* Encodes, prints the bytes, and decodes them again. */
#include "enow_proto.h"

#include "esp_log.h"

static const char *const tag = "round_trip";

static void receive(const uint8_t *frame, size_t len)
{
    enow_walk_t walk;
    enow_raw_packet_t packet;
    int result;

    enow_walk_init(&walk, frame, len);
    while ((result = enow_walk_next(&walk, &packet)) > 0) {
        enow_pkt_publish_t received;
        int n;

        if (packet.type != ENOW_TYPE_PUBLISH) {
            ESP_LOGI(tag, "a packet of type %d", packet.type);
            continue;
        }
        n = enow_pkt_publish_decode(&received, packet.flags, packet.body, packet.body_len);
        if (n < 0) {
            ESP_LOGW(tag, "not decoded: error %d", n);
            continue;
        }
        ESP_LOGI(tag, "decoded");
        ESP_LOGI(tag, "message_id = %d", (int)received.message_id);
    }
    if (result < 0) {
        ESP_LOGW(tag, "the rest of the frame is void: error %d", result);
    }
}

void app_main(void)
{
    static uint8_t frame[ENOW_HEADER_SIZE + ENOW_MAX_BODY];
    enow_pkt_publish_t sent;
    int n;

    enow_pkt_publish_init(&sent);
    sent.message_id = 1;
    n = enow_pkt_publish_encode(&sent, frame, sizeof frame);
    if (n < 0) {
        ESP_LOGE(tag, "not encoded: error %d", n);
        return;
    }
    ESP_LOG_BUFFER_HEX(tag, frame, (uint16_t)n);
    receive(frame, (size_t)n);
}
