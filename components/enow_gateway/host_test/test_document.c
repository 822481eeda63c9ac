#include "check.h"

#include "../src/document.h"

#include "../src/addr.h"

#include <string.h>

static const enow_addr_t gateway = {{0x24, 0x6f, 0x28, 0, 0, 1}};

static enow_link_presence_t presence(bool present, enow_link_reason_t reason)
{
    enow_link_presence_t p;

    memset(&p, 0, sizeof p);
    p.present = present;
    p.reason = reason;
    p.rssi = -61;
    p.channel = 6;
    return p;
}

static void test_node(void)
{
    static const char up[] = "{\"online\":true,\"gateway\":\"24:6f:28:00:00:01\",\"rssi\":-61,\"channel\":6,"
                             "\"since\":\"2026-11-27T00:00:01.234Z\"}";
    static const char down[] = "{\"online\":false,\"gateway\":\"24:6f:28:00:00:01\",\"rssi\":-61,\"channel\":6,"
                               "\"reason\":\"silent\"}";
    /* As espnow/link names them. */
    static const char *const reasons[] = {"",          "normal",    "unknown session", "denied",
                                          "shutdown",  "silent",    "elsewhere",       "evicted",
                                          "restarted", "key spent", "version",         "extension"};
    char out[ENOW_GATEWAY_STATUS_SIZE], want[32];
    enow_link_presence_t p = presence(true, ENOW_LINK_REASON_NONE);

    int got = enow_gateway_document_node(&p, gateway, 1795737601234, out, sizeof out);
    CHECK(got == (int)sizeof up - 1 && strcmp(out, up) == 0, "%d: %s", got, out);
    CHECK(enow_gateway_document_node(&p, gateway, 1795737601234, out, sizeof up) == got, "just enough");
    CHECK(enow_gateway_document_node(&p, gateway, 1795737601234, out, sizeof up - 1) == ENOW_GATEWAY_ERR_CAPACITY,
          "a byte too few");
    p = presence(false, ENOW_LINK_REASON_SILENT);
    got = enow_gateway_document_node(&p, gateway, 0, out, sizeof out);
    CHECK(got == (int)sizeof down - 1 && strcmp(out, down) == 0, "%d: %s", got, out);
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        p = presence(false, (enow_link_reason_t)i);
        p.rssi = INT8_MIN;
        p.channel = UINT8_MAX;
        CHECK(enow_gateway_document_node(&p, gateway, UINT64_MAX, out, sizeof out) > 0, "reason %u does not fit", i);
        (void)snprintf(want, sizeof want, "\"reason\":\"%s\"}", reasons[i]);
        CHECK(strstr(out, want) != NULL, "reason %u: %s", i, out);
    }
}

/* What this gateway writes it reads; others may write more. */
static void test_read_node(void)
{
    static const struct {
        const char *text;
        int want;
        bool online;
    } cases[] = {
        {"{\"online\":true,\"gateway\":\"24:6f:28:00:00:01\"}", 0, true},
        {"{\"gateway\":\"24:6F:28:00:00:01\",\"more\":[{\"online\":true}],\"online\":false}", 0, false},
        {"", ENOW_GATEWAY_ERR_SYNTAX, false},
        {"online", ENOW_GATEWAY_ERR_KIND, false},
        {"[true]", ENOW_GATEWAY_ERR_KIND, false},
        {"{}", ENOW_GATEWAY_ERR_KIND, false},
        {"{\"online\":true}", ENOW_GATEWAY_ERR_KIND, false},
        {"{\"gateway\":\"24:6f:28:00:00:01\"}", ENOW_GATEWAY_ERR_KIND, false},
        {"{\"online\":1,\"gateway\":\"24:6f:28:00:00:01\"}", ENOW_GATEWAY_ERR_KIND, false},
        {"{\"online\":true,\"gateway\":1}", ENOW_GATEWAY_ERR_KIND, false},
        {"{\"online\":true,\"gateway\":\"24:6f:28:00:00:0\"}", ENOW_GATEWAY_ERR_ADDR, false},
        {"{\"online\":true,\"gateway\":\"24:6f:28:00:00:01\"", ENOW_GATEWAY_ERR_SYNTAX, false},
    };
    enow_gateway_whereabouts_t where;
    char out[ENOW_GATEWAY_STATUS_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&where, 0xaa, sizeof where.gateway);
        where.online = !cases[i].online;
        const int got = enow_gateway_document_read_node(cases[i].text, strlen(cases[i].text), &where);
        CHECK(got == cases[i].want, "%s: %d", cases[i].text, got);
        CHECK(where.online == (got == 0 ? cases[i].online : !cases[i].online), "%s: online", cases[i].text);
        CHECK((enow_gateway_addr_compare(where.gateway, gateway) == 0) == (got == 0), "%s: gateway", cases[i].text);
    }
    const enow_link_presence_t p = presence(true, ENOW_LINK_REASON_NONE);
    const int len = enow_gateway_document_node(&p, gateway, 1, out, sizeof out);
    CHECK(len > 0 && enow_gateway_document_read_node(out, (size_t)len, &where) == 0 && where.online, "%s", out);
}

