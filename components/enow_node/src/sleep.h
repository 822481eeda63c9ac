/* Deep sleep: what RTC memory keeps meanwhile. */
#pragma once

#include "enow_node.h"

/* Goes on with the session from before the sleep, as enow_link_node_resume does. ENOW_LINK_ERR_SNAPSHOT: there is none.
 */
int enow_sleep_resume(enow_link_node_t **machine, const enow_link_node_config_t *cfg, void *memory, size_t size);

/* How many messages sleep has cost since the chip was switched on; says in the log those that are new. */
uint32_t enow_sleep_lost(void);
