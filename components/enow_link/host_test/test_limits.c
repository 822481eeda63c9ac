#include "check.h"
#include "enow/config.h"
#include "enow/gateway.h"
#include "enow/node.h"

static enow_frag_limits_t base(void)
{
    enow_frag_limits_t limits;

    enow_frag_limits_default(&limits);
    return limits;
}

static void test_default(void)
{
    const enow_frag_limits_t limits = base();

    CHECK(enow_frag_limits_check(&limits) == 0, "the default is out of range");
    CHECK(limits.max_message == ENOW_CONFIG_MAX_MESSAGE && limits.max_messages == ENOW_CONFIG_MAX_MESSAGES, "%lu, %lu",
          (unsigned long)limits.max_message, (unsigned long)limits.max_messages);
    CHECK(limits.max_bytes == ENOW_CONFIG_LONG_MESSAGES * limits.source_bytes, "%lu", (unsigned long)limits.max_bytes);
}

/* A part holds a buffer for the bytes and one of at least 64 for the bits; growing, each may have been half as large.
 */
static void test_message_bytes(void)
{
    static const struct {
        uint32_t max_message, max_parts, want;
    } cases[] = {
        {1, 1, 64 * 3 / 2},
        {1, 2, (64 + 64) * 3 / 2},
        {64, 2, (64 + 64) * 3 / 2},
        {65, 2, (128 + 64) * 3 / 2},
        {1000, 100, (1024 + 64) * 3 / 2},
        {1000, 512 + 1, (1024 + 64) * 3 / 2},
        {1000, 512 + 2, (1024 + 128) * 3 / 2},
        {1000, ENOW_MAX_MESSAGE, (1024 + 128) * 3 / 2}, /* more parts than there can be */
        {ENOW_MAX_MESSAGE, ENOW_MAX_MESSAGE + 1, ((1u << 28) + (1u << 25)) / 2 * 3},
        {ENOW_MAX_MESSAGE + 1, ENOW_MAX_MESSAGE + 1, ((1u << 28) + (1u << 25)) / 2 * 3}, /* refused by check */
        {1u << 31, 1, (1u << 28) / 2 * 3},
        {(1u << 31) + 1, 1, (1u << 28) / 2 * 3},
        {UINT32_MAX, UINT32_MAX, ((1u << 28) + (1u << 25)) / 2 * 3},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        enow_frag_limits_t limits = base();
        limits.max_message = cases[c].max_message;
        limits.max_parts = cases[c].max_parts;
        const uint32_t got = enow_frag_limits_message_bytes(&limits);
        CHECK(got == cases[c].want, "case %u: %lu, want %lu", (unsigned)c, (unsigned long)got,
              (unsigned long)cases[c].want);
    }
}

/* Each limit at both ends of its range, and just outside of them. */
static void test_ranges(void)
{
    const uint64_t day_us = UINT64_C(24) * 3600 * 1000 * 1000;
    const uint32_t most = UINT32_MAX;
    const enow_frag_limits_t roomy = {100, 10, most, most, 1, most, 1};
    const uint32_t need = enow_frag_limits_message_bytes(&roomy);
    const struct {
        const char *name;
        enow_frag_limits_t limits;
        bool good;
    } cases[] = {
        {"max_message 0", {0, 10, 8, most, 1, most, 1}, false},
        {"max_message 1", {1, 10, 8, most, 1, most, 1}, true},
        {"max_message, most", {ENOW_MAX_MESSAGE, 10, 8, most, 1, most, 1}, true},
        {"max_message, above", {ENOW_MAX_MESSAGE + 1, 10, 8, most, 1, most, 1}, false},
        {"max_parts 0", {100, 0, 8, most, 1, most, 1}, false},
        {"max_parts 1", {100, 1, 8, most, 1, most, 1}, true},
        {"max_parts, most", {100, ENOW_MAX_MESSAGE + 1, 8, most, 1, most, 1}, true},
        {"max_parts, above", {100, ENOW_MAX_MESSAGE + 2, 8, most, 1, most, 1}, false},
        {"source_messages 0", {100, 10, 8, most, 0, most, 1}, false},
        {"source_messages 8 of 8", {100, 10, 8, most, 8, most, 1}, true},
        {"source_messages 9 of 8", {100, 10, 8, most, 9, most, 1}, false},
        {"source_bytes, least", {100, 10, 8, most, 1, need, 1}, true},
        {"source_bytes, below", {100, 10, 8, most, 1, need - 1, 1}, false},
        {"max_bytes, least", {100, 10, 8, need, 1, need, 1}, true},
        {"max_bytes, below", {100, 10, 8, need - 1, 1, need, 1}, false},
        {"timeout 0", {100, 10, 8, most, 1, most, 0}, false},
        {"timeout, most", {100, 10, 8, most, 1, most, day_us}, true},
        {"timeout, above", {100, 10, 8, most, 1, most, day_us + 1}, false},
    };

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        CHECK((enow_frag_limits_check(&cases[c].limits) == 0) == cases[c].good, "%s", cases[c].name);
    }
}

