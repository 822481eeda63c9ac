/* The replay window: any window, any counter. */
#include "window.h"

#include "unknown.h"

void prove_window(void)
{
    enow_link_window_t window = {unknown_u64(0, UINT64_MAX), unknown_u64(0, UINT64_MAX)};
    const uint32_t counter = unknown_u32(0, UINT32_MAX);

    if (enow_link_window_fresh(&window, counter)) {
        enow_link_window_mark(&window, counter);
    }
}
