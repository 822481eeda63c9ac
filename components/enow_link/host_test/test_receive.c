#include "check.h"
#include "enow/frag.h"

#include <string.h>

enum { MEMORY = 64 * 1024, TIMEOUT_US = 1000000, AGAIN_US = 10000 };

/* A receiver with the time. Messages are content: byte i is i. */
typedef struct {
    const char *name;
    enow_frag_receiver_t *receiver;
    uint64_t now_us;
    union {
        uint8_t bytes[MEMORY];
        uint64_t aligned;
    } memory;
} receiving_t;

static receiving_t r;
static uint8_t content[5000];
static const enow_frag_key_t key = {5, 7};

/* What one sender may have of 4 messages is 2, and the memory of 2 of 3. */
static enow_frag_limits_t small_limits(void)
{
    enow_frag_limits_t limits = {1000, 100, 4, 0, 2, 0, TIMEOUT_US};
    const uint32_t message = enow_frag_limits_message_bytes(&limits);

    limits.source_bytes = 2 * message;
    limits.max_bytes = 3 * message;
    return limits;
}

static void start_with(const char *name, enow_frag_limits_t limits)
{
    const size_t size = enow_frag_receiver_memory(&limits);

    memset(&r, 0xa5, sizeof r); /* whatever was there */
    r.name = name;
    r.now_us = 0;
    CHECK(size <= MEMORY && enow_frag_receiver_init(&r.receiver, &limits, r.memory.bytes, size) == 0, "%s", name);
}

static void start(const char *name) { start_with(name, small_limits()); }

static enow_frag_part_t part(uint32_t offset, uint32_t len, bool more)
{
    const enow_frag_part_t made = {{len == 0 ? NULL : content + offset, len}, offset, more, false};

    return made;
}

/* Parts that others follow, and last ones. */
static enow_frag_part_t more(uint32_t offset, uint32_t len) { return part(offset, len, true); }
static enow_frag_part_t last(uint32_t offset, uint32_t len) { return part(offset, len, false); }

static enow_frag_ack_t partial(uint32_t received, const char *bitmap)
{
    enow_frag_ack_t ack = {0, received, ENOW_PUBACK_STATUS_PARTIAL};

    for (size_t i = 0; bitmap[i] != 0; i++) {
        ack.bitmap |= (uint64_t)(bitmap[i] == 'x') << i;
    }
    return ack;
}

static bool same(const enow_frag_ack_t *a, const enow_frag_ack_t *b)
{
    return a->status == b->status && a->received == b->received && a->bitmap == b->bitmap;
}

/* Pushes a part that asks, and checks what is answered and returned. */
static void asks_of(enow_frag_key_t about, enow_frag_part_t p, enow_frag_ack_t want, int want_result)
{
    enow_frag_message_t whole = {{NULL, 0}, false};
    enow_frag_ack_t ack;
    const int result = enow_frag_receiver_push(r.receiver, r.now_us, &about, &p, true, &whole, &ack);

    CHECK(result == want_result && same(&ack, &want), "%s: part at %lu: %d, want %d; status %u, %lu, %lx", r.name,
          (unsigned long)p.offset, result, want_result, ack.status, (unsigned long)ack.received,
          (unsigned long)ack.bitmap);
    CHECK(result != 1 || whole.data.len == 0 || memcmp(whole.data.data, content, whole.data.len) == 0, "%s: content",
          r.name);
}

static void asks(enow_frag_part_t p, enow_frag_ack_t want, int want_result) { asks_of(key, p, want, want_result); }

/* Pushes a part that does not ask. */
static int push_of(enow_frag_key_t about, enow_frag_part_t p)
{
    static const enow_frag_ack_t none;
    enow_frag_message_t whole;
    enow_frag_ack_t ack;
    const int result = enow_frag_receiver_push(r.receiver, r.now_us, &about, &p, false, &whole, &ack);

    CHECK(same(&ack, &none), "%s: an answer that nobody asked for", r.name);
    return result;
}

