#include "check.h"

#include "../src/outbox.h"
#include "../src/topic.h"

#include <string.h>

#define FRONT 26u /* "/device/24:6f:28:aa:bb:cc/" */

/* An outbox in memory of just its size, and what was handed last. */
typedef struct {
    enow_gateway_outbox_t outbox;
    void *memory;
    enow_gateway_message_t message;
    char *buf;
} desk_t;

/* A queue of 4 messages and 5 pieces, 2 on the way, and a machine that tells 3 messages of 100 bytes. */
static enow_gateway_outbox_config_t config(bool by_queue)
{
    enow_gateway_outbox_config_t cfg;

    memset(&cfg, 0, sizeof cfg);
    cfg.by_queue = by_queue;
    cfg.messages = 4;
    cfg.bytes = 300;
    cfg.longest = 200;
    cfg.window = 2;
    cfg.topic_front = FRONT;
    enow_frag_limits_default(&cfg.fragments);
    cfg.fragments.max_message = 100;
    cfg.fragments.max_messages = 3;
    cfg.fragments.source_messages = 2;
    return cfg;
}

static void open_desk(desk_t *d, const enow_gateway_outbox_config_t *cfg)
{
    const size_t size = enow_gateway_outbox_memory(cfg);

    memset(d, 0, sizeof *d);
    d->memory = malloc(size);
    CHECK(enow_gateway_outbox_init(&d->outbox, cfg, d->memory, size) == 0, "init of %u bytes", (unsigned)size);
    d->buf = malloc(enow_gateway_outbox_longest(&d->outbox));
}

static void close_desk(desk_t *d)
{
    free(d->memory);
    free(d->buf);
}

/* Pushes a message of topic and len bytes in all, whose payload is the letter; receipt 0: it is promised to nobody. */
static int push_as(desk_t *d, const char *topic, char letter, size_t len, uint16_t receipt, bool latest)
{
    uint8_t payload[1000];
    enow_gateway_message_t m;

    memset(payload, letter, sizeof payload);
    memset(&m, 0, sizeof m);
    m.topic = topic;
    m.payload.data = payload;
    m.payload.len = len - strlen(topic) - 1;
    m.receipt.source = receipt > 0;
    m.receipt.id = receipt;
    m.latest = latest;
    m.qos = 1;
    m.retain = latest;
    m.of_node = receipt > 0;
    m.origin.id = receipt;
    return enow_gateway_outbox_push(&d->outbox, &m);
}

static int push(desk_t *d, char letter, size_t len, uint16_t receipt)
{
    return push_as(d, "/t", letter, len, receipt, false);
}

/* The letter of the message that is handed next; 0: none. */
static char hand(desk_t *d)
{
    if (!enow_gateway_outbox_hand(&d->outbox, &d->message, d->buf, enow_gateway_outbox_longest(&d->outbox))) {
        return 0;
    }
    return d->message.payload.len == 0 ? '-' : (char)d->message.payload.data[0];
}

/* Hands the message that must be next to the client, which has it under an id. */
static void send(desk_t *d, char want, uint16_t id)
{
    const char got = hand(d);

    CHECK(got == want, "'%c' is handed, not '%c'", got, want);
    enow_gateway_outbox_handed(&d->outbox, id);
}

/* The next verdict: a receipt that is accepted, below 0 one that is refused, 0 none. */
static int verdict(desk_t *d)
{
    enow_link_receipt_t receipt;
    bool taken;

    if (!enow_gateway_outbox_verdict(&d->outbox, &receipt, &taken)) {
        return 0;
    }
    return taken ? receipt.id : -receipt.id;
}

static enow_gateway_outbox_stats_t stats(const desk_t *d)
{
    enow_gateway_outbox_stats_t s;

    enow_gateway_outbox_stats(&d->outbox, &s);
    return s;
}

