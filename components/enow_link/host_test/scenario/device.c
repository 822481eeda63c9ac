#include "device.h"

#include "../crypto_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool device_addr(const char *name, enow_addr_t *addr)
{
    const enow_addr_t node = {{0x24, 0x6f, 0x28, 0, 0, 1}}, gateway = {{0x24, 0x6f, 0x28, 0xff, 0, 1}};
    char *end = NULL;
    const unsigned long number = name[0] == '\0' || name[1] == '\0' ? 1 : strtoul(name + 1, &end, 10);

    if ((name[0] != 'N' && name[0] != 'G') || (end != NULL && *end != '\0') || number > UINT8_MAX) {
        return false;
    }
    *addr = name[0] == 'N' ? node : gateway;
    addr->bytes[5] = (uint8_t)number;
    return true;
}

bool device_is_node(const device_t *d) { return d->name[0] == 'N'; }

bool device_is_on(const device_t *d) { return d->node != NULL || d->gateway != NULL; }

static uint64_t next_word(split_mix_t *r)
{
    r->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = r->state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool give(void *user, uint8_t *out, size_t len)
{
    split_mix_t *r = (split_mix_t *)user;

    for (size_t i = 0; i < len; i++) {
        if (r->left == 0) {
            r->word = next_word(r);
            r->left = sizeof r->word;
        }
        out[i] = (uint8_t)r->word;
        r->word >>= 8;
        r->left--;
    }
    return true;
}

void device_entropy(device_t *d)
{
    d->starts++;
    d->random.state = (uint64_t)d->addr.bytes[3] << 56 | (uint64_t)d->addr.bytes[5] << 48 | d->starts;
    d->random.left = 0;
    d->crypto = *real_crypto();
    d->crypto.user = &d->random;
    d->crypto.random = give;
}

/* Takes memory for a machine, as much as it says that it needs. */
static void take_memory(device_t *d, size_t size)
{
    device_stop(d);
    d->memory = (uint64_t *)malloc(size);
    if (d->memory == NULL) {
        abort();
    }
    d->busy_us = 0;
    memset(&d->drops, 0, sizeof d->drops);
}

static void must(const device_t *d, int result)
{
    if (result != 0) {
        (void)fprintf(stderr, "%s does not start: %d\n", d->name, result);
        exit(EXIT_FAILURE);
    }
}

void device_start_node(device_t *d, const enow_link_node_config_t *cfg)
{
    const size_t size = enow_link_node_memory(cfg);

    d->config = *cfg;
    take_memory(d, size);
    must(d, enow_link_node_init(&d->node, cfg, d->memory, size));
}

void device_start_gateway(device_t *d, const enow_link_gateway_config_t *cfg)
{
    const size_t size = enow_link_gateway_memory(cfg);

    d->channel = cfg->channel;
    d->waiting_count = 0;
    take_memory(d, size);
    must(d, enow_link_gateway_init(&d->gateway, cfg, d->memory, size));
}

int device_resume(device_t *d, uint64_t now_us)
{
    const size_t size = enow_link_node_memory(&d->config);
    const size_t len = d->snapshot_len;

    d->snapshot_len = 0;
    take_memory(d, size);
    const int err =
        enow_link_node_resume(&d->node, &d->config, d->memory, size, now_us, now_us - d->slept_us, d->snapshot, len);
    if (err != 0) {
        device_start_node(d, &d->config);
    }
    return err;
}

void device_stop(device_t *d)
{
    free(d->memory);
    d->memory = NULL;
    d->node = NULL;
    d->gateway = NULL;
}

void device_handle(device_t *d, uint64_t now_us, const flight_t *f, int8_t rssi)
{
    const enow_link_frame_t frame = {f->from, f->to, rssi, d->channel, d->received, f->len};

    memcpy(d->received, f->body, f->len);
    if (d->node != NULL) {
        enow_link_node_handle(d->node, now_us, &frame);
    } else {
        enow_link_gateway_handle(d->gateway, now_us, &frame);
    }
}

bool device_poll(device_t *d, uint64_t now_us, enow_link_event_t *event)
{
    return d->node != NULL ? enow_link_node_poll(d->node, now_us, event)
                           : enow_link_gateway_poll(d->gateway, now_us, event);
}

bool device_transmit(device_t *d, uint64_t now_us, enow_link_transmission_t *out, uint8_t buf[FLIGHT_SIZE])
{
    return d->node != NULL ? enow_link_node_transmit(d->node, now_us, out, buf, FLIGHT_SIZE)
                           : enow_link_gateway_transmit(d->gateway, now_us, out, buf, FLIGHT_SIZE);
}

bool device_deadline(const device_t *d, uint64_t *at_us)
{
    return d->node != NULL ? enow_link_node_next_deadline(d->node, at_us)
                           : enow_link_gateway_next_deadline(d->gateway, at_us);
}

enow_link_drops_t device_drops(const device_t *d)
{
    enow_link_node_stats_t node;
    enow_link_gateway_stats_t gateway;

    if (d->node != NULL) {
        enow_link_node_stats(d->node, &node);
        return node.drops;
    }
    enow_link_gateway_stats(d->gateway, &gateway);
    return gateway.drops;
}

void device_radio_reset(device_t *d)
{
    if (d->node != NULL) {
        enow_link_node_radio_reset(d->node);
    } else {
        enow_link_gateway_radio_reset(d->gateway);
    }
}
