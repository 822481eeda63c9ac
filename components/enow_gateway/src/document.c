#include "document.h"

#include "addr.h"
#include "enow_proto_names.h"
#include "json_read.h"
#include "json_write.h"
#include "stamp.h"

#include <string.h>

typedef enow_gateway_json_writer_t writer_t;

static void begin(writer_t *w, char *out, size_t cap)
{
    enow_gateway_json_begin(w, out, cap);
    enow_gateway_json_open(w, NULL, '{');
}

static int end(writer_t *w)
{
    enow_gateway_json_close(w, '}');
    return enow_gateway_json_end(w);
}

static void write_addr(writer_t *w, const char *name, enow_addr_t addr)
{
    char text[ENOW_GATEWAY_ADDR_TEXT + 1];

    enow_gateway_addr_print(addr, text);
    enow_gateway_json_text(w, name, text);
}

static void write_since(writer_t *w, uint64_t since_ms)
{
    char text[ENOW_GATEWAY_STAMP_TEXT + 1];

    if (since_ms != 0) {
        enow_gateway_stamp_print(since_ms, text);
        enow_gateway_json_text(w, "since", text);
    }
}

int enow_gateway_document_node(const enow_link_presence_t *presence, enow_addr_t gateway, uint64_t since_ms, char *out,
                               size_t cap)
{
    writer_t w;

    begin(&w, out, cap);
    enow_gateway_json_bool(&w, "online", presence->present);
    write_addr(&w, "gateway", gateway);
    enow_gateway_json_integer(&w, "rssi", presence->rssi);
    enow_gateway_json_integer(&w, "channel", presence->channel);
    write_since(&w, since_ms);
    if (!presence->present) {
        enow_gateway_json_text(&w, "reason", enow_link_reason_name(presence->reason));
    }
    return end(&w);
}

int enow_gateway_document_read_node(const char *text, size_t len, enow_gateway_whereabouts_t *out)
{
    enow_gateway_json_reader_t r;
    enow_gateway_json_value_t value;
    enow_gateway_whereabouts_t where;
    bool online = false, gateway = false;
    int got = enow_gateway_json_read(&r, text, len, '{');

    memset(&where, 0, sizeof where);
    if (got < 0) {
        return got;
    }
    while ((got = enow_gateway_json_next(&r, &value)) > 0) {
        if (strcmp(value.name, "online") == 0) {
            online = value.kind == ENOW_GATEWAY_JSON_BOOL;
            where.online = value.boolean;
        } else if (strcmp(value.name, "gateway") == 0) {
            gateway = value.kind == ENOW_GATEWAY_JSON_STRING;
            if (gateway && !enow_gateway_addr_parse(value.text, strlen(value.text), &where.gateway)) {
                return ENOW_GATEWAY_ERR_ADDR;
            }
        }
    }
    if (got < 0) {
        return got;
    }
    if (!online || !gateway) {
        return ENOW_GATEWAY_ERR_KIND;
    }
    *out = where;
    return 0;
}

int enow_gateway_document_online(uint64_t since_ms, char *out, size_t cap)
{
    writer_t w;

    begin(&w, out, cap);
    enow_gateway_json_bool(&w, "online", true);
    write_since(&w, since_ms);
    return end(&w);
}

#define MACHINE(MEMBER) ENOW_GATEWAY_COUNTER(enow_link_gateway_stats_t, MEMBER)

/* The members that are a uint32_t; those of 16 bits stand below. */
static const enow_gateway_counter_t machine_counters[] = {
    MACHINE(frames), MACHINE(sent),          MACHINE(packets),      MACHINE(messages),
    MACHINE(raw),    MACHINE(searches),      MACHINE(joins),        MACHINE(busy),
    MACHINE(joined), MACHINE(key_exchanges), MACHINE(mail_dropped), MACHINE(mail_waited),
    MACHINE(mail),   MACHINE(partial),       MACHINE(waiting),      MACHINE(held),
};

static void write_counters(writer_t *w, const enow_gateway_counter_t *counters, size_t count, const void *values)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t value;
        memcpy(&value, (const uint8_t *)values + counters[i].offset, sizeof value);
        enow_gateway_json_integer(w, counters[i].name, value);
    }
}

static void write_drops(writer_t *w, const enow_link_drops_t *drops)
{
    enow_gateway_json_open(w, "drops", '{');
    for (unsigned i = 0; i < ENOW_LINK_DROP_REASONS; i++) {
        if (drops->count[i] > 0) {
            enow_gateway_json_integer(w, enow_drop_reason_name((enow_drop_reason_t)i), drops->count[i]);
        }
    }
    enow_gateway_json_close(w, '}');
}

int enow_gateway_document_stats(uint64_t uptime_s, const enow_link_gateway_stats_t *machine,
                                const enow_gateway_counters_t *parts, size_t count, char *out, size_t cap)
{
    writer_t w;

    begin(&w, out, cap);
    enow_gateway_json_integer(&w, "uptime_s", (int64_t)uptime_s);
    enow_gateway_json_open(&w, "link", '{');
    enow_gateway_json_integer(&w, "sessions", machine->sessions);
    enow_gateway_json_integer(&w, "half_open", machine->half_open);
    enow_gateway_json_integer(&w, "known", machine->known);
    write_counters(&w, machine_counters, sizeof machine_counters / sizeof machine_counters[0], machine);
    write_drops(&w, &machine->drops);
    enow_gateway_json_close(&w, '}');
    for (size_t i = 0; i < count; i++) {
        enow_gateway_json_open(&w, parts[i].name, '{');
        write_counters(&w, parts[i].counters, parts[i].count, parts[i].values);
        enow_gateway_json_close(&w, '}');
    }
    return end(&w);
}
