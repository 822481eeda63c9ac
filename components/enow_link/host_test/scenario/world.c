#include "world.h"

#include "print.h"

#include "../../src/station.h"

#include <stdlib.h>
#include <string.h>

/* A clock that shows zero hides faults. */
#define BEGIN_US 1000000
#define AIRTIME_US 1000

enum { RSSI = -50 }; /* dBm, of everybody where nothing else is said */

void world_open(world_t *w, const script_t *script)
{
    memset(w, 0, sizeof *w);
    w->script = script;
    w->now_us = BEGIN_US;
    w->devices = (device_t *)calloc(WORLD_DEVICES, sizeof *w->devices);
    if (w->devices == NULL) {
        abort();
    }
}

void world_close(world_t *w)
{
    for (size_t i = 0; i < w->device_count; i++) {
        device_stop(&w->devices[i]);
        flights_free(&w->devices[i].sent);
    }
    free(w->devices);
    flights_free(&w->flying);
    text_free(&w->out);
}

enow_addr_t world_addr(const world_t *w, const char *name)
{
    enow_addr_t addr = enow_link_broadcast();

    if (strcmp(name, "all") != 0 && !device_addr(name, &addr)) {
        script_fault(w->script, "want N or G, and a number where there are more");
    }
    return addr;
}

device_t *world_device(world_t *w, const char *name)
{
    const enow_addr_t addr = world_addr(w, name);

    for (size_t i = 0; i < w->device_count; i++) {
        if (enow_link_addr_same(&w->devices[i].addr, &addr)) {
            return &w->devices[i];
        }
    }
    if (w->device_count == WORLD_DEVICES || strlen(name) >= DEVICE_NAME) {
        script_fault(w->script, "too many devices, or one with a long name");
    }
    device_t *d = &w->devices[w->device_count++];
    memcpy(d->name, name, strlen(name) + 1);
    d->addr = addr;
    d->channel = 1;
    return d;
}

static heard_t *heard_by(world_t *w, enow_addr_t from, enow_addr_t at)
{
    for (size_t i = 0; i < w->heard_count; i++) {
        if (enow_link_addr_same(&w->heard[i].from, &from) && enow_link_addr_same(&w->heard[i].at, &at)) {
            return &w->heard[i];
        }
    }
    return NULL;
}

void world_loudness(world_t *w, enow_addr_t from, enow_addr_t at, int8_t rssi)
{
    heard_t *heard = heard_by(w, from, at);

    if (heard == NULL) {
        if (w->heard_count == WORLD_HEARD) {
            script_fault(w->script, "too many are heard");
        }
        heard = &w->heard[w->heard_count++];
        heard->from = from;
        heard->at = at;
    }
    heard->rssi = rssi;
}

/* Has all told that a machine has to say. */
static void poll(world_t *w, device_t *d)
{
    enow_link_event_t event;

    while (device_poll(d, w->now_us, &event)) {
        print_event(w, d, &event);
        if (event.kind != ENOW_LINK_EVENT_MESSAGE || event.as.message.receipt.source == 0) {
            continue;
        }
        if (d->accepts) {
            (void)enow_link_gateway_accept(d->gateway, w->now_us, event.as.message.receipt);
        } else if (d->waiting_count == DEVICE_WAITING) {
            script_fault(w->script, "too many messages wait");
        } else {
            d->waiting[d->waiting_count++] = event.as.message.receipt;
        }
    }
    const enow_link_drops_t drops = device_drops(d);
    print_drops(w, d, &drops);
    d->drops = drops;
}

/* Puts a frame on the air. */
static void put(world_t *w, device_t *d, const enow_link_transmission_t *out, flight_t *f)
{
    if (out->channel != 0) {
        d->channel = out->channel;
    }
    const bool lost = d->lose != 0;

    d->busy_us = w->now_us + AIRTIME_US;
    f->at_us = d->busy_us;
    f->from = d->addr;
    f->to = out->dst;
    f->channel = d->channel;
    f->len = out->len;
    flights_add(&d->sent, f);
    if (lost) {
        d->lose--;
    } else {
        flights_add(&w->flying, f);
    }
    print_frame(w, d, out, f, lost);
}

/* A machine says all it has to say, and sends what the radio can take. */
static void run(world_t *w, device_t *d)
{
    while (device_is_on(d)) {
        enow_link_transmission_t out;
        flight_t f;

        poll(w, d);
        if (w->now_us < d->busy_us) {
            return;
        }
        if (!device_transmit(d, w->now_us, &out, f.body)) {
            poll(w, d);
            return;
        }
        put(w, d, &out, &f);
    }
}

void world_hear(world_t *w, device_t *d, const flight_t *f)
{
    if (device_is_on(d)) {
        const heard_t *heard = heard_by(w, f->from, d->addr);
        device_handle(d, w->now_us, f, heard != NULL ? heard->rssi : (int8_t)RSSI);
        run(w, d);
    }
}

/* All who are to hear a frame do. */
static void land(world_t *w, const flight_t *f)
{
    for (size_t i = 0; i < w->device_count; i++) {
        device_t *d = &w->devices[i];
        if (d->channel == f->channel && !enow_link_addr_same(&d->addr, &f->from) &&
            (enow_link_addr_same(&d->addr, &f->to) || (enow_link_addr_broadcast(&f->to) && d->gateway != NULL))) {
            world_hear(w, d, f);
        }
    }
}

void world_step(world_t *w)
{
    flights_t flew = w->flying;

    memset(&w->flying, 0, sizeof w->flying);
    for (size_t i = 0; i < flew.count; i++) {
        if (flew.all[i].at_us <= w->now_us) {
            land(w, &flew.all[i]);
        } else {
            flights_add(&w->flying, &flew.all[i]);
        }
    }
    flights_free(&flew);
    for (size_t i = 0; i < w->device_count; i++) {
        run(w, &w->devices[i]);
    }
}

static void earlier(uint64_t *next_us, uint64_t at_us)
{
    if (at_us < *next_us) {
        *next_us = at_us;
    }
}

/* When something happens next; UINT64_MAX: never. */
static uint64_t next_time(const world_t *w)
{
    uint64_t next_us = UINT64_MAX;

    for (size_t i = 0; i < w->flying.count; i++) {
        earlier(&next_us, w->flying.all[i].at_us);
    }
    for (size_t i = 0; i < w->device_count; i++) {
        const device_t *d = &w->devices[i];
        uint64_t at_us;
        if (!device_is_on(d)) {
            continue;
        }
        if (d->busy_us > w->now_us) {
            earlier(&next_us, d->busy_us);
        }
        if (!device_deadline(d, &at_us)) {
            continue;
        }
        if (at_us > w->now_us) {
            earlier(&next_us, at_us);
        } else if (d->busy_us <= w->now_us) {
            script_fault(w->script, "a machine waits for what is due");
        }
    }
    return next_us;
}

void world_wait(world_t *w, uint64_t us, const char *until)
{
    const uint64_t end_us = w->now_us + us;

    for (;;) {
        world_step(w);
        if (until != NULL && strstr(text_of(&w->out), until) != NULL) {
            return;
        }
        const uint64_t next_us = next_time(w);
        if (next_us > end_us) {
            w->now_us = end_us;
            return;
        }
        w->now_us = next_us;
    }
}
