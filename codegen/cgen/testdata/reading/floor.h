/* What generated code is measured against: explicit shifts written by hand, with the same checks and results. */
#pragma once

#include "reading.h"

int floor_encode(const reading_reading_t *in, uint8_t *buf, size_t cap);
int floor_decode(reading_reading_t *out, const uint8_t *payload, size_t len);
