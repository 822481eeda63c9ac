#include "sleep.h"

#include "enow/driver.h"
#include "enow/keys.h"
#include "esp_attr.h"
#include "esp_log.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "events.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "soc/soc_caps.h"
#include "state.h"

#include <sys/time.h>

#define LOOK_EVERY_MS 20u
#define FLUSH_MS 500u

#if SOC_RTC_MEM_SUPPORTED
#define KEPT RTC_DATA_ATTR
#else
#define KEPT /* by nothing: the node joins anew after sleep */
#endif

/* Kept through deep sleep; all zero after any other reset. */
static KEPT struct {
    int64_t slept_at_us; /* by the clock, which runs on */
    uint32_t lost, lost_told;
    uint16_t len; /* of snapshot; 0: there is none */
    uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE];
} s_kept;

static int64_t clock_us(void)
{
    struct timeval now = {0}; /* ESP-IDF may be built without a clock */

    (void)gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000000 + now.tv_usec;
}

int enow_sleep_resume(enow_link_node_t **machine, const enow_link_node_config_t *cfg, void *memory, size_t size)
{
    const int64_t slept_us = clock_us() - s_kept.slept_at_us;
    const uint16_t len = s_kept.len;
    int err = ENOW_LINK_ERR_SNAPSHOT;

    s_kept.len = 0;
    if (len > 0 && esp_reset_reason() == ESP_RST_DEEPSLEEP && slept_us >= 0) {
        err = enow_link_node_resume(machine, cfg, memory, size, enow_driver_now(), (uint64_t)slept_us, s_kept.snapshot,
                                    len);
    }
    enow_link_wipe(s_kept.snapshot, sizeof s_kept.snapshot);
    return err;
}

uint32_t enow_sleep_lost(void)
{
    if (s_kept.lost != s_kept.lost_told) {
        ESP_LOGW(
            ENOW_NODE_TAG,
            "%lu messages were lost: the device went to sleep before the gateway had them. A longer sleep_wait_ms, "
            "or sleep_anyway off, keeps them",
            (unsigned long)(s_kept.lost - s_kept.lost_told));
        s_kept.lost_told = s_kept.lost;
    }
    return s_kept.lost;
}

/* Keeps the session if the node is at rest; in the driver's task. */
static void keep(void *arg)
{
    bool *kept = arg;
    const int len =
        enow_link_node_snapshot(enow_node_state.machine, enow_driver_now(), s_kept.snapshot, sizeof s_kept.snapshot);

    *kept = len > 0;
    s_kept.len = *kept ? (uint16_t)len : 0;
}

static void ask_resting(void *arg)
{
    *(bool *)arg = enow_link_node_resting(enow_node_state.machine, enow_driver_now());
}

/* Waits until the session is kept, which *kept says, at most until deadline_us. Before, the application is told of all
 * that came: it may answer, and then the node is not at rest. */
static esp_err_t rest(uint64_t deadline_us, bool *kept)
{
    for (;;) {
        bool resting = false;
        esp_err_t err = enow_driver_call(ask_resting, &resting);

        if (err == ESP_OK && resting && enow_events_flush(FLUSH_MS)) {
            err = enow_driver_call(keep, kept);
        }
        if (err != ESP_OK || *kept || enow_driver_now() >= deadline_us) {
            return err;
        }
        vTaskDelay(pdMS_TO_TICKS(LOOK_EVERY_MS) + 1);
    }
}

esp_err_t enow_node_deep_sleep(uint32_t ms)
{
    const enow_node_config_t *cfg = &enow_node_state.cfg;
    enow_node_stats_t stats;
    bool kept = false;

    if (enow_driver_inside()) {
        return ESP_ERR_INVALID_STATE;
    }
    esp_err_t err = rest(enow_driver_now() + cfg->sleep_wait_ms * UINT64_C(1000), &kept);
    if (err == ESP_OK && !kept) {
        err = enow_node_stats(&stats);
        if (err == ESP_OK && stats.link.queued > 0 && !cfg->sleep_anyway) {
            ESP_LOGW(ENOW_NODE_TAG, "not asleep: %lu messages are not acknowledged after %lu ms",
                     (unsigned long)stats.link.queued, (unsigned long)cfg->sleep_wait_ms);
            err = ESP_ERR_TIMEOUT;
        }
    }
    if (err != ESP_OK) {
        return err;
    }
    if (!kept) {
        s_kept.lost += stats.link.queued;
    }
    enow_node_stop();
    s_kept.slept_at_us = clock_us();
    if (ms > 0) {
        (void)esp_sleep_enable_timer_wakeup(ms * UINT64_C(1000));
    }
    esp_deep_sleep_start();
}
