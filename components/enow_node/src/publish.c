#include "publish.h"

#include "enow/driver.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "state.h"

#include <string.h>

/* A call that waits, on the stack of its task. */
typedef struct waiter {
    struct waiter *next;
    enow_link_ticket_t ticket;
    esp_err_t err; /* once done is given */
    SemaphoreHandle_t done;
    StaticSemaphore_t memory;
} waiter_t;

typedef struct {
    const enow_link_outgoing_t *message;
    waiter_t *waiter; /* null: nobody waits */
    enow_link_ticket_t ticket;
    esp_err_t err;
} request_t;

/* The driver's; after it has stopped, that of who stopped it. Each is on the list until its done is given. */
static waiter_t *s_waiters;

esp_err_t enow_publish_err(int result)
{
    switch (result) {
    case 0:
        return ESP_OK;
    case ENOW_LINK_ERR_TOPIC:
        return ESP_ERR_INVALID_ARG;
    case ENOW_LINK_ERR_TOO_LARGE:
    case ENOW_PUBACK_STATUS_TOO_LARGE:
        return ESP_ERR_INVALID_SIZE;
    case ENOW_LINK_ERR_FULL:
        return ESP_ERR_NO_MEM;
    case ENOW_LINK_ERR_ASLEEP:
    case ENOW_LINK_ERR_GONE:
        return ESP_ERR_INVALID_STATE;
    default:
        return ENOW_NODE_ERR_REFUSED;
    }
}

static void count(const request_t *request)
{
    if (request->err == ESP_ERR_NO_MEM) {
        enow_node_state.queue_full++;
        ESP_LOGW(ENOW_NODE_TAG, "a message found no room: %s", enow_node_err_text(request->err));
    } else if (request->err == ESP_ERR_INVALID_SIZE) {
        enow_node_state.oversized++;
        ESP_LOGW(ENOW_NODE_TAG, "a message of %u bytes was not taken: %s", (unsigned)request->message->payload.len,
                 enow_node_err_text(request->err));
    }
}

/* In the driver's task. */
static void submit(void *arg)
{
    request_t *r = arg;

    r->err =
        enow_publish_err(enow_link_node_publish(enow_node_state.machine, enow_driver_now(), r->message, &r->ticket));
    count(r);
    if (r->err == ESP_OK && r->waiter != NULL) {
        r->waiter->ticket = r->ticket;
        r->waiter->next = s_waiters;
        s_waiters = r->waiter;
    }
}

static void finish(waiter_t **at, esp_err_t err)
{
    waiter_t *w = *at;

    *at = w->next;
    w->err = err;
    (void)xSemaphoreGive(w->done); /* and it is gone */
}

bool enow_publish_settle(const enow_link_result_t *result)
{
    for (waiter_t **at = &s_waiters; *at != NULL; at = &(*at)->next) {
        if ((*at)->ticket == result->ticket) {
            finish(at, enow_publish_err(result->err));
            return true;
        }
    }
    return false;
}

void enow_publish_abandon(void)
{
    while (s_waiters != NULL) {
        finish(&s_waiters, ESP_ERR_INVALID_STATE);
    }
}

/* Stops waiting, unless the result has come; in the driver's task. */
static void give_up(void *arg)
{
    for (waiter_t **at = &s_waiters; *at != NULL; at = &(*at)->next) {
        if (*at == arg) {
            finish(at, ESP_ERR_TIMEOUT);
            return;
        }
    }
}

static TickType_t ticks(uint32_t ms)
{
    const uint64_t n = ((uint64_t)ms * configTICK_RATE_HZ + 999) / 1000;

    return ms == UINT32_MAX || n >= portMAX_DELAY ? portMAX_DELAY : (TickType_t)n;
}

static esp_err_t call(request_t *request)
{
    const enow_link_outgoing_t *m = request->message;

    if ((m->topic.data == NULL && m->topic.len > 0) || (m->payload.data == NULL && m->payload.len > 0)) {
        return ESP_ERR_INVALID_ARG;
    }
    const esp_err_t err = enow_driver_call(submit, request);
    return err == ESP_OK ? request->err : err;
}

esp_err_t enow_node_queue(const enow_link_outgoing_t *message, enow_link_ticket_t *ticket)
{
    request_t request = {.message = message};
    const esp_err_t err = call(&request);

    if (err == ESP_OK && ticket != NULL) {
        *ticket = request.ticket;
    }
    return err;
}

esp_err_t enow_node_publish(const char *topic, const void *data, size_t len, uint32_t timeout_ms)
{
    const enow_link_outgoing_t message = {
        .topic = {(const uint8_t *)topic, topic == NULL ? 0 : strlen(topic)},
        .payload = {data, len},
        .acknowledge = true,
    };
    waiter_t waiter = {0};
    request_t request = {.message = &message, .waiter = &waiter};

    if (timeout_ms == 0) {
        return enow_node_queue(&message, NULL);
    }
    if (enow_driver_inside()) {
        return ESP_ERR_INVALID_STATE;
    }
    waiter.done = xSemaphoreCreateBinaryStatic(&waiter.memory);
    esp_err_t err = call(&request);
    if (err == ESP_OK) {
        if (xSemaphoreTake(waiter.done, ticks(timeout_ms)) != pdTRUE) {
            (void)enow_driver_call(give_up, &waiter); /* where that fails, who stops the driver abandons */
            (void)xSemaphoreTake(waiter.done, portMAX_DELAY);
        }
        err = waiter.err;
    }
    vSemaphoreDelete(waiter.done);
    return err;
}
