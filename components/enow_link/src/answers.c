#include "answers.h"

#include <string.h>

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
    answers->list[i].id = id;
    answers->list[i].ack = *ack;
    return true;
}

static void write_one(const enow_link_answer_t *answer, enow_link_writer_t *w, uint8_t flags)
{
    uint8_t bitmap[sizeof answer->ack.bitmap];
    enow_pkt_puback_t p = {0};

    p.flags = flags;
    p.message_id = answer->id;
    p.status = (enow_puback_status_t)answer->ack.status;
    p.received = answer->ack.received;
    p.bitmap.data = bitmap;
    for (uint64_t rest = answer->ack.bitmap; rest != 0; rest >>= 8) {
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
