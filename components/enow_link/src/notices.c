#include "notices.h"

#include <assert.h>
#include <string.h>

void enow_link_notices_init(enow_link_notices_t *notices, enow_link_notice_t *ring, uint16_t capacity)
{
    notices->ring = ring;
    notices->capacity = capacity;
    notices->head = 0;
    notices->count = 0;
}

uint16_t enow_link_notices_room(const enow_link_notices_t *notices)
{
    return (uint16_t)(notices->capacity - notices->count);
}

static enow_link_notice_t *push(enow_link_notices_t *notices, enow_link_event_kind_t kind)
{
    assert(notices->count < notices->capacity);
    enow_link_notice_t *n = &notices->ring[(notices->head + notices->count) % notices->capacity];

    notices->count++;
    n->kind = kind;
    return n;
}

void enow_link_notices_result(enow_link_notices_t *notices, const enow_link_result_t *result)
{
    push(notices, ENOW_LINK_EVENT_RESULT)->as.result = *result;
}

void enow_link_notices_connection(enow_link_notices_t *notices, const enow_link_connection_t *connection)
{
    push(notices, ENOW_LINK_EVENT_CONNECTION)->as.connection = *connection;
}

void enow_link_notices_presence(enow_link_notices_t *notices, const enow_link_presence_t *presence)
{
    push(notices, ENOW_LINK_EVENT_PRESENCE)->as.presence = *presence;
}

bool enow_link_notices_next(enow_link_notices_t *notices, enow_link_event_t *event)
{
    if (notices->count == 0) {
        return false;
    }
    const enow_link_notice_t *n = &notices->ring[notices->head];
    notices->head = (uint16_t)((notices->head + 1u) % notices->capacity);
    notices->count--;
    event->kind = n->kind;
    memcpy(&event->as, &n->as, sizeof n->as);
    return true;
}
