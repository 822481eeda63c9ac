/* What vectors cannot say of the codec of everything.yaml: what encoders refuse, null pointers, lengths at the end of
 * their type, and that any bytes that decode are encoded to the same bytes. */
#include "everything_spec.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static unsigned failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failures++;                                                                                                \
            (void)printf("%d: %s\n", __LINE__, #condition);                                                            \
        }                                                                                                              \
    } while (0)

static uint8_t buf[2048];

static ev_pkt_numbers_t good_numbers(void)
{
    ev_pkt_numbers_t v;

    ev_pkt_numbers_init(&v);
    v.a = 3;
    v.c = 4294967295u;
    v.d = 2;
    v.e = -1;
    v.f = -300;
    return v;
}

/* Encodes numbers with one member set; the decoder must say the same of the bytes that would have been written. */
#define NUMBER(member, value, at, size, want)                                                                          \
    do {                                                                                                               \
        ev_pkt_numbers_t v = good_numbers();                                                                           \
        ev_pkt_numbers_t out;                                                                                          \
        unsigned long long bits = (unsigned long long)(value);                                                         \
        CHECK(ev_pkt_numbers_encode(&v, buf, sizeof buf) == 42);                                                       \
        for (int i = 0; i < (size); i++) {                                                                             \
            buf[2 + (at) + i] = (uint8_t)(bits >> 8 * i);                                                              \
        }                                                                                                              \
        CHECK(ev_pkt_numbers_decode(&out, 0, buf + 2, 40) == ((want) < 0 ? (want) : 40));                              \
        v.member = (value);                                                                                            \
        CHECK(ev_pkt_numbers_length(&v) == ((want) < 0 ? (want) : 40));                                                \
        CHECK((want) < 0 || out.member == (value));                                                                    \
    } while (0)

static void test_ranges(void)
{
    NUMBER(a, 2, 0, 1, EV_ERR_RANGE);
    NUMBER(a, 3, 0, 1, 0);
    NUMBER(a, 250, 0, 1, 0);
    NUMBER(a, 251, 0, 1, EV_ERR_RANGE);
    NUMBER(b, 1000, 1, 2, 0);
    NUMBER(b, 1001, 1, 2, EV_ERR_RANGE);
    NUMBER(c, 4294967294u, 3, 4, EV_ERR_RANGE);
    NUMBER(c, 4294967295u, 3, 4, 0);
    NUMBER(d, 1, 7, 8, EV_ERR_RANGE);
    NUMBER(d, 2, 7, 8, 0);
    NUMBER(d, 18446744073709551614ULL, 7, 8, 0);
    NUMBER(d, 18446744073709551615ULL, 7, 8, EV_ERR_RANGE);
    NUMBER(e, -128, 15, 1, 0);
    NUMBER(e, -1, 15, 1, 0);
    NUMBER(e, 0, 15, 1, EV_ERR_RANGE);
    NUMBER(f, -301, 16, 2, EV_ERR_RANGE);
    NUMBER(f, -300, 16, 2, 0);
    NUMBER(f, 300, 16, 2, 0);
    NUMBER(f, 301, 16, 2, EV_ERR_RANGE);
    NUMBER(g, -1, 18, 4, EV_ERR_RANGE);
    NUMBER(g, 0, 18, 4, 0);
    NUMBER(g, 2147483647, 18, 4, 0);
    NUMBER(h, (-9223372036854775807LL - 1), 22, 8, EV_ERR_RANGE);
    NUMBER(h, -9223372036854775807LL, 22, 8, 0);
    NUMBER(h, 9223372036854775807LL, 22, 8, 0);
    NUMBER(signed_enum, EV_SIGNED_MINUS, 30, 2, 0);
    NUMBER(signed_enum, 1234, 30, 2, 0);
    NUMBER(big, EV_BIG_ALL, 32, 8, 0);
}

static void test_flags(void)
{
    ev_pkt_flagged_t v, out;
    ev_pkt_nothing_t nothing;

    ev_pkt_flagged_init(&v);
    v.flags = 0x04;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_UNKNOWN_FLAG);
    v.flags = 0x10;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_UNKNOWN_FLAG);
    v.flags = EV_PKT_FLAGGED_ONLY;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_MISSING_FLAG);
    CHECK(ev_pkt_flagged_decode(&out, 0x02, NULL, 0) == EV_ERR_MISSING_FLAG);
    CHECK(ev_pkt_flagged_decode(&out, 0x06, NULL, 0) == EV_ERR_UNKNOWN_FLAG);
    CHECK(ev_pkt_flagged_decode(&out, 0x10, NULL, 0) == EV_ERR_UNKNOWN_FLAG);
    CHECK(ev_pkt_flagged_decode(&out, 0x00, NULL, 0) == EV_ERR_SHORT);
    ev_pkt_nothing_init(&nothing);
    CHECK(ev_pkt_nothing_decode(&nothing, 1, NULL, 0) == EV_ERR_UNKNOWN_FLAG);
    CHECK(ev_pkt_nothing_decode(&nothing, 0, NULL, 0) == 0);
    CHECK(ev_pkt_nothing_encode(&nothing, buf, 2) == 2 && buf[0] == 0x10 && buf[1] == 0);
    CHECK(ev_pkt_nothing_encode(&nothing, buf, 1) == EV_ERR_CAPACITY);
    CHECK(ev_pkt_nothing_encode(&nothing, NULL, 0) == EV_ERR_CAPACITY);
}

