/* Deep sleep: a device in a process of its own, which ends and starts anew as the chip does, and a gateway in this one.
 */
#include "app.h"
#include "check.h"
#include "esp_attr.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "fake.h"
#include "far.h"
#include "log.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 20000 };

static far_message_t s_heard;

static RTC_DATA_ATTR unsigned s_mail;

/* A handler that takes longer than the link stays awake after a message: sleep waits for it. */
static void on_mail(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base, (void)id, (void)data;
    app_sleep_ms(3000);
    s_mail++;
}

/* What the device does each time it wakes: says how it woke, and sleeps. Returns only where it fails. */
static void wake(const char *script)
{
    enow_node_config_t cfg = app_config();
    char text[64];

    cfg.sleepy = true;
    cfg.keep_alive_s = 30;
    cfg.sleep_wait_ms = strcmp(script, "plain") == 0 || strcmp(script, "handler") == 0 ? 8000 : 2000;
    cfg.sleep_anyway = strcmp(script, "anyway") == 0;
    if (enow_node_start(&cfg) != ESP_OK) {
        return;
    }
    (void)esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_MESSAGE, on_mail, NULL);
    const enow_node_stats_t stats = app_stats();
    (void)snprintf(text, sizeof text, "%s %s lost %u mail %u", esp_reset_reason() == ESP_RST_DEEPSLEEP ? "woken" : "on",
                   stats.resumed ? "resumed" : "anew", (unsigned)stats.lost_asleep, s_mail);
    (void)enow_node_publish("awake", text, strlen(text), 0);
    if (strcmp(script, "restart") == 0 && esp_reset_reason() == ESP_RST_DEEPSLEEP) {
        app_sleep_ms(500);
        esp_restart();
    }
    for (bool tired = false; enow_node_deep_sleep(200) == ESP_ERR_TIMEOUT; tired = true) {
        if (!tired) {
            (void)enow_node_publish("tired", "", 0, 0);
        }
    }
}

ESP_EVENT_DEFINE_BASE(DEVICE_EVENT);

/* Does all of it within a handler, so that no other one ever runs. */
static void on_device(void *script, esp_event_base_t base, int32_t id, void *data)
{
    (void)base, (void)id, (void)data;
    wake(script);
    _exit(EXIT_FAILURE);
}

static void on_connected(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    (void)arg, (void)base, (void)id, (void)data;
    for (;;) {
        app_sleep_ms(1000); /* and never comes back */
    }
}

static int device(char *script)
{
    (void)esp_event_loop_create_default();
    if (strcmp(script, "stuck") == 0) {
        (void)esp_event_handler_register(ENOW_NODE_EVENT, ENOW_NODE_EVENT_CONNECTED, on_connected, NULL);
    }
    if (strcmp(script, "handler") == 0) {
        (void)esp_event_handler_register(DEVICE_EVENT, ESP_EVENT_ANY_ID, on_device, script);
        (void)esp_event_post(DEVICE_EVENT, 0, NULL, 0, 0);
        app_sleep_ms(60000);
    }
    wake(script);
    return EXIT_FAILURE; /* it does not return otherwise */
}