static int push(enow_frag_part_t p) { return push_of(key, p); }

static enow_frag_key_t id(uint64_t source, uint16_t message)
{
    const enow_frag_key_t made = {source, message};

    return made;
}

static const enow_frag_ack_t busy = {0, 0, ENOW_PUBACK_STATUS_BUSY};
static const enow_frag_ack_t restart = {0, 0, ENOW_PUBACK_STATUS_RESTART};
static const enow_frag_ack_t large = {0, 0, ENOW_PUBACK_STATUS_TOO_LARGE};
static const enow_frag_ack_t refused = {0, 0, ENOW_PUBACK_STATUS_REFUSED};

static void test_progress(void)
{
    start("second first");
    asks(more(4, 4), partial(0, "x"), 0);
    asks(more(4, 4), partial(0, "x"), 0); /* again, the same */
    asks(more(0, 4), partial(8, ""), 0);

    start("with gaps");
    CHECK(push(more(0, 4)) == 0 && push(more(8, 4)) == 0 && push(more(20, 4)) == 0, "%s", r.name);
    asks(more(12, 4), partial(4, "xx-x"), 0);

    start("the last alone");
    asks(last(8, 3), partial(0, ""), 0);
    asks(more(4, 4), partial(0, "xx"), 0);
    asks(more(0, 4), partial(11, ""), 1);
    asks(more(0, 4), partial(11, ""), 0);

    start("at the bitmap's end");
    CHECK(push(more(0, 1)) == 0, "%s", r.name);
    asks(last(65, 1), partial(1, "---------------------------------------------------------------x"), 0);
    start("behind the bitmap");
    CHECK(push(more(0, 1)) == 0, "%s", r.name);
    asks(last(66, 1), partial(1, ""), 0);

    start("whole, and of 0 bytes");
    asks(last(0, 9), partial(9, ""), 1);
    asks_of(id(5, 8), last(0, 0), partial(0, ""), 1);
}

