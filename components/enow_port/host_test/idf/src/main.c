// Of a program that has none of its own: firmware, which has app_main.
#include "freertos/task.h"

void app_main(void);

static void run(void *unused)
{
    (void)unused;
    app_main();
    vTaskDelete(NULL);
}

int main(void)
{
    if (xTaskCreate(run, "main", 4096, NULL, 1, NULL) != pdPASS) {
        return 1;
    }
    for (;;) { // Firmware does not end.
        vTaskDelay(portMAX_DELAY);
    }
}
