/* An outbox at which a test stands: what it pushes, what it is handed, and what it hears. */
#pragma once

#include "../src/outbox.h"
#include "check.h"

#include <string.h>

#define FRONT 26u /* "/device/24:6f:28:aa:bb:cc/" */

/* An outbox in memory of just its size, and what was handed last. */
typedef struct {
    enow_gateway_outbox_t outbox;
    void *memory;
    enow_gateway_message_t message;
    char *buf;
} desk_t;

/* A queue of 4 messages and 5 pieces, 2 on the way, and a machine that tells 3 messages of 100 bytes. */
static inline enow_gateway_outbox_config_t config(bool by_queue)
{
    enow_gateway_outbox_config_t cfg;

    memset(&cfg, 0, sizeof cfg);
    cfg.by_queue = by_queue;
    cfg.messages = 4;
    cfg.bytes = 300;
    cfg.longest = 200;
    cfg.window = 2;
    cfg.topic_front = FRONT;
    enow_frag_limits_default(&cfg.fragments);
    cfg.fragments.max_message = 100;
    cfg.fragments.max_messages = 3;
    cfg.fragments.source_messages = 2;
    return cfg;
}

static inline void open_desk(desk_t *d, const enow_gateway_outbox_config_t *cfg)
{
    const size_t size = enow_gateway_outbox_memory(cfg);

    memset(d, 0, sizeof *d);
    d->memory = malloc(size);
    CHECK(enow_gateway_outbox_init(&d->outbox, cfg, d->memory, size) == 0, "init of %u bytes", (unsigned)size);
    d->buf = malloc(enow_gateway_outbox_longest(&d->outbox));
}

static inline void close_desk(desk_t *d)
{
    free(d->memory);
    free(d->buf);
}

/* Pushes a message of topic and len bytes in all, whose payload is the letter; receipt 0: it is promised to nobody. */
static inline int push_as(desk_t *d, const char *topic, char letter, size_t len, uint16_t receipt, bool latest)
{
    uint8_t payload[1000];
    enow_gateway_message_t m;

    memset(payload, letter, sizeof payload);
    memset(&m, 0, sizeof m);
    m.topic = topic;
    m.payload.data = payload;
    m.payload.len = len - strlen(topic) - 1;
    m.receipt.source = receipt > 0;
    m.receipt.id = receipt;
    m.latest = latest;
    m.qos = 1;
    m.retain = latest;
    m.of_node = receipt > 0;
    m.origin.id = receipt;
    return enow_gateway_outbox_push(&d->outbox, &m);
}

static inline int push(desk_t *d, char letter, size_t len, uint16_t receipt)
{
    return push_as(d, "/t", letter, len, receipt, false);
}

/* The letter of the message that is handed next; 0: none. */
static inline char hand(desk_t *d)
{
    if (!enow_gateway_outbox_hand(&d->outbox, &d->message, d->buf, enow_gateway_outbox_longest(&d->outbox))) {
        return 0;
    }
    return d->message.payload.len == 0 ? '-' : (char)d->message.payload.data[0];
}

/* Hands the message that must be next to the client, which has it under an id. */
static inline void send(desk_t *d, char want, uint16_t id)
{
    const char got = hand(d);

    CHECK(got == want, "'%c' is handed, not '%c'", got, want);
    enow_gateway_outbox_handed(&d->outbox, id);
}

/* The next verdict: a receipt that is accepted, below 0 one that is refused, 0 none. */
static inline int verdict(desk_t *d)
{
    enow_link_receipt_t receipt;
    bool taken;

    if (!enow_gateway_outbox_verdict(&d->outbox, &receipt, &taken)) {
        return 0;
    }
    return taken ? receipt.id : -receipt.id;
}

static inline enow_gateway_outbox_stats_t stats(const desk_t *d)
{
    enow_gateway_outbox_stats_t s;

    enow_gateway_outbox_stats(&d->outbox, &s);
    return s;
}
