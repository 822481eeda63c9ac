#define _GNU_SOURCE // memfd_create
#include "boot.h"
#include "driver/rtc_io.h"
#include "esp_idf_version.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// What the program that ends says to the one that starts: absent after power-on, "restart", or the descriptor of the
// file that holds RTC memory, and what ended the sleep.
#define VARIABLE "FAKE_BOOT"

// Made by the linker from the section of RTC_DATA_ATTR; no program needs to have one.
extern char __start_rtc_data[] __attribute__((weak));
extern char __stop_rtc_data[] __attribute__((weak));

#define LOOK_EVERY_US 5000u

static esp_reset_reason_t s_reason = ESP_RST_POWERON;
static esp_sleep_source_t s_cause = ESP_SLEEP_WAKEUP_UNDEFINED;

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    abort();
}

// cppcheck-suppress comparePointers // both are the same section's
static size_t rtc_size(void) { return __start_rtc_data == NULL ? 0 : (size_t)(__stop_rtc_data - __start_rtc_data); }

__attribute__((constructor)) static void start(void)
{
    const char *boot = getenv(VARIABLE);
    if (boot == NULL) {
        return;
    }
    char *end;
    long file = strtol(boot, &end, 10);
    if (end == boot) {
        s_reason = ESP_RST_SW;
    } else {
        s_reason = ESP_RST_DEEPSLEEP;
        s_cause = (esp_sleep_source_t)strtol(end, NULL, 10);
        if (pread((int)file, __start_rtc_data, rtc_size(), 0) != (ssize_t)rtc_size()) {
            fail("RTC memory");
        }
        close((int)file);
    }
    unsetenv(VARIABLE);
}

static int keep_rtc(void)
{
    int file = memfd_create("rtc", 0);
    if (file < 0 || write(file, __start_rtc_data, rtc_size()) != (ssize_t)rtc_size()) {
        fail("RTC memory");
    }
    return file;
}

// As the kernel has them: one after the other, each ended by a zero.
static char **arguments(void)
{
    static char text[65536];
    static char *list[1024];
    FILE *file = fopen("/proc/self/cmdline", "rb");
    if (file == NULL) {
        fail("/proc/self/cmdline");
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    size_t count = 0;
    for (size_t i = 0; i < length && count < sizeof list / sizeof *list - 1; count++) {
        list[count] = &text[i];
        while (i < length && text[i] != '\0') {
            i++;
        }
        i++;
    }
    return list;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

// Returns what ended the sleep.
static esp_sleep_source_t sleep_until(const boot_wake_t *wake)
{
    const uint64_t begin_us = now_us();
    for (;;) {
        if (wake->level != BOOT_NO_PIN && rtc_gpio_get_level(0) == (uint32_t)wake->level) {
            return wake->pin;
        }
        const uint64_t passed_us = now_us() - begin_us;
        if (passed_us >= wake->time_us) {
            return ESP_SLEEP_WAKEUP_TIMER;
        }
        const uint64_t left_us = wake->time_us - passed_us;
        usleep(left_us < LOOK_EVERY_US ? (unsigned)left_us : LOOK_EVERY_US);
    }
}

void boot_again(const boot_wake_t *wake)
{
    char value[32] = "restart";
    if (wake != NULL) {
        int rtc = keep_rtc();
        snprintf(value, sizeof value, "%d %d", rtc, (int)sleep_until(wake));
    }
    setenv(VARIABLE, value, 1);
    execv("/proc/self/exe", arguments());
    fail("exec");
}

esp_sleep_source_t boot_cause(void) { return s_cause; }

void esp_restart(void) { boot_again(NULL); }

esp_reset_reason_t esp_reset_reason(void) { return s_reason; }