static void test_init(void)
{
    const enow_gateway_outbox_config_t good = config(false);
    enow_gateway_outbox_t outbox;
    const size_t size = enow_gateway_outbox_memory(&good);
    uint64_t *memory = malloc(size + 8);

    CHECK(size > 3 * (FRONT + 100) + 300, "%u bytes", (unsigned)size);
    CHECK(enow_gateway_outbox_init(&outbox, &good, memory, size - 1) == ENOW_GATEWAY_ERR_MEMORY, "a byte too few");
    CHECK(enow_gateway_outbox_init(&outbox, &good, (char *)memory + 1, size) == ENOW_GATEWAY_ERR_MEMORY, "unaligned");
    CHECK(enow_gateway_outbox_init(&outbox, &good, NULL, size) == ENOW_GATEWAY_ERR_MEMORY, "none");
    CHECK(enow_gateway_outbox_init(&outbox, &good, memory, size) == 0, "good");
    for (unsigned i = 0; i < 10; i++) {
        enow_gateway_outbox_config_t cfg = good;
        bool ok = false;
        switch (i) {
        case 0:
            cfg.messages = 0;
            break;
        case 1:
            cfg.longest = 0;
            break;
        case 2:
            cfg.bytes = cfg.longest - 1;
            break;
        case 3:
            cfg.bytes = cfg.longest;
            ok = true;
            break;
        case 4:
            cfg.window = 0;
            break;
        case 5:
            cfg.messages = UINT16_MAX - 3;
            ok = true;
            break;
        case 6:
            cfg.messages = UINT16_MAX - 2;
            break;
        case 7:
            cfg.fragments.max_message = 0;
            break;
        case 8:
            cfg.fragments.max_messages = UINT32_MAX;
            break;
        default:
            cfg.messages = 1, cfg.window = 1, cfg.longest = 1, cfg.bytes = 1;
            ok = true;
        }
        const bool has = enow_gateway_outbox_memory(&cfg) > 0;
        CHECK(has == ok || (ok && sizeof(size_t) < 8), "case %u", i);
        CHECK(ok || enow_gateway_outbox_init(&outbox, &cfg, memory, size) == ENOW_GATEWAY_ERR_RANGE, "case %u", i);
    }
    free(memory);
}

/* The oldest give way, in messages and in bytes, and none does in vain. */
static void test_queue(void)
{
    const enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    open_desk(&d, &cfg);
    for (char c = 'a'; c <= 'd'; c++) {
        CHECK(push(&d, c, 10, 0) == 0 && stats(&d).dropped == 0, "'%c'", c);
    }
    CHECK(push(&d, 'e', 10, 0) == 0 && stats(&d).dropped == 1 && stats(&d).messages == 4, "a message too many");
    CHECK(push(&d, 'f', 200, 0) == 0 && stats(&d).dropped == 4 && stats(&d).bytes == 210, "the longest");
    CHECK(push(&d, 'g', 201, 0) == ENOW_GATEWAY_ERR_TOO_LARGE && stats(&d).too_large == 1, "longer");
    send(&d, 'e', 1);
    CHECK(push(&d, 'h', 60, 0) == 0 && stats(&d).dropped == 5 && stats(&d).bytes == 70, "the longest goes");
    CHECK(push(&d, 'i', 180, 0) == 0 && stats(&d).dropped == 5 && stats(&d).messages == 3, "to the last piece");
    CHECK(push(&d, 'j', 61, 0) == 0 && stats(&d).dropped == 7 && stats(&d).messages == 2, "both go");
    close_desk(&d);

    open_desk(&d, &cfg);
    CHECK(push(&d, 'a', 150, 0) == 0 && push(&d, 'b', 60, 0) == 0, "room");
    send(&d, 'a', 1);
    CHECK(push(&d, 'c', 121, 0) == ENOW_GATEWAY_ERR_FULL && stats(&d).dropped == 1 && stats(&d).messages == 2,
          "the client has 'a', and 'b' would go in vain");
    CHECK(push(&d, 'c', 120, 0) == 0 && stats(&d).dropped == 2, "'b' goes");
    close_desk(&d);
}

