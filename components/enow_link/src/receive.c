#include "reassemble.h"
#include "roundtrip.h"

#include <string.h>

/* How long a receiver waits for the next part before it repeats an answer: half of a sender's least time-out, for if
 * the answer was lost its repetition costs much less than that of the part that asked for it. */
#define ANSWER_AGAIN_US (ENOW_FRAG_MIN_TIMEOUT_US / 2)

struct enow_frag_receiver {
    enow_frag_reassembler_t parts;
    enow_frag_entry_t entries[]; /* max_messages, and behind them max_bytes of buffers */
};

size_t enow_frag_receiver_memory(const enow_frag_limits_t *limits)
{
    const uint64_t entries = (uint64_t)limits->max_messages * sizeof(enow_frag_entry_t);
    const uint64_t total = sizeof(enow_frag_receiver_t) + entries + limits->max_bytes;

    return total > SIZE_MAX ? SIZE_MAX : (size_t)total;
}

int enow_frag_receiver_init(enow_frag_receiver_t **receiver, const enow_frag_limits_t *limits, void *memory,
                            size_t size)
{
    const int err = enow_frag_limits_check(limits);

    if (err < 0) {
        return err;
    }
    if (memory == NULL || size < enow_frag_receiver_memory(limits) || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ENOW_FRAG_ERR_MEMORY;
    }
    enow_frag_receiver_t *r = memory;
    enow_frag_reassembler_init(&r->parts, limits, r->entries, (uint8_t *)(r->entries + limits->max_messages));
    *receiver = r;
    return 0;
}

/* What the sender of a part hears that was refused. */
static enow_puback_status_t refusal(int err)
{
    switch (err) {
    case ENOW_FRAG_ERR_FULL:
    case ENOW_FRAG_ERR_SHARE:
        return ENOW_PUBACK_STATUS_BUSY;
    case ENOW_FRAG_ERR_EXPIRED:
        return ENOW_PUBACK_STATUS_RESTART;
    case ENOW_FRAG_ERR_TOO_LARGE:
    case ENOW_FRAG_ERR_TOO_MANY_PARTS:
        return ENOW_PUBACK_STATUS_TOO_LARGE;
    default:
        return ENOW_PUBACK_STATUS_REFUSED;
    }
}

int enow_frag_receiver_push(enow_frag_receiver_t *receiver, uint64_t now_us, const enow_frag_key_t *key,
                            const enow_frag_part_t *part, bool ask, enow_frag_message_t *whole, enow_frag_ack_t *ack)
{
    enow_frag_reassembler_t *parts = &receiver->parts;
    const int result = enow_frag_reassembler_push(parts, now_us, key, part, whole);
    enow_frag_entry_t *m = enow_frag_reassembler_find(parts, key);

    ack->bitmap = 0;
    ack->received = 0;
    ack->status = 0;
    if (m != NULL) {
        m->asked = m->asked || ask;
        enow_frag_reassembler_cancel_answer(parts, m);
        if (ask && result >= 0 && m->fate == ENOW_FRAG_PARTIAL) {
            m->answer_at_us = now_us + ANSWER_AGAIN_US;
            enow_frag_queue_push(&parts->due, m);
        }
    }
    if (ask && result >= 0) {
        enow_frag_entry_progress(m, ack);
    } else if (ask) {
        ack->status = refusal(result == ENOW_FRAG_ERR_ABORTED && m != NULL ? m->reason : result);
    }
    return result;
}

bool enow_frag_receiver_poll(enow_frag_receiver_t *receiver, uint64_t now_us, enow_frag_key_t *key,
                             enow_frag_ack_t *ack)
{
    enow_frag_entry_t *m = receiver->parts.due.first;

    if (m == NULL || now_us < m->answer_at_us) {
        return false;
    }
    enow_frag_reassembler_cancel_answer(&receiver->parts, m);
    receiver->parts.stats.repeated++;
    *key = m->key;
    enow_frag_entry_progress(m, ack);
    return true;
}

/* A message that is delivered, or null. */
static enow_frag_entry_t *waiting(enow_frag_receiver_t *receiver, const enow_frag_key_t *key)
{
    enow_frag_entry_t *m = enow_frag_reassembler_find(&receiver->parts, key);

    return m != NULL && m->fate == ENOW_FRAG_DELIVERED ? m : NULL;
}

bool enow_frag_receiver_accept(enow_frag_receiver_t *receiver, const enow_frag_key_t *key, enow_frag_ack_t *ack)
{
    enow_frag_entry_t *m = waiting(receiver, key);

    if (m == NULL) {
        return false;
    }
    ack->status = ENOW_PUBACK_STATUS_COMPLETE;
    ack->received = m->end;
    ack->bitmap = 0;
    enow_frag_reassembler_release(&receiver->parts, m);
    return true;
}

bool enow_frag_receiver_refuse(enow_frag_receiver_t *receiver, uint64_t now_us, const enow_frag_key_t *key,
                               enow_frag_ack_t *ack)
{
    enow_frag_entry_t *m = waiting(receiver, key);

    if (m == NULL) {
        return false;
    }
    enow_frag_reassembler_refuse(&receiver->parts, now_us, m);
    memset(ack, 0, sizeof *ack);
    ack->status = ENOW_PUBACK_STATUS_REFUSED;
    return true;
}

bool enow_frag_receiver_asked(enow_frag_receiver_t *receiver, const enow_frag_key_t *key)
{
    const enow_frag_entry_t *m = waiting(receiver, key);

    return m != NULL && m->asked;
}

uint32_t enow_frag_receiver_expire(enow_frag_receiver_t *receiver, uint64_t now_us)
{
    return enow_frag_reassembler_expire(&receiver->parts, now_us);
}

bool enow_frag_receiver_next_deadline(const enow_frag_receiver_t *receiver, uint64_t *at_us)
{
    const enow_frag_entry_t *m = receiver->parts.due.first;

    if (!enow_frag_reassembler_next_deadline(&receiver->parts, at_us)) {
        return false;
    }
    if (m != NULL && m->answer_at_us < *at_us) {
        *at_us = m->answer_at_us;
    }
    return true;
}

uint32_t enow_frag_receiver_awaited(const enow_frag_receiver_t *receiver)
{
    return enow_frag_reassembler_awaited(&receiver->parts);
}

uint32_t enow_frag_receiver_forget(enow_frag_receiver_t *receiver, uint64_t source)
{
    return enow_frag_reassembler_forget(&receiver->parts, source);
}

const enow_frag_stats_t *enow_frag_receiver_stats(const enow_frag_receiver_t *receiver)
{
    return &receiver->parts.stats;
}
