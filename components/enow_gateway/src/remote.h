/*
 * Settings that are changed over MQTT while the gateway runs (SPEC.md, section 7): an object of names and values, such
 * as
 * {"node_alive_s": 120, "stats_s": 10}.
 *
 * Either all of them can be set, or none is; the answer is a document that says so, or which one cannot, and why. Some
 * are closed: whoever can write to the broker could take the network over, or have the gateway never hear of it again.
 */
#pragma once

#include "enow/settings.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Settings in one object, at most. */
#define ENOW_GATEWAY_REMOTE_MAX 32u

/* Bytes that hold any answer, the 0 behind it included. */
#define ENOW_GATEWAY_REMOTE_ANSWER 256u

/* How a setting was set. */
typedef enum {
    ENOW_GATEWAY_SET_NOW = 0,
    /* It counts from the next start of the gateway on. */
    ENOW_GATEWAY_SET_NEXT_START = 1,
    /* It could not be kept: it lasts until the next start at most. */
    ENOW_GATEWAY_SET_UNSAVED = 2,
} enow_gateway_set_t;

typedef struct {
    /* Settings that may be changed this way, but blobs: those are keys. */
    const enow_settings_t *const *open;
    size_t open_count;
    /* Settings that may not. */
    const enow_settings_t *const *closed;
    size_t closed_count;
    /* Sets one, to a text that its row takes. */
    enow_gateway_set_t (*set)(void *user, const char *name, const char *text);
    void *user;
} enow_gateway_remote_t;

/* Takes what came for $config and writes the answer, with a 0 behind it:
 * {"ok":true,"changed":2,"next_start":1,"unsaved":0}, or
 * {"ok":false,"error":"out of range","setting":"node_alive_s","min":1,"max":65535}, of a text its length, or
 * {"ok":false,"error":"not JSON","at":12}. Returns how many settings were set, or an enow_gateway_err_t: then none was.
 */
int enow_gateway_remote_take(const enow_gateway_remote_t *remote, const char *text, size_t len,
                             char answer[ENOW_GATEWAY_REMOTE_ANSWER]);

#ifdef __cplusplus
}
#endif
