#include "esp_sleep.h"
#include "boot.h"
#include "esp_system.h"

static bool s_timer;
static uint64_t s_timer_us;

esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us)
{
    s_timer = true;
    s_timer_us = time_in_us;
    return ESP_OK;
}

esp_err_t esp_sleep_disable_wakeup_source(esp_sleep_source_t source)
{
    if (source != ESP_SLEEP_WAKEUP_TIMER && source != ESP_SLEEP_WAKEUP_ALL) {
        return ESP_ERR_INVALID_STATE;
    }
    s_timer = false;
    return ESP_OK;
}

void esp_deep_sleep_start(void)
{
    if (!s_timer) {
        fputs("esp_deep_sleep_start: nothing on a PC would ever wake it: enable the timer\n", stderr);
        abort();
    }
    boot_again(true, s_timer_us);
}

void esp_deep_sleep(uint64_t time_in_us)
{
    esp_sleep_enable_timer_wakeup(time_in_us);
    esp_deep_sleep_start();
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
uint32_t esp_sleep_get_wakeup_causes(void)
{
    return 1u << (esp_reset_reason() == ESP_RST_DEEPSLEEP ? ESP_SLEEP_WAKEUP_TIMER : ESP_SLEEP_WAKEUP_UNDEFINED);
}
#endif

esp_sleep_wakeup_cause_t esp_sleep_get_wakeup_cause(void)
{
    return esp_reset_reason() == ESP_RST_DEEPSLEEP ? ESP_SLEEP_WAKEUP_TIMER : ESP_SLEEP_WAKEUP_UNDEFINED;
}
