#include "esp_log.h"
#include "clock.h"
#include <stdio.h>
#include <string.h>

#define TAGS 32

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static esp_log_level_t s_default = CONFIG_LOG_DEFAULT_LEVEL;
static struct {
    char tag[32];
    esp_log_level_t level;
} s_tags[TAGS];
static size_t s_tag_count;

static int print(const char *format, va_list arguments) { return vfprintf(stderr, format, arguments); }

static vprintf_like_t s_print = print;

vprintf_like_t esp_log_set_vprintf(vprintf_like_t func)
{
    pthread_mutex_lock(&s_mutex);
    vprintf_like_t was = s_print;
    s_print = func;
    pthread_mutex_unlock(&s_mutex);
    return was;
}

static size_t find(const char *tag)
{
    size_t i = 0;
    while (i < s_tag_count && strcmp(s_tags[i].tag, tag) != 0) {
        i++;
    }
    return i;
}

void esp_log_level_set(const char *tag, esp_log_level_t level)
{
    pthread_mutex_lock(&s_mutex);
    if (strcmp(tag, "*") == 0) {
        s_default = level;
        s_tag_count = 0;
    } else {
        size_t i = find(tag);
        if (i == s_tag_count) {
            if (i == TAGS || strlen(tag) >= sizeof s_tags[i].tag) {
                fprintf(stderr, "esp_log_level_set: no room for the tag %s\n", tag);
                abort();
            }
            strcpy(s_tags[i].tag, tag);
            s_tag_count++;
        }
        s_tags[i].level = level;
    }
    pthread_mutex_unlock(&s_mutex);
}

static esp_log_level_t level_of(const char *tag)
{
    size_t i = find(tag);
    return i < s_tag_count ? s_tags[i].level : s_default;
}

uint32_t esp_log_timestamp(void) { return (uint32_t)(clock_us() / 1000); }

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&s_mutex);
    if (level <= level_of(tag)) {
        s_print(format, arguments);
    }
    pthread_mutex_unlock(&s_mutex);
    va_end(arguments);
}
