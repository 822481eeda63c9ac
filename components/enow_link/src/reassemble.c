#include "reassemble.h"

#include <string.h>

/* Does not compile where an error has no counter, or does not fit where the reason of an abort is kept. */
typedef char enow_frag_refusals_are_counted[ENOW_FRAG_REFUSAL(ENOW_FRAG_ERR_SHARE) + 1 == ENOW_FRAG_REFUSALS ? 1 : -1];
typedef char enow_frag_reason_fits[ENOW_FRAG_ERR_MEMORY >= INT8_MIN ? 1 : -1];

void enow_frag_reassembler_init(enow_frag_reassembler_t *r, const enow_frag_limits_t *limits,
                                enow_frag_entry_t *entries, uint8_t *arena)
{
    memset(r, 0, sizeof *r);
    memset(entries, 0, limits->max_messages * sizeof *entries);
    r->limits = *limits;
    r->memory.arena = arena;
    r->memory.limit = limits->max_bytes;
    r->entries = entries;
    r->recent = entries;
    r->due.kind = ENOW_FRAG_BY_ANSWER;
}

/* The first message of a source, or the next one after m; null at the end. */
static enow_frag_entry_t *next_of(const enow_frag_reassembler_t *r, uint64_t source, enow_frag_entry_t *m)
{
    const enow_frag_entry_t *end = r->entries + r->limits.max_messages;

    for (m = m == NULL ? r->entries : m + 1; m < end; m++) {
        if (m->fate != ENOW_FRAG_NONE && m->key.source == source) {
            return m;
        }
    }
    return NULL;
}

enow_frag_entry_t *enow_frag_reassembler_find(enow_frag_reassembler_t *r, const enow_frag_key_t *key)
{
    enow_frag_entry_t *m = r->recent;

    if (m->fate != ENOW_FRAG_NONE && m->key.source == key->source && m->key.id == key->id) {
        return m;
    }
    m = next_of(r, key->source, NULL);
    while (m != NULL && m->key.id != key->id) {
        m = next_of(r, key->source, m);
    }
    if (m != NULL) {
        r->recent = m;
    }
    return m;
}

/* The bytes that messages of one source hold. */
static uint32_t bytes_of(const enow_frag_reassembler_t *r, uint64_t source)
{
    enow_frag_entry_t *m = NULL;
    uint32_t bytes = 0;

    while ((m = next_of(r, source, m)) != NULL) {
        bytes += m->data.size + m->seen.size;
    }
    return bytes;
}

static int count(enow_frag_reassembler_t *r, int err)
{
    r->stats.refused[ENOW_FRAG_REFUSAL(err)]++;
    return err;
}

/* How many messages have a fate; all that are lost count as one. */
static uint32_t *number_of(enow_frag_reassembler_t *r, uint8_t fate)
{
    switch (fate) {
    case ENOW_FRAG_PARTIAL:
        return &r->stats.partial;
    case ENOW_FRAG_DELIVERED:
        return &r->stats.delivered;
    default:
        return &r->stats.aborted;
    }
}

/* Where m, which is not delivered, waits to expire. */
static enow_frag_queue_t *queue_of(enow_frag_reassembler_t *r, const enow_frag_entry_t *m)
{
    return m->fate == ENOW_FRAG_PARTIAL ? &r->partial : &r->lost;
}

/* Notes that a part of m came, or that it is remembered from now on: it expires last of its kind. */
static void remember(enow_frag_reassembler_t *r, enow_frag_entry_t *m)
{
    m->deadline_us = r->now_us + r->limits.timeout_us;
    enow_frag_queue_push(queue_of(r, m), m);
}

static void touch(enow_frag_reassembler_t *r, enow_frag_entry_t *m)
{
    enow_frag_queue_remove(queue_of(r, m), m);
    remember(r, m);
}

void enow_frag_reassembler_cancel_answer(enow_frag_reassembler_t *r, enow_frag_entry_t *m)
{
    if (m->answer_at_us != 0) {
        m->answer_at_us = 0;
        enow_frag_queue_remove(&r->due, m);
    }
}

