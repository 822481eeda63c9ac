// A program like firmware: it starts, sleeps twice, restarts, sleeps until a press in both ways, and each time knows
// what it should.
#include "check.h"
#include "driver/gpio.h"
#include "driver/rtc_io.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "esp_timer.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static RTC_DATA_ATTR int s_count = 7;
static RTC_DATA_ATTR char s_text[32];
static int s_ordinary = 7;

static bool woken_by(esp_sleep_source_t source)
{
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    return esp_sleep_get_wakeup_causes() == 1u << source;
#else
    return esp_sleep_get_wakeup_cause() == source;
#endif
}

static bool woken_by_timer(void) { return woken_by(ESP_SLEEP_WAKEUP_TIMER); }

// Presses the button soon, and sleeps until it is pressed; a button that is held wakes at once.
static void sleep_until_pressed(void)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/test_sleep.%d", (int)getpid());
    setenv("FAKE_GROUNDED", path, 1);
    CHECK(rtc_gpio_get_level(4) == 1);
    if (fork() == 0) {
        usleep(200000);
        _exit(open(path, O_CREAT | O_WRONLY, 0600) < 0);
    }
    CHECK(esp_sleep_enable_ext0_wakeup(4, 2) == ESP_ERR_INVALID_ARG);
    CHECK(esp_sleep_enable_ext0_wakeup(4, 0) == ESP_OK);
    esp_deep_sleep_start();
}

// Sleeps until the button that is held is released, by the other source.
static void sleep_until_released(void)
{
    CHECK(rtc_gpio_get_level(4) == 0 && gpio_get_level(4) == 0);
    if (fork() == 0) {
        usleep(200000);
        _exit(unlink(getenv("FAKE_GROUNDED")) != 0);
    }
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    CHECK(esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(1u << 4, ESP_GPIO_WAKEUP_GPIO_HIGH) == ESP_OK);
#else
    CHECK(esp_deep_sleep_enable_gpio_wakeup(1u << 4, ESP_GPIO_WAKEUP_GPIO_HIGH) == ESP_OK);
#endif
    esp_deep_sleep_start();
}

__attribute__((noreturn)) static void sleep_for(uint64_t us)
{
    CHECK(esp_sleep_enable_timer_wakeup(us) == ESP_OK);
    esp_deep_sleep_start();
}

void app_main(void)
{
    CHECK(s_ordinary++ == 7);
    CHECK(esp_timer_get_time() < 5000000);
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        CHECK(s_count == 7 && s_text[0] == '\0' && !woken_by_timer());
        s_count = 8;
        strcpy(s_text, "kept");
        sleep_for(50000);
    case ESP_RST_DEEPSLEEP:
        if (s_count == 7) {
            if (woken_by(ESP_SLEEP_WAKEUP_EXT0)) {
                sleep_until_released();
            }
            CHECK(woken_by(ESP_SLEEP_WAKEUP_GPIO) && rtc_gpio_get_level(4) == 1 && gpio_get_level(4) == 1);
            exit(0);
        }
        CHECK(woken_by_timer() && strcmp(s_text, "kept") == 0);
        if (s_count++ == 8) {
            sleep_for(50000);
        }
        CHECK(s_count == 10);
        setenv("SLEPT", "twice", 1);
        esp_restart();
    default:
        CHECK(esp_reset_reason() == ESP_RST_SW && getenv("SLEPT") != NULL);
        CHECK(s_count == 7 && s_text[0] == '\0');
        sleep_until_pressed();
    }
}
