/* How the application is told. */
#pragma once

#include "enow_node.h"

/* Tells of what happened, in the driver's task. */
void enow_events_tell(const enow_link_event_t *event);
