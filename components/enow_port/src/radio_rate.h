/* Rates of frames, as people and as ESP-IDF know them. */
#pragma once

#include "esp_now.h"

/** Sets *rate to that of kbit/s; false: there is none. */
bool enow_radio_rate(uint16_t kbps, esp_now_rate_config_t *rate);
