#define _GNU_SOURCE // pipe2
#include "air.h"
#include "clock.h"
#include "fake.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A datagram: magic, kind, channel, source, destination, sequence number, whether sent again, and the frame's bytes.
enum { MAGIC = 0, KIND = 2, CHANNEL = 3, SOURCE = 4, DESTINATION = 10, SEQUENCE = 16, AGAIN = 18, HEADER = 19 };
enum { KIND_FRAME = 1, KIND_ACKNOWLEDGEMENT = 2 };

#define ATTEMPTS 5
#define ACKNOWLEDGEMENT_US 5000 // of another process: a thousand times what a radio waits
#define SOURCES 64

struct air_radio {
    uint8_t mac[6];
    air_user_t user;
    int socket;
    int wake[2]; // a pipe
    struct sockaddr_in air;
    pthread_t thread;

    pthread_mutex_t mutex; // of what follows
    uint8_t channel;
    bool listening;
    bool closed;
    air_frame_t queue[AIR_QUEUE];
    size_t first;
    size_t count;

    // Of the thread.
    uint64_t luck;
    uint16_t sequence;
    unsigned attempts; // of the first in the queue
    int64_t deadline_us;
    struct {
        uint8_t source[6];
        uint16_t sequence;
    } last[SOURCES];
    size_t next;
};

static atomic_uint s_loss;
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

static const uint8_t s_broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

bool air_is_broadcast(const uint8_t address[6]) { return memcmp(address, s_broadcast, sizeof s_broadcast) == 0; }

static void fail(const char *what)
{
    perror(what);
    abort();
}

static unsigned long number(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);
    if (text == NULL) {
        return otherwise;
    }
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end != '\0') {
        fprintf(stderr, "%s is \"%s\": write a number\n", variable, text);
        abort();
    }
    return value;
}

static void read_loss(void) { s_loss = (unsigned)number("FAKE_LOSS", 0); }

void fake_loss(uint32_t per_mille)
{
    pthread_once(&s_once, read_loss);
    s_loss = per_mille;
}

// Which multicast group: FAKE_AIR, or one that no other process has.
static struct sockaddr_in choose_air(void)
{
    struct sockaddr_in air = {.sin_family = AF_INET, .sin_port = htons(4200)};
    const char *text = getenv("FAKE_AIR");
    if (text == NULL) {
        air.sin_addr.s_addr = htonl(0xef000000u | ((uint32_t)getpid() & 0xffffffu));
        return air;
    }
    char group[32];
    unsigned port;
    char rest;
    if (sscanf(text, "%31[0-9.]:%5u%c", group, &port, &rest) != 2 || inet_aton(group, &air.sin_addr) == 0 ||
        !IN_MULTICAST(ntohl(air.sin_addr.s_addr)) || port == 0 || port > 65535) {
        fprintf(stderr, "FAKE_AIR is \"%s\": write a multicast group and a port as 239.255.0.1:4200\n", text);
        abort();
    }
    air.sin_port = htons((uint16_t)port);
    return air;
}

static int open_socket(const struct sockaddr_in *air)
{
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;
    struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};
    struct ip_mreq join = {.imr_multiaddr = air->sin_addr, .imr_interface = loopback};
    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(s, (const struct sockaddr *)air, sizeof *air) != 0 ||
        setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) != 0 ||
        setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback) != 0) {
        fail("the air: multicast on loopback");
    }
    return s;
}

static bool lost(air_radio_t *radio)
{
    radio->luck ^= radio->luck << 13; // xorshift64
    radio->luck ^= radio->luck >> 7;
    radio->luck ^= radio->luck << 17;
    return (radio->luck >> 16) % 1000 < s_loss;
}

