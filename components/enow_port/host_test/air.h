/* An air for one test alone, so that tests may run at the same time. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Before Wi-Fi starts. */
static inline void air_alone(void)
{
    char air[32];

    (void)snprintf(air, sizeof air, "239.255.0.1:%u", 20000u + (unsigned)getpid() % 40000u);
    (void)setenv("FAKE_AIR", air, 1);
    (void)setenv("FAKE_MAC", "24:6f:28:00:00:01", 1);
}
