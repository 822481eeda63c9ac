/* The codec of everything.yaml against bytes that were written by hand: each message both ways, cut at every length,
 * into buffers of every size and into dirty targets; then what is refused. */
#include "everything_spec_float.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;
static const char *about = "";

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failures++;                                                                                                \
            (void)printf("%d: %s: %s\n", __LINE__, about, #condition);                                                 \
        }                                                                                                              \
    } while (0)

enum { DIRT = 0xa5, ROOM = 1024 };

static uint8_t bytes[ROOM]; /* of the payload at hand, the id first */
static size_t size;

/* Reads hexadecimal digits; blanks are for people. */
static void given(const char *digits)
{
    about = digits;
    size = 0;
    for (const char *p = digits; *p != '\0';) {
        if (*p == ' ') {
            p++;
            continue;
        }
        const char pair[] = {p[0], p[1], '\0'};
        bytes[size++] = (uint8_t)strtoul(pair, NULL, 16);
        p += 2;
    }
}

typedef struct {
    size_t size;
    int (*decode)(void *out, const uint8_t *body, size_t len);
    int (*length)(const void *in);
    int (*encode)(const void *in, uint8_t *buf, size_t cap);
} codec_t;

#define CODEC(x)                                                                                                       \
    static int x##_decode(void *out, const uint8_t *body, size_t len)                                                  \
    {                                                                                                                  \
        return ev_##x##_decode((ev_##x##_t *)out, body, len);                                                          \
    }                                                                                                                  \
    static int x##_length(const void *in) { return ev_##x##_length((const ev_##x##_t *)in); }                          \
    static int x##_encode(const void *in, uint8_t *buf, size_t cap)                                                    \
    {                                                                                                                  \
        return ev_##x##_encode((const ev_##x##_t *)in, buf, cap);                                                      \
    }                                                                                                                  \
    static const codec_t x##_codec = {sizeof(ev_##x##_t), x##_decode, x##_length, x##_encode}

CODEC(empty);
CODEC(scalars);
CODEC(scaled);
CODEC(bits);
CODEC(lengths);
CODEC(arrays);
CODEC(optionals);
CODEC(choices);
CODEC(grown);

static int dirty(const void *memory, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((const uint8_t *)memory)[i] != DIRT) {
            return 0;
        }
    }
    return 1;
}

/* Decodes a body that ends where its memory does. The target is dirty, and must stay so on error. */
static int decode(const codec_t *codec, void *out, const uint8_t *body, size_t len)
{
    uint8_t *copy = len > 0 ? malloc(len) : NULL;
    int n;

    if (len > 0) {
        memcpy(copy, body, len);
    }
    memset(out, DIRT, codec->size);
    n = codec->decode(out, copy, len);
    CHECK(n <= (int)len);
    CHECK(n >= 0 || dirty(out, codec->size));
    free(copy);
    return n;
}

