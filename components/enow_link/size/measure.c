/*
 * Tells how much memory machines ask for, and has a node and a gateway do what instructions are counted of, on a
 * machine without an operating system but for the two calls of Linux that end it and print.
 *
 * What is done after a call of count_X is counted as X, but for functions whose names begin with copy_: cryptography
 * that does no more than two ends need to agree.
 */
#include "enow/gateway.h"
#include "enow/node.h"
#include "keys.h"

#include <string.h>

#define FRAME 250u
#define PAYLOAD 200u
#define FRAGMENTS 4u

static uint64_t node_memory[64 * 1024 / 8];
static uint64_t gateway_memory[64 * 1024 / 8];
static const enow_addr_t node_addr = {{2, 0, 0, 0, 0, 1}};
static const enow_addr_t gateway_addr = {{2, 0, 0, 0, 0, 2}};
static const uint8_t payload[FRAGMENTS * FRAME] = {1, 2, 3};

static bool copy_random(void *user, uint8_t *out, size_t len)
{
    uint8_t *next = (uint8_t *)user;

    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
    return true;
}

static bool copy_public(void *user, const uint8_t *private_key, uint8_t *out)
{
    (void)user;
    for (size_t i = 0; i < ENOW_CRYPTO_KEY_SIZE; i++) {
        out[i] = private_key[i];
    }
    return true;
}

static bool copy_shared(void *user, const uint8_t *private_key, const uint8_t *public_key, uint8_t *out)
{
    (void)user;
    for (size_t i = 0; i < ENOW_CRYPTO_KEY_SIZE; i++) {
        out[i] = (uint8_t)(private_key[i] + public_key[i]);
    }
    return true;
}

static bool copy_hmac(void *user, const uint8_t *key, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    uint8_t sum[ENOW_CRYPTO_HASH_SIZE];
    size_t n = 0;

    (void)copy_public(user, key, sum);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < parts[i].len; k++) {
            uint8_t *byte = &sum[n++ % sizeof sum];

            *byte = (uint8_t)(*byte * 31u + parts[i].data[k] + n);
        }
    }
    return copy_public(user, sum, out);
}

static bool copy_hash(void *user, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    static const uint8_t none[ENOW_CRYPTO_KEY_SIZE];

    return copy_hmac(user, none, parts, count, out);
}

static bool copy_seal(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                      size_t len)
{
    (void)user, (void)nonce, (void)clear_text;
    for (size_t i = 0; i < ENOW_CRYPTO_TAG_SIZE; i++) {
        data[len + i] = key[i];
    }
    return true;
}

static bool copy_open(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                      size_t len)
{
    (void)user, (void)nonce, (void)clear_text;
    for (size_t i = 0; i < ENOW_CRYPTO_TAG_SIZE; i++) {
        if (data[len + i] != key[i]) {
            return false;
        }
    }
    return true;
}

/* The comment keeps a compiler from making one function of all. */
#define COUNT(what)                                                                                                    \
    __attribute__((noinline)) static void count_##what(void) { __asm__ volatile("# " #what); }
COUNT(publish)
COUNT(fragment)
COUNT(nothing)

/* A frame on the air, or none. */
typedef struct {
    enow_link_transmission_t out;
    uint8_t body[FRAME];
} air_t;

static uint64_t now_us = 1000000;

static bool from_node(enow_link_node_t *node, air_t *air)
{
    enow_link_event_t event;

    while (enow_link_node_poll(node, now_us, &event)) {
    }
    return enow_link_node_transmit(node, now_us, &air->out, air->body, sizeof air->body);
}

static bool from_gateway(enow_link_gateway_t *gateway, air_t *air)
{
    enow_link_event_t event;

    while (enow_link_gateway_poll(gateway, now_us, &event)) {
    }
    return enow_link_gateway_transmit(gateway, now_us, &air->out, air->body, sizeof air->body);
}

static enow_link_frame_t heard(air_t *air, enow_addr_t from)
{
    const enow_link_frame_t frame = {
        .src = from, .dst = air->out.dst, .rssi = -50, .channel = 1, .body = air->body, .len = air->out.len};

    return frame;
}

