/* Any order of anything that can happen to an outbox, against a model that counts what it means. */
#include "outbox_desk.h"

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
    for (uint64_t seed = 1; seed <= 200 && check_faults == 0; seed++) {
        test_any(seed);
    }
    return check_result();
}
