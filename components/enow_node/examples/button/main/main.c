/* A press wakes the chip, which says so, has it acknowledged, and sleeps until the next one. */
#include "enow_node.h"
#include "wake.h"

#include "esp_log.h"
#include "esp_sleep.h"

static const char *const s_tag = "button";

void app_main(void)
{
    if (enow_node_start(NULL) != ESP_OK) {
        return; /* the log says what to do */
    }
    const bool pressed = wake_was_press();
    if (pressed && enow_node_publish("pressed", "1", 1, 0) == ESP_OK) {
        ESP_LOGI(s_tag, "pressed");
    }
    /* A button that is held would wake the chip at once, as another press. One that is held for long, perhaps because
     * it is stuck, does not wake it: it is looked at now and then. */
    uint32_t sleep_s = CONFIG_EXAMPLE_HELD_S;
    if (wake_released(pressed ? CONFIG_EXAMPLE_RELEASE_S * 1000 : 0)) {
        wake_on_press();
        sleep_s = CONFIG_EXAMPLE_ALIVE_S;
    } else {
        ESP_LOGW(s_tag,
                 "the button is still held: it is looked at again in %u s, and until it is released no press is seen",
                 (unsigned)sleep_s);
    }
    /* It sleeps once the press is acknowledged. While there is no gateway it tries again, since nobody presses twice
     * as often; but not for ever, since a battery has an end. */
    for (int tries = 0; tries < CONFIG_EXAMPLE_TRIES; tries++) {
        const esp_err_t err = enow_node_deep_sleep(sleep_s * 1000);

        ESP_LOGW(s_tag, "still awake: %s", enow_node_err_text(err));
    }
    ESP_LOGE(s_tag, "the press is lost: no gateway took it");
    enow_node_stop();
    if (sleep_s > 0) {
        (void)esp_sleep_enable_timer_wakeup(sleep_s * UINT64_C(1000000));
    }
    esp_deep_sleep_start();
}
