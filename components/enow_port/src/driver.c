#include "enow/driver.h"

#include "enow/radio.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "radio_inbox.h"
#include "sdkconfig.h"

/** How long enow_driver_stop waits until goodbyes are sent. */
#define FAREWELL_US UINT64_C(1000000)

#if CONFIG_ENOW_PORT_TASK_CORE < 0
#define CORE tskNO_AFFINITY
#else
#define CORE CONFIG_ENOW_PORT_TASK_CORE
#endif

/** A task that waits for its call. */
typedef struct {
    SemaphoreHandle_t done;
    bool ran;
} caller_t;

typedef struct {
    void (*f)(void *arg);
    void *arg;
    /** Null: nobody waits. */
    caller_t *caller;
} call_t;

/*
 * The owner is made once and stays: between enow_driver_stop and enow_driver_start it waits for s_begin. Only one of
 * these two is under way at a time, under s_switch.
 *
 * s_open says whether it takes calls, and changes, as calls are queued, under s_gate: what is in the queue when s_open
 * turns false is answered by the owner, and nothing comes after. Each call in the queue has a place of s_room, so there
 * is always room in it.
 */
static TaskHandle_t s_owner;
static SemaphoreHandle_t s_begin, s_ended, s_gate, s_room, s_switch;
static QueueHandle_t s_calls;
static bool s_open;

/* Of the owner, while it runs. */
static enow_driver_config_t s_cfg;
static uint8_t s_body[ENOW_RADIO_MAX_FRAME];
/** Until when poll has told. */
static uint64_t s_polled_us;
/** The machine has said goodbye; the owner ends at s_leave_us at the latest. */
static bool s_leaving;
static uint64_t s_leave_us;

uint64_t enow_driver_now(void) { return (uint64_t)esp_timer_get_time(); }

bool enow_driver_inside(void) { return s_owner != NULL && xTaskGetCurrentTaskHandle() == s_owner; }

/* Tells what happened by now, and returns whether anything did. */
static bool poll(uint64_t now_us)
{
    enow_link_event_t event;
    bool told = false;

    s_polled_us = now_us;
    while (s_cfg.machine->poll(s_cfg.self, now_us, &event)) {
        s_cfg.tell(s_cfg.user, &event);
        told = true;
    }
    return told;
}

static bool take_frame(void)
{
    enow_link_frame_t frame;

    if (!enow_radio_receive(&frame)) {
        return false;
    }
    s_cfg.machine->handle(s_cfg.self, enow_driver_now(), &frame);
    (void)poll(enow_driver_now());
    return true;
}

/* Ends a call, which ran or not. */
static void answer(const call_t *call, bool ran)
{
    if (call->caller != NULL) {
        call->caller->ran = ran;
        (void)xSemaphoreGive(call->caller->done); /* the caller is gone now */
    }
    (void)xSemaphoreGive(s_room);
}

static bool take_call(void)
{
    call_t call;

    if (xQueueReceive(s_calls, &call, 0) != pdTRUE) {
        return false;
    }
    call.f(call.arg);
    answer(&call, true);
    (void)poll(enow_driver_now());
    return true;
}

/* Gives the radio the next frame, if it has none. All of it is at one moment: what became due after the machine had
 * nothing to send must stay due, for a deadline tells of it, and of a frame that waits to be asked for none does. */
static void transmit(void)
{
    enow_link_transmission_t to;

    while (!enow_radio_busy()) {
        const uint64_t now_us = enow_driver_now();

        (void)poll(now_us);
        if (enow_radio_forgot()) {
            s_cfg.machine->radio_reset(s_cfg.self);
        }
        if (s_cfg.machine->transmit(s_cfg.self, now_us, &to, s_body, enow_radio_max_frame())) {
            enow_radio_send(enow_driver_now(), &to, s_body);
        }
        if (!poll(now_us)) {
            return;
        }
    }
}

/* When there is something to do if nothing happens. */
static uint64_t deadline(void)
{
    uint64_t until_us = s_leaving ? s_leave_us : UINT64_MAX;
    uint64_t at_us;

    if (enow_radio_next_deadline(&at_us) && at_us < until_us) {
        until_us = at_us;
    }
    if (!s_cfg.machine->next_deadline(s_cfg.self, &at_us)) {
        return until_us;
    }
    if (at_us <= s_polled_us) { /* it waits for the radio, which may have refused a frame: not at once again */
        at_us = enow_radio_busy() ? UINT64_MAX : enow_driver_now() + 1;
    }
    return at_us < until_us ? at_us : until_us;
}

static bool due(void)
{
    uint64_t at_us;

    return s_cfg.machine->next_deadline(s_cfg.self, &at_us) && at_us > s_polled_us && at_us <= enow_driver_now();
}

/* Drives the machine until it has said goodbye. */
static void drive(void)
{
    (void)poll(enow_driver_now());
    while (!s_leaving || (enow_radio_busy() && enow_driver_now() < s_leave_us)) {
        enow_radio_step(enow_driver_now());
        const bool frame = take_frame();
        const bool call = take_call();
        if (due()) {
            (void)poll(enow_driver_now());
        }
        transmit();
        if (!frame && !call && (!s_leaving || enow_radio_busy())) {
            enow_radio_wait(deadline());
        }
    }
}

