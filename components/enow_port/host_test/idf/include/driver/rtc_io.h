/* Facts: driver/gpio/include/driver/rtc_io.h, from 5.3 in esp_driver_gpio, 5.1 to 6.0. A PC has no pins to pull up. */
#pragma once

#include "esp_err.h"
#include "hal/gpio_types.h"

#ifdef __cplusplus
extern "C" {
#endif

esp_err_t rtc_gpio_pullup_en(gpio_num_t gpio_num);
esp_err_t rtc_gpio_pulldown_dis(gpio_num_t gpio_num);

#ifdef __cplusplus
}
#endif
