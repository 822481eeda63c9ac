#include "clock.h"
#include "freertos/task.h"
#include <sched.h>
#include <string.h>

struct tskTaskControlBlock {
    char name[16];
    TaskFunction_t code;
    void *parameters;
    bool is_static;
    pthread_mutex_t mutex;
    pthread_cond_t notified;
    uint32_t value;
    bool pending;
};

_Static_assert(sizeof(struct tskTaskControlBlock) <= sizeof(StaticTask_t), "StaticTask_t is too small");

static _Thread_local TaskHandle_t s_current;
static pthread_key_t s_key;
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

static void end(void *task)
{
    TaskHandle_t ended = task;
    pthread_mutex_destroy(&ended->mutex);
    pthread_cond_destroy(&ended->notified);
    if (!ended->is_static) {
        free(ended);
    }
}

static void make_key(void) { pthread_key_create(&s_key, end); }

static void init(TaskHandle_t task, const char *name, bool is_static)
{
    *task = (struct tskTaskControlBlock){.is_static = is_static};
    strncpy(task->name, name, sizeof task->name - 1);
    pthread_mutex_init(&task->mutex, NULL);
    clock_cond_init(&task->notified);
}

static void become(TaskHandle_t task)
{
    pthread_once(&s_once, make_key);
    pthread_setspecific(s_key, task);
    s_current = task;
}

static void *run(void *task)
{
    become(task);
    s_current->code(s_current->parameters);
    fprintf(stderr, "task %s returned: a task ends with vTaskDelete(NULL)\n", s_current->name);
    abort();
}

static bool start(TaskHandle_t task, TaskFunction_t code, void *parameters)
{
    task->code = code;
    task->parameters = parameters;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, task) != 0) {
        end(task);
        return false;
    }
    pthread_detach(thread);
    return true;
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t pxTaskCode, const char *pcName, uint32_t usStackDepth,
                                   void *pvParameters, UBaseType_t uxPriority, TaskHandle_t *pvCreatedTask,
                                   BaseType_t xCoreID)
{
    (void)usStackDepth, (void)uxPriority, (void)xCoreID;
    TaskHandle_t task = malloc(sizeof *task);
    if (task == NULL) {
        return pdFAIL;
    }
    init(task, pcName, false);
    if (pvCreatedTask != NULL) {
        *pvCreatedTask = task;
    }
    return start(task, pxTaskCode, pvParameters) ? pdPASS : pdFAIL;
}

BaseType_t xTaskCreate(TaskFunction_t pxTaskCode, const char *pcName, uint32_t usStackDepth, void *pvParameters,
                       UBaseType_t uxPriority, TaskHandle_t *pxCreatedTask)
{
    return xTaskCreatePinnedToCore(pxTaskCode, pcName, usStackDepth, pvParameters, uxPriority, pxCreatedTask,
                                   tskNO_AFFINITY);
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t pxTaskCode, const char *pcName, uint32_t ulStackDepth,
                                           void *pvParameters, UBaseType_t uxPriority, StackType_t *pxStackBuffer,
                                           StaticTask_t *pxTaskBuffer, BaseType_t xCoreID)
{
    (void)ulStackDepth, (void)uxPriority, (void)pxStackBuffer, (void)xCoreID;
    TaskHandle_t task = (TaskHandle_t)pxTaskBuffer;
    init(task, pcName, true);
    return start(task, pxTaskCode, pvParameters) ? task : NULL;
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t pxTaskCode, const char *pcName, uint32_t ulStackDepth, void *pvParameters,
                               UBaseType_t uxPriority, StackType_t *puxStackBuffer, StaticTask_t *pxTaskBuffer)
{
    return xTaskCreateStaticPinnedToCore(pxTaskCode, pcName, ulStackDepth, pvParameters, uxPriority, puxStackBuffer,
                                         pxTaskBuffer, tskNO_AFFINITY);
}

void vTaskDelete(TaskHandle_t xTaskToDelete)
{
    if (xTaskToDelete != NULL && xTaskToDelete != s_current) {
        fputs("vTaskDelete of another task: let that task end itself\n", stderr);
        abort();
    }
    pthread_exit(NULL);
}

void vTaskDelay(TickType_t xTicksToDelay)
{
    struct timespec moment = clock_in_ticks(xTicksToDelay);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) != 0) {
    }
}

