/* The room. Put the driver of your sensor in its place. */
#pragma once

#include "climate.h"

/* Fills in what it measured. These numbers are made up: a room that gets warmer and colder. */
void room_measure(climate_reading_t *reading);
