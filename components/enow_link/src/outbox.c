#include "outbox.h"

#include <string.h>

/* What a frame holds besides the data of its PUBLISH: header, message_id and, with a fragment, offset. */
#define WHOLE_OVERHEAD (2u + 2u)
#define FRAGMENT_OVERHEAD (2u + 2u + 4u)

void enow_link_mailroom_init(enow_link_mailroom_t *mail, enow_link_waiting_t *list, uint16_t capacity, uint8_t *bytes,
                             uint32_t size)
{
    memset(mail, 0, sizeof *mail);
    mail->list = list;
    mail->capacity = capacity;
    mail->bytes = bytes;
    mail->size = size;
}

/* The bytes of a message. */
static uint8_t *bytes_of(const enow_link_mailroom_t *mail, const enow_link_waiting_t *m)
{
    uint8_t *bytes = mail->bytes;

    for (const enow_link_waiting_t *before = mail->list; before < m; before++) {
        bytes += before->len;
    }
    return bytes;
}

/* Closes the gap that a message leaves. */
static void take_out(enow_link_mailroom_t *mail, uint16_t i)
{
    const uint32_t len = mail->list[i].len;
    uint8_t *bytes = bytes_of(mail, &mail->list[i]);

    mail->used -= len;
    mail->count--;
    memmove(bytes, bytes + len, (size_t)(mail->bytes + mail->used - bytes));
    memmove(&mail->list[i], &mail->list[i + 1], (size_t)(mail->count - i) * sizeof mail->list[0]);
}

void enow_link_outbox_init(enow_link_outbox_t *outbox, enow_link_mailroom_t *mail, uint16_t owner,
                           uint16_t max_messages, uint32_t max_bytes)
{
    memset(outbox, 0, sizeof *outbox);
    outbox->mail = mail;
    outbox->owner = owner;
    outbox->max_messages = max_messages;
    outbox->max_bytes = max_bytes;
}

/* The place in the mailroom of the outbox's next message from place i on; the mailroom's count: there is none. */
static uint16_t next_from(const enow_link_outbox_t *outbox, uint16_t i)
{
    while (i < outbox->mail->count && outbox->mail->list[i].owner != outbox->owner) {
        i++;
    }
    return i;
}

/* The oldest message, of which there is one. */
static enow_link_waiting_t *oldest(const enow_link_outbox_t *outbox)
{
    return &outbox->mail->list[next_from(outbox, 0)];
}

static void remove_at(enow_link_outbox_t *outbox, uint16_t i)
{
    outbox->bytes -= outbox->mail->list[i].len;
    outbox->messages--;
    take_out(outbox->mail, i);
}

static void remove_oldest(enow_link_outbox_t *outbox)
{
    remove_at(outbox, next_from(outbox, 0));
    outbox->begun = false;
}

/* Whether a message more, of len bytes, has room beside so many of the outbox's. */
static bool fits(const enow_link_outbox_t *outbox, uint16_t messages, uint32_t bytes, uint32_t len)
{
    const enow_link_mailroom_t *mail = outbox->mail;

    return messages < outbox->max_messages && len <= outbox->max_bytes - bytes &&
           mail->count - (outbox->messages - messages) < mail->capacity &&
           len <= mail->size - (mail->used - (outbox->bytes - bytes));
}

/* Whether a message may make room for another. */
static bool droppable(const enow_link_outbox_t *outbox, uint16_t i)
{
    return !outbox->mail->list[i].acknowledge && !(outbox->begun && i == next_from(outbox, 0));
}

/* Drops what must go for a message of len bytes; false: it would not be enough, and nothing is dropped. */
static bool make_room(enow_link_outbox_t *outbox, uint32_t len)
{
    uint16_t messages = outbox->messages;
    uint32_t bytes = outbox->bytes;

    for (uint16_t i = next_from(outbox, 0); i < outbox->mail->count && !fits(outbox, messages, bytes, len);
         i = next_from(outbox, (uint16_t)(i + 1))) {
        if (droppable(outbox, i)) {
            messages--;
            bytes -= outbox->mail->list[i].len;
        }
    }
    if (!fits(outbox, messages, bytes, len)) {
        return false;
    }
    for (uint16_t i = next_from(outbox, 0); !fits(outbox, outbox->messages, outbox->bytes, len);
         i = next_from(outbox, i)) {
        if (droppable(outbox, i)) {
            remove_at(outbox, i);
            outbox->dropped++;
        } else {
            i++;
        }
    }
    return true;
}

