/* What comes from the broker: messages to nodes, settings, the deny-list, and where nodes are. */
#include "bench.h"
#include "check.h"
#include "enow/config.h"
#include <string.h>

#define SET BENCH_DEVICE "/$set"
#define ELSEWHERE "{\"online\":true,\"gateway\":\"02:00:00:00:00:99\"}"

static void publish(const char *topic, const char *text, bool retain)
{
    watcher_publish(topic, text, strlen(text), retain);
}

static void test_set(void)
{
    static char longest[ENOW_CONFIG_GATEWAY_NODE_MAIL_BYTES]; /* the length of its topic takes a byte */
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    watcher_start(broker_port(), NULL, NULL);
    publish(SET, "retained", true);
    CHECK(watcher_sees(SET, "retained", BENCH_MS, NULL), "at the broker");
    watcher_stop();
    bench_start(&cfg);
    CHECK(EVENTUALLY(bench_stats().downlink.retained == 1, BENCH_MS), "what the broker had kept is ignored");
    publish(SET, "early", false); /* kept until the device is there */
    CHECK(EVENTUALLY(bench_stats().downlink.queued == 1, BENCH_MS), "kept");
    bench_join();
    CHECK(device_hears("early", BENCH_MS), "arrives");
    publish(SET, "late", false);
    CHECK(device_hears("late", BENCH_MS), "arrives");
    CHECK(EVENTUALLY(bench_stats().downlink.delivered == 2, BENCH_MS), "acknowledged by the device");

    memset(longest, 'y', sizeof longest);
    watcher_publish(SET, longest, sizeof longest - 1, false);
    CHECK(device_hears("yyyy", BENCH_MS), "the longest does, though it comes in pieces");
    watcher_publish(SET, longest, sizeof longest, false);
    CHECK(EVENTUALLY(bench_stats().downlink.refused == 1, BENCH_MS), "one byte more does not");
    CHECK(EVENTUALLY(bench_logged("longer than a node gets (CONFIG_ENOW_GATEWAY_NODE_MAIL_BYTES)") == 1, BENCH_MS),
          "says what to do");

    CHECK(device_heard() == 3, "heard by nobody: %u", device_heard());
    bench_end();
}

static void test_too_long(void)
{
    static char payload[CONFIG_ENOW_GATEWAY_INBOX + 1];
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    memset(payload, ' ', sizeof payload);
    watcher_publish("/gateway/$deny", payload, sizeof payload, false);
    CHECK(EVENTUALLY(bench_stats().broker.too_long == 1, BENCH_MS), "counted");
    CHECK(EVENTUALLY(bench_logged("CONFIG_ENOW_GATEWAY_INBOX") == 1, BENCH_MS), "says what to do");
    memcpy(payload, "[]", 2);
    watcher_publish("/gateway/$deny", payload, sizeof payload - 1, false);
    CHECK(EVENTUALLY(bench_stats().broker.received == 1, BENCH_MS), "the longest is taken");
    CHECK(bench_stats().broker.malformed == 0, "whole");
    bench_end();
}

static void test_deny(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    bench_join();
    publish("/gateway/$deny", "[\"02:00:00:00:00:77\"]", true);
    CHECK(device_waits(false, BENCH_MS), "denied at once");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"reason\":\"denied\"", BENCH_MS, NULL), "told");
    publish(SET, "for nobody", false);
    CHECK(EVENTUALLY(bench_logged("the node is on the deny-list") == 1, BENCH_MS), "gets no messages");
    publish("/gateway/$deny", "[\"02:00:00:00:00:77\",3]", true);
    CHECK(EVENTUALLY(bench_logged("element 1 of the new one is wrong") == 1, BENCH_MS), "a wrong list changes nothing");
    CHECK(bench_stats().broker.malformed == 1 && !device_connected(), "counted");
    publish("/gateway/$deny", "[\"02:00:00:00:00:88\"]", true);
    device_kill(); /* one that was denied asks again after some minutes */
    bench_join();
    publish("/gateway/$deny", "[\"02:00:00:00:00:77\"]", true);
    CHECK(device_waits(false, BENCH_MS), "denied once more");
    publish("/gateway/$deny", "", true); /* retained messages are deleted so */
    device_kill();
    bench_join();
    bench_end();
}

