#include "esp_system.h"
#include "esp_mac.h"
#include "esp_random.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

uint32_t esp_get_free_heap_size(void) { return 200000; }

void esp_fill_random(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    while (len != 0) {
        ssize_t got = getrandom(bytes, len, 0);
        if (got < 0) {
            continue;
        }
        bytes += got;
        len -= (size_t)got;
    }
}

uint32_t esp_random(void)
{
    uint32_t value;
    esp_fill_random(&value, sizeof value);
    return value;
}

esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type)
{
    if (type != ESP_MAC_WIFI_STA && type != ESP_MAC_BASE && type != ESP_MAC_EFUSE_FACTORY) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    const char *text = getenv("FAKE_MAC");
    if (text == NULL) {
        unsigned id = (unsigned)getpid();
        memcpy(mac, (uint8_t[]){2, 0, 0, (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id}, 6);
        return ESP_OK;
    }
    unsigned b[6];
    char rest;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &rest) != 6) {
        fprintf(stderr, "FAKE_MAC is \"%s\": write six bytes as 24:6f:28:aa:bb:cc\n", text);
        abort();
    }
    for (int i = 0; i < 6; i++) {
        mac[i] = (uint8_t)b[i];
    }
    return ESP_OK;
}