static void transmit(air_radio_t *radio, uint8_t kind, uint8_t channel, const uint8_t destination[6], uint16_t sequence,
                     const void *data, size_t length)
{
    uint8_t datagram[HEADER + AIR_FRAME_MAX] = {'E', 'N'};
    datagram[KIND] = kind;
    datagram[CHANNEL] = channel;
    memcpy(&datagram[SOURCE], radio->mac, 6);
    memcpy(&datagram[DESTINATION], destination, 6);
    datagram[SEQUENCE] = (uint8_t)sequence;
    datagram[SEQUENCE + 1] = (uint8_t)(sequence >> 8);
    datagram[AGAIN] = kind == KIND_FRAME && radio->attempts > 0;
    if (length != 0) {
        memcpy(&datagram[HEADER], data, length);
    }
    // A full socket is one more way to lose a frame.
    (void)sendto(radio->socket, datagram, HEADER + length, 0, (const struct sockaddr *)&radio->air, sizeof radio->air);
}

static void wake(air_radio_t *radio)
{
    if (write(radio->wake[1], "", 1) < 0 && errno != EAGAIN) {
        fail("the air: pipe");
    }
}

// The frame at the head of the queue is done with; its user is told without the lock.
static void finish(air_radio_t *radio, bool acknowledged)
{
    air_frame_t frame = radio->queue[radio->first];
    radio->first = (radio->first + 1) % AIR_QUEUE;
    radio->count--;
    radio->attempts = 0;
    radio->sequence++;
    pthread_mutex_unlock(&radio->mutex);
    radio->user.sent(radio->user.argument, &frame, acknowledged);
    pthread_mutex_lock(&radio->mutex);
}

// Sends what is due and gives the milliseconds until something is, or -1.
static int work(air_radio_t *radio)
{
    while (radio->count != 0) {
        air_frame_t *frame = &radio->queue[radio->first];
        int64_t left_us = radio->deadline_us - clock_us();
        if (radio->attempts != 0 && left_us > 0) {
            return (int)(left_us / 1000) + 1;
        }
        if (radio->attempts == ATTEMPTS) {
            finish(radio, false);
            continue;
        }
        transmit(radio, KIND_FRAME, radio->channel, frame->destination, radio->sequence, frame->data, frame->length);
        radio->attempts++;
        radio->deadline_us = clock_us() + ACKNOWLEDGEMENT_US;
        if (air_is_broadcast(frame->destination)) {
            finish(radio, true);
        }
    }
    return -1;
}

// Whether this frame was heard before, its acknowledgement being what was lost.
static bool repeated(air_radio_t *radio, const uint8_t *source, uint16_t sequence, bool again)
{
    for (size_t i = 0; i < SOURCES; i++) {
        if (memcmp(radio->last[i].source, source, 6) == 0) {
            bool same = again && radio->last[i].sequence == sequence;
            radio->last[i].sequence = sequence;
            return same;
        }
    }
    memcpy(radio->last[radio->next].source, source, 6);
    radio->last[radio->next].sequence = sequence;
    radio->next = (radio->next + 1) % SOURCES;
    return false;
}

static void hear(air_radio_t *radio, const uint8_t *datagram, size_t length)
{
    const uint8_t *source = &datagram[SOURCE];
    const uint8_t *destination = &datagram[DESTINATION];
    bool mine = memcmp(destination, radio->mac, 6) == 0;
    if (length < HEADER || datagram[MAGIC] != 'E' || datagram[MAGIC + 1] != 'N' || radio->channel == 0 ||
        datagram[CHANNEL] != radio->channel || memcmp(source, radio->mac, 6) == 0 ||
        !(mine || air_is_broadcast(destination)) || lost(radio)) {
        return;
    }
    uint16_t sequence = (uint16_t)(datagram[SEQUENCE] | datagram[SEQUENCE + 1] << 8);
    if (datagram[KIND] == KIND_ACKNOWLEDGEMENT) {
        const air_frame_t *frame = &radio->queue[radio->first];
        if (radio->count != 0 && radio->attempts != 0 && sequence == radio->sequence &&
            memcmp(frame->destination, source, 6) == 0) {
            finish(radio, true);
        }
        return;
    }
    if (!radio->listening) {
        return;
    }
    if (mine) {
        transmit(radio, KIND_ACKNOWLEDGEMENT, radio->channel, source, sequence, NULL, 0);
    }
    if (repeated(radio, source, sequence, datagram[AGAIN] != 0)) {
        return;
    }
    air_frame_t frame = {.channel = radio->channel, .length = length - HEADER};
    memcpy(frame.source, source, 6);
    memcpy(frame.destination, destination, 6);
    memcpy(frame.data, &datagram[HEADER], frame.length);
    pthread_mutex_unlock(&radio->mutex);
    radio->user.received(radio->user.argument, &frame);
    pthread_mutex_lock(&radio->mutex);
}

