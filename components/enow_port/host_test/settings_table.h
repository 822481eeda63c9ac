/* Whether README.md and Kconfig of a component say of its settings what its tables do: type, range and default. */
#pragma once

#include "check.h"
#include "enow/settings.h"

#include <string.h>

/* A table, and its defaults. */
typedef struct {
    const enow_settings_t *table;
    const void *config;
} settings_t;

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

/* A default as README.md writes it. */
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

/* Its type as README.md writes it, and how Kconfig begins it. */
static inline const char *settings_type(const enow_setting_t *row, const char **option)
{
    static const struct {
        const char *csv, *kconfig;
    } s_types[] = {
        [ENOW_KIND_U8] = {"u8", "int"},
        [ENOW_KIND_U16] = {"u16", "int"},
        [ENOW_KIND_U32] = {"u32", "int"},
        [ENOW_KIND_I8] = {"i8", "int"},
        [ENOW_KIND_BOOL] = {"u8, 0 or 1", "bool"},
        [ENOW_KIND_STRING] = {"string", "string"},
        [ENOW_KIND_BLOB] = {"hex2bin", "string"},
    };

    *option = s_types[row->kind].kconfig;
    return s_types[row->kind].csv;
}

static inline bool settings_has(const settings_t *all, size_t count, const char *key)
{
    bool has = false;

    for (size_t i = 0; i < count; i++) {
        has = has || enow_settings_find(all[i].table, key) != NULL;
    }
    return has;
}

#define SETTINGS_NAME "abcdefghijklmnopqrstuvwxyz0123456789_"

/* Copies the name at the beginning of a text. */
static inline void settings_copy_name(char name[16], const char *text)
{
    (void)snprintf(name, 16, "%.*s", (int)strspn(text, SETTINGS_NAME), text);
}

/* The tables of the section "Settings" have a line for each setting, and for no other. */
static inline void settings_check_readme(const char *readme, const settings_t *all, size_t count)
{
    char line[200], value[40], values[40], name[16];
    const char *option;
    const char *begin = strstr(readme, "\n## Settings\n");

    CHECK(begin != NULL, "README.md has no section of settings");
    const char *end = begin == NULL ? NULL : strstr(begin + 1, "\n## ");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < all[i].table->count; k++) {
            const enow_setting_t *row = &all[i].table->rows[k];

            settings_write_default(value, sizeof value, row, all[i].config);
            settings_write_values(values, sizeof values, row);
            (void)snprintf(line, sizeof line, "\n| `%s` | %s | %s | %s | ", row->key, value, values,
                           settings_type(row, &option));
            const char *at = begin == NULL ? NULL : strstr(begin, line);
            CHECK(at != NULL && at < end, "README.md has no line: %s%s |", line + 1, row->help);
        }
    }
    for (const char *at = begin; at != NULL && (at = strstr(at + 1, "\n| `")) != NULL && at < end;) {
        settings_copy_name(name, at + 4);
        CHECK(name[0] == '\0' || settings_has(all, count, name), /* options are in capitals */
              "README.md has a setting that there is not: %s", name);
    }
}

/* A block of Kconfig, an option or a choice, with each space as one blank; returns where the next one begins. */
static inline const char *settings_next_block(char *out, size_t size, const char *at)
{
    static const char *const s_words[] = {"config ", "choice ", "menu ", "endmenu", "endchoice"};
    size_t len = 0;
    bool first = true;

    while (*at != '\0') {
        const char *line = at + strspn(at, " \n");
        for (size_t i = 0; i < sizeof s_words / sizeof s_words[0]; i++) {
            if (!first && strncmp(line, s_words[i], strlen(s_words[i])) == 0) {
                out[len] = '\0';
                return line;
            }
        }
        first = false;
        for (at = line; *at != '\n' && *at != '\0'; at++) {
            if (len + 2 < size && (*at != ' ' || (len > 0 && out[len - 1] != ' '))) {
                out[len++] = *at;
            }
        }
        out[len++] = ' ';
    }
    out[len] = '\0';
    return at;
}

/* What follows a keyword in a block, before its help; "" where there is none. */
static inline const char *settings_word(const char *block, const char *keyword)
{
    const char *at = strstr(block, keyword);

    return at == NULL || at > strstr(block, " help ") ? "" : at + strlen(keyword);
}

