/* A gateway that hears any frames of two nodes and of strangers, on an open and on a secure network. */
#include "enow/gateway.h"
#include "fuzz.h"

#include <string.h>

static const enow_addr_t own = {{2, 0, 0, 0, 0, 1}};

static void act(enow_link_gateway_t *gateway, uint64_t now_us, const enow_link_gateway_config_t *cfg)
{
    enow_link_event_t event;
    enow_link_transmission_t out;
    uint8_t buf[ENOW_MAX_FRAME_V2];

    while (enow_link_gateway_poll(gateway, now_us, &event)) {
        if (event.kind == ENOW_LINK_EVENT_MESSAGE && event.as.message.receipt.source != 0) {
            WANT(enow_link_gateway_accept(gateway, now_us, event.as.message.receipt));
        }
    }
    while (enow_link_gateway_transmit(gateway, now_us, &out, buf, sizeof buf)) {
        WANT(out.len > 0 && out.len <= cfg->max_frame);
        while (enow_link_gateway_poll(gateway, now_us, &event)) {
        }
    }
}

static enow_addr_t node(uint8_t number)
{
    const enow_addr_t addr = {{2, 0, 0, 0, 1, number}};

    return addr;
}

static void hear(enow_link_gateway_t *gateway, uint64_t now_us, const enow_link_gateway_config_t *cfg, input_t *in)
{
    const uint8_t how = input_byte(in);
    size_t len = input_byte(in) * (size_t)((how & 4) != 0 ? 6 : 1);
    uint8_t *body = input_bytes(in, &len);
    enow_link_frame_t frame = {node(how & 1), own, -50, 1, body, len};

    if ((how & 2) != 0) {
        memset(&frame.dst, 0xff, sizeof frame.dst);
    }
    if ((how & 8) != 0) {
        frame.src = node(how);
    }
    enow_link_gateway_handle(gateway, now_us, &frame);
    act(gateway, now_us, cfg);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    const enow_link_outgoing_t message = {{(const uint8_t *)"", 0}, {own.bytes, 6}, false, true};
    enow_link_gateway_config_t cfg;
    enow_link_gateway_t *gateway;
    uint64_t now_us = 0, at_us;

    enow_link_gateway_config_default(&cfg, own, 1);
    cfg.crypto = &fuzz_crypto;
    cfg.sessions = 2;
    if ((input_byte(&in) & 1) != 0) {
        cfg.key_count = 1;
        cfg.keys[0].id = 1;
        (void)fuzz_crypto.random(NULL, cfg.keys[0].key, sizeof cfg.keys[0].key);
    }
    const size_t memory_size = enow_link_gateway_memory(&cfg);
    void *memory = malloc(memory_size);
    WANT(memory != NULL && enow_link_gateway_init(&gateway, &cfg, memory, memory_size) == 0);
    while (in.len > 0) {
        const uint8_t step = input_byte(&in);
        if (step < 16) {
            (void)enow_link_gateway_send(gateway, now_us, node(step & 1), &message, NULL);
            act(gateway, now_us, &cfg);
        } else if (step < 64 && enow_link_gateway_next_deadline(gateway, &at_us)) {
            now_us = at_us > now_us ? at_us : now_us;
            act(gateway, now_us, &cfg);
        } else {
            hear(gateway, now_us, &cfg, &in);
        }
    }
    free(memory);
    return 0;
}
