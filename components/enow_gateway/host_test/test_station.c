#include "station.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "enow/wifi.h"
#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_wifi.h"
#include "eventually.h"
#include "fake.h"
#include "log.h"

/* Any but those of the station, such as that there is an address of IPv6. */
#define OTHER_IP_EVENT 42

/* Long enough for all that is waited for, when the PC is busy. */
enum { SOON_MS = 20000 };

static enow_gateway_config_t s_cfg;
static uint16_t s_rest_s = 1;
static atomic_uint s_tuned, s_channel, s_networks;
static atomic_bool s_network, s_stops;

static void tuned(uint8_t channel)
{
    s_channel = channel;
    if (s_stops) {
        enow_gateway_station_stop();
    }
    s_tuned++;
}

static void network(bool up)
{
    s_network = up;
    s_networks++;
}

static const enow_gateway_station_events_t s_events = {.tuned = tuned, .network = network};

static enow_gateway_station_stats_t stats(void)
{
    enow_gateway_station_stats_t now;

    enow_gateway_station_stats(&now);
    return now;
}

static uint8_t radio_channel(void)
{
    wifi_second_chan_t second;
    uint8_t channel = 0;

    (void)esp_wifi_get_channel(&channel, &second);
    return channel;
}

static void begin(const char *ssid, const char *password)
{
    enow_wifi_config_t wifi;

    log_clear();
    fake_ap_down();
    s_tuned = s_channel = s_networks = 0;
    s_network = false;
    enow_gateway_config_default(&s_cfg);
    (void)snprintf(s_cfg.ssid, sizeof s_cfg.ssid, "%s", ssid);
    (void)snprintf(s_cfg.password, sizeof s_cfg.password, "%s", password);
    s_cfg.channel = 4;
    s_cfg.ap_rest_s = s_rest_s;
    enow_wifi_config_default(&wifi);
    wifi.joins = true;
    CHECK(enow_wifi_start(&wifi) == ESP_OK, "Wi-Fi");
    CHECK(esp_wifi_set_channel(s_cfg.channel, WIFI_SECOND_CHAN_NONE) == ESP_OK, "channel");
    CHECK(enow_gateway_station_start(&s_cfg, &s_events) == ESP_OK, "station");
}

static void end(void)
{
    enow_gateway_station_stop();
    enow_wifi_stop();
}

static void test_without_access_point(void)
{
    begin("", "");
    (void)usleep(300000);
    CHECK(log_count("set ssid and password in NVS, or CONFIG_ENOW_GATEWAY_SSID") == 1, "says what to do");
    CHECK(stats().attempts == 0 && radio_channel() == 4, "stays on its channel");
    end();
}

static void test_joins_and_follows(void)
{
    begin("home", "password");
    CHECK(EVENTUALLY(stats().not_found >= 2, SOON_MS), "tries on: %u", (unsigned)stats().not_found);
    CHECK(log_count("access point \"home\" is not joined (not found, reason 201)") == 1, "says so once");
    CHECK(EVENTUALLY(radio_channel() == 4, SOON_MS), "rests on the channel that it had");
    fake_ap_up("home", "password", 11);
    CHECK(EVENTUALLY(s_network, SOON_MS), "joins");
    CHECK(s_channel == 11 && stats().channel == 11 && stats().moves == 1 && stats().joins == 1, "is on its channel");
    fake_ap_up("home", "password", 6);
    CHECK(EVENTUALLY(s_channel == 6, SOON_MS) && EVENTUALLY(stats().channel == 6, SOON_MS), "follows it while joined");
    CHECK(stats().moves == 2 && stats().losses == 0, "without a loss");
    CHECK(esp_event_post(IP_EVENT, OTHER_IP_EVENT, NULL, 0, portMAX_DELAY) == ESP_OK, "an event of another interface");
    (void)usleep(100000);
    CHECK(s_network && s_networks == 1, "is none of its own");
    CHECK(esp_event_post(IP_EVENT, IP_EVENT_STA_LOST_IP, NULL, 0, portMAX_DELAY) == ESP_OK, "its address is gone");
    CHECK(EVENTUALLY(!s_network, SOON_MS) && stats().joined, "and the network with it");
    CHECK(esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, NULL, 0, portMAX_DELAY) == ESP_OK, "there is another");
    CHECK(EVENTUALLY(s_network, SOON_MS), "and the network");
    fake_ap_down();
    CHECK(EVENTUALLY(!s_network, SOON_MS) && EVENTUALLY(stats().losses == 1, SOON_MS), "loses it");
    CHECK(log_count("lost access point \"home\" (it is heard no more, reason 200)") == 1, "says so");
    CHECK(EVENTUALLY(stats().not_found >= 4, SOON_MS), "tries on");
    CHECK(EVENTUALLY(radio_channel() == 6, SOON_MS), "on the channel that it had");
    fake_ap_up("home", "password", 1);
    CHECK(EVENTUALLY(s_network && s_channel == 1, SOON_MS), "comes back, on another channel");
    CHECK(log_count("joined access point \"home\"") == 2, "says so");
    end();
}

