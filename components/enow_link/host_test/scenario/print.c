#include "print.h"

#include "enow_proto_names.h"

#include "../../src/station.h"
#include "../crypto_tables.h"

#include <inttypes.h>
#include <string.h>

enum {
    MAX_SHOWN = 64,  /* bytes that are shown whole */
    SHOWN_HEAD = 24, /* of more */
    SHOWN_SUM = 6,
};

static void print_time(world_t *w)
{
    text_add(&w->out, "%" PRIu64 ".%06" PRIu64 " ", w->now_us / 1000000, w->now_us % 1000000);
}

/* How a scenario calls a device. */
static void print_name(world_t *w, enow_addr_t addr)
{
    const uint8_t *a = addr.bytes;

    if (enow_link_addr_broadcast(&addr)) {
        text_add(&w->out, "all");
        return;
    }
    for (size_t i = 0; i < w->device_count; i++) {
        if (enow_link_addr_same(&w->devices[i].addr, &addr)) {
            text_add(&w->out, "%s", w->devices[i].name);
            return;
        }
    }
    text_add(&w->out, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void print_hex(world_t *w, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        text_add(&w->out, "%02x", data[i]);
    }
}

static void print_hash(world_t *w, const void *data, size_t len)
{
    const enow_bytes_t all = {(const uint8_t *)data, len};
    const enow_crypto_t *crypto = real_crypto();
    uint8_t hash[ENOW_CRYPTO_HASH_SIZE];

    if (!crypto->sha256(crypto->user, &all, 1, hash)) {
        script_fault(w->script, "no SHA-256");
    }
    print_hex(w, hash, SHOWN_SUM);
}

/* Of many bytes some are shown, and a sum of all. */
static void print_digits(world_t *w, const uint8_t *data, size_t len)
{
    if (len <= MAX_SHOWN) {
        print_hex(w, data, len);
        return;
    }
    print_hex(w, data, SHOWN_HEAD);
    text_add(&w->out, ".. %zu bytes, sum ", len);
    print_hash(w, data, len);
}

static void print_quoted(world_t *w, enow_bytes_t text)
{
    text_add(&w->out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.data[i];
        const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        text_add(&w->out, plain ? "%c" : "\\x%02x", c);
    }
    text_add(&w->out, "\"");
}

static const char *word(bool is, const char *word) { return is ? word : ""; }

static void print_verdict(world_t *w, int result)
{
    static const struct {
        int result;
        const char *name;
    } known[] = {{0, "acknowledged"},
                 {ENOW_LINK_ERR_TOPIC, "bad topic"},
                 {ENOW_LINK_ERR_TOO_LARGE, "too large"},
                 {ENOW_LINK_ERR_FULL, "full"},
                 {ENOW_LINK_ERR_EXPIRED, "expired"},
                 {ENOW_LINK_ERR_DENIED, "denied"},
                 {ENOW_LINK_ERR_ELSEWHERE, "elsewhere"},
                 {ENOW_LINK_ERR_NO_SESSION, "no session"},
                 {ENOW_LINK_ERR_ASLEEP, "asleep"},
                 {ENOW_LINK_ERR_GONE, "gone"},
                 {ENOW_LINK_ERR_UNFINISHED, "unfinished"},
                 {ENOW_LINK_ERR_SNAPSHOT, "unusable snapshot"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].result == result) {
            text_add(&w->out, "%s\n", known[i].name);
            return;
        }
    }
    text_add(&w->out, result > 0 ? "status %d\n" : "result %d\n", result);
}

static void print_message(world_t *w, const enow_link_message_t *m)
{
    text_add(&w->out, "message %d of ", m->id);
    print_name(w, m->from);
    text_add(&w->out, " on %d at %d dBm, boot %08" PRIx32 "%s%s%s%s: ", m->channel, m->rssi, m->boot,
             word(m->retain, ", retain"), word(m->broadcast, ", broadcast"), word(m->raw, ", raw"),
             word(m->receipt.source != 0, ", waits"));
    print_quoted(w, m->topic);
    text_add(&w->out, " ");
    if (m->payload.len <= MAX_SHOWN) {
        print_quoted(w, m->payload);
    } else {
        print_digits(w, m->payload.data, m->payload.len);
    }
    text_add(&w->out, "\n");
}

static void print_connection(world_t *w, const enow_link_connection_t *c)
{
    text_add(&w->out, c->up ? "connected to " : "not connected to ");
    print_name(w, c->gateway);
    if (c->up) {
        text_add(&w->out, " on %d at %d dBm, boot %08" PRIx32 "\n", c->channel, c->rssi, c->boot);
    } else {
        text_add(&w->out, ": %s\n", enow_link_reason_name(c->reason));
    }
}

static void print_presence(world_t *w, const enow_link_presence_t *p)
{
    print_name(w, p->addr);
    if (p->present) {
        text_add(&w->out, " is here on %d at %d dBm, boot %08" PRIx32 "%s\n", p->channel, p->rssi, p->boot,
                 word(p->sleepy, ", sleepy"));
    } else {
        text_add(&w->out, " is gone: %s\n", enow_link_reason_name(p->reason));
    }
}

void print_event(world_t *w, const device_t *d, const enow_link_event_t *event)
{
    print_time(w);
    text_add(&w->out, "%s: ", d->name);
    switch (event->kind) {
    case ENOW_LINK_EVENT_MESSAGE:
        print_message(w, &event->as.message);
        break;
    case ENOW_LINK_EVENT_RESULT:
        text_add(&w->out, "message %" PRIu32 " to ", event->as.result.ticket);
        print_name(w, event->as.result.to);
        text_add(&w->out, ": ");
        print_verdict(w, event->as.result.err);
        break;
    case ENOW_LINK_EVENT_CONNECTION:
        print_connection(w, &event->as.connection);
        break;
    case ENOW_LINK_EVENT_PRESENCE:
        print_presence(w, &event->as.presence);
        break;
    }
}

void print_frame(world_t *w, const device_t *d, const enow_link_transmission_t *out, const flight_t *f, bool lost)
{
    print_time(w);
    text_add(&w->out, "%s > ", d->name);
    print_name(w, f->to);
    if (out->channel != 0) {
        text_add(&w->out, " on %d", out->channel);
    }
    if (out->remove) {
        text_add(&w->out, ", for ");
        print_name(w, out->removed);
    }
    text_add(&w->out, "%s%s: ", word(out->add, ", new"), word(lost, ", lost"));
    print_digits(w, f->body, f->len);
    text_add(&w->out, "\n");
}

void print_drops(world_t *w, const device_t *d, const enow_link_drops_t *drops)
{
    for (size_t i = 0; i < ENOW_LINK_DROP_REASONS; i++) {
        const uint32_t more = drops->count[i] - d->drops.count[i];
        if (more > 0) {
            print_time(w);
            text_add(&w->out, "%s drops %" PRIu32 ": %s\n", d->name, more,
                     enow_drop_reason_name((enow_drop_reason_t)i));
        }
    }
}

void print_refusal(world_t *w, const device_t *d, const char *what, int why)
{
    print_time(w);
    text_add(&w->out, "%s: %s", d->name, what);
    print_verdict(w, why);
}

void print_sum(world_t *w)
{
    text_t all = w->out;
    unsigned lines = 0;

    for (size_t i = 0; i < all.len; i++) {
        lines += all.data[i] == '\n';
    }
    memset(&w->out, 0, sizeof w->out);
    print_time(w);
    text_add(&w->out, "%u lines, sum ", lines);
    print_hash(w, all.data, all.len);
    text_add(&w->out, "\n");
    text_free(&all);
}
