/*
 * The gateway as a station of the home's access point. It joins, rests between attempts while there is nothing to join,
 * and tells on which channel the radio is: ESP-NOW can be on no other.
 *
 * While the station scans and joins, the radio is on other channels and nodes are not heard, so it rests longer and
 * longer; meanwhile ESP-NOW stays on the channel that it had, on which the nodes are.
 */
#pragma once

#include "enow_gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the station tells, in the task of the default event loop. */
typedef struct {
    /** The radio is on a channel, 1..14, since now; also when a join has not changed it, for ESP-NOW may not survive
     * one. */
    void (*tuned)(uint8_t channel);
    /** There is a network now, or none any more. */
    void (*network)(bool up);
} enow_gateway_station_events_t;

/** Joins and stays joined, when Wi-Fi has been started. What the structs point to is not copied. */
esp_err_t enow_gateway_station_start(const enow_gateway_config_t *cfg, const enow_gateway_station_events_t *events);

/** Follows the access point no more, and leaves it to the end of Wi-Fi to part from it. */
void enow_gateway_station_stop(void);

void enow_gateway_station_stats(enow_gateway_station_stats_t *out);

#ifdef __cplusplus
}
#endif