static void test_wrong_password(void)
{
    begin("home", "not this one");
    fake_ap_up("home", "password", 1);
    CHECK(EVENTUALLY(stats().refused >= 1, SOON_MS), "is refused");
    const uint32_t not_found = stats().not_found; /* before it was up */
    CHECK(EVENTUALLY(stats().refused >= 2, SOON_MS), "tries on: %u", (unsigned)stats().refused);
    CHECK(log_count("refuses the gateway") == 1 && log_count("setting password") == 1, "says once what to do");
    CHECK(log_count("not this one") == 0, "and not the password");
    CHECK(stats().not_found == not_found && !stats().joined && s_networks == 0, "counts what it is");
    fake_ap_up("home", "not this one", 1);
    CHECK(EVENTUALLY(s_network, SOON_MS), "joins when it is right");
    end();
}

/* Wi-Fi does not even try one that is too short. */
static void test_short_password(void)
{
    begin("home", "short");
    CHECK(EVENTUALLY(stats().refused >= 2, SOON_MS), "is refused, and tried on");
    CHECK(log_count("refuses the gateway (wrong password, most likely, reason 202)") == 1 &&
              log_count("setting password") == 1,
          "says once what to do");
    end();
}

/* The access point is away, as far as Wi-Fi says, and why. */
static void post_absent(uint8_t reason)
{
    const wifi_event_sta_disconnected_t event = {.reason = reason};

    CHECK(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &event, sizeof event, portMAX_DELAY) == ESP_OK,
          "event");
}

static void test_reasons(void)
{
    static const struct {
        uint8_t reason;
        bool refused;
    } cases[] = {
        {WIFI_REASON_AUTH_EXPIRE, true},
        {WIFI_REASON_AUTH_FAIL, true},
        {WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT, true},
        {WIFI_REASON_HANDSHAKE_TIMEOUT, true},
        {WIFI_REASON_NO_AP_FOUND, false},
        {WIFI_REASON_BEACON_TIMEOUT, false},
    };

    begin("home", "password");
    CHECK(EVENTUALLY(stats().not_found == 1, SOON_MS), "an attempt fails");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enow_gateway_station_stats_t before = stats();

        post_absent(cases[i].reason);
        CHECK(cases[i].refused ? EVENTUALLY(stats().refused == before.refused + 1, SOON_MS)
                               : EVENTUALLY(stats().not_found > before.not_found, SOON_MS),
              "reason %u is counted", cases[i].reason);
        CHECK(cases[i].refused || stats().refused == before.refused, "as what it is");
    }
    end();
}

/* The rest that was said last, in ms; 0: none was said. */
static unsigned last_rest(void)
{
    static const char text[] = "next attempt in ";
    unsigned ms = 0;

    (void)pthread_mutex_lock(&log_lock);
    for (const char *at = log_text; (at = strstr(at, text)) != NULL;) {
        at += sizeof text - 1;
        ms = (unsigned)strtoul(at, NULL, 10);
    }
    (void)pthread_mutex_unlock(&log_lock);
    return ms;
}

/* The rest after one more attempt that finds nothing. */
static unsigned next_rest(void)
{
    log_clear();
    post_absent(WIFI_REASON_NO_AP_FOUND);
    CHECK(EVENTUALLY(last_rest() > 0, SOON_MS), "rests");
    return last_rest();
}