/* The rules of SPEC.md, section 5, and limits of 1000 bytes and 100 parts, on both of their sides. */
static void test_refusals(void)
{
    const struct {
        const char *name;
        enow_frag_part_t before[2];
        size_t count;
        enow_frag_part_t wrong;
        int want;
    } cases[] = {
        {"longest", {{{0}, 0, 0, 0}}, 0, last(0, 1000), 1},
        {"too long", {{{0}, 0, 0, 0}}, 0, last(0, 1001), ENOW_FRAG_ERR_TOO_LARGE},
        {"longest, in parts", {more(0, 500)}, 1, last(500, 500), 1},
        {"too long, in parts", {more(0, 500)}, 1, last(1000, 1), ENOW_FRAG_ERR_TOO_LARGE},
        {"offset and length overflow",
         {{{0}, 0, 0, 0}},
         0,
         {{content, 4}, UINT32_MAX - 1, true, false},
         ENOW_FRAG_ERR_TOO_LARGE},
        {"last of 100 parts", {more(0, 4)}, 1, last(99 * 4, 4), 0},
        {"last of 101 parts", {more(0, 4)}, 1, last(100 * 4, 0), ENOW_FRAG_ERR_TOO_MANY_PARTS},
        {"99 before the last", {{{0}, 0, 0, 0}}, 0, more(98 * 4, 4), 0},
        {"100 before the last", {{{0}, 0, 0, 0}}, 0, more(99 * 4, 4), ENOW_FRAG_ERR_TOO_MANY_PARTS},
        {"101 parts, the last first", {last(100 * 4, 0)}, 1, more(0, 4), ENOW_FRAG_ERR_TOO_MANY_PARTS},
        {"empty with more", {{{0}, 0, 0, 0}}, 0, more(0, 0), ENOW_FRAG_ERR_EMPTY_PART},
        {"offset", {{{0}, 0, 0, 0}}, 0, more(3, 4), ENOW_FRAG_ERR_OFFSET},
        {"offset of the last", {more(0, 4)}, 1, last(6, 1), ENOW_FRAG_ERR_OFFSET},
        {"offset of the last, which was first", {last(6, 1)}, 1, more(0, 4), ENOW_FRAG_ERR_OFFSET},
        {"another size", {more(0, 4)}, 1, more(8, 2), ENOW_FRAG_ERR_MISMATCH},
        {"another end", {last(8, 4)}, 1, last(12, 1), ENOW_FRAG_ERR_MISMATCH},
        {"another length of the last", {last(8, 4)}, 1, last(8, 3), ENOW_FRAG_ERR_MISMATCH},
        {"past the end", {last(8, 1)}, 1, more(8, 4), ENOW_FRAG_ERR_MISMATCH},
        {"the end before a part", {more(8, 4)}, 1, last(4, 1), ENOW_FRAG_ERR_MISMATCH},
        {"the end at a part", {more(4, 4)}, 1, last(8, 1), 0},
        {"last larger than others", {more(0, 4)}, 1, last(4, 5), ENOW_FRAG_ERR_MISMATCH},
        {"last larger than others, first", {last(4, 5)}, 1, more(0, 4), ENOW_FRAG_ERR_MISMATCH},
        {"other bytes", {more(4, 4)}, 1, {{content, 4}, 4, true, false}, ENOW_FRAG_ERR_MISMATCH},
        {"other bytes in the last", {last(4, 4)}, 1, {{content, 4}, 4, false, false}, ENOW_FRAG_ERR_MISMATCH},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        start(cases[c].name);
        for (size_t i = 0; i < cases[c].count; i++) {
            CHECK(push(cases[c].before[i]) == 0, "%s: before", r.name);
        }
        CHECK(push(cases[c].wrong) == cases[c].want, "%s", r.name);
        if (cases[c].want >= 0) {
            continue;
        }
        const bool too_large =
            cases[c].want == ENOW_FRAG_ERR_TOO_LARGE || cases[c].want == ENOW_FRAG_ERR_TOO_MANY_PARTS;
        const enow_frag_stats_t *stats = enow_frag_receiver_stats(r.receiver);
        CHECK(stats->refused[ENOW_FRAG_REFUSAL(cases[c].want)] == 1 && stats->aborted == 1 && stats->bytes == 0 &&
                  stats->partial == 0,
              "%s: stats", r.name);
        asks(more(0, 4), too_large ? large : refused, ENOW_FRAG_ERR_ABORTED);
        asks_of(id(5, 8), last(0, 3), partial(3, ""), 1); /* others go on */
        r.now_us += TIMEOUT_US;
        asks(last(0, 3), partial(3, ""), 1); /* after a while without a part the id is free again */
    }
}

static void test_accept(void)
{
    enow_frag_ack_t ack;
    uint64_t at_us;

    start("accept");
    CHECK(!enow_frag_receiver_accept(r.receiver, &key, &ack), "what never came");
    CHECK(push(more(0, 4)) == 0 && !enow_frag_receiver_accept(r.receiver, &key, &ack), "what is not whole");
    CHECK(push(last(4, 2)) == 1 && !enow_frag_receiver_asked(r.receiver, &key), "not asked");
    r.now_us += 3600u * TIMEOUT_US; /* nothing expires before somebody decides */
    CHECK(enow_frag_receiver_expire(r.receiver, r.now_us) == 0, "expired");
    CHECK(!enow_frag_receiver_next_deadline(r.receiver, &at_us), "a deadline");
    CHECK(enow_frag_receiver_forget(r.receiver, key.source) == 0, "forgotten");
    asks(more(0, 4), partial(6, ""), 0);
    CHECK(enow_frag_receiver_asked(r.receiver, &key), "asked");
    CHECK(enow_frag_receiver_accept(r.receiver, &key, &ack) && ack.status == ENOW_PUBACK_STATUS_COMPLETE &&
              ack.received == 6 && ack.bitmap == 0,
          "%u, %lu", ack.status, (unsigned long)ack.received);
    CHECK(!enow_frag_receiver_accept(r.receiver, &key, &ack), "twice");
}

