/* Where the node has its gateway: kept in NVS, so that after a restart it searches there first, and missed in the log.
 */
#pragma once

#include "enow_node.h"

/* Fills in what NVS has; zero where it has nothing. */
void enow_home_load(enow_link_home_t *home);

/* Notes that the node begins to search, or goes on with the session from before a sleep. */
void enow_home_searching(uint64_t now_us);
void enow_home_resumed(void);

/* Notes that the node has a gateway, or has lost it; in the driver's task. */
void enow_home_changed(uint64_t now_us, const enow_link_connection_t *connection);

/* Says what may be wrong, if there is no gateway for too long. */
void enow_home_missed(uint64_t now_us);
