/* What the application has sent, and who waits for it. */
#pragma once

#include "enow_node.h"

/* Takes the result of a message, in the driver's task. False: nobody waits for it. */
bool enow_publish_settle(const enow_link_result_t *result);

/* Ends all calls that wait, once the driver has stopped. */
void enow_publish_abandon(void);

/* What a result of the link means here. */
esp_err_t enow_publish_err(int result);
