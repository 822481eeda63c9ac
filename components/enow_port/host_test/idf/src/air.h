/*
 * The air: what one station sends, all of the same air and channel hear, each with its own bad luck. A radio here is
 * what the hardware of a chip does by itself: tuning, acknowledging, sending again, dropping repeats. It has a thread
 * of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AIR_FRAME_MAX 1490
#define AIR_QUEUE 8 // frames that wait to be sent

typedef struct air_radio air_radio_t;

typedef struct {
    uint8_t source[6];
    uint8_t destination[6];
    uint8_t channel;
    size_t length;
    uint8_t data[AIR_FRAME_MAX];
} air_frame_t;

/* Both are called in the radio's thread, and must not wait for it. */
typedef struct {
    void (*received)(void *argument, const air_frame_t *frame);
    void (*sent)(void *argument, const air_frame_t *frame, bool acknowledged);
    void *argument;
} air_user_t;

air_radio_t *air_open(const uint8_t mac[6], air_user_t user);
void air_close(air_radio_t *radio);

/** Channel 0 is none: nothing is heard there. */
void air_tune(air_radio_t *radio, uint8_t channel);

/** A radio that does not listen neither receives nor acknowledges. */
void air_listen(air_radio_t *radio, bool on);

/** False when AIR_QUEUE frames wait. */
bool air_send(air_radio_t *radio, const uint8_t destination[6], const void *data, size_t length);

bool air_is_broadcast(const uint8_t address[6]);