/* Lets time go by for both until the node has a session, and nothing to do. */
static bool join(enow_link_node_t *node, enow_link_gateway_t *gateway)
{
    for (unsigned i = 0; i < 1000; i++) {
        air_t air;

        if (from_node(node, &air)) {
            const enow_link_frame_t frame = heard(&air, node_addr);
            enow_link_gateway_handle(gateway, now_us, &frame);
        } else if (from_gateway(gateway, &air)) {
            const enow_link_frame_t frame = heard(&air, gateway_addr);
            enow_link_node_handle(node, now_us, &frame);
        } else if (enow_link_node_connected(node) && enow_link_node_resting(node, now_us)) {
            return true;
        } else {
            now_us += 10000;
        }
    }
    return false;
}

static bool publish(enow_link_node_t *node)
{
    const enow_link_outgoing_t message = {.payload = {payload, PAYLOAD}, .acknowledge = true};
    air_t air;

    while (from_node(node, &air)) { /* what it still has to say */
    }
    count_publish();
    const bool ok = enow_link_node_publish(node, now_us, &message, 0) == 0 && from_node(node, &air);
    count_nothing();
    return ok && air.out.len > PAYLOAD;
}

/* Counts the second fragment of a message: the first finds room for it, and the last one ends it. */
static bool receive(enow_link_node_t *node, enow_link_gateway_t *gateway)
{
    const enow_link_outgoing_t message = {.payload = {payload, sizeof payload}, .acknowledge = true};
    enow_link_event_t event;
    unsigned n = 0;
    air_t air;

    if (enow_link_gateway_send(gateway, now_us, node_addr, &message, 0) != 0) {
        return false;
    }
    for (; from_gateway(gateway, &air); n++) {
        const enow_link_frame_t frame = heard(&air, gateway_addr);

        if (n == 1) {
            count_fragment();
        }
        enow_link_node_handle(node, now_us, &frame);
        while (enow_link_node_poll(node, now_us, &event)) {
        }
        count_nothing();
    }
    return n > FRAGMENTS;
}

static long linux_call(long number, long a, long b, long c)
{
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a7 __asm__("a7") = number;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

static void print(const char *name, size_t value)
{
    char line[64];
    size_t at = sizeof line;

    line[--at] = '\n';
    do {
        line[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    line[--at] = ' ';
    for (size_t n = strlen(name); n > 0; n--) {
        line[--at] = name[n - 1];
    }
    (void)linux_call(64, 1, (long)(line + at), (long)(sizeof line - at)); /* write */
}

static int run(void)
{
    static uint8_t next = 1;
    static const enow_crypto_t crypto = {&next,     copy_random, copy_public, copy_shared,
                                         copy_hash, copy_hmac,   copy_seal,   copy_open};
    enow_link_node_config_t node_cfg;
    enow_link_gateway_config_t gateway_cfg;
    enow_link_node_t *node;
    enow_link_gateway_t *gateway;
    enow_link_secret_t network;
    enow_link_secret_t device;

    enow_link_node_config_default(&node_cfg, node_addr);
    enow_link_gateway_config_default(&gateway_cfg, gateway_addr, 1);
    print("node_ram", enow_link_node_memory(&node_cfg) - node_cfg.queue_bytes - node_cfg.receive.max_bytes);
    const size_t before = enow_link_gateway_memory(&gateway_cfg);
    gateway_cfg.sessions++;
    print("session_ram", enow_link_gateway_memory(&gateway_cfg) - before);
    gateway_cfg.sessions = 1;

    (void)copy_random(&next, network.bytes, sizeof network.bytes);
    node_cfg.crypto = gateway_cfg.crypto = &crypto;
    node_cfg.key_id = gateway_cfg.keys[0].id = 1;
    gateway_cfg.key_count = 1;
    memcpy(gateway_cfg.keys[0].key, network.bytes, sizeof network.bytes);
    if (!enow_link_device_key(&device, &crypto, &network, node_addr)) {
        return 1;
    }
    memcpy(node_cfg.key, device.bytes, sizeof device.bytes);
    if (enow_link_node_init(&node, &node_cfg, node_memory, sizeof node_memory) != 0 ||
        enow_link_gateway_init(&gateway, &gateway_cfg, gateway_memory, sizeof gateway_memory) != 0) {
        return 2;
    }
    if (!join(node, gateway)) {
        return 3;
    }
    if (!receive(node, gateway)) {
        return 4;
    }
    return publish(node) ? 0 : 5;
}

__attribute__((used)) static void begin(void)
{
    for (const int status = run();;) {
        (void)linux_call(93, status, 0, 0); /* exit */
    }
}

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\ncall begin\n");
