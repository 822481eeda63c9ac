/* Moments as text: RFC 3339, in UTC, with milliseconds, such as "2026-01-31T23:59:59.999Z". */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of a moment, the 0 behind them not counted. */
#define ENOW_GATEWAY_STAMP_TEXT 24u

/* The last millisecond that has four digits of year. */
#define ENOW_GATEWAY_STAMP_MAX_MS UINT64_C(253402300799999)

/* Writes a moment since 1970, and a 0. One after ENOW_GATEWAY_STAMP_MAX_MS is written as that. */
void enow_gateway_stamp_print(uint64_t unix_ms, char out[ENOW_GATEWAY_STAMP_TEXT + 1]);

#ifdef __cplusplus
}
#endif