static unsigned next_random(void)
{
    static uint32_t state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Of the bytes at hand some are changed: what is decoded and can be encoded is decoded and encoded to the same again. */
static void changed(const codec_t *codec)
{
    static uint8_t first[ROOM * 64], again[ROOM * 64];
    void *out = malloc(codec->size);

    for (int round = 0; round < 3000 && size > 1; round++) {
        const size_t len = next_random() % 4 == 0 ? next_random() % size : size - 1;
        uint8_t *body = malloc(len + 1);
        int n;

        memcpy(body, bytes + 1, len);
        for (unsigned changes = next_random() % 4; changes > 0 && len > 0; changes--) {
            const unsigned value = next_random();

            body[next_random() % len] = (uint8_t)(value % 2 == 0 ? value >> 8 : (value >> 8) % 4);
        }
        body = realloc(body, len + (len == 0));
        memset(out, DIRT, codec->size);
        n = codec->decode(out, body, len);
        CHECK(n >= 0 ? n <= (int)len : dirty(out, codec->size));
        if (n >= 0 && codec->length(out) >= 0) {
            const int written = codec->encode(out, first, sizeof first);

            CHECK(written == codec->length(out));
            CHECK(codec->decode(out, first + 1, (size_t)written - 1) == written - 1);
            CHECK(codec->encode(out, again, sizeof again) == written && memcmp(first, again, (size_t)written) == 0);
        }
        free(body);
    }
    free(out);
}

/* The bytes at hand are decoded and encoded to the same. Of their beginnings only those of a length in ends, which -1
 * closes, are whole. Fills *out. */
static void both_ways(const codec_t *codec, void *out, const int *ends)
{
    static uint8_t buf[ROOM];
    const int body = (int)size - 1;
    void *other = malloc(codec->size);

    memset(out, 0, codec->size);
    CHECK(codec->decode(out, bytes + 1, size - 1) == body);
    memset(other, DIRT, codec->size);
    CHECK(codec->decode(other, bytes + 1, size - 1) == body);
    CHECK(memcmp(out, other, codec->size) == 0); /* a dirty target ends like a fresh one */
    memset(bytes + size, 0xff, 3);
    CHECK(codec->decode(other, bytes + 1, size - 1 + 3) == body); /* a longer tail */
    CHECK(memcmp(out, other, codec->size) == 0);

    CHECK(codec->length(out) == (int)size);
    for (size_t cap = 0; cap <= size; cap++) {
        memset(buf, DIRT, sizeof buf);
        CHECK(codec->encode(out, buf, cap) == (cap < size ? (int)EV_ERR_CAPACITY : (int)size));
        CHECK(cap == size ? memcmp(buf, bytes, size) == 0 : dirty(buf, size));
        CHECK(dirty(buf + size, sizeof buf - size));
    }
    changed(codec);
    for (int len = 0; len < body; len++) {
        int want = EV_ERR_SHORT;

        for (const int *end = ends; *end >= 0; end++) {
            want = *end == len ? len : want;
        }
        CHECK(decode(codec, other, bytes + 1, (size_t)len) == want);
    }
    free(other);
}

static const int no_ends[] = {-1};

/* What decoding the bytes at hand returns. */
static int decoded(const codec_t *codec)
{
    void *out = malloc(codec->size);
    const int n = decode(codec, out, bytes + 1, size - 1);

    free(out);
    return n;
}

static void test_ids(void)
{
    static const uint8_t ids[] = {0, 1, 8, 9, 254, 255};

    about = "ids";
    CHECK(ev_message_id(NULL, 0) == EV_ERR_SHORT);
    CHECK(ev_message_id(ids, 1) == EV_ERR_UNKNOWN_ID);
    CHECK(ev_message_id(ids + 1, 1) == 1);
    CHECK(ev_message_id(ids + 2, 4) == 8);
    CHECK(ev_message_id(ids + 3, 3) == EV_ERR_UNKNOWN_ID);
    CHECK(ev_message_id(ids + 4, 2) == EV_ERR_UNKNOWN_ID);
    CHECK(ev_message_id(ids + 5, 1) == 255);
    CHECK(strcmp(EV_EMPTY_TOPIC, "") == 0 && strcmp(EV_SCALED_TOPIC, "a/b") == 0);
    CHECK(EV_EMPTY_MAX_SIZE == 1 && EV_SCALARS_MAX_SIZE == 65);
}

static void test_empty(void)
{
    ev_empty_t v;

    given("01");
    both_ways(&empty_codec, &v, no_ends);
    CHECK(ev_empty_decode(&v, NULL, 0) == 0);
}

static void test_scalars(void)
{
    ev_scalars_t v;

    given("02 03 0700 ffffffff ffffffffffffffff ff d4fe ffffff7f 0100000000000080 cdcccc3d 000000000000f03f 01 00 02 feff"
          " ffffffffffffffff 81 0100000000000080");
    both_ways(&scalars_codec, &v, no_ends);
    CHECK(v.a == 3 && v.b == 7 && v.c == 4294967295u && v.d == 18446744073709551615ULL && v.e == -1 && v.f == -300);
    CHECK(v.g == 2147483647 && v.h == -9223372036854775807LL && v.i == 0.1f && v.j == 1.0 && v.k && !v.l);
    CHECK(v.mode == EV_MODE_FAST && v.signed_enum == EV_SIGNED_MINUS && v.big == EV_BIG_ALL);
    CHECK(v.alarms == (EV_ALARM_FROST | EV_ALARM_BATTERY) && v.wide == (EV_BROAD_FIRST | EV_BROAD_LAST));

    /* Out of range, or without a name: decoded, yet not encoded. */
    given("02 02 0700 ffffffff ffffffffffffffff ff d4fe ffffff7f 0100000000000080 cdcccc3d 000000000000f03f 01 00 02 feff"
          " ffffffffffffffff 81 0100000000000080");
    CHECK(ev_scalars_decode(&v, bytes + 1, size - 1) == 64 && v.a == 2);
    CHECK(ev_scalars_length(&v) == EV_ERR_RANGE);
    bytes[43] = 2;
    CHECK(decoded(&scalars_codec) == EV_ERR_BOOL);
    ev_scalars_init(&v);
    CHECK(v.b == 7 && v.c == 4294967295u && v.i == 0.1f && v.k && v.mode == EV_MODE_FAST && v.signed_enum == 0);
}

#define REFUSED(member, bad, good)                                                                                     \
    do {                                                                                                               \
        about = #member " " #bad;                                                                                      \
        CHECK(ev_scalars_length(&v) == 65);                                                                            \
        v.member = (bad);                                                                                              \
        CHECK(ev_scalars_length(&v) == EV_ERR_RANGE);                                                                  \
        v.member = (good);                                                                                             \
        CHECK(ev_scalars_length(&v) == 65);                                                                            \
    } while (0)

static void test_ranges(void)
{
    ev_scalars_t v;

    ev_scalars_init(&v);
    v.a = 3;
    v.e = -1;
    v.signed_enum = EV_SIGNED_PLUS;
    REFUSED(a, 2, 3);
    REFUSED(a, 251, 250);
    REFUSED(b, 1001, 1000);
    REFUSED(c, 4294967294u, 4294967295u);
    REFUSED(e, 0, -1);
    REFUSED(f, -301, -300);
    REFUSED(f, 301, 300);
    REFUSED(g, -1, 0);
    REFUSED(h, -9223372036854775807LL - 1, -9223372036854775807LL);
    REFUSED(i, -1.5000001f, -1.5f);
    REFUSED(i, 0.10000001f, 0.1f);
    REFUSED(i, NAN, 0);
    REFUSED(mode, 3, EV_MODE_SLOW);
    REFUSED(signed_enum, 1, EV_SIGNED_MINUS);
    REFUSED(big, 1, EV_BIG_NONE);
    REFUSED(alarms, 0x02, 0x01);
    REFUSED(wide, 0x4000000000000000ULL, EV_BROAD_LAST);
    v.j = NAN; /* without bounds */
    CHECK(ev_scalars_length(&v) == 65);
}

static void test_scaled(void)
{
    ev_scaled_t v;

    given("03 60f0 0100 ff 04030201 1000 c0bdf0ffffffffff 02 9cff 6400");
    both_ways(&scaled_codec, &v, no_ends);
    CHECK(v.temperature == -4000 && v.fahrenheit == 1 && v.pressure == 255 && v.large == 0x01020304 && v.ratio == 16);
    CHECK(v.flow == -1000000 && v.history_count == 2 && v.history[0] == -100 && v.history[1] == 100 && v.history[2] == 0);
    v.history[1] = 101;
    CHECK(ev_scaled_length(&v) == EV_ERR_RANGE);
    v.history_count = 1; /* what is not counted is not checked */
    CHECK(ev_scaled_length(&v) == 23);
    v.history_count = 5;
    CHECK(ev_scaled_length(&v) == EV_ERR_LENGTH);
    given("03 60f0 0100 ff 04030201 1000 c0bdf0ffffffffff 05 0000 0000 0000 0000 0000");
    CHECK(decoded(&scaled_codec) == EV_ERR_LENGTH);
    ev_scaled_init(&v);
    CHECK(v.temperature == 2150);
}

static void test_bits(void)
{
    ev_bits_t v;

    given("04 0d 0180 0300000000000080 0100f07f");
    both_ways(&bits_codec, &v, no_ends);
    CHECK(v.status == 0x0d && ev_bits_status_get_mode(v.status) == 5 && ev_bits_status_get_low(v.status) == 1);
    CHECK(ev_bits_whole_get_all(v.whole) == 0x8001);
    CHECK(ev_bits_split_get_one(v.split) == 1 && ev_bits_split_get_rest(v.split) == 0x4000000000000001ULL);
    CHECK(ev_bits_odd_get_left(v.odd) == 1 && ev_bits_odd_get_right(v.odd) == 0x7ff);
    CHECK(ev_bits_status_with_mode(v.status, 0x0a) == 0x0a && ev_bits_status_with_low(0xff, 0) == 0xf7);
    CHECK(ev_bits_split_with_rest(1, 0x7fffffffffffffffULL) == 0xffffffffffffffffULL);
    CHECK(ev_bits_odd_with_right(0x800fffffu, 0x801) == 0x801fffffu);
    v.odd |= 0x80000000u;
    CHECK(ev_bits_length(&v) == EV_ERR_RANGE);
    given("04 ff 0180 0300000000000080 010070ff"); /* bits without a name are kept */
    CHECK(ev_bits_decode(&v, bytes + 1, size - 1) == 15 && v.status == 0xff && v.odd == 0xff700001u);
    CHECK(ev_bits_length(&v) == EV_ERR_RANGE);
}

static void test_lengths(void)
{
    ev_lengths_t v;

    given("05 03 e282ac 00 0000 010203040506 03 0a0b0c 0100 ff");
    both_ways(&lengths_codec, &v, no_ends);
    CHECK(v.label_len == 3 && strcmp(v.label, "\xe2\x82\xac") == 0 && v.short_one_len == 0 && v.long_one[0] == '\0');
    CHECK(v.label[4] == '\0' && v.label[11] == '\0'); /* nothing is left of the default */
    CHECK(v.key[5] == 6 && v.blob_len == 3 && v.blob[2] == 0x0c && v.long_blob_len == 1 && v.long_blob[0] == 0xff);
    v.label_len = 2;
    CHECK(ev_lengths_length(&v) == EV_ERR_TEXT);
    v.label_len = 13;
    CHECK(ev_lengths_length(&v) == EV_ERR_LENGTH);
    v.label_len = 12;
    CHECK(ev_lengths_length(&v) == 30);
    v.long_one_len = 257;
    CHECK(ev_lengths_length(&v) == EV_ERR_LENGTH);
    v.long_one_len = 256;
    v.short_one_len = 255;
    v.long_blob_len = 300;
    CHECK(ev_lengths_length(&v) == EV_LENGTHS_MAX_SIZE);
    v.long_blob_len = 301;
    CHECK(ev_lengths_length(&v) == EV_ERR_LENGTH);
    v.long_blob_len = 0;
    v.blob_len = 4;
    CHECK(ev_lengths_length(&v) == EV_ERR_LENGTH);

    ev_lengths_init(&v);
    CHECK(v.label_len == 9 && strcmp(v.label, "*/ \" \\ \xc3\xa9") == 0);
    given("05 0d 61616161616161616161616161 00 0000 010203040506 00 0000");
    CHECK(decoded(&lengths_codec) == EV_ERR_LENGTH);
    given("05 00 00 0101 00");
    CHECK(decoded(&lengths_codec) == EV_ERR_LENGTH);
    given("05 03 610062 00 0000 010203040506 00 0000"); /* NUL is a character like others */
    both_ways(&lengths_codec, &v, no_ends);
}

static void test_text(void)
{
    static const char *const good[] = {"7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"};
    static const char *const bad[] = {"80",     "bf",       "c0af",     "c1bf",     "c2",       "c27f",     "c2c0",
                                      "e09fbf", "eda080",   "edbfbf",   "e280",     "e28028",   "e2c080",   "f08fbfbf",
                                      "f4908080", "f5808080", "f09080", "f0908041", "f090c080", "ff",       "6180"};
    char text[64];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)snprintf(text, sizeof text, "05 %02x %s 00 0000 010203040506 00 0000", (unsigned)strlen(good[i]) / 2, good[i]);
        given(text);
        CHECK(decoded(&lengths_codec) == (int)size - 1);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, "05 %02x %s 00 0000 010203040506 00 0000", (unsigned)strlen(bad[i]) / 2, bad[i]);
        given(text);
        CHECK(decoded(&lengths_codec) == EV_ERR_TEXT);
    }
}

