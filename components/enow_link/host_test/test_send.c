#include "check.h"
#include "enow/frag.h"

#include <string.h>

enum { SIZE = 10, FIRST_TIMEOUT_US = 200000 };

/* A sender of a message in parts of 10 bytes, with the time. */
typedef struct {
    const char *name;
    enow_frag_sender_t sender;
    enow_frag_round_trip_t trip;
    uint64_t now_us;
} sending_t;

static uint8_t content[2000];

static sending_t sending(const char *name, uint32_t len, uint32_t window)
{
    const enow_bytes_t message = {len == 0 ? NULL : content, len};
    sending_t s;

    memset(&s, 0, sizeof s);
    s.name = name;
    CHECK(enow_frag_sender_start(&s.sender, message, SIZE, window, &s.trip) == 0, "%s", name);
    s.sender.trip = NULL; /* s moves */
    return s;
}

/* Sends all there is now, and checks which parts that are: their numbers, with ? at one that asks. */
static void sends(sending_t *s, const char *want)
{
    char got[400] = "";
    enow_frag_part_t part;
    bool ask = false;

    s->sender.trip = &s->trip;
    while (enow_frag_sender_poll(&s->sender, s->now_us, &part, &ask) && strlen(got) < sizeof got - 16) {
        char one[16];
        (void)snprintf(one, sizeof one, "%s%lu%s", got[0] == 0 ? "" : " ", (unsigned long)part.offset / SIZE,
                       ask ? "?" : "");
        strcat(got, one);
        CHECK(part.data.len == 0 || part.data.data == content + part.offset, "%s: part at %lu is no view", s->name,
              (unsigned long)part.offset);
    }
    CHECK(strcmp(got, want) == 0, "%s: sends %s, want %s", s->name, got, want);
}

/* Checks that nothing is sent before a time has passed, and which parts are then. */
static void sends_after(sending_t *s, uint64_t wait_us, const char *want)
{
    uint64_t at_us = 0;

    s->now_us += wait_us - 1;
    sends(s, "");
    s->now_us++;
    CHECK(enow_frag_sender_next_deadline(&s->sender, &at_us) && at_us == s->now_us, "%s: deadline %lu, want %lu",
          s->name, (unsigned long)at_us, (unsigned long)s->now_us);
    sends(s, want);
}

static uint64_t bits(const char *text)
{
    uint64_t bitmap = 0;

    for (size_t i = 0; text[i] != 0; i++) {
        bitmap |= (uint64_t)(text[i] == 'x') << i;
    }
    return bitmap;
}

static void hears_ack(sending_t *s, unsigned status, uint32_t received, uint64_t bitmap)
{
    const enow_frag_ack_t ack = {bitmap, received, (enow_puback_status_t)status};

    s->sender.trip = &s->trip;
    enow_frag_sender_handle(&s->sender, s->now_us, &ack);
}

/* Lets a partial answer come: how many parts are here without a gap, and after the gap x for each that is. */
static void hears(sending_t *s, uint32_t parts, const char *bitmap)
{
    hears_ack(s, ENOW_PUBACK_STATUS_PARTIAL, SIZE * parts, bits(bitmap));
}

static void ends(sending_t *s, int want)
{
    uint64_t at_us;

    CHECK(enow_frag_sender_done(&s->sender) && s->sender.err == want, "%s: done %d, %d", s->name,
          enow_frag_sender_done(&s->sender), s->sender.err);
    CHECK(!enow_frag_sender_next_deadline(&s->sender, &at_us), "%s: a deadline after the end", s->name);
    sends(s, "");
}

