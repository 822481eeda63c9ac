#include "enow/radio.h"

#include <stdlib.h>

#include "air.h"
#include "check.h"
#include "enow/driver.h"
#include "enow/wifi.h"
#include "esp_now.h"
#include "esp_wifi.h"
#include "fake.h"
#include "log.h"
#include "radio_inbox.h"
#include "radio_rate.h"

static const enow_addr_t s_own = {{0x24, 0x6f, 0x28, 0, 0, 1}}, s_peer = {{0x24, 0x6f, 0x28, 0, 0, 2}};
static const enow_addr_t s_everyone = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const uint64_t s_ms = 1000;

/* Long enough for all that is waited for, when the PC is busy. */
enum { SOON_MS = 20000 };

static fake_station_t *s_station;

static enow_radio_stats_t stats(void)
{
    enow_radio_stats_t now;

    enow_radio_stats(&now);
    return now;
}

/* Drives the radio until it is not busy, for ms at most. */
static bool settle(uint64_t ms)
{
    const uint64_t end_us = enow_driver_now() + ms * s_ms;

    for (;;) {
        uint64_t at_us = end_us;

        enow_radio_step(enow_driver_now());
        if (!enow_radio_busy() || enow_driver_now() >= end_us) {
            return !enow_radio_busy();
        }
        (void)enow_radio_next_deadline(&at_us);
        enow_radio_wait(at_us < end_us ? at_us : end_us);
    }
}

/* Sends one frame, and returns whether it was sent. */
static bool send_to(enow_addr_t dst, uint8_t channel, bool add)
{
    static const uint8_t s_body[3] = {1, 2, 3};
    const uint32_t before = stats().sent;
    const enow_link_transmission_t to = {.channel = channel, .dst = dst, .add = add, .len = sizeof s_body};

    enow_radio_send(enow_driver_now(), &to, s_body);
    CHECK(settle(SOON_MS), "the radio stays busy");
    return stats().sent == before + 1;
}

/* Takes the next frame, which may be about to arrive. */
static bool hear(enow_link_frame_t *frame)
{
    const uint64_t end_us = enow_driver_now() + SOON_MS * s_ms;

    while (!enow_radio_receive(frame)) {
        if (enow_driver_now() >= end_us) {
            return false;
        }
        enow_radio_wait(end_us);
    }
    return true;
}

/* Waits until so many frames were received or dropped in all. */
static void await_frames(uint32_t count)
{
    for (int i = 0; i < SOON_MS && stats().received + stats().dropped_full + stats().dropped_size < count; i++) {
        (void)usleep(1000);
    }
}

/* Begins with a radio on channel 6, beside a station there. */
static void begin(void)
{
    enow_wifi_config_t wifi;
    enow_radio_config_t radio;
    uint8_t src[6], body[64];

    enow_wifi_config_default(&wifi);
    enow_radio_config_default(&radio);
    radio.send_timeout_ms = 500;
    radio.watchdog_ms = 1000;
    CHECK(enow_wifi_start(&wifi) == ESP_OK && enow_radio_start(&radio) == ESP_OK, "no radio");
    CHECK(enow_radio_start(&radio) == ESP_ERR_INVALID_STATE, "it starts twice");
    fake_station_channel(s_station, 6);
    log_clear();
    CHECK(send_to(s_peer, 6, true), "nothing is sent");
    while (fake_station_receive(s_station, src, body, sizeof body, 20) > 0) { /* what tests have left too */
    }
    (void)enow_radio_forgot();
}

static void end(void)
{
    enow_radio_stop();
    enow_wifi_stop();
    fake_now_send_fails(ESP_OK, 0);
    fake_now_send_callbacks_lost(0);
}