/* Takes from m, whatever it is, all but its key. Its buffers keep their content until the next part. */
static void leave(enow_frag_reassembler_t *r, enow_frag_entry_t *m)
{
    enow_frag_memory_give_back(&r->memory, &m->data);
    enow_frag_memory_give_back(&r->memory, &m->seen);
    r->stats.bytes = r->memory.lent;
    enow_frag_reassembler_cancel_answer(r, m);
    if (m->fate != ENOW_FRAG_DELIVERED) {
        enow_frag_queue_remove(queue_of(r, m), m);
    }
    (*number_of(r, m->fate))--;
}

static void become(enow_frag_reassembler_t *r, enow_frag_entry_t *m, enow_frag_fate_t fate)
{
    m->fate = (uint8_t)fate;
    (*number_of(r, m->fate))++;
}

/* Makes m one that is lost, and remembered for the time-out. */
static void lose(enow_frag_reassembler_t *r, enow_frag_entry_t *m, enow_frag_fate_t fate, int reason)
{
    leave(r, m);
    become(r, m, fate);
    m->reason = (int8_t)reason;
    remember(r, m);
}

static int abort_message(enow_frag_reassembler_t *r, enow_frag_entry_t *m, int reason)
{
    lose(r, m, ENOW_FRAG_ABORTED, reason);
    return count(r, reason);
}

void enow_frag_reassembler_refuse(enow_frag_reassembler_t *r, uint64_t now_us, enow_frag_entry_t *m)
{
    r->now_us = now_us;
    lose(r, m, ENOW_FRAG_ABORTED, ENOW_FRAG_ERR_ABORTED);
}

void enow_frag_reassembler_release(enow_frag_reassembler_t *r, enow_frag_entry_t *m)
{
    leave(r, m);
    m->fate = ENOW_FRAG_NONE;
}

/* Gives a message to the caller; it keeps its place. */
static int complete(enow_frag_reassembler_t *r, enow_frag_entry_t *m, const uint8_t *data, enow_frag_message_t *whole)
{
    whole->data.data = data;
    whole->data.len = m->end;
    whole->mark = m->mark;
    leave(r, m);
    become(r, m, ENOW_FRAG_DELIVERED);
    r->stats.completed++;
    return 1;
}

/* Whether m is lost and goes before another of its sender's, if there is one. */
static bool goes_first(const enow_frag_entry_t *m, const enow_frag_entry_t *other)
{
    if (m->fate != ENOW_FRAG_EXPIRED && m->fate != ENOW_FRAG_ABORTED) {
        return false;
    }
    return other == NULL || m->deadline_us < other->deadline_us ||
           (m->deadline_us == other->deadline_us && m->key.id < other->key.id);
}

/* Gives up the oldest message of a sender that is older than one, misses parts and was never asked about; false: there
 * is none. */
