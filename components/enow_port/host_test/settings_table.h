/* Whether the documents of a component say of its settings what its tables do. */
#pragma once

#include "check.h"
#include "enow/settings.h"
#include <string.h>

/* A file of the component, as text. */
static inline const char *settings_file(const char *folder, const char *name)
{
    static char text[1 << 17];
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL, "%s", path);
    const size_t len = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

/* A value as README.md writes it. */
static inline void settings_write_default(char *out, size_t size, const enow_setting_t *row, const void *config)
{
    const uint8_t *at = (const uint8_t *)config + row->offset;

    switch (row->kind) {
    case ENOW_KIND_U8:
        (void)snprintf(out, size, "%u", *at);
        break;
    case ENOW_KIND_I8:
        (void)snprintf(out, size, "%d", *(const int8_t *)at);
        break;
    case ENOW_KIND_U16:
        (void)snprintf(out, size, "%u", *(const uint16_t *)(const void *)at);
        break;
    case ENOW_KIND_U32:
        (void)snprintf(out, size, "%lu", (unsigned long)*(const uint32_t *)(const void *)at);
        break;
    case ENOW_KIND_BOOL:
        (void)snprintf(out, size, "%s", *at != 0 ? "true" : "false");
        break;
    case ENOW_KIND_STRING:
        (void)snprintf(out, size, "%s", (const char *)at);
        break;
    case ENOW_KIND_BLOB:
        (void)snprintf(out, size, "none");
        break;
    }
}

/* Its values as README.md writes them. */
static inline void settings_write_values(char *out, size_t size, const enow_setting_t *row)
{
    if (row->kind == ENOW_KIND_BOOL) {
        (void)snprintf(out, size, "true, false");
    } else if (row->kind == ENOW_KIND_BLOB) {
        (void)snprintf(out, size, "%u hexadecimal digits", 2u * row->size);
    } else if (row->kind == ENOW_KIND_STRING) {
        (void)snprintf(out, size, "%lld characters", (long long)row->max);
    } else {
        (void)snprintf(out, size, "%lld..%lld", (long long)row->min, (long long)row->max);
    }
}

/* Each setting has its line in README.md, with its default and what it may be. */
static inline void settings_check_readme(const char *readme, const enow_settings_t *table, const void *config)
{
    char line[160], value[40], values[40];

    for (size_t i = 0; i < table->count; i++) {
        const enow_setting_t *row = &table->rows[i];

        settings_write_default(value, sizeof value, row, config);
        settings_write_values(values, sizeof values, row);
        (void)snprintf(line, sizeof line, "| `%s` | %s | %s | ", row->key, value, values);
        CHECK(strstr(readme, line) != NULL, "README.md has no line: %s%s |", line, row->help);
    }
}
