/* A broker that is away, or comes and goes. */
#include "bench.h"
#include "check.h"
#include <string.h>

static void publish_number(const char *topic, unsigned i, int64_t *ticket, bool acknowledge)
{
    char text[16];

    (void)snprintf(text, sizeof text, "<%u>", i);
    *ticket = device_publish(topic, text, strlen(text), acknowledge);
}

/* Whether the broker has got messages from..to-1 on a topic. */
static bool has_all(const char *topic, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "<%u>", i);
        if (!watcher_sees(topic, text, BENCH_MS, NULL)) {
            CHECK(false, "message %u is lost", i);
            return false;
        }
    }
    return true;
}

/* The broker dies and is away for longer than any time-out between gateway and device; nothing that was promised is
 * lost. */
static void test_away(void)
{
    enum { BEFORE = 4, COUNT = 12 };
    const enow_gateway_config_t cfg = bench_config();
    int64_t tickets[COUNT];

    bench_begin();
    bench_start(&cfg);
    bench_join();
    for (unsigned i = 0; i < COUNT; i++) {
        if (i == BEFORE) {
            CHECK(has_all(BENCH_DEVICE "/t", 0, BEFORE), "arrive");
            watcher_stop();
            broker_kill();
        }
        publish_number("t", i, &tickets[i], true);
        CHECK(tickets[i] >= 0, "queued");
        (void)usleep(20000);
    }
    CHECK(EVENTUALLY(bench_stats().broker.losses == 1, BENCH_MS), "notices");
    CHECK(EVENTUALLY(bench_logged("cannot reach broker") == 1, BENCH_MS), "says what to look for");
    CHECK(EVENTUALLY(bench_stats().broker.unreachable >= 2, BENCH_MS), "counts");
    (void)usleep(4000000);
    CHECK(device_connected(), "nodes stay");
    CHECK(bench_stats().broker.unreachable <= 4, "tries ever more rarely: %u",
          (unsigned)bench_stats().broker.unreachable);
    bench_broker_returns();
    CHECK(has_all(BENCH_DEVICE "/t", BEFORE, COUNT), "all arrive");
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(device_result(tickets[i], BENCH_MS) == 0, "acknowledged: %u", i);
    }
    CHECK(watcher_sees(bench_gateway("$status"), "\"online\":true", BENCH_MS, NULL), "online again");
    CHECK(bench_logged("cannot reach broker") == 1, "said once");
    CHECK(bench_stats().broker.connections == 2, "counted");
    bench_end();
}

/* It dies while messages are on the way to it: they are handed over again. */
static void test_dies_on_the_way(void)
{
    const enow_gateway_config_t cfg = bench_config();
    int64_t tickets[2];

    bench_begin();
    bench_start(&cfg);
    bench_join();
    CHECK(EVENTUALLY(bench_stats().uplink.in_flight == 0 && bench_stats().uplink.waiting == 0, BENCH_MS), "empty");
    watcher_stop();
    broker_freeze();
    for (unsigned i = 0; i < 2; i++) {
        publish_number("t", i, &tickets[i], true);
    }
    CHECK(EVENTUALLY(bench_stats().uplink.in_flight == 1, BENCH_MS), "the first is on the way");
    fake_mqtt_expiry(300);
    CHECK(EVENTUALLY(bench_stats().broker.expired >= 1 && bench_stats().uplink.again >= 1, BENCH_MS),
          "and goes again when esp-mqtt gives it up");
    fake_mqtt_expiry(30000);
    const uint32_t again = bench_stats().uplink.again;
    broker_kill();
    CHECK(EVENTUALLY(bench_stats().uplink.again > again, BENCH_MS), "waits again");
    bench_broker_returns();
    CHECK(has_all(BENCH_DEVICE "/t", 0, 2), "arrive");
    for (unsigned i = 0; i < 2; i++) {
        CHECK(device_result(tickets[i], BENCH_MS) == 0, "acknowledged: %u", i);
    }
    bench_end();
}

