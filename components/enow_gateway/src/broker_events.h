/*
 * What esp-mqtt tells of the broker: it is counted, said in the log where somebody can do something about it, passed on
 * to who waits for it, and seen by the publisher (broker.h) as it is when he looks.
 *
 * Threads: any. esp-mqtt tells in its own task, and in the publisher's while that calls it; the lock is never held
 * around a call.
 */
#pragma once

#include "client.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool connected;
    /** The connection has ended, or did not come about. */
    bool down;
    /** The broker has answered a message of this connection. */
    bool answered;
    /** How often it has said that it takes no more for now. */
    uint32_t quota;
} enow_gateway_broker_seen_t;

void enow_gateway_broker_events_start(const enow_gateway_t *gateway);

/** What enow_gateway_client_config_t wants. */
void enow_gateway_broker_events_tell(const enow_gateway_client_event_t *event);

enow_gateway_broker_seen_t enow_gateway_broker_events_see(void);

/** A connection is being made; of an earlier one nothing is seen any more. */
void enow_gateway_broker_events_attempt(void);

/** The attempt could not be begun, or ended without a word. */
void enow_gateway_broker_events_unbegun(esp_err_t err);

/** The publisher has ended the connection. */
void enow_gateway_broker_events_closed(void);

/** esp-mqtt did not take a message. */
void enow_gateway_broker_events_failure(void);

void enow_gateway_broker_events_stats(enow_gateway_broker_stats_t *out);

#ifdef __cplusplus
}
#endif
