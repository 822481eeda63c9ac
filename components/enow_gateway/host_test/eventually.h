/* Waiting for what other threads do. */
#pragma once

#include <stdint.h>
#include <unistd.h>

#define EVENTUALLY_STEP_US 5000

/* Whether a condition holds within a time. */
#define EVENTUALLY(condition, timeout_ms)                                                                              \
    __extension__({                                                                                                    \
        int64_t left_us = (int64_t)(timeout_ms)*1000;                                                                  \
        while (!(condition) && left_us > 0) {                                                                          \
            (void)usleep(EVENTUALLY_STEP_US);                                                                          \
            left_us -= EVENTUALLY_STEP_US;                                                                             \
        }                                                                                                              \
        left_us > 0;                                                                                                   \
    })