/* Room is reserved for every promised message that there can be, whatever else is there. */
static void test_reserve(void)
{
    static const char topic[] = "/device/24:6f:28:aa:bb:cc/temperature";
    /* On the wire a byte with the topic's length, 11 of topic, 88 of payload. */
    const size_t longest = sizeof topic + 88;

    for (int by_queue = 0; by_queue < 2; by_queue++) {
        const enow_gateway_outbox_config_t cfg = config(by_queue == 1);
        desk_t d;
        open_desk(&d, &cfg);
        CHECK(push(&d, 'x', 200, 0) == 0 && push(&d, 'x', 60, 0) == 0, "a full queue");
        send(&d, 'x', 1);
        send(&d, 'x', 2);
        CHECK(push_as(&d, topic, 'p', longest + 1, 1, false) == ENOW_GATEWAY_ERR_TOO_LARGE,
              "longer than the machine's");
        for (uint16_t i = 1; i <= 3; i++) {
            CHECK(push_as(&d, topic, (char)('0' + i), longest, i, false) == 0, "promised %u", i);
        }
        CHECK(verdict(&d) == 0, "accepted without room");
        CHECK(push_as(&d, topic, 'p', 50, 4, false) == ENOW_GATEWAY_ERR_FULL, "more than the machine tells");
        CHECK(stats(&d).promised == 3 && stats(&d).dropped == 1, "%u promised", stats(&d).promised);
        enow_gateway_outbox_published(&d.outbox, 1, true);
        send(&d, '1', 3);
        CHECK(d.message.payload.len == 88 && strcmp(d.message.topic, topic) == 0 && d.message.of_node &&
                  d.message.origin.id == 1,
              "its bytes");
        CHECK(verdict(&d) == by_queue, "%s", by_queue ? "there is room for 1" : "the broker does not have it");
        CHECK(verdict(&d) == 0, "there is no room for 2");
        enow_gateway_outbox_published(&d.outbox, 3, true);
        if (by_queue) {
            CHECK(verdict(&d) == 2 && verdict(&d) == 0, "the queue has room");
        } else {
            CHECK(verdict(&d) == 1 && verdict(&d) == 0, "the broker has it");
        }
        close_desk(&d);
    }
}

/* What was accepted never gives way, and what is to be makes others give way. */
static void test_kept(void)
{
    const enow_gateway_outbox_config_t cfg = config(true);
    desk_t d;

    open_desk(&d, &cfg);
    CHECK(push(&d, 'x', 60, 0) == 0 && push(&d, 'y', 60, 0) == 0, "room");
    CHECK(push(&d, 'a', 100, 1) == 0 && push(&d, 'b', 100, 2) == 0 && push(&d, 'c', 60, 3) == 0, "room");
    CHECK(verdict(&d) == 1 && stats(&d).dropped == 0, "there is room for one");
    CHECK(verdict(&d) == 2 && stats(&d).dropped == 1, "'x' gives way");
    CHECK(verdict(&d) == 3 && stats(&d).dropped == 2, "'y' gives way");
    CHECK(push(&d, 'd', 100, 4) == 0 && verdict(&d) == 0, "nothing gives way");
    CHECK(push(&d, 'z', 4, 0) == ENOW_GATEWAY_ERR_FULL, "no room for what nobody waits for");
    send(&d, 'a', 1);
    enow_gateway_outbox_published(&d.outbox, 1, false);
    CHECK(stats(&d).refused == 1 && verdict(&d) == 4, "there is room again");
    close_desk(&d);
}

