/* The button, which connects a pin to ground. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether a press was what woke the chip. */
bool wake_was_press(void);

/* Waits until the button is released, up to timeout_ms; false: it is still held. */
bool wake_released(uint32_t timeout_ms);

/* Has the next press wake the chip from deep sleep; one that is held does so at once. */
void wake_on_press(void);
