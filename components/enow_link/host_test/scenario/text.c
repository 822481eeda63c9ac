#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_add(text_t *text, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const int n = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (n < 0) {
        abort();
    }
    const size_t need = text->len + (size_t)n + 1;
    if (need > text->cap) {
        text->cap = 2 * need;
        text->data = (char *)realloc(text->data, text->cap);
        if (text->data == NULL) {
            abort();
        }
    }
    va_start(values, format);
    (void)vsnprintf(text->data + text->len, (size_t)n + 1, format, values);
    va_end(values);
    text->len += (size_t)n;
}

void text_clear(text_t *text)
{
    text->len = 0;
    if (text->data != NULL) {
        text->data[0] = '\0';
    }
}

void text_free(text_t *text)
{
    free(text->data);
    text->data = NULL;
    text->len = text->cap = 0;
}

const char *text_of(const text_t *text) { return text->data != NULL ? text->data : ""; }
