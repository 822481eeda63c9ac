// Queues, and semaphores and mutexes, which are queues of items without bytes.
#include "clock.h"
#include "freertos/semphr.h"
#include <string.h>

struct QueueDefinition {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint8_t *items;
    UBaseType_t length;
    UBaseType_t item_size;
    UBaseType_t first;
    UBaseType_t count;
    TaskHandle_t holder; // of a recursive mutex
    UBaseType_t depth;
    bool is_static;
};

_Static_assert(sizeof(struct QueueDefinition) <= sizeof(StaticQueue_t), "StaticQueue_t is too small");

static QueueHandle_t init(QueueHandle_t queue, UBaseType_t length, UBaseType_t item_size, uint8_t *items,
                          UBaseType_t count, bool is_static)
{
    if (queue == NULL) {
        return NULL;
    }
    *queue = (struct QueueDefinition){
        .items = items, .length = length, .item_size = item_size, .count = count, .is_static = is_static};
    pthread_mutex_init(&queue->mutex, NULL);
    clock_cond_init(&queue->changed);
    return queue;
}

static void *item(QueueHandle_t queue, UBaseType_t index)
{
    return queue->items + (size_t)((queue->first + index) % queue->length) * queue->item_size;
}

static void put(QueueHandle_t queue, UBaseType_t index, const void *data)
{
    if (queue->item_size != 0) {
        memcpy(item(queue, index), data, queue->item_size);
    }
}

static void get(QueueHandle_t queue, void *data)
{
    if (queue->item_size != 0) {
        memcpy(data, item(queue, 0), queue->item_size);
    }
}

QueueHandle_t xQueueCreate(UBaseType_t uxQueueLength, UBaseType_t uxItemSize)
{
    size_t bytes = (size_t)uxQueueLength * uxItemSize;
    QueueHandle_t queue = malloc(sizeof *queue + bytes);
    return init(queue, uxQueueLength, uxItemSize, (uint8_t *)(queue + 1), 0, false);
}

QueueHandle_t xQueueCreateStatic(UBaseType_t uxQueueLength, UBaseType_t uxItemSize, uint8_t *pucQueueStorage,
                                 StaticQueue_t *pxQueueBuffer)
{
    return init((QueueHandle_t)pxQueueBuffer, uxQueueLength, uxItemSize, pucQueueStorage, 0, true);
}

void vQueueDelete(QueueHandle_t xQueue)
{
    pthread_mutex_destroy(&xQueue->mutex);
    pthread_cond_destroy(&xQueue->changed);
    if (!xQueue->is_static) {
        free(xQueue);
    }
}

BaseType_t xQueueReset(QueueHandle_t xQueue)
{
    pthread_mutex_lock(&xQueue->mutex);
    xQueue->count = 0;
    pthread_cond_broadcast(&xQueue->changed);
    pthread_mutex_unlock(&xQueue->mutex);
    return pdPASS;
}

typedef enum { BACK, FRONT, OVERWRITE } position_t;

static BaseType_t send(QueueHandle_t queue, const void *data, TickType_t ticks, position_t position)
{
    struct timespec moment = clock_in_ticks(ticks);
    pthread_mutex_lock(&queue->mutex);
    if (position == OVERWRITE) {
        queue->count = 0;
    }
    while (queue->count == queue->length && clock_wait(&queue->changed, &queue->mutex, ticks, &moment)) {
    }
    bool room = queue->count < queue->length;
    if (room) {
        if (position == FRONT) {
            queue->first = (queue->first + queue->length - 1) % queue->length;
            put(queue, 0, data);
        } else {
            put(queue, queue->count, data);
        }
        queue->count++;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return room ? pdPASS : errQUEUE_FULL;
}

BaseType_t xQueueSend(QueueHandle_t xQueue, const void *pvItemToQueue, TickType_t xTicksToWait)
{
    return send(xQueue, pvItemToQueue, xTicksToWait, BACK);
}

BaseType_t xQueueSendToFront(QueueHandle_t xQueue, const void *pvItemToQueue, TickType_t xTicksToWait)
{
    return send(xQueue, pvItemToQueue, xTicksToWait, FRONT);
}

BaseType_t xQueueOverwrite(QueueHandle_t xQueue, const void *pvItemToQueue)
{
    return send(xQueue, pvItemToQueue, 0, OVERWRITE);
}

BaseType_t xQueueSendFromISR(QueueHandle_t xQueue, const void *pvItemToQueue, BaseType_t *pxHigherPriorityTaskWoken)
{
    (void)pxHigherPriorityTaskWoken;
    return send(xQueue, pvItemToQueue, 0, BACK);
}

static BaseType_t receive(QueueHandle_t queue, void *data, TickType_t ticks, bool keep)
{
    struct timespec moment = clock_in_ticks(ticks);
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && clock_wait(&queue->changed, &queue->mutex, ticks, &moment)) {
    }
    bool got = queue->count != 0;
    if (got) {
        get(queue, data);
        if (!keep) {
            queue->first = (queue->first + 1) % queue->length;
            queue->count--;
            pthread_cond_broadcast(&queue->changed);
        }
    }
    pthread_mutex_unlock(&queue->mutex);
    return got ? pdPASS : errQUEUE_EMPTY;
}

