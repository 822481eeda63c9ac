/* Facts: hal/include/hal/gpio_types.h, from 6.0 in esp_hal_gpio, 5.1 to 6.0: there an enum. */
#pragma once

typedef int gpio_num_t;
