/* What the access point can do to a gateway and its nodes. */
#include "bench.h"
#include "check.h"

/* ESP-NOW hears nothing after the station has joined on another channel, until it is initialised again. */
static void test_channel_changes(void)
{
    const enow_gateway_config_t cfg = bench_config();

    fake_now_deaf_after_channel_change(true);
    bench_begin();
    bench_start(&cfg);
    bench_join();
    fake_ap_up("home", "password", 11);
    CHECK(EVENTUALLY(bench_stats().station.channel == 11, BENCH_MS), "follows");
    const int64_t ticket = device_publish("t", "over there", 10, true);
    CHECK(device_result(ticket, BENCH_MS) == 0, "the device finds it");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "over there", BENCH_MS, NULL), "and its message the broker");
    CHECK(bench_stats().radio.resets > 0, "ESP-NOW was initialised again");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"channel\":11", BENCH_MS, NULL), "the device's status says so");
    CHECK(watcher_count(BENCH_DEVICE "/$status", "\"online\":false") == 0, "and it never left");
    fake_now_deaf_after_channel_change(false);
    bench_end();
}

/* What is told anew of devices waits until there is room: no message gives way to it. */
static void test_channel_changes_while_outbox_is_full(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    cfg.outbox_msgs = 1;
    bench_start(&cfg);
    bench_join();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"channel\":6", BENCH_MS, NULL), "joined");
    CHECK(EVENTUALLY(bench_stats().uplink.waiting == 0 && bench_stats().uplink.in_flight == 0, BENCH_MS), "empty");
    watcher_stop();
    broker_freeze();
    CHECK(device_publish("t", "kept", 4, false) >= 0, "queued");
    CHECK(EVENTUALLY(bench_stats().uplink.in_flight == 1, BENCH_MS), "full");
    fake_ap_up("home", "password", 11);
    CHECK(EVENTUALLY(bench_stats().station.channel == 11, BENCH_MS), "follows");
    broker_kill();
    bench_broker_returns();
    CHECK(bench_logged("(it gave none, or the connection broke, reason 0x00); messages are kept") == 1, "says why");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "kept", BENCH_MS, NULL), "the message arrives");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"channel\":11", BENCH_MS, NULL), "and then the status");
    CHECK(bench_stats().uplink.dropped == 0, "nothing was dropped");
    bench_end();
}

static void test_away(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    bench_join();
    fake_ap_down();
    CHECK(EVENTUALLY(!bench_stats().station.joined, BENCH_MS), "lost");
    const int64_t ticket = device_publish("t", "meanwhile", 9, true);
    CHECK(EVENTUALLY(bench_stats().station.not_found >= 3, BENCH_MS), "tries on");
    CHECK(device_waits(true, BENCH_MS), "while it rests the device reaches it");
    fake_ap_up("home", "password", 1);
    CHECK(EVENTUALLY(bench_stats().station.joined, BENCH_MS), "back, on another channel");
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "meanwhile", BENCH_MS, NULL), "arrives");
    bench_end();
}

/* Without a network no broker is tried, though it is away too. */
static void test_away_with_broker(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    fake_ap_down();
    CHECK(EVENTUALLY(!bench_stats().station.joined, BENCH_MS), "lost");
    watcher_stop();
    broker_kill();
    CHECK(EVENTUALLY(!bench_stats().broker.connected, BENCH_MS), "and the broker");
    const uint32_t attempts = bench_stats().broker.attempts;
    (void)usleep(2000000); /* longer than the first rest */
    CHECK(bench_stats().broker.attempts == attempts, "not tried");
    bench_broker_returns();
    fake_ap_up("home", "password", BENCH_CHANNEL);
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "both are back");
    bench_end();
}

static void test_absent_at_start(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    fake_ap_down();
    cfg.channel = 11;
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts without");
    bench_join();
    CHECK(bench_stats().broker.attempts == 0, "no broker is tried without a network");
    fake_ap_up("home", "password", BENCH_CHANNEL);
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "reaches its broker");
    CHECK(EVENTUALLY(bench_stats().link.sessions == 1 && device_connected(), BENCH_MS), "and the device reaches it");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    bench_end();
}

int main(void)
{
    device_keep_alive_s = 60; /* none is taken for gone because it searches */
    test_channel_changes();
    test_channel_changes_while_outbox_is_full();
    device_keep_alive_s = 2;
    test_away();
    test_away_with_broker();
    test_absent_at_start();
    return check_result();
}
