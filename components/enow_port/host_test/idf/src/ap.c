#include "ap.h"
#include "fake.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static ap_t s_ap;

void fake_ap_up(const char *ssid, const char *password, uint8_t channel)
{
    pthread_mutex_lock(&s_mutex);
    snprintf(s_ap.ssid, sizeof s_ap.ssid, "%s", ssid);
    snprintf(s_ap.password, sizeof s_ap.password, "%s", password);
    s_ap.channel = channel;
    s_ap.up = true;
    pthread_mutex_unlock(&s_mutex);
}

void fake_ap_down(void)
{
    pthread_mutex_lock(&s_mutex);
    s_ap.up = false;
    pthread_mutex_unlock(&s_mutex);
}

// Small enough to be read each time; a file that is not there is an access point that is not there.
static ap_t read_file(const char *path)
{
    ap_t ap = {0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return ap;
    }
    unsigned channel;
    char state[8];
    if (fscanf(file, "%32s %64s %3u %7s", ap.ssid, ap.password, &channel, state) != 4 || channel < 1 || channel > 14) {
        fprintf(stderr, "FAKE_AP: %s: write one line as: SSID PASSWORD CHANNEL up|down\n", path);
        abort();
    }
    fclose(file);
    ap.channel = (uint8_t)channel;
    ap.up = strcmp(state, "up") == 0;
    return ap;
}

ap_t ap_now(void)
{
    const char *path = getenv("FAKE_AP");
    if (path != NULL) {
        return read_file(path);
    }
    pthread_mutex_lock(&s_mutex);
    ap_t ap = s_ap;
    pthread_mutex_unlock(&s_mutex);
    return ap;
}