#define CORNER "e8030000 0000c03f 01 "

static void test_arrays(void)
{
    ev_arrays_t v;

    given("06 0100 0200 ffff 00000000 0000803f 03 010001 00ff 02 0180 0200 0708 01 000000000000f0bf " CORNER CORNER
          "02 0161 00 00 01 09 09");
    both_ways(&arrays_codec, &v, no_ends);
    CHECK(v.fixed[0] == 1 && v.fixed[2] == 65535 && v.floats[1] == 1.0f && v.switches_count == 3 && v.switches[2]);
    CHECK(v.modes[1] == EV_MODE_ODD && v.alarms_count == 2 && v.alarms[1] == EV_ALARM_BATTERY);
    CHECK(v.many_count == 2 && v.many[1] == 8 && v.doubles_count == 1 && v.doubles[0] == -1.0);
    CHECK(v.corners[1].x == 1000 && v.corners[1].y == 1.5f && v.corners[1].good);
    CHECK(v.labels_count == 2 && strcmp(v.labels[0].text, "a") == 0 && v.labels[1].has_weight && v.labels[1].weight == 9);
    CHECK(v.after == 9);
    v.corners[1].x = 1000001;
    CHECK(ev_arrays_length(&v) == EV_ERR_RANGE);
    v.corners[1].x = 0;
    v.floats[0] = -0.5f;
    CHECK(ev_arrays_length(&v) == EV_ERR_RANGE);
    v.floats[0] = 0;
    v.modes[0] = 7;
    CHECK(ev_arrays_length(&v) == EV_ERR_RANGE);
    v.modes[0] = 0;
    v.alarms[1] = 4;
    CHECK(ev_arrays_length(&v) == EV_ERR_RANGE);
    v.alarms_count = 3;
    CHECK(ev_arrays_length(&v) == EV_ERR_LENGTH);
    v.alarms_count = 0;
    v.after = 0;
    v.labels_count = 3;
    CHECK(ev_arrays_length(&v) == EV_ERR_LENGTH);
    v.labels_count = 2;
    v.labels[1].text_len = 5;
    CHECK(ev_arrays_length(&v) == EV_ERR_LENGTH);

    given("06 0100 0200 ffff 00000000 0000803f 03 010002");
    CHECK(decoded(&arrays_codec) == EV_ERR_BOOL);
    given("06 0100 0200 ffff 00000000 0000803f 05 0101010101");
    CHECK(decoded(&arrays_codec) == EV_ERR_LENGTH);
    given("06 0100 0200 ffff 00000000 0000803f 00 00ff 00 0101 ");
    CHECK(decoded(&arrays_codec) == EV_ERR_LENGTH);
    given("06 0100 0200 ffff 00000000 0000803f 00 00ff 00 0000 00 " CORNER "e8030000 0000c03f 02");
    CHECK(decoded(&arrays_codec) == EV_ERR_BOOL);
}

