/* What the broker does not take, and what esp-mqtt does not. */
#include "bench.h"
#include "check.h"
#include "nvs.h"
#include <string.h>

static void test_refuses_credentials(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    broker_kill();
    broker_start_for("gateway:secret of it\n", "user gateway\ntopic readwrite #\n");
    (void)snprintf(cfg.broker_user, sizeof cfg.broker_user, "gateway");
    (void)snprintf(cfg.broker_pass, sizeof cfg.broker_pass, "wrong");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_stats().broker.refused >= 2, BENCH_MS), "counted");
    CHECK(bench_logged("check user name and password (settings broker_user and broker_pass)") == 1,
          "says once what to do");
    CHECK(bench_logged("wrong") == 0 && bench_stats().broker.connections == 0, "and not the password");
    CHECK(enow_gateway_set("broker_pass", "secret of it") == ESP_OK, "is told the right one");
    CHECK(enow_gateway_stop() == ESP_OK && enow_gateway_start(&cfg) == ESP_OK, "and starts again");
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "with it");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    bench_end();
}

static void test_not_set(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    cfg.broker_uri[0] = '\0';
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(bench_logged("set broker_uri in NVS, or CONFIG_ENOW_GATEWAY_BROKER_URI") == 1, "says what to do");
    bench_join();
    CHECK(bench_stats().broker.attempts == 0, "tries nothing");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    device_kill();
    (void)snprintf(cfg.broker_uri, sizeof cfg.broker_uri, "mqqts://127.0.0.1");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_logged("has to begin with mqtt://, mqtts://, ws:// or wss://") == 1, 2000), "says at once");
    CHECK(EVENTUALLY(bench_stats().broker.unreachable >= 2, BENCH_MS), "counts");
    CHECK(bench_logged("has to begin with") == 1, "says it once");
    CHECK(enow_gateway_set("broker_uri", "mqqts://broker") == ESP_ERR_INVALID_ARG, "is not set either");
    CHECK(enow_gateway_set("broker_uri", "wss://broker") == ESP_OK && enow_gateway_set("broker_uri", "") == ESP_OK,
          "what has a scheme is, and none at all");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    broker_kill();
}

/* A broker whose certificate nobody has signed is one only where the gateway is given that very certificate. */
static void test_tls(void)
{
    enow_gateway_config_t cfg = bench_config();
    nvs_handle_t nvs = 0;

    bench_begin();
    broker_kill();
    broker_start_tls();
    (void)snprintf(cfg.broker_uri, sizeof cfg.broker_uri, "mqtts://127.0.0.1:%d", broker_port());
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_stats().broker.unreachable >= 1, BENCH_MS), "not trusted");
    CHECK(bench_stats().broker.connections == 0, "and not spoken to");
    CHECK(nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "NVS");
    CHECK(nvs_set_str(nvs, "broker_ca", broker_certificate()) == ESP_OK && nvs_commit(nvs) == ESP_OK, "broker_ca");
    nvs_close(nvs);
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "trusted from the next attempt on");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    broker_kill();
}

/* The broker refuses a message for good. */
static void test_refuses_message(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    bench_join();
    const int64_t ticket = device_publish("forbidden", "x", 1, true);
    const int result = device_result(ticket, BENCH_MS);
    CHECK(result == ENOW_PUBACK_STATUS_REFUSED, "its node hears: %d", result);
    CHECK(bench_stats().uplink.refused == 1, "counted");
    bench_end();
}

