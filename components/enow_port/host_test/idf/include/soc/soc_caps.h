/* Facts: soc/.../include/soc/soc_caps.h, 5.1 to 6.0: what a chip has, here one like the ESP32 without a thermometer,
 * or, with FAKE_WITHOUT_EXT0, like the ESP32-C3 without one. */
#pragma once

#define SOC_RTC_MEM_SUPPORTED 1
#ifndef FAKE_WITHOUT_EXT0
#define SOC_PM_SUPPORT_EXT0_WAKEUP 1
#else
#define SOC_GPIO_SUPPORT_DEEPSLEEP_WAKEUP 1
#endif