static void test_optionals(void)
{
    ev_optionals_t v;

    given("07 01 00 0200 00");
    both_ways(&optionals_codec, &v, no_ends);
    CHECK(v.before == 1 && v.between == 2 && !v.has_o1 && !v.has_o9 && v.o1 == 0);
    given("07 01 ff 05 000000000000f03f 0200 02 6869 " CORNER "01 0300 0c0d 80 01 01 9cff");
    both_ways(&optionals_codec, &v, no_ends);
    CHECK(v.has_o1 && v.o1 == 5 && v.o2 == 1.0 && strcmp(v.o3, "hi") == 0 && v.o4.x == 1000 && v.o5_count == 1);
    CHECK(v.o5[0] == 3 && v.o6[1] == 0x0d && v.o7 == EV_ALARM_BATTERY && v.o8 && v.has_o9 && v.o9 == -100);
    v.o1 = 4;
    CHECK(ev_optionals_length(&v) == EV_ERR_RANGE);
    v.has_o1 = false; /* what is absent is not checked */
    CHECK(ev_optionals_length(&v) == 35);
    given("07 01 80 0200 02 00");
    CHECK(decoded(&optionals_codec) == EV_ERR_BOOL);
    given("07 01 00 0200 fe"); /* bits without a field */
    CHECK(decoded(&optionals_codec) == 5);
}

