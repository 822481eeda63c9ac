/* Addresses as text, as ESP-IDF's MACSTR prints them: "24:6f:28:aa:bb:cc". */
#pragma once

#include "enow/addr.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of an address, the 0 behind them not counted. */
#define ENOW_GATEWAY_ADDR_TEXT 17u

/* Writes the address and a 0. */
void enow_gateway_addr_print(enow_addr_t addr, char out[ENOW_GATEWAY_ADDR_TEXT + 1]);

/* Reads an address in either case; false: the text, all len characters of it, is none. */
bool enow_gateway_addr_parse(const char *text, size_t len, enow_addr_t *addr);

/* Whether addr is that of one station. */
bool enow_gateway_addr_station(enow_addr_t addr);

/* Orders addresses by their bytes: below 0, 0 or above. */
int enow_gateway_addr_compare(enow_addr_t a, enow_addr_t b);

#ifdef __cplusplus
}
#endif
