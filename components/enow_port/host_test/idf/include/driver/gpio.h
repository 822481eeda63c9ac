/* Facts: driver/gpio/include/driver/gpio.h, from 5.3 in esp_driver_gpio, and hal/gpio_types.h, 5.1 to 6.0. There is one
 * pin, as in rtc_io.h. */
#pragma once

#include "esp_err.h"
#include "hal/gpio_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    GPIO_MODE_INPUT = 1,
} gpio_mode_t;

typedef enum {
    GPIO_PULLUP_ONLY,
} gpio_pull_mode_t;

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode);
esp_err_t gpio_set_pull_mode(gpio_num_t gpio_num, gpio_pull_mode_t pull);
esp_err_t gpio_hold_dis(gpio_num_t gpio_num);
int gpio_get_level(gpio_num_t gpio_num);

#ifdef __cplusplus
}
#endif
