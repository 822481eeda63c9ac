#include "ticks.h"

#include "check.h"

static void test_table(void)
{
    const struct {
        uint64_t now_us, at_us;
        uint32_t tick_us, want;
    } cases[] = {
        {0, 0, 10000, 0},
        {5, 4, 10000, 0}, /* passed */
        {UINT64_MAX, 0, 10000, 0},
        {0, 1, 10000, 1},
        {0, 9999, 10000, 1},
        {0, 10000, 10000, 1},
        {0, 10001, 10000, 2},
        {7000, 27000, 10000, 2},
        {7000, 27001, 10000, 3},
        {0, 3, 1000, 1},
        {0, (uint64_t)ENOW_MAX_TICKS * 1000 - 1000, 1000, ENOW_MAX_TICKS - 1},
        {0, (uint64_t)ENOW_MAX_TICKS * 1000 - 999, 1000, ENOW_MAX_TICKS},
        {0, UINT64_MAX, 1000, ENOW_MAX_TICKS}, /* no limit */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t got = enow_ticks_until(cases[i].now_us, cases[i].at_us, cases[i].tick_us);

        CHECK(got == cases[i].want, "case %zu: %u ticks, want %u", i, (unsigned)got, (unsigned)cases[i].want);
    }
}

/* A sleeper that wakes at ticks of the clock comes in time, by a tick, and does not ask more than once more than the
 * ticks that pass. */
static void test_sleeper(void)
{
    const uint32_t tick_us = 10000;

    for (uint64_t begin = 0; begin < 2 * tick_us; begin += 137) {
        for (uint64_t at = begin; at < begin + 5 * tick_us; at += 271) {
            uint64_t now = begin;
            unsigned sleeps = 0;

            for (uint32_t ticks; (ticks = enow_ticks_until(now, at, tick_us)) > 0; sleeps++) {
                now = (now / tick_us + ticks) * tick_us;
            }
            CHECK(now >= at && now - at < tick_us && sleeps <= 2, "from %llu to %llu: wakes at %llu after %u sleeps",
                  (unsigned long long)begin, (unsigned long long)at, (unsigned long long)now, sleeps);
        }
    }
}

int main(void)
{
    test_table();
    test_sleeper();
    return check_result();
}
