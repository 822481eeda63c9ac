/* The MQTT 5 user properties of a node's message (SPEC.md, section 7), by which an application knows the second copy of
 * one that two gateways heard, or that was sent again. */
#pragma once

#include "addr.h"
#include "stamp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* gateway, rssi, boot, message_id, time. */
#define ENOW_GATEWAY_PROPERTIES 5u

/* How a message of a node came. */
typedef struct {
    /* Of its arrival, by the caller's monotonic clock. */
    uint64_t at_us;
    /* Of the node's session; 0 without one. */
    uint32_t boot;
    uint16_t id;
    /* In dBm. */
    int8_t rssi;
    /* A frame that was passed through: it has no boot and no id. */
    bool raw;
} enow_gateway_origin_t;

typedef struct {
    const char *name;
    const char *value;
} enow_gateway_property_t;

/* The properties of one message; it is not copied, for its values point into it. */
typedef struct {
    enow_gateway_property_t list[ENOW_GATEWAY_PROPERTIES];
    size_t count;
    char gateway[ENOW_GATEWAY_ADDR_TEXT + 1];
    char rssi[5];
    char boot[11];
    char id[6];
    char time[ENOW_GATEWAY_STAMP_TEXT + 1];
} enow_gateway_properties_t;

/* Fills in the properties of a message that this gateway heard at unix_ms; 0: its clock is not set, and there is no
 * time. */
void enow_gateway_properties_fill(enow_gateway_properties_t *out, enow_addr_t gateway,
                                  const enow_gateway_origin_t *origin, uint64_t unix_ms);

#ifdef __cplusplus
}
#endif
