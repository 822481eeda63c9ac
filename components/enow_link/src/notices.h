/* Events that wait to be told, the oldest first; messages are told at once, and never among them. */
#pragma once

#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room for results of messages that end together, and for what follows from them. Who tells results keeps
 * ENOW_LINK_NOTICES_KEPT places free for the other events, of which a machine tells fewer between two polls. */
#define ENOW_LINK_NOTICES 8u
#define ENOW_LINK_NOTICES_KEPT 3u

typedef struct {
    enow_link_event_kind_t kind;
    union {
        enow_link_result_t result;
        enow_link_connection_t connection;
        enow_link_presence_t presence;
    } as;
} enow_link_notice_t;

typedef struct {
    enow_link_notice_t ring[ENOW_LINK_NOTICES];
    uint8_t head;
    uint8_t count;
} enow_link_notices_t;

/* Whether there is room for a result. */
bool enow_link_notices_room(const enow_link_notices_t *notices);

void enow_link_notices_result(enow_link_notices_t *notices, const enow_link_result_t *result);
void enow_link_notices_connection(enow_link_notices_t *notices, const enow_link_connection_t *connection);
void enow_link_notices_presence(enow_link_notices_t *notices, const enow_link_presence_t *presence);

/* Takes the next event; false: there is none. */
bool enow_link_notices_next(enow_link_notices_t *notices, enow_link_event_t *event);

#ifdef __cplusplus
}
#endif
