#include "mqtt_outbox.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

message_t *outbox_add(outbox_t *outbox, const char *topic, const char *data, int length, int qos, bool retain,
                      mosquitto_property *properties)
{
    message_t *message = calloc(1, sizeof *message);
    char *topic_copy = strdup(topic);
    char *data_copy = malloc((size_t)length + 1);
    if (message == NULL || topic_copy == NULL || data_copy == NULL) {
        abort();
    }
    if (length != 0) {
        memcpy(data_copy, data, (size_t)length);
    }
    if (qos != 0) {
        outbox->last_id = outbox->last_id % 65535 + 1;
    }
    *message = (message_t){.id = qos != 0 ? outbox->last_id : 0,
                           .since_us = clock_us(),
                           .topic = topic_copy,
                           .data = data_copy,
                           .length = length,
                           .qos = qos,
                           .retain = retain,
                           .properties = properties};
    message_t **link = &outbox->first;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = message;
    return message;
}

void outbox_remove(outbox_t *outbox, message_t *message)
{
    message_t **link = &outbox->first;
    while (*link != message) {
        link = &(*link)->next;
    }
    *link = message->next;
    mosquitto_property_free_all(&message->properties);
    free(message->topic);
    free(message->data);
    free(message);
}

void outbox_clear(outbox_t *outbox)
{
    while (outbox->first != NULL) {
        outbox_remove(outbox, outbox->first);
    }
}

message_t *outbox_sent_as(const outbox_t *outbox, int id)
{
    message_t *message = outbox->first;
    while (message != NULL && (message->sent_as != id || message->qos == 0)) {
        message = message->next;
    }
    return message;
}

message_t *outbox_older_than(const outbox_t *outbox, int64_t us)
{
    message_t *message = outbox->first;
    while (message != NULL && message->since_us >= us) {
        message = message->next;
    }
    return message;
}

void outbox_unsent(outbox_t *outbox)
{
    for (message_t *message = outbox->first; message != NULL; message = message->next) {
        message->sent_as = 0;
    }
}

int outbox_size(const outbox_t *outbox)
{
    int size = 0;
    for (const message_t *message = outbox->first; message != NULL; message = message->next) {
        size += message->length + (int)strlen(message->topic) + 7; // the least header of QoS 1
    }
    return size;
}
