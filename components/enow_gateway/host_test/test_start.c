/* What a gateway needs to start, what it goes on without, and that it can be stopped. */
#include "bench.h"
#include "check.h"
#include "enow/wifi.h"
#include "nvs.h"
#include "nvs_flash.h"
#include <string.h>

static void write_blob(const char *key, const void *value, size_t len)
{
    nvs_handle_t nvs = 0;

    CHECK(nvs_flash_init() == ESP_OK && nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "NVS");
    CHECK(nvs_set_blob(nvs, key, value, len) == ESP_OK && nvs_commit(nvs) == ESP_OK, "%s", key);
    nvs_close(nvs);
}

static void test_no_key(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    memset(cfg.network_key, 0, sizeof cfg.network_key);
    CHECK(enow_gateway_start(&cfg) == ESP_ERR_INVALID_STATE, "refused");
    CHECK(bench_logged("enow keys provision --gateway") == 1, "says what to do");
    CHECK(enow_gateway_stop() == ESP_ERR_INVALID_STATE, "and does not run");
    write_blob("network_key", bench_key, sizeof bench_key);
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts with the key of NVS");
    bench_join();
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
    bench_end();
}

/* As long a frame as the outbox takes, with its topic, and one byte more. */
static void send_longest(fake_station_t *sketch)
{
    static const uint8_t frame[1024 - sizeof BENCH_DEVICE + 1] = {1};
    enow_addr_t gateway;
    CHECK(enow_wifi_addr(&gateway) == ESP_OK, "address");
    const uint32_t received = bench_stats().uplink.received;
    CHECK(fake_station_send(sketch, gateway.bytes, frame, sizeof frame - 1), "heard");
    CHECK(EVENTUALLY(bench_stats().uplink.received == received + 1, BENCH_MS) && bench_stats().uplink.too_large == 0,
          "taken");
    CHECK(fake_station_send(sketch, gateway.bytes, frame, sizeof frame), "heard");
    CHECK(EVENTUALLY(bench_stats().uplink.too_large == 1, BENCH_MS), "counted");
    CHECK(bench_logged("larger than the outbox (setting outbox_bytes)") == 1, "says what to do");
}

static void test_open(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    memset(cfg.network_key, 0, sizeof cfg.network_key);
    cfg.open = true;
    cfg.passthrough = ENOW_LINK_PASS_ALL;
    cfg.outbox_bytes = 1024;
    bench_start(&cfg);
    CHECK(bench_logged("the network is open") == 1, "says so");
    fake_station_t *sketch = fake_station_open(bench_device.bytes, BENCH_CHANNEL);
    const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    CHECK(EVENTUALLY(fake_station_send(sketch, everybody, "any sketch", 10) &&
                         watcher_sees(BENCH_DEVICE, "any sketch", 200, NULL),
                     BENCH_MS),
          "frames of any sketch arrive");
    if (enow_radio_max_frame() > 250) { /* of ESP-NOW 2.0: others are never too long */
        send_longest(sketch);
    }
    fake_station_close(sketch);
    bench_end();
}

/* A device with the key of another network is counted, and gets no session. */
static void test_wrong_key(void)
{
    const enow_gateway_config_t cfg = bench_config();
    const uint8_t other[ENOW_LINK_KEY_SIZE] = {9, 9, 9};

    bench_begin();
    bench_start(&cfg);
    device_start(bench_device, 1, other, BENCH_CHANNELS);
    CHECK(EVENTUALLY(bench_stats().link.drops.count[ENOW_DROP_REASON_BAD_PROOF] > 0, BENCH_MS), "counted");
    CHECK(!device_connected() && bench_stats().link.sessions == 0, "not let in");
    device_kill();
    bench_join();
    bench_end();
}

/* A rotation: devices of both keys are let in. */
static void test_two_keys(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    memset(cfg.network_key, 5, sizeof cfg.network_key);
    cfg.network_key[0] = 6;
    cfg.key_id = 2;
    cfg.key_id2 = 1;
    memcpy(cfg.network_key2, bench_key, sizeof cfg.network_key2);
    bench_start(&cfg);
    bench_join();
    device_kill();
    device_start(bench_device, 2, cfg.network_key, BENCH_CHANNELS);
    CHECK(device_waits(true, BENCH_MS), "joins");
    bench_end();

    cfg.key_id2 = cfg.key_id;
    CHECK(enow_gateway_start(&cfg) == ESP_ERR_INVALID_ARG, "one number for two keys");
    CHECK(bench_logged("are both network keys and their numbers different") == 1, "says so");
}

