/* How the application is told. */
#pragma once

#include "enow_node.h"

/* Begins to use the event loop, if there is no callback. */
esp_err_t enow_events_start(void);

/* Waits until the application has been told of everything, up to timeout_ms, and as long for what an earlier call
 * waited for; false: it was not told. Within a handler of the event loop it does not wait: what comes after that one
 * cannot be told. By who starts and stops the node. */
bool enow_events_flush(uint32_t timeout_ms);

/* Tells of what happened, in the driver's task. */
void enow_events_tell(const enow_link_event_t *event);
