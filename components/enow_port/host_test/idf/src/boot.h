/* How the program was started, and starting it anew. */
#pragma once

#include "esp_sleep.h"
#include <stdbool.h>
#include <stdint.h>

#define BOOT_NEVER_US UINT64_MAX
#define BOOT_NO_PIN (-1)

/* What ends deep sleep: a time, or a level of the pin, which then counts as the source that it is named as. */
typedef struct {
    uint64_t time_us;
    int level;
    esp_sleep_source_t pin;
} boot_wake_t;

/* Ends the program, waits, and starts it anew, with its arguments and environment and what RTC memory held; NULL: at
 * once, and without RTC memory. */
void boot_again(const boot_wake_t *wake) __attribute__((noreturn));

/* What ended deep sleep and started the program. */
esp_sleep_source_t boot_cause(void);
