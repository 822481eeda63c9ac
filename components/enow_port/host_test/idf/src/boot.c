#define _GNU_SOURCE // memfd_create
#include "boot.h"
#include "esp_idf_version.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// What the program that ends says to the one that starts: absent after power-on, "restart", or the descriptor of the
// file that holds RTC memory.
#define VARIABLE "FAKE_BOOT"

// Made by the linker from the section of RTC_DATA_ATTR; no program needs to have one.
extern char __start_rtc_data[] __attribute__((weak));
extern char __stop_rtc_data[] __attribute__((weak));

// Behind the descriptor, when a press ended the sleep.
#define PRESSED 'p'

static esp_reset_reason_t s_reason = ESP_RST_POWERON;
static bool s_was_pressed;
static sem_t s_press; // which a handler of signals may give, in any thread

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    abort();
}

// cppcheck-suppress comparePointers // both are the same section's
static size_t rtc_size(void) { return __start_rtc_data == NULL ? 0 : (size_t)(__stop_rtc_data - __start_rtc_data); }

__attribute__((constructor)) static void start(void)
{
    sem_init(&s_press, 0, 0);
    signal(SIGUSR1, SIG_IGN);
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
        s_was_pressed = *end == PRESSED;
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

// Returns whether there was a press before the time was over.
static bool wait_for_press(uint64_t time_us)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t ns = (uint64_t)now.tv_nsec + time_us % 1000000 * 1000;
    const struct timespec end = {
        .tv_sec = now.tv_sec + (time_t)(time_us / 1000000 + ns / 1000000000),
        .tv_nsec = (long)(ns % 1000000000),
    };
    int got;
    do {
        got = sem_clockwait(&s_press, CLOCK_MONOTONIC, &end);
    } while (got != 0 && errno == EINTR);
    return got == 0;
}

void boot_again(bool deep_sleep, uint64_t time_us)
{
    int rtc = deep_sleep ? keep_rtc() : -1;
    const bool pressed = wait_for_press(time_us);
    char value[16] = "restart";
    if (deep_sleep) {
        snprintf(value, sizeof value, "%d%s", rtc, pressed ? (char[]){PRESSED, 0} : "");
    }
    setenv(VARIABLE, value, 1);
    signal(SIGUSR1, SIG_IGN); // which the new program inherits, as it does no handler
    execv("/proc/self/exe", arguments());
    fail("exec");
}

static void press(int signal_number)
{
    (void)signal_number;
    sem_post(&s_press);
}

void boot_press_wakes(void) { signal(SIGUSR1, press); }

bool boot_was_pressed(void) { return s_was_pressed; }

void esp_restart(void) { boot_again(false, 0); }

esp_reset_reason_t esp_reset_reason(void) { return s_reason; }
