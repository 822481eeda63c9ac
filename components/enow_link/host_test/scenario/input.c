#include "input.h"

#include "arguments.h"
#include "count.h"
#include "print.h"
#include "settings.h"

#include "../../src/station.h"

#include <stdlib.h>
#include <string.h>

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

/* Lets time pass; quietly, the outputs are only counted and summed. */
static void wait_for(world_t *w, arguments_t *a)
{
    const uint64_t us = time_of(a, arguments_word(a));
    const char *const until = arguments_setting(a, "until");

    world_wait(w, us, until);
    if (until != NULL && strstr(text_of(&w->out), until) == NULL) {
        script_fault(w->script, "nothing says so");
    }
    if (arguments_flag(a, "quietly")) {
        print_sum(w);
    }
}

static void start(world_t *w, device_t *d, arguments_t *a)
{
    if (device_is_node(d)) {
        const enow_link_node_config_t cfg = settings_node(w, d, a);
        device_start_node(d, &cfg);
    } else {
        const enow_link_gateway_config_t cfg = settings_gateway(w, d, a);
        device_start_gateway(d, &cfg);
    }
}

static void wake(world_t *w, device_t *d, arguments_t *a)
{
    if (d->snapshot_len == 0) {
        script_fault(w->script, "it does not sleep");
    }
    if (arguments_flag(a, "damaged")) {
        d->snapshot[d->snapshot_len / 2] ^= 1;
    }
    device_entropy(d);
    const int err = device_resume(d, w->now_us);
    if (err != 0) {
        print_refusal(w, d, "", err);
    }
}

/* A frame arrives that nobody sent; or somebody is so loud from now on. */
static void heard(world_t *w, device_t *d, arguments_t *a)
{
    flight_t f = {.from = world_addr(w, arguments_word(a))};

    if (arguments_flag(a, "at")) {
        world_loudness(w, f.from, d->addr, (int8_t)number_of(a, arguments_word(a)));
        return;
    }
    f.to = arguments_flag(a, "broadcast") ? enow_link_broadcast() : d->addr;
    for (const char *digits = arguments_word(a); *digits != '\0'; digits = arguments_word(a)) {
        for (; *digits != '\0'; digits += 2) {
            const char byte[3] = {digits[0], digits[1], '\0'};
            char *end;
            f.body[f.len++] = (uint8_t)strtoul(byte, &end, 16);
            if (end != byte + 2 || f.len == sizeof f.body) {
                script_fault(w->script, "want pairs of digits");
            }
        }
    }
    world_hear(w, d, &f);
}

/* A frame arrives again that a device has sent: of so many, or -1 for the last one; perhaps with a bit flipped, or from
 * somebody else. */
