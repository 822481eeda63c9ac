#include "esp_err.h"
#include "esp_now.h"
#include "esp_wifi.h"
#include "nvs.h"

#define NAME(code)                                                                                                     \
    case code:                                                                                                         \
        return #code

const char *esp_err_to_name(esp_err_t code)
{
    switch (code) {
        NAME(ESP_OK);
        NAME(ESP_FAIL);
        NAME(ESP_ERR_NO_MEM);
        NAME(ESP_ERR_INVALID_ARG);
        NAME(ESP_ERR_INVALID_STATE);
        NAME(ESP_ERR_INVALID_SIZE);
        NAME(ESP_ERR_NOT_FOUND);
        NAME(ESP_ERR_NOT_SUPPORTED);
        NAME(ESP_ERR_TIMEOUT);
        NAME(ESP_ERR_INVALID_RESPONSE);
        NAME(ESP_ERR_INVALID_CRC);
        NAME(ESP_ERR_INVALID_VERSION);
        NAME(ESP_ERR_INVALID_MAC);
        NAME(ESP_ERR_NOT_FINISHED);
        NAME(ESP_ERR_NOT_ALLOWED);
        NAME(ESP_ERR_NVS_NOT_INITIALIZED);
        NAME(ESP_ERR_NVS_NOT_FOUND);
        NAME(ESP_ERR_NVS_TYPE_MISMATCH);
        NAME(ESP_ERR_NVS_READ_ONLY);
        NAME(ESP_ERR_NVS_NOT_ENOUGH_SPACE);
        NAME(ESP_ERR_NVS_INVALID_NAME);
        NAME(ESP_ERR_NVS_INVALID_HANDLE);
        NAME(ESP_ERR_NVS_KEY_TOO_LONG);
        NAME(ESP_ERR_NVS_INVALID_STATE);
        NAME(ESP_ERR_NVS_INVALID_LENGTH);
        NAME(ESP_ERR_NVS_NO_FREE_PAGES);
        NAME(ESP_ERR_NVS_VALUE_TOO_LONG);
        NAME(ESP_ERR_NVS_PART_NOT_FOUND);
        NAME(ESP_ERR_NVS_NEW_VERSION_FOUND);
        NAME(ESP_ERR_WIFI_NOT_INIT);
        NAME(ESP_ERR_WIFI_NOT_STARTED);
        NAME(ESP_ERR_WIFI_NOT_STOPPED);
        NAME(ESP_ERR_WIFI_IF);
        NAME(ESP_ERR_WIFI_MODE);
        NAME(ESP_ERR_WIFI_STATE);
        NAME(ESP_ERR_WIFI_CONN);
        NAME(ESP_ERR_WIFI_SSID);
        NAME(ESP_ERR_WIFI_PASSWORD);
        NAME(ESP_ERR_WIFI_NOT_CONNECT);
        NAME(ESP_ERR_ESPNOW_NOT_INIT);
        NAME(ESP_ERR_ESPNOW_ARG);
        NAME(ESP_ERR_ESPNOW_NO_MEM);
        NAME(ESP_ERR_ESPNOW_FULL);
        NAME(ESP_ERR_ESPNOW_NOT_FOUND);
        NAME(ESP_ERR_ESPNOW_INTERNAL);
        NAME(ESP_ERR_ESPNOW_EXIST);
        NAME(ESP_ERR_ESPNOW_IF);
#ifdef ESP_ERR_ESPNOW_CHAN
        NAME(ESP_ERR_ESPNOW_CHAN);
#endif
    default:
        return "UNKNOWN ERROR";
    }
}

void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function, const char *expression)
{
    fprintf(stderr, "ESP_ERROR_CHECK failed: esp_err_t 0x%x (%s) at %s:%d, %s: %s\n", (unsigned)rc, esp_err_to_name(rc),
            file, line, function, expression);
    abort();
}
