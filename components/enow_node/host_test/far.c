#include "far.h"

#include "crypto_tables.h"
#include "fake.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 64 };

struct far {
    pthread_mutex_t mutex;
    pthread_t thread;
    fake_station_t *station;
    enow_link_gateway_t *gateway;
    void *memory;
    uint8_t body[ENOW_MAX_FRAME_V2]; /* until poll has nothing more to say */
    far_message_t kept[KEPT];
    size_t heard, given;
    size_t results;
    enow_link_receipt_t held[KEPT];
    size_t held_count;
    far_mood_t mood;
    uint8_t channel;
    bool away, stop;
};

const enow_addr_t far_addr = {{0x02, 0xfa, 0x00, 0x00, 0x00, 0x01}};
const uint8_t far_key[ENOW_LINK_KEY_SIZE] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
                                             0xcc, 0xdd, 0xee, 0xff, 0x01, 0x12, 0x23, 0x34, 0x45, 0x56, 0x67,
                                             0x78, 0x89, 0x9a, 0xab, 0xbc, 0xcd, 0xde, 0xef, 0xf0, 0x02};

void far_air(void)
{
    const unsigned id = (unsigned)getpid();
    char air[32];

    (void)snprintf(air, sizeof air, "239.254.%u.%u:4200", id >> 8 & 255, id & 255);
    (void)setenv("FAKE_AIR", air, 1);
}