/* The most bytes of messages in parts that may be configured: with them a machine is larger than memory can be where
 * addresses have 32 bits. It is never taken to be small. */
static void test_memory(void)
{
    static uint64_t memory[65536 / 8];
    static const enow_crypto_t crypto = {0}; /* it comes to no use of it */
    const enow_addr_t own = {{2, 0, 0, 0, 0, 1}};
    const uint32_t most = UINT32_MAX / 64 * 64;
    enow_link_node_config_t node_config;
    enow_link_gateway_config_t gateway_config;
    enow_link_node_t *node = NULL;
    enow_link_gateway_t *gateway = NULL;

    enow_link_node_config_default(&node_config, own);
    enow_link_gateway_config_default(&gateway_config, own, 6);
    node_config.crypto = gateway_config.crypto = &crypto;
    const uint64_t node_rest = enow_link_node_memory(&node_config) - node_config.receive.max_bytes;
    const uint64_t gateway_rest = enow_link_gateway_memory(&gateway_config) - gateway_config.fragments.max_bytes;
    /* Up to what memory can have, and from there on: a step of 64 bytes, since all sizes are rounded up. */
    for (uint32_t step = 0; step < 4096; step++) {
        node_config.receive.max_bytes = gateway_config.fragments.max_bytes = most - 64 * step;
        const uint64_t node_size = node_rest + most - 64 * step, gateway_size = gateway_rest + most - 64 * step;
        CHECK(enow_link_node_memory(&node_config) == (node_size > SIZE_MAX ? SIZE_MAX : (size_t)node_size),
              "a node with %lu bytes for messages", (unsigned long)node_config.receive.max_bytes);
        CHECK(enow_link_gateway_memory(&gateway_config) == (gateway_size > SIZE_MAX ? SIZE_MAX : (size_t)gateway_size),
              "a gateway with %lu bytes for messages", (unsigned long)gateway_config.fragments.max_bytes);
        CHECK(enow_link_node_init(&node, &node_config, memory, sizeof memory) == ENOW_LINK_ERR_MEMORY, "a node");
        CHECK(enow_link_gateway_init(&gateway, &gateway_config, memory, sizeof memory) == ENOW_LINK_ERR_MEMORY,
              "a gateway");
    }
    node_config.receive.max_messages = gateway_config.fragments.max_messages = UINT32_MAX;
    CHECK(enow_link_node_init(&node, &node_config, memory, sizeof memory) == ENOW_LINK_ERR_MEMORY, "any messages");
    CHECK(enow_link_gateway_init(&gateway, &gateway_config, memory, sizeof memory) == ENOW_LINK_ERR_MEMORY,
          "any messages");
    CHECK(node == NULL && gateway == NULL, "made");
}

int main(void)
{
    test_default();
    test_message_bytes();
    test_ranges();
    test_memory();
    return check_result();
}
