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

BaseType_t xQueueSend(QueueHandle_t xQueue, const void *pvItemToQueue, TickType_t xTicksToWait)
{
    struct timespec moment = clock_in_ticks(xTicksToWait);
    pthread_mutex_lock(&xQueue->mutex);
    while (xQueue->count == xQueue->length && clock_wait(&xQueue->changed, &xQueue->mutex, xTicksToWait, &moment)) {
    }
    bool room = xQueue->count < xQueue->length;
    if (room) {
        if (xQueue->item_size != 0) {
            memcpy(item(xQueue, xQueue->count), pvItemToQueue, xQueue->item_size);
        }
        xQueue->count++;
        pthread_cond_broadcast(&xQueue->changed);
    }
    pthread_mutex_unlock(&xQueue->mutex);
    return room ? pdPASS : errQUEUE_FULL;
}

BaseType_t xQueueReceive(QueueHandle_t xQueue, void *pvBuffer, TickType_t xTicksToWait)
{
    struct timespec moment = clock_in_ticks(xTicksToWait);
    pthread_mutex_lock(&xQueue->mutex);
    while (xQueue->count == 0 && clock_wait(&xQueue->changed, &xQueue->mutex, xTicksToWait, &moment)) {
    }
    bool got = xQueue->count != 0;
    if (got) {
        if (xQueue->item_size != 0) {
            memcpy(pvBuffer, item(xQueue, 0), xQueue->item_size);
        }
        xQueue->first = (xQueue->first + 1) % xQueue->length;
        xQueue->count--;
        pthread_cond_broadcast(&xQueue->changed);
    }
    pthread_mutex_unlock(&xQueue->mutex);
    return got ? pdPASS : errQUEUE_EMPTY;
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

BaseType_t xSemaphoreTake(SemaphoreHandle_t xSemaphore, TickType_t xBlockTime)
{
    return xQueueReceive(xSemaphore, NULL, xBlockTime);
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t xSemaphore) { return xQueueSend(xSemaphore, NULL, 0); }
