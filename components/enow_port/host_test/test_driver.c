#include "enow/driver.h"

#include <stdatomic.h>

#include "air.h"
#include "check.h"
#include "enow/radio.h"
#include "enow/wifi.h"
#include "esp_now.h"
#include "fake.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "log.h"

static const enow_addr_t s_own = {{0x24, 0x6f, 0x28, 0, 0, 1}}, s_peer = {{0x24, 0x6f, 0x28, 0, 0, 2}};
static const uint64_t s_ms = 1000;

/* Long enough for all that is waited for, when the PC is busy. */
enum { SOON_MS = 20000 };

static fake_station_t *s_station;

/* A machine that does what a test says. Its owner counts, and others read once it rests. */
static struct {
    atomic_uint polls, handled, told, resets, goodbyes, transmitted;
    /** Of the last poll that was due. */
    atomic_ullong polled_us;
    /** 0: nothing waits. */
    atomic_ullong deadline_us;
    /** Events to tell, frames to send, and frames to send after goodbye. */
    atomic_uint events, frames, farewells;
    /** Frames that the deadline makes; asked for one before, the machine takes until then to say that it has none. */
    atomic_uint due_frames;
    /** That frames need. */
    atomic_uint channel;
    atomic_bool add;
    uint8_t heard[8];
} s_machine;

static void handle(void *self, uint64_t now_us, const enow_link_frame_t *frame)
{
    (void)now_us;
    CHECK(self == &s_machine && enow_driver_inside(), "not in the owner");
    s_machine.heard[s_machine.handled++ % 8] = frame->body[0];
    s_machine.events++;
}

static bool poll(void *self, uint64_t now_us, enow_link_event_t *event)
{
    CHECK(self == &s_machine && enow_driver_inside(), "not in the owner");
    s_machine.polls++;
    if (s_machine.deadline_us != 0 && now_us >= s_machine.deadline_us && s_machine.frames == 0) {
        s_machine.polled_us = now_us;
        s_machine.deadline_us = 0;
        s_machine.frames += s_machine.due_frames;
    }
    if (s_machine.events == 0) {
        return false;
    }
    s_machine.events--;
    event->kind = ENOW_LINK_EVENT_MESSAGE;
    return true;
}

static bool transmit(void *self, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf, size_t cap)
{
    (void)now_us;
    CHECK(self == &s_machine && enow_driver_inside() && cap == enow_radio_max_frame(), "not in the owner");
    if (s_machine.frames == 0) {
        while (s_machine.due_frames > 0 && enow_driver_now() < s_machine.deadline_us) {
        }
        return false;
    }
    s_machine.frames--;
    *out = (enow_link_transmission_t){
        .channel = (uint8_t)s_machine.channel, .add = s_machine.add, .dst = s_peer, .len = 1};
    buf[0] = (uint8_t)s_machine.transmitted++;
    return true;
}

static bool next_deadline(const void *self, uint64_t *at_us)
{
    CHECK(self == &s_machine && enow_driver_inside(), "not in the owner");
    *at_us = s_machine.deadline_us;
    return *at_us != 0;
}

static void radio_reset(void *self)
{
    CHECK(self == &s_machine && enow_driver_inside(), "not in the owner");
    s_machine.resets++;
    s_machine.add = true;
}

static void goodbye(void *self)
{
    CHECK(self == &s_machine && enow_driver_inside(), "not in the owner");
    s_machine.goodbyes++;
    s_machine.frames += s_machine.farewells;
}

static const enow_machine_t s_functions = {
    .handle = handle,
    .poll = poll,
    .transmit = transmit,
    .next_deadline = next_deadline,
    .radio_reset = radio_reset,
    .goodbye = goodbye,
};

static void count(void *arg) { ++*(unsigned *)arg; }

static void tell(void *user, const enow_link_event_t *event)
{
    unsigned ran = 0;

    CHECK(user == &s_station && event->kind == ENOW_LINK_EVENT_MESSAGE && enow_driver_inside(), "not in the owner");
    CHECK(enow_driver_call(count, &ran) == ESP_OK && ran == 1, "a call in the owner does not run at once");
    enow_driver_stop(); /* in the owner it does nothing */
    s_machine.told++;
}

static const enow_driver_config_t s_config = {
    .machine = &s_functions, .self = &s_machine, .tell = tell, .user = &s_station};

