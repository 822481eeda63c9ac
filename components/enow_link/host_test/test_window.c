#include "../src/window.h"
#include "check.h"

#include <string.h>

typedef struct {
    uint32_t counter;
    bool fresh;
} step_t;

/* Cases after RFC 6479 and the implementations of it that went wrong: each step offers a counter. */
static const struct {
    const char *name;
    step_t steps[8];
    size_t count;
} cases[] = {
    {"in order", {{0, true}, {1, true}, {2, true}, {2, false}, {0, false}}, 5},
    {"the first is not 0", {{9, true}, {9, false}, {8, true}, {8, false}, {0, true}, {0, false}}, 6},
    {"63 behind and 64", {{64, true}, {1, true}, {0, false}, {1, false}}, 4},
    {"64 behind from 63", {{63, true}, {0, true}, {0, false}, {64, true}, {0, false}, {1, true}}, 6},
    {"a leap of 63", {{0, true}, {63, true}, {0, false}, {1, true}}, 4},
    {"a leap of 64", {{0, true}, {64, true}, {0, false}, {1, true}, {63, true}}, 5},
    {"a leap of 65", {{0, true}, {65, true}, {1, false}, {2, true}}, 4},
    {"a leap to the end",
     {{0, true},
      {UINT32_MAX, true},
      {UINT32_MAX, false},
      {UINT32_MAX - 63, true},
      {UINT32_MAX - 64, false},
      {0, false}},
     6},
    {"across half the range",
     {{INT32_MAX, true},
      {UINT32_C(1) << 31, true},
      {INT32_MAX, false},
      {INT32_MAX - 1, true},
      {(UINT32_C(1) << 31) + 64, true},
      {UINT32_C(1) << 31, false}},
     6},
};

static void test_cases(void)
{
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        enow_link_window_t window = {0, 0};

        for (size_t i = 0; i < cases[c].count; i++) {
            const step_t step = cases[c].steps[i];

            CHECK(enow_link_window_fresh(&window, step.counter) == step.fresh, "%s: step %u", cases[c].name,
                  (unsigned)i);
            if (step.fresh) {
                enow_link_window_mark(&window, step.counter);
            }
        }
    }
}

/* The window against a list of all counters seen. */
static void test_against_model(void)
{
    uint32_t random = 1;

    for (unsigned run = 0; run < 100; run++) {
        enow_link_window_t window = {0, 0};
        uint32_t seen[300] = {0};
        size_t count = 0;
        int64_t newest = -1, counter = (int64_t)run * (UINT32_MAX / 99);

        while (count < sizeof seen / sizeof seen[0]) {
            random = random * 1664525 + 1013904223;
            counter += (int64_t)(random >> 16) % 80 - 38;
            counter = counter < 0 ? 0 : counter > UINT32_MAX ? UINT32_MAX : counter;
            const uint32_t c = (uint32_t)counter;
            bool want = counter > newest - 64;
            for (size_t i = 0; i < count; i++) {
                want = want && seen[i] != c;
            }
            CHECK(enow_link_window_fresh(&window, c) == want, "run %u: counter %lu", run, (unsigned long)c);
            if (want && (random >> 12 & 3) != 0) { /* else its tag did not verify */
                enow_link_window_mark(&window, c);
                seen[count++] = c;
                newest = counter > newest ? counter : newest;
            } else if (counter == UINT32_MAX) {
                break; /* the end of the range, where little is new */
            }
        }
    }
}

int main(void)
{
    test_cases();
    test_against_model();
    return check_result();
}
