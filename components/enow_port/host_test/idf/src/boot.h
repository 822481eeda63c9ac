/* How the program was started, and starting it anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BOOT_NEVER_US UINT64_MAX
#define BOOT_NO_PIN (-1)

/* Ends the program, waits for a time, or until the pin has a level, and starts it anew, with its arguments and
 * environment and, after deep sleep, with its RTC memory. */
void boot_again(bool deep_sleep, uint64_t time_us, int level) __attribute__((noreturn));

/* Whether the pin was what started the program. */
bool boot_was_by_pin(void);