static void begin(uint16_t send_timeout_ms)
{
    enow_wifi_config_t wifi;
    enow_radio_config_t radio;
    uint8_t src[6], body[8];

    memset(&s_machine, 0, sizeof s_machine);
    s_machine.channel = 6;
    s_machine.add = true;
    enow_wifi_config_default(&wifi);
    enow_radio_config_default(&radio);
    radio.send_timeout_ms = send_timeout_ms;
    radio.watchdog_ms = 1000;
    CHECK(enow_wifi_start(&wifi) == ESP_OK && enow_radio_start(&radio) == ESP_OK, "no radio");
    while (fake_station_receive(s_station, src, body, sizeof body, 20) > 0) { /* what tests have left */
    }
    log_clear();
    CHECK(enow_driver_start(&s_config) == ESP_OK, "it does not start");
}

static void end(void)
{
    enow_driver_stop();
    enow_radio_stop();
    enow_wifi_stop();
}

static void nothing(void *arg) { (void)arg; }

/* Tells the machine, from another task, what the test has changed. */
static void nudge(void) { CHECK(enow_driver_call(nothing, NULL) == ESP_OK, "no owner"); }

static bool becomes(atomic_uint *value, unsigned want)
{
    for (int i = 0; i < SOON_MS && *value != want; i++) {
        (void)usleep(1000);
    }
    return *value == want;
}

/* Has one frame sent, and waits for the radio to be done with it. */
static void send_one(void)
{
    enow_radio_stats_t before, now;

    enow_radio_stats(&before);
    s_machine.frames = 1;
    nudge();
    for (int i = 0; i < SOON_MS; i++) {
        enow_radio_stats(&now);
        if (now.sent > before.sent) {
            return;
        }
        (void)usleep(1000);
    }
    CHECK(false, "not sent");
}

static void test_without_owner(void)
{
    unsigned ran = 0;

    enow_driver_stop();
    CHECK(enow_driver_call(count, &ran) == ESP_ERR_INVALID_STATE &&
              enow_driver_post(count, &ran) == ESP_ERR_INVALID_STATE,
          "it ran");
    CHECK(!enow_driver_inside() && enow_driver_stack_left() == 0, "there is an owner");
    begin(300);
    CHECK(enow_driver_start(&s_config) == ESP_ERR_INVALID_STATE, "it starts twice");
    CHECK(enow_driver_call(count, &ran) == ESP_OK && ran == 1 && !enow_driver_inside(), "it does not run");
    end();
    enow_driver_stop();
    CHECK(enow_driver_call(count, &ran) == ESP_ERR_INVALID_STATE &&
              enow_driver_post(count, &ran) == ESP_ERR_INVALID_STATE && ran == 1,
          "it ran");
    CHECK(s_machine.goodbyes == 1, "%u goodbyes", s_machine.goodbyes);
}

static void test_frames_and_events(void)
{
    uint8_t src[6], body[8];

    begin(300);
    for (uint8_t i = 0; i < 5; i++) {
        s_machine.frames = i == 0 ? 1 : 0; /* the first one brings the radio to the channel */
        nudge();
        CHECK(i > 0 || fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 1, "not sent");
        CHECK(fake_station_send(s_station, s_own.bytes, &i, 1), "it does not hear");
    }
    CHECK(becomes(&s_machine.told, 5) && s_machine.handled == 5, "%u heard, %u told", s_machine.handled,
          s_machine.told);
    CHECK(memcmp(s_machine.heard, "\0\1\2\3\4", 5) == 0, "in another order");

    s_machine.add = false;
    s_machine.frames = 20;
    nudge();
    for (uint8_t i = 1; i <= 20; i++) {
        CHECK(fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 1 && body[0] == i, "frame %u", i);
    }
    CHECK(s_machine.resets == 0 && log_text[0] == '\0', "%u resets: %s", s_machine.resets, log_text);
    end();
}

/* How late the machine is polled for a deadline that is us ahead. */
static uint64_t lateness(unsigned us)
{
    const unsigned polls = s_machine.polls;
    const uint64_t at_us = enow_driver_now() + us;

    s_machine.deadline_us = at_us;
    nudge();
    for (int i = 0; i < 10000 && s_machine.deadline_us != 0; i++) {
        (void)usleep(100);
    }
    CHECK(s_machine.deadline_us == 0 && s_machine.polled_us >= at_us, "too early, or never");
    CHECK(s_machine.polls - polls < 12, "%u polls", s_machine.polls - polls);
    return s_machine.polled_us - at_us;
}

/* A deadline is met, to a tick, without being asked for all the time. */
static void test_deadline(void)
{
    const uint64_t tick_us = 1000000 / configTICK_RATE_HZ;

    begin(300);
    for (unsigned us = 500; us < 60000; us = us * 2 + 333) {
        uint64_t late_us = lateness(us);

        for (int i = 0; i < 50 && late_us >= 2 * tick_us; i++) { /* where the PC is busy */
            late_us = lateness(us);
        }
        CHECK(late_us < 2 * tick_us, "%llu us late", (unsigned long long)late_us);
    }
    end();
}

