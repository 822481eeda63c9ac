/* Facts: driver/gpio/include/driver/rtc_io.h, from 5.3 in esp_driver_gpio, and hal/include/hal/rtc_io_types.h, 5.1
 * to 6.0. There is one pin, by whatever number: fake.h says how it is connected to ground. */
#pragma once

#include "esp_err.h"
#include "hal/gpio_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    RTC_GPIO_MODE_INPUT_ONLY,
} rtc_gpio_mode_t;

esp_err_t rtc_gpio_init(gpio_num_t gpio_num);
esp_err_t rtc_gpio_set_direction(gpio_num_t gpio_num, rtc_gpio_mode_t mode);
uint32_t rtc_gpio_get_level(gpio_num_t gpio_num);
esp_err_t rtc_gpio_pullup_en(gpio_num_t gpio_num);
esp_err_t rtc_gpio_pulldown_dis(gpio_num_t gpio_num);

#ifdef __cplusplus
}
#endif