static void test_choices(void)
{
    static const uint8_t other[] = {1, 2};
    ev_choices_t v;

    given("08 " CORNER "0161 00 01 0c00 0a00 01 " CORNER "07 00");
    both_ways(&choices_codec, &v, no_ends);
    CHECK(v.event_tag == EV_CHOICES_EVENT_MOTION && v.event.motion.speed == 10 && v.event.motion.path_count == 1);
    CHECK(v.event.motion.path[0].x == 1000 && v.after == 7 && !v.has_other);
    v.event.motion.path[0].x = -1000001;
    CHECK(ev_choices_length(&v) == EV_ERR_RANGE);
    given("08 " CORNER "0161 00 ff 0200 b801 07 01 07 0300 0162 00");
    both_ways(&choices_codec, &v, no_ends);
    CHECK(v.event_tag == EV_CHOICES_EVENT_BEEP && v.event.beep.tone == 440 && v.has_other);
    CHECK(v.other_tag == EV_CHOICES_OTHER_LABEL && strcmp(v.other.label.text, "b") == 0);
    given("08 " CORNER "0161 00 02 0300 010203 07 01 63 0000"); /* tags that nobody knows */
    both_ways(&choices_codec, &v, no_ends);
    CHECK(v.event_tag == 2 && v.event.unknown.len == 3 && v.event.unknown.data[2] == 3);
    CHECK(v.other_tag == 99 && v.other.unknown.len == 0);
    v.event.unknown.len = 65536;
    CHECK(ev_choices_length(&v) == EV_ERR_LENGTH);
    given("08 " CORNER "0161 00 00 0000 07 00"); /* no value */
    both_ways(&choices_codec, &v, no_ends);
    given("08 " CORNER "0161 00 00 0200 0102 07 00");
    CHECK(ev_choices_decode(&v, bytes + 1, size - 1) == 19 && v.event_tag == 0 && v.after == 7);
    CHECK(v.event.unknown.len == 0);
    CHECK(ev_choices_length(&v) == 18);

    given("08 " CORNER "0161 00 ff 0300 b80100 07 00");
    CHECK(decoded(&choices_codec) == EV_ERR_TRAILING);
    given("08 " CORNER "0161 00 ff 0100 b8 07 00");
    CHECK(decoded(&choices_codec) == EV_ERR_SHORT);

    ev_choices_init(&v);
    v.label.text_len = 1;
    v.event_tag = 9;
    v.event.unknown.data = other;
    v.event.unknown.len = sizeof other;
    CHECK(ev_choices_length(&v) == 9 + 3 + 5 + 1 + 1 + 1);
}

