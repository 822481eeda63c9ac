/*
 * ESP-NOW as the radio of one machine (enow/link.h). A chip has one.
 *
 * Received frames wait in fixed places, which the Wi-Fi task fills: it never waits, allocates or logs, and counts what
 * it drops. One frame is in flight at a time, until ESP-NOW says what became of it, or a time-out:
 *
 *   enow_radio_receive(&frame)      the oldest frame that waits
 *   enow_radio_send(now, to, body)  while it is not busy
 *   enow_radio_step(now)            looks after the frame in flight: repeats it, gives it up, restarts Wi-Fi
 *   enow_radio_forgot()             whether the machine must be told that the list of peers is empty
 *   enow_radio_wait(until)          sleeps until one of them has something to do
 *
 * The driver (enow/driver.h) does all that. Others need start, stop and stats, and reset within a call to the driver.
 *
 * What goes wrong is counted, said once in the log, and survived without a reboot: where ESP-NOW has no memory, the
 * frame is tried again ever more rarely; where it sends nothing at all for watchdog_ms, Wi-Fi is restarted.
 *
 * Threads: stats and wake from any task, the others from the one that owns the radio.
 * Memory: static, see README.md.
 */
#pragma once

#include "enow/link.h"
#include "enow/settings.h"
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How the radio is configured. Start from enow_radio_config_default. */
typedef struct {
    /** In kbit/s: 1000, 2000, 5500, 11000 (802.11b), 6000, 9000, 12000, 18000, 24000, 36000, 48000 or 54000 (802.11g).
     * One that is none of these is told in the log, and frames go at 1000. */
    uint16_t rate_kbps;
    /** Until a frame of which ESP-NOW says nothing is given up: 50..10000. */
    uint16_t send_timeout_ms;
    /** Until Wi-Fi is restarted because no frame could be sent: 1000..60000. */
    uint16_t watchdog_ms;
} enow_radio_config_t;

/** Settings in NVS for enow_radio_config_t: rate_kbps, send_timeout_ms, watchdog_ms. */
extern const enow_settings_t enow_radio_settings;

/** What the radio counts from the start of the chip. */
typedef struct {
    /** Frames that were taken. */
    uint32_t received;
    /** Frames that found no place. */
    uint32_t dropped_full;
    /** Frames that are longer than the radio takes, or empty. */
    uint32_t dropped_size;
    /** Frames that were sent, acknowledged or not. */
    uint32_t sent;
    /** Of those, frames without a MAC acknowledgement. */
    uint32_t unacknowledged;
    /** Frames of which ESP-NOW did not say what became. */
    uint32_t timed_out;
    /** What it said too late. */
    uint32_t late;
    /** Times that ESP-NOW had no memory for a frame. */
    uint32_t no_memory;
    /** Frames that were not sent for another reason. */
    uint32_t failed;
    /** Of those, because ESP-NOW's list of peers was full. */
    uint32_t peers_full;
    /** Of those, because the radio was not on the channel, or could not be tuned to it. */
    uint32_t wrong_channel;
    /** Times that ESP-NOW was initialised again, after the first. */
    uint32_t resets;
    /** Times that the watchdog restarted Wi-Fi. */
    uint32_t restarts;
} enow_radio_stats_t;

/** Fills in what Kconfig says. */
void enow_radio_config_default(enow_radio_config_t *cfg);

/** Starts ESP-NOW. Wi-Fi must have been started. Returns ESP_OK; ESP_ERR_INVALID_STATE if it runs already;
 * ESP_ERR_INVALID_ARG for a setting out of range; or the error of ESP-NOW, and it is off. */
esp_err_t enow_radio_start(const enow_radio_config_t *cfg);

/** Ends ESP-NOW. Frames that wait are gone. Without ESP-NOW it does nothing. */
void enow_radio_stop(void);

/** Bytes of the longest frame that is sent and received: 250, or 1470 where ESP-NOW has version 2 and Kconfig does not
 * say otherwise. Known once the radio runs. */
uint16_t enow_radio_max_frame(void);

/** Fills in the oldest frame that waits; false: there is none. Its body stays the caller's until the next call. */
bool enow_radio_receive(enow_link_frame_t *frame);

/** Begins to send a frame; not while the radio is busy. The body must stay as it is while it is busy with it. */
void enow_radio_send(uint64_t now_us, const enow_link_transmission_t *to, const uint8_t *body);

/** Whether a frame is in flight, or waits to be tried again. */
bool enow_radio_busy(void);

/** Does what is due. */
void enow_radio_step(uint64_t now_us);

/** When to call enow_radio_step if nothing is heard of the frame in flight; false: the radio is not busy. */
bool enow_radio_next_deadline(uint64_t *at_us);

/** Whether ESP-NOW's list of peers was emptied since the last call. */
bool enow_radio_forgot(void);

/** Initialises ESP-NOW again: it hears nothing after the access point has moved to another channel. The frame in flight
 * is given up, the list of peers is empty. Returns ESP_OK or the error of ESP-NOW: then the watchdog restarts Wi-Fi. */
esp_err_t enow_radio_reset(void);

/** Sleeps until a frame arrives, something is heard of the one in flight, enow_radio_wake is called, or it is until_us
 * by esp_timer_get_time, to a tick. UINT64_MAX: without a limit. What happened before the call counts. */
void enow_radio_wait(uint64_t until_us);

/** Ends enow_radio_wait, or the next one. */
void enow_radio_wake(void);

/** Each counter is exact, but all of them together are of no one moment. */
void enow_radio_stats(enow_radio_stats_t *out);

#ifdef __cplusplus
}
#endif