static void test_absent_at_start(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    broker_kill();
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts without");
    bench_join();
    const int64_t ticket = device_publish("t", "early", 5, true);
    CHECK(EVENTUALLY(bench_stats().broker.unreachable >= 1, BENCH_MS), "counted");
    CHECK(bench_logged("is it on, and its address right (setting broker_uri)") == 1, "says what to do");
    bench_broker_returns();
    CHECK(watcher_sees(BENCH_DEVICE "/t", "early", BENCH_MS, NULL), "arrives");
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    bench_end();
}

/* Who accepts connections there and says nothing is no broker. */
static void test_silent(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    broker_freeze();
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_stats().broker.unreachable >= 1, 2 * BENCH_MS), "counted");
    CHECK(bench_logged("cannot reach broker") == 1 && bench_stats().broker.connections == 0, "and said");
    broker_kill();
    broker_start();
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "reached");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    broker_kill();
}

/* A broker that was there and is gone again is back at the gateway soon, however often that is. */
static void test_comes_and_goes(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    for (unsigned i = 0; i < 4; i++) {
        watcher_stop();
        broker_kill();
        bench_broker_returns();
        CHECK(watcher_sees(bench_gateway("$status"), "\"online\":true", 3500, NULL), "%u: soon", i);
    }
    bench_end();
}

/* Without a broker the outbox fills: what nobody was promised gives way, the oldest first; what was does not. */
static void test_outbox_full(void)
{
    enum { COUNT = 20 };
    enow_gateway_config_t cfg = bench_config();
    int64_t promised, ticket;

    bench_begin();
    cfg.outbox_msgs = 5;
    bench_start(&cfg);
    bench_join();
    CHECK(EVENTUALLY(bench_stats().uplink.waiting == 0 && bench_stats().uplink.in_flight == 0, BENCH_MS), "empty");
    watcher_stop();
    broker_kill();
    CHECK(EVENTUALLY(!bench_stats().broker.connected, BENCH_MS), "no broker");
    for (unsigned i = 0; i < COUNT; i++) {
        publish_number("t", i, &ticket, false);
        CHECK(EVENTUALLY(bench_stats().uplink.received >= i + 1, BENCH_MS), "sent");
    }
    publish_number("promised", 0, &promised, true);
    CHECK(EVENTUALLY(bench_stats().uplink.received == COUNT + 1, BENCH_MS), "all heard");
    CHECK(bench_stats().uplink.dropped == (uint32_t)COUNT - cfg.outbox_msgs, "counted: %u",
          (unsigned)bench_stats().uplink.dropped);
    CHECK(bench_logged("settings outbox_msgs and outbox_bytes") == 1, "says once what to do");
    bench_broker_returns();
    CHECK(watcher_sees(BENCH_DEVICE "/promised", "<0>", BENCH_MS, NULL), "what was promised is there");
    CHECK(has_all(BENCH_DEVICE "/t", COUNT - cfg.outbox_msgs, COUNT), "the newest are");
    for (unsigned i = 0; i < (unsigned)COUNT - cfg.outbox_msgs; i++) { /* at QoS 1 one that is there may be so twice */
        char text[16];

        (void)snprintf(text, sizeof text, "<%u>", i);
        CHECK(watcher_count(BENCH_DEVICE "/t", text) == 0, "and the oldest are not: %s", text);
    }
    CHECK(device_result(promised, BENCH_MS) == 0, "acknowledged");
    watcher_stop();
    broker_kill();
    CHECK(EVENTUALLY(!bench_stats().broker.connected, BENCH_MS), "no broker");
    for (unsigned i = 0; bench_logged("settings outbox_msgs and outbox_bytes") == 1 && i < COUNT; i++) {
        publish_number("t", i, &ticket, false);
        (void)usleep(50000);
    }
    CHECK(EVENTUALLY(bench_logged("settings outbox_msgs and outbox_bytes") == 2, BENCH_MS), "says it of the next time");
    bench_end();
}

int main(void)
{
    test_away();
    test_dies_on_the_way();
    test_absent_at_start();
    test_silent();
    test_comes_and_goes();
    test_outbox_full();
    return check_result();
}
