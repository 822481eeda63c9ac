/* Frames on the air. */
#pragma once

#include "enow/addr.h"
#include "enow_proto.h"

enum { FLIGHT_SIZE = 2048 }; /* more than a radio can hear, for machines to refuse */

typedef struct {
    uint64_t at_us; /* when it lands */
    enow_addr_t from, to;
    uint8_t channel;
    size_t len;
    uint8_t body[FLIGHT_SIZE];
} flight_t;

typedef struct {
    flight_t *all;
    size_t count;
    size_t cap;
} flights_t;

void flights_add(flights_t *flights, const flight_t *f);
void flights_free(flights_t *flights);
