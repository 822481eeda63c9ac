/* Events that wait to be told, the oldest first; messages are told at once, and never among them. */
#pragma once

#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    enow_link_event_kind_t kind;
    union {
        enow_link_result_t result;
        enow_link_connection_t connection;
        enow_link_presence_t presence;
    } as;
} enow_link_notice_t;

typedef struct {
    enow_link_notice_t *ring; /* memory of the caller */
    uint16_t capacity;
    uint16_t head;
    uint16_t count;
} enow_link_notices_t;

void enow_link_notices_init(enow_link_notices_t *notices, enow_link_notice_t *ring, uint16_t capacity);

/* How many more events there is room for. Who tells one has asked. */
uint16_t enow_link_notices_room(const enow_link_notices_t *notices);

void enow_link_notices_result(enow_link_notices_t *notices, const enow_link_result_t *result);
void enow_link_notices_connection(enow_link_notices_t *notices, const enow_link_connection_t *connection);
void enow_link_notices_presence(enow_link_notices_t *notices, const enow_link_presence_t *presence);

/* Takes the next event; false: there is none. */
bool enow_link_notices_next(enow_link_notices_t *notices, enow_link_event_t *event);

#ifdef __cplusplus
}
#endif