BaseType_t xTaskDelayUntil(TickType_t *pxPreviousWakeTime, TickType_t xTimeIncrement)
{
    *pxPreviousWakeTime += xTimeIncrement;
    TickType_t left = *pxPreviousWakeTime - xTaskGetTickCount();
    if (left == 0 || left > xTimeIncrement) {
        return pdFALSE;
    }
    vTaskDelay(left);
    return pdTRUE;
}

TickType_t xTaskGetTickCount(void) { return (TickType_t)(clock_us() * configTICK_RATE_HZ / 1000000); }

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    if (s_current == NULL) { // A thread that no xTaskCreate made, such as that of main.
        TaskHandle_t task = malloc(sizeof *task);
        if (task == NULL) {
            abort();
        }
        init(task, "main", false);
        become(task);
    }
    return s_current;
}

char *pcTaskGetName(TaskHandle_t xTaskToQuery)
{
    return xTaskToQuery != NULL ? xTaskToQuery->name : xTaskGetCurrentTaskHandle()->name;
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask)
{
    (void)xTask;
    return 1024;
}

void fake_task_yield(void) { sched_yield(); }

BaseType_t xTaskNotify(TaskHandle_t xTaskToNotify, uint32_t ulValue, eNotifyAction eAction)
{
    BaseType_t result = pdPASS;
    pthread_mutex_lock(&xTaskToNotify->mutex);
    switch (eAction) {
    case eNoAction:
        break;
    case eSetBits:
        xTaskToNotify->value |= ulValue;
        break;
    case eIncrement:
        xTaskToNotify->value++;
        break;
    case eSetValueWithoutOverwrite:
        if (xTaskToNotify->pending) {
            result = pdFAIL;
            break;
        }
        xTaskToNotify->value = ulValue;
        break;
    case eSetValueWithOverwrite:
        xTaskToNotify->value = ulValue;
        break;
    }
    xTaskToNotify->pending = true;
    pthread_cond_broadcast(&xTaskToNotify->notified);
    pthread_mutex_unlock(&xTaskToNotify->mutex);
    return result;
}

BaseType_t xTaskNotifyGive(TaskHandle_t xTaskToNotify) { return xTaskNotify(xTaskToNotify, 0, eIncrement); }

BaseType_t xTaskNotifyWait(uint32_t ulBitsToClearOnEntry, uint32_t ulBitsToClearOnExit, uint32_t *pulNotificationValue,
                           TickType_t xTicksToWait)
{
    TaskHandle_t task = xTaskGetCurrentTaskHandle();
    struct timespec moment = clock_in_ticks(xTicksToWait);
    pthread_mutex_lock(&task->mutex);
    if (!task->pending) {
        task->value &= ~ulBitsToClearOnEntry;
        while (!task->pending && clock_wait(&task->notified, &task->mutex, xTicksToWait, &moment)) {
        }
    }
    if (pulNotificationValue != NULL) {
        *pulNotificationValue = task->value;
    }
    BaseType_t result = task->pending ? pdTRUE : pdFALSE;
    if (task->pending) {
        task->value &= ~ulBitsToClearOnExit;
        task->pending = false;
    }
    pthread_mutex_unlock(&task->mutex);
    return result;
}

uint32_t ulTaskNotifyTake(BaseType_t xClearCountOnExit, TickType_t xTicksToWait)
{
    TaskHandle_t task = xTaskGetCurrentTaskHandle();
    struct timespec moment = clock_in_ticks(xTicksToWait);
    pthread_mutex_lock(&task->mutex);
    while (task->value == 0 && clock_wait(&task->notified, &task->mutex, xTicksToWait, &moment)) {
    }
    uint32_t value = task->value;
    if (value != 0) {
        task->value = xClearCountOnExit ? 0 : value - 1;
    }
    task->pending = false;
    pthread_mutex_unlock(&task->mutex);
    return value;
}

BaseType_t xTaskNotifyStateClear(TaskHandle_t xTask)
{
    TaskHandle_t task = xTask != NULL ? xTask : xTaskGetCurrentTaskHandle();
    pthread_mutex_lock(&task->mutex);
    BaseType_t was = task->pending ? pdTRUE : pdFALSE;
    task->pending = false;
    pthread_mutex_unlock(&task->mutex);
    return was;
}

uint32_t ulTaskNotifyValueClear(TaskHandle_t xTask, uint32_t ulBitsToClear)
{
    TaskHandle_t task = xTask != NULL ? xTask : xTaskGetCurrentTaskHandle();
    pthread_mutex_lock(&task->mutex);
    uint32_t was = task->value;
    task->value &= ~ulBitsToClear;
    pthread_mutex_unlock(&task->mutex);
    return was;
}