/* What is due, and waits for the radio, is not asked for again and again. */
static void test_due_while_busy(void)
{
    begin(1500);
    send_one();
    fake_now_send_callbacks_lost(1);
    s_machine.frames = 2; /* the machine is due until the second is taken */
    s_machine.deadline_us = enow_driver_now();
    const unsigned polls = s_machine.polls;
    nudge();
    (void)usleep(60000);
    CHECK(s_machine.transmitted == 2 && s_machine.polls - polls < 12, "%u sent, %u polls", s_machine.transmitted,
          s_machine.polls - polls);
    CHECK(becomes(&s_machine.transmitted, 3), "it stands still");

    /* What becomes due is polled though the radio is busy. */
    end();
    begin(10000);
    enow_radio_stats_t before, after;
    send_one();
    enow_radio_stats(&before);
    fake_now_send_callbacks_lost(1);
    s_machine.frames = 1;
    nudge();
    (void)lateness(20000);
    enow_radio_stats(&after);
    CHECK(s_machine.transmitted == 2 && after.sent == before.sent && after.timed_out == before.timed_out,
          "only when the radio was free again");
    end();
}

/* What becomes due while the machine is asked for a frame is not forgotten: no deadline tells of a frame that waits. */
static void test_due_while_it_transmits(void)
{
    begin(300);
    send_one();
    s_machine.due_frames = 1;
    s_machine.frames = 1; /* at whose end it is asked for the next */
    s_machine.deadline_us = enow_driver_now() + 200 * s_ms;
    nudge();
    CHECK(becomes(&s_machine.transmitted, 3), "it stands still");
    end();
}

/* A radio that refuses every frame keeps the owner neither busy nor from its calls. */
static void test_refused(void)
{
    unsigned ran = 0;

    begin(300);
    s_machine.channel = 13;
    s_machine.frames = 1000000;
    s_machine.deadline_us = 1;
    nudge();
    const uint64_t begin_us = enow_driver_now();
    for (int i = 0; i < 20; i++) {
        (void)usleep(5000);
        CHECK(enow_driver_call(count, &ran) == ESP_OK && ran == (unsigned)i + 1, "it does not run");
    }
    const unsigned ticks = (unsigned)((enow_driver_now() - begin_us) / (1000000 / configTICK_RATE_HZ));
    CHECK(s_machine.transmitted > 2 && s_machine.transmitted < 3 * ticks, "%u frames in %u ticks",
          s_machine.transmitted, ticks);
    s_machine.frames = 0;
    s_machine.deadline_us = 0;
    end();
}

static void test_radio_reset(void)
{
    begin(300);
    send_one();
    s_machine.add = true;
    fake_now_add_peer_fails(ESP_ERR_ESPNOW_FULL, 1);
    s_machine.frames = 2;
    nudge();
    CHECK(becomes(&s_machine.transmitted, 3) && s_machine.resets == 1, "%u resets", s_machine.resets);
    end();
}

enum { CALLERS = 24 };

static SemaphoreHandle_t s_done;
static unsigned s_sum;
static atomic_uint s_refused;

static void many_calls(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        CHECK(enow_driver_call(count, &s_sum) == ESP_OK, "no owner");
    }
    (void)xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

/* Calls of many tasks, one after the other in the owner. */
static void test_many_calls(void)
{
    begin(300);
    s_sum = 0;
    for (int i = 0; i < CALLERS; i++) {
        CHECK(xTaskCreate(many_calls, "caller", 4096, NULL, 5, NULL) == pdPASS, "no task");
    }
    for (int i = 0; i < CALLERS; i++) {
        CHECK(xSemaphoreTake(s_done, pdMS_TO_TICKS(SOON_MS)) == pdTRUE, "they hang");
    }
    CHECK(s_sum == CALLERS * 200u, "%u calls", s_sum);
    end();
}

static SemaphoreHandle_t s_hold, s_held;

/* Keeps the owner until the test lets it go. */
static void hold(void *arg)
{
    (void)arg;
    (void)xSemaphoreGive(s_held);
    (void)xSemaphoreTake(s_hold, portMAX_DELAY);
}

static void test_post(void)
{
    unsigned ran = 0;

    begin(300);
    CHECK(enow_driver_post(hold, NULL) == ESP_OK && xSemaphoreTake(s_held, pdMS_TO_TICKS(SOON_MS)) == pdTRUE,
          "it does not run");
    for (int i = 1; i < CONFIG_ENOW_PORT_CALLS; i++) { /* the one that runs counts */
        CHECK(enow_driver_post(count, &ran) == ESP_OK, "post %d", i);
    }
    CHECK(enow_driver_post(count, &ran) == ESP_ERR_NO_MEM && ran == 0, "one too many");
    (void)xSemaphoreGive(s_hold);
    CHECK(enow_driver_call(count, &ran) == ESP_OK && ran == CONFIG_ENOW_PORT_CALLS, "%u ran", ran);
    CHECK(enow_driver_post(count, &ran) == ESP_OK, "it does not recover");
    end();
}

