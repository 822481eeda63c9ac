/* The far side for tests: a gateway of the link on the air, in a thread of its own. */
#pragma once

#include "enow/gateway.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAR_TEXT = 9000 };

typedef struct far far_t;

/* What it heard; the topic has a NUL behind it. */
typedef struct {
    enow_addr_t from;
    char topic[256];
    uint8_t payload[FAR_TEXT];
    size_t len;
} far_message_t;

extern const enow_addr_t far_addr;

/* Gives this program, and those that it starts, an air of their own. First of all. */
void far_air(void);

/* The network's key in tests, and its key_id. */
extern const uint8_t far_key[ENOW_LINK_KEY_SIZE];
enum { FAR_KEY_ID = 3 };

/* key may be null: an open network. */
far_t *far_open(uint8_t channel, const uint8_t *key);
void far_close(far_t *far);

void far_channel(far_t *far, uint8_t channel);
/* Away it hears and sends nothing. */
void far_away(far_t *far, bool away);
/* What it does with messages: takes responsibility, refuses, or leaves them open until it accepts again. */
typedef enum { FAR_ACCEPTS, FAR_REFUSES, FAR_HOLDS } far_mood_t;
void far_mood(far_t *far, far_mood_t mood);

/* Waits for the next message that it has not given yet. */
bool far_next(far_t *far, far_message_t *out, unsigned timeout_ms);
/* Sends a message to a node; false: the machine refuses. */
bool far_send(far_t *far, enow_addr_t to, const char *topic, const char *payload);
/* Waits until a message to a node is acknowledged. */
bool far_sent(far_t *far, unsigned timeout_ms);
enow_link_gateway_stats_t far_stats(far_t *far);
