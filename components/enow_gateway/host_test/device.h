/* A device near the gateway: the node of enow_link on a station of the test's own, in a thread. */
#pragma once

#include "enow/node.h"

/** What a device asks for that is switched on from now on. */
extern uint16_t device_keep_alive_s;

/** Switches a device on. key is that of the network; null: the network is open. It searches the channels of the mask,
 * bit n for channel n. */
void device_start(enow_addr_t addr, uint8_t key_id, const uint8_t *key, uint16_t channels);

/** Switches it off, without a goodbye. */
void device_kill(void);

/** Whether it has a session now. */
bool device_connected(void);

/** Waits until it has one, or has none; false: not in time. */
bool device_waits(bool connected, uint32_t timeout_ms);

/** Queues a message. Returns its ticket, or an error below 0. */
int64_t device_publish(const char *topic, const void *payload, size_t len, bool acknowledge);

#define DEVICE_NO_RESULT 1000

/** Waits for the result of a message and returns it, or DEVICE_NO_RESULT. */
int device_result(int64_t ticket, uint32_t timeout_ms);

/** Waits until a message has arrived at the device that begins so; false: none came in time. */
bool device_hears(const char *text, uint32_t timeout_ms);

/** Whether the gateway has told it what time it is. */
bool device_knows_time(void);

/** How many messages have arrived. */
unsigned device_heard(void);
