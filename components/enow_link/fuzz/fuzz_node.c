/* A node that hears any frames of a gateway and of strangers, on an open and on a secure network. */
#include "enow/node.h"
#include "fuzz.h"

#include <string.h>

static const enow_addr_t own = {{2, 0, 0, 0, 0, 1}}, gateway = {{2, 0, 0, 0, 0, 2}};

static void act(enow_link_node_t *node, uint64_t now_us, const enow_link_node_config_t *cfg)
{
    enow_link_event_t event;
    enow_link_transmission_t out;
    uint8_t buf[ENOW_MAX_FRAME_V2];

    while (enow_link_node_poll(node, now_us, &event)) {
    }
    while (enow_link_node_transmit(node, now_us, &out, buf, sizeof buf)) {
        WANT(out.len > 0 && out.len <= cfg->max_frame);
    }
}

static void hear(enow_link_node_t *node, uint64_t now_us, const enow_link_node_config_t *cfg, input_t *in)
{
    const uint8_t how = input_byte(in);
    size_t len = input_byte(in) * (size_t)((how & 4) != 0 ? 6 : 1);
    uint8_t *body = input_bytes(in, &len);
    enow_link_frame_t frame = {gateway, own, -50, 1, body, len};

    if ((how & 1) != 0) {
        frame.src.bytes[5] = how;
    }
    if ((how & 2) != 0) {
        memset(&frame.dst, 0xff, sizeof frame.dst);
    }
    enow_link_node_handle(node, now_us, &frame);
    act(node, now_us, cfg);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    const enow_link_outgoing_t message = {{(const uint8_t *)"a", 1}, {own.bytes, 6}, false, true};
    enow_link_node_config_t cfg;
    enow_link_node_t *node;
    uint64_t now_us = 0, at_us;

    enow_link_node_config_default(&cfg, own);
    cfg.crypto = &fuzz_crypto;
    if ((input_byte(&in) & 1) != 0) {
        cfg.key_id = 1;
        (void)fuzz_crypto.random(NULL, cfg.key, sizeof cfg.key);
    }
    const size_t memory_size = enow_link_node_memory(&cfg);
    void *memory = malloc(memory_size);
    WANT(memory != NULL && enow_link_node_init(&node, &cfg, memory, memory_size) == 0);
    act(node, now_us, &cfg);
    while (in.len > 0) {
        const uint8_t step = input_byte(&in);
        if (step < 16) {
            (void)enow_link_node_publish(node, now_us, &message, NULL);
        } else if (step < 64 && enow_link_node_next_deadline(node, &at_us)) {
            now_us = at_us > now_us ? at_us : now_us;
            act(node, now_us, &cfg);
        } else {
            hear(node, now_us, &cfg, &in);
        }
    }
    free(memory);
    return 0;
}
