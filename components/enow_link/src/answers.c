#include "answers.h"

#include <string.h>

void enow_link_answer_set(enow_link_answer_t *answer, uint16_t id, const enow_frag_ack_t *ack)
{
    answer->bitmap = ack->bitmap;
    answer->received = ack->received;
    answer->id = id;
    answer->status = (uint8_t)ack->status;
}

bool enow_link_answers_put(enow_link_answers_t *answers, uint16_t id, const enow_frag_ack_t *ack)
{
    uint8_t i = 0;

    while (i < answers->count && answers->list[i].id != id) {
        i++;
    }
    if (i == ENOW_LINK_ANSWERS) {
        return false;
    }
    if (i == answers->count) {
        answers->count++;
    }
    enow_link_answer_set(&answers->list[i], id, ack);
    return true;
}

static void write_one(const enow_link_answer_t *answer, enow_link_writer_t *w, uint8_t flags)
{
    uint8_t bitmap[sizeof answer->bitmap];
    enow_pkt_puback_t p = {0};

    p.flags = flags;
    p.message_id = answer->id;
    p.status = answer->status;
    p.received = answer->received;
    p.bitmap.data = bitmap;
    for (uint64_t rest = answer->bitmap; rest != 0; rest >>= 8) {
        bitmap[p.bitmap.len++] = (uint8_t)rest;
    }
    enow_link_writer_add(w, enow_pkt_puback_encode(&p, w->buf + w->len, enow_link_writer_room(w)));
}

void enow_link_answers_write(enow_link_answers_t *answers, enow_link_writer_t *w, uint8_t flags)
{
    uint8_t sent = 0;

    while (sent < answers->count && enow_link_writer_room(w) >= ENOW_PKT_PUBACK_MAX_SIZE) {
        write_one(&answers->list[sent++], w, flags);
    }
    answers->count = (uint8_t)(answers->count - sent);
    memmove(answers->list, answers->list + sent, answers->count * sizeof answers->list[0]);
}
