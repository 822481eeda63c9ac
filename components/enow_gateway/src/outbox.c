#include "outbox.h"

#include <string.h>

typedef enum {
    WAITING = 0,
    HANDED = 1,     /* the publisher has it, the client may */
    ON_THE_WAY = 2, /* the client has it */
    ANSWERED = 3,   /* only its receipt is left, which waits for verdict */
} state_t;

struct enow_gateway_entry {
    enow_link_receipt_t receipt; /* of one that is promised */
    enow_gateway_origin_t origin;
    uint32_t at, len;   /* topic with its 0, and payload, in the arena */
    uint16_t topic_len; /* with the 0 */
    uint16_t id;        /* of the client's, on the way */
    uint8_t state;
    uint8_t qos;
    bool of_node;
    bool retain;
    bool latest;
    bool kept;  /* accepted, though the broker does not have it yet */
    bool taken; /* what was answered */
};

static bool is_promised(const enow_gateway_entry_t *e) { return e->receipt.source != 0; }

/* Bytes of one promised message, at most. Its topic's length, of one byte on the wire, makes room for the 0. */
static uint64_t longest_promised(const enow_gateway_outbox_config_t *cfg)
{
    return (uint64_t)cfg->topic_front + cfg->fragments.max_message;
}

static bool config_ok(const enow_gateway_outbox_config_t *cfg)
{
    const uint64_t reserved = cfg->fragments.max_messages * longest_promised(cfg);

    return cfg->messages > 0 && cfg->longest > 0 && cfg->bytes >= cfg->longest && cfg->window > 0 &&
           enow_frag_limits_check(&cfg->fragments) == 0 &&
           cfg->fragments.max_messages + (uint64_t)cfg->messages <= UINT16_MAX && reserved + cfg->bytes <= UINT32_MAX;
}

size_t enow_gateway_outbox_memory(const enow_gateway_outbox_config_t *cfg)
{
    if (!config_ok(cfg)) {
        return 0;
    }
    const uint64_t entries = (cfg->fragments.max_messages + (uint64_t)cfg->messages) * sizeof(enow_gateway_entry_t);
    const uint64_t total = entries + cfg->fragments.max_messages * longest_promised(cfg) + cfg->bytes;

    return total > SIZE_MAX ? 0 : (size_t)total;
}

int enow_gateway_outbox_init(enow_gateway_outbox_t *outbox, const enow_gateway_outbox_config_t *cfg, void *memory,
                             size_t size)
{
    const size_t least = enow_gateway_outbox_memory(cfg);

    if (least == 0) {
        return ENOW_GATEWAY_ERR_RANGE;
    }
    if (memory == NULL || size < least || (uintptr_t)memory % sizeof(uint64_t) != 0) {
        return ENOW_GATEWAY_ERR_MEMORY;
    }
    memset(outbox, 0, sizeof *outbox);
    outbox->cfg = *cfg;
    outbox->entries = memory;
    outbox->arena = (uint8_t *)(outbox->entries + cfg->fragments.max_messages + cfg->messages);
    return 0;
}

static uint16_t promised(const enow_gateway_outbox_t *o) { return (uint16_t)(o->count - o->shared); }

/* Gives back the bytes of entry i, which stays. */
static void empty(enow_gateway_outbox_t *o, uint16_t i)
{
    enow_gateway_entry_t *e = &o->entries[i];
    const uint32_t behind = e->at + e->len;

    memmove(o->arena + e->at, o->arena + behind, o->used - behind);
    for (uint16_t k = (uint16_t)(i + 1); k < o->count; k++) {
        o->entries[k].at -= e->len;
    }
    o->used -= e->len;
    if (!is_promised(e)) {
        o->shared_bytes -= e->len;
    }
    e->len = 0;
}

static void forget(enow_gateway_outbox_t *o, uint16_t i)
{
    empty(o, i);
    if (!is_promised(&o->entries[i])) {
        o->shared--;
    }
    o->count--;
    memmove(&o->entries[i], &o->entries[i + 1], (size_t)(o->count - i) * sizeof *o->entries);
}

/* Whether entry i may be dropped for another: it is promised to nobody, was not accepted, and the client does not have
 * it. */
static bool gives_way(const enow_gateway_outbox_t *o, uint16_t i)
{
    const enow_gateway_entry_t *e = &o->entries[i];

    return !is_promised(e) && !e->kept && e->state == WAITING;
}

/* Whether one more, of len bytes, fits beside so many that are not promised. */
static bool fits(const enow_gateway_outbox_t *o, uint32_t messages, uint32_t bytes, uint32_t len)
{
    return messages < o->cfg.messages && bytes <= o->cfg.bytes && len <= o->cfg.bytes - bytes;
}