/* It rests longer each time, to a limit, and anew when it has been there; a half of that is at random. */
static void test_rests(void)
{
    enum { LONGEST_MS = 60000, TO_THE_LONGEST = 6 }; /* 1 s, 2 s ... 32 s, and one more may be its own */
    const wifi_event_sta_connected_t connected = {.channel = 4};
    unsigned attempts = 1;

    s_rest_s = LONGEST_MS / 1000;
    begin("home", "password");
    esp_log_level_set("enow_gateway", ESP_LOG_DEBUG);
    CHECK(EVENTUALLY(stats().not_found == 1, SOON_MS), "an attempt fails");
    while (next_rest() < LONGEST_MS / 2 && attempts <= TO_THE_LONGEST) {
        attempts++;
    }
    CHECK(attempts >= TO_THE_LONGEST / 2 && attempts <= TO_THE_LONGEST, "the longest after %u attempts", attempts);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned ms = next_rest();

        CHECK(ms >= LONGEST_MS / 2 && ms <= LONGEST_MS, "and no longer: %u ms", ms);
    }
    CHECK(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, &connected, sizeof connected, portMAX_DELAY) == ESP_OK,
          "event");
    post_absent(WIFI_REASON_BEACON_TIMEOUT);
    post_absent(WIFI_REASON_NO_AP_FOUND);
    CHECK(EVENTUALLY(stats().losses == 1, SOON_MS), "joined, and lost");
    CHECK(next_rest() <= LONGEST_MS / 4, "short again");
    esp_log_level_set("enow_gateway", ESP_LOG_INFO);
    end();
    s_rest_s = 1;
}

/* What an attempt does to the radio's channel is over when it is. */
static void test_channel_of_attempts(void)
{
    begin("home", "password");
    CHECK(EVENTUALLY(stats().not_found == 1 && s_tuned == 1, SOON_MS), "an attempt fails");
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 2, 0)
    const wifi_event_home_channel_change_t change = {.old_chan = 4, .new_chan = 9};
    CHECK(esp_event_post(WIFI_EVENT, WIFI_EVENT_HOME_CHANNEL_CHANGE, &change, sizeof change, portMAX_DELAY) == ESP_OK,
          "event");
#endif
    CHECK(esp_wifi_set_channel(9, WIFI_SECOND_CHAN_NONE) == ESP_OK, "it goes through channels");
    post_absent(WIFI_REASON_NO_AP_FOUND);
    CHECK(EVENTUALLY(s_tuned >= 2, SOON_MS), "and ends");
    CHECK(radio_channel() == 4 && stats().channel == 4 && stats().moves == 0, "on channel %u", radio_channel());
    end();
}

static void test_wifi_off(void)
{
    begin("home", "password");
    CHECK(EVENTUALLY(stats().not_found == 1, SOON_MS), "an attempt fails");
    CHECK(esp_wifi_stop() == ESP_OK, "off");
    const uint32_t attempts = stats().attempts;
    CHECK(EVENTUALLY(stats().attempts >= attempts + 2, SOON_MS), "tries on, though none can be begun");
    end();
}

/* The watchdog of the radio restarts Wi-Fi (enow/radio.h). */
static void test_wifi_restarts(void)
{
    begin("home", "password");
    fake_ap_up("home", "password", 9);
    CHECK(EVENTUALLY(s_network, SOON_MS), "joins");
    const unsigned before = s_tuned;
    CHECK(enow_wifi_restart() == ESP_OK, "restart");
    CHECK(EVENTUALLY(stats().joins == 2 && s_network, SOON_MS), "joins again");
    CHECK(s_tuned > before && s_channel == 9, "and says so");
    end();

    begin("home", "password");
    CHECK(EVENTUALLY(stats().attempts >= 1, SOON_MS), "in the middle of an attempt");
    CHECK(enow_wifi_restart() == ESP_OK, "restart");
    fake_ap_up("home", "password", 9);
    CHECK(EVENTUALLY(s_network, SOON_MS), "which nobody hears the end of: it joins all the same");
    end();
}

/* A handler of an event may go on while, and when, the station has stopped. */
static void test_stops_within_an_event(void)
{
    begin("home", "password");
    s_stops = true;
    CHECK(EVENTUALLY(s_tuned == 1, SOON_MS), "an attempt fails");
    const uint32_t attempts = stats().attempts;
    (void)usleep(1500000);
    CHECK(s_tuned == 1 && stats().attempts == attempts, "and none follows");
    s_stops = false;
    end();
}

int main(void)
{
    test_without_access_point();
    test_joins_and_follows();
    test_wrong_password();
    test_short_password();
    test_reasons();
    test_rests();
    test_channel_of_attempts();
    test_wifi_off();
    test_wifi_restarts();
    test_stops_within_an_event();
    return check_result();
}
