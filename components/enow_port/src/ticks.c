#include "ticks.h"

uint32_t enow_ticks_until(uint64_t now_us, uint64_t at_us, uint32_t tick_us)
{
    if (at_us <= now_us) {
        return 0;
    }
    const uint64_t ticks = (at_us - now_us - 1) / tick_us + 1;
    return ticks < ENOW_MAX_TICKS ? (uint32_t)ticks : ENOW_MAX_TICKS;
}