/* The client's words, in every order. */
static void test_client(void)
{
    const enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    open_desk(&d, &cfg);
    for (uint16_t i = 1; i <= 3; i++) {
        CHECK(push(&d, (char)('a' + i - 1), 10, i) == 0, "room");
    }
    CHECK(hand(&d) == 'a' && hand(&d) == 0, "one at a time");
    enow_gateway_outbox_returned(&d.outbox);
    send(&d, 'a', 1);
    send(&d, 'b', 2);
    CHECK(hand(&d) == 0 && stats(&d).on_the_way == 2, "the window");
    enow_gateway_outbox_deleted(&d.outbox, 1);
    send(&d, 'a', 3);
    enow_gateway_outbox_published(&d.outbox, 1, true);
    CHECK(verdict(&d) == 0, "an id that is no more");
    enow_gateway_outbox_restart(&d.outbox, false);
    CHECK(stats(&d).on_the_way == 0, "nothing is on the way");
    send(&d, 'a', 4);
    enow_gateway_outbox_published(&d.outbox, 4, false);
    CHECK(verdict(&d) == -1, "refused");

    CHECK(hand(&d) == 'b', "the next");
    enow_gateway_outbox_published(&d.outbox, 5, true); /* before its id is known */
    CHECK(verdict(&d) == 0, "too early");
    enow_gateway_outbox_handed(&d.outbox, 5);
    CHECK(verdict(&d) == 2, "known now");

    CHECK(hand(&d) == 'c', "the next");
    enow_gateway_outbox_published(&d.outbox, 9, true);
    enow_gateway_outbox_handed(&d.outbox, 6);
    CHECK(verdict(&d) == 0 && stats(&d).on_the_way == 1, "another's id");
    enow_gateway_outbox_deleted(&d.outbox, 6);
    CHECK(hand(&d) == 'c', "again");
    enow_gateway_outbox_published(&d.outbox, 9, true);
    enow_gateway_outbox_published(&d.outbox, 7, true);
    enow_gateway_outbox_handed(&d.outbox, 7);
    CHECK(verdict(&d) == 0 && hand(&d) == 'c', "two ids that are unknown: it goes again");
    enow_gateway_outbox_deleted(&d.outbox, 8);
    enow_gateway_outbox_handed(&d.outbox, 8);
    CHECK(hand(&d) == 'c', "given up before its id was known");
    enow_gateway_outbox_restart(&d.outbox, false);
    enow_gateway_outbox_handed(&d.outbox, 10);
    send(&d, 'c', 11); /* forgotten while it was handed */
    enow_gateway_outbox_published(&d.outbox, 11, true);
    CHECK(verdict(&d) == 3 && stats(&d).messages == 0, "the last");

    CHECK(push_as(&d, "/q", 'q', 3, 0, false) == 0 && hand(&d) == '-', "an empty one");
    enow_gateway_outbox_handed(&d.outbox, 0);
    CHECK(stats(&d).messages == 0 && stats(&d).bytes == 0 && stats(&d).published == 3, "done with at once");
    enow_gateway_outbox_handed(&d.outbox, 1);
    enow_gateway_outbox_returned(&d.outbox);
    CHECK(!enow_gateway_outbox_hand(&d.outbox, &d.message, d.buf, 200) && stats(&d).on_the_way == 0,
          "nothing was handed");
    close_desk(&d);
}

/* A message that has had too many strikes is refused, were it accepted before; and no other is. */
static void test_struck(bool by_queue)
{
    const enow_gateway_outbox_config_t cfg = config(by_queue);
    desk_t d;

    open_desk(&d, &cfg);
    CHECK(push(&d, 'a', 10, 1) == 0 && push(&d, 'b', 10, 2) == 0, "room");
    CHECK(verdict(&d) == (by_queue ? 1 : 0) && verdict(&d) == (by_queue ? 2 : 0), "accepted by the queue only");
    for (unsigned strike = 1; strike < ENOW_GATEWAY_OUTBOX_STRIKES; strike++) {
        send(&d, 'a', (uint16_t)strike);
        enow_gateway_outbox_restart(&d.outbox, true);
        send(&d, 'a', (uint16_t)(100 + strike));
        enow_gateway_outbox_restart(&d.outbox, false); /* which is none, and takes none back */
    }
    CHECK(stats(&d).refused == 0 && stats(&d).messages == 2, "not yet");
    CHECK(hand(&d) == 'a', "while it is handed, too");
    enow_gateway_outbox_restart(&d.outbox, true);
    CHECK(stats(&d).refused == 1 && stats(&d).messages == 1 && verdict(&d) == (by_queue ? 0 : -1), "refused");
    send(&d, 'b', 9);
    enow_gateway_outbox_published(&d.outbox, 9, true);
    CHECK(stats(&d).published == 1 && verdict(&d) == (by_queue ? 0 : 2), "the other is not");
    close_desk(&d);
}

