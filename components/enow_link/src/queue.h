/* Orders of messages. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ENOW_FRAG_BY_DEADLINE, /* of expiry */
    ENOW_FRAG_BY_ANSWER,   /* when their last answer is repeated */
    ENOW_FRAG_QUEUES,
} enow_frag_queue_kind_t;

struct enow_frag_entry;

/* A message's neighbours in a queue. */
typedef struct {
    struct enow_frag_entry *previous, *next;
} enow_frag_links_t;

/* Holds messages in an order. A message can be in one queue of each kind. */
typedef struct {
    enow_frag_queue_kind_t kind;
    struct enow_frag_entry *first, *last;
} enow_frag_queue_t;

/* Puts a message behind the last. */
void enow_frag_queue_push(enow_frag_queue_t *queue, struct enow_frag_entry *m);

void enow_frag_queue_remove(enow_frag_queue_t *queue, struct enow_frag_entry *m);

#ifdef __cplusplus
}
#endif