static void test_rounds(void)
{
    sending_t s = sending("no bytes", 0, 64);
    sends(&s, "0?");
    hears_ack(&s, ENOW_PUBACK_STATUS_COMPLETE, 0, 0);
    ends(&s, 0);

    s = sending("all in a window", 35, 64);
    sends(&s, "0 1 2 3?");

    s = sending("just a window", 40, 4);
    sends(&s, "0 1 2 3?");

    s = sending("a window and more", 41, 4);
    sends(&s, "0 1 2 3?");
    hears(&s, 4, "");
    sends(&s, "4?");

    s = sending("window of 1", 25, 1);
    sends(&s, "0?");
    hears(&s, 1, "");
    sends(&s, "1?");
    hears(&s, 2, "");
    sends(&s, "2?");

    s = sending("what is missing, then new, then the first that is missing", 130, 8);
    sends(&s, "0 1 2 3 4 5 6 7?");
    hears(&s, 2, "xx-xx");
    sends(&s, "5 8 9 10 11 12 2?");

    s = sending("only what is missing once all was sent", 80, 64);
    sends(&s, "0 1 2 3 4 5 6 7?");
    hears(&s, 1, "x-x-xx");
    sends(&s, "3 5 1?");
    hears(&s, 3, "xxxx");
    sends(&s, "3?");

    s = sending("an answer may tell of parts behind the bitmap's next gap", 1500, 64);
    sends(&s, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 "
              "38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63?");
    hears_ack(&s, ENOW_PUBACK_STATUS_PARTIAL, 0, UINT64_MAX >> 1 & ~UINT64_C(1));
    sends(&s, "1 64 65 0?");

    s = sending("the last one alone came", 30, 64);
    sends(&s, "0 1 2?");
    hears(&s, 0, "");
    sends(&s, "1 0?");

    s = sending("an answer that came twice", 120, 4);
    sends(&s, "0 1 2 3?");
    hears(&s, 2, "x");
    sends(&s, "4 5 6 2?");
    hears(&s, 2, "x");
    sends(&s, "");
    hears(&s, 2, "x-x");
    sends(&s, "");
    hears(&s, 4, "-x");
    sends(&s, "5 7 8 4?");

    s = sending("more miss than a window", 200, 4);
    sends(&s, "0 1 2 3?");
    hears(&s, 0, "xxx");
    sends(&s, "4 5 6 0?");
    hears(&s, 1, "");
    sends(&s, "2 3 4 1?");

    s = sending("everything, but nobody accepts", 30, 4);
    sends(&s, "0 1 2?");
    hears_ack(&s, ENOW_PUBACK_STATUS_PARTIAL, 30, 0);
    sends_after(&s, 100000, "2?");
    hears_ack(&s, ENOW_PUBACK_STATUS_PARTIAL, 30, 0);
    sends_after(&s, 200000, "2?");
    for (unsigned i = 0; i < 3 * ENOW_FRAG_MAX_RETRIES; i++) {
        hears_ack(&s, ENOW_PUBACK_STATUS_PARTIAL, 30, 0);
        s.now_us += 2000000;
        sends(&s, "2?");
    }
    hears_ack(&s, ENOW_PUBACK_STATUS_COMPLETE, 30, 0);
    ends(&s, 0);

    s = sending("an answer that lowers received", 100, 4);
    sends(&s, "0 1 2 3?");
    hears(&s, 4, "");
    sends(&s, "4 5 6 7?");
    hears(&s, 3, "xxxx");
    sends(&s, "");
    CHECK(s.sender.stats.stale == 1, "%s: %lu stale answers", s.name, (unsigned long)s.sender.stats.stale);
}

/* A receiver with a part that does not know the parts' size has the last one, where an answer can tell of it. */
static void test_last_alone(void)
{
    for (uint32_t parts = 65; parts <= 66; parts++) {
        sending_t s = sending("the last of 65 parts and of 66", SIZE * parts, 64);
        enow_frag_part_t part;
        bool ask;

        s.sender.trip = &s.trip;
        for (unsigned round = 0; round < 2; round++) {
            while (enow_frag_sender_poll(&s.sender, 0, &part, &ask)) {
            }
            hears_ack(&s, ENOW_PUBACK_STATUS_PARTIAL, 0, round == 0 ? UINT64_C(7) << 61 : 0);
        }
        CHECK(s.sender.next == parts, "%lu parts: %lu sent", (unsigned long)parts, (unsigned long)s.sender.next);
        CHECK(s.sender.stats.stale == parts - 65, "%lu parts", (unsigned long)parts);
    }
}

static void test_timeouts(void)
{
    sending_t s = sending("time-outs", 200, 4);

    sends(&s, "0 1 2 3?");
    sends_after(&s, FIRST_TIMEOUT_US, "3?");
    sends_after(&s, 2 * FIRST_TIMEOUT_US, "3?");
    s.now_us += 5000;
    hears(&s, 3, "");
    sends(&s, "");
    hears(&s, 4, "");
    sends(&s, "4 5 6 7?");
    sends_after(&s, FIRST_TIMEOUT_US, "7?");
    hears(&s, 8, "");
    sends(&s, "8 9 10 11?");
    s.now_us += 40000;
    hears(&s, 12, ""); /* a sample: 40 ms, and 4 times the half of it */
    sends(&s, "12 13 14 15?");
    sends_after(&s, 120000, "15?");
    sends_after(&s, 240000, "15?");
    CHECK(s.sender.stats.parts == 21 && s.sender.stats.resent == 5 && s.sender.stats.acks == 4 &&
              s.sender.stats.timeouts == 5,
          "stats");
}

static void test_gives_up(void)
{
    sending_t s = sending("gives up", 100, 4);
    enow_frag_part_t part;
    bool ask = false;

    sends(&s, "0 1 2 3?");
    for (unsigned i = 0; i < ENOW_FRAG_MAX_RETRIES; i++) {
        (void)enow_frag_sender_next_deadline(&s.sender, &s.now_us);
        CHECK(enow_frag_sender_poll(&s.sender, s.now_us, &part, &ask) && ask, "no question %u", i);
    }
    CHECK(!enow_frag_sender_done(&s.sender), "done before the last answer can come");
    (void)enow_frag_sender_next_deadline(&s.sender, &s.now_us);
    sends(&s, "");
    ends(&s, ENOW_FRAG_ERR_GAVE_UP);
    hears(&s, 4, "");
    ends(&s, ENOW_FRAG_ERR_GAVE_UP);
}