/* Of a status only the latest counts, and an older one never comes after it. */
static void test_latest(void)
{
    enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    cfg.window = 3;
    open_desk(&d, &cfg);
    CHECK(push_as(&d, "/s", 'a', 10, 0, true) == 0 && push_as(&d, "/t", 'x', 10, 0, true) == 0 &&
              push_as(&d, "/s", 'y', 10, 0, false) == 0 && push_as(&d, "/s", 'b', 10, 0, true) == 0,
          "room");
    CHECK(stats(&d).replaced == 1 && stats(&d).messages == 3, "%u replaced", (unsigned)stats(&d).replaced);
    send(&d, 'x', 1);
    send(&d, 'y', 2);
    send(&d, 'b', 3);
    enow_gateway_outbox_published(&d.outbox, 1, true);
    enow_gateway_outbox_published(&d.outbox, 2, true);
    CHECK(push_as(&d, "/s", 'c', 10, 0, true) == 0, "room");
    CHECK(hand(&d) == 0, "'b' is on the way still");
    CHECK(push_as(&d, "/u", 'u', 10, 0, false) == 0, "room");
    send(&d, 'u', 4);
    enow_gateway_outbox_deleted(&d.outbox, 3);
    CHECK(stats(&d).replaced == 2, "'b' is worthless");
    send(&d, 'c', 5);
    enow_gateway_outbox_deleted(&d.outbox, 5);
    send(&d, 'c', 6);
    enow_gateway_outbox_published(&d.outbox, 6, true);
    enow_gateway_outbox_published(&d.outbox, 4, true);
    CHECK(stats(&d).messages == 0, "%u left", stats(&d).messages);
    CHECK(push_as(&d, "/s", 'p', 10, 1, true) == 0 && push_as(&d, "/s", 'q', 10, 2, true) == 0 &&
              push_as(&d, "/s", 'r', 10, 0, true) == 0,
          "room");
    send(&d, 'p', 7);
    send(&d, 'q', 8);
    send(&d, 'r', 9); /* it makes nothing worthless that somebody waits for */
    close_desk(&d);
}

/* ---- any order of anything, against a model that counts what it means ---- */

#define MESSAGES 4000u

typedef enum { WAITING, HANDED, SENT, ANSWERED } state_t;

typedef struct {
    unsigned number; /* its payload begins with it */
    uint32_t len;
    uint16_t receipt, id;
    state_t state;
    unsigned strikes;
    bool latest, kept, taken;
    unsigned topic;
    unsigned turn; /* in which it was answered */
} item_t;

typedef struct {
    desk_t d;
    enow_gateway_outbox_config_t cfg;
    uint64_t random;
    item_t items[64]; /* the model, oldest first */
    unsigned count;
    unsigned numbers; /* given so far */
    bool accepted[MESSAGES], delivered[MESSAGES], refused[MESSAGES];
    unsigned number_of[UINT16_MAX + 1]; /* of a receipt */
    uint16_t receipts, ids;
    unsigned unknown; /* words about unknown ids since a message was handed: 2 for more */
    uint16_t unknown_id;
    bool unknown_taken;
    unsigned dropped, replaced;
    unsigned turns;
} model_t;

static unsigned draw(model_t *m, unsigned n)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (unsigned)(m->random >> 20) % n;
}

static void take_out(model_t *m, unsigned i)
{
    m->count--;
    memmove(&m->items[i], &m->items[i + 1], (m->count - i) * sizeof m->items[0]);
}

static uint32_t pieces(uint32_t len) { return (len + ENOW_GATEWAY_OUTBOX_PIECE - 1) / ENOW_GATEWAY_OUTBOX_PIECE; }

static unsigned promised(const model_t *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->count; i++) {
        n += m->items[i].receipt != 0;
    }
    return n;
}

static bool expendable(const item_t *it) { return it->receipt == 0 && !it->kept && it->state == WAITING; }

