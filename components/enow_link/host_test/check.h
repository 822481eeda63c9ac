/* What the tests share: a condition that must hold, told with its place; a test returns check_result(). */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* One for all sources of a test. */
__attribute__((weak)) int check_faults;

/* Tells a condition that does not hold, and what follows it: a format and values. */
#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            check_faults++;                                                                                            \
            (void)printf("%s:%d: not %s: ", __FILE__, __LINE__, #condition);                                           \
            (void)printf(__VA_ARGS__);                                                                                 \
            (void)printf("\n");                                                                                        \
        }                                                                                                              \
    } while (0)

static inline int check_result(void) { return check_faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE; }
