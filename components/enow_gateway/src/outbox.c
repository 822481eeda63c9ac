#include "outbox.h"

#include <string.h>

#define PIECE ENOW_GATEWAY_OUTBOX_PIECE

typedef enum {
    WAITING = 0,
    HANDED = 1,     /* the publisher has it, the client may */
    ON_THE_WAY = 2, /* the client has it */
} state_t;

struct enow_gateway_piece {
    enow_gateway_piece_t *next;
    uint8_t bytes[PIECE];
};

struct enow_gateway_entry {
    enow_gateway_entry_t *previous, *next;
    enow_gateway_entry_t *older; /* of its topic, of which only the latest counts: the client has it; null: none */
    enow_gateway_entry_t *newer; /* the same, which waits behind this one */
    enow_gateway_piece_t *first, *last;
    enow_link_receipt_t receipt; /* of one that is promised */
    enow_gateway_origin_t origin;
    uint32_t len;       /* of topic with its 0, and payload */
    uint16_t topic_len; /* with the 0 */
    uint16_t id;        /* of the client's, on the way */
    uint8_t state;
    uint8_t strikes;
    uint8_t qos;
    bool of_node;
    bool retain;
    bool latest;
    bool kept;  /* accepted, though the broker does not have it yet */
    bool taken; /* what was answered */
};

static bool is_promised(const enow_gateway_entry_t *e) { return e->receipt.source != 0; }

static uint32_t pieces_of(uint64_t len) { return (uint32_t)((len + PIECE - 1) / PIECE); }

/* Bytes of one promised message, at most. Its topic's length, of one byte on the wire, makes room for the 0. */
static uint64_t longest_promised(const enow_gateway_outbox_config_t *cfg)
{
    return (uint64_t)cfg->topic_front + cfg->fragments.max_message;
}

static uint64_t entries_of(const enow_gateway_outbox_config_t *cfg)
{
    return (uint64_t)cfg->fragments.max_messages + cfg->messages;
}

/* Pieces of the queue, and those that are reserved. */
static uint64_t all_pieces_of(const enow_gateway_outbox_config_t *cfg)
{
    return (uint64_t)cfg->fragments.max_messages * pieces_of(longest_promised(cfg)) + pieces_of(cfg->bytes);
}

size_t enow_gateway_outbox_memory(const enow_gateway_outbox_config_t *cfg)
{
    const bool ok = cfg->messages > 0 && cfg->longest > 0 && cfg->bytes >= cfg->longest && cfg->window > 0 &&
                    enow_frag_limits_check(&cfg->fragments) == 0 && entries_of(cfg) <= UINT16_MAX;
    const uint64_t total =
        entries_of(cfg) * sizeof(enow_gateway_entry_t) + all_pieces_of(cfg) * sizeof(enow_gateway_piece_t);

    return ok && total <= SIZE_MAX / 2 ? (size_t)total : 0;
}

int enow_gateway_outbox_init(enow_gateway_outbox_t *o, const enow_gateway_outbox_config_t *cfg, void *memory,
                             size_t size)
{
    const size_t least = enow_gateway_outbox_memory(cfg);

    if (least == 0) {
        return ENOW_GATEWAY_ERR_RANGE;
    }
    if (memory == NULL || size < least || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ENOW_GATEWAY_ERR_MEMORY;
    }
    memset(o, 0, sizeof *o);
    memset(memory, 0, least);
    o->cfg = *cfg;
    enow_gateway_entry_t *entries = memory;
    const size_t count = (size_t)entries_of(cfg);
    for (size_t i = 0; i < count; i++) {
        entries[i].next = o->spare_entries;
        o->spare_entries = &entries[i];
    }
    enow_gateway_piece_t *pieces = (enow_gateway_piece_t *)(entries + count);
    for (size_t i = 0; i < (size_t)all_pieces_of(cfg); i++) {
        pieces[i].next = o->spare_pieces;
        o->spare_pieces = &pieces[i];
    }
    return 0;
}

static void append(enow_gateway_entries_t *list, enow_gateway_entry_t *e)
{
    e->previous = list->last;
    e->next = NULL;
    if (list->last != NULL) {
        list->last->next = e;
    } else {
        list->first = e;
    }
    list->last = e;
}

