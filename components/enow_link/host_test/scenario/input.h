/* What an input has happen. */
#pragma once

#include "world.h"

void input_do(world_t *w);
