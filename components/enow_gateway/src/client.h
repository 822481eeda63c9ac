/*
 * One connection to the broker, by a client of esp-mqtt that lives no longer than it: the next connection has a new
 * one. So esp-mqtt begins each with an empty outbox, and all that was on the way is handed over again by who keeps it,
 * at once and in order; esp-mqtt itself repeats one message a second, and loses count of those the broker has
 * acknowledged.
 *
 * Threads: one task, the publisher, calls these functions; they may block for as long as the broker does, up to 10 s.
 * Events come in esp-mqtt's task, which holds its lock meanwhile: their receiver must not wait for the publisher. That
 * a connection has ended can also come in the publisher's, within one of these calls.
 */
#pragma once

#include "enow_gateway.h"
#include "outbox.h"
#include "topic.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    /** The broker has accepted the connection. */
    ENOW_GATEWAY_CLIENT_UP = 1,
    /** The connection has ended, or did not come about; code: of the broker's DISCONNECT, 0: there was none. */
    ENOW_GATEWAY_CLIENT_DOWN = 2,
    /** There is no broker; code: errno of the socket. */
    ENOW_GATEWAY_CLIENT_UNREACHABLE = 3,
    /** The broker refuses the connection; code: of its CONNACK. */
    ENOW_GATEWAY_CLIENT_REFUSED = 4,
    /** The broker has answered message id; code: of its PUBACK. */
    ENOW_GATEWAY_CLIENT_PUBLISHED = 5,
    /** esp-mqtt has given message id up. */
    ENOW_GATEWAY_CLIENT_DELETED = 6,
    /** A message has come. */
    ENOW_GATEWAY_CLIENT_MESSAGE = 7,
    /** One has come that is too long. */
    ENOW_GATEWAY_CLIENT_TOO_LONG = 8,
    /** The broker refuses a subscription. */
    ENOW_GATEWAY_CLIENT_UNSUBSCRIBED = 9,
} enow_gateway_client_event_kind_t;

/** What the URI of a broker begins with. */
#define ENOW_GATEWAY_CLIENT_SCHEMES "mqtt://, mqtts://, ws:// or wss://"

/** From here on codes are refusals (MQTT 5, section 2.4). */
#define ENOW_GATEWAY_CLIENT_REFUSAL 0x80
/** The broker takes no more messages, for now. */
#define ENOW_GATEWAY_CLIENT_QUOTA 0x97

typedef struct {
    enow_gateway_client_event_kind_t kind;
    int code;
    uint16_t id;
    /** Views, valid until the receiver returns. */
    enow_bytes_t topic;
    enow_bytes_t payload;
    /** The broker had kept the message. */
    bool retained;
} enow_gateway_client_event_t;

typedef struct {
    const enow_gateway_config_t *cfg;
    enow_addr_t addr;
    /** Topic of the last will. */
    const char *will;
    void (*tell)(const enow_gateway_client_event_t *event);
} enow_gateway_client_config_t;

/** Whether a text begins as the URI of a broker does. */
bool enow_gateway_client_is_uri(const char *text);

/** Begins to connect. What the struct points to is not copied. Returns ESP_OK, and UP or DOWN follows;
 * ESP_ERR_INVALID_ARG where the broker's URI is none; or the error of esp-mqtt. */
esp_err_t enow_gateway_client_open(const enow_gateway_client_config_t *cfg);

/** Ends the connection, and the broker publishes no last will. No event follows. */
void enow_gateway_client_close(void);

/** Returns whether it is on the way to the broker, who answers with an event of its own if he refuses. */
bool enow_gateway_client_subscribe(const char *filter);

/** Hands a message to esp-mqtt. Returns its id, 0 at QoS 0, or a negative number: esp-mqtt did not take it. */
int enow_gateway_client_publish(const enow_gateway_message_t *message, const enow_gateway_properties_t *properties);

#ifdef __cplusplus
}
#endif
