/*
 * The stand-in's own controls: what a test can do to the world around the code under test. Everything else is ESP-IDF's
 * API.
 *
 * Environment of a program, all optional:
 *   FAKE_MAC       address of the station, default 02:00:00 and three bytes of the process id
 *   FAKE_AIR       multicast group and port that is the air, default 239.255.0.1:4200; stations of different airs do
 *                  not hear each other
 *   FAKE_LOSS      frames and acknowledgements lost, per mille, default 0
 *   FAKE_SEED      of the generator that loses them, default 1
 *   FAKE_NVS       file of the NVS partition in the form of nvs_partition_gen.py, kept in memory only if not given
 *   FAKE_AP        file with one line "SSID PASSWORD CHANNEL up|down", the access point; read again when it changes
 *   FAKE_GROUNDED  file that is there while the pin of rtc_io.h is connected to ground, as by a button
 */
#pragma once

#include "esp_err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As a count of faults: until Wi-Fi is stopped. */
#define FAKE_UNTIL_WIFI_STOP UINT32_MAX

/* --- ESP-NOW of the station under test --- */

/** The next count calls of esp_now_send return error, without sending. */
void fake_now_send_fails(esp_err_t error, uint32_t count);
/** The next count send callbacks never come; their frames are sent. */
void fake_now_send_callbacks_lost(uint32_t count);
/** The next count calls of esp_now_add_peer return error. */
void fake_now_add_peer_fails(esp_err_t error, uint32_t count);
/** Whether receiving stops when joining an access point moves the station to another channel, until ESP-NOW is
 * initialised again. */
void fake_now_deaf_after_channel_change(bool on);
/** Frames and acknowledgements that the radios of this process lose from now on, per mille. */
void fake_loss(uint32_t per_mille);
/** Times esp_now_init has succeeded. */
uint32_t fake_now_inits(void);
/** Times esp_wifi_start has succeeded. */
uint32_t fake_wifi_starts(void);

/* --- the access point --- */

/** Sets the access point up; from one channel to another it announces the change, and stations follow. Default: there
 * is none. */
void fake_ap_up(const char *ssid, const char *password, uint8_t channel);
/** Stations notice by its silence. */
void fake_ap_down(void);

/* --- another station on the same air --- */

typedef struct fake_station fake_station_t;

fake_station_t *fake_station_open(const uint8_t mac[6], uint8_t channel);
void fake_station_close(fake_station_t *station);
void fake_station_channel(fake_station_t *station, uint8_t channel);
/** Sends and waits for the acknowledgement, for which false says that none came; a broadcast has none and gives true.
 */
bool fake_station_send(fake_station_t *station, const uint8_t destination[6], const void *data, size_t length);
/** Waits for a frame of at most size bytes; gives its length, or -1 if none came in time. */
int fake_station_receive(fake_station_t *station, uint8_t source[6], void *data, size_t size, uint32_t timeout_ms);

/* --- NVS --- */

/** nvs_flash_init returns error until the partition is erased. */
void fake_nvs_init_fails(esp_err_t error);
/** Whether there is no room for anything more. */
void fake_nvs_full(bool full);
/** All of it is gone, as after erasing the flash. */
void fake_nvs_wipe(void);

/* --- mDNS and MQTT --- */

/** The name that would be announced, "" if none. */
const char *fake_mdns_hostname(void);
/** Messages get too old to be kept, and are deleted, after so many milliseconds; 30000 on a chip. */
void fake_mqtt_expiry(uint32_t ms);
/** Whether the clients of this program fail to reach any broker from now on; connections that are made stay. */
void fake_mqtt_unreachable(bool unreachable);
/** There is memory for no longer messages than this, and esp-mqtt does not take them; 0: for all. */
void fake_mqtt_memory(int length);
/** Whether a broker who hangs up on a message that is too long for it does so while esp-mqtt still writes it. */
void fake_mqtt_slow(bool slow);
/** What the broker says of the next count messages is this reason code of MQTT 5, whatever it did say. */
void fake_mqtt_answers(uint8_t reason, uint32_t count);

#ifdef __cplusplus
}
#endif
