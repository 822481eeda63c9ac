/*
 * What goes to the broker: messages of nodes and documents of the gateway. They wait in the outbox (outbox.h), which
 * this shares out between the owner of the machine, who fills it, the publisher, who empties it, and the task of
 * esp-mqtt, which hears what the broker says.
 *
 * None of them waits for another for longer than a copy takes: the lock of the outbox is never held around a call of
 * esp-mqtt or of the driver.
 */
#pragma once

#include "enow_gateway.h"
#include "outbox.h"
#include "topic.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const enow_gateway_config_t *cfg;
    const enow_gateway_roots_t *roots;
    /** Of the machine. */
    const enow_frag_limits_t *fragments;
    /** Called when there is something to publish; must not wait. */
    void (*ready)(void);
    /** Gives a receipt back to the machine; called without the lock, and may wait for the owner. */
    void (*settle)(enow_link_receipt_t receipt, bool taken);
} enow_gateway_uplink_config_t;

/** Returns ESP_OK, ESP_ERR_INVALID_ARG or ESP_ERR_NO_MEM. */
esp_err_t enow_gateway_uplink_start(const enow_gateway_uplink_config_t *cfg);

/** When nobody uses it any more. */
void enow_gateway_uplink_stop(void);

/** Takes a message of a node, in the owner. */
void enow_gateway_uplink_message(uint64_t now_us, const enow_link_message_t *message);

/** Takes a document, which is retained and makes an earlier one of its topic worthless if it is a status. From any
 * task. */
void enow_gateway_uplink_document(const char *topic, const char *text, bool status);

/** The next message for esp-mqtt, in memory that stays until handed, returned or restart is called; false: there is
 * none, or enough are on the way: one where it is to be alone. In the publisher, as the three that follow. */
bool enow_gateway_uplink_next(enow_gateway_message_t *message, bool alone);

/** esp-mqtt has the message under an id, 0 at QoS 0. */
void enow_gateway_uplink_handed(uint16_t id);

/** esp-mqtt did not take the message, which waits again. Returns whether others are on the way, beside which there may
 * just be no room for it. */
bool enow_gateway_uplink_returned(void);

/** The connection is gone, and esp-mqtt has forgotten what it had. Struck: because of the message that was alone on the
 * way, if it still is; after some strikes it is refused, which the log says. */
void enow_gateway_uplink_restart(bool struck);

/** The broker has answered a message. From any task, as those that follow. */
void enow_gateway_uplink_published(uint16_t id, bool taken);

/** esp-mqtt has given a message up. */
void enow_gateway_uplink_deleted(uint16_t id);

/** Whether there is nothing left to publish. */
bool enow_gateway_uplink_empty(void);

/** How the receipts of messages that come from now on are answered. */
void enow_gateway_uplink_acknowledge(enow_gateway_acknowledge_t when);

void enow_gateway_uplink_stats(enow_gateway_uplink_stats_t *out);

#ifdef __cplusplus
}
#endif