static void test_refuse(void)
{
    enow_frag_ack_t ack;

    start("refuse");
    CHECK(!enow_frag_receiver_refuse(r.receiver, 0, &key, &ack), "what never came");
    asks(last(0, 2), partial(2, ""), 1);
    CHECK(enow_frag_receiver_refuse(r.receiver, 0, &key, &ack) && same(&ack, &refused), "%u", ack.status);
    r.now_us = TIMEOUT_US - 1;
    asks(last(0, 2), refused, ENOW_FRAG_ERR_ABORTED);
    r.now_us += TIMEOUT_US;
    asks(last(0, 2), partial(2, ""), 1);
}

static void test_expiry(void)
{
    uint64_t at_us;

    start("expiry");
    asks(more(0, 4), partial(4, ""), 0);
    r.now_us += TIMEOUT_US - 1;
    asks(more(4, 4), partial(8, ""), 0);
    r.now_us += TIMEOUT_US;
    asks(more(8, 4), restart, ENOW_FRAG_ERR_EXPIRED);
    r.now_us += TIMEOUT_US - 1; /* as long as parts come it is remembered */
    asks(last(12, 4), restart, ENOW_FRAG_ERR_EXPIRED);
    asks(more(0, 4), partial(4, ""), 0);
    r.now_us += TIMEOUT_US;
    CHECK(enow_frag_receiver_expire(r.receiver, r.now_us) == 1, "expired");
    CHECK(enow_frag_receiver_next_deadline(r.receiver, &at_us) && at_us == r.now_us + TIMEOUT_US, "deadline");
    r.now_us += TIMEOUT_US;
    asks(more(8, 4), partial(0, "-x"), 0); /* forgotten */
}

/* Fills a sender's share, then all, with what waits for the application and what is partial. */
static void test_share(void)
{
    enow_frag_ack_t ack;
    enow_frag_key_t about = id(1, 1);

    start("share of messages");
    asks_of(about, last(0, 4), partial(4, ""), 1);
    asks_of(id(1, 2), more(0, 4), partial(4, ""), 0);
    asks_of(id(1, 3), last(0, 4), busy, ENOW_FRAG_ERR_SHARE);
    asks_of(id(2, 1), last(0, 4), partial(4, ""), 1);
    asks_of(id(3, 1), last(0, 4), partial(4, ""), 1);
    asks_of(id(4, 1), last(0, 4), busy, ENOW_FRAG_ERR_FULL);
    asks_of(id(4, 1), last(0, 1001), large, ENOW_FRAG_ERR_TOO_LARGE); /* which says more than no room */
    asks_of(id(1, 2), last(4, 1), partial(5, ""), 1);                 /* what has its place goes on */
    CHECK(enow_frag_receiver_accept(r.receiver, &about, &ack), "accept");
    asks_of(id(1, 3), more(0, 4), partial(4, ""), 0);
    r.now_us = TIMEOUT_US;
    asks_of(id(4, 1), last(0, 4), partial(4, ""), 1); /* what is expired gives way */
    asks_of(id(1, 3), more(4, 4), busy, ENOW_FRAG_ERR_FULL);
    CHECK(enow_frag_receiver_stats(r.receiver)->delivered == 4, "delivered");

    start("aborted ones make room: of one's own the oldest, else the oldest of all");
    CHECK(push_of(id(1, 1), more(0, 0)) == ENOW_FRAG_ERR_EMPTY_PART, "1");
    r.now_us = 1;
    CHECK(push_of(id(1, 2), more(0, 0)) == ENOW_FRAG_ERR_EMPTY_PART, "2");
    r.now_us = 2;
    CHECK(push_of(id(1, 1), more(0, 4)) == ENOW_FRAG_ERR_ABORTED, "3"); /* so that the second is the oldest */
    CHECK(push_of(id(1, 3), more(0, 4)) == 0, "4");
    CHECK(push_of(id(1, 1), more(0, 4)) == ENOW_FRAG_ERR_ABORTED, "5");
    CHECK(push_of(id(1, 2), more(0, 4)) == 0, "6"); /* in the place of the first */
    CHECK(push_of(id(1, 1), more(0, 4)) == ENOW_FRAG_ERR_SHARE, "7");
    CHECK(push_of(id(2, 1), more(0, 0)) == ENOW_FRAG_ERR_EMPTY_PART, "8");
    CHECK(push_of(id(3, 1), more(0, 0)) == ENOW_FRAG_ERR_EMPTY_PART, "9");
    CHECK(push_of(id(4, 1), more(0, 4)) == 0, "10");
    CHECK(push_of(id(3, 1), more(0, 4)) == ENOW_FRAG_ERR_ABORTED, "11"); /* still there */
    CHECK(push_of(id(5, 1), more(0, 4)) == 0, "12");
    CHECK(push_of(id(3, 1), more(0, 4)) == ENOW_FRAG_ERR_FULL, "13");
}