static void test_send_and_receive(void)
{
    enow_link_frame_t frame;
    uint8_t src[6], body[64];

    begin();
    const enow_radio_stats_t before = stats();
    CHECK(send_to(s_peer, 0, false), "unicast");
    CHECK(fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 3 && memcmp(src, s_own.bytes, 6) == 0 &&
              memcmp(body, "\1\2\3", 3) == 0,
          "another frame");
    CHECK(send_to(s_everyone, 0, true) && fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 3,
          "broadcast");
    CHECK(stats().unacknowledged == before.unacknowledged, "not acknowledged");
    fake_station_channel(s_station, 7);
    CHECK(send_to(s_peer, 0, false) && stats().unacknowledged == before.unacknowledged + 1, "nobody acknowledges");
    CHECK(send_to(s_peer, 7, false) && stats().unacknowledged == before.unacknowledged + 1, "it does not tune");

    CHECK(!enow_radio_receive(&frame), "nothing was sent to it");
    CHECK(fake_station_send(s_station, s_own.bytes, "hello", 5), "it does not hear");
    CHECK(hear(&frame) && frame.len == 5 && memcmp(frame.body, "hello", 5) == 0, "another frame");
    CHECK(memcmp(&frame.src, &s_peer, 6) == 0 && memcmp(&frame.dst, &s_own, 6) == 0 && frame.channel == 7 &&
              frame.rssi < 0,
          "from elsewhere");
    frame.body[0] = 'j'; /* it is the caller's */
    CHECK(!enow_radio_receive(&frame), "a frame comes twice");
    CHECK(log_text[0] == '\0', "%s", log_text);

    /* Peers that are removed and added, also those that are not there or are. */
    enow_link_transmission_t to = {.remove = true, .removed = s_peer, .add = true, .dst = s_everyone, .len = 1};
    for (int i = 0; i < 2; i++) {
        enow_radio_send(enow_driver_now(), &to, body);
        CHECK(settle(SOON_MS) && !esp_now_is_peer_exist(s_peer.bytes), "the peer is there");
    }
    CHECK(send_to(s_peer, 0, false), "a peer that is missing is not added");
    CHECK(!enow_radio_forgot() && stats().failed == before.failed, "it forgot");
    end();
}

/* The longest frame is that of the version, and a longer one is dropped. */
static void test_length(void)
{
    static uint8_t s_frame[1500], s_got[1500];
    enow_link_frame_t frame;
    uint8_t src[6];

    begin();
    const uint16_t longest = enow_radio_max_frame();
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
    CHECK(longest == 1470, "%u bytes", longest);
#else
    CHECK(longest == 250, "%u bytes", longest);
#endif
    const enow_radio_stats_t before = stats();
    const enow_link_transmission_t to = {.dst = s_peer, .len = longest};
    enow_radio_send(enow_driver_now(), &to, s_frame);
    CHECK(settle(SOON_MS) && fake_station_receive(s_station, src, s_got, sizeof s_got, SOON_MS) == longest, "not sent");
    (void)fake_station_send(s_station, s_own.bytes, s_frame, longest);
    CHECK(hear(&frame) && frame.len == longest, "not received");
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0) && ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 4, 2)
    (void)fake_station_send(s_station, s_own.bytes, s_frame, longest + 1u); /* that version alone has longer ones */
    await_frames(before.received + before.dropped_full + before.dropped_size + 2);
    CHECK(!enow_radio_receive(&frame) && stats().dropped_size == before.dropped_size + 1, "a long frame was taken");
    CHECK(log_count("dropped so far: 1. They are too long: set CONFIG_ENOW_PORT_LONG_FRAMES") == 1, "%s", log_text);
#endif
    (void)fake_station_send(s_station, s_own.bytes, "x", 1);
    CHECK(hear(&frame) && frame.len == 1, "nothing comes after it");
    CHECK(stats().received == before.received + 2, "counted otherwise");
    end();
}

/* What is dropped is told once, and again when it is twice as much. */
static void test_dropped_told(void)
{
    enow_link_frame_t frame;
    const uint32_t full = stats().dropped_full;

    begin();
    for (uint32_t more = 1; more <= full + 1; more++) {
        for (uint32_t i = 0; i < CONFIG_ENOW_PORT_QUEUE + 1u; i++) {
            CHECK(fake_station_send(s_station, s_own.bytes, "x", 1), "it does not hear");
        }
        for (int i = 0; i < SOON_MS && stats().dropped_full < full + more; i++) {
            (void)usleep(1000);
        }
        while (enow_radio_receive(&frame)) {
        }
        CHECK(log_count("dropped so far") == (more < full ? 0 : 1), "after %u more: %s", (unsigned)more, log_text);
    }
    end();
}

