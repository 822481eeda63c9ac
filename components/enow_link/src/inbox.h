/* The messages of peers with sessions (SPEC.md, section 5). */
#pragma once

#include "enow/frag.h"
#include "enow/link.h"
#include "ids.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a receiver remembers of one peer between two of the peer's starts. */
typedef struct {
    uint64_t source; /* names it in the inbox, and no other; 0: there is none */
    uint32_t boot;
    enow_link_ids_t done;
} enow_link_sender_t;

/* Sets the sources of peers with sessions apart from those that are addresses. */
#define ENOW_LINK_SESSION_SOURCE (UINT64_C(1) << 63)

/* What is under way; what is done with stands in the window of each sender. Invariants: a message is given out once for
 * each (sender, id); it is done with once somebody has taken responsibility, or has said that nobody ever will, and no
 * sooner. */
typedef struct {
    enow_frag_receiver_t *parts;
    uint32_t max_message;
    uint64_t sources; /* of senders that were given */
} enow_link_inbox_t;

/* What one PUBLISH did. */
typedef struct {
    bool whole;              /* message is there */
    bool retain;             /* of message */
    bool answer;             /* ack is to be sent */
    enow_drop_reason_t drop; /* why the part was dropped; 0: it was not */
    enow_frag_ack_t ack;
    enow_bytes_t message;        /* until the inbox is used again */
    enow_link_receipt_t receipt; /* of message: it waits for accept or refuse; none: it is done with */
} enow_link_arrival_t;

void enow_link_inbox_init(enow_link_inbox_t *inbox, enow_frag_receiver_t *parts, uint32_t max_message);

/* Begins the memory of a peer's boot. */
void enow_link_inbox_new_sender(enow_link_inbox_t *inbox, enow_link_sender_t *sender, uint32_t boot);

/* Takes one PUBLISH of a sender. */
void enow_link_inbox_push(enow_link_inbox_t *inbox, uint64_t now_us, enow_link_sender_t *sender,
                          const enow_pkt_publish_t *p, enow_link_arrival_t *a);

/* Says that somebody has taken responsibility for a message of a sender. Fills in the final answer and whether the
 * sender awaits one; false: no such message waits. */
bool enow_link_inbox_accept(enow_link_inbox_t *inbox, enow_link_sender_t *sender, uint16_t id, enow_frag_ack_t *ack,
                            bool *asked);

/* Says that nobody ever takes responsibility for a message; likewise. */
bool enow_link_inbox_refuse(enow_link_inbox_t *inbox, uint64_t now_us, enow_link_sender_t *sender, uint16_t id,
                            enow_frag_ack_t *ack, bool *asked);

/* Why a part is dropped that frag refuses. */
enow_drop_reason_t enow_link_fragment_reason(int err);

#ifdef __cplusplus
}
#endif
