/* The PUBACKs that wait for a peer, the oldest first. */
#pragma once

#include "enow/frag.h"
#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many messages' answers wait for one peer. One that finds no room is asked for again. */
#define ENOW_LINK_ANSWERS 8u

/* An enow_frag_ack_t, packed, and what it is about. */
typedef struct {
    uint64_t bitmap;
    uint32_t received;
    uint16_t id;
    uint8_t status;
} enow_link_answer_t;

typedef struct {
    enow_link_answer_t list[ENOW_LINK_ANSWERS];
    uint8_t count;
} enow_link_answers_t;

void enow_link_answer_set(enow_link_answer_t *answer, uint16_t id, const enow_frag_ack_t *ack);

/* Adds an answer; false: there is no room. A newer one about the same message takes the place of an older one. */
bool enow_link_answers_put(enow_link_answers_t *answers, uint16_t id, const enow_frag_ack_t *ack);

/* Writes those that fit to a frame, with flags of PUBACK, and forgets them. */
void enow_link_answers_write(enow_link_answers_t *answers, enow_link_writer_t *w, uint8_t flags);

#ifdef __cplusplus
}
#endif