/* Refuses the calls that wait, and those that come. */
static void close_gate(void)
{
    call_t call;

    (void)xSemaphoreTake(s_gate, portMAX_DELAY);
    s_open = false;
    (void)xSemaphoreGive(s_gate);
    while (xQueueReceive(s_calls, &call, 0) == pdTRUE) {
        answer(&call, false);
    }
}

/* The last call that the owner takes. */
static void leave(void *arg)
{
    (void)arg;
    close_gate();
    s_leaving = true;
    s_leave_us = enow_driver_now() + FAREWELL_US;
    s_cfg.machine->goodbye(s_cfg.self);
}

static void own(void *arg)
{
    (void)arg;
    for (;;) {
        (void)xSemaphoreTake(s_begin, portMAX_DELAY);
        drive();
        (void)xSemaphoreGive(s_ended);
    }
}

/* Makes the owner and what it waits for, once. */
static void prepare(void)
{
    static StaticTask_t s_task;
    static StackType_t s_stack[CONFIG_ENOW_PORT_TASK_STACK];
    static StaticSemaphore_t s_begin_semaphore, s_ended_semaphore, s_gate_semaphore, s_room_semaphore,
        s_switch_semaphore;
    static StaticQueue_t s_calls_queue;
    static uint8_t s_calls_items[CONFIG_ENOW_PORT_CALLS * sizeof(call_t)];

    if (s_owner != NULL) {
        return;
    }
    s_begin = xSemaphoreCreateBinaryStatic(&s_begin_semaphore);
    s_ended = xSemaphoreCreateBinaryStatic(&s_ended_semaphore);
    s_gate = xSemaphoreCreateMutexStatic(&s_gate_semaphore);
    s_room = xSemaphoreCreateCountingStatic(CONFIG_ENOW_PORT_CALLS, CONFIG_ENOW_PORT_CALLS, &s_room_semaphore);
    s_switch = xSemaphoreCreateMutexStatic(&s_switch_semaphore);
    s_calls = xQueueCreateStatic(CONFIG_ENOW_PORT_CALLS, sizeof(call_t), s_calls_items, &s_calls_queue);
    s_owner = xTaskCreateStaticPinnedToCore(own, "enow", CONFIG_ENOW_PORT_TASK_STACK, NULL,
                                            CONFIG_ENOW_PORT_TASK_PRIORITY, s_stack, &s_task, CORE);
}

esp_err_t enow_driver_start(const enow_driver_config_t *cfg)
{
    esp_err_t err = ESP_ERR_INVALID_STATE;

    prepare();
    (void)xSemaphoreTake(s_switch, portMAX_DELAY);
    if (!s_open) {
        s_cfg = *cfg;
        s_leaving = false;
        (void)xSemaphoreTake(s_gate, portMAX_DELAY);
        s_open = true;
        (void)xSemaphoreGive(s_gate);
        (void)xSemaphoreGive(s_begin);
        err = ESP_OK;
    }
    (void)xSemaphoreGive(s_switch);
    return err;
}

void enow_driver_stop(void)
{
    if (s_owner == NULL || enow_driver_inside()) {
        return;
    }
    (void)xSemaphoreTake(s_switch, portMAX_DELAY);
    if (enow_driver_call(leave, NULL) == ESP_OK) {
        (void)xSemaphoreTake(s_ended, portMAX_DELAY);
    }
    (void)xSemaphoreGive(s_switch);
}

/* Queues a call, when there is room within a time. */
static esp_err_t queue(const call_t *call, TickType_t ticks)
{
    if (s_owner == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    if (xSemaphoreTake(s_room, ticks) != pdTRUE) {
        return ESP_ERR_NO_MEM;
    }
    (void)xSemaphoreTake(s_gate, portMAX_DELAY);
    const bool queued = s_open && xQueueSend(s_calls, call, 0) == pdTRUE;
    (void)xSemaphoreGive(s_gate);
    if (!queued) {
        (void)xSemaphoreGive(s_room);
        return ESP_ERR_INVALID_STATE;
    }
    enow_radio_wake();
    return ESP_OK;
}

esp_err_t enow_driver_call(void (*f)(void *arg), void *arg)
{
    StaticSemaphore_t semaphore;
    caller_t caller = {.ran = false};

    if (enow_driver_inside()) {
        f(arg);
        return ESP_OK;
    }
    caller.done = xSemaphoreCreateBinaryStatic(&semaphore);
    const esp_err_t err = queue(&(call_t){f, arg, &caller}, portMAX_DELAY);
    if (err == ESP_OK) {
        (void)xSemaphoreTake(caller.done, portMAX_DELAY);
    }
    vSemaphoreDelete(caller.done);
    return err == ESP_OK && !caller.ran ? ESP_ERR_INVALID_STATE : err;
}

esp_err_t enow_driver_post(void (*f)(void *arg), void *arg) { return queue(&(call_t){f, arg, NULL}, 0); }

uint32_t enow_driver_stack_left(void) { return s_owner == NULL ? 0 : (uint32_t)uxTaskGetStackHighWaterMark(s_owner); }