static void repeat(world_t *w, const device_t *d, arguments_t *a)
{
    const int64_t n = number_of(a, arguments_word(a));
    const int64_t place = n < 0 ? n + (int64_t)d->sent.count : n - 1;

    if (place < 0 || place >= (int64_t)d->sent.count) {
        script_fault(w->script, "it has not sent so many");
    }
    flight_t f = d->sent.all[place];
    const size_t bits = 8 * f.len;
    const int64_t bit = arguments_number(a, "flip", -1), len = arguments_number(a, "cut", (int64_t)f.len);
    const char *const as = arguments_setting(a, "as"), *const to = arguments_setting(a, "to");
    if (bit >= (int64_t)bits || len > (int64_t)f.len) {
        script_fault(w->script, "the frame is not so long");
    }
    f.len = (size_t)len;
    if (bit >= 0) {
        f.body[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    f.from = as != NULL ? world_addr(w, as) : f.from;
    f.to = to != NULL ? world_addr(w, to) : f.to;
    for (size_t i = 0; i < w->device_count; i++) {
        device_t *other = &w->devices[i];
        if (!enow_link_addr_same(&other->addr, &f.from) &&
            (enow_link_addr_same(&other->addr, &f.to) || (enow_link_addr_broadcast(&f.to) && other->gateway != NULL))) {
            world_hear(w, other, &f);
        }
    }
}

/* What both kinds of device do. False: it is something else. */
static bool common(world_t *w, device_t *d, const char *verb, arguments_t *a)
{
    if (is(verb, "stops")) {
        device_stop(d);
    } else if (is(verb, "loses")) {
        d->lose = number_of(a, arguments_word(a));
        (void)(arguments_flag(a, "frames") || arguments_flag(a, "frame"));
    } else if (is(verb, "hears")) {
        heard(w, d, a);
    } else if (is(verb, "repeats")) {
        repeat(w, d, a);
    } else if (is(verb, "resets")) {
        device_radio_reset(d);
    } else {
        return false;
    }
    return true;
}

/* A message that an input describes, for free. */
static enow_link_outgoing_t outgoing(arguments_t *a, uint8_t **bytes)
{
    const char *const topic = arguments_setting(a, "topic"), *const text = arguments_setting(a, "payload");
    const size_t written = text != NULL ? strlen(text) : 0;
    const size_t size = (size_t)arguments_number(a, "size", 0);
    enow_link_outgoing_t m = {.retain = arguments_flag(a, "retain"), .acknowledge = arguments_flag(a, "ack")};

    *bytes = (uint8_t *)malloc(written + size + 1);
    if (*bytes == NULL) {
        abort();
    }
    for (size_t i = 0; i < written + size; i++) {
        (*bytes)[i] = i < written ? (uint8_t)text[i] : (uint8_t)(i - written);
    }
    m.payload.data = *bytes;
    m.payload.len = written + size;
    if (topic != NULL) {
        m.topic.data = (const uint8_t *)topic;
        m.topic.len = strlen(topic);
    }
    return m;
}

static void publish(world_t *w, const device_t *d, arguments_t *a)
{
    uint8_t *bytes;
    const enow_link_outgoing_t m = outgoing(a, &bytes);
    const int err = enow_link_node_publish(d->node, w->now_us, &m, NULL);

    free(bytes);
    if (err != 0) {
        print_refusal(w, d, "not published: ", err);
    }
}

static void send(world_t *w, const device_t *d, arguments_t *a)
{
    const enow_addr_t to = world_addr(w, arguments_word(a));
    uint8_t *bytes;
    const enow_link_outgoing_t m = outgoing(a, &bytes);
    const int err = enow_link_gateway_send(d->gateway, w->now_us, to, &m, NULL);

    free(bytes);
    if (err != 0) {
        print_refusal(w, d, "not sent: ", err);
    }
}

static void fall_asleep(world_t *w, device_t *d)
{
    const int len = enow_link_node_snapshot(d->node, w->now_us, d->snapshot, sizeof d->snapshot);

    if (len < 0) {
        print_refusal(w, d, "does not sleep: ", len);
        return;
    }
    d->snapshot_len = (size_t)len;
    d->slept_us = w->now_us;
    device_stop(d);
}

static uint32_t counter_of(arguments_t *a)
{
    (void)arguments_flag(a, "from");
    return (uint32_t)number_of(a, arguments_word(a));
}

static void must_count(const world_t *w, bool counts)
{
    if (!counts) {
        script_fault(w->script, "it has no session that counts");
    }
}

static void node_does(world_t *w, device_t *d, const char *verb, arguments_t *a)
{
    if (is(verb, "publishes")) {
        publish(w, d, a);
    } else if (is(verb, "counts")) {
        must_count(w, count_node_from(d->node, counter_of(a)));
    } else if (is(verb, "leaves")) {
        enow_link_node_goodbye(d->node);
    } else if (is(verb, "sleeps")) {
        fall_asleep(w, d);
    } else {
        script_fault(w->script, "a node does not do that");
    }
}

/* The application's word about the message that waits longest. */
static void settle(const world_t *w, device_t *d, bool accepts)
{
    const enow_link_receipt_t receipt = d->waiting[0];

    if (d->waiting_count == 0) {
        script_fault(w->script, "no message waits");
    }
    d->waiting_count--;
    memmove(d->waiting, d->waiting + 1, d->waiting_count * sizeof *d->waiting);
    if (!(accepts ? enow_link_gateway_accept(d->gateway, w->now_us, receipt)
                  : enow_link_gateway_refuse(d->gateway, w->now_us, receipt))) {
        script_fault(w->script, "it waits no more");
    }
}

static void gateway_does(world_t *w, device_t *d, const char *verb, arguments_t *a)
{
    int err = 0;

    if (is(verb, "sends")) {
        send(w, d, a);
    } else if (is(verb, "accepts") || is(verb, "refuses")) {
        settle(w, d, is(verb, "accepts"));
    } else if (is(verb, "denies")) {
        err = enow_link_gateway_deny(d->gateway, w->now_us, world_addr(w, arguments_word(a)));
    } else if (is(verb, "allows")) {
        enow_link_gateway_allow(d->gateway, world_addr(w, arguments_word(a)));
    } else if (is(verb, "misses")) { /* it is elsewhere */
        err = enow_link_gateway_elsewhere(d->gateway, w->now_us, world_addr(w, arguments_word(a)));
    } else if (is(verb, "moves")) {
        d->channel = (uint8_t)number_of(a, arguments_word(a));
        enow_link_gateway_set_channel(d->gateway, d->channel);
    } else if (is(verb, "counts")) {
        const enow_addr_t node = world_addr(w, arguments_word(a));
        must_count(w, count_gateway_from(d->gateway, node, counter_of(a)));
    } else if (is(verb, "knows")) {
        enow_link_gateway_set_unix_time(d->gateway, w->now_us, (uint64_t)number_of(a, arguments_word(a)) * 1000000);
    } else if (is(verb, "leaves")) {
        enow_link_gateway_shutdown(d->gateway);
    } else {
        script_fault(w->script, "a gateway does not do that");
    }
    if (err != 0) {
        script_fault(w->script, "the gateway refuses");
    }
}

static void device_does(world_t *w, const char *name, const char *verb, arguments_t *a)
{
    device_t *const d = world_device(w, name);

    if (is(verb, "starts")) {
        start(w, d, a);
    } else if (is(verb, "wakes")) {
        wake(w, d, a);
    } else if (!device_is_on(d)) {
        script_fault(w->script, "it is off");
    } else if (!common(w, d, verb, a)) {
        if (d->node != NULL) {
            node_does(w, d, verb, a);
        } else {
            gateway_does(w, d, verb, a);
        }
    }
    world_step(w);
}

void input_do(world_t *w)
{
    arguments_t a;

    text_clear(&w->out);
    arguments_of(&a, w->script);
    const char *const subject = arguments_word(&a);
    const char *const verb = is(subject, "wait") ? "" : arguments_word(&a);
    if (is(subject, "network")) {
        w->secure = is(verb, "secure");
        if (!w->secure && !is(verb, "open")) {
            script_fault(w->script, "a network is secure or open");
        }
    } else if (is(subject, "wait")) {
        wait_for(w, &a);
    } else {
        device_does(w, subject, verb, &a);
    }
    arguments_end(&a);
}
