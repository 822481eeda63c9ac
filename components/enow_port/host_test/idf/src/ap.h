/* The access point, of fake.h or of the file FAKE_AP. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char ssid[33];
    char password[65];
    uint8_t channel;
    bool up;
} ap_t;

ap_t ap_now(void);