/* A last part that ends at 1000 holds 1024 bytes. */
static void test_bytes(void)
{
    enow_frag_limits_t limits = small_limits();

    limits.max_messages = limits.source_messages = 20;
    limits.source_bytes = enow_frag_limits_message_bytes(&limits) + 1024;
    limits.max_bytes = 3 * 1024;
    start_with("share of bytes", limits);
    CHECK(push_of(id(1, 3), last(999, 1)) == 0 && push_of(id(1, 2), last(999, 1)) == 0, "enough");
    CHECK(push_of(id(1, 1), last(999, 1)) == ENOW_FRAG_ERR_SHARE, "too much");
    CHECK(push_of(id(1, 1), last(60, 1)) == 0, "what needs less finds room");
    CHECK(push_of(id(2, 1), last(999, 1)) == ENOW_FRAG_ERR_FULL, "all");
    CHECK(enow_frag_receiver_forget(r.receiver, 1) == 3, "forget");
    CHECK(push_of(id(2, 1), last(999, 1)) == 0, "room again");
    CHECK(enow_frag_receiver_stats(r.receiver)->bytes == 1024, "bytes");

    limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits);
    start_with("no room to grow leaves the message", limits);
    CHECK(push_of(id(9, 1), last(999, 1)) == 0, "other");
    CHECK(push_of(id(8, 1), more(0, 64)) == 0, "begin");
    CHECK(push_of(id(8, 1), last(960, 40)) == ENOW_FRAG_ERR_FULL, "no room");
    CHECK(push_of(id(8, 1), more(0, 64)) == 0, "still there");
    CHECK(enow_frag_receiver_forget(r.receiver, 9) == 1, "forget");
    CHECK(push_of(id(8, 1), last(960, 40)) == 0, "room");
    for (uint32_t offset = 64; offset < 896; offset += 64) {
        CHECK(push_of(id(8, 1), more(offset, 64)) == 0, "part at %lu", (unsigned long)offset);
    }
    asks_of(id(8, 1), more(896, 64), partial(1000, ""), 1);
}

/* A buffer that grows gets four times its size if there is plenty: also for the bits that grow with it. */
static void test_ample_growth(void)
{
    for (uint32_t others = 1; others <= 2; others++) {
        enow_frag_limits_t limits = small_limits();

        limits.max_messages = limits.source_messages = 20;
        limits.max_message = limits.max_parts = 4096;
        limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits); /* (4096 + 512) * 3/2 */
        start_with("ample growth", limits);
        CHECK(push_of(id(10, 1), last(4000, 1)) == 0, "4096 bytes");
        CHECK(others == 1 || push_of(id(11, 1), last(100, 1)) == 0, "128 bytes more");
        const uint32_t held = enow_frag_receiver_stats(r.receiver)->bytes;
        CHECK(push(more(511, 1)) == 0 && enow_frag_receiver_stats(r.receiver)->bytes == held + 512 + 64, "begun");
        CHECK(push(more(512, 1)) == 0, "grown");
        CHECK(enow_frag_receiver_stats(r.receiver)->bytes == held + (others == 1 ? 2048 : 1024) + 128,
              "%lu others: %lu", (unsigned long)others, (unsigned long)enow_frag_receiver_stats(r.receiver)->bytes);
    }
}

