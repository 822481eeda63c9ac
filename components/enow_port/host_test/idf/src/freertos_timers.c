#include "esp_timer.h"
#include "freertos/timers.h"

struct tmrTimerControl {
    esp_timer_handle_t timer;
    TickType_t period;
    bool reload;
    void *id;
    TimerCallbackFunction_t callback;
};

static uint64_t us(TickType_t ticks) { return (uint64_t)ticks * 1000000 / configTICK_RATE_HZ; }

static void expire(void *argument)
{
    TimerHandle_t timer = argument;
    timer->callback(timer);
}

TimerHandle_t xTimerCreate(const char *pcTimerName, TickType_t xTimerPeriodInTicks, BaseType_t xAutoReload,
                           void *pvTimerID, TimerCallbackFunction_t pxCallbackFunction)
{
    TimerHandle_t timer = malloc(sizeof *timer);
    if (timer == NULL) {
        return NULL;
    }
    *timer = (struct tmrTimerControl){.period = xTimerPeriodInTicks,
                                      .reload = xAutoReload != pdFALSE,
                                      .id = pvTimerID,
                                      .callback = pxCallbackFunction};
    esp_timer_create_args_t args = {.callback = expire, .arg = timer, .name = pcTimerName};
    if (esp_timer_create(&args, &timer->timer) != ESP_OK) {
        free(timer);
        return NULL;
    }
    return timer;
}

void *pvTimerGetTimerID(TimerHandle_t xTimer) { return xTimer->id; }

BaseType_t xTimerIsTimerActive(TimerHandle_t xTimer) { return esp_timer_is_active(xTimer->timer) ? pdTRUE : pdFALSE; }

BaseType_t xTimerStart(TimerHandle_t xTimer, TickType_t xTicksToWait)
{
    xTimerStop(xTimer, xTicksToWait);
    esp_err_t err = xTimer->reload ? esp_timer_start_periodic(xTimer->timer, us(xTimer->period))
                                   : esp_timer_start_once(xTimer->timer, us(xTimer->period));
    return err == ESP_OK ? pdPASS : pdFAIL;
}

BaseType_t xTimerStop(TimerHandle_t xTimer, TickType_t xTicksToWait)
{
    (void)xTicksToWait;
    esp_timer_stop(xTimer->timer);
    return pdPASS;
}

BaseType_t xTimerReset(TimerHandle_t xTimer, TickType_t xTicksToWait) { return xTimerStart(xTimer, xTicksToWait); }

BaseType_t xTimerChangePeriod(TimerHandle_t xTimer, TickType_t xNewPeriod, TickType_t xTicksToWait)
{
    xTimer->period = xNewPeriod;
    return xTimerStart(xTimer, xTicksToWait);
}

BaseType_t xTimerDelete(TimerHandle_t xTimer, TickType_t xTicksToWait)
{
    xTimerStop(xTimer, xTicksToWait);
    esp_timer_delete(xTimer->timer);
    free(xTimer);
    return pdPASS;
}
