// Two processes, each a station.
#include "fake.h"
#include "station.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t s_parent[6] = {0x24, 0x6f, 0x28, 0, 0, 1};
static const uint8_t s_child[6] = {0x24, 0x6f, 0x28, 0, 0, 2};

static void echo(void)
{
    setenv("FAKE_MAC", "24:6f:28:00:00:02", 1);
    station_init();
    CHECK(add_peer(s_parent, 0) == ESP_OK);
    char text[32];
    while (xQueueReceive(station_received, text, portMAX_DELAY)) {
        station_send(s_parent, text, strlen(text) + 1);
    }
}

int main(void)
{
    char air[32];
    snprintf(air, sizeof air, "239.254.%d.%d:4200", getpid() >> 8 & 0xff, getpid() & 0xff);
    setenv("FAKE_AIR", air, 1);
    pid_t child = fork(); // while there is one thread
    CHECK(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // with the test, however that ends
        echo();
    }
    setenv("FAKE_MAC", "24:6f:28:00:00:01", 1);
    station_init();
    CHECK(add_peer(s_child, 0) == ESP_OK);
    int tries = 0;
    while (!station_send(s_child, "there?", 7)) {
        CHECK(++tries < 200);
    }
    CHECK(station_hears("there?"));
    for (int i = 0; i < 20; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %d", i);
        CHECK(station_send(s_child, text, strlen(text) + 1) && station_hears(text));
    }
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(!station_send(s_child, "there?", 7));
    return 0;
}
