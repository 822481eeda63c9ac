#include "roundtrip.h"

/*
 * A sender sends in rounds of up to a window of parts: those known to be missing, then new ones. The last of them asks
 * for an answer, and the answer that shows it here tells of all before. What is still missing belongs to the next
 * round:
 *
 *   0 1 2 3 4 5 6 7?       2 and 5 are lost
 *   5 8 9 10 11 12 2?      new parts fill the round; the first that is missing asks
 *
 * The first that is missing comes last, for an answer to it can tell of 64 parts after the next one missing: so the
 * window never waits for one part. If no answer comes, it was most likely lost and is needed again, which makes it the
 * best part to repeat.
 *
 * Invariants: base <= next <= parts; a bit in known is of a part before next; outside of a round, ask was sent.
 */

#define FINAL_STATUS 128u                     /* a status from here on says that the message is lost for good */
#define FIRST_PAUSE_US (UINT32_C(100) * 1000) /* until a receiver that cannot go on is asked again */
#define MAX_PAUSE_US (UINT32_C(2) * 1000 * 1000)

enum {
    IDLE,    /* no message, or it has ended */
    ROUND,   /* parts are to be sent */
    WAITING, /* for an answer, until the deadline */
    PAUSING, /* the receiver cannot go on; it is asked again at the deadline */
};

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint32_t length(const enow_frag_sender_t *s) { return (uint32_t)s->message.len; }

/* Whether part i is known to be at the receiver. */
static bool has(const enow_frag_sender_t *s, uint32_t i)
{
    if (i <= s->base) {
        return i < s->base;
    }
    i -= s->base + 1;
    return i < ENOW_FRAG_BITMAP_BITS && (s->known >> i & 1) != 0;
}

/* How many of the parts that were sent are not known to be at the receiver. */
static uint32_t missing(const enow_frag_sender_t *s)
{
    uint32_t n = s->next - s->base;

    for (uint64_t bits = s->known; bits != 0; bits &= bits - 1) {
        n--;
    }
    return n;
}

/* Begins a round. */
static void plan(enow_frag_sender_t *s)
{
    uint32_t second = s->base + 1; /* the next missing after base, or new */

    while (second < s->next && has(s, second)) {
        second++;
    }
    second = least(second, s->next);
    s->limit = least(s->parts, second + 1 + ENOW_FRAG_BITMAP_BITS);
    s->limit = least(s->limit, s->next + s->window - missing(s));
    if (s->limit < s->next) {
        s->limit = s->next;
    }
    s->cursor = s->base + 1;
    s->old = s->next;
    s->again = s->base < s->next;
    s->room =
        (uint8_t)(s->window -
                  1); /* more miss than were on their way if the receiver began anew with a part that was repeated */
    s->state = ROUND;
}

/* Begins the message at its first part. */
static void begin(enow_frag_sender_t *s)
{
    s->retries = 0;
    s->pause_us = FIRST_PAUSE_US;
    s->base = 0;
    s->known = 0;
    s->next = 0;
    plan(s);
}

int enow_frag_sender_start(enow_frag_sender_t *s, enow_bytes_t message, uint32_t size, uint32_t window,
                           enow_frag_round_trip_t *trip)
{
    enow_frag_splitter_t splitter;
    const int err = enow_frag_split(&splitter, message, size);

    if (err < 0) {
        return err;
    }
    if (window < 1 || window > ENOW_FRAG_MAX_WINDOW) {
        return ENOW_FRAG_ERR_LIMIT;
    }
    s->message = message;
    s->size = size;
    s->parts = length(s) == 0 ? 1 : (length(s) - 1) / size + 1;
    s->window = (uint8_t)window;
    s->restarts = 0;
    s->trip = trip;
    s->err = 0;
    begin(s);
    return 0;
}

bool enow_frag_sender_done(const enow_frag_sender_t *s) { return s->state == IDLE; }

static void end(enow_frag_sender_t *s, int err)
{
    s->state = IDLE;
    s->err = err;
}

bool enow_frag_sender_next_deadline(const enow_frag_sender_t *s, uint64_t *at_us)
{
    *at_us = s->deadline_us;
    return s->state == WAITING || s->state == PAUSING;
}

/* Makes part i the question and waits for its answer. */
static void ask_with(enow_frag_sender_t *s, uint64_t now_us, uint32_t i)
{
    s->state = WAITING;
    s->ask = i;
    s->asked_us = now_us;
    s->repeated = false;
    s->deadline_us = now_us + enow_frag_round_trip_current(s->trip);
}

static void fill(enow_frag_sender_t *s, uint32_t i, enow_frag_part_t *part)
{
    const uint32_t start = i * s->size;

    s->stats.parts++;
    part->offset = start;
    part->more = i < s->parts - 1;
    part->mark = false;
    part->data.data = start == 0 ? s->message.data : s->message.data + start;
    part->data.len = part->more ? s->size : length(s) - start;
}

/* Fills in the next part of the round, and tells whether it is the last and asks. */
static bool next_of_round(enow_frag_sender_t *s, uint64_t now_us, enow_frag_part_t *part)
{
    uint32_t i = s->cursor > s->base ? s->cursor : s->base + 1;
    bool ask = true;

    while (i < s->old && has(s, i)) {
        i++;
    }
    if (i < s->old && s->room > 0) {
        s->cursor = i + 1;
        s->room--;
        s->stats.resent++;
        fill(s, i, part);
        return false;
    }
    s->cursor = s->old;
    if (s->next < s->limit) {
        i = s->next++;
        ask = s->next == s->limit && !s->again;
    } else {
        i = s->base;
        s->stats.resent++;
    }
    if (ask) {
        ask_with(s, now_us, i);
    }
    fill(s, i, part);
    return ask;
}

