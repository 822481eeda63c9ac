/* A node and a gateway on an air that loses frames: each message arrives once and as it was, through new keys, deep
 * sleep, and a restart of either. */
#include "../src/keys.h"
#include "check.h"
#include "crypto_tables.h"
#include "enow/gateway.h"
#include "enow/node.h"

#include <string.h>

enum { MEMORY = 1 << 18, MESSAGES = 64, LONGEST = 3000 };

#define SECOND_US UINT64_C(1000000)

typedef struct {
    enow_crypto_t crypto; /* of the node and the gateway, that draws from state */
    uint64_t state;

    uint64_t now_us;
    uint64_t born_us; /* when the node's clock began */
    unsigned loss;    /* per cent */
    bool secure;

    uint64_t node_memory[MEMORY / 8], gateway_memory[MEMORY / 8];
    enow_link_node_t *node;
    enow_link_gateway_t *gateway;
    enow_link_node_config_t node_cfg;
    enow_link_gateway_config_t gateway_cfg;

    bool up;
    unsigned ups;
    uint32_t boot; /* of the gateway */
    unsigned acknowledged, failed;
    unsigned told[MESSAGES]; /* how often each message was, at the gateway */
    unsigned mail;           /* told at the node */
    unsigned mail_acknowledged;
} air_t;

static uint32_t draw(air_t *a)
{
    a->state = a->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(a->state >> 33);
}

static bool draw_bytes(void *user, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)draw((air_t *)user);
    }
    return true;
}

static uint64_t node_now(const air_t *a) { return a->now_us - a->born_us; }

/* What message n is: its number and bytes that follow from it. */
static size_t content(unsigned n, uint8_t *out)
{
    const size_t len = n % 4 == 3 ? LONGEST - n : 1 + n * 7 % 200;

    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i == 0 ? n : i * (n + 1));
    }
    return len;
}

static void start_node(air_t *a)
{
    const int err = enow_link_node_init(&a->node, &a->node_cfg, a->node_memory, sizeof a->node_memory);

    CHECK(err == 0, "node: %d", err);
    a->up = false;
}

static void start_gateway(air_t *a)
{
    const int err = enow_link_gateway_init(&a->gateway, &a->gateway_cfg, a->gateway_memory, sizeof a->gateway_memory);

    CHECK(err == 0, "gateway: %d", err);
}

static void begin(air_t *a, bool secure, unsigned loss, uint64_t seed)
{
    memset(a, 0, sizeof *a);
    a->state = seed;
    a->crypto = *real_crypto();
    a->crypto.user = a;
    a->crypto.random = draw_bytes;
    a->secure = secure;
    a->loss = loss;
    a->now_us = SECOND_US;
    enow_link_node_config_default(&a->node_cfg, test_node);
    enow_link_gateway_config_default(&a->gateway_cfg, test_gateway, 6);
    a->node_cfg.crypto = &a->crypto;
    a->gateway_cfg.crypto = &a->crypto;
    a->node_cfg.queue_messages = MESSAGES;
    a->node_cfg.queue_bytes = 100000;
    a->node_cfg.sleepy = true;
    if (secure) {
        const enow_link_secret_t network = test_secret(1);
        enow_link_secret_t device;
        CHECK(enow_link_device_key(&device, &a->crypto, &network, test_node), "device key");
        a->node_cfg.key_id = 1;
        memcpy(a->node_cfg.key, device.bytes, sizeof a->node_cfg.key);
        a->gateway_cfg.keys[0].id = 1;
        memcpy(a->gateway_cfg.keys[0].key, network.bytes, sizeof network.bytes);
        a->gateway_cfg.key_count = 1;
    }
    start_node(a);
    start_gateway(a);
}

static void message_at_gateway(air_t *a, const enow_link_message_t *m)
{
    uint8_t want[LONGEST];
    const unsigned n = m->payload.len > 0 ? m->payload.data[0] : MESSAGES;

    CHECK(n < MESSAGES, "a message that nobody sent");
    if (n < MESSAGES) {
        CHECK(m->payload.len == content(n, want) && memcmp(m->payload.data, want, m->payload.len) == 0,
              "message %u is another", n);
        CHECK(m->topic.len == 1 && m->topic.data[0] == 't', "topic of %u", n);
        a->told[n]++;
    }
    CHECK(m->receipt.source == 0 || enow_link_gateway_accept(a->gateway, a->now_us, m->receipt), "accept");
}

static void poll_gateway(air_t *a)
{
    enow_link_event_t event;

    while (enow_link_gateway_poll(a->gateway, a->now_us, &event)) {
        if (event.kind == ENOW_LINK_EVENT_MESSAGE) {
            message_at_gateway(a, &event.as.message);
        } else if (event.kind == ENOW_LINK_EVENT_RESULT) {
            a->mail_acknowledged += event.as.result.err == 0;
        }
    }
}

