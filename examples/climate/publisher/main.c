/*
 * Plays a room's sensor, with the codec that its firmware would have. What a firmware would publish is printed, a line
 * for each message:
 *
 *     TOPIC PAYLOAD TEXT
 *
 * TOPIC is below the device's own, PAYLOAD in hex, and TEXT, up to the line feed, what the message says: who decodes
 * the payload can compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "climate.h"
#include "climate_float.h"
#include "climate_names.h"

#define INTERVAL_S 5u
#define FROST_BELOW 500    /* in 0.01 degC, as the message has it */
#define HEAT_BELOW 2000    /* in 0.01 degC */
#define HEAT_UNTIL 2200    /* in 0.01 degC */
#define BATTERY_LOW 2500   /* in mV */
#define BATTERY_EMPTY 2000 /* in mV */

/* A sensor in an unheated room, whose heating has just come on. */
typedef struct {
    climate_reading_t reading; /* the last one */
    climate_trouble_t trouble; /* as last told */
    uint32_t random;
} sensor_t;

/* Returns a number below n. */
static unsigned draw(sensor_t *s, unsigned n)
{
    s->random = s->random * 1664525u + 1013904223u;
    return (unsigned)(s->random >> 16) % n;
}

static bool sensor_init(sensor_t *s, const char *room, unsigned seed)
{
    climate_reading_t *r = &s->reading;
    const size_t len = strlen(room);

    climate_reading_init(r);
    climate_trouble_init(&s->trouble);
    s->random = seed;
    if (len >= sizeof r->room) {
        return false;
    }
    memcpy(r->room, room, len);
    r->room_len = (uint8_t)len;
    r->temperature = (int16_t)(200 + draw(s, 300));
    r->has_battery = draw(s, 2) == 1;
    r->battery = (uint16_t)(BATTERY_LOW + draw(s, 50));
    return true;
}

/* Measures: five seconds later, and the room a little warmer or colder. */
static void measure(sensor_t *s)
{
    climate_reading_t *r = &s->reading;
    int i;

    r->uptime += INTERVAL_S;
    if (r->temperature < HEAT_BELOW) {
        r->mode = CLIMATE_MODE_HEATING;
    } else if (r->temperature > HEAT_UNTIL) {
        r->mode = CLIMATE_MODE_IDLE;
    }
    if (r->mode == CLIMATE_MODE_HEATING) {
        r->temperature = (int16_t)(r->temperature + (int)draw(s, 150));
    } else {
        r->temperature = (int16_t)(r->temperature - (int)draw(s, 50));
    }
    r->humidity = (uint16_t)(7000 - r->temperature + (int)draw(s, 100));
    r->samples_count = (uint8_t)draw(s, CLIMATE_MAX_SAMPLES + 1u);
    for (i = 0; i < r->samples_count; i++) {
        r->samples[i] = (uint16_t)(380 + draw(s, 60));
    }
    if (r->battery > BATTERY_EMPTY) {
        r->battery = (uint16_t)(r->battery - draw(s, 5));
    }
    r->pressure = (uint16_t)(1005 + draw(s, 20));
}

/* Returns whether other alarms are on than were told last, and what to tell. */
static bool alarms_changed(sensor_t *s)
{
    const climate_reading_t *r = &s->reading;
    climate_alarm_t alarms = 0;

    if (r->temperature < FROST_BELOW) {
        alarms |= CLIMATE_ALARM_FROST;
    }
    if (r->has_battery && r->battery < BATTERY_LOW) {
        alarms |= CLIMATE_ALARM_BATTERY;
    }
    if (alarms == s->trouble.alarms) {
        return false;
    }
    if (s->trouble.alarms == 0) {
        s->trouble.since = r->uptime;
    }
    s->trouble.alarms = alarms;
    return true;
}

/* A firmware would have enow_node_publish(topic, payload, len, ...) here. */
static bool publish(const char *topic, const uint8_t *payload, int len)
{
    int i;

    if (len < 0) {
        fprintf(stderr, "publisher: the codec refuses a %s: %s\n", topic, climate_err_name(len));
        return false;
    }
    printf("%s ", topic);
    for (i = 0; i < len; i++) {
        printf("%02x", payload[i]);
    }
    return true;
}

static bool publish_reading(const climate_reading_t *r)
{
    uint8_t payload[CLIMATE_READING_MAX_SIZE];
    int i;

    if (!publish(CLIMATE_READING_TOPIC, payload, climate_reading_encode(r, payload, sizeof payload))) {
        return false;
    }
    printf(" reading  uptime %lu s  %.2f °C  %.2f %%", (unsigned long)r->uptime, climate_reading_temperature_celsius(r),
           climate_reading_humidity_percent(r));
    printf("  %s", climate_mode_name(r->mode));
    for (i = 0; i < r->samples_count; i++) {
        printf("%s %u", i == 0 ? "  samples" : "", (unsigned)r->samples[i]);
    }
    printf("  room \"%.*s\"", (int)r->room_len, r->room);
    if (r->has_battery) {
        printf("  battery %u mV", (unsigned)r->battery);
    }
    printf("  %u hPa\n", (unsigned)r->pressure);
    return true;
}

static bool publish_trouble(const climate_trouble_t *t)
{
    uint8_t payload[CLIMATE_TROUBLE_MAX_SIZE];

    if (!publish(CLIMATE_TROUBLE_TOPIC, payload, climate_trouble_encode(t, payload, sizeof payload))) {
        return false;
    }
    printf(" trouble  alarms 0x%02x", t->alarms);
    if ((t->alarms & CLIMATE_ALARM_FROST) != 0) {
        printf(" frost");
    }
    if ((t->alarms & CLIMATE_ALARM_BATTERY) != 0) {
        printf(" battery");
    }
    printf("  since %lu s\n", (unsigned long)t->since);
    return true;
}

int main(int argc, char **argv)
{
    sensor_t sensor;

    if (argc != 3) {
        fprintf(stderr, "usage: publisher ROOM SEED\n");
        return 2;
    }
    if (!sensor_init(&sensor, argv[1], (unsigned)strtoul(argv[2], NULL, 10))) {
        fprintf(stderr, "publisher: the name of a room has at most %u bytes\n",
                (unsigned)sizeof sensor.reading.room - 1);
        return 2;
    }
    /* Until nobody reads. A firmware would sleep here; who reads the lines gives the pace. */
    do {
        measure(&sensor);
        if (!publish_reading(&sensor.reading)) {
            return 1;
        }
        if (alarms_changed(&sensor) && !publish_trouble(&sensor.trouble)) {
            return 1;
        }
    } while (fflush(stdout) == 0);
    return 0;
}
