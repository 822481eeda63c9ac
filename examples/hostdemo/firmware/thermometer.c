/* In place of chip.c: a PC without a thermometer that always has one. Each reading differs from the one before. */
#include "chip.h"

#include "esp_attr.h"

static RTC_DATA_ATTR unsigned s_readings;

float chip_measure(void) { return 20 + (float)(s_readings++) / 10; }