static bool supersede(enow_frag_reassembler_t *r, const enow_frag_key_t *key)
{
    enow_frag_entry_t *oldest = NULL, *m = NULL;
    uint16_t most = 0;

    while ((m = next_of(r, key->source, m)) != NULL) {
        const uint16_t age = (uint16_t)(key->id - m->key.id);
        if (m->fate == ENOW_FRAG_PARTIAL && !m->asked && age > most && age <= INT16_MAX) {
            oldest = m;
            most = age;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    enow_frag_reassembler_release(r, oldest);
    r->stats.superseded++;
    return true;
}

/* Makes a place for a message. One that is remembered as lost gives up its own if there is no other: of the same sender
 * if it is the share that is used up, else of any; then one that the sender has superseded. */
static int begin(enow_frag_reassembler_t *r, const enow_frag_key_t *key, enow_frag_entry_t **begun)
{
    const enow_frag_entry_t *last = r->entries + r->limits.max_messages - 1;
    enow_frag_entry_t *lost = NULL, *m = NULL;
    uint32_t messages = 0;

    while ((m = next_of(r, key->source, m)) != NULL) {
        messages++;
        if (goes_first(m, lost)) {
            lost = m;
        }
    }
    if (messages == r->limits.source_messages) {
        if (lost != NULL) {
            enow_frag_reassembler_release(r, lost);
        } else if (!supersede(r, key)) {
            return ENOW_FRAG_ERR_SHARE;
        }
    }
    if (r->stats.partial + r->stats.aborted + r->stats.delivered == r->limits.max_messages) {
        if (r->lost.first != NULL) {
            enow_frag_reassembler_release(r, r->lost.first);
        } else if (!supersede(r, key)) {
            return ENOW_FRAG_ERR_FULL;
        }
    }
    for (m = r->entries; m->fate != ENOW_FRAG_NONE && m < last; m++) {
    }
    memset(m, 0, sizeof *m);
    m->key = *key;
    become(r, m, ENOW_FRAG_PARTIAL);
    remember(r, m);
    r->recent = m;
    *begun = m;
    return 0;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Gives m the buffers that a part needs. */
static int grow(enow_frag_reassembler_t *r, enow_frag_entry_t *m, const enow_frag_part_t *part)
{
    uint32_t bytes, parts;

    enow_frag_entry_needs(m, part, &bytes, &parts);
    const uint32_t bits = enow_frag_bitmap_size(parts);
    uint32_t data = bytes > m->data.size ? enow_frag_buffer_size(bytes) : 0; /* sizes of the new buffers */
    const uint32_t seen = bits > m->seen.size ? enow_frag_buffer_size(bits) : 0;
    if (data + seen == 0) {
        return 0;
    }
    uint32_t room, share;
    do {
        room = enow_frag_memory_room(&r->memory);
        share = r->limits.source_bytes - bytes_of(r, m->key.source);
    } while (data + seen > least(room, share) && supersede(r, &m->key));
    if (data + seen > room) {
        return ENOW_FRAG_ERR_FULL;
    }
    if (data + seen > share) {
        return ENOW_FRAG_ERR_SHARE;
    }
    if (data > 0) {
        /* Fourfold while the end is unknown and there is plenty: all growth together then copies a third of the
         * message. */
        const uint32_t ample = least(4 * m->data.size, enow_frag_buffer_size(r->limits.max_message));
        if (part->more && ample > data && ample + seen <= least(room, share)) {
            data = ample;
        }
        enow_frag_memory_grow(&r->memory, &m->data, data);
    }
    if (seen > 0) {
        const uint32_t old = m->seen.size;
        enow_frag_memory_grow(&r->memory, &m->seen, seen);
        memset(m->seen.data + old, 0, seen - old);
    }
    r->stats.bytes = r->memory.lent;
    return 0;
}

/* Takes a part whose place is taken. */
static int duplicate(enow_frag_reassembler_t *r, enow_frag_entry_t *m, const enow_frag_part_t *part)
{
    if (part->data.len > 0 && memcmp(m->data.data + part->offset, part->data.data, part->data.len) != 0) {
        return abort_message(r, m, ENOW_FRAG_ERR_MISMATCH);
    }
    r->stats.duplicates++;
    touch(r, m);
    return 0;
}

/* Takes a part that breaks no rule and has room. */
static int place(enow_frag_reassembler_t *r, enow_frag_entry_t *m, const enow_frag_part_t *part,
                 enow_frag_message_t *whole)
{
    const uint32_t n = (uint32_t)part->data.len;

    if (part->more) {
        m->size = n;
        const uint32_t index = part->offset / n;
        const uint8_t bit = (uint8_t)(1u << index % 8);
        if ((m->seen.data[index / 8] & bit) != 0) {
            return duplicate(r, m, part);
        }
        m->seen.data[index / 8] |= bit;
        m->count++;
    } else {
        if (m->end != 0) {
            return duplicate(r, m, part);
        }
        m->last = part->offset;
        m->end = part->offset + n;
    }
    if (part->offset == 0) {
        m->mark = part->mark;
    }
    if (n > 0) {
        memcpy(m->data.data + part->offset, part->data.data, n);
    }
    /* All parts before the last are here: each is counted once, by its bit, and none lies behind last. */
    if (m->end != 0 && m->count * m->size == m->last) {
        return complete(r, m, m->data.data, whole);
    }
    touch(r, m);
    return 0;
}

int enow_frag_reassembler_push(enow_frag_reassembler_t *r, uint64_t now_us, const enow_frag_key_t *key,
                               const enow_frag_part_t *part, enow_frag_message_t *whole)
{
    int err;

    (void)enow_frag_reassembler_expire(r, now_us);
    enow_frag_entry_t *m = enow_frag_reassembler_find(r, key);
    if (m != NULL && m->fate == ENOW_FRAG_EXPIRED && part->offset == 0) { /* the sender begins again */
        enow_frag_reassembler_release(r, m);
        m = NULL;
    }
    if (m == NULL) {
        const bool is_whole = part->offset == 0 && !part->more && part->data.len <= r->limits.max_message;
        err = begin(r, key, &m);
        if (err < 0) {
            enow_frag_entry_t nothing;
            memset(&nothing, 0, sizeof nothing);
            const int wrong = is_whole ? 0 : enow_frag_entry_check(&nothing, &r->limits, part);
            return count(r, wrong < 0 ? wrong : err); /* never to be taken says more than no room now */
        }
        if (is_whole) {
            m->end = (uint32_t)part->data.len;
            m->mark = part->mark;
            return complete(r, m, part->data.data, whole);
        }
    }
    if (m->fate == ENOW_FRAG_DELIVERED) {
        r->stats.duplicates++;
        return 0;
    }
    if (m->fate != ENOW_FRAG_PARTIAL) {
        touch(r, m);
        return count(r, m->fate == ENOW_FRAG_EXPIRED ? ENOW_FRAG_ERR_EXPIRED : ENOW_FRAG_ERR_ABORTED);
    }
    err = enow_frag_entry_check(m, &r->limits, part);
    if (err < 0) {
        return abort_message(r, m, err);
    }
    err = grow(r, m, part);
    if (err < 0) {
        if (m->count == 0 && m->end == 0) {
            enow_frag_reassembler_release(r, m); /* it was begun for this part */
        }
        return count(r, err);
    }
    return place(r, m, part, whole);
}

uint32_t enow_frag_reassembler_expire(enow_frag_reassembler_t *r, uint64_t now_us)
{
    enow_frag_entry_t *m;
    uint32_t n = 0;

    r->now_us = now_us;
    while ((m = r->lost.first) != NULL && now_us >= m->deadline_us) {
        enow_frag_reassembler_release(r, m);
    }
    while ((m = r->partial.first) != NULL && now_us >= m->deadline_us) {
        lose(r, m, ENOW_FRAG_EXPIRED, ENOW_FRAG_ERR_EXPIRED);
        n++;
    }
    r->stats.expired += n;
    return n;
}

bool enow_frag_reassembler_next_deadline(const enow_frag_reassembler_t *r, uint64_t *at_us)
{
    const enow_frag_entry_t *m = r->partial.first, *lost = r->lost.first;

    if (m == NULL || (lost != NULL && lost->deadline_us < m->deadline_us)) {
        m = lost;
    }
    if (m == NULL) {
        return false;
    }
    *at_us = m->deadline_us;
    return true;
}

uint32_t enow_frag_reassembler_awaited(const enow_frag_reassembler_t *r)
{
    uint32_t n = 0;

    for (const enow_frag_entry_t *m = r->partial.first; m != NULL; m = m->links[ENOW_FRAG_BY_DEADLINE].next) {
        n += m->asked;
    }
    return n;
}

uint32_t enow_frag_reassembler_forget(enow_frag_reassembler_t *r, uint64_t source)
{
    enow_frag_entry_t *m = NULL;
    uint32_t n = 0;

    while ((m = next_of(r, source, m)) != NULL) {
        n += m->fate == ENOW_FRAG_PARTIAL;
        if (m->fate != ENOW_FRAG_DELIVERED) {
            enow_frag_reassembler_release(r, m);
        }
    }
    r->stats.forgotten += n;
    return n;
}
