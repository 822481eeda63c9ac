/*
 * The topics of a gateway (SPEC.md, section 7):
 *
 *   /device/<mac>            a node's message
 *   /device/<mac>/<sub>      one under a topic of its own, or $status, $set
 *   /gateway/<mac>/<sub>     $status, $stats, $config
 *   /gateway/$deny           of all gateways
 *
 * "/device" and "/gateway" are the roots, which are settings.
 */
#pragma once

#include "addr.h"
#include "enow_proto.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a root, at most. */
#define ENOW_GATEWAY_MAX_ROOT 64u

/* Bytes of a topic without what stands below the address: root, /, address, /. */
#define ENOW_GATEWAY_TOPIC_FRONT(root) ((root) + 1 + ENOW_GATEWAY_ADDR_TEXT + 1)

/* Bytes of the longest topic, the 0 behind it not counted. */
#define ENOW_GATEWAY_MAX_TOPIC (ENOW_GATEWAY_TOPIC_FRONT(ENOW_GATEWAY_MAX_ROOT) + ENOW_MAX_TOPIC)

/* What stands below an address, or below the gateways' root, that is the network's own. */
#define ENOW_GATEWAY_SUB_STATUS "$status"
#define ENOW_GATEWAY_SUB_SET "$set"
#define ENOW_GATEWAY_SUB_STATS "$stats"
#define ENOW_GATEWAY_SUB_CONFIG "$config"
#define ENOW_GATEWAY_SUB_DENY "$deny"

/* The first levels of topics. */
typedef struct {
    const char *device;
    const char *gateway;
} enow_gateway_roots_t;

/* Returns 0 if both are of 1 to ENOW_GATEWAY_MAX_ROOT printable ASCII characters without + and #, have no empty level
 * but the one in front of a first /, and are not the same; else ENOW_GATEWAY_ERR_TOPIC. */
int enow_gateway_roots_check(const enow_gateway_roots_t *roots);

/* Writes the topic of a device, and a 0; sub may be empty. Returns its length, or ENOW_GATEWAY_ERR_CAPACITY. */
int enow_gateway_topic_device(const enow_gateway_roots_t *roots, enow_addr_t addr, enow_bytes_t sub, char *out,
                              size_t cap);

/* Writes the topic of a gateway as enow_gateway_topic_device does. */
int enow_gateway_topic_gateway(const enow_gateway_roots_t *roots, enow_addr_t addr, const char *sub, char *out,
                               size_t cap);

/* Writes the filter of all devices' sub, "/device/+/<sub>", as enow_gateway_topic_device does. */
int enow_gateway_topic_every_device(const enow_gateway_roots_t *roots, const char *sub, char *out, size_t cap);

/* Writes the topic of the deny-list as enow_gateway_topic_device does. */
int enow_gateway_topic_deny(const enow_gateway_roots_t *roots, char *out, size_t cap);

typedef enum {
    ENOW_GATEWAY_TOPIC_DEVICE = 1,
    ENOW_GATEWAY_TOPIC_GATEWAY = 2,
    ENOW_GATEWAY_TOPIC_DENY = 3,
} enow_gateway_topic_kind_t;

/* A topic that was taken apart. */
typedef struct {
    enow_gateway_topic_kind_t kind;
    /* But of the deny-list's. */
    enow_addr_t addr;
    /* What stands below the address, a view; empty: nothing. */
    enow_bytes_t sub;
} enow_gateway_topic_t;

/* Takes a topic of len bytes apart, whose address may be in either case. Returns 0, or ENOW_GATEWAY_ERR_TOPIC or
 * _ADDR. */
int enow_gateway_topic_parse(const enow_gateway_roots_t *roots, const char *topic, size_t len,
                             enow_gateway_topic_t *out);

/* Whether sub is what stands below the address. */
bool enow_gateway_topic_is(const enow_gateway_topic_t *topic, const char *sub);

#ifdef __cplusplus
}
#endif
