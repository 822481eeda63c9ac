#include "room.h"

#include <string.h>

#define COLDEST 1900 /* in 0.01 degC, as the message has it */
#define WARMEST 2200
#define STEP 25

static int16_t s_temperature = 2050;
static bool s_heating;

void room_measure(climate_reading_t *reading)
{
    static const char name[] = "kitchen";

    if (s_temperature <= COLDEST) {
        s_heating = true;
    } else if (s_temperature >= WARMEST) {
        s_heating = false;
    }
    s_temperature = (int16_t)(s_heating ? s_temperature + STEP : s_temperature - STEP);
    reading->temperature = s_temperature;
    reading->humidity = (uint16_t)(7000 - s_temperature);
    reading->mode = s_heating ? CLIMATE_MODE_HEATING : CLIMATE_MODE_IDLE;
    memcpy(reading->room, name, sizeof name);
    reading->room_len = sizeof name - 1;
}