/* It hangs up on a message each time: nobody waits behind it for ever, and nobody else's is refused. */
static void test_hangs_up(void)
{
    static char payload[3900];
    const enow_gateway_config_t cfg = bench_config();

    memset(payload, 'x', sizeof payload);
    bench_begin();
    broker_kill();
    broker_start_with("max_packet_size 3600\n");
    fake_mqtt_slow(true);
    bench_start(&cfg);
    bench_join();
    const int64_t ticket = device_publish("long", payload, sizeof payload, true);
    CHECK(EVENTUALLY(bench_stats().uplink.received >= 1, BENCH_MS), "arrives at the gateway");
    CHECK(device_publish("t", "behind", 6, true) >= 0, "sent");
    CHECK(EVENTUALLY(bench_stats().broker.losses >= 3, BENCH_MS), "again and again");
    watcher_clear();
    CHECK(EVENTUALLY(bench_stats().broker.losses >= 4, BENCH_MS), "and again");
    CHECK(watcher_count(bench_gateway("$stats"), "") == 0, "though there was nothing beside it");
    fake_mqtt_slow(false);
    CHECK(EVENTUALLY(bench_stats().uplink.refused == 1, BENCH_MS), "it is refused");
    CHECK(bench_stats().broker.losses <= 6, "soon: after %u losses", (unsigned)bench_stats().broker.losses);
    CHECK(device_result(ticket, 1500) == ENOW_PUBACK_STATUS_REFUSED, "its node hears at once");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "behind", BENCH_MS, NULL), "the next arrives");
    CHECK(bench_logged("message on " BENCH_DEVICE "/long refused: the broker hangs up on it") == 1, "says which");
    CHECK(bench_logged("messages go one at a time for now") == 1, "and that it looked for it");
    const uint32_t losses = bench_stats().broker.losses;
    CHECK(device_publish("t", "after", 5, true) >= 0, "sent");
    CHECK(watcher_sees(BENCH_DEVICE "/t", "after", BENCH_MS, NULL), "arrives");
    CHECK(bench_stats().broker.losses == losses, "and all is well");
    bench_end();
}

/* Nor is a message refused that esp-mqtt has no memory for; it goes when there is some. */
static void test_no_memory(void)
{
    static char payload[2000];
    enow_gateway_config_t cfg = bench_config();

    memset(payload, 'x', sizeof payload);
    cfg.stats_s = 0;
    cfg.ack_mode = ENOW_GATEWAY_ACKNOWLEDGE_QUEUE;
    bench_begin();
    bench_start(&cfg);
    bench_join();
    fake_mqtt_memory(1000);
    CHECK(device_result(device_publish("long", payload, sizeof payload, true), BENCH_MS) == 0, "the queue takes it");
    CHECK(EVENTUALLY(bench_stats().broker.failures >= 12, BENCH_MS), "counted");
    CHECK(bench_logged("esp-mqtt takes no message") == 1 && bench_stats().broker.attempts == 2,
          "said, and tried on a new connection");
    CHECK(bench_stats().uplink.refused == 0 && bench_stats().uplink.waiting >= 1, "and kept");
    fake_mqtt_memory(0);
    const char *status = bench_gateway("$status"); /* which has no address any more when it has stopped */
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    CHECK(watcher_sees(BENCH_DEVICE "/long", "xxx", BENCH_MS, NULL), "but not before it has arrived");
    CHECK(watcher_sees(status, "\"online\":false", BENCH_MS, NULL), "and said goodbye");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    bench_end();
}

/* Nor is the greeting left out. */
static void test_no_memory_to_greet(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    fake_mqtt_memory(10);
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_stats().broker.connected, BENCH_MS), "connects");
    (void)usleep(100000);
    watcher_start(broker_port(), NULL, NULL);
    CHECK(watcher_count(bench_gateway("$status"), "") == 0, "cannot say so");
    fake_mqtt_memory(0);
    CHECK(watcher_sees(bench_gateway("$status"), "\"online\":true", BENCH_MS, NULL), "says so then");
    watcher_stop();
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    broker_kill();
}

/* What the broker refuses for now is kept. */
static void test_quota(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    bench_start(&cfg);
    bench_join();
    CHECK(EVENTUALLY(bench_stats().uplink.waiting == 0 && bench_stats().uplink.in_flight == 0, BENCH_MS), "empty");
    fake_mqtt_answers(0x97, 3);
    const int64_t ticket = device_publish("t", "patient", 7, true);
    CHECK(EVENTUALLY(bench_stats().broker.failures == 1, BENCH_MS), "refused for now");
    (void)usleep(500000);
    CHECK(bench_stats().broker.failures == 1, "and not sent again at once");
    CHECK(device_result(ticket, BENCH_MS) == 0, "acknowledged in the end");
    CHECK(watcher_count(BENCH_DEVICE "/t", "patient") > 1, "after it was sent again");
    CHECK(bench_logged("quota is exceeded") == 1 && bench_stats().broker.failures == 3, "said once, and counted: %u",
          (unsigned)bench_stats().broker.failures);
    CHECK(bench_stats().uplink.refused == 0, "not refused");
    bench_end();
}

int main(void)
{
    test_refuses_credentials();
    test_not_set();
    test_tls();
    test_refuses_message();
    test_hangs_up();
    test_no_memory();
    test_no_memory_to_greet();
    test_quota();
    return check_result();
}