static void test_settings(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    cfg.window = 65;
    CHECK(enow_gateway_start(&cfg) == ESP_ERR_INVALID_ARG, "out of range");
    cfg.window = 64;
    (void)snprintf(cfg.device_root, sizeof cfg.device_root, "/+");
    CHECK(enow_gateway_start(&cfg) == ESP_ERR_INVALID_ARG, "no root");
    CHECK(bench_logged("cannot be first levels of topics") == 1, "says so");
    (void)snprintf(cfg.device_root, sizeof cfg.device_root, "/farm");
    CHECK(enow_gateway_set("window", "9") == ESP_ERR_INVALID_STATE, "does not run");
    bench_start(&cfg);
    CHECK(enow_gateway_start(&cfg) == ESP_ERR_INVALID_STATE, "runs");
    bench_join();
    CHECK(watcher_sees("/farm/02:00:00:00:00:77/$status", "true", BENCH_MS, NULL), "topics of another root");
    CHECK(enow_gateway_set("window", "65") == ESP_ERR_INVALID_ARG, "out of range");
    CHECK(enow_gateway_set("windows", "5") == ESP_ERR_NOT_FOUND, "no such setting");
    CHECK(enow_gateway_set("device_root", "/moon") == ESP_OK, "kept");
    CHECK(enow_gateway_stop() == ESP_OK && enow_gateway_start(&cfg) == ESP_OK, "starts again");
    CHECK(watcher_sees("/moon/02:00:00:00:00:77/$status", "true", BENCH_MS, NULL), "with what NVS says");
    bench_end();
}

/* A channel that the country does not allow keeps nobody from correcting it over MQTT. */
static void test_channel(void)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    cfg.channel = 11;
    CHECK(enow_gateway_start(&cfg) == ESP_OK && enow_gateway_stop() == ESP_OK, "the last that is allowed everywhere");
    CHECK(bench_logged("is not allowed here") == 0, "is");
    cfg.channel = 12;
    bench_start(&cfg);
    CHECK(bench_logged("channel 12 is not allowed here, so ESP-NOW begins on 1") == 1, "says what it does");
    bench_join();
    bench_end();
}

static enow_settings_stats_t settings(void)
{
    enow_settings_stats_t now;

    enow_settings_stats(&now);
    return now;
}

static void test_nvs(void)
{
    const enow_gateway_config_t cfg = bench_config();

    bench_begin();
    nvs_handle_t nvs = 0;
    CHECK(nvs_flash_init() == ESP_OK && nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "NVS");
    CHECK(nvs_set_u8(nvs, "window", 65) == ESP_OK && nvs_commit(nvs) == ESP_OK, "window");
    nvs_close(nvs);
    const uint32_t bad = settings().bad;
    bench_start(&cfg);
    CHECK(settings().bad == bad + 1 && bench_logged("window") == 1, "a value out of range is counted, and said");
    const uint32_t unsaved = settings().unsaved;
    fake_nvs_full(true);
    CHECK(enow_gateway_set("qos", "0") != ESP_OK, "cannot be kept");
    CHECK(settings().unsaved == unsaved + 1, "counted");
    bench_join();
    const int64_t ticket = device_publish("t", "still here", 10, true);
    CHECK(device_result(ticket, BENCH_MS) == 0, "all else goes on");
    fake_nvs_full(false);
    bench_end();

    /* Where the key is in NVS alone, leftovers there are no reason to erase it. */
    enow_gateway_config_t keyless = cfg;
    memset(keyless.network_key, 0, sizeof keyless.network_key);
    bench_begin();
    write_blob("network_key", bench_key, sizeof bench_key);
    (void)nvs_flash_deinit();
    fake_nvs_init_fails(ESP_ERR_NVS_NO_FREE_PAGES);
    const uint32_t erased = settings().erased;
    CHECK(enow_gateway_start(&keyless) == ESP_ERR_INVALID_STATE && settings().erased == erased, "kept");
    CHECK(bench_logged("NVS cannot be used") == 1, "says what to do");
    fake_nvs_init_fails(ESP_OK);
    bench_start(&keyless);
    bench_end();

    /* Erased: what the program says is there. With a key that is in the program, NVS that is full of leftovers may go.
     */
    bench_begin();
    (void)nvs_flash_deinit();
    fake_nvs_init_fails(ESP_ERR_NVS_NO_FREE_PAGES);
    bench_start(&cfg);
    CHECK(bench_stats().settings.erased >= 1, "erased");
    bench_end();
}

int main(void)
{
    test_no_key();
    test_open();
    test_wrong_key();
    test_two_keys();
    test_settings();
    test_channel();
    test_nvs();
    return check_result();
}
