/*
 * The gateway at its broker: one task, the publisher, connects, says that the gateway is online, subscribes, hands over
 * what waits in the outbox (uplink.h), and comes back with rests in between when the connection is lost. It alone calls
 * esp-mqtt, whose lock may be held for seconds.
 */
#pragma once

#include "esp_err.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Starts the publisher. */
esp_err_t enow_gateway_broker_start(const enow_gateway_t *gateway);

/** Waits until what is in the outbox is published, if there is a broker, and not for longer than some seconds; says
 * goodbye to it and ends. */
void enow_gateway_broker_stop(void);

/** There is a network now, or none any more. From any task, as those that follow. */
void enow_gateway_broker_network(bool network);

/** There is something to publish, or a setting has changed. */
void enow_gateway_broker_wake(void);

#ifdef __cplusplus
}
#endif
