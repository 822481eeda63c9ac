/* Puts messages together from their parts, for a receiver (SPEC.md, section 5). */
#pragma once

#include "message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Invariants: each place that is taken is in one of the queues by deadline, unless its message is delivered; the
 * deadlines in each rise; the buffers of all places together are within max_bytes, and those of one source within
 * source_bytes. */
typedef struct {
    enow_frag_limits_t limits;
    uint64_t now_us; /* of the call */
    enow_frag_memory_t memory;
    enow_frag_entry_t *entries; /* max_messages places */
    enow_frag_entry_t *recent;  /* that of the part before, to which the next one most likely belongs */
    enow_frag_queue_t partial;
    enow_frag_queue_t lost; /* what is expired or aborted and remembered */
    enow_frag_queue_t due;
    enow_frag_stats_t stats;
} enow_frag_reassembler_t;

/* entries and arena have room for what limits, which are in range, say. */
void enow_frag_reassembler_init(enow_frag_reassembler_t *r, const enow_frag_limits_t *limits,
                                enow_frag_entry_t *entries, uint8_t *arena);

/* Takes one part. Returns 1 and fills *whole if with it the message is whole; 0 if it was taken, or was here already
 * with the same bytes; or why it was refused. */
int enow_frag_reassembler_push(enow_frag_reassembler_t *r, uint64_t now_us, const enow_frag_key_t *key,
                               const enow_frag_part_t *part, enow_frag_message_t *whole);

/* The place of a message, or null. */
enow_frag_entry_t *enow_frag_reassembler_find(enow_frag_reassembler_t *r, const enow_frag_key_t *key);

/* Keeps an answer from being repeated. */
void enow_frag_reassembler_cancel_answer(enow_frag_reassembler_t *r, enow_frag_entry_t *m);

/* Makes m, which is delivered, one whose parts are refused while they keep coming. */
void enow_frag_reassembler_refuse(enow_frag_reassembler_t *r, uint64_t now_us, enow_frag_entry_t *m);

/* Forgets m. Its buffers keep their content until the next part. */
void enow_frag_reassembler_release(enow_frag_reassembler_t *r, enow_frag_entry_t *m);

uint32_t enow_frag_reassembler_expire(enow_frag_reassembler_t *r, uint64_t now_us);

bool enow_frag_reassembler_next_deadline(const enow_frag_reassembler_t *r, uint64_t *at_us);

uint32_t enow_frag_reassembler_awaited(const enow_frag_reassembler_t *r);

uint32_t enow_frag_reassembler_forget(enow_frag_reassembler_t *r, uint64_t source);

#ifdef __cplusplus
}
#endif