/* Makes room for a message that is not promised: the oldest give way. False: there is none, and nothing was dropped. */
static bool make_room(enow_gateway_outbox_t *o, uint32_t len)
{
    uint32_t messages = o->shared, bytes = o->shared_bytes;

    for (uint16_t i = 0; i < o->count && !fits(o, messages, bytes, len); i++) {
        if (gives_way(o, i)) {
            messages--;
            bytes -= o->entries[i].len;
        }
    }
    if (!fits(o, messages, bytes, len)) {
        return false;
    }
    for (uint16_t i = 0; !fits(o, o->shared, o->shared_bytes, len);) {
        if (gives_way(o, i)) {
            forget(o, i);
            o->stats.dropped++;
        } else {
            i++;
        }
    }
    return true;
}

static const char *topic_of(const enow_gateway_outbox_t *o, const enow_gateway_entry_t *e)
{
    return (const char *)o->arena + e->at;
}

/* Where a message stands of a topic of which only the latest counts, from entry i on; count: nowhere. */
static uint16_t find_latest(const enow_gateway_outbox_t *o, uint16_t i, const char *topic)
{
    while (i < o->count && !(o->entries[i].latest && o->entries[i].state != ANSWERED &&
                             strcmp(topic_of(o, &o->entries[i]), topic) == 0)) {
        i++;
    }
    return i;
}

/* Forgets what waits of a topic of which only the latest counts, and that is not the latest any more. */
static void replace(enow_gateway_outbox_t *o, const char *topic)
{
    for (uint16_t i = 0; (i = find_latest(o, i, topic)) < o->count;) {
        if (gives_way(o, i)) {
            forget(o, i);
            o->stats.replaced++;
        } else {
            i++;
        }
    }
}

/* Makes room for a message. Returns 0, or why there is none. */
static int admit(enow_gateway_outbox_t *o, const enow_gateway_message_t *m, uint32_t len)
{
    if (m->receipt.source != 0) {
        return promised(o) < o->cfg.fragments.max_messages ? 0 : ENOW_GATEWAY_ERR_FULL;
    }
    if (m->latest) {
        replace(o, m->topic);
    }
    return make_room(o, len) ? 0 : ENOW_GATEWAY_ERR_FULL;
}

int enow_gateway_outbox_push(enow_gateway_outbox_t *o, const enow_gateway_message_t *m)
{
    const size_t topic = strlen(m->topic) + 1;
    const uint64_t longest = m->receipt.source != 0 ? longest_promised(&o->cfg) : o->cfg.longest;

    if (topic > UINT16_MAX || topic + (uint64_t)m->payload.len > longest) {
        o->stats.too_large++;
        return ENOW_GATEWAY_ERR_TOO_LARGE;
    }
    const uint32_t len = (uint32_t)(topic + m->payload.len);
    const int err = admit(o, m, len);
    if (err < 0) {
        o->stats.dropped++;
        return err;
    }
    enow_gateway_entry_t *e = &o->entries[o->count++];
    memset(e, 0, sizeof *e);
    e->receipt = m->receipt;
    e->origin = m->origin;
    e->at = o->used;
    e->len = len;
    e->topic_len = (uint16_t)topic;
    e->qos = m->qos;
    e->of_node = m->of_node;
    e->retain = m->retain;
    e->latest = m->latest;
    memcpy(o->arena + e->at, m->topic, topic);
    if (m->payload.len > 0) {
        memcpy(o->arena + e->at + topic, m->payload.data, m->payload.len);
    }
    o->used += len;
    if (!is_promised(e)) {
        o->shared++;
        o->shared_bytes += len;
    }
    return 0;
}

size_t enow_gateway_outbox_longest(const enow_gateway_outbox_t *o)
{
    const uint64_t longest = longest_promised(&o->cfg);

    return (size_t)(longest > o->cfg.longest ? longest : o->cfg.longest);
}

/* The entry in a state, and with an id if it is on the way; null: there is none. */
static enow_gateway_entry_t *find(enow_gateway_outbox_t *o, state_t state, uint16_t id)
{
    for (uint16_t i = 0; i < o->count; i++) {
        if (o->entries[i].state == state && o->entries[i].id == id) {
            return &o->entries[i];
        }
    }
    return NULL;
}

/* Whether e waits for its turn behind an older one of its topic, which could be sent again after it. */
static bool held_back(const enow_gateway_outbox_t *o, uint16_t i)
{
    return o->entries[i].latest && find_latest(o, 0, topic_of(o, &o->entries[i])) != i;
}