/* Frames that find no place are dropped and counted; the others keep their order. */
static void test_queue_full(void)
{
    enow_link_frame_t frame;

    begin();
    const enow_radio_stats_t before = stats();
    for (uint8_t i = 0; i < CONFIG_ENOW_PORT_QUEUE + 3; i++) {
        CHECK(fake_station_send(s_station, s_own.bytes, &i, 1), "frame %u", i);
    }
    await_frames(before.received + before.dropped_full + before.dropped_size + CONFIG_ENOW_PORT_QUEUE + 3);
    CHECK(stats().received == before.received + CONFIG_ENOW_PORT_QUEUE &&
              stats().dropped_full == before.dropped_full + 3,
          "%u received, %u dropped", (unsigned)stats().received, (unsigned)stats().dropped_full);
    for (uint8_t i = 0; i < CONFIG_ENOW_PORT_QUEUE; i++) {
        CHECK(hear(&frame) && frame.body[0] == i, "frame %u", i);
        if (i > 0) { /* the place of the frame before is free again */
            const uint8_t more = 100 + i;

            CHECK(fake_station_send(s_station, s_own.bytes, &more, 1), "frame %u", more);
        }
    }
    for (uint8_t i = 1; i < CONFIG_ENOW_PORT_QUEUE; i++) {
        CHECK(hear(&frame) && frame.body[0] == 100 + i, "frame %d", 100 + i);
    }
    CHECK(!enow_radio_receive(&frame) && stats().dropped_full == before.dropped_full + 3, "one more");
    CHECK(!enow_radio_receive(&frame) && log_count("dropped so far: 3. They come faster") == 1 &&
              log_count("raise CONFIG_ENOW_PORT_QUEUE") == 1,
          "%s", log_text);

    (void)fake_station_send(s_station, s_own.bytes, "x", 1);
    await_frames(before.received + before.dropped_full + before.dropped_size + 2u * CONFIG_ENOW_PORT_QUEUE + 3);
    end();
    begin();
    CHECK(!enow_radio_receive(&frame), "a frame of before");
    end();
}

/* A list of peers that others have filled is emptied. */
static void test_peers_full(void)
{
    esp_now_peer_info_t peer = {.peer_addr = {2}, .ifidx = WIFI_IF_STA};
    esp_now_peer_num_t peers;

    begin();
    const enow_radio_stats_t before = stats();
    do {
        peer.peer_addr[5]++;
    } while (esp_now_add_peer(&peer) == ESP_OK);
    CHECK(!send_to(s_everyone, 0, true), "it was sent");
    CHECK(stats().failed == before.failed + 1 && stats().peers_full == before.peers_full + 1, "counted otherwise");
    CHECK(log_count("list of peers is full, and emptied: leave ESP-NOW to this component alone") == 1, "%s", log_text);
    CHECK(esp_now_get_peer_num(&peers) == ESP_OK && peers.total_num == 0, "%d peers are left", peers.total_num);
    CHECK(enow_radio_forgot() && !enow_radio_forgot(), "it did not forget once");
    CHECK(send_to(s_everyone, 0, true) && !enow_radio_forgot(), "it does not recover");
    CHECK(stats().restarts == before.restarts, "a restart was not needed");
    end();
}

/* A callback that never comes ends with the time-out. */
static void test_callback_lost(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    fake_now_send_callbacks_lost(1);
    const uint64_t begin_us = enow_driver_now();
    CHECK(!send_to(s_peer, 0, false), "it was sent");
    const uint64_t took_us = enow_driver_now() - begin_us;
    CHECK(took_us >= 500 * s_ms && took_us < 2000 * s_ms, "after %llu us", (unsigned long long)took_us);
    CHECK(stats().timed_out == before.timed_out + 1 && !enow_radio_forgot(), "counted otherwise");
    CHECK(log_count("frames are not sent: ESP-NOW does not say what became of one") == 1, "%s", log_text);
    CHECK(send_to(s_peer, 0, false), "it does not recover");
    CHECK(log_count("frames are sent again") == 1, "%s", log_text);

    /* Two that are far apart are no reason for a restart. */
    fake_now_send_callbacks_lost(2);
    CHECK(!send_to(s_peer, 0, false), "it was sent");
    (void)usleep(700000);
    CHECK(!send_to(s_peer, 0, false) && stats().restarts == before.restarts, "Wi-Fi is restarted");
    CHECK(send_to(s_peer, 0, false), "it does not recover");

    fake_now_send_callbacks_lost(FAKE_UNTIL_WIFI_STOP);
    for (int i = 0; stats().restarts == before.restarts && i < 100; i++) {
        (void)send_to(s_peer, 0, false);
    }
    CHECK(stats().restarts == before.restarts + 1 && enow_radio_forgot(), "Wi-Fi is not restarted");
    CHECK(stats().timed_out >= before.timed_out + 6 && stats().timed_out <= before.timed_out + 8, "%u time-outs",
          (unsigned)stats().timed_out);
    CHECK(send_to(s_peer, 0, true), "it does not recover");
    end();
}