static void test_config(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    publish(bench_gateway("$config"), "{\"stats_s\":2,\"qos\":0,\"node_alive_s\":77}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"ok\":true,\"changed\":3,\"next_start\":1,\"unsaved\":0",
                       BENCH_MS, NULL),
          "answered");
    CHECK(bench_logged("node_alive_s is set, and counts from the next start on") == 1, "says what is not yet in force");
    const unsigned lines = bench_logged("settings from the broker");
    watcher_clear();
    publish(bench_gateway("$config"), "{\"log_level\":2}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"ok\":true", BENCH_MS, NULL), "answered");
    CHECK(lines == 1 && bench_logged("settings from the broker") == lines, "warnings only, at once");
    publish(bench_gateway("$config"), "{\"ssid\":\"theirs\"}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"setting\":\"ssid\"", BENCH_MS, NULL), "closed");
    publish(bench_gateway("$config"), "{\"window\":65}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"setting\":\"window\"", BENCH_MS, NULL), "out of range");
    CHECK(bench_stats().broker.malformed == 2, "counted");
    watcher_clear();
    publish(bench_gateway("$config"), "{\"stats_s\":0}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"ok\":true", BENCH_MS, NULL), "answered");
    watcher_clear();
    (void)usleep(2500000);
    CHECK(watcher_count(bench_gateway("$stats"), "") == 0, "no $stats any more");
    fake_nvs_full(true);
    publish(bench_gateway("$config"), "{\"qos\":1}", false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "\"changed\":1,\"next_start\":0,\"unsaved\":1", BENCH_MS, NULL),
          "set, and not kept");
    fake_nvs_full(false);
    bench_end();
}

/* The device goes to another gateway, and the broker says so. */
static void test_elsewhere(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    bench_join();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":true", BENCH_MS, NULL), "here");
    device_kill();
    publish(SET, "waits in vain", false);
    CHECK(EVENTUALLY(bench_stats().downlink.queued == 1, BENCH_MS), "waits");
    watcher_clear();
    publish(BENCH_DEVICE "/$status", ELSEWHERE, true);
    CHECK(EVENTUALLY(bench_stats().link.sessions == 0, 1000), "the session ends at once");
    publish(SET, "not from here", false);
    CHECK(EVENTUALLY(bench_stats().downlink.elsewhere == 1, BENCH_MS), "messages to it are the other's");
    CHECK(bench_stats().downlink.failed == 1, "and so are those that waited");
    (void)usleep(4000000); /* longer than its keep-alive */
    CHECK(watcher_count(BENCH_DEVICE "/$status", "\"online\":false") == 0, "not said to be offline");
    device_start(bench_device, 1, bench_key, BENCH_CHANNELS);
    CHECK(EVENTUALLY(bench_stats().link.sessions == 1, BENCH_MS), "comes back");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"gateway\":\"02:00:00", BENCH_MS, NULL), "and is here again");
    publish(SET, "from here", false);
    CHECK(device_hears("from here", BENCH_MS), "with its messages");
    bench_end();
}

/* The gateway was switched off while the device was here, and the device never comes back. */
static void test_gone_meanwhile(void)
{
    const enow_gateway_config_t cfg = bench_config();
    char status[128];

    bench_begin();
    watcher_start(broker_port(), NULL, NULL);
    (void)snprintf(status, sizeof status, "%s", bench_gateway("$status"));
    watcher_stop();
    bench_start(&cfg);
    (void)snprintf(status, sizeof status, "{\"online\":true,\"gateway\":\"%.17s\"}",
                   bench_gateway("") + strlen("/gateway/"));
    publish(BENCH_DEVICE "/$status", status, true);
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":false", BENCH_MS, NULL),
          "corrected when nodes had their time");
    bench_end();
}

static void test_malformed(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    publish("/device/nobody/$set", "?", false);
    publish("/device/ff:ff:ff:ff:ff:ff/$set", "?", false);
    publish(BENCH_DEVICE "/$status", "{\"online\":", false);
    publish(BENCH_DEVICE "/$status", "", true); /* somebody has it deleted, which is no fault */
    CHECK(EVENTUALLY(bench_stats().broker.malformed + bench_stats().downlink.refused == 3, BENCH_MS), "counted: %u %u",
          (unsigned)bench_stats().broker.malformed, (unsigned)bench_stats().downlink.refused);
    bench_join();
    publish(SET, "good", false);
    CHECK(device_hears("good", BENCH_MS), "and no more than that");
    CHECK(bench_stats().broker.malformed + bench_stats().downlink.refused == 3, "no other is");
    bench_end();
}

int main(void)
{
    test_set();
    test_too_long();
    test_deny();
    test_config();
    test_elsewhere();
    test_gone_meanwhile();
    test_malformed();
    return check_result();
}