/* A part for which there is no room leaves a message of which the last part alone is here. */
static void test_last_stays(void)
{
    enow_frag_limits_t limits = small_limits();

    limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits);
    start_with("the last stays", limits);
    CHECK(push_of(id(9, 1), last(999, 1)) == 0, "1024 bytes");
    CHECK(push_of(id(9, 2), last(400, 1)) == 0, "512 bytes");
    CHECK(push(last(4, 1)) == 0, "64 bytes, and 32 are left");
    CHECK(push(more(0, 4)) == ENOW_FRAG_ERR_FULL, "no room for the bits");
    CHECK(enow_frag_receiver_forget(r.receiver, 9) == 2, "forget");
    CHECK(push(more(0, 4)) == 1, "whole");
}

/* Where there is no room, what a sender has left behind goes: older, and not asked about. */
static void test_superseded(void)
{
    start("a place");
    CHECK(push_of(id(1, 5), more(0, 4)) == 0 && push_of(id(1, 4), more(0, 4)) == 0, "two of two");
    CHECK(push_of(id(1, 3), more(0, 4)) == ENOW_FRAG_ERR_SHARE, "an older one");
    CHECK(push_of(id(1, 6), more(0, 4)) == 0, "a newer one takes the place of the oldest");
    CHECK(enow_frag_receiver_stats(r.receiver)->superseded == 1, "superseded");
    CHECK(push_of(id(1, 5), last(4, 4)) == 1, "the newer one of both is there");

    start("ids that have come round");
    CHECK(push_of(id(1, 65535), more(0, 4)) == 0 && push_of(id(1, 32768), more(0, 4)) == 0, "two of two");
    CHECK(push_of(id(1, 0), more(0, 4)) == 0, "65535 is older than 0, and 32768 is not");
    CHECK(push_of(id(1, 32768), last(4, 4)) == 1, "which stays");

    start("asked about");
    asks_of(id(1, 4), more(0, 4), partial(4, ""), 0);
    CHECK(enow_frag_receiver_awaited(r.receiver) == 1, "awaited");
    CHECK(push_of(id(1, 5), more(0, 4)) == 0, "two of two");
    CHECK(push_of(id(1, 6), more(0, 4)) == 0, "5 goes");
    asks_of(id(1, 6), more(0, 4), partial(4, ""), 0);
    CHECK(push_of(id(1, 7), more(0, 4)) == ENOW_FRAG_ERR_SHARE, "nothing goes");
    CHECK(enow_frag_receiver_awaited(r.receiver) == 2, "awaited");

    enow_frag_limits_t limits = small_limits();
    limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits);
    start_with("bytes", limits);
    CHECK(push_of(id(1, 4), last(999, 1)) == 0 && push_of(id(1, 5), more(0, 64)) == 0, "both have room");
    CHECK(push_of(id(1, 5), last(960, 40)) == 0, "4 goes");
    CHECK(enow_frag_receiver_stats(r.receiver)->bytes == 1024 + 64, "bytes");
}

