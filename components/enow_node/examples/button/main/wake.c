#include "wake.h"

#include "esp_check.h"
#include "esp_idf_version.h"
#include "esp_sleep.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "soc/soc_caps.h"

#define PIN CONFIG_EXAMPLE_BUTTON_GPIO
#define LOOK_EVERY_MS 20u /* longer than contacts bounce */

#if SOC_PM_SUPPORT_EXT0_WAKEUP

#include "driver/rtc_io.h"

#define WAKEUP ESP_SLEEP_WAKEUP_EXT0

static void listen(void)
{
    ESP_ERROR_CHECK(rtc_gpio_init(PIN));
    ESP_ERROR_CHECK(rtc_gpio_set_direction(PIN, RTC_GPIO_MODE_INPUT_ONLY));
    ESP_ERROR_CHECK(rtc_gpio_pulldown_dis(PIN)); /* which some pins of an ESP32 begin with */
    ESP_ERROR_CHECK(rtc_gpio_pullup_en(PIN));
}

static bool held(void) { return rtc_gpio_get_level(PIN) == 0; }

void wake_on_press(void) { ESP_ERROR_CHECK(esp_sleep_enable_ext0_wakeup(PIN, 0)); }

#else

#include "driver/gpio.h"

#define WAKEUP ESP_SLEEP_WAKEUP_GPIO

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
#define esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown esp_deep_sleep_enable_gpio_wakeup
#endif

static void listen(void)
{
    ESP_ERROR_CHECK(gpio_set_direction(PIN, GPIO_MODE_INPUT));
    ESP_ERROR_CHECK(gpio_set_pull_mode(PIN, GPIO_PULLUP_ONLY));
    ESP_ERROR_CHECK(gpio_hold_dis(PIN)); /* which sleep began with */
}

static bool held(void) { return gpio_get_level(PIN) == 0; }

void wake_on_press(void)
{
    ESP_ERROR_CHECK(esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(UINT64_C(1) << PIN, ESP_GPIO_WAKEUP_GPIO_LOW));
}

#endif

bool wake_was_press(void)
{
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
    return esp_sleep_get_wakeup_cause() == WAKEUP;
#else
    return (esp_sleep_get_wakeup_causes() & 1u << WAKEUP) != 0;
#endif
}

bool wake_released(uint32_t timeout_ms)
{
    uint32_t ms = 0;

    listen();
    do {
        vTaskDelay(pdMS_TO_TICKS(LOOK_EVERY_MS));
        if (!held()) {
            return true;
        }
        ms += LOOK_EVERY_MS;
    } while (ms < timeout_ms);
    return false;
}
