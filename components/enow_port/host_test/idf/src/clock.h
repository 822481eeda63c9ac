/* Time-outs on the clock that no one sets. */
#pragma once

#include "freertos/FreeRTOS.h"
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/** A condition whose waits are on this clock. */
void clock_cond_init(pthread_cond_t *cond);

/** Microseconds since the program started. */
int64_t clock_us(void);

/** The moment so many ticks, or microseconds, from now. */
struct timespec clock_in_ticks(TickType_t ticks);
struct timespec clock_in_us(int64_t us);

/** Waits until cond is signalled, or for ever if ticks is portMAX_DELAY; false once the moment has passed. */
bool clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, TickType_t ticks, const struct timespec *moment);
