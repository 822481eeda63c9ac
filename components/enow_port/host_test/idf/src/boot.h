/* How the program was started, and starting it anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Ends the program, waits and starts it anew, with its arguments and environment and, after deep sleep, with its RTC
 * memory. */
void boot_again(bool deep_sleep, uint64_t time_us) __attribute__((noreturn));
