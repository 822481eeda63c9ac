#include "../src/roundtrip.h"
#include "check.h"

enum { END = -3, UNCLEAR = -2, TIMEOUT = -1 };

/* RFC 6298, section 2, by hand. What is not below zero is a sample in us. */
static const struct {
    const char *name;
    int64_t samples[12];
    uint32_t want_us;
} cases[] = {
    {"none", {END}, 200000},
    {"first: trip + 4 * trip/2", {40000, END}, 120000},
    {"second: 40+8/8, 20+(8-20)/4", {40000, 48000, END}, 41000 + 4 * 17000},
    {"second is shorter: 40-16/8, 20+(16-20)/4", {40000, 24000, END}, 38000 + 4 * 19000},
    {"fractions are cut: 40.003, 20.001; 40.003+6/8, 20.001+(6-20001)/4", {40003, 40009, END}, 40003 + 4 * 15003},
    {"fractions below zero too: 40.009-6/8, 20.004+(6-20004)/4", {40009, 40003, END}, 40009 + 4 * 15005},
    {"just above the least", {7000, END}, 21000},
    {"the least", {6000, END}, 20000},
    {"the most", {1000000, END}, 2000000},
    {"time-outs before a sample", {TIMEOUT, TIMEOUT, END}, 800000},
    {"time-outs", {40000, TIMEOUT, TIMEOUT, END}, 480000},
    {"many time-outs", {40000, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, END}, 2000000},
    {"a sample after time-outs", {40000, TIMEOUT, TIMEOUT, 40000, END}, 40000 + 4 * 15000},
    {"an unclear answer", {40000, TIMEOUT, TIMEOUT, UNCLEAR, END}, 120000},
    {"an unclear answer before a sample", {TIMEOUT, TIMEOUT, UNCLEAR, END}, 200000},
    {"three unclear answers", {40000, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, END}, 120000},
    {"four unclear answers",
     {40000, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, END},
     240000},
    {"a sample between",
     {40000, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, TIMEOUT, UNCLEAR, 40000, TIMEOUT, UNCLEAR, END},
     40000 + 4 * 15000},
};

static void test_cases(void)
{
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        enow_frag_round_trip_t trip = {0, 0, 0, 0};

        for (const int64_t *sample = cases[c].samples; *sample != END; sample++) {
            if (*sample == TIMEOUT) {
                enow_frag_round_trip_back_off(&trip);
            } else if (*sample == UNCLEAR) {
                enow_frag_round_trip_unclear_answer(&trip);
            } else {
                enow_frag_round_trip_sample(&trip, (uint64_t)*sample);
            }
        }
        CHECK(enow_frag_round_trip_current(&trip) == cases[c].want_us, "%s: %lu us", cases[c].name,
              (unsigned long)enow_frag_round_trip_current(&trip));
    }
}

/* However many there are, the time-out stays doubled. */
static void test_unclear_for_ever(void)
{
    enow_frag_round_trip_t trip = {0, 0, 0, 0};

    enow_frag_round_trip_sample(&trip, 40000);
    for (unsigned i = 0; i < 4; i++) {
        enow_frag_round_trip_unclear_answer(&trip);
    }
    enow_frag_round_trip_back_off(&trip);
    for (unsigned i = 0; i < 1000; i++) {
        enow_frag_round_trip_unclear_answer(&trip);
        CHECK(enow_frag_round_trip_current(&trip) == 240000, "after %u", i);
    }
}

/* A sender that was polled too late to repeat its question. */
static void test_late(void)
{
    enow_frag_round_trip_t late = {0, 0, 0, 0}, latest = {0, 0, 0, 0};

    enow_frag_round_trip_sample(&late, UINT64_MAX);
    enow_frag_round_trip_sample(&latest, 2000000);
    CHECK(late.smoothed_us == latest.smoothed_us && late.variation_us == latest.variation_us, "%lu us",
          (unsigned long)late.smoothed_us);
}

int main(void)
{
    test_late();
    test_cases();
    test_unclear_for_ever();
    return check_result();
}
