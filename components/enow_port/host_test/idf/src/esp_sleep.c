#include "esp_sleep.h"
#include "boot.h"
#include "driver/rtc_io.h"
#include "esp_system.h"

static bool s_timer, s_pin;
static uint64_t s_timer_us;

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us)
{
    s_timer = true;
    s_timer_us = time_in_us;
    return ESP_OK;
}

esp_err_t esp_sleep_enable_ext0_wakeup(gpio_num_t gpio_num, int level)
{
    (void)level;
    if (gpio_num < 0) {
        return ESP_ERR_INVALID_ARG;
    }
    s_pin = true;
    return ESP_OK;
}

esp_err_t rtc_gpio_pullup_en(gpio_num_t gpio_num) { return gpio_num < 0 ? ESP_ERR_INVALID_ARG : ESP_OK; }

esp_err_t rtc_gpio_pulldown_dis(gpio_num_t gpio_num) { return gpio_num < 0 ? ESP_ERR_INVALID_ARG : ESP_OK; }

void esp_deep_sleep_start(void)
{
    if (!s_timer && !s_pin) {
        fputs("esp_deep_sleep_start: nothing on a PC would ever wake it: enable the timer or a pin\n", stderr);
        abort();
    }
    if (s_pin) {
        boot_press_wakes();
    }
    boot_again(true, s_timer ? s_timer_us : BOOT_NEVER_US);
}

static esp_sleep_wakeup_cause_t cause(void)
{
    if (esp_reset_reason() != ESP_RST_DEEPSLEEP) {
        return ESP_SLEEP_WAKEUP_UNDEFINED;
    }
    return boot_was_pressed() ? ESP_SLEEP_WAKEUP_EXT0 : ESP_SLEEP_WAKEUP_TIMER;
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
uint32_t esp_sleep_get_wakeup_causes(void) { return 1u << cause(); }
#endif

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) { return cause(); }