bool enow_frag_sender_poll(enow_frag_sender_t *s, uint64_t now_us, enow_frag_part_t *part, bool *ask)
{
    switch (s->state) {
    case IDLE:
        return false;
    case ROUND:
        *ask = next_of_round(s, now_us, part);
        return true;
    default:
        break;
    }
    if (now_us < s->deadline_us) {
        return false;
    }
    if (s->state == PAUSING) {
        s->stats.polls++;
    } else {
        s->stats.timeouts++;
        if (s->retries == ENOW_FRAG_MAX_RETRIES) {
            end(s, ENOW_FRAG_ERR_GAVE_UP);
            return false;
        }
        s->retries++;
        enow_frag_round_trip_back_off(s->trip);
    }
    s->stats.resent++;
    ask_with(s, now_us, s->ask);
    s->repeated = true;
    fill(s, s->ask, part);
    *ask = true;
    return true;
}

/* Whether received bytes end where a part of this message does. */
static bool fits(const enow_frag_sender_t *s, uint32_t received)
{
    return received == length(s) || (received < length(s) && received % s->size == 0);
}

/* How many parts the first bytes of the message are. */
static uint32_t parts_in(const enow_frag_sender_t *s, uint32_t received)
{
    return received == length(s) ? s->parts : received / s->size;
}

/* Whether all parts that an answer, which fits, tells of are parts of this message. */
static bool holds(const enow_frag_sender_t *s, const enow_frag_ack_t *ack)
{
    const uint32_t behind = s->parts - parts_in(s, ack->received); /* parts from the first that is missing on */

    if (ack->bitmap == 0 || behind > ENOW_FRAG_BITMAP_BITS) {
        return true;
    }
    return behind > 0 && ack->bitmap >> (behind - 1) == 0;
}

/* Pauses before the receiver, which has answered but cannot go on, is asked again. */
static void hold(enow_frag_sender_t *s, uint64_t now_us)
{
    s->state = PAUSING;
    s->retries = 0;
    s->deadline_us = now_us + s->pause_us;
    s->pause_us = least(2 * s->pause_us, MAX_PAUSE_US);
}

/* What an answer tells of parts that were sent: how many are here without a gap, and which after the first that is
 * missing. The receiver may know of more, from when the message was begun before; those are sent again. */
static uint32_t sent(const enow_frag_sender_t *s, const enow_frag_ack_t *ack, uint64_t *known)
{
    const uint32_t first = parts_in(s, ack->received);

    if (first >= s->next) {
        *known = 0;
        return s->next;
    }
    const uint32_t behind = s->next - first - 1; /* parts that were sent, after the first that is missing */
    *known = behind >= ENOW_FRAG_BITMAP_BITS ? ack->bitmap : ack->bitmap & ((UINT64_C(1) << behind) - 1);
    return first;
}

/* Takes a partial answer. */
static void learn(enow_frag_sender_t *s, uint64_t now_us, const enow_frag_ack_t *ack)
{
    uint64_t known;
    const uint32_t first = sent(s, ack, &known);

    if (first == 0 && known == 0 && s->parts > 1 && s->parts == s->next && s->parts <= 1 + ENOW_FRAG_BITMAP_BITS) {
        /* A receiver that has a part and does not know the parts' size has the last one, and no other. */
        known = UINT64_C(1) << (s->parts - 2);
    }
    if (first < s->base || (first == s->base && (known & ~s->known) == 0 && s->base < s->parts)) {
        s->stats.stale++;
        return;
    }
    if (first > s->base) {
        s->base = first;
        s->known = 0;
    }
    s->known |= known;
    s->retries = 0;
    if (s->base == s->parts) { /* it is for the receiver to say complete */
        if (s->state != PAUSING) {
            s->ask = s->parts - 1;
            hold(s, now_us);
        }
        return;
    }
    if (s->state == ROUND) {
        if (s->base == s->next) {
            plan(s);
        }
    } else if (has(s, s->ask)) {
        if (s->state == WAITING && s->repeated) {
            enow_frag_round_trip_unclear_answer(s->trip);
        } else if (s->state == WAITING) {
            enow_frag_round_trip_sample(s->trip, now_us - s->asked_us);
        }
        plan(s);
    }
    s->pause_us = FIRST_PAUSE_US;
}

/* Begins the message anew. The receiver takes no other part before the first, so that one goes alone. */
static void restart(enow_frag_sender_t *s)
{
    if (s->restarts == ENOW_FRAG_MAX_RETRIES) {
        end(s, ENOW_FRAG_ERR_GAVE_UP);
        return;
    }
    s->restarts++;
    s->stats.restarts++;
    begin(s);
    s->limit = 1;
}

void enow_frag_sender_handle(enow_frag_sender_t *s, uint64_t now_us, const enow_frag_ack_t *ack)
{
    if (s->state == IDLE) {
        return;
    }
    s->stats.acks++;
    if (ack->status >= FINAL_STATUS) {
        end(s, ack->status);
        return;
    }
    switch (ack->status) {
    case ENOW_PUBACK_STATUS_COMPLETE:
        if (fits(s, ack->received) && ack->bitmap == 0) {
            end(s, 0);
            return;
        }
        break;
    case ENOW_PUBACK_STATUS_PARTIAL:
        if (fits(s, ack->received) && holds(s, ack)) {
            learn(s, now_us, ack);
            return;
        }
        break;
    case ENOW_PUBACK_STATUS_BUSY:
        if (s->state == WAITING) {
            hold(s, now_us);
        }
        return;
    case ENOW_PUBACK_STATUS_RESTART:
        if (s->state == WAITING) {
            restart(s);
        }
        return;
    default:
        break;
    }
    s->stats.ill_formed++;
}
