/* Where nodes are, for the broker: with a machine, an outbox and a clock that the test plays. */
#include "presence.h"

#include "broker.h"
#include "check.h"
#include "clock.h"
#include "enow/config.h"
#include "enow/driver.h"
#include "uplink.h"
#include <string.h>

enum { HERE = 1, OTHER = 2, ALIVE_S = 60, CHANNEL = 6 };

/* What the machine knows, by address, and was told. */
static enow_link_node_status_t s_nodes[8];
static size_t s_count;
static unsigned s_sent_elsewhere;

static uint64_t s_now_us;
static unsigned s_woken;
static char s_published[512]; /* "topic text" of each document */

static enow_addr_t addr(unsigned i) { return (enow_addr_t){{2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}}; }

bool enow_link_gateway_next_node(const enow_link_gateway_t *gateway, uint64_t now_us, const enow_addr_t *after,
                                 enow_link_node_status_t *out)
{
    (void)gateway, (void)now_us;
    for (size_t i = 0; i < s_count; i++) {
        if (after == NULL || memcmp(&s_nodes[i].addr, after, sizeof *after) > 0) {
            *out = s_nodes[i];
            return true;
        }
    }
    return false;
}

int enow_link_gateway_elsewhere(enow_link_gateway_t *gateway, uint64_t now_us, enow_addr_t node)
{
    (void)gateway, (void)now_us, (void)node;
    s_sent_elsewhere++;
    return 0;
}

uint64_t enow_driver_now(void) { return s_now_us; }

esp_err_t enow_driver_call(void (*f)(void *arg), void *arg)
{
    f(arg);
    return ESP_OK;
}

uint64_t enow_gateway_clock_unix_us(void) { return 0; }

void enow_gateway_broker_wake(void) { s_woken++; }

void enow_gateway_uplink_document(const char *topic, const char *text, bool status)
{
    const size_t len = strlen(s_published);

    CHECK(status, "is a status");
    (void)snprintf(s_published + len, sizeof s_published - len, "%s %s\n", topic, text);
}

static void begin(void)
{
    static enow_gateway_t gateway;

    gateway = (enow_gateway_t){.cfg = {.node_alive_s = ALIVE_S, .channel = CHANNEL},
                               .addr = addr(HERE),
                               .roots = {.device = "/device", .gateway = "/gateway"}};
    s_count = s_sent_elsewhere = s_woken = 0;
    s_now_us = 0;
    s_published[0] = '\0';
    enow_gateway_presence_start(&gateway);
}

/* What was published since the last time. */
static const char *published(void)
{
    static char text[sizeof s_published];

    memcpy(text, s_published, sizeof text);
    s_published[0] = '\0';
    return text;
}

static bool is(const char *text, unsigned node, const char *part)
{
    char topic[64];

    (void)snprintf(topic, sizeof topic, "/device/02:00:00:00:00:%02x/$status {", node);
    return strncmp(text, topic, strlen(topic)) == 0 && strstr(text, part) != NULL &&
           strchr(text, '\n') == strrchr(text, '\n');
}

static void told(unsigned node, bool present, enow_link_reason_t why)
{
    enow_gateway_presence_told(
        &(enow_link_presence_t){.addr = addr(node), .present = present, .reason = why, .rssi = -50, .channel = 6});
}

static void heard(unsigned node, unsigned gateway, bool online, bool retained)
{
    enow_gateway_presence_heard(addr(node), &(enow_gateway_whereabouts_t){.online = online, .gateway = addr(gateway)},
                                retained);
}

static void test_told(void)
{
    begin();
    told(7, true, ENOW_LINK_REASON_NONE);
    CHECK(is(published(), 7, "\"online\":true"), "joined");
    told(7, false, ENOW_LINK_REASON_SILENT);
    CHECK(is(published(), 7, "\"reason\":\"silent\""), "left");
    told(7, false, ENOW_LINK_REASON_ELSEWHERE);
    CHECK(*published() == '\0', "whoever has it says so");
}

/* Another gateway has a node. */
static void test_elsewhere(void)
{
    begin();
    heard(7, OTHER, true, false);
    CHECK(s_sent_elsewhere == 1 && enow_gateway_presence_elsewhere(addr(7)), "now");
    told(7, false, ENOW_LINK_REASON_SILENT);
    CHECK(*published() == '\0', "that it is not here is not told");
    heard(7, OTHER, false, false);
    CHECK(s_sent_elsewhere == 1 && !enow_gateway_presence_elsewhere(addr(7)), "and no more");
    told(7, false, ENOW_LINK_REASON_SILENT);
    CHECK(*published() != '\0', "it is told");

    heard(7, OTHER, true, true);
    CHECK(s_sent_elsewhere == 2, "it was there, and is not here");
    told(7, true, ENOW_LINK_REASON_NONE);
    CHECK(*published() != '\0' && !enow_gateway_presence_elsewhere(addr(7)), "comes back");

    s_nodes[0] = (enow_link_node_status_t){.addr = addr(7), .present = true};
    s_count = 1;
    heard(7, OTHER, true, true);
    CHECK(s_sent_elsewhere == 2 && enow_gateway_presence_elsewhere(addr(7)), "it was there, and may be back");
    heard(7, HERE, true, true);
    CHECK(!enow_gateway_presence_elsewhere(addr(7)), "the broker says that it is here");
    heard(7, OTHER, true, false);
    CHECK(s_sent_elsewhere == 3, "it is there now");
}

