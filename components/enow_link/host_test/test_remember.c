/* What a node remembers of the gateways that it has had. */
#include "../src/node_state.h"
#include "check.h"
#include "crypto_tables.h"

#include <string.h>

enum { MEMORY = 32768 };

static uint64_t memory[MEMORY / 8];

static enow_link_node_t *start(void)
{
    enow_link_node_config_t cfg;
    enow_link_node_t *node = NULL;

    enow_link_node_config_default(&cfg, test_node);
    cfg.crypto = real_crypto();
    CHECK(enow_link_node_init(&node, &cfg, memory, sizeof memory) == 0, "no node");
    node->joined = true;
    return node;
}

/* A session with a gateway begins. */
static void joins(enow_link_node_t *node, uint64_t now_us, uint8_t gateway, uint32_t boot)
{
    node->now_us = now_us;
    node->session.peer = test_gateway;
    node->session.peer.bytes[5] = gateway;
    node->session.boot = boot;
    enow_link_node_remember(node);
}

/* The last byte of each one's address, which is above 0. */
static unsigned remembered(const enow_link_node_t *node)
{
    unsigned all = 0;

    for (uint8_t i = 0; i < node->remembered; i++) {
        all |= 1u << node->memory[i].addr.bytes[5];
    }
    return all;
}

/* Whether the gateway in use begins to count anew. */
static bool anew(enow_link_node_t *node)
{
    const enow_link_ids_t *done = &enow_link_node_memory_of_gateway(node)->sender.done;

    return enow_link_ids_of(done, 9) == ENOW_LINK_ID_NEW;
}

static void receives(enow_link_node_t *node)
{
    enow_link_ids_mark(&enow_link_node_memory_of_gateway(node)->sender.done, 9);
}

/* A fifth takes the place of who was heard longest ago, wherever it stands, also if some were before the clock began.
 */
static void test_places(void)
{
    static const uint64_t begins[] = {1000000, (uint64_t)-25};

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        for (uint8_t first = 1; first <= ENOW_LINK_GATEWAYS; first++) {
            enow_link_node_t *node = start();
            uint64_t now_us = begins[i];
            for (uint8_t gateway = 1; gateway <= ENOW_LINK_GATEWAYS; gateway++) {
                joins(node, now_us, gateway, 1);
            }
            for (uint8_t turn = 0; turn < ENOW_LINK_GATEWAYS; turn++) { /* first, and who follows it in a circle */
                now_us += 10;
                joins(node, now_us, (uint8_t)(1 + (first - 1u + turn) % ENOW_LINK_GATEWAYS), 1);
            }
            joins(node, now_us + 10, 5, 1);
            CHECK(remembered(node) == (0x3eu ^ 1u << first), "%x without %u", remembered(node), first);
        }
    }
}

/* Ids last as long as the gateway's boot, and until it was not heard for more than 10 minutes. */
static void test_ids(void)
{
    const uint64_t now_us = 1000000;
    enow_link_node_t *node = start();

    joins(node, now_us, 1, 1);
    receives(node);
    joins(node, now_us, 2, 1);
    CHECK(anew(node), "another gateway");
    joins(node, now_us + ENOW_LINK_FORGET_AFTER_US, 1, 1);
    CHECK(!anew(node), "it is the same still");
    joins(node, now_us + 2 * ENOW_LINK_FORGET_AFTER_US + 1, 1, 1);
    CHECK(anew(node), "it may have forgotten");
    receives(node);
    joins(node, node->now_us, 1, 2);
    CHECK(anew(node), "it has restarted");
}

int main(void)
{
    test_places();
    test_ids();
    return check_result();
}
