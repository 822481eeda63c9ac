/*
 * Facts: esp_common/include/esp_attr.h, 5.1 to 6.0. Deep sleep keeps what is in the section rtc_data, see esp_sleep.h;
 * every other boot starts with what the program was linked with.
 */
#pragma once

#include "sdkconfig.h"

#define IRAM_ATTR
#define DRAM_ATTR
#define RTC_IRAM_ATTR
#define RTC_DATA_ATTR __attribute__((section("rtc_data")))
