#include "bench.h"

#include "check.h"
#include "enow/wifi.h"
#include "log.h"
#include "nvs_flash.h"
#include <string.h>

const enow_addr_t bench_device = {{2, 0, 0, 0, 0, 0x77}};
const uint8_t bench_key[ENOW_LINK_KEY_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static bool s_running, s_watched, s_device;

enow_gateway_config_t bench_config(void)
{
    enow_gateway_config_t cfg;

    enow_gateway_config_default(&cfg);
    (void)snprintf(cfg.ssid, sizeof cfg.ssid, "home");
    (void)snprintf(cfg.password, sizeof cfg.password, "password");
    (void)snprintf(cfg.broker_uri, sizeof cfg.broker_uri, "%s", broker_uri());
    cfg.ap_rest_s = 1;
    cfg.broker_alive_s = 5;
    cfg.key_id = 1;
    memcpy(cfg.network_key, bench_key, sizeof cfg.network_key);
    cfg.node_alive_s = 2;
    cfg.stats_s = 1;
    return cfg;
}

void bench_begin(void)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what was said is seen where a test has to be ended */
    (void)nvs_flash_deinit();
    fake_nvs_wipe();
    log_clear();
    fake_ap_up("home", "password", BENCH_CHANNEL);
    broker_start();
}

unsigned bench_logged(const char *text) { return log_count(text); }

enow_gateway_stats_t bench_stats(void)
{
    static enow_gateway_stats_t stats;

    CHECK(enow_gateway_stats(&stats) == ESP_OK, "stats");
    return stats;
}

void bench_start(const enow_gateway_config_t *cfg)
{
    watcher_start(broker_port(), NULL, NULL);
    s_watched = true;
    CHECK(enow_gateway_start(cfg) == ESP_OK, "starts");
    s_running = true;
    CHECK(watcher_sees(bench_gateway("$status"), "\"online\":true", BENCH_MS, NULL), "is at its broker");
}

void bench_broker_returns(void)
{
    fake_mqtt_unreachable(true);
    broker_start();
    watcher_start(broker_port(), NULL, NULL);
    s_watched = true;
    fake_mqtt_unreachable(false);
}

void bench_join(void)
{
    device_start(bench_device, 1, bench_key, BENCH_CHANNELS);
    s_device = true;
    CHECK(device_waits(true, BENCH_MS), "the device joins");
}

void bench_end(void)
{
    if (s_running) {
        CHECK(enow_gateway_stop() == ESP_OK, "stops");
    }
    if (s_device) {
        device_kill();
    }
    if (s_watched) {
        watcher_stop();
    }
    broker_kill();
    s_running = s_device = s_watched = false;
}

const char *bench_gateway(const char *sub)
{
    static char topic[96];
    enow_addr_t a = {{0}};

    (void)enow_wifi_addr(&a);
    (void)snprintf(topic, sizeof topic, "/gateway/%02x:%02x:%02x:%02x:%02x:%02x/%s", a.bytes[0], a.bytes[1], a.bytes[2],
                   a.bytes[3], a.bytes[4], a.bytes[5], sub);
    return topic;
}
