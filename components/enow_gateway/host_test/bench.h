/* A gateway under test, with an access point, a broker, somebody who watches the broker, and a device. */
#pragma once

#include "device.h"
#include "enow_gateway.h"
#include "eventually.h"
#include "fake.h"
#include "mosquitto_broker.h"
#include "watcher.h"

#define BENCH_DEVICE "/device/02:00:00:00:00:77"
#define BENCH_CHANNEL 6
#define BENCH_CHANNELS (1u << 1 | 1u << BENCH_CHANNEL | 1u << 11)
/* Long enough for all that is waited for, when the machine is busy. */
#define BENCH_MS 20000

extern const enow_addr_t bench_device;
extern const uint8_t bench_key[ENOW_LINK_KEY_SIZE];

/* Settings of a gateway that joins the access point and the broker, and has the network's key. */
enow_gateway_config_t bench_config(void);

/* An empty NVS, an empty log, the access point and the broker. */
void bench_begin(void);

/* The broker is there again, watched before the gateway reaches it, so that nothing is missed. */
void bench_broker_returns(void);

/* Starts the gateway and waits until it is at its broker, watched. */
void bench_start(const enow_gateway_config_t *cfg);

/* Starts the device and waits until it has joined. */
void bench_join(void);

/* Ends what runs of it. */
void bench_end(void);

/* How often a text was logged since bench_begin. */
unsigned bench_logged(const char *text);

enow_gateway_stats_t bench_stats(void);

/* The gateway's topic of this sub. */
const char *bench_gateway(const char *sub);
