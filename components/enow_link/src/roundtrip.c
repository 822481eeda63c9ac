#include "roundtrip.h"

#define FIRST_TIMEOUT_US                                                                                               \
    (UINT32_C(200) * 1000) /* before the first sample: neighbours on a radio, where RFC 6298 has 1 s */
#define MAX_TIMEOUT_US (UINT32_C(2) * 1000 * 1000)
#define MAX_UNCLEAR 4u

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static void estimate(enow_frag_round_trip_t *trip)
{
    const uint32_t timeout_us = trip->smoothed_us + 4 * trip->variation_us;

    if (trip->smoothed_us == 0) {
        trip->timeout_us = FIRST_TIMEOUT_US;
    } else if (timeout_us < ENOW_FRAG_MIN_TIMEOUT_US) {
        trip->timeout_us = ENOW_FRAG_MIN_TIMEOUT_US;
    } else {
        trip->timeout_us = least(timeout_us, MAX_TIMEOUT_US);
    }
}

/* What is added to a value for it to come nearer to another by a fraction. Rounds towards zero. */
static uint32_t nearer(uint32_t value, uint32_t to, uint32_t fraction)
{
    return to > value ? value + (to - value) / fraction : value - (value - to) / fraction;
}

void enow_frag_round_trip_sample(enow_frag_round_trip_t *trip, uint64_t sample_us)
{
    const uint32_t sample = sample_us < MAX_TIMEOUT_US ? (uint32_t)sample_us : MAX_TIMEOUT_US;

    if (trip->smoothed_us == 0) {
        trip->smoothed_us = sample;
        trip->variation_us = sample / 2;
    } else {
        const uint32_t apart = sample > trip->smoothed_us ? sample - trip->smoothed_us : trip->smoothed_us - sample;
        trip->variation_us = nearer(trip->variation_us, apart, 4);
        trip->smoothed_us = nearer(trip->smoothed_us, sample, 8);
    }
    trip->unclear = 0;
    estimate(trip);
}

void enow_frag_round_trip_unclear_answer(enow_frag_round_trip_t *trip)
{
    if (trip->unclear < MAX_UNCLEAR) {
        trip->unclear++;
    }
    if (trip->unclear < MAX_UNCLEAR) {
        estimate(trip);
    }
}

uint32_t enow_frag_round_trip_current(const enow_frag_round_trip_t *trip)
{
    return trip->timeout_us == 0 ? FIRST_TIMEOUT_US : trip->timeout_us;
}

void enow_frag_round_trip_back_off(enow_frag_round_trip_t *trip)
{
    trip->timeout_us = least(2 * enow_frag_round_trip_current(trip), MAX_TIMEOUT_US);
}
