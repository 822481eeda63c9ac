#include "wake.h"

#include "esp_check.h"
#include "esp_idf_version.h"
#include "esp_sleep.h"
#include "soc/soc_caps.h"

#if SOC_PM_SUPPORT_EXT0_WAKEUP

#include "driver/rtc_io.h"

#define WAKEUP ESP_SLEEP_WAKEUP_EXT0

void wake_on_press(void)
{
    ESP_ERROR_CHECK(rtc_gpio_pulldown_dis(CONFIG_EXAMPLE_BUTTON_GPIO)); /* which some pins of an ESP32 begin with */
    ESP_ERROR_CHECK(rtc_gpio_pullup_en(CONFIG_EXAMPLE_BUTTON_GPIO));
    ESP_ERROR_CHECK(esp_sleep_enable_ext0_wakeup(CONFIG_EXAMPLE_BUTTON_GPIO, 0));
}

#else /* which pulls the pin up by itself */

#define WAKEUP ESP_SLEEP_WAKEUP_GPIO

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(6, 0, 0)
#define esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown esp_deep_sleep_enable_gpio_wakeup
#endif

void wake_on_press(void)
{
    ESP_ERROR_CHECK(esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(UINT64_C(1) << CONFIG_EXAMPLE_BUTTON_GPIO,
                                                                        ESP_GPIO_WAKEUP_GPIO_LOW));
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
