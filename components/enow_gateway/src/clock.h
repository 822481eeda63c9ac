/* What time it is: nodes are told, and what the gateway publishes carries it. It comes from the network (SNTP). */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Has the clock set by this server, over and over; empty: it is not. Call it when there is a network. */
void enow_gateway_clock_start(const char *server);

void enow_gateway_clock_stop(void);

/** Microseconds since 1970, UTC; 0: nobody has set the clock yet. */
uint64_t enow_gateway_clock_unix_us(void);

#ifdef __cplusplus
}
#endif
