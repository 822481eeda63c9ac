/* One message that is under way or remembered (SPEC.md, section 5). */
#pragma once

#include "enow/frag.h"
#include "memory.h"
#include "queue.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a message. */
typedef enum {
    ENOW_FRAG_NONE = 0,  /* the place is free */
    ENOW_FRAG_PARTIAL,   /* parts are missing */
    ENOW_FRAG_DELIVERED, /* and nobody has accepted or refused it yet */
    ENOW_FRAG_EXPIRED,   /* parts are refused until the message begins again */
    ENOW_FRAG_ABORTED,   /* parts are refused */
} enow_frag_fate_t;

/* The place of a message. While it is partial:
 *
 * - the parts with more are all of size bytes, seen has a bit for each that is here, and count is how many those are;
 * - the last part, if it is here, is data[last..end), and no other ends behind last;
 * - data has room for every byte that is here, at its offset. */
typedef struct enow_frag_entry {
    enow_frag_key_t key;
    uint64_t deadline_us;  /* it expires then unless a part comes */
    uint64_t answer_at_us; /* its last answer is repeated then, unless a part comes; 0: it is not */
    enow_frag_buffer_t data, seen;
    enow_frag_links_t links[ENOW_FRAG_QUEUES];
    uint32_t size; /* 0: unknown */
    uint32_t count;
    uint32_t first; /* how many are here before the first gap, at least */
    uint32_t last;
    uint32_t end;  /* 0: the last part is not here (one at offset 0 would be the whole message) */
    uint8_t fate;  /* enow_frag_fate_t */
    int8_t reason; /* enow_frag_err_t, why it was aborted */
    bool mark;     /* that of the part at offset 0 */
    bool asked;    /* a part asked for an answer */
} enow_frag_entry_t;

/* Tells which rule of SPEC.md, section 5, or which limit a part breaks, or 0. It must not be a whole message: as the
 * last one its offset is not 0. */
int enow_frag_entry_check(const enow_frag_entry_t *m, const enow_frag_limits_t *limits, const enow_frag_part_t *part);

/* Tells for how many bytes, and for how many parts before the last, m must have room to take a part that passed check.
 */
void enow_frag_entry_needs(const enow_frag_entry_t *m, const enow_frag_part_t *part, uint32_t *bytes, uint32_t *parts);

/* Tells the sender what is here. */
void enow_frag_entry_progress(enow_frag_entry_t *m, enow_frag_ack_t *ack);

#ifdef __cplusplus
}
#endif