/* Drops the oldest until one more fits, if that can be. */
static bool model_room(model_t *m, uint32_t len)
{
    for (unsigned drop = 0; drop <= m->count; drop++) { /* with so many of the oldest less */
        unsigned n = 0, gone = 0;
        uint32_t used = 0;
        for (unsigned i = 0; i < m->count; i++) {
            if (m->items[i].receipt != 0) {
                continue;
            }
            if (gone < drop && expendable(&m->items[i])) {
                gone++;
                continue;
            }
            n++;
            used += pieces(m->items[i].len);
        }
        if (n < m->cfg.messages && used + pieces(len) <= pieces(m->cfg.bytes)) {
            for (unsigned i = 0; gone > 0;) {
                if (expendable(&m->items[i])) {
                    take_out(m, i);
                    m->dropped++;
                    gone--;
                } else {
                    i++;
                }
            }
            return true;
        }
    }
    return false;
}

static void any_push(model_t *m)
{
    static const char *const topics[] = {"/device/a", "/device/b/c", "/gateway/x/$status"};
    item_t it;
    uint8_t payload[256];
    enow_gateway_message_t msg;

    if (m->numbers == MESSAGES) {
        return;
    }
    memset(&it, 0, sizeof it);
    it.number = m->numbers++;
    it.topic = draw(m, 3);
    it.latest = it.topic == 2;
    bool too_many = false; /* a machine tells no more, and is refused if it does */
    if (!it.latest && draw(m, 2) == 0) {
        too_many = promised(m) == m->cfg.fragments.max_messages;
        it.receipt = ++m->receipts;
        m->number_of[it.receipt] = it.number;
    }
    const uint32_t topic = (uint32_t)strlen(topics[it.topic]) + 1;
    const uint32_t longest = it.receipt != 0 ? FRONT + m->cfg.fragments.max_message : m->cfg.longest;
    it.len = topic + 4 + draw(m, longest - topic - 4 + 1);

    memset(payload, (int)(it.number & 0xff), sizeof payload);
    memcpy(payload, &it.number, 4);
    memset(&msg, 0, sizeof msg);
    msg.topic = topics[it.topic];
    msg.payload.data = payload;
    msg.payload.len = it.len - topic;
    msg.receipt.source = it.receipt > 0 ? 7 : 0;
    msg.receipt.id = it.receipt;
    msg.latest = it.latest;
    const int got = enow_gateway_outbox_push(&m->d.outbox, &msg);

    for (unsigned i = 0; it.latest && i < m->count;) {
        if (m->items[i].latest && m->items[i].topic == it.topic && expendable(&m->items[i])) {
            take_out(m, i);
            m->replaced++;
        } else {
            i++;
        }
    }
    const bool fits = it.receipt != 0 ? !too_many : model_room(m, it.len);
    CHECK(got == (fits ? 0 : ENOW_GATEWAY_ERR_FULL), "push of %u: %d", it.number, got);
    if (fits) {
        m->items[m->count++] = it;
    } else {
        m->dropped++;
    }
}

static unsigned find(const model_t *m, state_t state)
{
    unsigned i = 0;
    while (i < m->count && m->items[i].state != state) {
        i++;
    }
    return i;
}

static void any_hand(model_t *m)
{
    unsigned busy = 0, i;
    enow_gateway_message_t *msg = &m->d.message;

    for (i = 0; i < m->count; i++) {
        busy += m->items[i].state == SENT || m->items[i].state == HANDED;
    }
    for (i = 0; i < m->count; i++) {
        bool held = false;
        for (unsigned k = 0; k < i; k++) {
            held = held || (m->items[i].latest && m->items[k].latest && m->items[k].topic == m->items[i].topic);
        }
        if (m->items[i].state == WAITING && !held) {
            break;
        }
    }
    const bool want = busy < m->cfg.window && find(m, HANDED) == m->count && i < m->count;
    const bool got = enow_gateway_outbox_hand(&m->d.outbox, msg, m->d.buf, enow_gateway_outbox_longest(&m->d.outbox));
    CHECK(got == want, "hand: %d", got);
    if (!got || !want) {
        return;
    }
    unsigned number;
    memcpy(&number, msg->payload.data, 4);
    CHECK(number == m->items[i].number && strlen(msg->topic) + 1 + msg->payload.len == m->items[i].len,
          "%u is handed, not %u", number, m->items[i].number);
    for (size_t k = 4; k < msg->payload.len; k++) {
        CHECK(msg->payload.data[k] == (number & 0xff), "%u: byte %u", number, (unsigned)k);
    }
    m->items[i].state = HANDED;
    m->unknown = 0;
}