static void test_repeats(void)
{
    enow_frag_key_t about;
    enow_frag_ack_t ack, want = partial(4, "x");
    uint64_t at_us = 0;

    start("repeats");
    CHECK(push(more(0, 4)) == 0, "first");
    asks(more(8, 4), want, 0);
    CHECK(enow_frag_receiver_next_deadline(r.receiver, &at_us) && at_us == AGAIN_US, "deadline");
    CHECK(push_of(id(9, 1), more(8, 4)) == 0, "others go on");
    CHECK(!enow_frag_receiver_poll(r.receiver, AGAIN_US - 1, &about, &ack), "early");
    CHECK(enow_frag_receiver_poll(r.receiver, AGAIN_US, &about, &ack) && same(&ack, &want) && about.id == key.id &&
              about.source == key.source,
          "answer");
    CHECK(!enow_frag_receiver_poll(r.receiver, AGAIN_US, &about, &ack), "twice");
    asks(more(8, 4), want, 0);
    CHECK(push(more(12, 4)) == 0, "its parts go on");
    CHECK(!enow_frag_receiver_poll(r.receiver, AGAIN_US, &about, &ack), "an answer that a part followed");
    CHECK(enow_frag_receiver_stats(r.receiver)->repeated == 1, "repeated");

    enow_frag_limits_t limits = small_limits();
    limits.source_bytes = limits.max_bytes = enow_frag_limits_message_bytes(&limits);
    start_with("busy", limits); /* answers one part; what the message has is not told unasked */
    CHECK(push(more(0, 64)) == 0 && push_of(id(6, 1), last(960, 40)) == 0, "both have room");
    asks(last(960, 40), busy, ENOW_FRAG_ERR_FULL);
    CHECK(!enow_frag_receiver_poll(r.receiver, AGAIN_US, &about, &ack), "an answer to a part that was not taken");
    CHECK(enow_frag_receiver_next_deadline(r.receiver, &at_us) && at_us == TIMEOUT_US, "deadline");
}

static void test_mark(void)
{
    enow_frag_part_t first = more(0, 4), end = last(4, 4);
    enow_frag_message_t whole;
    enow_frag_ack_t ack;

    start("the mark of the part at offset 0");
    first.mark = true;
    CHECK(enow_frag_receiver_push(r.receiver, 0, &key, &end, false, &whole, &ack) == 0, "last");
    CHECK(enow_frag_receiver_push(r.receiver, 0, &key, &first, false, &whole, &ack) == 1 && whole.mark, "first");
    first = last(0, 4);
    first.mark = true;
    enow_frag_key_t other = id(5, 8);
    CHECK(enow_frag_receiver_push(r.receiver, 0, &other, &first, false, &whole, &ack) == 1 && whole.mark, "whole");
}

static void test_init(void)
{
    enow_frag_limits_t limits = small_limits();
    const size_t size = enow_frag_receiver_memory(&limits);
    enow_frag_receiver_t *receiver;

    CHECK(enow_frag_receiver_init(&receiver, &limits, r.memory.bytes, size - 1) == ENOW_FRAG_ERR_MEMORY, "small");
    CHECK(enow_frag_receiver_init(&receiver, &limits, r.memory.bytes + 4, size) == ENOW_FRAG_ERR_MEMORY, "unaligned");
    CHECK(enow_frag_receiver_init(&receiver, &limits, NULL, size) == ENOW_FRAG_ERR_MEMORY, "none");
    CHECK(enow_frag_receiver_init(&receiver, &limits, r.memory.bytes, size) == 0, "enough");
    limits.max_messages = UINT32_MAX; /* more than a 32-bit machine can address */
    CHECK(enow_frag_receiver_init(&receiver, &limits, r.memory.bytes, MEMORY) == ENOW_FRAG_ERR_MEMORY, "huge");
    limits.timeout_us = 0;
    CHECK(enow_frag_receiver_init(&receiver, &limits, r.memory.bytes, size) == ENOW_FRAG_ERR_LIMIT, "limit");
}

int main(void)
{
    for (size_t i = 0; i < sizeof content; i++) {
        content[i] = (uint8_t)(i * 7 + i / 256);
    }
    test_progress();
    test_refusals();
    test_accept();
    test_refuse();
    test_expiry();
    test_share();
    test_bytes();
    test_ample_growth();
    test_last_stays();
    test_superseded();
    test_repeats();
    test_mark();
    test_init();
    return check_result();
}
