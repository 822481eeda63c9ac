/* What vectors cannot say of the messages of everything.yaml: defaults, macros, values that no payload decodes to, and
 * accessors of elements and parts. */
#include "everything_spec_float.h"

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

static void test_macros(void)
{
    CHECK(EV_EMPTY_ID == 1 && EV_GROWN_ID == 255);
    CHECK(strcmp(EV_EMPTY_TOPIC, "") == 0 && strcmp(EV_SCALED_TOPIC, "a/b") == 0);
    CHECK(EV_EMPTY_MAX_SIZE == 1 && EV_SCALARS_MAX_SIZE == 65 && EV_LENGTHS_MAX_SIZE == 840);
    CHECK(EV_CHOICES_EVENT_MOTION == 1 && EV_CHOICES_EVENT_BEEP == 255 && EV_CHOICES_OTHER_LABEL == 7);
    CHECK(EV_ALARM_FROST == 1 && EV_ALARM_BATTERY == 0x80 && EV_BROAD_LAST == 0x8000000000000000ULL);
}

static void test_defaults(void)
{
    ev_scalars_t scalars;
    ev_scaled_t scaled;
    ev_lengths_t lengths;
    ev_choices_t choices;
    ev_beep_t beep;
    ev_grown_t grown;

    memset(&scalars, 0xa5, sizeof scalars);
    ev_scalars_init(&scalars);
    CHECK(scalars.a == 0 && scalars.b == 7 && scalars.c == 4294967295u && scalars.i == 0.1f && scalars.j == 0.0);
    CHECK(scalars.k && !scalars.l && scalars.mode == EV_MODE_FAST && scalars.signed_enum == EV_SIGNED_ZERO);
    ev_scaled_init(&scaled);
    CHECK(scaled.temperature == 2150 && ev_scaled_temperature_celsius(&scaled) == 21.5 && scaled.history_count == 0);
    ev_lengths_init(&lengths);
    CHECK(lengths.label_len == 9 && strcmp(lengths.label, "*/ \" \\ \xc3\xa9") == 0);
    memset(&choices, 0xa5, sizeof choices);
    ev_choices_init(&choices);
    CHECK(choices.event_tag == 0 && !choices.has_other);
    ev_beep_init(&beep);
    CHECK(beep.tone == 440);
    memset(&grown, 0xa5, sizeof grown);
    ev_grown_init(&grown);
    CHECK(grown.second == 1013 && grown.second_mode == EV_MODE_SLOW && strcmp(grown.third, "none") == 0);
    CHECK(!grown.has_maybe && !grown.has_second_maybe && grown.third_event_tag == 0);
}

static void test_null(void)
{
    ev_empty_t empty;
    uint8_t byte = 0;

    CHECK(ev_message_id(NULL, 0) == EV_ERR_SHORT);
    CHECK(ev_empty_decode(&empty, NULL, 0) == EV_ERR_SHORT && ev_empty_decode(&empty, &byte, 1) == EV_ERR_UNKNOWN_ID);
    CHECK(ev_empty_encode(&empty, NULL, 0) == EV_ERR_CAPACITY && ev_empty_encode(&empty, &byte, 1) == 1 && byte == 1);
    CHECK(ev_empty_decode(&empty, &byte, 1) == 1);
}

/* What is not there is not checked. */
static void test_absent(void)
{
    ev_scaled_t scaled;
    ev_optionals_t optionals;

    ev_scaled_init(&scaled);
    scaled.history_count = 1;
    scaled.history[1] = 101;
    CHECK(ev_scaled_length(&scaled) == 23);
    scaled.history_count = 2;
    CHECK(ev_scaled_length(&scaled) == EV_ERR_RANGE);
    ev_optionals_init(&optionals);
    optionals.o1 = 4;
    optionals.o3_len = 4;
    CHECK(ev_optionals_length(&optionals) == 6);
    optionals.has_o1 = true;
    CHECK(ev_optionals_length(&optionals) == EV_ERR_RANGE);
}

/* A union writes what its tag says. */
static void test_unions(void)
{
    static const uint8_t other[65536] = {1, 2};
    static uint8_t buf[70000];
    ev_choices_t v;

    ev_choices_init(&v);
    v.event_tag = 9;
    v.event.unknown.data = other;
    v.event.unknown.len = 2;
    CHECK(ev_choices_length(&v) == 1 + 9 + 2 + 5 + 1 + 1);
    v.event.unknown.len = 65535;
    CHECK(ev_choices_encode(&v, buf, sizeof buf) == 1 + 9 + 2 + 3 + 65535 + 1 + 1);
    v.event.unknown.len = 65536;
    CHECK(ev_choices_length(&v) == EV_ERR_LENGTH);
    v.event_tag = 0;
    CHECK(ev_choices_length(&v) == 1 + 9 + 2 + 3 + 1 + 1);
    v.event_tag = EV_CHOICES_EVENT_MOTION;
    memset(&v.event, 0, sizeof v.event);
    v.event.motion.path_count = 4;
    CHECK(ev_choices_length(&v) == EV_ERR_LENGTH);
    v.event.motion.path_count = 3;
    v.event.motion.path[2].x = 1000001;
    CHECK(ev_choices_length(&v) == EV_ERR_RANGE);
}

/* Bits of a value above the width of its part are dropped. */
static void test_bits(void)
{
    CHECK(ev_bits_status_with_mode(0x08, 0x0a) == 0x0a && ev_bits_status_with_low(0xff, 2) == 0xf7);
    CHECK(ev_bits_split_with_rest(1, 0xffffffffffffffffULL) == 0xffffffffffffffffULL);
    CHECK(ev_bits_odd_with_right(0x800fffffu, 0x801) == 0x801fffffu);
}

static void test_elements(void)
{
    ev_scaled_t v;

    ev_scaled_init(&v);
    CHECK(ev_scaled_set_history_percent(&v, 3, -50.0) == 0 && v.history[3] == -100 && v.history_count == 0);
    CHECK(ev_scaled_set_history_percent(&v, 3, 50.25) == EV_ERR_RANGE && ev_scaled_history_percent(&v, 3) == -50.0);
    CHECK(v.history[0] == 0 && v.history[2] == 0);
}

int main(void)
{
    test_macros();
    test_defaults();
    test_null();
    test_absent();
    test_unions();
    test_bits();
    test_elements();
    (void)printf("%u failures\n", failures);
    return failures > 0;
}