static void poll_node(air_t *a)
{
    enow_link_event_t event;

    while (enow_link_node_poll(a->node, node_now(a), &event)) {
        if (event.kind == ENOW_LINK_EVENT_RESULT) {
            a->acknowledged += event.as.result.err == 0;
            a->failed += event.as.result.err != 0;
        } else if (event.kind == ENOW_LINK_EVENT_CONNECTION) {
            a->up = event.as.connection.up;
            a->ups += a->up;
            a->boot = event.as.connection.boot;
        } else if (event.kind == ENOW_LINK_EVENT_MESSAGE) {
            a->mail++;
        }
    }
}

static bool lost(air_t *a) { return draw(a) % 100 < a->loss; }

/* Does all that is to be done now. A frame takes 2 ms. */
static void run(air_t *a)
{
    uint8_t buf[ENOW_MAX_FRAME_V2];
    enow_link_transmission_t out;
    enow_link_frame_t frame;

    for (bool sent = true; sent; a->now_us += sent ? 2000 : 0) {
        sent = false;
        memset(&frame, 0, sizeof frame);
        frame.rssi = -50;
        frame.channel = 6;
        frame.body = buf;
        poll_node(a);
        if (enow_link_node_transmit(a->node, node_now(a), &out, buf, sizeof buf)) {
            sent = true;
            poll_node(a);
            if (out.channel == 6 && !lost(a)) {
                frame.src = test_node;
                frame.dst = out.dst;
                frame.len = out.len;
                enow_link_gateway_handle(a->gateway, a->now_us, &frame);
            }
        }
        poll_gateway(a);
        if (enow_link_gateway_transmit(a->gateway, a->now_us, &out, buf, sizeof buf)) {
            sent = true;
            poll_gateway(a);
            if (!lost(a)) {
                frame.src = test_gateway;
                frame.dst = out.dst;
                frame.len = out.len;
                enow_link_node_handle(a->node, node_now(a), &frame);
                poll_node(a);
            }
        }
    }
}

/* Lets time pass. */
static void wait_us(air_t *a, uint64_t span_us)
{
    const uint64_t end_us = a->now_us + span_us;

    run(a);
    while (a->now_us < end_us) {
        uint64_t at_us = end_us;
        uint64_t other_us;
        if (enow_link_node_next_deadline(a->node, &other_us) && a->born_us + other_us < at_us) {
            at_us = a->born_us + other_us;
        }
        if (enow_link_gateway_next_deadline(a->gateway, &other_us) && other_us < at_us) {
            at_us = other_us;
        }
        CHECK(at_us > a->now_us, "a machine waits for %u us ago", (unsigned)(a->now_us - at_us));
        a->now_us = at_us > a->now_us ? at_us : a->now_us + 1;
        run(a);
    }
}

static void publish(air_t *a, unsigned n)
{
    uint8_t payload[LONGEST];
    enow_link_outgoing_t m;

    memset(&m, 0, sizeof m);
    m.topic.data = (const uint8_t *)"t";
    m.topic.len = 1;
    m.payload.data = payload;
    m.payload.len = content(n, payload);
    m.acknowledge = true;
    CHECK(enow_link_node_publish(a->node, node_now(a), &m, 0) == 0, "publish %u", n);
}

static void send_mail(air_t *a)
{
    enow_link_outgoing_t m;

    memset(&m, 0, sizeof m);
    m.payload.data = (const uint8_t *)"mail";
    m.payload.len = 4;
    m.acknowledge = true;
    CHECK(enow_link_gateway_send(a->gateway, a->now_us, test_node, &m, 0) == 0, "mail");
}

/* Sleeps and wakes, by a clock that begins anew, if the node is at rest; reports whether it was. */
static bool sleep_and_wake(air_t *a)
{
    uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE];
    const int len = enow_link_node_snapshot(a->node, node_now(a), snapshot, sizeof snapshot);

    if (len == ENOW_LINK_ERR_UNFINISHED) {
        return false;
    }
    CHECK(len > 0, "snapshot: %d", len);
    memset(a->node_memory, 0xa5, sizeof a->node_memory);
    a->now_us += 3 * SECOND_US;
    a->born_us = a->now_us - 5000;
    CHECK(enow_link_node_resume(&a->node, &a->node_cfg, a->node_memory, sizeof a->node_memory, node_now(a),
                                3 * SECOND_US, snapshot, (size_t)len) == 0,
          "resume");
    CHECK(enow_link_node_connected(a->node), "not connected after a sleep");
    return true;
}

static void check_told(const air_t *a, unsigned count, unsigned most)
{
    for (unsigned n = 0; n < count; n++) {
        CHECK(a->told[n] >= 1 && a->told[n] <= most, "message %u was told %u times", n, a->told[n]);
    }
    CHECK(a->acknowledged == count && a->failed == 0, "%u acknowledged and %u failed of %u", a->acknowledged, a->failed,
          count);
}

