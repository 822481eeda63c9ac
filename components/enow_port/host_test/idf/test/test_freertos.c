#include "check.h"
#include "esp_timer.h"
#include "freertos/semphr.h"

static QueueHandle_t s_queue;
static SemaphoreHandle_t s_done;

static void producer(void *count)
{
    for (int i = 0; i < *(int *)count; i++) {
        CHECK(xQueueSend(s_queue, &i, portMAX_DELAY) == pdPASS);
    }
    xSemaphoreGive(s_done);
    vTaskDelete(NULL);
}

static void queue_keeps_order_and_bounds(void)
{
    static uint8_t storage[3 * sizeof(int)];
    static StaticQueue_t buffer;
    s_queue = xQueueCreateStatic(3, sizeof(int), storage, &buffer);
    s_done = xSemaphoreCreateBinary();
    static int count = 1000;
    CHECK(xTaskCreate(producer, "producer", 4096, &count, 5, NULL) == pdPASS);
    for (int i = 0; i < count; i++) {
        int got;
        CHECK(xQueueReceive(s_queue, &got, pdMS_TO_TICKS(1000)) == pdPASS && got == i);
    }
    CHECK(xSemaphoreTake(s_done, portMAX_DELAY) == pdTRUE);
    CHECK(xSemaphoreTake(s_done, 0) == pdFALSE);

    for (int i = 0; i < 3; i++) {
        CHECK(xQueueSend(s_queue, &i, 0) == pdPASS);
    }
    int more = 3;
    TickType_t before = xTaskGetTickCount();
    CHECK(xQueueSend(s_queue, &more, 0) == errQUEUE_FULL);
    CHECK(xQueueSend(s_queue, &more, pdMS_TO_TICKS(20)) == errQUEUE_FULL);
    CHECK(xTaskGetTickCount() - before >= pdMS_TO_TICKS(20));
    CHECK(uxQueueMessagesWaiting(s_queue) == 3 && uxQueueSpacesAvailable(s_queue) == 0);
    vQueueDelete(s_queue);
    vSemaphoreDelete(s_done);
}

static void mutex_is_held_once(void)
{
    SemaphoreHandle_t mutex = xSemaphoreCreateMutex();
    CHECK(xSemaphoreTake(mutex, 0) && !xSemaphoreTake(mutex, 0) && xSemaphoreGive(mutex));
    CHECK(xSemaphoreTake(mutex, 0));
    vSemaphoreDelete(mutex);
}

static void give(void *semaphore) { xSemaphoreGive(semaphore); }

static void timer_fires_once(void)
{
    SemaphoreHandle_t fired = xSemaphoreCreateBinary();
    esp_timer_handle_t timer;
    CHECK(esp_timer_create(&(esp_timer_create_args_t){.callback = give, .arg = fired}, &timer) == ESP_OK);
    int64_t before_us = esp_timer_get_time();
    CHECK(esp_timer_start_once(timer, 100000) == ESP_OK && esp_timer_start_once(timer, 1) == ESP_ERR_INVALID_STATE);
    CHECK(esp_timer_delete(timer) == ESP_ERR_INVALID_STATE);
    CHECK(xSemaphoreTake(fired, pdMS_TO_TICKS(5000)) && esp_timer_get_time() - before_us >= 100000);
    CHECK(!xSemaphoreTake(fired, pdMS_TO_TICKS(200)));
    CHECK(esp_timer_start_once(timer, 100000) == ESP_OK && esp_timer_stop(timer) == ESP_OK);
    CHECK(!xSemaphoreTake(fired, pdMS_TO_TICKS(200)));
    CHECK(esp_timer_stop(timer) == ESP_ERR_INVALID_STATE && esp_timer_delete(timer) == ESP_OK);
    vSemaphoreDelete(fired);
}

int main(void)
{
    queue_keeps_order_and_bounds();
    mutex_is_held_once();
    timer_fires_once();
    return 0;
}
