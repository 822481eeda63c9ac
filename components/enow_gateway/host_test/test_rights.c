/* The rights that README.md gives at a Mosquitto: enough for a gateway and for who uses it, and no more. */
#include "bench.h"
#include "check.h"
#include "settings_table.h"
#include <string.h>

static const char s_users[] = "gateway:1\nhome:2\nadmin:3\n";
#define OTHER "/device/02:00:00:00:00:88"

static const char s_elsewhere[] = "{\"online\":true,\"gateway\":\"02:00:00:00:00:99\"}";

/* The ACL file that README.md shows. */
static char *read_acl(const char *folder)
{
    static const char begin[] = "```acl\n";
    char *from = strstr((char *)(uintptr_t)settings_file(folder, "README.md"), begin);
    char *to = from == NULL ? NULL : strstr(from + sizeof begin - 1, "```");

    CHECK(to != NULL, "README.md has an ACL");
    if (to == NULL) {
        return NULL;
    }
    *to = '\0';
    return from + sizeof begin - 1;
}

static void test_wrong_password(void)
{
    enow_gateway_config_t cfg = bench_config();

    (void)snprintf(cfg.broker_user, sizeof cfg.broker_user, "gateway");
    (void)snprintf(cfg.broker_pass, sizeof cfg.broker_pass, "4");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
    CHECK(EVENTUALLY(bench_logged("refuses the gateway (not authorized, reason 0x87)") == 1, BENCH_MS), "says why");
    CHECK(enow_gateway_stop() == ESP_OK, "stops");
}

static void start(const char *acl)
{
    enow_gateway_config_t cfg = bench_config();

    bench_begin();
    broker_kill();
    broker_start_for(s_users, acl);
    test_wrong_password();
    (void)snprintf(cfg.broker_user, sizeof cfg.broker_user, "gateway");
    (void)snprintf(cfg.broker_pass, sizeof cfg.broker_pass, "1");
    watcher_start(broker_port(), "gateway", "1"); /* another one, which has a device */
    watcher_publish(OTHER "/$status", s_elsewhere, sizeof s_elsewhere - 1, true);
    CHECK(watcher_sees(OTHER "/$status", "", BENCH_MS, NULL), "is there");
    watcher_stop();
    watcher_start(broker_port(), "home", "2");
    CHECK(enow_gateway_start(&cfg) == ESP_OK, "starts");
}

/* All that a gateway publishes and hears, by who lives there. */
static void test_gateway(void)
{
    CHECK(watcher_sees(bench_gateway("$status"), "\"online\":true", BENCH_MS, NULL), "a gateway's status");
    bench_join();
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":true", BENCH_MS, NULL), "a device's status");
    CHECK(device_publish("", "21.5", 4, true) >= 0 && device_publish("a/b", "22.5", 4, true) >= 0, "sent");
    CHECK(watcher_sees(BENCH_DEVICE, "21.5", BENCH_MS, NULL), "a message without a topic");
    CHECK(watcher_sees(BENCH_DEVICE "/a/b", "22.5", BENCH_MS, NULL), "and with one");
    CHECK(watcher_sees(bench_gateway("$stats"), "uplink", BENCH_MS, NULL), "counters");
    watcher_publish(BENCH_DEVICE "/$set", "on", 2, false);
    CHECK(device_hears("on", BENCH_MS), "a message to a device");
    watcher_publish(OTHER "/$set", "on", 2, false);
    CHECK(EVENTUALLY(bench_stats().downlink.elsewhere == 1, BENCH_MS), "and the status of one at another gateway");
    CHECK(bench_logged("refuses a subscription") == 0 && bench_stats().uplink.refused == 0, "nothing is refused");
}

/* What only a gateway or the administrator may say is heard of nobody else; what comes last shows that it is over. */
static void test_home(void)
{
    static const char deny[] = "[\"02:00:00:00:00:77\"]", gone[] = "{\"online\":false,\"gateway\":\"x\"}";

    watcher_publish(BENCH_DEVICE "/$status", gone, sizeof gone - 1, true);
    watcher_publish(BENCH_DEVICE "/a/b", "false", 5, true);
    watcher_publish(bench_gateway("$status"), "false", 5, true);
    watcher_publish(bench_gateway("$config"), "{\"stats_s\":7}", 13, false);
    watcher_publish("/gateway/$deny", deny, sizeof deny - 1, true);
    watcher_publish(BENCH_DEVICE "/$set", "off", 3, false);
    CHECK(device_hears("off", BENCH_MS), "what he may");
    CHECK(device_publish("end", "", 0, true) >= 0, "sent");
    CHECK(watcher_sees(BENCH_DEVICE "/end", "", BENCH_MS, NULL), "behind all that it could have caused");
    CHECK(watcher_count(BENCH_DEVICE "/$status", gone) == 0 && watcher_count(BENCH_DEVICE "/a/b", "false") == 0 &&
              watcher_count(bench_gateway("$status"), "false") == 0,
          "says nothing for others");
    CHECK(watcher_count(bench_gateway("$config/answer"), "") == 0 && device_connected(), "and configures nothing");
}

static void test_admin(void)
{
    watcher_stop();
    watcher_start(broker_port(), "admin", "3");
    CHECK(watcher_sees(BENCH_DEVICE "/$status", "\"online\":true", BENCH_MS, NULL), "sees the devices");
    watcher_publish(bench_gateway("$config"), "{\"stats_s\":7}", 13, false);
    CHECK(watcher_sees(bench_gateway("$config/answer"), "", BENCH_MS, NULL), "and configures");
    watcher_publish("/gateway/$deny", "[\"02:00:00:00:00:77\"]", 21, true);
    CHECK(EVENTUALLY(bench_stats().link.sessions == 0, BENCH_MS), "and denies a device");
    watcher_stop();
}

int main(int argc, char **argv)
{
    char *acl = argc == 2 ? read_acl(argv[1]) : NULL;

    if (acl != NULL) {
        start(acl);
        test_gateway();
        test_home();
        test_admin();
        CHECK(enow_gateway_stop() == ESP_OK, "stops");
        bench_end();
    }
    return check_result();
}
