/* What was logged: a test keeps it apart, to look for what people are told. */
#pragma once

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"

static char log_text[65536];
static size_t log_len;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static int log_line(const char *format, va_list args)
{
    (void)pthread_mutex_lock(&log_lock);
    const int n = vsnprintf(log_text + log_len, sizeof log_text - log_len, format, args);
    if (n > 0) {
        log_len += (size_t)n;
        log_len = log_len < sizeof log_text ? log_len : sizeof log_text - 1;
    }
    (void)pthread_mutex_unlock(&log_lock);
    return n;
}

/* Forgets what was logged, and keeps what comes. */
static inline void log_clear(void)
{
    (void)esp_log_set_vprintf(log_line);
    (void)pthread_mutex_lock(&log_lock);
    log_len = 0;
    log_text[0] = '\0';
    (void)pthread_mutex_unlock(&log_lock);
}

/* How often a text was logged. */
static inline unsigned log_count(const char *text)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&log_lock);
    for (const char *at = log_text; (at = strstr(at, text)) != NULL; at += strlen(text)) {
        count++;
    }
    (void)pthread_mutex_unlock(&log_lock);
    return count;
}
