/* The button, which connects a pin to ground. */
#pragma once

#include <stdbool.h>

/* Has the next press wake the chip from deep sleep. */
void wake_on_press(void);

/* Whether a press was what woke it. */
bool wake_was_press(void);