static void take_out(enow_gateway_entries_t *list, enow_gateway_entry_t *e)
{
    if (e->previous != NULL) {
        e->previous->next = e->next;
    } else {
        list->first = e->next;
    }
    if (e->next != NULL) {
        e->next->previous = e->previous;
    } else {
        list->last = e->previous;
    }
}

/* Adds bytes to a message. */
static void put(enow_gateway_outbox_t *o, enow_gateway_entry_t *e, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    while (len > 0) {
        const uint32_t used = e->len % PIECE;
        if (used == 0) {
            enow_gateway_piece_t *piece = o->spare_pieces;
            o->spare_pieces = piece->next;
            piece->next = NULL;
            if (e->last != NULL) {
                e->last->next = piece;
            } else {
                e->first = piece;
            }
            e->last = piece;
        }
        const size_t n = len < PIECE - used ? len : PIECE - used;
        memcpy(e->last->bytes + used, from, n);
        e->len += (uint32_t)n;
        from += n;
        len -= n;
    }
}

static void get(const enow_gateway_entry_t *e, char *out)
{
    size_t left = e->len;

    for (const enow_gateway_piece_t *piece = e->first; piece != NULL; piece = piece->next) {
        const size_t n = left < PIECE ? left : PIECE;
        memcpy(out, piece->bytes, n);
        out += n;
        left -= n;
    }
}

/* Whether the message has a topic, of len bytes with its 0. */
static bool has_topic(const enow_gateway_entry_t *e, const char *topic, size_t len)
{
    size_t at = 0;

    if (e->topic_len != len) {
        return false;
    }
    for (const enow_gateway_piece_t *piece = e->first; at < len; piece = piece->next) {
        const size_t n = len - at < PIECE ? len - at : PIECE;
        if (memcmp(piece->bytes, topic + at, n) != 0) {
            return false;
        }
        at += n;
    }
    return true;
}

/* Takes a message out of the queue, and gives its pieces back. */
static void leave(enow_gateway_outbox_t *o, enow_gateway_entry_t *e)
{
    take_out(&o->queue, e);
    if (e->older != NULL) {
        e->older->newer = NULL;
    }
    if (e->newer != NULL) {
        e->newer->older = NULL;
    }
    e->last->next = o->spare_pieces; /* there is one, since a topic has a 0 */
    o->spare_pieces = e->first;
    o->bytes -= e->len;
    if (is_promised(e)) {
        o->promised--;
    } else {
        o->shared--;
        o->shared_pieces -= pieces_of(e->len);
    }
}

static void spare(enow_gateway_outbox_t *o, enow_gateway_entry_t *e)
{
    e->next = o->spare_entries;
    o->spare_entries = e;
}

static void forget(enow_gateway_outbox_t *o, enow_gateway_entry_t *e)
{
    leave(o, e);
    spare(o, e);
}

/* Whether a message may be dropped for another: it is promised to nobody, was not accepted, and the client does not
 * have it. */
static bool gives_way(const enow_gateway_entry_t *e) { return !is_promised(e) && !e->kept && e->state == WAITING; }

/* Whether one more, of len bytes, fits beside so many that are not promised. */
static bool fits(const enow_gateway_outbox_t *o, uint32_t messages, uint32_t pieces, uint32_t len)
{
    return messages < o->cfg.messages && pieces + (uint64_t)pieces_of(len) <= pieces_of(o->cfg.bytes);
}

/* Makes room for a message that is not promised: the oldest give way. False: there is none, and nothing was dropped. */
static bool make_room(enow_gateway_outbox_t *o, uint32_t len)
{
    uint32_t messages = o->shared, pieces = o->shared_pieces;
    enow_gateway_entry_t *e = o->queue.first;

    for (; e != NULL && !fits(o, messages, pieces, len); e = e->next) {
        if (gives_way(e)) {
            messages--;
            pieces -= pieces_of(e->len);
        }
    }
    if (!fits(o, messages, pieces, len)) {
        return false;
    }
    const enow_gateway_entry_t *end = e;
    for (e = o->queue.first; e != end;) {
        enow_gateway_entry_t *next = e->next;
        if (gives_way(e)) {
            forget(o, e);
            o->stats.dropped++;
        }
        e = next;
    }
    return true;
}

