/*
 * What ESP-NOW tells in the Wi-Fi task, until the owner of the radio takes it: received frames, in fixed places, and
 * what became of the frame in flight. The Wi-Fi task never waits here, nor allocates, nor logs.
 */
#pragma once

#include "enow/radio.h"
#include "esp_idf_version.h"
#include "sdkconfig.h"

/** Bytes of the longest frame that there are places for. */
#if CONFIG_ENOW_PORT_LONG_FRAMES && ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
#define ENOW_RADIO_MAX_FRAME ENOW_MAX_FRAME_V2
#else
#define ENOW_RADIO_MAX_FRAME ENOW_MAX_FRAME_V1
#endif

/** What became of a frame. */
typedef struct {
    enow_addr_t dst;
    bool acknowledged;
} enow_radio_outcome_t;

/** Empties the inbox. Not while ESP-NOW runs. */
void enow_radio_inbox_reset(void);

/** Has ESP-NOW fill the inbox with frames of up to max_frame bytes, at most ENOW_RADIO_MAX_FRAME. */
esp_err_t enow_radio_inbox_listen(uint16_t max_frame);

/** Takes the oldest outcome that waits; false: there is none. */
bool enow_radio_inbox_outcome(enow_radio_outcome_t *outcome);

/** Adds what the inbox counted. */
void enow_radio_inbox_stats(enow_radio_stats_t *out);
