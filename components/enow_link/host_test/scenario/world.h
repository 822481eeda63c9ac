/* The devices of a scenario, the air between them, and their clock. */
#pragma once

#include "device.h"
#include "script.h"

enum { WORLD_DEVICES = 32, WORLD_HEARD = 16 };

/* How loud one is at another. */
typedef struct {
    enow_addr_t from, at;
    int8_t rssi;
} heard_t;

typedef struct {
    const script_t *script;
    bool secure;
    bool both_keys; /* that gateways have */
    uint64_t now_us;
    device_t *devices; /* in the order in which they were named */
    size_t device_count;
    flights_t flying;
    heard_t heard[WORLD_HEARD];
    size_t heard_count;
    text_t out; /* what has happened since the last input */
} world_t;

void world_open(world_t *w, const script_t *script);
void world_close(world_t *w);

/* The device of a name, which is made if it is not there. */
device_t *world_device(world_t *w, const char *name);

/* An address that a scenario names: of a device, or all. */
enow_addr_t world_addr(const world_t *w, const char *name);

void world_loudness(world_t *w, enow_addr_t from, enow_addr_t at, int8_t rssi);

/* A device hears a frame. */
void world_hear(world_t *w, device_t *d, const flight_t *f);

/* What is due now happens. */
void world_step(world_t *w);

/* Lets time pass, at most until the outputs have a text, where there is one. */
void world_wait(world_t *w, uint64_t us, const char *until);
