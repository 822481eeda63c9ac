/* Messages that are not acknowledged yet, in the order in which they came. */
#pragma once

#include <mosquitto.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct message {
    struct message *next;
    int id;
    int sent_as; // libmosquitto's id; 0: not sent on this connection
    int64_t since_us;
    char *topic;
    char *data;
    int length;
    int qos;
    bool retain;
    mosquitto_property *properties;
} message_t;

typedef struct {
    message_t *first;
    int last_id;
} outbox_t;

/** Adds copies of topic and data, and takes the properties over. A message with QoS 0 has the id 0. */
message_t *outbox_add(outbox_t *outbox, const char *topic, const char *data, int length, int qos, bool retain,
                      mosquitto_property *properties);
void outbox_remove(outbox_t *outbox, message_t *message);
void outbox_clear(outbox_t *outbox);

/** The message that libmosquitto knows by this id and that is to be acknowledged, or NULL. */
message_t *outbox_sent_as(const outbox_t *outbox, int id);
/** The oldest of those added or sent before, or NULL. */
message_t *outbox_older_than(const outbox_t *outbox, int64_t us);
/** A new connection knows none of them. */
void outbox_unsent(outbox_t *outbox);

/** Bytes of all of them on the air. */
int outbox_size(const outbox_t *outbox);
