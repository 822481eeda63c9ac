#include "inbox.h"

#include <string.h>

void enow_link_inbox_init(enow_link_inbox_t *inbox, enow_frag_receiver_t *parts, uint32_t max_message)
{
    inbox->parts = parts;
    inbox->max_message = max_message;
    inbox->sources = 0;
}

void enow_link_inbox_new_sender(enow_link_inbox_t *inbox, enow_link_sender_t *sender, uint32_t boot)
{
    memset(sender, 0, sizeof *sender);
    sender->source = ENOW_LINK_SESSION_SOURCE | ++inbox->sources;
    sender->boot = boot;
}

/* Answers what is done with; false: the id is new. */
static bool repeated(const enow_link_sender_t *sender, uint16_t id, enow_link_arrival_t *a)
{
    const enow_link_id_state_t state = enow_link_ids_of(&sender->done, id);

    if (state == ENOW_LINK_ID_NEW) {
        return false;
    }
    a->drop = state == ENOW_LINK_ID_OLD ? ENOW_DROP_REASON_OLD_MESSAGE : ENOW_DROP_REASON_DUPLICATE;
    a->ack.status = state == ENOW_LINK_ID_DONE ? ENOW_PUBACK_STATUS_COMPLETE : ENOW_PUBACK_STATUS_REFUSED;
    a->ack.received = 0;
    a->ack.bitmap = 0;
    return true;
}

void enow_link_inbox_push(enow_link_inbox_t *inbox, uint64_t now_us, enow_link_sender_t *sender,
                          const enow_pkt_publish_t *p, enow_link_arrival_t *a)
{
    a->whole = false;
    a->retain = (p->flags & ENOW_PKT_PUBLISH_RETAIN) != 0;
    a->answer = (p->flags & ENOW_PKT_PUBLISH_ACK) != 0;
    a->drop = 0;
    a->receipt.source = 0;
    a->receipt.id = 0;
    if (repeated(sender, p->message_id, a)) {
        return;
    }
    if (!a->answer && (p->flags & ENOW_PKT_PUBLISH_FRAGMENT) == 0) {
        /* Nobody asks for responsibility: it is taken here. */
        if (p->data.len > inbox->max_message) {
            a->drop = ENOW_DROP_REASON_TOO_LARGE;
            return;
        }
        enow_link_ids_mark(&sender->done, p->message_id);
        a->whole = true;
        a->message = p->data;
        return;
    }
    const enow_frag_key_t key = {sender->source, p->message_id};
    const enow_frag_part_t part = {
        .offset = p->offset,
        .data = p->data,
        .more = (p->flags & ENOW_PKT_PUBLISH_MORE) != 0,
        .mark = a->retain,
    };
    enow_frag_message_t message;
    const int got = enow_frag_receiver_push(inbox->parts, now_us, &key, &part, a->answer, &message, &a->ack);
    if (got < 0) {
        a->drop = enow_link_fragment_reason(got);
    } else if (got > 0) {
        a->whole = true;
        a->message = message.data;
        a->retain = message.mark;
        a->receipt.source = key.source;
        a->receipt.id = key.id;
    }
}

bool enow_link_inbox_accept(enow_link_inbox_t *inbox, enow_link_sender_t *sender, uint16_t id, enow_frag_ack_t *ack,
                            bool *asked)
{
    const enow_frag_key_t key = {sender->source, id};

    *asked = enow_frag_receiver_asked(inbox->parts, &key);
    if (!enow_frag_receiver_accept(inbox->parts, &key, ack)) {
        return false;
    }
    enow_link_ids_mark(&sender->done, id);
    return true;
}

bool enow_link_inbox_refuse(enow_link_inbox_t *inbox, uint64_t now_us, enow_link_sender_t *sender, uint16_t id,
                            enow_frag_ack_t *ack, bool *asked)
{
    const enow_frag_key_t key = {sender->source, id};

    *asked = enow_frag_receiver_asked(inbox->parts, &key);
    if (!enow_frag_receiver_refuse(inbox->parts, now_us, &key, ack)) {
        return false;
    }
    enow_link_ids_refuse(&sender->done, id);
    return true;
}

enow_drop_reason_t enow_link_fragment_reason(int err)
{
    switch (err) {
    case ENOW_FRAG_ERR_FULL:
    case ENOW_FRAG_ERR_SHARE:
        return ENOW_DROP_REASON_NO_ROOM;
    case ENOW_FRAG_ERR_TOO_LARGE:
    case ENOW_FRAG_ERR_TOO_MANY_PARTS:
        return ENOW_DROP_REASON_TOO_LARGE;
    default:
        return ENOW_DROP_REASON_BAD_FRAGMENT;
    }
}
