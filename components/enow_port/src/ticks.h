/* How long a task sleeps until a moment. */
#pragma once

#include <stdint.h>

/** The longest sleep, in ticks. */
#define ENOW_MAX_TICKS 0x7FFFFFFFu

/** Ticks of tick_us microseconds to sleep until at_us: 0 if it has passed. One tick ends when the clock ticks next, so
 * who wakes may be too early, and sleeps again, but never later than by a tick. */
uint32_t enow_ticks_until(uint64_t now_us, uint64_t at_us, uint32_t tick_us);
