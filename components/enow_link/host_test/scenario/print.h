/* What has happened, as a scenario says it: each a line at the end of the world's outputs. */
#pragma once

#include "world.h"

void print_event(world_t *w, const device_t *d, const enow_link_event_t *event);
void print_frame(world_t *w, const device_t *d, const enow_link_transmission_t *out, const flight_t *f, bool lost);

/* Those counters of drops that are higher than the device has told. */
void print_drops(world_t *w, const device_t *d, const enow_link_drops_t *drops);

/* That a device does not do what it was asked, or does so only in part, and why: a result of the link's. */
void print_refusal(world_t *w, const device_t *d, const char *what, int why);

/* Has nothing but a count and a sum in place of all outputs. */
void print_sum(world_t *w);
