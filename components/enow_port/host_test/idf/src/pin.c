#include "driver/gpio.h"
#include "driver/rtc_io.h"
#include <stdlib.h>
#include <unistd.h>

static esp_err_t valid(gpio_num_t gpio_num) { return gpio_num < 0 ? ESP_ERR_INVALID_ARG : ESP_OK; }

esp_err_t rtc_gpio_init(gpio_num_t gpio_num) { return valid(gpio_num); }

esp_err_t rtc_gpio_set_direction(gpio_num_t gpio_num, rtc_gpio_mode_t mode)
{
    (void)mode;
    return valid(gpio_num);
}

esp_err_t rtc_gpio_pullup_en(gpio_num_t gpio_num) { return valid(gpio_num); }

esp_err_t rtc_gpio_pulldown_dis(gpio_num_t gpio_num) { return valid(gpio_num); }

uint32_t rtc_gpio_get_level(gpio_num_t gpio_num)
{
    (void)gpio_num;
    const char *grounded = getenv("FAKE_GROUNDED");
    return grounded == NULL || access(grounded, F_OK) != 0;
}

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode)
{
    (void)mode;
    return valid(gpio_num);
}

esp_err_t gpio_set_pull_mode(gpio_num_t gpio_num, gpio_pull_mode_t pull)
{
    (void)pull;
    return valid(gpio_num);
}

esp_err_t gpio_hold_dis(gpio_num_t gpio_num) { return valid(gpio_num); }

int gpio_get_level(gpio_num_t gpio_num) { return (int)rtc_gpio_get_level(gpio_num); }
