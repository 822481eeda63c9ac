#include "check.h"
#include "esp_timer.h"
#include "freertos/event_groups.h"
#include "freertos/semphr.h"
#include "freertos/timers.h"

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

static void mutex_is_recursive_where_asked(void)
{
    SemaphoreHandle_t mutex = xSemaphoreCreateRecursiveMutex();
    CHECK(xSemaphoreTakeRecursive(mutex, 0) && xSemaphoreTakeRecursive(mutex, 0));
    CHECK(xSemaphoreGiveRecursive(mutex) && xSemaphoreGiveRecursive(mutex) && !xSemaphoreGiveRecursive(mutex));
    vSemaphoreDelete(mutex);
    mutex = xSemaphoreCreateMutex();
    CHECK(xSemaphoreTake(mutex, 0) && !xSemaphoreTake(mutex, 0) && xSemaphoreGive(mutex));
    vSemaphoreDelete(mutex);
}

static void notifier(void *task)
{
    xTaskNotifyGive(task);
    xTaskNotifyGive(task);
    xTaskNotify(task, 0x10, eSetBits);
    vTaskDelete(NULL);
}

static void notifications_count(void)
{
    CHECK(ulTaskNotifyTake(pdTRUE, 0) == 0);
    CHECK(xTaskCreate(notifier, "notifier", 4096, xTaskGetCurrentTaskHandle(), 5, NULL) == pdPASS);
    uint32_t value = 0;
    while (value < 0x12) {
        CHECK(xTaskNotifyWait(0, 0, &value, pdMS_TO_TICKS(1000)) == pdTRUE);
    }
    CHECK(value == 0x12);
}

static EventGroupHandle_t s_group;
static int s_ticks;

static void tick(TimerHandle_t timer)
{
    CHECK(pvTimerGetTimerID(timer) == &s_ticks);
    if (++s_ticks == 3) {
        xEventGroupSetBits(s_group, 1);
    }
}

static void once(void *bit) { xEventGroupSetBits(s_group, *(EventBits_t *)bit); }

static void timers_set_bits_of_a_group(void)
{
    s_group = xEventGroupCreate();
    TimerHandle_t timer = xTimerCreate("tick", pdMS_TO_TICKS(5), pdTRUE, &s_ticks, tick);
    CHECK(xTimerStart(timer, 0) == pdPASS);
    static EventBits_t bit = 4;
    esp_timer_handle_t single;
    CHECK(esp_timer_create(&(esp_timer_create_args_t){.callback = once, .arg = &bit}, &single) == ESP_OK);
    CHECK(esp_timer_start_once(single, 1000) == ESP_OK);
    CHECK(xEventGroupWaitBits(s_group, 5, pdTRUE, pdTRUE, pdMS_TO_TICKS(2000)) == 5);
    CHECK(xEventGroupGetBits(s_group) == 0);
    CHECK(xEventGroupWaitBits(s_group, 2, pdFALSE, pdFALSE, pdMS_TO_TICKS(10)) == 0);
    CHECK(esp_timer_stop(single) == ESP_ERR_INVALID_STATE && esp_timer_delete(single) == ESP_OK);
    xTimerDelete(timer, 0);
}

int main(void)
{
    queue_keeps_order_and_bounds();
    mutex_is_recursive_where_asked();
    notifications_count();
    timers_set_bits_of_a_group();
    return 0;
}