static uint64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void pause_ms(unsigned ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

static void keep(far_t *f, const enow_link_message_t *m)
{
    if (f->heard - f->given == KEPT || m->payload.len > FAR_TEXT) {
        abort(); /* the test sends more than it reads */
    }
    far_message_t *k = &f->kept[f->heard++ % KEPT];
    k->from = m->from;
    memcpy(k->topic, m->topic.data, m->topic.len);
    k->topic[m->topic.len] = '\0';
    memcpy(k->payload, m->payload.data, m->payload.len);
    k->len = m->payload.len;
}

static void told(far_t *f, const enow_link_event_t *event)
{
    if (event->kind == ENOW_LINK_EVENT_RESULT && event->as.result.err == 0) {
        f->results++;
    }
    if (event->kind != ENOW_LINK_EVENT_MESSAGE) {
        return;
    }
    const enow_link_receipt_t receipt = event->as.message.receipt;
    if (f->mood != FAR_REFUSES) {
        keep(f, &event->as.message);
    }
    if (receipt.source != 0 && f->mood == FAR_ACCEPTS) {
        (void)enow_link_gateway_accept(f->gateway, now_us(), receipt);
    } else if (receipt.source != 0 && f->mood == FAR_REFUSES) {
        (void)enow_link_gateway_refuse(f->gateway, now_us(), receipt);
    } else if (receipt.source != 0) {
        f->held[f->held_count++ % KEPT] = receipt;
    }
}

static void poll(far_t *f)
{
    enow_link_event_t event;

    while (enow_link_gateway_poll(f->gateway, now_us(), &event)) {
        told(f, &event);
    }
}

/* Sends the next frame; false: there is none. Its lock is held but while the frame is on the air. */
static bool transmit(far_t *f)
{
    uint8_t body[ENOW_MAX_FRAME_V2];
    enow_link_transmission_t out;

    if (!enow_link_gateway_transmit(f->gateway, now_us(), &out, body, sizeof body)) {
        return false;
    }
    if (!f->away) {
        (void)pthread_mutex_unlock(&f->mutex);
        (void)fake_station_send(f->station, out.dst.bytes, body, out.len);
        (void)pthread_mutex_lock(&f->mutex);
    }
    return true;
}

static void receive(far_t *f)
{
    enow_link_frame_t frame = {.dst = far_addr, .rssi = -50, .body = f->body};

    (void)pthread_mutex_unlock(&f->mutex);
    const int len = fake_station_receive(f->station, frame.src.bytes, f->body, sizeof f->body, 2);
    (void)pthread_mutex_lock(&f->mutex);
    if (len < 0 || f->away) {
        return;
    }
    frame.len = (size_t)len;
    enow_link_gateway_handle(f->gateway, now_us(), &frame);
}

static void *run(void *arg)
{
    far_t *f = arg;

    (void)pthread_mutex_lock(&f->mutex);
    while (!f->stop) {
        receive(f);
        poll(f);
        while (transmit(f)) {
            poll(f);
        }
    }
    (void)pthread_mutex_unlock(&f->mutex);
    return NULL;
}

far_t *far_open(uint8_t channel, const uint8_t *key)
{
    far_t *f = calloc(1, sizeof *f);
    enow_link_gateway_config_t cfg;

    enow_link_gateway_config_default(&cfg, far_addr, channel);
    cfg.crypto = enow_crypto_soft(); /* PSA is for the node's thread alone */
    cfg.max_frame = ENOW_MAX_FRAME_V2;
    cfg.join_every_us = 0;
    if (key != NULL) {
        cfg.keys[0].id = FAR_KEY_ID;
        memcpy(cfg.keys[0].key, key, sizeof cfg.keys[0].key);
        cfg.key_count = 1;
    }
    const size_t size = enow_link_gateway_memory(&cfg);
    f->memory = calloc(1, size);
    if (enow_link_gateway_init(&f->gateway, &cfg, f->memory, size) != 0) {
        abort();
    }
    f->channel = channel;
    f->station = fake_station_open(far_addr.bytes, channel);
    (void)pthread_mutex_init(&f->mutex, NULL);
    (void)pthread_create(&f->thread, NULL, run, f);
    return f;
}

void far_close(far_t *f)
{
    (void)pthread_mutex_lock(&f->mutex);
    f->stop = true;
    (void)pthread_mutex_unlock(&f->mutex);
    (void)pthread_join(f->thread, NULL);
    (void)pthread_mutex_destroy(&f->mutex);
    fake_station_close(f->station);
    free(f->memory);
    free(f);
}

void far_channel(far_t *f, uint8_t channel)
{
    (void)pthread_mutex_lock(&f->mutex);
    f->channel = channel;
    fake_station_channel(f->station, channel);
    enow_link_gateway_set_channel(f->gateway, channel);
    (void)pthread_mutex_unlock(&f->mutex);
}

void far_away(far_t *f, bool away)
{
    (void)pthread_mutex_lock(&f->mutex);
    f->away = away;
    fake_station_channel(f->station, away ? 0 : f->channel);
    (void)pthread_mutex_unlock(&f->mutex);
}

void far_mood(far_t *f, far_mood_t mood)
{
    (void)pthread_mutex_lock(&f->mutex);
    f->mood = mood;
    while (mood == FAR_ACCEPTS && f->held_count > 0) {
        (void)enow_link_gateway_accept(f->gateway, now_us(), f->held[--f->held_count % KEPT]);
    }
    (void)pthread_mutex_unlock(&f->mutex);
}

bool far_next(far_t *f, far_message_t *out, unsigned timeout_ms)
{
    const uint64_t until_us = now_us() + timeout_ms * UINT64_C(1000);

    for (;;) {
        (void)pthread_mutex_lock(&f->mutex);
        const bool any = f->given < f->heard;
        if (any) {
            *out = f->kept[f->given++ % KEPT];
        }
        (void)pthread_mutex_unlock(&f->mutex);
        if (any || now_us() >= until_us) {
            return any;
        }
        pause_ms(2);
    }
}

bool far_send(far_t *f, enow_addr_t to, const char *topic, const char *payload)
{
    const enow_link_outgoing_t message = {
        .topic = {(const uint8_t *)topic, strlen(topic)},
        .payload = {(const uint8_t *)payload, strlen(payload)},
        .acknowledge = true,
    };

    (void)pthread_mutex_lock(&f->mutex);
    f->results = 0;
    const int err = enow_link_gateway_send(f->gateway, now_us(), to, &message, NULL);
    (void)pthread_mutex_unlock(&f->mutex);
    return err == 0;
}

bool far_sent(far_t *f, unsigned timeout_ms)
{
    const uint64_t until_us = now_us() + timeout_ms * UINT64_C(1000);

    for (;;) {
        (void)pthread_mutex_lock(&f->mutex);
        const bool sent = f->results > 0;
        (void)pthread_mutex_unlock(&f->mutex);
        if (sent || now_us() >= until_us) {
            return sent;
        }
        pause_ms(2);
    }
}

enow_link_gateway_stats_t far_stats(far_t *f)
{
    enow_link_gateway_stats_t stats;

    (void)pthread_mutex_lock(&f->mutex);
    enow_link_gateway_stats(f->gateway, &stats);
    (void)pthread_mutex_unlock(&f->mutex);
    return stats;
}
