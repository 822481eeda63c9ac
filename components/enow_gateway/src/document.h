/*
 * The JSON documents that a gateway publishes (SPEC.md, section 7). Each function writes one into the caller's buffer,
 * with a 0 behind it, and returns its length, or ENOW_GATEWAY_ERR_CAPACITY.
 *
 * Moments are in milliseconds since 1970; 0: the clock is not set, and the document has none.
 */
#pragma once

#include "enow/gateway.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that hold any $status, the 0 behind it included. */
#define ENOW_GATEWAY_STATUS_SIZE 176u

/* $status of a node that this gateway has a session with, on its channel since then, or had until then. */
int enow_gateway_document_node(const enow_link_presence_t *presence, enow_addr_t gateway, uint64_t since_ms, char *out,
                               size_t cap);

/* What a $status of a node says of where it is. */
typedef struct {
    bool online;
    enow_addr_t gateway;
} enow_gateway_whereabouts_t;

/* Reads the $status of a node that another gateway may have written. Returns 0, or ENOW_GATEWAY_ERR_SYNTAX, _KIND,
 * _TEXT, _DEPTH or _ADDR. */
int enow_gateway_document_read_node(const char *text, size_t len, enow_gateway_whereabouts_t *out);

/* $status of a gateway that has just connected. */
int enow_gateway_document_online(uint64_t since_ms, char *out, size_t cap);

/* $status of a gateway that goes, or is gone: its last will. */
#define ENOW_GATEWAY_DOCUMENT_OFFLINE "{\"online\":false}"

/* A uint32_t of a struct, by name. */
typedef struct {
    const char *name;
    uint16_t offset;
} enow_gateway_counter_t;

#define ENOW_GATEWAY_COUNTER(STRUCT, MEMBER)                                                                           \
    {                                                                                                                  \
#MEMBER, (uint16_t)offsetof(STRUCT, MEMBER)                                                                    \
    }

/* Counters of one part of the gateway, such as "radio", and the struct that they stand in. */
typedef struct {
    const char *name;
    const enow_gateway_counter_t *counters;
    size_t count;
    const void *values;
} enow_gateway_counters_t;

/* Bytes that hold any $stats without other parts, the 0 behind it included. */
#define ENOW_GATEWAY_STATS_LINK 1280u

/* $stats: what the machine counts, its drops by the name of their reason where there are any, and then the other parts.
 */
int enow_gateway_document_stats(uint64_t uptime_s, const enow_link_gateway_stats_t *machine,
                                const enow_gateway_counters_t *parts, size_t count, char *out, size_t cap);

#ifdef __cplusplus
}
#endif
