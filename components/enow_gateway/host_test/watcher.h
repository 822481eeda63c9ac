/* A client of the broker that sees all that is published, and publishes itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One message that was seen. */
typedef struct {
    char topic[384];
    char payload[8192]; /**< with a 0 behind it */
    size_t len;
    bool retained;
    char properties[256]; /**< "name=value;" of each user property */
} seen_t;

/** Connects, as a user of a broker that has users, and from now on sees what is published, and what was retained.
 */
void watcher_start(int port, const char *user, const char *password);
void watcher_stop(void);

/** Forgets what was seen. */
void watcher_clear(void);

/** Waits until a message is seen on a topic, with a text in its payload, and fills in the last of these; null: it is
 * not wanted. False: none came in time. */
bool watcher_sees(const char *topic, const char *text, uint32_t timeout_ms, seen_t *out);

/** How many messages were seen on a topic with a text in their payload. */
unsigned watcher_count(const char *topic, const char *text);

void watcher_publish(const char *topic, const void *payload, size_t len, bool retain);