bool enow_gateway_outbox_hand(enow_gateway_outbox_t *o, enow_gateway_message_t *m, char *buf, size_t cap)
{
    uint16_t i = 0;

    if (o->on_the_way >= o->cfg.window || find(o, HANDED, 0) != NULL) {
        return false;
    }
    while (i < o->count && (o->entries[i].state != WAITING || held_back(o, i))) {
        i++;
    }
    if (i == o->count || o->entries[i].len > cap) {
        return false;
    }
    enow_gateway_entry_t *e = &o->entries[i];
    memcpy(buf, o->arena + e->at, e->len);
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
    e->id = 0;
    o->on_the_way++;
    o->early = 0;
    return true;
}

/* Takes what became of a message. */
static void answer(enow_gateway_outbox_t *o, enow_gateway_entry_t *e, bool taken)
{
    const uint16_t i = (uint16_t)(e - o->entries);

    if (taken) {
        o->stats.published++;
    } else {
        o->stats.refused++;
    }
    o->on_the_way--;
    if (!is_promised(e)) {
        forget(o, i);
        return;
    }
    empty(o, i);
    e->state = ANSWERED;
    e->taken = taken;
}

/* Has a message wait again, unless a later one of its topic made it worthless. */
static void wait_again(enow_gateway_outbox_t *o, enow_gateway_entry_t *e)
{
    const uint16_t i = (uint16_t)(e - o->entries);

    e->state = WAITING;
    o->on_the_way--;
    if (e->latest && gives_way(o, i) && find_latest(o, (uint16_t)(i + 1), topic_of(o, e)) < o->count) {
        forget(o, i);
        o->stats.replaced++;
        return;
    }
    o->stats.again++;
}

void enow_gateway_outbox_handed(enow_gateway_outbox_t *o, uint16_t id)
{
    enow_gateway_entry_t *e = find(o, HANDED, 0);

    if (e == NULL) {
        return;
    }
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

void enow_gateway_outbox_returned(enow_gateway_outbox_t *o, bool never)
{
    enow_gateway_entry_t *e = find(o, HANDED, 0);

    if (e == NULL) {
        return;
    }
    if (never) {
        answer(o, e, false);
    } else {
        wait_again(o, e);
    }
}

void enow_gateway_outbox_published(enow_gateway_outbox_t *o, uint16_t id, bool taken)
{
    enow_gateway_entry_t *e = find(o, ON_THE_WAY, id);

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
    enow_gateway_entry_t *e = find(o, ON_THE_WAY, id);

    if (e != NULL) {
        wait_again(o, e);
    } else {
        o->early = 2;
    }
}

void enow_gateway_outbox_restart(enow_gateway_outbox_t *o)
{
    for (uint16_t i = o->count; i > 0; i--) {
        if (o->entries[i - 1].state == ON_THE_WAY) {
            wait_again(o, &o->entries[i - 1]);
        }
    }
    o->early = 2;
}

/* Whether the oldest promised message can be accepted since the queue has room for it, which it then keeps. */
static bool keep(enow_gateway_outbox_t *o, enow_link_receipt_t *receipt)
{
    uint16_t i = 0;

    while (i < o->count && !is_promised(&o->entries[i])) {
        i++;
    }
    if (i == o->count) {
        return false;
    }
    const uint32_t len = o->entries[i].len;
    if (!make_room(o, len)) {
        return false;
    }
    for (i = 0; !is_promised(&o->entries[i]); i++) { /* which may have moved */
    }
    enow_gateway_entry_t *e = &o->entries[i];
    *receipt = e->receipt;
    e->receipt.source = 0;
    e->kept = true;
    o->shared++;
    o->shared_bytes += len;
    return true;
}

bool enow_gateway_outbox_verdict(enow_gateway_outbox_t *o, enow_link_receipt_t *receipt, bool *taken)
{
    for (uint16_t i = 0; i < o->count; i++) {
        if (o->entries[i].state == ANSWERED) {
            *receipt = o->entries[i].receipt;
            *taken = o->entries[i].taken;
            forget(o, i);
            return true;
        }
    }
    *taken = true;
    return o->cfg.by_queue && keep(o, receipt);
}

void enow_gateway_outbox_stats(const enow_gateway_outbox_t *o, enow_gateway_outbox_stats_t *out)
{
    *out = o->stats;
    out->bytes = o->used;
    out->messages = o->count;
    out->promised = promised(o);
    out->on_the_way = o->on_the_way;
}
