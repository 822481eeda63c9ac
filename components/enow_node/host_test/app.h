/* What an application hears of its node, for tests. */
#pragma once

#include "enow_node.h"

enum { APP_TEXT = 2048 };

typedef struct {
    unsigned connected, disconnected, messages, results;
    enow_link_connection_t connection; /* the last one */
    enow_node_result_t result;         /* the last one */
    char topic[256], payload[APP_TEXT];
    size_t len;
    bool retain;
} app_t;

/* Takes events by the event loop, from now on. */
void app_listen(void);
app_t app_now(void);
/* Waits until there are so many events of a kind. */
bool app_waits(enow_node_event_t event, unsigned count, unsigned timeout_ms);

/* As enow_node_config_t.on_event, for the same. */
void app_on_event(void *user, enow_node_event_t event, const void *data);

/* What menuconfig says, with the key of far_key, and shorter times. */
enow_node_config_t app_config(void);

enow_node_stats_t app_stats(void);
void app_sleep_ms(unsigned ms);
