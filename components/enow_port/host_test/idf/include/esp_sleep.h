/*
 * Facts: esp_hw_support/include/esp_sleep.h, 5.1 to 6.0. Deep sleep ends the program, waits and starts it anew with
 * what RTC memory held; so does a pin that has the level that was asked for, at once if it has it already.
 */
#pragma once

#include "esp_err.h"
#include "esp_idf_version.h"
#include "hal/gpio_types.h"
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_SLEEP_WAKEUP_UNDEFINED,
    ESP_SLEEP_WAKEUP_ALL,
    ESP_SLEEP_WAKEUP_EXT0,
    ESP_SLEEP_WAKEUP_EXT1,
    ESP_SLEEP_WAKEUP_TIMER,
    ESP_SLEEP_WAKEUP_TOUCHPAD,
    ESP_SLEEP_WAKEUP_ULP,
    ESP_SLEEP_WAKEUP_GPIO,
    ESP_SLEEP_WAKEUP_UART,
} esp_sleep_source_t;
typedef esp_sleep_source_t esp_sleep_wakeup_cause_t;

typedef enum {
    ESP_GPIO_WAKEUP_GPIO_LOW = 0,
    ESP_GPIO_WAKEUP_GPIO_HIGH = 1,
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
} esp_sleep_gpio_wake_up_mode_t;

esp_err_t esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(uint64_t gpio_pin_mask,
                                                              esp_sleep_gpio_wake_up_mode_t mode);
#else
} esp_deepsleep_gpio_wake_up_mode_t;

esp_err_t esp_deep_sleep_enable_gpio_wakeup(uint64_t gpio_pin_mask, esp_deepsleep_gpio_wake_up_mode_t mode);
#endif

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us);
esp_err_t esp_sleep_enable_ext0_wakeup(gpio_num_t gpio_num, int level);
void esp_deep_sleep_start(void) __attribute__((noreturn));
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void) __attribute__((deprecated));
/* A bit 1 << esp_sleep_source_t for each. */
uint32_t esp_sleep_get_wakeup_causes(void);
#else
esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void);
#endif

#ifdef __cplusplus
}
#endif