int enow_link_outbox_push(enow_link_outbox_t *outbox, const enow_link_outgoing_t *message, enow_link_ticket_t ticket,
                          uint64_t expires_us)
{
    const enow_message_t wire = {message->topic, message->payload};
    const int len = enow_message_length(&wire);
    enow_link_mailroom_t *mail = outbox->mail;

    if (len < 0 || (uint32_t)len > outbox->max_bytes) {
        return ENOW_LINK_ERR_TOO_LARGE;
    }
    if (!make_room(outbox, (uint32_t)len)) {
        return ENOW_LINK_ERR_FULL;
    }
    enow_link_waiting_t *w = &mail->list[mail->count++];
    memset(w, 0, sizeof *w);
    w->len = (uint32_t)len;
    w->owner = outbox->owner;
    w->ticket = ticket;
    w->expires_us = expires_us;
    w->retain = message->retain;
    w->acknowledge = message->acknowledge;
    (void)enow_message_encode(&wire, mail->bytes + mail->used, w->len);
    mail->used += w->len;
    outbox->bytes += w->len;
    outbox->messages++;
    return 0;
}

static void begin(enow_link_outbox_t *outbox, enow_link_waiting_t *m, const enow_link_session_t *session)
{
    enow_link_sending_t *s = outbox->sending;
    const size_t room = enow_link_session_room(session);

    if (!m->numbered) {
        m->numbered = true;
        m->id = outbox->next_id++;
    }
    outbox->begun = true;
    s->size = (uint16_t)(room - WHOLE_OVERHEAD);
    if (m->len > s->size) {
        s->size = (uint16_t)(room - FRAGMENT_OVERHEAD);
    }
    s->offset = 0;
    if (m->acknowledge) { /* which cannot fail: a size above 0, a message that was measured, a window that was decoded
                           */
        const enow_bytes_t message = {bytes_of(outbox->mail, m), m->len};
        (void)enow_frag_sender_start(&s->sender, message, s->size, session->window, &s->trip);
        s->timeouts = s->sender.stats.timeouts;
    }
}

