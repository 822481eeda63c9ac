/* Facts: log/include/esp_log.h and, from 5.3, esp_log_level.h, 5.1 to 6.0. Lines go to stderr. */
#pragma once

#include "sdkconfig.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LOG_NONE = 0,
    ESP_LOG_ERROR = 1,
    ESP_LOG_WARN = 2,
    ESP_LOG_INFO = 3,
    ESP_LOG_DEBUG = 4,
    ESP_LOG_VERBOSE = 5,
    ESP_LOG_MAX = 6,
} esp_log_level_t;

typedef int (*vprintf_like_t)(const char *, va_list);

vprintf_like_t esp_log_set_vprintf(vprintf_like_t func);
void esp_log_level_set(const char *tag, esp_log_level_t level);
uint32_t esp_log_timestamp(void);
void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifndef LOG_LOCAL_LEVEL
#define LOG_LOCAL_LEVEL CONFIG_LOG_MAXIMUM_LEVEL
#endif

#define LOG_FORMAT(letter, format) #letter " (%" PRIu32 ") %s: " format "\n"

#define FAKE_LOG(level, letter, tag, format, ...)                                                                      \
    do {                                                                                                               \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                                              \
            esp_log_write(level, tag, LOG_FORMAT(letter, format), esp_log_timestamp(), tag, ##__VA_ARGS__);            \
        }                                                                                                              \
    } while (0)

#define ESP_LOGE(tag, format, ...) FAKE_LOG(ESP_LOG_ERROR, E, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) FAKE_LOG(ESP_LOG_WARN, W, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) FAKE_LOG(ESP_LOG_INFO, I, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) FAKE_LOG(ESP_LOG_DEBUG, D, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) FAKE_LOG(ESP_LOG_VERBOSE, V, tag, format, ##__VA_ARGS__)

#ifdef __cplusplus
}
#endif
