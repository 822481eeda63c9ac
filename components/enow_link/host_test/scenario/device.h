/* A node or a gateway of a scenario: its machine, in memory of its own, and the radio it has. */
#pragma once

#include "flights.h"

#include "enow/gateway.h"
#include "enow/node.h"

enum { DEVICE_NAME = 8, DEVICE_WAITING = 8 };

/* SplitMix64 as a stream of bytes, each word little-endian. */
typedef struct {
    uint64_t state;
    uint64_t word;
    unsigned left; /* bytes of it */
} split_mix_t;

typedef struct {
    char name[DEVICE_NAME];
    enow_addr_t addr;
    enow_link_node_t *node; /* one of the two is there while the device is on */
    enow_link_gateway_t *gateway;
    uint64_t *memory;
    enow_crypto_t crypto; /* whose randomness is the device's */
    split_mix_t random;
    uint64_t starts;
    enow_link_node_config_t config; /* of the last start */

    uint8_t channel;
    uint64_t busy_us; /* until then the radio sends */
    flights_t sent;   /* all that it ever did */
    int64_t lose;     /* of the next frames; negative: of all */
    uint8_t received[FLIGHT_SIZE];
    enow_link_drops_t drops; /* told of */

    enow_link_receipt_t waiting[DEVICE_WAITING];
    size_t waiting_count;
    bool accepts; /* at once */
    uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE];
    size_t snapshot_len; /* 0: there is none */
    uint64_t slept_us;   /* when it fell asleep */
} device_t;

/* Its name: N or G, and a number where there are more. False: it is none. */
bool device_addr(const char *name, enow_addr_t *addr);

bool device_is_node(const device_t *d);
bool device_is_on(const device_t *d);

/* Its next start has randomness of its own. */
void device_entropy(device_t *d);

/* Switches it on, with nothing in its memory. */
void device_start_node(device_t *d, const enow_link_node_config_t *cfg);
void device_start_gateway(device_t *d, const enow_link_gateway_config_t *cfg);
/* Has it go on from its snapshot. Returns 0 or why it does not. */
int device_resume(device_t *d, uint64_t now_us);
void device_stop(device_t *d);

/* What both machines do. */
void device_handle(device_t *d, uint64_t now_us, const flight_t *f, int8_t rssi);
bool device_poll(device_t *d, uint64_t now_us, enow_link_event_t *event);
bool device_transmit(device_t *d, uint64_t now_us, enow_link_transmission_t *out, uint8_t buf[FLIGHT_SIZE]);
bool device_deadline(const device_t *d, uint64_t *at_us);
enow_link_drops_t device_drops(const device_t *d);
void device_radio_reset(device_t *d);
