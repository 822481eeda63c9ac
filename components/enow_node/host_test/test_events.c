/* The event loop: what is lost where it has no room, and waiting until it has told everything. */
#include "events.h"

#include "app.h"
#include "check.h"
#include "esp_timer.h"
#include "far.h"
#include "log.h"

#include <pthread.h>

enum { SOON_MS = 20000 };

ESP_EVENT_DEFINE_BASE(OTHER_EVENT);
enum { BLOCKS, TAKES_LONG };

static far_message_t s_heard;
static pthread_mutex_t s_gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(unsigned) s_entered, s_done;
static _Atomic(bool) s_inside;

/* A handler of something else, in whose way the node's events are. */
static void on_other(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base, (void)data;
    s_entered++;
    if (id == BLOCKS) {
        (void)pthread_mutex_lock(&s_gate);
        (void)pthread_mutex_unlock(&s_gate);
        s_inside = enow_events_flush(SOON_MS);
    } else {
        app_sleep_ms(200);
    }
    s_done++;
}

static bool eventually(const _Atomic(unsigned) *count, unsigned want)
{
    for (unsigned ms = 0; *count < want; ms += 5) {
        if (ms >= SOON_MS) {
            return false;
        }
        app_sleep_ms(5);
    }
    return true;
}

/* Nothing is told until the loop is let go. */
static void block(void)
{
    const unsigned entered = s_entered;

    (void)pthread_mutex_lock(&s_gate);
    CHECK(esp_event_post(OTHER_EVENT, BLOCKS, NULL, 0, 0) == ESP_OK && eventually(&s_entered, entered + 1), "blocks");
}

static void let_go(void)
{
    const unsigned done = s_done;

    (void)pthread_mutex_unlock(&s_gate);
    CHECK(eventually(&s_done, done + 1), "is let go");
}

static unsigned fill(void)
{
    unsigned count = 0;

    while (esp_event_post(ENOW_NODE_EVENT, ENOW_NODE_EVENT_RESULT + 1, NULL, 0, 0) == ESP_OK) {
        count++;
    }
    return count;
}

static bool lost(uint32_t want)
{
    for (unsigned ms = 0; app_stats().events_lost < want; ms += 20) {
        if (ms >= 4 * SOON_MS) {
            return false;
        }
        app_sleep_ms(20);
    }
    return app_stats().events_lost == want;
}

/* Where the loop has no room, events are lost, which is counted, told once, and over when there is room again; whether
 * the node is connected can be asked all the time. */
static void test_lost(far_t *far)
{
    const app_t before = app_now();

    CHECK(app_stats().events_lost == 0, "%u", app_stats().events_lost);
    block();
    CHECK(fill() > 0, "there was no room");
    far_away(far, true);
    CHECK(lost(1) && !enow_node_connected(), "that the gateway is lost: %u", app_stats().events_lost);
    far_away(far, false);
    CHECK(lost(2) && enow_node_connected(), "that it was found: %u", app_stats().events_lost);
    CHECK(log_count("events are lost") == 1 && log_count("handlers must be short, or take events by on_event") == 1 &&
              log_count("ESP_ERR_TIMEOUT") == 1,
          "%s", log_text);
    let_go();

    CHECK(enow_events_flush(SOON_MS), "it is let go");
    CHECK(app_now().connected == before.connected && app_now().disconnected == before.disconnected,
          "told all the same");
    CHECK(enow_node_publish("later", "1", 1, 0) == ESP_OK && far_next(far, &s_heard, SOON_MS), "%s", s_heard.topic);
    CHECK(app_waits(ENOW_NODE_EVENT_RESULT, before.results + 1, SOON_MS), "a later event arrives");
    CHECK(app_stats().events_lost == 2, "%u", app_stats().events_lost);

    block();
    (void)fill();
    CHECK(enow_node_publish("later", "2", 1, 0) == ESP_OK && lost(3), "%u", app_stats().events_lost);
    CHECK(log_count("events are lost") == 2, "told when it begins again: %s", log_text);
    let_go();
    CHECK(far_next(far, &s_heard, SOON_MS), "what was published arrives all the same");
}

/* What waits for the loop gives up in time, fills no queue, and is not content with what was told before. */
static void test_flush(void)
{
    CHECK(enow_events_flush(SOON_MS), "there is nothing to tell");
    block();
    const uint64_t begin_us = (uint64_t)esp_timer_get_time();
    for (int i = 0; i < 40; i++) {
        CHECK(!enow_events_flush(10), "a handler runs");
    }
    CHECK((uint64_t)esp_timer_get_time() - begin_us < 10 * UINT64_C(1000000), "it waits longer");
    CHECK(esp_event_post(OTHER_EVENT, TAKES_LONG, NULL, 0, 0) == ESP_OK, "there is no room left");
    const unsigned done = s_done;
    (void)pthread_mutex_unlock(&s_gate);
    CHECK(enow_events_flush(SOON_MS) && s_done == done + 2, "%u of 2 handlers are done", s_done - done);
    CHECK(s_inside, "within a handler it waits for itself");
}

int main(void)
{
    far_air();
    log_clear();
    app_listen();
    far_t *far = far_open(6, far_key);
    const enow_node_config_t cfg = app_config();

    (void)esp_event_handler_register(OTHER_EVENT, ESP_EVENT_ANY_ID, on_other, NULL);
    CHECK(enow_node_start(&cfg) == ESP_OK && app_waits(ENOW_NODE_EVENT_CONNECTED, 1, SOON_MS), "%s", log_text);
    test_lost(far);
    test_flush();
    enow_node_stop();
    far_close(far);
    return check_result();
}