/* As many nodes are marked as are remembered: one more takes the place of the oldest. */
static void test_marks(void)
{
    begin();
    for (unsigned i = 0; i < ENOW_CONFIG_GATEWAY_REMEMBERED; i++) {
        heard(i, OTHER, true, false);
        heard(i, OTHER, true, false);
    }
    CHECK(enow_gateway_presence_elsewhere(addr(0)), "all have room");
    heard(ENOW_CONFIG_GATEWAY_REMEMBERED, OTHER, true, false);
    CHECK(enow_gateway_presence_elsewhere(addr(ENOW_CONFIG_GATEWAY_REMEMBERED)), "one more has");
    CHECK(!enow_gateway_presence_elsewhere(addr(0)) && enow_gateway_presence_elsewhere(addr(1)), "the oldest goes");
    heard(ENOW_CONFIG_GATEWAY_REMEMBERED + 1, OTHER, true, false);
    CHECK(!enow_gateway_presence_elsewhere(addr(1)) && enow_gateway_presence_elsewhere(addr(2)), "and the next");
}

/* The broker says that a node is here that is not. */
static void test_correct(void)
{
    const uint64_t settled_us = 2 * UINT64_C(1000000) * ALIVE_S;

    begin();
    s_nodes[0] = (enow_link_node_status_t){.addr = addr(3), .present = true};
    s_nodes[1] = (enow_link_node_status_t){.addr = addr(5), .present = false};
    s_count = 2;
    s_now_us = settled_us - 1;
    heard(5, HERE, true, true);
    heard(7, HERE, true, true);
    CHECK(*published() == '\0', "may still come back");
    s_now_us = settled_us;
    heard(5, HERE, true, true);
    CHECK(is(published(), 5, "\"online\":false"), "has not come back");
    heard(7, HERE, true, true);
    CHECK(is(published(), 7, "\"online\":false"), "and is not even known");
    heard(3, HERE, true, true);
    heard(5, HERE, false, true);
    heard(5, HERE, true, false);
    CHECK(*published() == '\0', "who is here, told to be away, or just told to be here");
}

/* The gateway is on another channel: what was told of its nodes, and of no others, is told again. */
static void test_moves(void)
{
    begin();
    for (unsigned i = 0; i < 5; i++) {
        s_nodes[i] = (enow_link_node_status_t){.addr = addr(0x10 + i), .present = i != 1, .rssi = -40};
    }
    s_count = 5;
    heard(0x12, OTHER, true, true);
    enow_gateway_presence_refresh();
    enow_gateway_presence_moved(CHANNEL);
    enow_gateway_presence_refresh();
    CHECK(*published() == '\0' && s_woken == 0, "where it always was");
    enow_gateway_presence_moved(11);
    CHECK(*published() == '\0' && s_woken == 1, "not before there is room");
    enow_gateway_presence_refresh();
    CHECK(is(published(), 0x10, "\"online\":true"), "one at a time");
    enow_gateway_presence_moved(11);
    enow_gateway_presence_refresh();
    CHECK(is(published(), 0x13, "\"rssi\":-40,\"channel\":11"), "neither who is not here, nor who is elsewhere");
    enow_gateway_presence_moved(1);
    enow_gateway_presence_refresh();
    CHECK(is(published(), 0x10, "\"channel\":1}"), "from the first on when it moves again");
    enow_gateway_presence_refresh();
    enow_gateway_presence_refresh();
    CHECK(strstr(published(), ":14/$status {\"online\":true") != NULL, "to the last");
    enow_gateway_presence_refresh();
    enow_gateway_presence_refresh();
    CHECK(*published() == '\0', "and no more");
    enow_gateway_presence_moved(11);
    enow_gateway_presence_start(&(enow_gateway_t){.cfg = {.channel = CHANNEL}});
    enow_gateway_presence_refresh();
    CHECK(*published() == '\0', "a start is no move");
}

int main(void)
{
    test_told();
    test_elsewhere();
    test_marks();
    test_correct();
    test_moves();
    return check_result();
}