/* As espnow/bridge writes it. */
static void test_online(void)
{
    char out[ENOW_GATEWAY_STATUS_SIZE];

    CHECK(enow_gateway_document_online(1795737601234, out, sizeof out) > 0 &&
              strcmp(out, "{\"online\":true,\"since\":\"2026-11-27T00:00:01.234Z\"}") == 0,
          "%s", out);
    CHECK(enow_gateway_document_online(0, out, sizeof out) == 15 && strcmp(out, "{\"online\":true}") == 0, "%s", out);
    CHECK(enow_gateway_document_online(0, out, 15) == ENOW_GATEWAY_ERR_CAPACITY, "a byte too few");
}

static void test_stats(void)
{
    static const struct {
        uint8_t other;
        uint32_t sent, failed;
    } radio = {1, 7, UINT32_MAX};
    static const enow_gateway_counter_t counters[] = {{"sent", 4}, {"failed", 8}};
    const enow_gateway_counters_t parts[] = {{"radio", counters, 2, &radio}, {"none", NULL, 0, NULL}};
    static const char want[] =
        "{\"uptime_s\":4294967296,\"link\":{\"sessions\":17,\"half_open\":18,\"known\":19,\"frames\":1,\"sent\":2,"
        "\"packets\":3,\"messages\":4,\"raw\":5,\"searches\":6,\"joins\":7,\"busy\":8,\"joined\":9,\"key_exchanges\":"
        "10,"
        "\"mail_dropped\":11,\"mail_waited\":12,\"mail\":13,\"partial\":14,\"waiting\":15,\"held\":16,"
        "\"drops\":{\"short\":1,\"denied\":4294967295}},\"radio\":{\"sent\":7,\"failed\":4294967295},\"none\":{}}";
    enow_link_gateway_stats_t machine;
    char out[1024];

    memset(&machine, 0, sizeof machine);
    machine.frames = 1, machine.sent = 2, machine.packets = 3, machine.messages = 4, machine.raw = 5;
    machine.searches = 6, machine.joins = 7, machine.busy = 8, machine.joined = 9, machine.key_exchanges = 10;
    machine.mail_dropped = 11, machine.mail_waited = 12, machine.mail = 13, machine.partial = 14, machine.waiting = 15;
    machine.held = 16, machine.sessions = 17, machine.half_open = 18, machine.known = 19;
    machine.drops.count[ENOW_DROP_REASON_SHORT] = 1;
    machine.drops.count[ENOW_DROP_REASON_DENIED] = UINT32_MAX;
    const int got = enow_gateway_document_stats(UINT64_C(1) << 32, &machine, parts, 2, out, sizeof out);
    CHECK(got == (int)sizeof want - 1 && strcmp(out, want) == 0, "%d: %s", got, out);
    CHECK(enow_gateway_document_stats(UINT64_C(1) << 32, &machine, parts, 2, out, sizeof want - 1) ==
              ENOW_GATEWAY_ERR_CAPACITY,
          "a byte too few");
}

/* Every reason to drop has a name, and all of them fit. */
static void test_drops(void)
{
    enow_link_gateway_stats_t machine;
    char out[ENOW_GATEWAY_STATS_LINK];

    memset(&machine, 0xff, sizeof machine);
    memset(&machine.drops, 0, sizeof machine.drops);
    for (enow_drop_reason_t i = ENOW_DROP_REASON_SHORT; i <= ENOW_DROP_REASON_OVERRUN; i++) {
        machine.drops.count[i] = UINT32_MAX;
    }
    for (enow_drop_reason_t i = ENOW_DROP_REASON_FRAME_TOO_LONG; i <= ENOW_DROP_REASON_VERSION; i++) {
        machine.drops.count[i] = UINT32_MAX;
    }
    const int got = enow_gateway_document_stats(UINT64_MAX >> 1, &machine, NULL, 0, out, sizeof out);
    CHECK(got > 0 && strstr(out, "?") == NULL, "%d: %s", got, out);
    CHECK(got > (int)sizeof out - 200, "%d bytes: so much room is not needed", got);
}

int main(void)
{
    test_node();
    test_read_node();
    test_online();
    test_stats();
    test_drops();
    return check_result();
}
