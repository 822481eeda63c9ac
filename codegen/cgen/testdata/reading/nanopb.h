/* The reading in nanopb, as one would write it who uses that instead. */
#pragma once

#include "reading.pb.h"

int nanopb_encode(const reading_Reading *in, uint8_t *buf, size_t cap);
int nanopb_decode(reading_Reading *out, const uint8_t *buf, size_t len);
