/* Text that grows. */
#pragma once

#include <stddef.h>

typedef struct {
    char *data; /* ends with 0; or NULL: nothing was ever added */
    size_t len;
    size_t cap;
} text_t;

void text_add(text_t *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_clear(text_t *text);
void text_free(text_t *text);

/* What there is, "" if nothing. */
const char *text_of(const text_t *text);
