/* The messages that wait for peers, and how one is sent (SPEC.md, section 5). */
#pragma once

#include "enow/frag.h"
#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A message that waits. */
typedef struct {
    uint64_t expires_us; /* it has no result by then: ENOW_LINK_ERR_EXPIRED; 0: never */
    uint32_t len;        /* of topic and payload, as on the wire, in the mailroom's memory */
    enow_link_ticket_t ticket;
    uint16_t owner; /* of the outbox */
    uint16_t id;
    bool retain;
    bool acknowledge;
    bool numbered; /* id was given, at its first transmission */
} enow_link_waiting_t;

/* All messages that wait at one machine, the oldest first, their bytes without gaps. */
typedef struct {
    enow_link_waiting_t *list; /* memory of the caller, as bytes */
    uint8_t *bytes;            /* of one message behind those of the one before */
    uint32_t size, used;       /* of bytes */
    uint16_t capacity, count;
} enow_link_mailroom_t;

void enow_link_mailroom_init(enow_link_mailroom_t *mail, enow_link_waiting_t *list, uint16_t capacity, uint8_t *bytes,
                             uint32_t size);

/* How one message is being sent, and how long answers took to come of those before. */
typedef struct {
    enow_frag_sender_t sender; /* of one that is acknowledged */
    enow_frag_round_trip_t trip;
    uint32_t offset;   /* of the next part of one that is not */
    uint32_t timeouts; /* of the sender, that unheard has counted */
    uint16_t size;     /* bytes of a part */
} enow_link_sending_t;

/* The messages to one peer. They are sent one at a time, in order, so that they arrive in order. Invariants: a message
 * that has begun is sent to its end before another begins; one to be acknowledged leaves with a result, and no other
 * way; the others may be dropped before they begin, the oldest first. */
typedef struct {
    enow_link_mailroom_t *mail;
    enow_link_sending_t *sending; /* null: none may begin now */
    uint32_t max_bytes;
    uint32_t bytes;
    uint32_t dropped;
    uint32_t sent; /* to their ends, of those that are not acknowledged */
    uint16_t max_messages;
    uint16_t messages;
    uint16_t owner;
    uint16_t next_id;
    uint16_t unheard; /* questions without an answer since the peer was heard, or since restart */
    bool begun;       /* the oldest message is being sent */
    bool stalled;     /* the peer does not answer: nothing goes until restart */
} enow_link_outbox_t;

void enow_link_outbox_init(enow_link_outbox_t *outbox, enow_link_mailroom_t *mail, uint16_t owner,
                           uint16_t max_messages, uint32_t max_bytes);

/* Puts a copy of a message in, whose size was checked. Where there is no room, unacknowledged ones go that have not
 * begun, the oldest first. Returns 0, ENOW_LINK_ERR_TOO_LARGE or ENOW_LINK_ERR_FULL; then the outbox is as it was. */
int enow_link_outbox_push(enow_link_outbox_t *outbox, const enow_link_outgoing_t *message, enow_link_ticket_t ticket,
                          uint64_t expires_us);

/* Writes parts of messages to a frame of a session, several of them if they are short. may_begin: another message may
 * begin. A message that ends unanswered stalls the outbox. */
void enow_link_outbox_write(enow_link_outbox_t *outbox, uint64_t now_us, enow_link_writer_t *w,
                            const enow_link_session_t *session, bool may_begin);

/* Takes an answer; false: it is about no message that is being sent. */
bool enow_link_outbox_handle(enow_link_outbox_t *outbox, uint64_t now_us, const enow_pkt_puback_t *p);

/* Fills in what became of a message that is over, and forgets it; result->to is left as it is, and *acknowledge is
 * whether the result is to be told. False: none is over. Asked until it says so, after each of the other calls. session
 * may be null. */
bool enow_link_outbox_ended(enow_link_outbox_t *outbox, uint64_t now_us, const enow_link_session_t *session,
                            enow_link_result_t *result, bool *acknowledge);

/* Takes the oldest message out, whatever it is; false: there is none. */
bool enow_link_outbox_void(enow_link_outbox_t *outbox, enow_link_result_t *result, bool *acknowledge);

/* Makes a message that has begun begin again, whole and under its id: the session is another, or the peer is heard
 * again. */
void enow_link_outbox_restart(enow_link_outbox_t *outbox);

/* When write has something to send once it has written nothing; false: never, unless an answer comes. */
bool enow_link_outbox_next_deadline(const enow_link_outbox_t *outbox, uint64_t *at_us);

/* When the oldest message expires; false: it does not. */
bool enow_link_outbox_expiry(const enow_link_outbox_t *outbox, uint64_t *at_us);

/* Whether nothing is under way or waits. */
static inline bool enow_link_outbox_idle(const enow_link_outbox_t *outbox) { return outbox->messages == 0; }

#ifdef __cplusplus
}
#endif
