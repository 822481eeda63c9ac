// Another station, which a test speaks for.
#include "air.h"
#include "fake.h"
#include "freertos/semphr.h"
#include <string.h>

#define FRAMES 64

struct fake_station {
    air_radio_t *radio;
    QueueHandle_t frames;
    SemaphoreHandle_t sent;
    bool acknowledged;
};

static void received(void *argument, const air_frame_t *frame)
{
    fake_station_t *station = argument;
    xQueueSend(station->frames, frame, 0);
}

static void sent(void *argument, const air_frame_t *frame, bool acknowledged)
{
    (void)frame;
    fake_station_t *station = argument;
    station->acknowledged = acknowledged;
    xSemaphoreGive(station->sent);
}

fake_station_t *fake_station_open(const uint8_t mac[6], uint8_t channel)
{
    fake_station_t *station = malloc(sizeof *station);
    if (station == NULL) {
        abort();
    }
    station->frames = xQueueCreate(FRAMES, sizeof(air_frame_t));
    station->sent = xSemaphoreCreateBinary();
    station->radio = air_open(mac, (air_user_t){.received = received, .sent = sent, .argument = station});
    air_tune(station->radio, channel);
    air_listen(station->radio, true);
    return station;
}

void fake_station_close(fake_station_t *station)
{
    air_close(station->radio);
    vQueueDelete(station->frames);
    vSemaphoreDelete(station->sent);
    free(station);
}

void fake_station_channel(fake_station_t *station, uint8_t channel) { air_tune(station->radio, channel); }

bool fake_station_send(fake_station_t *station, const uint8_t destination[6], const void *data, size_t length)
{
    return air_send(station->radio, destination, data, length) && xSemaphoreTake(station->sent, portMAX_DELAY) &&
           station->acknowledged;
}

int fake_station_receive(fake_station_t *station, uint8_t source[6], void *data, size_t size, uint32_t timeout_ms)
{
    air_frame_t frame;
    if (!xQueueReceive(station->frames, &frame, pdMS_TO_TICKS(timeout_ms)) || frame.length > size) {
        return -1;
    }
    memcpy(source, frame.source, sizeof frame.source);
    memcpy(data, frame.data, frame.length);
    return (int)frame.length;
}