/* Forgets what waits of a topic, len bytes with its 0, of which only the latest counts. Returns what the client has of
 * it, or null. */
static enow_gateway_entry_t *replace(enow_gateway_outbox_t *o, const char *topic, size_t len)
{
    enow_gateway_entry_t *older = NULL, *next;

    for (enow_gateway_entry_t *e = o->queue.first; e != NULL; e = next) {
        next = e->next;
        if (!e->latest || !has_topic(e, topic, len)) {
            continue;
        }
        if (gives_way(e)) {
            forget(o, e);
            o->stats.replaced++;
        } else {
            older = e;
        }
    }
    return older;
}

/* Puts a message behind the others, for which there is room. */
static enow_gateway_entry_t *add(enow_gateway_outbox_t *o, const enow_gateway_message_t *m, size_t topic)
{
    enow_gateway_entry_t *e = o->spare_entries;

    o->spare_entries = e->next;
    memset(e, 0, sizeof *e);
    e->receipt = m->receipt;
    e->origin = m->origin;
    e->topic_len = (uint16_t)topic;
    e->qos = m->qos;
    e->of_node = m->of_node;
    e->retain = m->retain;
    put(o, e, m->topic, topic);
    put(o, e, m->payload.data, m->payload.len);
    o->bytes += e->len;
    if (is_promised(e)) {
        o->promised++;
    } else {
        o->shared++;
        o->shared_pieces += pieces_of(e->len);
    }
    append(&o->queue, e);
    return e;
}

int enow_gateway_outbox_push(enow_gateway_outbox_t *o, const enow_gateway_message_t *m)
{
    const size_t topic = strlen(m->topic) + 1;
    const bool promised = m->receipt.source != 0;
    const uint64_t longest = promised ? longest_promised(&o->cfg) : o->cfg.longest;
    enow_gateway_entry_t *older = NULL;

    if (topic > UINT16_MAX || topic + (uint64_t)m->payload.len > longest) {
        o->stats.too_large++;
        return ENOW_GATEWAY_ERR_TOO_LARGE;
    }
    const bool latest = m->latest && !promised;
    if (latest) {
        older = replace(o, m->topic, topic);
    }
    const bool room = promised ? (uint32_t)o->promised + o->unsaid < o->cfg.fragments.max_messages
                               : make_room(o, (uint32_t)(topic + m->payload.len));
    if (!room) {
        o->stats.dropped++;
        return ENOW_GATEWAY_ERR_FULL;
    }
    enow_gateway_entry_t *e = add(o, m, topic);
    e->latest = latest;
    if (older != NULL) {
        e->older = older;
        older->newer = e;
    }
    return 0;
}

size_t enow_gateway_outbox_longest(const enow_gateway_outbox_t *o)
{
    const uint64_t longest = longest_promised(&o->cfg);

    return (size_t)(longest > o->cfg.longest ? longest : o->cfg.longest);
}

bool enow_gateway_outbox_hand(enow_gateway_outbox_t *o, enow_gateway_message_t *m, char *buf, size_t cap)
{
    enow_gateway_entry_t *e = o->queue.first;

    if (o->on_the_way >= o->cfg.window || o->handed != NULL) {
        return false;
    }
    while (e != NULL && (e->state != WAITING || e->older != NULL)) { /* which could be sent again after this one */
        e = e->next;
    }
    if (e == NULL || e->len > cap) {
        return false;
    }
    get(e, buf);
    m->topic = buf;
    m->payload.data = (const uint8_t *)buf + e->topic_len;
    m->payload.len = e->len - e->topic_len;
    m->receipt = e->receipt;
    m->origin = e->origin;
    m->of_node = e->of_node;
    m->retain = e->retain;
    m->latest = e->latest;
    m->qos = e->qos;
    e->state = HANDED;
    o->handed = e;
    o->on_the_way++;
    o->early = 0;
    return true;
}

/* Takes what became of a message. */
static void answer(enow_gateway_outbox_t *o, enow_gateway_entry_t *e, bool taken)
{
    if (taken) {
        o->stats.published++;
    } else {
        o->stats.refused++;
    }
    o->on_the_way--;
    leave(o, e);
    if (is_promised(e)) {
        e->taken = taken;
        append(&o->answered, e);
        o->unsaid++;
    } else {
        spare(o, e);
    }
}