static void test_restarts(void)
{
    sending_t s = sending("restarts", 100, 4);

    hears_ack(&s, ENOW_PUBACK_STATUS_RESTART, 0, 0); /* nothing was asked */
    sends(&s, "0 1 2 3?");
    for (unsigned i = 0; i < ENOW_FRAG_MAX_RETRIES; i++) {
        hears_ack(&s, ENOW_PUBACK_STATUS_RESTART, 0, 0);
        hears(&s, 4, "xx"); /* of before */
        sends(&s, "0?");
        hears(&s, 1, "");
        sends(&s, "1 2 3 4?");
    }
    CHECK(!enow_frag_sender_done(&s.sender), "done before the last restart");
    hears_ack(&s, ENOW_PUBACK_STATUS_RESTART, 0, 0);
    ends(&s, ENOW_FRAG_ERR_GAVE_UP);
}

static void test_busy(void)
{
    sending_t s = sending("busy", 60, 4);

    sends(&s, "0 1 2 3?");
    hears_ack(&s, ENOW_PUBACK_STATUS_BUSY, 0, 0);
    hears_ack(&s, ENOW_PUBACK_STATUS_BUSY, 0, 0); /* changes nothing */
    sends_after(&s, 100000, "3?");
    hears(&s, 0, "--x");
    sends(&s, "1 2 4 0?");
    hears_ack(&s, ENOW_PUBACK_STATUS_BUSY, 0, 0);
    sends_after(&s, 100000, "0?"); /* not longer than at first */
}

static void test_statuses(void)
{
    for (unsigned status = 0; status < 256; status++) {
        sending_t s = sending("status", 100, 4);

        hears_ack(&s, status, 0, 0);
        CHECK(enow_frag_sender_done(&s.sender) == (status == 0 || status >= 128), "status %u", status);
        CHECK(s.sender.err == (status >= 128 ? (int)status : 0), "status %u: %d", status, s.sender.err);
        CHECK(s.sender.stats.ill_formed == (status >= 4 && status < 128), "status %u", status);
    }
}

/* Parts 0 to 7 of 12 are sent with 2 lost, and then comes what cannot be. */
static void test_ill_formed(void)
{
    static const struct {
        unsigned status;
        uint32_t received;
        const char *bitmap;
        bool well;
    } cases[] = {
        {1, 80, "", true},
        {1, 60, "x", true},
        {1, 60, "-x", true},
        {1, 20, "xxxxx---x", true},
        {1, 20, "xxxxx----x", false},
        {1, 90, "", true},
        {1, 115, "", true},
        {1, 115, "x", false},
        {1, 35, "", false},
        {1, 116, "", false},
        {1, 120, "", false},
        {1, UINT32_MAX, "", false},
        {0, 115, "x", false},
        {0, 5, "", false},
        {0, 120, "", false},
        {1, 20, "---------------------------------------------------------------x", false},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        sending_t s = sending("ill-formed", 115, 8);

        sends(&s, "0 1 2 3 4 5 6 7?");
        hears(&s, 2, "xxxx");
        hears_ack(&s, cases[c].status, cases[c].received, bits(cases[c].bitmap));
        CHECK((s.sender.stats.ill_formed == 0) == cases[c].well, "case %u", (unsigned)c);
        CHECK(!enow_frag_sender_done(&s.sender), "case %u ends it", (unsigned)c);
        if (!cases[c].well) {
            sends_after(&s, FIRST_TIMEOUT_US, "7?"); /* as if nothing had come */
        }
    }
}

static void test_limits(void)
{
    static const struct {
        size_t len;
        uint32_t size, window;
        int want;
    } cases[] = {
        {0, 1, 1, 0},
        {ENOW_MAX_MESSAGE, 1, ENOW_FRAG_MAX_WINDOW, 0},
        {0, 0, 1, ENOW_FRAG_ERR_PART_SIZE},
        {ENOW_MAX_MESSAGE + 1u, 1, 1, ENOW_FRAG_ERR_TOO_LARGE},
        {0, 1, 0, ENOW_FRAG_ERR_LIMIT},
        {0, 1, ENOW_FRAG_MAX_WINDOW + 1, ENOW_FRAG_ERR_LIMIT},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const enow_bytes_t message = {content, cases[c].len};
        enow_frag_round_trip_t trip = {0, 0, 0, 0};
        enow_frag_sender_t sender;

        memset(&sender, 0, sizeof sender);
        CHECK(enow_frag_sender_start(&sender, message, cases[c].size, cases[c].window, &trip) == cases[c].want,
              "case %u", (unsigned)c);
        CHECK(enow_frag_sender_done(&sender) == (cases[c].want < 0), "case %u", (unsigned)c);
    }
}

int main(void)
{
    test_rounds();
    test_last_alone();
    test_timeouts();
    test_gives_up();
    test_restarts();
    test_busy();
    test_statuses();
    test_ill_formed();
    test_limits();
    return check_result();
}