/* Options of the choice that begins at text. */
static inline long long settings_options(const char *text)
{
    const char *end = strstr(text, "endchoice");
    long long count = 0;

    while ((text = strstr(text, " config ")) != NULL && text < end) {
        text++;
        count++;
    }
    return count;
}

/* Whether an option says of a number, or a bool, what the table does. */
static inline void settings_check_number(const char *block, const enow_setting_t *row, long long value)
{
    const bool on = row->kind == ENOW_KIND_BOOL;
    const char *range = settings_word(block, " range "), *text = settings_word(block, " default ");
    char *next = NULL;
    const long long min = on ? 0 : strtoll(range, &next, 0);
    long long max = on ? 1 : strtoll(next, NULL, 0);

    if (strstr(block, "Setting in NVS, up to this: ") != NULL) {
        max = value; /* of an option that says how much memory there is */
    }
    CHECK(on || *range != '\0', "Kconfig has no range of %s", row->key);
    CHECK(min == row->min && max == row->max, "Kconfig has %s from %lld to %lld, the table from %lld to %lld", row->key,
          min, max, (long long)row->min, (long long)row->max);
    CHECK(*text != '\0' && (on ? *text == 'y' : strtoll(text, NULL, 0)) == value,
          "Kconfig has the default of %s otherwise: %.12s", row->key, text);
}

/* Whether a block says of a setting what its table does; rest is the text from the next block on. */
static inline void settings_check_option(const char *block, const char *rest, const enow_setting_t *row,
                                         const void *config)
{
    char value[160], text[180];
    const char *type;

    if (strncmp(block, "choice ", 7) == 0) {
        CHECK(settings_options(rest - 1) == row->max - row->min + 1, "Kconfig has %lld choices of %s",
              settings_options(rest - 1), row->key);
        return;
    }
    (void)settings_type(row, &type);
    (void)snprintf(text, sizeof text, " %s \"", type);
    CHECK(*settings_word(block, text) != '\0' || (strcmp(type, "int") == 0 && *settings_word(block, " hex \"") != '\0'),
          "Kconfig has %s as no %s", row->key, type);
    settings_write_default(value, sizeof value, row, config);
    if (row->kind == ENOW_KIND_STRING || row->kind == ENOW_KIND_BLOB) {
        (void)snprintf(text, sizeof text, "\"%s\" ", row->kind == ENOW_KIND_BLOB ? "" : value);
        CHECK(strncmp(settings_word(block, " default "), text, strlen(text)) == 0, "Kconfig has no default %s of %s",
              text, row->key);
    } else {
        settings_check_number(block, row, row->kind == ENOW_KIND_BOOL ? value[0] == 't' : strtoll(value, NULL, 10));
    }
}

/* Whether a text has a key as a word. */
static inline bool settings_named(const char *text, const char *key)
{
    for (const char *at = text; (at = strstr(at, key)) != NULL; at++) {
        if ((at == text || strchr(" :", at[-1]) != NULL) && strspn(at, SETTINGS_NAME) == strlen(key)) {
            return true;
        }
    }
    return false;
}

/* Looks for the option whose help names a setting behind "Setting in NVS". */
static inline void settings_check_row(const char *kconfig, const enow_setting_t *row, const void *config)
{
    char block[2000];
    bool found = false;

    for (const char *at = kconfig; *at != '\0';) {
        at = settings_next_block(block, sizeof block, at);
        const char *help = strstr(block, "Setting in NVS");
        if (help != NULL && settings_named(help, row->key)) {
            found = true;
            settings_check_option(block, at, row, config);
        }
    }
    CHECK(found, "no option's help names the setting %s", row->key);
}

/* Each setting has an option with its type, range and default, and no option names a setting that there is not. except
 * names those that it is not so for. */
static inline void settings_check_kconfig(const char *kconfig, const settings_t *all, size_t count, const char *except)
{
    char block[2000], name[16];

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < all[i].table->count; k++) {
            if (!settings_named(except, all[i].table->rows[k].key)) {
                settings_check_row(kconfig, &all[i].table->rows[k], all[i].config);
            }
        }
    }
    for (const char *at = kconfig; *at != '\0';) {
        at = settings_next_block(block, sizeof block, at);
        const char *help = strstr(block, "Setting in NVS");
        if (help != NULL) {
            settings_copy_name(name, strchr(help, ':') == NULL ? help : strchr(help, ':') + 2);
            CHECK(settings_has(all, count, name), "Kconfig names a setting that there is not: %s", name);
        }
    }
}