static void test_messages(bool secure, unsigned loss, uint64_t seed)
{
    static air_t a;

    begin(&a, secure, loss, seed);
    for (unsigned n = 0; n < 32; n++) {
        publish(&a, n);
    }
    send_mail(&a);
    wait_us(&a, 180 * SECOND_US);
    CHECK(a.up && (a.ups == 1 || loss > 0) && a.mail == 1 && a.mail_acknowledged == 1, "up %d, %u times, mail %u, %u",
          a.up, a.ups, a.mail, a.mail_acknowledged);
    check_told(&a, 32, 1);
}

static void test_sleep(bool secure, unsigned loss, uint64_t seed)
{
    static air_t a;
    unsigned slept = 0;

    begin(&a, secure, loss, seed);
    wait_us(&a, 5 * SECOND_US);
    for (unsigned n = 0; n < 20; n++) {
        publish(&a, n);
        if (n % 5 == 0) {
            send_mail(&a);
        }
        for (unsigned tries = 0; tries < 60 && !sleep_and_wake(&a); tries++) {
            wait_us(&a, SECOND_US);
        }
        slept += enow_link_node_connected(a.node);
    }
    wait_us(&a, 30 * SECOND_US);
    CHECK(slept == 20 && a.mail == 4 && a.mail_acknowledged == 4, "slept %u times, mail %u, %u", slept, a.mail,
          a.mail_acknowledged);
    check_told(&a, 20, 1);
}

/* A restart in the middle of a message: of the gateway, that may tell it twice; of the node, whose queue is lost. */
static void test_restarts(bool secure, unsigned loss, uint64_t seed)
{
    static air_t a;

    begin(&a, secure, loss, seed);
    wait_us(&a, 5 * SECOND_US);
    const uint32_t boot = a.boot;
    for (unsigned n = 0; n < 8; n++) {
        publish(&a, n);
    }
    wait_us(&a, 20000);
    start_gateway(&a);
    wait_us(&a, 120 * SECOND_US);
    CHECK(a.up && a.boot != boot, "secure %d, loss %u, seed %u: up %d, %u times", secure, loss, (unsigned)seed, a.up,
          a.ups);
    check_told(&a, 8, 2);
    start_node(&a);
    publish(&a, 8);
    wait_us(&a, 120 * SECOND_US);
    CHECK(a.up, "secure %d, loss %u, seed %u: not up", secure, loss, (unsigned)seed);
    check_told(&a, 9, 2);
}

/* New keys come while messages go, and none is lost. */
static void test_rekey(uint64_t seed)
{
    static air_t a;

    begin(&a, true, 10, seed);
    a.node_cfg.sleepy = false;
    start_node(&a);
    wait_us(&a, 5 * SECOND_US);
    for (unsigned n = 0; n < 10; n++) {
        publish(&a, n);
        wait_us(&a, 3 * 3600 * SECOND_US);
    }
    enow_link_node_stats_t stats;
    enow_link_node_stats(a.node, &stats);
    CHECK(stats.sessions >= 2 && a.up, "%u sessions in 30 hours", (unsigned)stats.sessions);
    check_told(&a, 10, 1);
}

/* Messages that the gateway does not take end together, more than events have room: each is told. */
static void test_too_large(void)
{
    static air_t a;

    begin(&a, true, 0, 1);
    a.gateway_cfg.fragments.max_message = 100;
    start_gateway(&a);
    for (unsigned n = 3; n < 48; n += 4) {
        publish(&a, n);
    }
    publish(&a, 1);
    wait_us(&a, 10 * SECOND_US);
    CHECK(a.failed == 12 && a.acknowledged == 1 && a.told[1] == 1, "%u failed and %u acknowledged", a.failed,
          a.acknowledged);
}

/* What the headers' examples give is enough. */
static void test_memory(void)
{
    enow_link_node_config_t node;
    enow_link_gateway_config_t gateway;

    enow_link_node_config_default(&node, test_node);
    enow_link_gateway_config_default(&gateway, test_gateway, 1);
    CHECK(enow_link_node_memory(&node) <= 32768, "%u bytes", (unsigned)enow_link_node_memory(&node));
    CHECK(enow_link_gateway_memory(&gateway) <= 65536, "%u bytes", (unsigned)enow_link_gateway_memory(&gateway));
}

int main(void)
{
    test_memory();
    test_too_large();
    for (unsigned loss = 0; loss <= 20; loss += 20) {
        test_messages(true, loss, 1);
        test_messages(false, loss, 2);
        test_sleep(true, loss, 3);
        test_sleep(false, loss, 4);
        test_restarts(true, loss, 5);
        test_restarts(false, loss, 6);
    }
    test_rekey(7);
    return check_result();
}
