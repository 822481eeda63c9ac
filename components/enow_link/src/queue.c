#include "message.h"

void enow_frag_queue_push(enow_frag_queue_t *queue, enow_frag_entry_t *m)
{
    m->links[queue->kind].previous = queue->last;
    m->links[queue->kind].next = NULL;
    if (queue->last == NULL) {
        queue->first = m;
    } else {
        queue->last->links[queue->kind].next = m;
    }
    queue->last = m;
}

void enow_frag_queue_remove(enow_frag_queue_t *queue, enow_frag_entry_t *m)
{
    const enow_frag_links_t *links = &m->links[queue->kind];

    if (links->previous == NULL) {
        queue->first = links->next;
    } else {
        links->previous->links[queue->kind].next = links->next;
    }
    if (links->next == NULL) {
        queue->last = links->previous;
    } else {
        links->next->links[queue->kind].previous = links->previous;
    }
}
