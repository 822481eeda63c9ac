/* One of the examples, in a process of its own, provisioned as devices are; this one is its gateway, and presses the
 * button. */
#include "app.h"
#include "check.h"
#include "climate.h"
#include "crypto_tables.h"
#include "enow/keys.h"
#include "far.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 20000, GIVES_UP_MS = 7000 };

static const enow_addr_t s_device = {{0x02, 0, 0, 0, 0, 0x42}}; /* FAKE_MAC */
static far_message_t s_heard;
static char s_grounded[1024]; /* FAKE_GROUNDED */

static void write_hex(FILE *file, const char *key, const uint8_t *bytes, size_t len)
{
    (void)fprintf(file, "%s,data,hex2bin,", key);
    for (size_t i = 0; i < len; i++) {
        (void)fprintf(file, "%02x", bytes[i]);
    }
    (void)fprintf(file, "\n");
}

/* What "enow keys provision" writes, and settings besides. */
static void provision(const char *path)
{
    enow_link_secret_t network, device;
    FILE *file = fopen(path, "w");

    memcpy(network.bytes, far_key, sizeof network.bytes);
    CHECK(file != NULL && enow_link_device_key(&device, enow_crypto_soft(), &network, s_device), "%s", path);
    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "key,type,encoding,value\nenow,namespace,,\nkey_id,data,u8,%d\n", FAR_KEY_ID);
    write_hex(file, "address", s_device.bytes, sizeof s_device.bytes);
    write_hex(file, "device_key", device.bytes, sizeof device.bytes);
    (void)fprintf(file, "sleepy,data,u8,1\nkeep_alive_s,data,u16,120\nsleep_wait_ms,data,u32,5000\n");
    (void)fclose(file);
}

static pid_t begin(const char *program)
{
    char nvs[1024];

    (void)snprintf(nvs, sizeof nvs, "%s.csv", program);
    provision(nvs);
    (void)snprintf(s_grounded, sizeof s_grounded, "%s.grounded", program);
    (void)unlink(s_grounded);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)setenv("FAKE_NVS", nvs, 1);
        (void)setenv("FAKE_GROUNDED", s_grounded, 1);
        (void)execl(program, program, (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    return pid;
}

static void end(pid_t pid)
{
    int status = 0;

    CHECK(waitpid(pid, &status, WNOHANG) == 0, "it ended by itself: status %d", status);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
}

static bool hears(far_t *far, const char *topic)
{
    return far_next(far, &s_heard, SOON_MS) && strcmp(s_heard.topic, topic) == 0;
}

/* Gives an order, and waits until it counts: a reading may be under way, and one more come as before. */
static void order(far_t *far, const char *seconds)
{
    CHECK(far_send(far, s_device, "", seconds) && far_sent(far, SOON_MS), "order %s", seconds);
    for (int i = 0; i < 2; i++) {
        (void)far_next(far, &s_heard, 2000);
    }
}

static void test_sensor(far_t *far, const char *program)
{
    const uint32_t joins = far_stats(far).joins;
    const pid_t pid = begin(program);

    for (int i = 0; i < 3; i++) {
        CHECK(hears(far, "free_heap"), "%d: topic %s", i, s_heard.topic);
    }
    CHECK(far_stats(far).joins == joins + 1, "%u joins", far_stats(far).joins - joins);
    /* An order for longer than its keep-alive is refused, and one for just as long is not. */
    order(far, "121");
    CHECK(hears(far, "free_heap"), "it sleeps too long");
    order(far, "120");
    CHECK(!far_next(far, &s_heard, 3000), "a reading before its time");
    end(pid);
}

static void press(void)
{
    const int file = open(s_grounded, O_CREAT | O_WRONLY, 0600);

    CHECK(file >= 0 && close(file) == 0, "%s", s_grounded);
}

static void release(void) { CHECK(unlink(s_grounded) == 0, "%s", s_grounded); }

/* Presses and holds the button. One that was pressed while the device was awake is not seen, and so pressed again. */
static void press_until_heard(far_t *far)
{
    bool heard = false;

    for (int i = 0; i < 10 && !heard; i++) {
        if (i > 0) {
            release();
            app_sleep_ms(1500);
        }
        press();
        heard = far_next(far, &s_heard, 3000);
    }
    CHECK(heard && strcmp(s_heard.topic, "pressed") == 0 && s_heard.len == 1, "topic %s", s_heard.topic);
}

static void test_button(far_t *far, const char *program)
{
    const pid_t pid = begin(program);

    press_until_heard(far);
    release();
    CHECK(!far_next(far, &s_heard, 1000), "without a press: topic %s", s_heard.topic);

    /* However long it is held, it is one message: while the device waits for the release, and when it sleeps again. */
    press_until_heard(far);
    CHECK(!far_next(far, &s_heard, 5000), "of a press that was told: topic %s", s_heard.topic);
    release();
    app_sleep_ms(2500); /* until it looked */
    press_until_heard(far);
    release();
    CHECK(!far_next(far, &s_heard, 1000), "without a press: topic %s", s_heard.topic);

    /* A press that nobody takes is given up, and signs of life go on. */
    const uint32_t joins = far_stats(far).joins;
    for (int i = 0; i < 5 && far_stats(far).joins == joins; i++) {
        far_away(far, true);
        press();
        app_sleep_ms(500);
        release();
        app_sleep_ms(GIVES_UP_MS);
        far_away(far, false);
        for (int ms = 0; ms < SOON_MS && far_stats(far).joins == joins; ms += 50) {
            app_sleep_ms(50);
        }
    }
    CHECK(far_stats(far).joins > joins, "it wakes no more");
    end(pid);
}

static void test_climate(far_t *far, const char *program)
{
    const pid_t pid = begin(program);
    climate_reading_t reading;

    CHECK(hears(far, CLIMATE_READING_TOPIC), "topic %s", s_heard.topic);
    CHECK(climate_reading_decode(&reading, s_heard.payload, s_heard.len) > 0 && reading.room_len > 0, "a reading");
    CHECK(far_send(far, s_device, "", "1") && far_sent(far, SOON_MS), "an order");
    end(pid);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(far_t *, const char *);
    } s_examples[] = {{"sensor", test_sensor}, {"button", test_button}, {"climate", test_climate}};
    bool tested = false;

    for (size_t i = 0; argc == 3 && i < sizeof s_examples / sizeof s_examples[0]; i++) {
        if (strcmp(s_examples[i].name, argv[1]) == 0) {
            tested = true;
            far_air();
            far_t *far = far_open(6, far_key);
            s_examples[i].test(far, argv[2]);
            far_close(far);
        }
    }
    CHECK(tested, "want the name of an example and its program");
    return check_result();
}
