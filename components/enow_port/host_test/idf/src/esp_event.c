#define _GNU_SOURCE // PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
#include "esp_event.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include <pthread.h>
#include <string.h>

#define QUEUE 32 // as CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE

typedef struct handler {
    struct handler *next;
    esp_event_base_t base;
    int32_t id;
    esp_event_handler_t function;
    void *argument;
    bool removed; // while handlers are called
} handler_t;

typedef struct {
    esp_event_base_t base; // NULL ends the task
    int32_t id;
    void *data;
} event_t;

// Held while handlers are called, so one that is unregistered does not run any more.
static pthread_mutex_t s_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static handler_t *s_handlers;
static bool s_calling;
static _Atomic(QueueHandle_t) s_queue; // who posts does not wait for handlers
static SemaphoreHandle_t s_ended;

static void lock(void) { pthread_mutex_lock(&s_mutex); }

static void unlock(void) { pthread_mutex_unlock(&s_mutex); }

static void sweep(void)
{
    for (handler_t **link = &s_handlers; *link != NULL;) {
        handler_t *handler = *link;
        if (handler->removed) {
            *link = handler->next;
            free(handler);
        } else {
            link = &handler->next;
        }
    }
}

static void run(void *queue)
{
    event_t event;
    while (xQueueReceive(queue, &event, portMAX_DELAY) && event.base != NULL) {
        lock();
        s_calling = true;
        for (handler_t *handler = s_handlers; handler != NULL; handler = handler->next) {
            if (!handler->removed && (handler->base == ESP_EVENT_ANY_BASE || handler->base == event.base) &&
                (handler->id == ESP_EVENT_ANY_ID || handler->id == event.id)) {
                handler->function(handler->argument, event.base, event.id, event.data);
            }
        }
        s_calling = false;
        sweep();
        unlock();
        free(event.data);
    }
    xSemaphoreGive(s_ended);
    vTaskDelete(NULL);
}

esp_err_t esp_event_loop_create_default(void)
{
    esp_err_t err = ESP_ERR_INVALID_STATE;
    lock();
    if (s_queue == NULL) {
        s_ended = xSemaphoreCreateBinary();
        s_queue = xQueueCreate(QUEUE, sizeof(event_t));
        err = s_ended != NULL && s_queue != NULL && xTaskCreate(run, "sys_evt", 0, s_queue, 0, NULL) ? ESP_OK
                                                                                                     : ESP_ERR_NO_MEM;
    }
    unlock();
    return err;
}

esp_err_t esp_event_loop_delete_default(void)
{
    lock();
    QueueHandle_t queue = s_queue;
    s_queue = NULL;
    unlock();
    if (queue == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    event_t end = {0};
    xQueueSend(queue, &end, portMAX_DELAY);
    xSemaphoreTake(s_ended, portMAX_DELAY);
    vSemaphoreDelete(s_ended);
    event_t event;
    while (xQueueReceive(queue, &event, 0)) {
        free(event.data);
    }
    vQueueDelete(queue);
    lock();
    for (handler_t *handler = s_handlers; handler != NULL; handler = handler->next) {
        handler->removed = true;
    }
    sweep();
    unlock();
    return ESP_OK;
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t event_base, int32_t event_id,
                                              esp_event_handler_t event_handler, void *event_handler_arg,
                                              esp_event_handler_instance_t *instance)
{
    if (event_handler == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    lock();
    if (s_queue == NULL) {
        unlock();
        return ESP_ERR_INVALID_STATE;
    }
    handler_t *handler = malloc(sizeof *handler);
    if (handler == NULL) {
        unlock();
        return ESP_ERR_NO_MEM;
    }
    *handler =
        (handler_t){.base = event_base, .id = event_id, .function = event_handler, .argument = event_handler_arg};
    handler_t **link = &s_handlers;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = handler;
    if (instance != NULL) {
        *instance = handler;
    }
    unlock();
    return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id, esp_event_handler_t event_handler,
                                     void *event_handler_arg)
{
    return esp_event_handler_instance_register(event_base, event_id, event_handler, event_handler_arg, NULL);
}

// By the handler's own address if instance is given, by its function otherwise. What is removed while handlers are
// called goes when they have been.
static void remove_handler(esp_event_base_t base, int32_t id, esp_event_handler_t function, const handler_t *instance)
{
    lock();
    for (handler_t *handler = s_handlers; handler != NULL; handler = handler->next) {
        if (handler->base == base && handler->id == id &&
            (instance != NULL ? handler == instance : handler->function == function)) {
            handler->removed = true;
        }
    }
    if (!s_calling) {
        sweep();
    }
    unlock();
}

esp_err_t esp_event_handler_unregister(esp_event_base_t event_base, int32_t event_id, esp_event_handler_t event_handler)
{
    remove_handler(event_base, event_id, event_handler, NULL);
    return ESP_OK;
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t event_base, int32_t event_id,
                                                esp_event_handler_instance_t instance)
{
    if (instance == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    remove_handler(event_base, event_id, NULL, instance);
    return ESP_OK;
}

esp_err_t esp_event_post(esp_event_base_t event_base, int32_t event_id, const void *event_data, size_t event_data_size,
                         TickType_t ticks_to_wait)
{
    if (event_base == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    QueueHandle_t queue = s_queue;
    if (queue == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    event_t event = {.base = event_base, .id = event_id};
    if (event_data != NULL && event_data_size != 0) {
        event.data = malloc(event_data_size);
        if (event.data == NULL) {
            return ESP_ERR_NO_MEM;
        }
        memcpy(event.data, event_data, event_data_size);
    }
    if (!xQueueSend(queue, &event, ticks_to_wait)) {
        free(event.data);
        return ESP_ERR_TIMEOUT;
    }
    return ESP_OK;
}