static void *run(void *argument)
{
    air_radio_t *radio = argument;
    uint8_t datagram[HEADER + AIR_FRAME_MAX];
    pthread_mutex_lock(&radio->mutex);
    while (!radio->closed) {
        int timeout_ms = work(radio);
        pthread_mutex_unlock(&radio->mutex);
        struct pollfd files[] = {{.fd = radio->socket, .events = POLLIN}, {.fd = radio->wake[0], .events = POLLIN}};
        poll(files, 2, timeout_ms);
        if (files[1].revents != 0 && read(radio->wake[0], datagram, sizeof datagram) < 0) {
            fail("the air: pipe");
        }
        ssize_t length = files[0].revents != 0 ? recv(radio->socket, datagram, sizeof datagram, MSG_DONTWAIT) : -1;
        pthread_mutex_lock(&radio->mutex);
        if (length >= 0) {
            hear(radio, datagram, (size_t)length);
        }
    }
    pthread_mutex_unlock(&radio->mutex);
    return NULL;
}

air_radio_t *air_open(const uint8_t mac[6], air_user_t user)
{
    pthread_once(&s_once, read_loss);
    air_radio_t *radio = calloc(1, sizeof *radio);
    if (radio == NULL) {
        fail("the air");
    }
    memcpy(radio->mac, mac, 6);
    radio->user = user;
    radio->air = choose_air();
    radio->socket = open_socket(&radio->air);
    if (pipe2(radio->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        fail("the air: pipe");
    }
    // Each radio has luck of its own, the same for the same seed and address.
    radio->luck = number("FAKE_SEED", 1) + 1;
    for (int i = 0; i < 6; i++) {
        radio->luck = (radio->luck ^ mac[i]) * 0x100000001b3u;
    }
    radio->luck |= 1;
    pthread_mutex_init(&radio->mutex, NULL);
    if (pthread_create(&radio->thread, NULL, run, radio) != 0) {
        fail("the air: thread");
    }
    return radio;
}

void air_close(air_radio_t *radio)
{
    pthread_mutex_lock(&radio->mutex);
    radio->closed = true;
    pthread_mutex_unlock(&radio->mutex);
    wake(radio);
    pthread_join(radio->thread, NULL);
    close(radio->socket);
    close(radio->wake[0]);
    close(radio->wake[1]);
    pthread_mutex_destroy(&radio->mutex);
    free(radio);
}

void air_tune(air_radio_t *radio, uint8_t channel)
{
    pthread_mutex_lock(&radio->mutex);
    radio->channel = channel;
    pthread_mutex_unlock(&radio->mutex);
}

void air_listen(air_radio_t *radio, bool on)
{
    pthread_mutex_lock(&radio->mutex);
    radio->listening = on;
    pthread_mutex_unlock(&radio->mutex);
}

bool air_send(air_radio_t *radio, const uint8_t destination[6], const void *data, size_t length)
{
    pthread_mutex_lock(&radio->mutex);
    bool room = radio->count < AIR_QUEUE;
    if (room) {
        air_frame_t *frame = &radio->queue[(radio->first + radio->count) % AIR_QUEUE];
        memcpy(frame->source, radio->mac, 6);
        memcpy(frame->destination, destination, 6);
        memcpy(frame->data, data, length);
        frame->length = length;
        radio->count++;
    }
    pthread_mutex_unlock(&radio->mutex);
    wake(radio);
    return room;
}
