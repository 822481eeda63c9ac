/* Addresses of stations. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A 48-bit IEEE 802 MAC address in the order it goes over the air. */
typedef struct {
    uint8_t bytes[6];
} enow_addr_t;

#ifdef __cplusplus
}
#endif