static void one_call(void *arg)
{
    (void)arg;
    s_refused += enow_driver_call(count, &s_sum) == ESP_ERR_INVALID_STATE ? 1 : 0;
    (void)xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

static void stopper(void *arg)
{
    (void)arg;
    enow_driver_stop();
    (void)xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

/* Stops the driver before the calls of tasks, some of which wait for a place, and returns how many were refused. */
static unsigned stop_before_calls(void)
{
    begin(300);
    s_sum = 0;
    s_refused = 0;
    CHECK(enow_driver_post(hold, NULL) == ESP_OK && xSemaphoreTake(s_held, pdMS_TO_TICKS(SOON_MS)) == pdTRUE,
          "it does not run");
    CHECK(xTaskCreate(stopper, "stopper", 4096, NULL, 5, NULL) == pdPASS, "no task");
    (void)usleep(20000);
    for (int i = 0; i < CALLERS; i++) {
        CHECK(xTaskCreate(one_call, "caller", 4096, NULL, 5, NULL) == pdPASS, "no task");
    }
    CHECK(xTaskCreate(stopper, "stopper", 4096, NULL, 5, NULL) == pdPASS, "no task");
    (void)usleep(20000);
    CHECK(s_refused == 0, "some have come back already");
    (void)xSemaphoreGive(s_hold);
    for (int i = 0; i < CALLERS + 2; i++) {
        CHECK(xSemaphoreTake(s_done, pdMS_TO_TICKS(SOON_MS)) == pdTRUE, "they hang");
    }
    CHECK(s_refused + s_sum == CALLERS, "%u refused, %u ran", s_refused, s_sum);
    CHECK(s_machine.goodbyes == 1, "%u goodbyes", s_machine.goodbyes);
    end();
    return s_refused;
}

/* Tasks that call, and find that the driver stops, come back. */
static void test_stop_while_calls_wait(void)
{
    unsigned refused = 0;

    for (int i = 0; i < 20 && refused < CALLERS; i++) { /* on a busy PC the stop may come after some */
        refused = stop_before_calls();
    }
    CHECK(refused == CALLERS, "%u refused", refused);

    /* What was posted is dropped. */
    begin(300);
    unsigned ran = 0;
    CHECK(enow_driver_post(hold, NULL) == ESP_OK && xSemaphoreTake(s_held, pdMS_TO_TICKS(SOON_MS)) == pdTRUE,
          "it does not run");
    CHECK(xTaskCreate(stopper, "stopper", 4096, NULL, 5, NULL) == pdPASS, "no task");
    (void)usleep(100000);
    CHECK(enow_driver_post(count, &ran) == ESP_OK, "a post behind the stop");
    (void)xSemaphoreGive(s_hold);
    CHECK(xSemaphoreTake(s_done, pdMS_TO_TICKS(SOON_MS)) == pdTRUE && ran == 0, "it ran");
    end();
}

static void test_goodbye(void)
{
    uint8_t src[6], body[8];

    begin(300);
    s_machine.farewells = 3;
    end();
    for (uint8_t i = 0; i < 3; i++) {
        CHECK(fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 1 && body[0] == i, "goodbye %u", i);
    }

    /* A radio that says nothing does not keep it from stopping. */
    begin(10000);
    s_machine.farewells = 3;
    fake_now_send_callbacks_lost(FAKE_UNTIL_WIFI_STOP);
    const uint64_t begin_us = enow_driver_now();
    enow_driver_stop();
    const uint64_t took_us = enow_driver_now() - begin_us;
    CHECK(took_us >= 900 * s_ms && took_us < 9000 * s_ms, "after %llu us", (unsigned long long)took_us);
    end();

    begin(300); /* and begin again */
    nudge();
    s_machine.frames = 1;
    nudge();
    CHECK(fake_station_receive(s_station, src, body, sizeof body, SOON_MS) == 1, "not sent");
    end();
}

int main(void)
{
    air_alone();
    s_station = fake_station_open(s_peer.bytes, 6);
    s_done = xSemaphoreCreateCounting(CALLERS + 2, 0);
    s_hold = xSemaphoreCreateBinary();
    s_held = xSemaphoreCreateBinary();
    test_without_owner();
    test_frames_and_events();
    test_deadline();
    test_due_while_busy();
    test_due_while_it_transmits();
    test_refused();
    test_radio_reset();
    test_many_calls();
    test_post();
    test_stop_while_calls_wait();
    test_goodbye();
    fake_station_close(s_station);
    return check_result();
}