static void model_answer(model_t *m, unsigned i, bool taken)
{
    item_t *it = &m->items[i];

    if (taken) {
        m->delivered[it->number] = true;
    } else {
        m->refused[it->number] = true;
    }
    if (it->receipt == 0) {
        take_out(m, i);
        return;
    }
    it->state = ANSWERED;
    it->taken = taken;
    it->turn = m->turns++;
}

static void model_again(model_t *m, unsigned i)
{
    m->items[i].state = WAITING;
    for (unsigned k = i + 1; expendable(&m->items[i]) && m->items[i].latest && k < m->count; k++) {
        if (m->items[k].latest && m->items[k].topic == m->items[i].topic) {
            take_out(m, i);
            m->replaced++;
            return;
        }
    }
}

static void any_handed(model_t *m)
{
    const unsigned i = find(m, HANDED);

    if (i == m->count) {
        return;
    }
    switch (draw(m, 8)) {
    case 0:
        enow_gateway_outbox_returned(&m->d.outbox);
        model_again(m, i);
        return;
    case 1:
        enow_gateway_outbox_handed(&m->d.outbox, 0);
        model_answer(m, i, true);
        return;
    case 2: { /* the answer is first */
        const bool taken = draw(m, 4) != 0;
        const uint16_t id = ++m->ids;
        enow_gateway_outbox_published(&m->d.outbox, id, taken);
        m->unknown += m->unknown < 2;
        enow_gateway_outbox_handed(&m->d.outbox, id);
        if (m->unknown == 1) {
            model_answer(m, i, taken);
        } else {
            m->delivered[m->items[i].number] = m->delivered[m->items[i].number] || taken;
            model_again(m, i);
        }
        return;
    }
    default:
        enow_gateway_outbox_handed(&m->d.outbox, ++m->ids);
        if (m->unknown > 1) {
            model_again(m, i);
        } else {
            m->items[i].state = SENT;
            m->items[i].id = m->ids;
        }
    }
}

static void any_word(model_t *m)
{
    const unsigned i = draw(m, m->count + 1);

    if (i == m->count || m->items[i].state != SENT) {
        if (draw(m, 4) == 0) { /* of what nobody knows any more */
            enow_gateway_outbox_published(&m->d.outbox, UINT16_MAX, true);
            m->unknown += m->unknown < 2;
        }
        return;
    }
    if (draw(m, 4) == 0) {
        enow_gateway_outbox_deleted(&m->d.outbox, m->items[i].id);
        model_again(m, i);
        return;
    }
    const bool taken = draw(m, 8) != 0;
    enow_gateway_outbox_published(&m->d.outbox, m->items[i].id, taken);
    model_answer(m, i, taken);
}

static void any_restart(model_t *m)
{
    const bool struck = draw(m, 2) == 0;

    enow_gateway_outbox_restart(&m->d.outbox, struck);
    for (unsigned i = 0; i < m->count;) {
        const unsigned before = m->count;
        item_t *it = &m->items[i];
        if (it->state == SENT || it->state == HANDED) {
            it->strikes += struck;
            if (it->strikes == ENOW_GATEWAY_OUTBOX_STRIKES) {
                model_answer(m, i, false);
            } else {
                model_again(m, i);
            }
        }
        i += m->count == before;
    }
}

