#include "window.h"

/* The bit of a counter up to the highest seen; 0: it is older than the window. */
static uint64_t bit(const enow_link_window_t *window, uint32_t counter)
{
    const uint64_t age = window->next - 1 - counter;

    return age < ENOW_LINK_WINDOW_SIZE ? UINT64_C(1) << age : 0;
}

bool enow_link_window_fresh(const enow_link_window_t *window, uint32_t counter)
{
    if (counter >= window->next) {
        return true;
    }
    const uint64_t its = bit(window, counter);
    return its != 0 && (window->seen & its) == 0;
}

void enow_link_window_mark(enow_link_window_t *window, uint32_t counter)
{
    if (counter >= window->next) {
        const uint64_t leap = counter + UINT64_C(1) - window->next;

        window->seen = leap < ENOW_LINK_WINDOW_SIZE ? window->seen << leap | 1 : 1;
        window->next = counter + UINT64_C(1);
    } else {
        window->seen |= bit(window, counter);
    }
}
