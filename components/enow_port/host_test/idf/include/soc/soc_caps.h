/* Facts: soc/esp32/include/soc/soc_caps.h, 5.1 to 6.0: what a chip has, here one like the ESP32 without a thermometer.
 */
#pragma once

#define SOC_RTC_MEM_SUPPORTED 1
#define SOC_PM_SUPPORT_EXT0_WAKEUP 1
