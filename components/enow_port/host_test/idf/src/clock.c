#include "clock.h"

static int64_t s_start_us;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

__attribute__((constructor)) static void start(void) { s_start_us = now_us(); }

void clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

int64_t clock_us(void) { return now_us() - s_start_us; }

struct timespec clock_in_us(int64_t us)
{
    int64_t moment = now_us() + us;
    return (struct timespec){.tv_sec = (time_t)(moment / 1000000), .tv_nsec = (long)(moment % 1000000) * 1000};
}

struct timespec clock_in_ticks(TickType_t ticks) { return clock_in_us((int64_t)ticks * 1000000 / configTICK_RATE_HZ); }

bool clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, TickType_t ticks, const struct timespec *moment)
{
    if (ticks == portMAX_DELAY) {
        return pthread_cond_wait(cond, mutex) == 0;
    }
    return ticks != 0 && pthread_cond_timedwait(cond, mutex, moment) == 0;
}
