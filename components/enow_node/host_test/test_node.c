#include "app.h"
#include "check.h"
#include "far.h"
#include "log.h"

enum { SOON_MS = 20000 };

static far_message_t s_heard;

static bool heard(far_t *far, const char *topic, const char *payload)
{
    return far_next(far, &s_heard, SOON_MS) && strcmp(s_heard.topic, topic) == 0 && s_heard.len == strlen(payload) &&
           memcmp(s_heard.payload, payload, s_heard.len) == 0;
}

/* Nothing runs yet, or no more. */
static void check_off(void)
{
    enow_node_stats_t stats;
    uint64_t unix_us;

    CHECK(enow_node_publish("t", "x", 1, 0) == ESP_ERR_INVALID_STATE, "publish");
    CHECK(enow_node_publish("t", "x", 1, 10) == ESP_ERR_INVALID_STATE, "publish and wait");
    CHECK(enow_node_deep_sleep(1000) == ESP_ERR_INVALID_STATE, "sleep");
    CHECK(enow_node_stats(&stats) == ESP_ERR_INVALID_STATE, "stats");
    CHECK(!enow_node_connected() && !enow_node_unix_time(&unix_us), "connected");
    enow_node_stop();
}

static void test_publish(far_t *far)
{
    enow_link_ticket_t ticket = 0;

    CHECK(enow_node_publish("temperature", "21.5", 4, SOON_MS) == ESP_OK, "%s", log_text);
    CHECK(heard(far, "temperature", "21.5"), "topic %s", s_heard.topic);
    CHECK(enow_node_publish(NULL, NULL, 0, SOON_MS) == ESP_OK && heard(far, "", ""), "the device's own topic, empty");
    CHECK(app_now().results == 0, "who waits is told by no event");

    CHECK(enow_node_publish("later", "1", 1, 0) == ESP_OK && heard(far, "later", "1"), "queued");
    CHECK(app_waits(ENOW_NODE_EVENT_RESULT, 1, SOON_MS) && app_now().result.err == ESP_OK, "its result");

    enow_link_outgoing_t m = {.topic = {(const uint8_t *)"once", 4}, .payload = {(const uint8_t *)"2", 1}};
    CHECK(enow_node_queue(&m, NULL) == ESP_OK && heard(far, "once", "2"), "unacknowledged");
    m.acknowledge = true;
    CHECK(enow_node_queue(&m, &ticket) == ESP_OK && heard(far, "once", "2"), "acknowledged");
    CHECK(app_waits(ENOW_NODE_EVENT_RESULT, 2, SOON_MS) && app_now().result.ticket == ticket, "result of %u",
          app_now().result.ticket);

    CHECK(enow_node_publish("bad\xff", "1", 1, SOON_MS) == ESP_ERR_INVALID_ARG, "a topic that is no text");
    CHECK(enow_node_publish("t", NULL, 1, SOON_MS) == ESP_ERR_INVALID_ARG, "no data");
}

static void test_downlink(far_t *far, enow_addr_t node)
{
    CHECK(far_send(far, node, "", "on") && far_sent(far, SOON_MS), "a message to the node");
    CHECK(app_waits(ENOW_NODE_EVENT_MESSAGE, 1, SOON_MS), "arrives");
    app_t app = app_now();
    CHECK(strcmp(app.topic, "") == 0 && app.len == 2 && memcmp(app.payload, "on", 2) == 0, "topic %s", app.topic);

    CHECK(far_send(far, node, "/room/light", "") && far_sent(far, SOON_MS), "another");
    CHECK(app_waits(ENOW_NODE_EVENT_MESSAGE, 2, SOON_MS), "arrives");
    app = app_now();
    CHECK(strcmp(app.topic, "/room/light") == 0 && app.len == 0, "topic %s", app.topic);

    CHECK(far_send(far, node, "/room", "1") && far_sent(far, SOON_MS), "a shorter one");
    CHECK(app_waits(ENOW_NODE_EVENT_MESSAGE, 3, SOON_MS), "arrives");
    app = app_now();
    CHECK(strcmp(app.topic, "/room") == 0 && app.len == 1 && app.payload[0] == '1', "topic %s", app.topic);
}

/* The longest message that the node takes is told whole. */
static void test_longest(far_t *far, enow_addr_t node)
{
    static char text[CONFIG_ENOW_NODE_MAX_RECEIVE + 1];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 2] = '\0'; /* with the length of the topic it is as long as may be */
    CHECK(far_send(far, node, "", text) && far_sent(far, SOON_MS), "fits");
    CHECK(app_waits(ENOW_NODE_EVENT_MESSAGE, 4, SOON_MS) && app_now().len == strlen(text), "%zu bytes", app_now().len);
    text[sizeof text - 2] = 'x';
    CHECK(!far_send(far, node, "", text), "a byte more does not");
}

static esp_err_t s_waits, s_sleeps, s_queues;

/* Does in the callback what must not be done there, and what may. */
static void on_event(void *user, enow_node_event_t event, const void *data)
{
    if (event == ENOW_NODE_EVENT_CONNECTED) {
        s_waits = enow_node_publish("t", "x", 1, 10);
        s_sleeps = enow_node_deep_sleep(1000);
        enow_node_stop();
        s_queues = enow_node_publish("callback", "x", 1, 0);
    }
    app_on_event(user, event, data);
}

static void test_callback(far_t *far, const enow_node_config_t *events)
{
    enow_node_config_t cfg = *events;
    const unsigned before = app_now().connected;

    cfg.on_event = on_event;
    CHECK(enow_node_start(&cfg) == ESP_OK, "starts again");
    CHECK(app_waits(ENOW_NODE_EVENT_CONNECTED, before + 1, SOON_MS), "connected");
    app_sleep_ms(50);
    CHECK(app_now().connected == before + 1, "told once, %u", app_now().connected - before);
    CHECK(s_waits == ESP_ERR_INVALID_STATE && s_sleeps == ESP_ERR_INVALID_STATE, "it must not wait");
    CHECK(s_queues == ESP_OK && heard(far, "callback", "x"), "it may queue");
    enow_node_stop();
}

int main(void)
{
    far_air();
    log_clear();
    app_listen();
    far_t *far = far_open(6, far_key);
    const enow_node_config_t cfg = app_config();

    check_off();
    CHECK(enow_node_start(&cfg) == ESP_OK, "%s", log_text);
    CHECK(enow_node_start(&cfg) == ESP_ERR_INVALID_STATE, "twice");
    CHECK(app_waits(ENOW_NODE_EVENT_CONNECTED, 1, SOON_MS) && enow_node_connected(), "%s", log_text);
    const app_t first = app_now();
    CHECK(first.connection.channel == 6 && first.connection.gateway.bytes[1] == far_addr.bytes[1], "channel %u",
          app_now().connection.channel);
    test_publish(far);
    const enow_addr_t node = s_heard.from;
    test_downlink(far, node);
    test_longest(far, node);
    CHECK(app_stats().link.received == 4 && app_stats().events_lost == 0, "%u messages", app_stats().link.received);
    enow_node_stop();
    check_off();
    test_callback(far, &cfg);
    far_close(far);
    return check_result();
}