/* The next part of a message that is not acknowledged. */
static void next_part(enow_link_sending_t *s, const enow_link_waiting_t *m, enow_frag_part_t *part)
{
    const uint32_t left = m->len - s->offset;

    part->offset = s->offset;
    part->more = left > s->size;
    part->data.len = part->more ? s->size : left;
    s->offset += (uint32_t)part->data.len;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Fills in the next PUBLISH for a frame with room bytes left; false: there is none now. */
static bool next(enow_link_outbox_t *outbox, uint64_t now_us, const enow_link_session_t *session, size_t room,
                 enow_pkt_publish_t *p)
{
    enow_link_sending_t *s = outbox->sending;

    if (outbox->stalled || outbox->messages == 0 || s == 0) {
        return false;
    }
    enow_link_waiting_t *m = oldest(outbox);
    const size_t whole = m->len + WHOLE_OVERHEAD;
    if (!outbox->begun) {
        if (m->len > session->max_message) {
            return false; /* ended says so */
        }
        if (room < least(whole, enow_link_session_room(session))) {
            return false;
        }
        begin(outbox, m, session);
    } else if (room < least(s->size + FRAGMENT_OVERHEAD, whole)) {
        return false;
    }
    enow_frag_part_t part;
    bool ask = false;
    if (m->acknowledge) {
        if (!enow_frag_sender_poll(&s->sender, now_us, &part, &ask)) {
            outbox->stalled = enow_frag_sender_done(&s->sender) && s->sender.err == ENOW_FRAG_ERR_GAVE_UP;
            return false;
        }
        outbox->unheard = (uint16_t)(outbox->unheard + (s->sender.stats.timeouts - s->timeouts));
        s->timeouts = s->sender.stats.timeouts;
    } else {
        next_part(s, m, &part);
    }
    p->flags = (uint8_t)((m->retain ? ENOW_PKT_PUBLISH_RETAIN : 0) | (ask ? ENOW_PKT_PUBLISH_ACK : 0) |
                         (part.more || part.offset > 0 ? ENOW_PKT_PUBLISH_FRAGMENT : 0) |
                         (part.more ? ENOW_PKT_PUBLISH_MORE : 0));
    p->message_id = m->id;
    p->offset = part.offset;
    p->data.data = bytes_of(outbox->mail, m) + part.offset; /* where it is now: those before it may have gone */
    p->data.len = part.data.len;
    return true;
}

void enow_link_outbox_write(enow_link_outbox_t *outbox, uint64_t now_us, enow_link_writer_t *w,
                            const enow_link_session_t *session, bool may_begin)
{
    enow_pkt_publish_t p;

    while ((may_begin || outbox->begun) && next(outbox, now_us, session, enow_link_writer_room(w), &p)) {
        const int len = enow_pkt_publish_encode_last(&p, w->buf + w->len, enow_link_writer_room(w));
        enow_link_writer_add(w, len);
        if (!oldest(outbox)->acknowledge && (p.flags & ENOW_PKT_PUBLISH_MORE) == 0) {
            remove_oldest(outbox);
            outbox->sent++;
        }
        if (len > (int)(ENOW_HEADER_SIZE + ENOW_MAX_SHORT_BODY)) {
            break; /* it states no length */
        }
    }
}

bool enow_link_outbox_handle(enow_link_outbox_t *outbox, uint64_t now_us, const enow_pkt_puback_t *p)
{
    if (!outbox->begun) {
        return false;
    }
    const enow_link_waiting_t *m = oldest(outbox);
    if (!m->acknowledge || m->id != p->message_id || enow_frag_sender_done(&outbox->sending->sender)) {
        return false;
    }
    enow_frag_ack_t ack = {0};
    ack.status = p->status;
    ack.received = p->received;
    for (size_t i = p->bitmap.len; i > 0; i--) {
        ack.bitmap = ack.bitmap << 8 | p->bitmap.data[i - 1];
    }
    enow_frag_sender_handle(&outbox->sending->sender, now_us, &ack);
    return true;
}

static void take_oldest(enow_link_outbox_t *outbox, enow_link_result_t *result, bool *acknowledge)
{
    const enow_link_waiting_t *m = oldest(outbox);

    result->ticket = m->ticket;
    *acknowledge = m->acknowledge;
    remove_oldest(outbox);
}

bool enow_link_outbox_ended(enow_link_outbox_t *outbox, uint64_t now_us, const enow_link_session_t *session,
                            enow_link_result_t *result, bool *acknowledge)
{
    if (outbox->messages == 0) {
        return false;
    }
    const enow_link_waiting_t *m = oldest(outbox);
    const enow_frag_sender_t *sender = outbox->begun && m->acknowledge ? &outbox->sending->sender : 0;
    if (m->expires_us > 0 && now_us >= m->expires_us) {
        result->err = ENOW_LINK_ERR_EXPIRED;
    } else if (sender != 0 && enow_frag_sender_done(sender) && sender->err != ENOW_FRAG_ERR_GAVE_UP) {
        result->err = sender->err;
    } else if (session != 0 && !outbox->begun && m->len > session->max_message) {
        result->err = ENOW_LINK_ERR_TOO_LARGE;
    } else {
        return false;
    }
    take_oldest(outbox, result, acknowledge);
    return true;
}

bool enow_link_outbox_void(enow_link_outbox_t *outbox, enow_link_result_t *result, bool *acknowledge)
{
    if (outbox->messages == 0) {
        return false;
    }
    take_oldest(outbox, result, acknowledge);
    return true;
}

void enow_link_outbox_restart(enow_link_outbox_t *outbox)
{
    outbox->begun = false;
    outbox->stalled = false;
    outbox->unheard = 0;
}

bool enow_link_outbox_next_deadline(const enow_link_outbox_t *outbox, uint64_t *at_us)
{
    return outbox->begun && !outbox->stalled && oldest(outbox)->acknowledge &&
           enow_frag_sender_next_deadline(&outbox->sending->sender, at_us);
}

bool enow_link_outbox_expiry(const enow_link_outbox_t *outbox, uint64_t *at_us)
{
    if (outbox->messages == 0) {
        return false;
    }
    *at_us = oldest(outbox)->expires_us;
    return *at_us != 0;
}
