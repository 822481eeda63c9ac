#include "esp_timer.h"
#include "clock.h"
#include "freertos/task.h"

struct esp_timer {
    struct esp_timer *next;
    esp_timer_cb_t callback;
    void *argument;
    int64_t due_us; // 0 is not started
};

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t s_changed;
static pthread_once_t s_once = PTHREAD_ONCE_INIT;
static struct esp_timer *s_timers;

static struct esp_timer *earliest(void)
{
    struct esp_timer *first = NULL;
    for (struct esp_timer *timer = s_timers; timer != NULL; timer = timer->next) {
        if (timer->due_us != 0 && (first == NULL || timer->due_us < first->due_us)) {
            first = timer;
        }
    }
    return first;
}

static void run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&s_mutex);
    for (;;) {
        struct esp_timer *timer = earliest();
        if (timer == NULL) {
            pthread_cond_wait(&s_changed, &s_mutex);
            continue;
        }
        int64_t left = timer->due_us - clock_us();
        if (left > 0) {
            struct timespec moment = clock_in_us(left);
            pthread_cond_timedwait(&s_changed, &s_mutex, &moment);
            continue;
        }
        timer->due_us = 0;
        esp_timer_cb_t callback = timer->callback;
        void *argument = timer->argument;
        pthread_mutex_unlock(&s_mutex);
        callback(argument);
        pthread_mutex_lock(&s_mutex);
    }
}

static void init(void)
{
    clock_cond_init(&s_changed);
    xTaskCreate(run, "esp_timer", 4096, NULL, 22, NULL);
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args, esp_timer_handle_t *out_handle)
{
    if (create_args == NULL || create_args->callback == NULL || out_handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    pthread_once(&s_once, init);
    struct esp_timer *timer = calloc(1, sizeof *timer);
    if (timer == NULL) {
        return ESP_ERR_NO_MEM;
    }
    timer->callback = create_args->callback;
    timer->argument = create_args->arg;
    pthread_mutex_lock(&s_mutex);
    timer->next = s_timers;
    s_timers = timer;
    pthread_mutex_unlock(&s_mutex);
    *out_handle = timer;
    return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    pthread_mutex_lock(&s_mutex);
    bool active = timer->due_us != 0;
    if (!active) {
        timer->due_us = clock_us() + (int64_t)timeout_us;
        pthread_cond_signal(&s_changed);
    }
    pthread_mutex_unlock(&s_mutex);
    return active ? ESP_ERR_INVALID_STATE : ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    pthread_mutex_lock(&s_mutex);
    bool active = timer->due_us != 0;
    timer->due_us = 0;
    pthread_mutex_unlock(&s_mutex);
    return active ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer)
{
    if (timer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    pthread_mutex_lock(&s_mutex);
    bool active = timer->due_us != 0;
    if (!active) {
        struct esp_timer **link = &s_timers;
        while (*link != timer) {
            link = &(*link)->next;
        }
        *link = timer->next;
    }
    pthread_mutex_unlock(&s_mutex);
    if (active) {
        return ESP_ERR_INVALID_STATE;
    }
    free(timer);
    return ESP_OK;
}

int64_t esp_timer_get_time(void) { return clock_us(); }
