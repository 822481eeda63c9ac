/* How the application is told. */
#pragma once

#include "enow_node.h"

/* Begins to use the event loop, if there is no callback. */
esp_err_t enow_events_start(void);

/* Waits until the application has been told of everything; false: it was not within timeout_ms. Within a handler of the
 * event loop it does not wait: what comes after that one cannot be told. */
bool enow_events_flush(uint32_t timeout_ms);

/* Tells of what happened, in the driver's task. */
void enow_events_tell(const enow_link_event_t *event);
