/* What goes wrong, each with a line in the log, a counter, and a way back without a reboot. */
#include "app.h"
#include "check.h"
#include "esp_now.h"
#include "fake.h"
#include "far.h"
#include "log.h"
#include "nvs_flash.h"

#include <pthread.h>

enum { SOON_MS = 20000 };

static far_message_t s_heard;

/* Waits until something is logged. */
static bool logged(const char *text, unsigned timeout_ms)
{
    for (unsigned ms = 0; log_count(text) == 0; ms += 5) {
        if (ms >= timeout_ms) {
            return false;
        }
        app_sleep_ms(5);
    }
    return true;
}

static bool joins(const enow_node_config_t *cfg)
{
    const unsigned before = app_now().connected;

    return enow_node_start(cfg) == ESP_OK && app_waits(ENOW_NODE_EVENT_CONNECTED, before + 1, SOON_MS);
}

static void test_no_key(far_t *far)
{
    enow_node_config_t cfg = app_config();

    (void)far;
    memset(cfg.network_key, 0, sizeof cfg.network_key);
    cfg.key_id = 0;
    CHECK(enow_node_start(&cfg) == ENOW_NODE_ERR_NO_KEY, "starts");
    CHECK(log_count("CONFIG_ENOW_NODE_OPEN") == 1 && log_count("not started") == 1, "%s", log_text);
    CHECK(enow_node_start(NULL) == ENOW_NODE_ERR_NO_KEY, "nor does NVS have one");
    cfg = app_config();
    CHECK(joins(&cfg), "with a key: %s", log_text);
    enow_node_stop();
}

static void test_wrong_key(far_t *far)
{
    enow_node_config_t cfg = app_config();

    (void)far;
    cfg.network_key[0] ^= 1;
    CHECK(enow_node_start(&cfg) == ESP_OK, "starts");
    CHECK(logged("no gateway for ", SOON_MS) && log_count("network key that this device's") > 0, "%s", log_text);
    CHECK(!enow_node_connected() && app_stats().link.searches > 0 && app_stats().link.sessions == 0, "joined");
    enow_node_stop();
    cfg = app_config();
    CHECK(joins(&cfg), "with the right one: %s", log_text);
    enow_node_stop();
}

static void test_wrong_channel(far_t *far)
{
    const enow_node_config_t cfg = app_config();
    const unsigned before = app_now().connected;

    far_channel(far, 3);
    CHECK(enow_node_start(&cfg) == ESP_OK, "starts");
    CHECK(logged("channels 0x42", SOON_MS), "%s", log_text);
    CHECK(app_stats().link.searches > 0 && !enow_node_connected(), "joined");
    far_channel(far, 1);
    CHECK(app_waits(ENOW_NODE_EVENT_CONNECTED, before + 1, SOON_MS) && app_now().connection.channel == 1, "%s",
          log_text);
    enow_node_stop();
    far_channel(far, 6);
}

static void test_away(far_t *far)
{
    const enow_node_config_t cfg = app_config();
    const app_t before = app_now();

    CHECK(joins(&cfg), "%s", log_text);
    far_away(far, true);
    CHECK(enow_node_publish("away", "1", 1, 50) == ESP_ERR_TIMEOUT, "nobody acknowledges");
    CHECK(app_waits(ENOW_NODE_EVENT_DISCONNECTED, before.disconnected + 1, 4 * SOON_MS), "%s", log_text);
    CHECK(log_count("lost the gateway") == 1 && log_count("(silent): searching") == 1, "%s", log_text);
    far_away(far, false);
    CHECK(app_waits(ENOW_NODE_EVENT_CONNECTED, before.connected + 2, 4 * SOON_MS), "%s", log_text);
    CHECK(far_next(far, &s_heard, SOON_MS) && strcmp(s_heard.topic, "away") == 0, "what waited arrives");
    CHECK(app_waits(ENOW_NODE_EVENT_RESULT, before.results + 1, SOON_MS) && app_now().result.err == ESP_OK,
          "and is told");
    enow_node_stop();
}

static void test_oversized(far_t *far)
{
    static uint8_t data[CONFIG_ENOW_NODE_QUEUE_BYTES];
    const enow_node_config_t cfg = app_config();

    CHECK(joins(&cfg), "%s", log_text);
    CHECK(enow_node_publish("", data, CONFIG_ENOW_MAX_MESSAGE - 1, SOON_MS) == ESP_OK &&
              far_next(far, &s_heard, SOON_MS),
          "the longest that the gateway takes");
    CHECK(enow_node_publish("", data, CONFIG_ENOW_MAX_MESSAGE, SOON_MS) == ESP_ERR_INVALID_SIZE, "a byte more");
    CHECK(enow_node_publish("", data, sizeof data, 0) == ESP_ERR_INVALID_SIZE, "more than the queue");
    CHECK(app_stats().oversized == 2 && log_count("was not taken: longer than") == 2, "%s", log_text);
    CHECK(enow_node_publish("", data, 1, SOON_MS) == ESP_OK && far_next(far, &s_heard, SOON_MS), "the next is taken");
    enow_node_stop();
}

