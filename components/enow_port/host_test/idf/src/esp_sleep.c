#include "esp_sleep.h"
#include "boot.h"

static boot_wake_t s_wake = {.time_us = BOOT_NEVER_US, .level = BOOT_NO_PIN};

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us)
{
    s_wake.time_us = time_in_us;
    return ESP_OK;
}

static esp_err_t wake_by_pin(bool exists, int level, esp_sleep_source_t source)
{
    if (!exists || level < 0 || level > 1) {
        return ESP_ERR_INVALID_ARG;
    }
    s_wake.level = level;
    s_wake.pin = source;
    return ESP_OK;
}

esp_err_t esp_sleep_enable_ext0_wakeup(gpio_num_t gpio_num, int level)
{
    return wake_by_pin(gpio_num >= 0, level, ESP_SLEEP_WAKEUP_EXT0);
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
esp_err_t esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(uint64_t gpio_pin_mask,
                                                              esp_sleep_gpio_wake_up_mode_t mode)
#else
esp_err_t esp_deep_sleep_enable_gpio_wakeup(uint64_t gpio_pin_mask, esp_deepsleep_gpio_wake_up_mode_t mode)
#endif
{
    return wake_by_pin(gpio_pin_mask != 0, (int)mode, ESP_SLEEP_WAKEUP_GPIO);
}

void esp_deep_sleep_start(void)
{
    if (s_wake.time_us == BOOT_NEVER_US && s_wake.level == BOOT_NO_PIN) {
        fputs("esp_deep_sleep_start: nothing on a PC would ever wake it: enable the timer or a pin\n", stderr);
        abort();
    }
    boot_again(&s_wake);
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
uint32_t esp_sleep_get_wakeup_causes(void) { return 1u << boot_cause(); }
#endif

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) { return boot_cause(); }
