/*
 * The driver of one machine of the link (enow/link.h): one task, the owner, feeds it what the radio (enow/radio.h)
 * receives, the calls of other tasks and the passing of time, and has the radio send what it gives.
 *
 *   static void publish(void *request) { ... enow_link_node_publish(node, enow_driver_now(), ...) ... }
 *
 *   enow_driver_start(&cfg);
 *   enow_driver_call(publish, &request);  // from any task
 *
 * Nobody else touches the machine. Start Wi-Fi and the radio before, and stop them after.
 */
#pragma once

#include "enow/link.h"
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a driver needs of a node or a gateway: its functions, with the machine as self. */
typedef struct {
    void (*handle)(void *self, uint64_t now_us, const enow_link_frame_t *frame);
    bool (*poll)(void *self, uint64_t now_us, enow_link_event_t *event);
    bool (*transmit)(void *self, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf, size_t cap);
    bool (*next_deadline)(const void *self, uint64_t *at_us);
    void (*radio_reset)(void *self);
    /** Says goodbye; the driver sends what follows, and stops. */
    void (*goodbye)(void *self);
} enow_machine_t;

/** How a driver is configured. */
typedef struct {
    /** Stays the caller's, and unchanged, until the driver has stopped; so does self. */
    const enow_machine_t *machine;
    void *self;
    /** Told of each event, in the owner. What the event points to is valid until tell returns. It must not wait for
     * anything, for nothing is received or sent meanwhile. */
    void (*tell)(void *user, const enow_link_event_t *event);
    void *user;
} enow_driver_config_t;

/** Microseconds since the start of the chip: the time that the machine is given. */
uint64_t enow_driver_now(void);

/** Starts the owner. tell may be called before it returns. Returns ESP_OK, or ESP_ERR_INVALID_STATE if it runs already.
 */
esp_err_t enow_driver_start(const enow_driver_config_t *cfg);

/** Has the machine say goodbye, sends that for 1 s at most, and ends. All calls that wait return ESP_ERR_INVALID_STATE;
 * what was posted and has not run is dropped. When it returns the machine is used by nobody. From any task but the
 * owner; without an owner it does nothing. */
void enow_driver_stop(void);

/** Has the owner run f(arg), and waits until it has; within the owner, such as in tell, f runs at once. Returns ESP_OK,
 * or ESP_ERR_INVALID_STATE, and f does not run, without an owner. */
esp_err_t enow_driver_call(void (*f)(void *arg), void *arg);

/** Has the owner run f(arg) soon, and does not wait. Returns ESP_OK; ESP_ERR_INVALID_STATE without an owner;
 * ESP_ERR_NO_MEM where CONFIG_ENOW_PORT_CALLS others wait. */
esp_err_t enow_driver_post(void (*f)(void *arg), void *arg);

/** Bytes of the owner's stack that it has never used, of CONFIG_ENOW_PORT_TASK_STACK. */
uint32_t enow_driver_stack_left(void);

/** Whether this task is the owner: then it must not wait for what only the owner can do. */
bool enow_driver_inside(void);

#ifdef __cplusplus
}
#endif