static void test_conditions(void)
{
    ev_pkt_flagged_t v;

    ev_pkt_flagged_init(&v);
    v.flags = EV_PKT_FLAGGED_LATE | EV_PKT_FLAGGED_FIRST;
    v.out = EV_MODE_FAST;
    v.v = 8;
    v.more.data = buf;
    v.more.len = 1;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_RANGE); /* 7 at most with LATE */
    v.v = 7;
    CHECK(ev_pkt_flagged_length(&v) == 1 + 1 + 1 + 2 + 4 + 1);
    v.out = EV_MODE_SLOW;
    v.v = 0;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_RANGE); /* 1 at least if SLOW */
    v.out = EV_MODE_OFF;
    v.v = 99; /* not there, so not judged */
    CHECK(ev_pkt_flagged_length(&v) == 1 + 1 + 1 + 1);
    v.more.len = 0;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_RANGE);
    v.more.len = 3;
    CHECK(ev_pkt_flagged_length(&v) == 1 + 1 + 1 + 3);
    v.more.len = 4;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_RANGE);
    v.flags = 0;
    v.body.data = buf;
    v.body.len = 300;
    CHECK(ev_pkt_flagged_length(&v) == 1 + 2 + 300);
    v.body.len = 301;
    CHECK(ev_pkt_flagged_length(&v) == EV_ERR_RANGE);
}

static void test_sizes(void)
{
    static const uint8_t bytes[1500];
    ev_pkt_sizes_t v;

    ev_pkt_sizes_init(&v);
    v.short_one.data = v.long_one.data = v.middle.data = bytes;
    v.middle.len = 2;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.short_one.len = 1;
    CHECK(ev_pkt_sizes_length(&v) == 2 + 2 + 7 + 2 + 7);
    v.short_one.len = 255;
    CHECK(ev_pkt_sizes_length(&v) > 0);
    v.short_one.len = 256;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.short_one.len = 1;
    v.long_one.len = 257;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.long_one.len = SIZE_MAX;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.long_one.len = 0;
    v.middle.len = 1;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.middle.len = 7;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
    v.middle.len = 6;
    v.check = -1;
    CHECK(ev_pkt_sizes_length(&v) == EV_ERR_RANGE);
}

static void test_too_long(void)
{
    static const uint8_t bytes[1500] = {7};
    ev_pkt_the_answer_to_a_long_question_t v;

    ev_pkt_the_answer_to_a_long_question_init(&v);
    v.the_last_field.data = bytes;
    v.the_last_field.len = 254;
    CHECK(ev_pkt_the_answer_to_a_long_question_encode(&v, buf, sizeof buf) == 256 && buf[1] == 254);
    v.the_last_field.len = 255;
    CHECK(ev_pkt_the_answer_to_a_long_question_encode(&v, buf, sizeof buf) == EV_ERR_TOO_LONG);
    CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, sizeof buf) == 257 && buf[1] == 255);
    v.the_last_field.len = 1468;
    CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, 1470) == 1470);
    CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, 1469) == EV_ERR_CAPACITY);
    v.the_last_field.len = 1469;
    CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, 0) == EV_ERR_TOO_LONG);
    v.flags = EV_PKT_THE_ANSWER_TO_A_LONG_QUESTION_QUITE_A_LONG_NAME; /* 2 bytes more */
    for (size_t len = SIZE_MAX - 3; len != 0; len++) {
        v.the_last_field.len = len;
        CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, sizeof buf) == EV_ERR_TOO_LONG);
    }
    v.flags = EV_PKT_THE_ANSWER_TO_A_LONG_QUESTION_ANOTHER_LONG_NAME; /* the first fault counts */
    CHECK(ev_pkt_the_answer_to_a_long_question_encode_last(&v, buf, 0) == EV_ERR_MISSING_FLAG);
}