BaseType_t xQueueReceive(QueueHandle_t xQueue, void *pvBuffer, TickType_t xTicksToWait)
{
    return receive(xQueue, pvBuffer, xTicksToWait, false);
}

BaseType_t xQueuePeek(QueueHandle_t xQueue, void *pvBuffer, TickType_t xTicksToWait)
{
    return receive(xQueue, pvBuffer, xTicksToWait, true);
}

UBaseType_t uxQueueMessagesWaiting(QueueHandle_t xQueue)
{
    pthread_mutex_lock(&xQueue->mutex);
    UBaseType_t count = xQueue->count;
    pthread_mutex_unlock(&xQueue->mutex);
    return count;
}

UBaseType_t uxQueueSpacesAvailable(QueueHandle_t xQueue) { return xQueue->length - uxQueueMessagesWaiting(xQueue); }

SemaphoreHandle_t xSemaphoreCreateCounting(UBaseType_t uxMaxCount, UBaseType_t uxInitialCount)
{
    return init(malloc(sizeof(struct QueueDefinition)), uxMaxCount, 0, NULL, uxInitialCount, false);
}

SemaphoreHandle_t xSemaphoreCreateCountingStatic(UBaseType_t uxMaxCount, UBaseType_t uxInitialCount,
                                                 StaticSemaphore_t *pxSemaphoreBuffer)
{
    return init((QueueHandle_t)pxSemaphoreBuffer, uxMaxCount, 0, NULL, uxInitialCount, true);
}

SemaphoreHandle_t xSemaphoreCreateBinary(void) { return xSemaphoreCreateCounting(1, 0); }

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *pxStaticSemaphore)
{
    return xSemaphoreCreateCountingStatic(1, 0, pxStaticSemaphore);
}

SemaphoreHandle_t xSemaphoreCreateMutex(void) { return xSemaphoreCreateCounting(1, 1); }

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *pxMutexBuffer)
{
    return xSemaphoreCreateCountingStatic(1, 1, pxMutexBuffer);
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void) { return xSemaphoreCreateMutex(); }

SemaphoreHandle_t xSemaphoreCreateRecursiveMutexStatic(StaticSemaphore_t *pxStaticSemaphore)
{
    return xSemaphoreCreateMutexStatic(pxStaticSemaphore);
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t xSemaphore, TickType_t xBlockTime)
{
    return receive(xSemaphore, NULL, xBlockTime, false);
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t xSemaphore) { return send(xSemaphore, NULL, 0, BACK); }

BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t xSemaphore, BaseType_t *pxHigherPriorityTaskWoken)
{
    (void)pxHigherPriorityTaskWoken;
    return xSemaphoreGive(xSemaphore);
}

static bool held(SemaphoreHandle_t mutex, TaskHandle_t task)
{
    pthread_mutex_lock(&mutex->mutex);
    bool holds = mutex->holder == task;
    pthread_mutex_unlock(&mutex->mutex);
    return holds;
}

static void hold(SemaphoreHandle_t mutex, TaskHandle_t task)
{
    pthread_mutex_lock(&mutex->mutex);
    mutex->holder = task;
    pthread_mutex_unlock(&mutex->mutex);
}

BaseType_t xSemaphoreTakeRecursive(SemaphoreHandle_t xMutex, TickType_t xBlockTime)
{
    TaskHandle_t task = xTaskGetCurrentTaskHandle();
    if (!held(xMutex, task)) {
        if (!xSemaphoreTake(xMutex, xBlockTime)) {
            return pdFALSE;
        }
        hold(xMutex, task);
    }
    xMutex->depth++;
    return pdTRUE;
}

BaseType_t xSemaphoreGiveRecursive(SemaphoreHandle_t xMutex)
{
    if (!held(xMutex, xTaskGetCurrentTaskHandle())) {
        return pdFALSE;
    }
    if (--xMutex->depth != 0) {
        return pdTRUE;
    }
    hold(xMutex, NULL);
    return xSemaphoreGive(xMutex);
}