static void test_full(far_t *far)
{
    enow_node_config_t cfg = app_config();
    unsigned taken = 0;

    cfg.queue_messages = 3;
    CHECK(joins(&cfg), "%s", log_text);
    far_mood(far, FAR_HOLDS);
    while (taken < 10 && enow_node_publish("held", "x", 1, 0) == ESP_OK) {
        taken++;
    }
    CHECK(taken == 3, "%u", taken);
    CHECK(enow_node_publish("held", "x", 1, SOON_MS) == ESP_ERR_NO_MEM, "no room");
    CHECK(app_stats().queue_full == 2 && log_count("found no room") == 2, "%s", log_text);
    enow_node_stop();
    far_mood(far, FAR_ACCEPTS);
    while (far_next(far, &s_heard, 50)) {
    }
    CHECK(joins(&cfg) && enow_node_publish("t", "x", 1, SOON_MS) == ESP_OK && far_next(far, &s_heard, SOON_MS),
          "room again");
    enow_node_stop();
}

static void test_refused(far_t *far)
{
    const enow_node_config_t cfg = app_config();
    const unsigned before = app_now().results;

    CHECK(joins(&cfg), "%s", log_text);
    far_mood(far, FAR_REFUSES);
    CHECK(enow_node_publish("t", "x", 1, SOON_MS) == ENOW_NODE_ERR_REFUSED, "%s", log_text);
    CHECK(enow_node_publish("t", "x", 1, 0) == ESP_OK, "queued");
    CHECK(app_waits(ENOW_NODE_EVENT_RESULT, before + 1, SOON_MS) && app_now().result.err == ENOW_NODE_ERR_REFUSED,
          "told");
    CHECK(app_stats().link.failed == 2 && log_count("given up") == 2, "%s", log_text);
    far_mood(far, FAR_ACCEPTS);
    CHECK(enow_node_publish("t", "x", 1, SOON_MS) == ESP_OK && far_next(far, &s_heard, SOON_MS), "the next is taken");
    enow_node_stop();
}

static void *waits(void *arg)
{
    *(esp_err_t *)arg = enow_node_publish("t", "x", 1, UINT32_MAX);
    return NULL;
}

/* Who waits for an acknowledgement while another task stops the node is not left waiting. */
static void test_stopped(far_t *far)
{
    const enow_node_config_t cfg = app_config();
    esp_err_t err[3] = {0};
    pthread_t threads[3];

    CHECK(joins(&cfg), "%s", log_text);
    far_mood(far, FAR_HOLDS);
    for (unsigned i = 0; i < 3; i++) {
        (void)pthread_create(&threads[i], NULL, waits, &err[i]);
    }
    app_sleep_ms(100);
    enow_node_stop();
    for (unsigned i = 0; i < 3; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK(err[i] == ESP_ERR_INVALID_STATE, "%s", esp_err_to_name(err[i]));
    }
    far_mood(far, FAR_ACCEPTS);
    while (far_next(far, &s_heard, 50)) {
    }
}

static void test_nvs(far_t *far)
{
    enow_node_config_t cfg = app_config();

    (void)far;
    (void)nvs_flash_deinit();
    fake_nvs_wipe();
    fake_nvs_full(true);
    CHECK(joins(&cfg), "with NVS full: %s", log_text);
    CHECK(app_stats().home_unsaved == 1 && log_count("NVS does not keep") == 1, "%s", log_text);
    CHECK(enow_node_set("warn_s", "9") != ESP_OK, "a setting is not kept");
    fake_nvs_full(false);
    CHECK(enow_node_set("warn_s", "9") == ESP_OK, "and is, once there is room");
    enow_node_stop();

    (void)nvs_flash_deinit();
    fake_nvs_wipe();
    CHECK(joins(&cfg), "with NVS erased: %s", log_text);
    enow_node_stop();
}

/* ESP-NOW itself fails for a while. */
static void test_radio(far_t *far)
{
    const enow_node_config_t cfg = app_config();

    CHECK(joins(&cfg), "%s", log_text);
    fake_now_send_fails(ESP_ERR_ESPNOW_NO_MEM, 5);
    CHECK(enow_node_publish("t", "x", 1, SOON_MS) == ESP_OK && far_next(far, &s_heard, SOON_MS),
          "no memory for a while");
    CHECK(app_stats().radio.no_memory > 0, "not counted");
    fake_now_send_callbacks_lost(1);
    CHECK(enow_node_publish("t", "x", 1, SOON_MS) == ESP_OK && far_next(far, &s_heard, SOON_MS),
          "a callback that never comes");
    enow_node_stop();
}

static void test_settings(far_t *far)
{
    enow_node_config_t cfg = app_config();

    (void)far;
    cfg.queue_bytes += 4096;
    CHECK(enow_node_start(&cfg) == ESP_ERR_NO_MEM && log_count("the queues need") == 1, "%s", log_text);
    cfg = app_config();
    cfg.channels = 0;
    CHECK(enow_node_start(&cfg) == ESP_ERR_INVALID_ARG && log_count("out of its range") == 1, "%s", log_text);
    cfg = app_config();
    CHECK(joins(&cfg), "%s", log_text);
    enow_node_stop();
}

int main(void)
{
    static void (*const tests[])(far_t *) = {test_no_key,    test_wrong_key, test_wrong_channel, test_away,
                                             test_oversized, test_full,      test_refused,       test_stopped,
                                             test_nvs,       test_radio,     test_settings};

    far_air();
    app_listen();
    far_t *far = far_open(6, far_key);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        log_clear();
        tests[i](far);
    }
    far_close(far);
    return check_result();
}