static void test_structs(void)
{
    static const uint8_t cut[] = {1, 2, 3};
    ev_raw_t raw;
    ev_tail_t tail;
    ev_point_t point;

    memset(&raw, 0xa5, sizeof raw);
    CHECK(ev_raw_decode(&raw, NULL, 0) == 0 && raw.all.len == 0);
    CHECK(ev_raw_encode(&raw, NULL, 0) == 0);
    CHECK(ev_raw_decode(&raw, buf, 7) == 7 && raw.all.data == buf && raw.all.len == 7);
    CHECK(ev_raw_decode(&raw, buf, 8) == EV_ERR_RANGE);
    CHECK(ev_raw_encode(&raw, buf + 7, 6) == EV_ERR_CAPACITY);

    ev_tail_init(&tail);
    tail.notes.data = cut;
    tail.notes.len = sizeof cut;
    CHECK(ev_tail_length(&tail) == EV_ERR_SHORT);
    CHECK(ev_tail_decode(&tail, cut, (size_t)INT_MAX + 1) == EV_ERR_TOO_LONG);

    ev_point_init(&point);
    CHECK(ev_point_encode(&point, buf, 8) == 8 && ev_point_encode(&point, buf, 7) == EV_ERR_CAPACITY);
    point.x = 1000001;
    CHECK(ev_point_length(&point) == EV_ERR_RANGE);
    point.x = -1000001;
    CHECK(ev_point_encode(&point, NULL, 0) == EV_ERR_RANGE);
}

static void test_tlvs(void)
{
    static const uint8_t list[] = {2, 1, 0xaa, 3, 0, 4, 2, 0xbb};
    ev_bytes_t rest = {list, sizeof list};
    ev_bytes_t value;
    uint8_t type;

    CHECK(ev_tlv_next(&rest, &type, &value) == 1 && type == 2 && value.len == 1 && value.data[0] == 0xaa);
    CHECK(ev_tlv_next(&rest, &type, &value) == 1 && type == 3 && value.len == 0);
    CHECK(ev_tlv_next(&rest, &type, &value) == EV_ERR_SHORT && ev_tlv_next(&rest, &type, &value) == EV_ERR_SHORT);
    rest.len = 0;
    CHECK(ev_tlv_next(&rest, &type, &value) == 0);
}

static void test_types(void)
{
    CHECK(ev_type_up(EV_TYPE_NOTHING) && !ev_type_down(EV_TYPE_NOTHING));
    CHECK(!ev_type_up(EV_TYPE_SIZES) && ev_type_down(EV_TYPE_SIZES));
    CHECK(ev_type_up(EV_TYPE_NESTED) && ev_type_down(EV_TYPE_NESTED));
    CHECK(!ev_type_up(EV_TYPE_VOID) && !ev_type_down(EV_TYPE_VOID) && !ev_type_up(7) && !ev_type_up(0xff));
    CHECK(ev_type_broadcast(EV_TYPE_SIZES, 0) && !ev_type_broadcast(EV_TYPE_NOTHING, 0));
    CHECK(!ev_type_broadcast(EV_TYPE_FLAGGED, 0) && ev_type_broadcast(EV_TYPE_FLAGGED, EV_PKT_FLAGGED_FIRST));
    CHECK(!ev_type_broadcast(EV_TYPE_FLAGGED, EV_PKT_FLAGGED_FIRST | EV_PKT_FLAGGED_LATE));
}

static uint32_t state = 1;

/* Numbers that are small more often than not. */
static uint8_t any_byte(void)
{
    state = state * 1664525u + 1013904223u;
    return (uint8_t)((state >> 24) >> (state >> 20 & 7u));
}

/* Whatever decodes is encoded to the bytes it took. A decoder does not see what was in its target. */
#define ANY(name, first_byte, body_len)                                                                                \
    do {                                                                                                               \
        ev_pkt_##name##_t v, other;                                                                                    \
        const uint8_t flags = (uint8_t)(any_byte() & 0x0fu);                                                           \
        int n, m;                                                                                                      \
        memset(&v, 0xa5, sizeof v);                                                                                    \
        memset(&other, 0, sizeof other);                                                                               \
        n = ev_pkt_##name##_decode(&v, flags, body, (body_len));                                                       \
        CHECK(n == ev_pkt_##name##_decode(&other, flags, body, (body_len)) && n <= (int)(body_len));                   \
        if (n >= 0) {                                                                                                  \
            decoded++;                                                                                                 \
            m = ev_pkt_##name##_encode(&v, buf, sizeof buf);                                                           \
            CHECK(m == n + 2 && buf[0] == ((first_byte) << 4 | flags) && buf[1] == n &&                                \
                  memcmp(buf + 2, body, (size_t)n) == 0);                                                              \
            CHECK(m == ev_pkt_##name##_encode(&other, buf, (size_t)m) && memcmp(buf + 2, body, (size_t)n) == 0);       \
        }                                                                                                              \
    } while (0)

static void test_any(void)
{
    unsigned decoded = 0;

    for (unsigned i = 0; i < 100000; i++) {
        uint8_t body[48];
        const size_t len = i % sizeof body;

        for (size_t j = 0; j < len; j++) {
            body[j] = any_byte();
        }
        ANY(flagged, 3, len);
        ANY(sizes, 4, len);
        ANY(nested, 5, len);
        ANY(chosen, 14, len);
        ANY(the_answer_to_a_long_question, 15, len);
    }
    CHECK(decoded > 10000);
}

int main(void)
{
    test_ranges();
    test_flags();
    test_conditions();
    test_sizes();
    test_too_long();
    test_structs();
    test_tlvs();
    test_types();
    test_any();
    (void)printf("%u failures\n", failures);
    return failures > 0;
}
