#include "esp_sleep.h"
#include "boot.h"
#include "esp_system.h"

static bool s_timer;
static int s_level = BOOT_NO_PIN;
static uint64_t s_timer_us;

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us)
{
    s_timer = true;
    s_timer_us = time_in_us;
    return ESP_OK;
}

esp_err_t esp_sleep_enable_ext0_wakeup(gpio_num_t gpio_num, int level)
{
    if (gpio_num < 0 || level < 0 || level > 1) {
        return ESP_ERR_INVALID_ARG;
    }
    s_level = level;
    return ESP_OK;
}

void esp_deep_sleep_start(void)
{
    if (!s_timer && s_level == BOOT_NO_PIN) {
        fputs("esp_deep_sleep_start: nothing on a PC would ever wake it: enable the timer or a pin\n", stderr);
        abort();
    }
    boot_again(true, s_timer ? s_timer_us : BOOT_NEVER_US, s_level);
}

static esp_sleep_wakeup_cause_t cause(void)
{
    if (esp_reset_reason() != ESP_RST_DEEPSLEEP) {
        return ESP_SLEEP_WAKEUP_UNDEFINED;
    }
    return boot_was_by_pin() ? ESP_SLEEP_WAKEUP_EXT0 : ESP_SLEEP_WAKEUP_TIMER;
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
uint32_t esp_sleep_get_wakeup_causes(void) { return 1u << cause(); }
#endif

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) { return cause(); }