static void test_grown(void)
{
    static const int bare[] = {2, 5, -1}, full[] = {3, 7, -1};
    ev_grown_t v, fresh;

    given("ff 01 00 0500 00 00 00 " CORNER "00 0000");
    both_ways(&grown_codec, &v, bare);
    CHECK(v.first == 1 && v.second == 5 && v.second_mode == EV_MODE_OFF && v.third_len == 0 && v.third[0] == '\0');
    given("ff 01 03 09 0500 ff 08 02 6162 01 0700 " CORNER "01 0200 b801");
    both_ways(&grown_codec, &v, full);
    CHECK(v.has_maybe && v.maybe == 9 && v.has_second_maybe && v.second_maybe == 8 && strcmp(v.third, "ab") == 0);
    CHECK(v.third_list_count == 1 && v.third_list[0] == 7 && v.third_event.beep.tone == 440);

    /* An older writer: what it left out has its defaults, and is absent whatever its bit says. */
    given("ff 01 03 09");
    memset(&v, DIRT, sizeof v);
    CHECK(ev_grown_decode(&v, bytes + 1, size - 1) == 3);
    ev_grown_init(&fresh);
    CHECK(fresh.second == 1013 && fresh.second_mode == EV_MODE_SLOW && strcmp(fresh.third, "none") == 0);
    fresh.first = 1;
    fresh.has_maybe = true;
    fresh.maybe = 9;
    CHECK(memcmp(&v, &fresh, sizeof v) == 0);
    given("ff 01 00 0500 03");
    memset(&v, DIRT, sizeof v);
    CHECK(ev_grown_decode(&v, bytes + 1, size - 1) == 5);
    CHECK(v.second == 5 && v.second_mode == 3 && v.third_len == 4 && strcmp(v.third, "none") == 0);
    CHECK(!v.has_second_maybe && v.third_list_count == 0 && v.third_event_tag == 0);
}

