/* Messages of nodes: where they arrive at the broker, with what, and when their nodes hear that they did. */
#include "bench.h"
#include "check.h"
#include <string.h>

static void test_message(void)
{
    static const char payload[] = {'2', '1', '.', '5', 0, '\xff'};
    const enow_gateway_config_t cfg = bench_config();
    seen_t seen;

    bench_begin();
    bench_start(&cfg);
    bench_join();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":true", BENCH_MS, &seen), "its status");
    CHECK(strstr(seen.payload, "\"gateway\":\"02:00:00:") != NULL, "names the gateway: %s", seen.payload);

    const int64_t ticket = device_publish("kitchen/temperature", payload, sizeof payload, true);
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged");
    CHECK(watcher_sees(BENCH_DEVICE "/kitchen/temperature", "21.5", BENCH_MS, &seen), "and arrives");
    CHECK(seen.len == sizeof payload && memcmp(seen.payload, payload, sizeof payload) == 0, "byte for byte");
    CHECK(!seen.retained, "not retained");
    CHECK(strstr(seen.properties, "gateway=02:00:00:") != NULL && strstr(seen.properties, "rssi=-") != NULL &&
              strstr(seen.properties, "boot=") != NULL && strstr(seen.properties, "message_id=") != NULL &&
              strstr(seen.properties, "time=20") != NULL,
          "user properties: %s", seen.properties);

    CHECK(device_knows_time(), "nodes are told the time");
    CHECK(strcmp(fake_mdns_hostname(), "enow-gateway") == 0, "it has a name in the network");
    CHECK(device_publish("", "", 0, false) >= 0, "one that is empty, of no topic, promised to nobody");
    CHECK(watcher_sees(BENCH_DEVICE, "", BENCH_MS, &seen) && seen.len == 0, "arrives as it is");

    const enow_gateway_stats_t stats = bench_stats();
    CHECK(stats.uplink.received == 2 && stats.uplink.dropped == 0 && stats.uplink.refused == 0, "counted: %u",
          (unsigned)stats.uplink.received);
    CHECK(watcher_sees(bench_gateway("$stats"), "\"uplink\":{\"received\":2", BENCH_MS, NULL), "and published");
    CHECK(enow_gateway_set("stats_s", "0") == ESP_OK, "no more of them");
    watcher_stop();
    watcher_start(broker_port(), NULL, NULL);
    CHECK(watcher_sees(bench_gateway("$stats"), "uptime_s", BENCH_MS, &seen) && seen.retained,
          "which the broker keeps");
    bench_end();
}

static void test_long_message(void)
{
    static char payload[4000];
    const enow_gateway_config_t cfg = bench_config();
    seen_t seen;

    memset(payload, 'x', sizeof payload);
    bench_begin();
    bench_start(&cfg);
    bench_join();
    const int64_t ticket = device_publish("long", payload, sizeof payload, true);
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged");
    CHECK(watcher_sees(BENCH_DEVICE "/long", "xxx", BENCH_MS, &seen) && seen.len == sizeof payload, "whole");
    bench_end();
}

/* The node hears of its message only when the broker has it, or, by a setting, before: from the start on, or changed
 * since then. */
static void test_acknowledge(bool by_queue, bool changed)
{
    enow_gateway_config_t cfg = bench_config();

    cfg.ack_mode = by_queue != changed ? ENOW_GATEWAY_ACKNOWLEDGE_QUEUE : ENOW_GATEWAY_ACKNOWLEDGE_BROKER;
    bench_begin();
    bench_start(&cfg);
    bench_join();
    if (changed) {
        CHECK(enow_gateway_set("ack_mode", by_queue ? "1" : "0") == ESP_OK, "set");
    }
    watcher_stop();
    broker_kill();
    const int64_t ticket = device_publish("promise", "kept", 4, true);
    CHECK((device_result(ticket, 2000) == 0) == by_queue, "acknowledged without the broker: %d", by_queue);
    bench_broker_returns();
    CHECK(watcher_sees(BENCH_DEVICE "/promise", "kept", BENCH_MS, NULL), "arrives");
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged in the end");
    bench_end();
}

static void test_at_most_once(void)
{
    enow_gateway_config_t cfg = bench_config();

    cfg.qos = 0;
    bench_begin();
    bench_start(&cfg);
    bench_join();
    const int64_t ticket = device_publish("t", "quick", 5, true);
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "quick", BENCH_MS, NULL), "arrives");
    CHECK(bench_stats().uplink.published >= 1, "counted");
    bench_end();
}

static void test_device_leaves(void)
{
    const enow_gateway_config_t cfg = bench_config();
    seen_t seen;

    bench_begin();
    bench_start(&cfg);
    bench_join();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":true", BENCH_MS, NULL), "joined");
    device_kill();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"reason\":\"silent\"", BENCH_MS, &seen), "left without a word");
    CHECK(strstr(seen.payload, "\"online\":false") != NULL, "is offline: %s", seen.payload);
    device_start(bench_device, 1, bench_key, BENCH_CHANNELS);
    CHECK(device_waits(true, BENCH_MS), "joins again");
    watcher_clear();
    CHECK(enow_gateway_stop() == ESP_OK, "the gateway stops");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":false", BENCH_MS, &seen), "the device is offline");
    CHECK(watcher_count(BENCH_DEVICE "/$status", "false") == 1, "says so once");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts again");
    CHECK(EVENTUALLY(bench_stats().link.sessions == 1, BENCH_MS), "and joins the new one");
    bench_end();
}

int main(void)
{
    test_message();
    test_long_message();
    test_acknowledge(false, false);
    test_acknowledge(true, false);
    test_acknowledge(true, true);
    test_at_most_once();
    test_device_leaves();
    return check_result();
}
