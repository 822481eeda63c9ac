/* How the program was started, and starting it anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Ends the program, waits and starts it anew, with its arguments and environment and, after deep sleep, with its RTC
 * memory. */
#define BOOT_NEVER_US UINT64_MAX
void boot_again(bool deep_sleep, uint64_t time_us) __attribute__((noreturn));

/* Has the signal SIGUSR1, a press of a button, end the wait of boot_again; before, it is without effect. */
void boot_press_wakes(void);

/* Whether it was what started the program. */
bool boot_was_pressed(void);
