#include "clock.h"
#include "freertos/task.h"
#include <string.h>

struct tskTaskControlBlock {
    char name[16];
    TaskFunction_t code;
    void *parameters;
    bool is_static;
};

_Static_assert(sizeof(struct tskTaskControlBlock) <= sizeof(StaticTask_t), "StaticTask_t is too small");

static _Thread_local TaskHandle_t s_current;
static pthread_key_t s_key;
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

static void end(void *task)
{
    if (!((TaskHandle_t)task)->is_static) {
        free(task);
    }
}

static void make_key(void) { pthread_key_create(&s_key, end); }

static void init(TaskHandle_t task, const char *name, bool is_static)
{
    *task = (struct tskTaskControlBlock){.is_static = is_static};
    strncpy(task->name, name, sizeof task->name - 1);
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
    return xTaskToQuery == NULL ? xTaskGetCurrentTaskHandle()->name : xTaskToQuery->name;
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask)
{
    (void)xTask;
    return 1024;
}