static void any_verdict(model_t *m)
{
    enow_link_receipt_t receipt;
    bool taken, want_taken = true;
    uint16_t want = 0;
    unsigned i = find(m, ANSWERED);

    for (unsigned k = i; k < m->count; k++) {
        if (m->items[k].state == ANSWERED && m->items[k].turn < m->items[i].turn) {
            i = k;
        }
    }
    if (i < m->count) {
        want = m->items[i].receipt;
        want_taken = m->items[i].taken;
        take_out(m, i);
    } else if (m->cfg.by_queue) {
        for (i = 0; i < m->count && m->items[i].receipt == 0; i++) {
        }
        if (i < m->count) {
            const uint16_t oldest = m->items[i].receipt;
            if (model_room(m, m->items[i].len)) {
                want = oldest;
                for (i = 0; m->items[i].receipt != oldest; i++) {
                }
                m->items[i].receipt = 0;
                m->items[i].kept = true;
            }
        }
    }
    const bool got = enow_gateway_outbox_verdict(&m->d.outbox, &receipt, &taken);
    CHECK(got == (want != 0), "verdict: %d", got);
    if (!got) {
        return;
    }
    CHECK(receipt.source == 7 && receipt.id == want && taken == want_taken, "verdict about %u, not %u", receipt.id,
          want);
    if (taken) {
        m->accepted[m->number_of[receipt.id]] = true;
        CHECK(m->cfg.by_queue || m->delivered[m->number_of[receipt.id]], "%u: the broker does not have it", receipt.id);
    }
}

static void compare(const model_t *m)
{
    const enow_gateway_outbox_stats_t s = stats(&m->d);
    uint32_t bytes = 0;
    unsigned messages = 0, unsettled = 0;

    for (unsigned i = 0; i < m->count; i++) {
        if (m->items[i].state != ANSWERED) {
            bytes += m->items[i].len;
            unsettled += m->items[i].receipt != 0;
            messages++;
        }
    }
    CHECK(s.messages == messages && s.bytes == bytes && s.promised == unsettled,
          "%u messages of %u bytes, not %u of %u", s.messages, (unsigned)s.bytes, messages, (unsigned)bytes);
    CHECK(s.dropped == m->dropped && s.replaced == m->replaced, "%u dropped, %u replaced", (unsigned)s.dropped,
          (unsigned)s.replaced);
}

static void test_any(uint64_t seed)
{
    static model_t m;

    memset(&m, 0, sizeof m);
    m.random = seed * 0x9e3779b97f4a7c15u;
    m.cfg = config(seed % 2 == 0);
    m.cfg.window = (uint16_t)(1 + draw(&m, 4));
    m.cfg.messages = (uint16_t)(1 + draw(&m, 8));
    m.cfg.fragments.max_messages = 2 + draw(&m, 4);
    open_desk(&m.d, &m.cfg);
    for (unsigned step = 0; step < 5000; step++) {
        const unsigned what = draw(&m, 100);
        if (what < 40) {
            any_push(&m);
        } else if (what < 60) {
            any_hand(&m);
        } else if (what < 75) {
            any_handed(&m);
        } else if (what < 90) {
            any_word(&m);
        } else if (what < 99) {
            any_verdict(&m);
        } else {
            any_restart(&m);
        }
        compare(&m);
        if (check_faults > 0) {
            (void)printf("seed %u, step %u\n", (unsigned)seed, step);
            return;
        }
    }
    /* The broker takes all that is left. */
    enow_gateway_outbox_handed(&m.d.outbox, ++m.ids);
    any_restart(&m);
    while (enow_gateway_outbox_hand(&m.d.outbox, &m.d.message, m.d.buf, enow_gateway_outbox_longest(&m.d.outbox))) {
        unsigned number;
        memcpy(&number, m.d.message.payload.data, 4);
        m.delivered[number] = true;
        enow_gateway_outbox_handed(&m.d.outbox, 0);
    }
    unsigned accepted = 0;
    for (unsigned i = 0; i < m.numbers; i++) {
        accepted += m.accepted[i];
        CHECK(!m.accepted[i] || m.delivered[i] || m.refused[i], "%u was accepted and is lost", i);
    }
    CHECK(accepted > 10, "seed %u: %u accepted", (unsigned)seed, accepted);
    close_desk(&m.d);
}

int main(void)
{
    test_init();
    test_queue();
    test_reserve();
    test_kept();
    test_client();
    test_struck(false);
    test_struck(true);
    test_latest();
    for (uint64_t seed = 1; seed <= 200 && check_faults == 0; seed++) {
        test_any(seed);
    }
    return check_result();
}