/* What is said of a frame that was given up is not taken for the next one's. */
static void test_late(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    const enow_link_transmission_t to = {.dst = s_peer, .len = 1};
    enow_radio_send(enow_driver_now(), &to, (const uint8_t *)"x");
    CHECK(enow_radio_busy() && enow_radio_reset() == ESP_OK && !enow_radio_busy(), "the frame is not given up");
    CHECK(stats().failed == before.failed + 1 && enow_radio_forgot(), "counted otherwise");
    for (int i = 0; i < SOON_MS && stats().late == before.late; i++) {
        (void)usleep(1000);
        enow_radio_step(enow_driver_now());
    }
    CHECK(stats().late == before.late + 1 && stats().sent == before.sent, "%u late", (unsigned)stats().late);
    CHECK(send_to(s_peer, 0, true), "it does not recover");
    end();
}

static void test_no_memory(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    fake_now_send_fails(ESP_ERR_ESPNOW_NO_MEM, 3);
    CHECK(send_to(s_peer, 0, false), "it was not tried again");
    CHECK(stats().no_memory == before.no_memory + 3 && stats().failed == before.failed, "counted otherwise");
    CHECK(log_count("frames are not sent: ESP_ERR_ESPNOW_NO_MEM") == 1 && log_count("frames are sent again") == 1, "%s",
          log_text);
    fake_now_add_peer_fails(ESP_ERR_ESPNOW_NO_MEM, 2);
    CHECK(send_to(s_everyone, 0, true), "it was not tried again");
    CHECK(stats().no_memory == before.no_memory + 5, "counted otherwise");
    end();
}

/* NO_MEM for ever: frames are given up one after the other, ever more rarely tried, until Wi-Fi is restarted. */
static void test_no_memory_for_ever(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    const uint32_t starts = fake_wifi_starts();
    const uint64_t begin_us = enow_driver_now();
    fake_now_send_fails(ESP_ERR_ESPNOW_NO_MEM, FAKE_UNTIL_WIFI_STOP);
    while (stats().restarts == before.restarts && enow_driver_now() - begin_us < 5000 * s_ms) {
        CHECK(!send_to(s_peer, 0, true), "it was sent");
    }
    const uint64_t took_us = enow_driver_now() - begin_us;
    CHECK(stats().restarts == before.restarts + 1 && fake_wifi_starts() == starts + 1, "Wi-Fi is not restarted");
    CHECK(took_us >= 1000 * s_ms && took_us < 3000 * s_ms, "after %llu us", (unsigned long long)took_us);
    CHECK(stats().no_memory - before.no_memory < 120, "%u times tried",
          (unsigned)(stats().no_memory - before.no_memory));
    CHECK(log_count("Wi-Fi is restarted. If") == 1 && log_count("look for what takes the memory") == 1, "%s", log_text);
    CHECK(enow_radio_forgot(), "it did not forget");
    log_clear();
    CHECK(send_to(s_peer, 0, true), "it does not recover");
    CHECK(stats().unacknowledged == before.unacknowledged, "on another channel than before");
    CHECK(log_count("frames are sent again") == 1, "%s", log_text);
    end();
}

