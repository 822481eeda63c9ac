/* What ESP-NOW and the Wi-Fi driver, which runs it, are to each other. */
#pragma once

#include "air.h"
#include <stdint.h>

/** The station's radio, NULL before esp_wifi_init. */
air_radio_t *wifi_radio(void);

/** The channel it is on, 0 before esp_wifi_start. */
uint8_t wifi_channel(void);

/* Called in the Wi-Fi task. */
void now_received(const air_frame_t *frame);
void now_sent(const air_frame_t *frame, bool acknowledged);
void now_joined_on_other_channel(void);

/** Faults that last until then are over. */
void now_wifi_stopped(void);