/* Values that need the rounding of the spec: each operation by itself, half away from zero. */
static void test_floats(void)
{
    ev_scaled_t v;
    ev_place_t place;

    about = "floats";
    ev_scaled_init(&v);
    ev_place_init(&place);
    CHECK(ev_scaled_temperature_celsius(&v) == 21.5);
    CHECK(ev_scaled_set_temperature_celsius(&v, -40.0) == 0 && v.temperature == -4000);
    CHECK(ev_scaled_set_temperature_celsius(&v, -40.0049) == 0 && v.temperature == -4000);
    CHECK(ev_scaled_set_temperature_celsius(&v, -40.0051) == EV_ERR_RANGE && v.temperature == -4000);
    CHECK(ev_scaled_set_temperature_celsius(&v, 125.0) == 0 && v.temperature == 12500);
    CHECK(ev_scaled_set_temperature_celsius(&v, 125.01) == EV_ERR_RANGE);
    CHECK(ev_scaled_set_temperature_celsius(&v, NAN) == EV_ERR_RANGE);
    CHECK(ev_scaled_set_temperature_celsius(&v, INFINITY) == EV_ERR_RANGE);
    CHECK(ev_scaled_set_temperature_celsius(&v, -INFINITY) == EV_ERR_RANGE && v.temperature == 12500);
    CHECK(ev_scaled_set_temperature_celsius(&v, 0.125) == 0 && v.temperature == 13);
    CHECK(ev_scaled_set_temperature_celsius(&v, -0.125) == 0 && v.temperature == -13);
    CHECK(ev_scaled_temperature_celsius(&v) == -0.13);

    CHECK(ev_scaled_set_fahrenheit_fahrenheit(&v, -459.67) == 0 && v.fahrenheit == 0);
    CHECK(ev_scaled_set_fahrenheit_fahrenheit(&v, -459.68) == EV_ERR_RANGE);
    CHECK(ev_scaled_fahrenheit_fahrenheit(&v) == -459.67);
    v.fahrenheit = 65535;
    CHECK(ev_scaled_fahrenheit_fahrenheit(&v) == 719.96);
    CHECK(ev_scaled_set_fahrenheit_fahrenheit(&v, 719.96) == 0 && v.fahrenheit == 65535);
    CHECK(ev_scaled_set_pressure_hectopascals(&v, 1155.4) == 0 && v.pressure == 255);
    CHECK(ev_scaled_set_pressure_hectopascals(&v, 1155.5) == EV_ERR_RANGE);
    CHECK(ev_scaled_set_pressure_hectopascals(&v, 899.4) == EV_ERR_RANGE && v.pressure == 255);
    CHECK(ev_scaled_pressure_hectopascals(&v) == 1155);
    CHECK(ev_scaled_set_large_bytes(&v, 374) == 0 && v.large == 1 && ev_scaled_large_bytes(&v) == 250);
    CHECK(ev_scaled_set_large_bytes(&v, 375) == 0 && v.large == 2);
    CHECK(ev_scaled_set_ratio_scaled(&v, 1.03125) == 0 && v.ratio == 17 && ev_scaled_ratio_scaled(&v) == 1.0625);
    CHECK(ev_scaled_set_flow_gallons_per_minute(&v, -1.0) == 0 && v.flow == -1000000);
    CHECK(ev_scaled_set_flow_gallons_per_minute(&v, 1e13) == EV_ERR_RANGE && v.flow == -1000000);
    CHECK(ev_scaled_set_history_percent(&v, 3, -50.0) == 0 && v.history[3] == -100);
    CHECK(ev_scaled_set_history_percent(&v, 3, 50.25) == EV_ERR_RANGE && ev_scaled_history_percent(&v, 3) == -50.0);
    CHECK(ev_place_set_x_meters(&place, 0.0005) == 0 && place.x == 1 && ev_place_x_meters(&place) == 0.001);
}

int main(void)
{
    test_ids();
    test_empty();
    test_scalars();
    test_ranges();
    test_scaled();
    test_bits();
    test_lengths();
    test_text();
    test_arrays();
    test_optionals();
    test_choices();
    test_grown();
    test_floats();
    if (failures > 0) {
        (void)printf("%u failures\n", failures);
    }
    return failures > 0 ? 1 : 0;
}
