/* What the station's driver tells its network interface. */
#pragma once

#include <stdbool.h>

void netif_joined(bool joined);
