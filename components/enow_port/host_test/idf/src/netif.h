/* What the station's driver tells its network interface: that there is a connection. */
#pragma once

void netif_joined(void);
