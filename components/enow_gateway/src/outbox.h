/*
 * The messages that wait for the broker, or for its acknowledgement (SPEC.md, section 7).
 *
 * Of a message with a receipt a node waits to hear what becomes of it: it is promised. The gateway's machine tells no
 * more of them than its limits on fragments say until they are answered, and room for all of these is reserved. The
 * others share a queue of a size that is a setting, in which the oldest give way. When a promised message is accepted
 * is a setting too:
 *
 *   by the broker   when the broker has it. Who never hears so repeats it
 *   by the queue    when the queue has room for it. It keeps that room until the broker has it: it never gives way
 *
 * One task, the publisher, hands messages to the MQTT client, oldest first, while it is connected:
 *
 *   push     hand      handed(id)      published(id)
 *   ------+--------+---------------+------------------> verdict: accept or refuse
 *         waits    being handed    on the way
 *           ^----------+---------------+                returned, deleted(id), restart
 *
 * The client may say that a message was published before the publisher knows its id: that is remembered meanwhile.
 *
 * Threads: one at a time; the callers have a lock, and do not hold it while they wait for the client.
 * Memory: the caller's. Messages stand in chains of pieces of ENOW_GATEWAY_OUTBOX_PIECE bytes: whatever goes, what is
 * free can be used to the last piece, and nothing moves.
 */
#pragma once

#include "enow/gateway.h"
#include "error.h"
#include "properties.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a piece. */
#define ENOW_GATEWAY_OUTBOX_PIECE 60u

/* A message that has so many strikes is refused. */
#define ENOW_GATEWAY_OUTBOX_STRIKES 3u

typedef struct {
    /* A promised message is accepted by the queue; else by the broker. */
    bool by_queue;
    /* Messages in the queue, beside those that room is reserved for: at least 1. */
    uint16_t messages;
    /* Bytes of their pieces, rounded up to a whole one: at least longest. */
    uint32_t bytes;
    /* Bytes of one of them, its topic with a 0 and its payload: at least 1. */
    uint32_t longest;
    /* Messages on the way to the broker at once: at least 1. */
    uint16_t window;
    /* Of the machine whose messages are promised. */
    enow_frag_limits_t fragments;
    /* Bytes of the longest topic without what a node gives, ENOW_GATEWAY_TOPIC_FRONT of the devices' root. */
    uint16_t topic_front;
} enow_gateway_outbox_config_t;

/* A message to the broker. */
typedef struct {
    const char *topic; /* ends with a 0; a view, as the payload is */
    enow_bytes_t payload;
    enow_link_receipt_t receipt; /* none: it is promised to nobody */
    enow_gateway_origin_t origin;
    bool of_node; /* it has an origin, of which user properties tell */
    bool retain;
    /* Of one that is promised to nobody: it makes an earlier one of its topic worthless, such as a status. */
    bool latest;
    uint8_t qos; /* 0 or 1 */
} enow_gateway_message_t;

/* From the start, and a few things as they are now. */
typedef struct {
    uint32_t published;
    /* That the broker refused for ever, or hung up on. */
    uint32_t refused;
    /* That gave way to newer ones, or found no room at all. */
    uint32_t dropped;
    /* Longer than the queue, or than the machine takes. */
    uint32_t too_large;
    /* Worthless by a later one. */
    uint32_t replaced;
    /* Handed to the client again. */
    uint32_t again;

    /* Now. */
    uint32_t bytes;
    uint16_t messages;
    uint16_t promised;
    uint16_t on_the_way;
} enow_gateway_outbox_stats_t;

typedef struct enow_gateway_entry enow_gateway_entry_t;
typedef struct enow_gateway_piece enow_gateway_piece_t;

/* Oldest first. */
typedef struct {
    enow_gateway_entry_t *first, *last;
} enow_gateway_entries_t;

/* Invariants: those that are promised, answered ones included, are never more than fragments.max_messages; the others
 * are never more than messages, in as many pieces as bytes need at most. So there is a free entry, and there are free
 * pieces, for whatever one of these limits lets in. At most one is handed; it and those on the way are never more than
 * window. */
typedef struct {
    enow_gateway_outbox_config_t cfg;
    enow_gateway_entries_t queue;
    enow_gateway_entries_t answered; /* only the receipts are left, until verdict */
    enow_gateway_entry_t *handed;    /* by the publisher to the client, which may have it; null: none */
    enow_gateway_entry_t *spare_entries;
    enow_gateway_piece_t *spare_pieces;
    uint32_t bytes;         /* of topics and payloads */
    uint32_t shared_pieces; /* of those that are not promised */
    uint16_t shared;        /* those that are not promised */
    uint16_t promised;      /* in the queue */
    uint16_t unsaid;        /* answered */
    uint16_t on_the_way;    /* and handed */
    uint16_t early_id;      /* of the first answer that came while one was handed, about an unknown id */
    bool early_taken;
    uint8_t early; /* how many such answers came: 0, 1 or 2 for more */
    enow_gateway_outbox_stats_t stats;
} enow_gateway_outbox_t;

/* Returns how many bytes of memory an outbox of this configuration needs; 0: the configuration is out of range. */
size_t enow_gateway_outbox_memory(const enow_gateway_outbox_config_t *cfg);

/* Makes an outbox in memory aligned for a uint64_t. Returns 0, or ENOW_GATEWAY_ERR_RANGE or _MEMORY. */
int enow_gateway_outbox_init(enow_gateway_outbox_t *outbox, const enow_gateway_outbox_config_t *cfg, void *memory,
                             size_t size);

/* Puts a copy of a message in. Returns 0; or ENOW_GATEWAY_ERR_FULL or _TOO_LARGE, and it is dropped and counted: one
 * that is promised is to be refused then. Promised ones that the machine's limits allow always find room. */
int enow_gateway_outbox_push(enow_gateway_outbox_t *outbox, const enow_gateway_message_t *message);

/* Bytes that hand needs for any message. */
size_t enow_gateway_outbox_longest(const enow_gateway_outbox_t *outbox);

/* Copies the oldest message that waits, its topic and payload into buf, for the publisher to hand to the client. False:
 * there is none, or enough are on the way, or one is being handed. */
bool enow_gateway_outbox_hand(enow_gateway_outbox_t *outbox, enow_gateway_message_t *message, char *buf, size_t cap);

/* Says that the client took the message under an id; 0: it is done with it, as at QoS 0. */
void enow_gateway_outbox_handed(enow_gateway_outbox_t *outbox, uint16_t id);

/* Says that the client did not take the message. It waits again. */
void enow_gateway_outbox_returned(enow_gateway_outbox_t *outbox);

/* Says that the broker has answered the message: it has taken it, or refuses it for ever. */
void enow_gateway_outbox_published(enow_gateway_outbox_t *outbox, uint16_t id, bool taken);

/* Says that the client has given the message up. It waits again. */
void enow_gateway_outbox_deleted(enow_gateway_outbox_t *outbox, uint16_t id);

/* Says that the client has forgotten all messages, the one that is being handed too. They wait again; or, struck, have
 * a strike for it, and are refused when that is one too many. */
void enow_gateway_outbox_restart(enow_gateway_outbox_t *outbox, bool struck);

/* Fills in the next receipt that is to be accepted, or refused; false: there is none. */
bool enow_gateway_outbox_verdict(enow_gateway_outbox_t *outbox, enow_link_receipt_t *receipt, bool *taken);

void enow_gateway_outbox_stats(const enow_gateway_outbox_t *outbox, enow_gateway_outbox_stats_t *out);

#ifdef __cplusplus
}
#endif