/* Has a message wait again, unless a newer one of its topic made it worthless. */
static void wait_again(enow_gateway_outbox_t *o, enow_gateway_entry_t *e)
{
    e->state = WAITING;
    o->on_the_way--;
    if (e->newer != NULL) {
        forget(o, e);
        o->stats.replaced++;
    } else {
        o->stats.again++;
    }
}

void enow_gateway_outbox_handed(enow_gateway_outbox_t *o, uint16_t id)
{
    enow_gateway_entry_t *e = o->handed;

    if (e == NULL) {
        return;
    }
    o->handed = NULL;
    if (id == 0) {
        answer(o, e, true);
    } else if (o->early == 1 && o->early_id == id) {
        answer(o, e, o->early_taken);
    } else if (o->early > 1) {
        wait_again(o, e); /* one of the answers may have been its own: it can arrive twice, but not get lost */
    } else {
        e->state = ON_THE_WAY;
        e->id = id;
    }
}

void enow_gateway_outbox_returned(enow_gateway_outbox_t *o)
{
    enow_gateway_entry_t *e = o->handed;

    if (e != NULL) {
        o->handed = NULL;
        wait_again(o, e);
    }
}

/* The message that is on the way under an id, or null. */
static enow_gateway_entry_t *find(enow_gateway_outbox_t *o, uint16_t id)
{
    enow_gateway_entry_t *e = o->queue.first;

    while (e != NULL && !(e->state == ON_THE_WAY && e->id == id)) {
        e = e->next;
    }
    return e;
}

void enow_gateway_outbox_published(enow_gateway_outbox_t *o, uint16_t id, bool taken)
{
    enow_gateway_entry_t *e = find(o, id);

    if (e != NULL) {
        answer(o, e, taken);
    } else if (o->early == 0) {
        o->early = 1;
        o->early_id = id;
        o->early_taken = taken;
    } else {
        o->early = 2;
    }
}

void enow_gateway_outbox_deleted(enow_gateway_outbox_t *o, uint16_t id)
{
    enow_gateway_entry_t *e = find(o, id);

    if (e != NULL) {
        wait_again(o, e);
    } else {
        o->early = 2;
    }
}

void enow_gateway_outbox_restart(enow_gateway_outbox_t *o, bool struck)
{
    enow_gateway_entry_t *next;

    for (enow_gateway_entry_t *e = o->queue.first; e != NULL; e = next) {
        next = e->next;
        if (e->state == WAITING) {
            continue;
        }
        if (struck) {
            e->strikes++;
        }
        if (e->strikes == ENOW_GATEWAY_OUTBOX_STRIKES) {
            answer(o, e, false);
        } else {
            wait_again(o, e);
        }
    }
    o->handed = NULL;
}

/* Accepts the oldest promised message, if the queue has room for it: it keeps that room. */
static bool keep(enow_gateway_outbox_t *o, enow_link_receipt_t *receipt)
{
    enow_gateway_entry_t *e = o->queue.first;

    if (o->promised == 0) {
        return false;
    }
    while (!is_promised(e)) {
        e = e->next;
    }
    if (!make_room(o, e->len)) {
        return false;
    }
    *receipt = e->receipt;
    e->receipt.source = 0;
    e->kept = true;
    o->promised--;
    o->shared++;
    o->shared_pieces += pieces_of(e->len);
    return true;
}

bool enow_gateway_outbox_verdict(enow_gateway_outbox_t *o, enow_link_receipt_t *receipt, bool *taken)
{
    enow_gateway_entry_t *e = o->answered.first;

    if (e == NULL) {
        *taken = true;
        return o->cfg.by_queue && keep(o, receipt);
    }
    *receipt = e->receipt;
    *taken = e->taken;
    take_out(&o->answered, e);
    o->unsaid--;
    spare(o, e);
    return true;
}

void enow_gateway_outbox_stats(const enow_gateway_outbox_t *o, enow_gateway_outbox_stats_t *out)
{
    *out = o->stats;
    out->bytes = o->bytes;
    out->messages = (uint16_t)(o->shared + o->promised);
    out->promised = o->promised;
    out->on_the_way = o->on_the_way;
}
