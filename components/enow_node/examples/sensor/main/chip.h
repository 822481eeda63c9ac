/* What a bare chip can measure. Put your sensor in its place. */
#pragma once

#include "soc/soc_caps.h"

#if SOC_TEMP_SENSOR_SUPPORTED
#define CHIP_TOPIC "temperature"
#else
#define CHIP_TOPIC "free_heap"
#endif

/* Returns the chip's temperature in degrees Celsius; of a chip that has no thermometer, its free heap in KiB. */
float chip_measure(void);