/* A channel that the country does not allow is told once, and no reason for a restart. */
static void test_channels(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    for (int i = 0; i < 3; i++) {
        CHECK(!send_to(s_everyone, 13, true), "it was sent");
        CHECK(!send_to(s_everyone, 0, false), "it was sent on another channel");
        CHECK(send_to(s_peer, 6, false), "channel 6");
    }
    CHECK(stats().wrong_channel == before.wrong_channel + 6 && stats().failed == before.failed + 6,
          "counted otherwise");
    CHECK(log_count("channel 13 is not to be had") == 1 && log_count("set country") == 1, "%s", log_text);
    CHECK(!enow_radio_forgot() && esp_now_is_peer_exist(s_everyone.bytes), "the list of peers is not the machine's");
    end();
}

/* Errors of ESP-NOW that say that it is not where it was initialised. */
static void test_initialised_again(void)
{
    begin();
    const enow_radio_stats_t before = stats();
    const uint32_t inits = fake_now_inits();
    fake_now_send_fails(ESP_ERR_ESPNOW_IF, 1);
    CHECK(!send_to(s_peer, 0, false) && stats().wrong_channel == before.wrong_channel + 1, "interface");
    CHECK(stats().resets == before.resets + 1 && fake_now_inits() == inits + 1 && enow_radio_forgot(),
          "not initialised again");
    CHECK(send_to(s_peer, 0, true), "it does not recover");
#ifdef ESP_ERR_ESPNOW_CHAN
    fake_now_send_fails(ESP_ERR_ESPNOW_CHAN, 1);
    CHECK(!send_to(s_peer, 0, false) && stats().resets == before.resets + 2 && enow_radio_forgot(), "channel");
    CHECK(send_to(s_peer, 0, true), "it does not recover");
#endif

    (void)esp_now_deinit(); /* somebody else does */
    const uint32_t resets = stats().resets;
    int tries = 1;
    for (; !send_to(s_peer, 0, true) && tries < 10; tries++) {
        CHECK(enow_radio_forgot(), "it did not forget");
    }
    CHECK(tries == 3 && stats().resets == resets + 1, "sent after %d tries", tries);

    fake_now_send_fails(ESP_ERR_ESPNOW_INTERNAL, 1);
    const uint32_t failed = stats().failed;
    CHECK(!send_to(s_peer, 0, false) && stats().failed == failed + 1 && enow_radio_forgot(), "internal");
    CHECK(log_count("frames are not sent: ESP_ERR_ESPNOW_INTERNAL") == 1, "%s", log_text);
    CHECK(send_to(s_peer, 0, true) && stats().restarts == before.restarts, "it does not recover");
    end();
}

/* Wi-Fi that somebody else has switched off is on again after the watchdog's time, whatever is sent: deinit too or only
 * stop, and frames for the channel that it was on or for one that is to be tuned to. */
static void test_wifi_off(void)
{
    for (int variant = 0; variant < 4; variant++) {
        const uint8_t channel = variant / 2 == 0 ? 0 : 6;

        begin();
        const enow_radio_stats_t before = stats();
        (void)esp_wifi_stop();
        if (variant % 2 == 0) {
            (void)esp_wifi_deinit();
        }
        for (int i = 0; stats().restarts == before.restarts && i < 1000; i++) {
            CHECK(!send_to(s_peer, channel, true), "it was sent");
            (void)usleep(5000);
        }
        CHECK(stats().restarts == before.restarts + 1 && enow_radio_forgot(), "%d: Wi-Fi is not restarted", variant);
        CHECK(send_to(s_peer, channel, true), "%d: it does not recover", variant);
        CHECK(log_count("frames are not sent") == 1 && log_count("\n") < 6 && log_count("set country") == 0, "%d: %s",
              variant, log_text);
        end();
    }
}

