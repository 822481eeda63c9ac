/*
 * Whether a message is the reason why the broker hangs up. One that is longer than the broker takes, say, would keep
 * all others from it for ever: it is the oldest, and handed over again after each loss.
 *
 * After connections in a row that did not last, messages go one at a time, and the first only when the broker has
 * answered the greeting and the connection has lasted a while without any: so the broker takes others. Where it breaks
 * within as short a while then, and the broker has not answered that first message, the message is to blame.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connections in a row that did not last, after which messages go one at a time. */
#define ENOW_GATEWAY_SUSPECT_LOSSES 2u
/* A connection that lasts so long after its greeting is sound. */
#define ENOW_GATEWAY_SUSPECT_LASTS_US (UINT64_C(10) * 1000000)
/* How long a connection has to last without a message, and how soon it breaks with one. Less than any keep-alive takes
 * to notice that the network is gone. */
#define ENOW_GATEWAY_SUSPECT_PROOF_US (UINT64_C(2) * 1000000)

/* Zero at first. */
typedef struct {
    uint64_t greeted_us; /* this connection, or the last */
    uint64_t handed_us;  /* its first message */
    uint8_t handed;      /* messages on it: 0, 1 or 2 for more */
    uint8_t losses;      /* connections in a row that did not last */
} enow_gateway_suspect_t;

/* Says that a connection has been made, and the greeting sent. */
void enow_gateway_suspect_greeted(enow_gateway_suspect_t *suspect, uint64_t now_us);

/* Returns until when messages are to go one at a time, and nothing beside them; in the past: they need not. */
uint64_t enow_gateway_suspect_alone_until(const enow_gateway_suspect_t *suspect);

/* Returns from when on the first message may be handed over, by whether the broker has answered the greeting. None goes
 * before: that answer could be taken for the message's (outbox.h), which would go twice. */
uint64_t enow_gateway_suspect_from(const enow_gateway_suspect_t *suspect, bool answered);

/* Says that a message is being handed over. */
void enow_gateway_suspect_handed(enow_gateway_suspect_t *suspect, uint64_t now_us);

/* Says that the greeted connection is lost. Returns whether the message that was on the way, if there is one, is to
 * blame. */
bool enow_gateway_suspect_lost(enow_gateway_suspect_t *suspect, uint64_t now_us);

#ifdef __cplusplus
}
#endif