static pid_t begin(const char *self, const char *script)
{
    const pid_t pid = fork();

    if (pid == 0) {
        (void)execl(self, self, script, (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    return pid;
}

static void end(pid_t pid)
{
    int status = 0;

    CHECK(waitpid(pid, &status, WNOHANG) == 0, "the device ended by itself: status %d", status);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
}

static bool says(far_t *far, const char *topic, const char *text)
{
    if (!far_next(far, &s_heard, SOON_MS)) {
        return false;
    }
    s_heard.payload[s_heard.len] = '\0';
    return strcmp(s_heard.topic, topic) == 0 && strcmp((const char *)s_heard.payload, text) == 0;
}

/* A session goes on over sleep: one join, any number of wakes. */
static void test_resume(far_t *far, const char *self)
{
    const uint32_t joins = far_stats(far).joins;
    const pid_t pid = begin(self, "plain");

    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    for (int i = 0; i < 3; i++) {
        CHECK(says(far, "awake", "woken resumed lost 0 mail 0"), "%d: %s", i, s_heard.payload);
    }
    CHECK(far_stats(far).joins == joins + 1, "%u joins", far_stats(far).joins - joins);
    CHECK(far_send(far, s_heard.from, "", "good morning"), "mail");
    CHECK(far_sent(far, SOON_MS), "is fetched at the next wake");
    bool told = false;
    for (int i = 0; i < 3 && !told; i++) {
        told = says(far, "awake", "woken resumed lost 0 mail 1");
    }
    CHECK(told, "the application was not told before sleep: %s", s_heard.payload);
    end(pid);
}

/* Within a handler of the event loop it does not wait for that loop, and the session goes on. */
static void test_handler(far_t *far, const char *self)
{
    const pid_t pid = begin(self, "handler");

    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    CHECK(says(far, "awake", "woken resumed lost 0 mail 0"), "%s", s_heard.payload);
    CHECK(says(far, "awake", "woken resumed lost 0 mail 0"), "%s", s_heard.payload);
    end(pid);
}

/* A handler that never comes back keeps no device awake: it sleeps 1 s after what it waits for all else, without its
 * session, for the application may not have been told what belongs to it. */
static void test_stuck(far_t *far, const char *self)
{
    const pid_t pid = begin(self, "stuck");

    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    const int64_t begin_us = esp_timer_get_time();
    CHECK(says(far, "awake", "woken anew lost 0 mail 0"), "%s", s_heard.payload);
    const int64_t took_ms = (esp_timer_get_time() - begin_us) / 1000;
    CHECK(took_ms >= 2000 && took_ms < 10000, "%lld ms", (long long)took_ms);
    end(pid);
}

/* A restart in between joins anew: the session's counters are gone. */
static void test_restart(far_t *far, const char *self)
{
    const uint32_t joins = far_stats(far).joins;
    const pid_t pid = begin(self, "restart");

    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    CHECK(says(far, "awake", "woken resumed lost 0 mail 0"), "%s", s_heard.payload);
    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    CHECK(far_stats(far).joins == joins + 2, "%u joins", far_stats(far).joins - joins);
    end(pid);
}

/* What is not acknowledged keeps the device awake: it goes on with the same session. */
static void test_awake(far_t *far, const char *self)
{
    const uint32_t joins = far_stats(far).joins;
    far_mood(far, FAR_HOLDS);
    const pid_t pid = begin(self, "awake");

    CHECK(says(far, "awake", "on anew lost 0 mail 0"), "%s", s_heard.payload);
    app_sleep_ms(2500);
    far_mood(far, FAR_ACCEPTS);
    CHECK(says(far, "tired", ""), "%s %s", s_heard.topic, s_heard.payload);
    CHECK(says(far, "awake", "woken resumed lost 0 mail 0"), "%s %s", s_heard.topic, s_heard.payload);
    CHECK(far_stats(far).joins == joins + 1, "%u joins", far_stats(far).joins - joins);
    end(pid);
}

/* What a device that is awake says it has lost; or -1 where it says something else. */
static int lost(far_t *far, const char *format)
{
    int count = -1;

    if (!far_next(far, &s_heard, SOON_MS)) {
        return -1;
    }
    s_heard.payload[s_heard.len] = '\0';
    return sscanf((const char *)s_heard.payload, format, &count) == 1 ? count : -1;
}

/* Unless it was told to sleep anyway: then each loss is told. */
static void test_anyway(far_t *far, const char *self)
{
    far_away(far, true);
    const pid_t pid = begin(self, "anyway");

    app_sleep_ms(3200); /* it sleeps after 2 s */
    far_away(far, false);
    const int count = lost(far, "woken anew lost %d mail 0");
    CHECK(count >= 1, "%s", s_heard.payload);
    CHECK(lost(far, "woken resumed lost %d mail 0") == count, "%d, %s", count, s_heard.payload);
    end(pid);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return device(argv[1]);
    }
    far_air();
    far_t *far = far_open(6, far_key);
    test_resume(far, argv[0]);
    test_handler(far, argv[0]);
    test_stuck(far, argv[0]);
    test_restart(far, argv[0]);
    test_awake(far, argv[0]);
    test_anyway(far, argv[0]);
    far_close(far);
    return check_result();
}