/* An access point on another channel: ESP-NOW hears nothing until it is initialised again. */
static void test_joins(void)
{
    enow_wifi_config_t wifi;
    enow_radio_config_t radio;
    enow_link_frame_t frame;
    wifi_config_t home = {.sta = {.ssid = "home", .password = "a password"}};
    wifi_ap_record_t joined;

    fake_ap_up("home", "a password", 9);
    fake_now_deaf_after_channel_change(true);
    fake_station_channel(s_station, 9);
    enow_wifi_config_default(&wifi);
    wifi.joins = true;
    enow_radio_config_default(&radio);
    CHECK(enow_wifi_start(&wifi) == ESP_OK && enow_radio_start(&radio) == ESP_OK, "no radio");
    CHECK(esp_wifi_set_config(WIFI_IF_STA, &home) == ESP_OK && esp_wifi_connect() == ESP_OK, "it does not join");
    for (int i = 0; i < 5000 && esp_wifi_sta_get_ap_info(&joined) != ESP_OK; i++) {
        (void)usleep(1000);
    }
    const enow_radio_stats_t before = stats();
    (void)fake_station_send(s_station, s_own.bytes, "a", 1);
    (void)usleep(50000);
    CHECK(stats().received == before.received, "it is not deaf");
    CHECK(enow_radio_reset() == ESP_OK && enow_radio_forgot() && stats().resets == before.resets + 1,
          "it is not reset");
    CHECK(fake_station_send(s_station, s_own.bytes, "b", 1) && hear(&frame) && frame.body[0] == 'b' &&
              frame.channel == 9,
          "it is deaf");
    CHECK(send_to(s_peer, 0, true) && stats().unacknowledged == before.unacknowledged, "it does not send");
    fake_now_deaf_after_channel_change(false);
    fake_ap_down();
    end();
}

/* It sleeps until a moment, not much before, and what happened before counts. */
static void test_wait(void)
{
    begin();
    (void)settle(0);
    enow_radio_wait(0);
    for (uint64_t us = 1; us < 20 * s_ms; us = us * 3 + 7) {
        const uint64_t begin_us = enow_driver_now();
        const uint64_t at_us = begin_us + us;

        for (int i = 0; enow_driver_now() < at_us; i++) {
            CHECK(i < 3, "it wakes again and again");
            enow_radio_wait(at_us);
        }
    }
    enow_radio_wake();
    enow_radio_wake();
    const uint64_t begin_us = enow_driver_now();
    enow_radio_wait(UINT64_MAX);
    enow_radio_wait(begin_us + 50 * s_ms);
    CHECK(enow_driver_now() - begin_us >= 49 * s_ms, "it wakes twice");
    end();
}

static void test_config(void)
{
    enow_radio_config_t cfg;
    esp_now_rate_config_t rate;

    for (uint16_t kbps = 0; kbps < 60000; kbps += 500) {
        static const uint16_t s_rates[] = {1000,  2000,  5500,  11000, 6000,  9000,
                                           12000, 18000, 24000, 36000, 48000, 54000};
        bool want = false;

        for (size_t i = 0; i < sizeof s_rates / sizeof s_rates[0]; i++) {
            want = want || s_rates[i] == kbps;
        }
        CHECK(enow_radio_rate(kbps, &rate) == want, "%u kbit/s", kbps);
    }
    begin();
    end();
    enow_radio_config_default(&cfg);
    CHECK(cfg.rate_kbps == 1000 && cfg.send_timeout_ms == 2000 && cfg.watchdog_ms == 10000, "other defaults");
    CHECK(enow_radio_start(&cfg) != ESP_OK && log_count("start Wi-Fi before") == 1, "it starts without Wi-Fi");
    cfg.rate_kbps = 5500;
    cfg.watchdog_ms = 999;
    CHECK(enow_radio_start(&cfg) == ESP_ERR_INVALID_ARG, "an early watchdog");
    cfg.watchdog_ms = 1000;
    cfg.send_timeout_ms = 49;
    CHECK(enow_radio_start(&cfg) == ESP_ERR_INVALID_ARG, "an early time-out");
    cfg.send_timeout_ms = 10000;

    enow_wifi_config_t wifi;
    enow_wifi_config_default(&wifi);
    CHECK(enow_wifi_start(&wifi) == ESP_OK && enow_radio_start(&cfg) == ESP_OK && send_to(s_peer, 6, true),
          "at a rate");
    end();
}

int main(void)
{
    air_alone();
    s_station = fake_station_open(s_peer.bytes, 6);
    test_send_and_receive();
    test_length();
    test_queue_full();
    test_dropped_told();
    test_peers_full();
    test_callback_lost();
    test_late();
    test_no_memory();
    test_no_memory_for_ever();
    test_channels();
    test_initialised_again();
    test_wifi_off();
    test_joins();
    test_wait();
    test_config();
    fake_station_close(s_station);
    return check_result();
}
