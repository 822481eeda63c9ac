#include "device.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto_tables.h"
#include "enow/keys.h"
#include "fake.h"

/* The device has cryptography of its own: PSA is for one thread at a time. */
#define MEMORY (256 * 1024)
#define TURN_MS 2
#define STEP_US 5000
#define RESULTS 4096

uint16_t device_keep_alive_s = 2;

static pthread_t s_thread;
static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static uint64_t s_memory[MEMORY / 8];
static enow_link_node_t *s_node;
static fake_station_t *s_station;
static enow_addr_t s_addr;
static bool s_on;
static uint8_t s_channel;
static int s_results[RESULTS];
static bool s_has_result[RESULTS];
static char s_last[8192];
static unsigned s_heard;

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void lock(void) { (void)pthread_mutex_lock(&s_lock); }

static void unlock(void) { (void)pthread_mutex_unlock(&s_lock); }

static void told(const enow_link_event_t *event)
{
    if (event->kind == ENOW_LINK_EVENT_RESULT) {
        const enow_link_ticket_t ticket = event->as.result.ticket % RESULTS;

        s_results[ticket] = event->as.result.err;
        s_has_result[ticket] = true;
    } else if (event->kind == ENOW_LINK_EVENT_MESSAGE) {
        const enow_bytes_t payload = event->as.message.payload;
        const size_t len = payload.len < sizeof s_last ? payload.len : sizeof s_last - 1;

        memset(s_last, 0, sizeof s_last);
        if (len > 0) {
            memcpy(s_last, payload.data, len);
        }
        s_heard++;
    }
}

static void poll(void)
{
    enow_link_event_t event;

    while (enow_link_node_poll(s_node, now_us(), &event)) {
        told(&event);
    }
}

static void transmit(void)
{
    uint8_t body[ENOW_MAX_FRAME_V2];
    enow_link_transmission_t to;

    while (enow_link_node_transmit(s_node, now_us(), &to, body, sizeof body)) {
        if (to.channel != 0) {
            s_channel = to.channel;
            fake_station_channel(s_station, to.channel);
        }
        (void)fake_station_send(s_station, to.dst.bytes, body, to.len);
        poll();
    }
}

static void *run(void *arg)
{
    uint8_t body[ENOW_MAX_FRAME_V2];
    enow_link_frame_t frame = {.dst = s_addr, .rssi = -50, .body = body};

    (void)arg;
    for (;;) {
        const int len = fake_station_receive(s_station, frame.src.bytes, body, sizeof body, TURN_MS);

        lock();
        if (!s_on) {
            unlock();
            return NULL;
        }
        if (len >= 0) {
            frame.len = (size_t)len;
            frame.channel = s_channel;
            enow_link_node_handle(s_node, now_us(), &frame);
        }
        poll();
        transmit();
        unlock();
    }
}

static void configure(enow_link_node_config_t *cfg, enow_addr_t addr, uint8_t key_id, const uint8_t *key,
                      uint16_t channels)
{
    enow_link_node_config_default(cfg, addr);
    cfg->crypto = enow_crypto_soft();
    cfg->keep_alive_s = device_keep_alive_s;
    cfg->listen_us = 50000;
    cfg->channel_count = 0;
    for (uint8_t channel = 1; channel <= ENOW_LINK_MAX_CHANNEL; channel++) {
        if ((channels & (1u << channel)) != 0) {
            cfg->channels[cfg->channel_count++] = channel;
        }
    }
    cfg->key_id = key_id;
    if (key != NULL) {
        enow_link_secret_t network, own;

        memcpy(network.bytes, key, sizeof network.bytes);
        if (!enow_link_device_key(&own, cfg->crypto, &network, addr)) {
            abort();
        }
        memcpy(cfg->key, own.bytes, sizeof cfg->key);
    }
}

void device_start(enow_addr_t addr, uint8_t key_id, const uint8_t *key, uint16_t channels)
{
    enow_link_node_config_t cfg;

    configure(&cfg, addr, key_id, key, channels);
    memset(s_has_result, 0, sizeof s_has_result);
    memset(s_last, 0, sizeof s_last);
    s_heard = 0;
    if (enow_link_node_init(&s_node, &cfg, s_memory, sizeof s_memory) != 0) {
        abort();
    }
    s_addr = addr;
    s_channel = cfg.channels[0];
    s_station = fake_station_open(addr.bytes, cfg.channels[0]);
    s_on = true;
    if (s_station == NULL || pthread_create(&s_thread, NULL, run, NULL) != 0) {
        abort();
    }
}

void device_kill(void)
{
    lock();
    s_on = false;
    unlock();
    (void)pthread_join(s_thread, NULL);
    fake_station_close(s_station);
}

bool device_connected(void)
{
    lock();
    const bool connected = enow_link_node_connected(s_node);
    unlock();
    return connected;
}

bool device_waits(bool connected, uint32_t timeout_ms)
{
    for (uint32_t waited_us = 0; device_connected() != connected; waited_us += STEP_US) {
        if (waited_us >= timeout_ms * 1000) {
            return false;
        }
        (void)usleep(STEP_US);
    }
    return true;
}

int64_t device_publish(const char *topic, const void *payload, size_t len, bool acknowledge)
{
    const enow_link_outgoing_t message = {
        .topic = {(const uint8_t *)topic, strlen(topic)},
        .payload = {payload, len},
        .acknowledge = acknowledge,
    };
    enow_link_ticket_t ticket = 0;

    lock();
    const int err = enow_link_node_publish(s_node, now_us(), &message, &ticket);
    unlock();
    return err == 0 ? (int64_t)ticket : err;
}

int device_result(int64_t ticket, uint32_t timeout_ms)
{
    for (uint32_t waited_us = 0; waited_us < timeout_ms * 1000; waited_us += STEP_US) {
        lock();
        const bool has = s_has_result[ticket % RESULTS];
        const int result = s_results[ticket % RESULTS];
        unlock();
        if (has) {
            return result;
        }
        (void)usleep(STEP_US);
    }
    return DEVICE_NO_RESULT;
}

bool device_hears(const char *text, uint32_t timeout_ms)
{
    for (uint32_t waited_us = 0; waited_us < timeout_ms * 1000; waited_us += STEP_US) {
        lock();
        const bool heard = strncmp(s_last, text, strlen(text)) == 0 && s_heard > 0;
        unlock();
        if (heard) {
            return true;
        }
        (void)usleep(STEP_US);
    }
    return false;
}

bool device_knows_time(void)
{
    uint64_t unix_us = 0;

    lock();
    const bool knows = enow_link_node_unix_time(s_node, now_us(), &unix_us);
    unlock();
    const uint64_t now_s = (uint64_t)time(NULL);
    return knows && unix_us / 1000000 + 5 > now_s && unix_us / 1000000 < now_s + 5;
}

unsigned device_heard(void)
{
    lock();
    const unsigned heard = s_heard;
    unlock();
    return heard;
}
