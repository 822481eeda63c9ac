#include "setting_text.h"

#include <string.h>

bool enow_setting_is_number(const enow_setting_t *row)
{
    return row->kind != ENOW_KIND_STRING && row->kind != ENOW_KIND_BLOB;
}

bool enow_setting_ok(const enow_setting_t *row, int64_t number) { return number >= row->min && number <= row->max; }

void enow_setting_store(const enow_setting_t *row, int64_t number, void *config)
{
    const uint8_t u8 = (uint8_t)number;
    const uint16_t u16 = (uint16_t)number;
    const uint32_t u32 = (uint32_t)number;
    const int8_t i8 = (int8_t)number;
    const bool on = number != 0;
    const void *value = &u8;

    switch (row->kind) {
    case ENOW_KIND_U16:
        value = &u16;
        break;
    case ENOW_KIND_U32:
        value = &u32;
        break;
    case ENOW_KIND_I8:
        value = &i8;
        break;
    case ENOW_KIND_BOOL:
        value = &on;
        break;
    default:
        break;
    }
    memcpy((uint8_t *)config + row->offset, value, row->size);
}

/* Returns what must be within the limits. */
static int64_t measure(const enow_setting_t *row, const void *config)
{
    const void *field = (const uint8_t *)config + row->offset;

    switch (row->kind) {
    case ENOW_KIND_U8:
        return *(const uint8_t *)field;
    case ENOW_KIND_U16:
        return *(const uint16_t *)field;
    case ENOW_KIND_U32:
        return *(const uint32_t *)field;
    case ENOW_KIND_I8:
        return *(const int8_t *)field;
    case ENOW_KIND_BOOL:
        return *(const bool *)field ? 1 : 0;
    case ENOW_KIND_STRING: {
        const char *end = memchr(field, 0, row->size);

        return end == NULL ? row->size : end - (const char *)field;
    }
    default:
        return row->size;
    }
}

const enow_setting_t *enow_settings_wrong(const enow_settings_t *table, const void *config)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!enow_setting_ok(&table->rows[i], measure(&table->rows[i], config))) {
            return &table->rows[i];
        }
    }
    return NULL;
}

/* Reads decimal digits, behind a minus or none. */
static bool parse_number(const char *text, int64_t *number)
{
    const bool negative = *text == '-';
    int64_t n = 0;

    text += negative ? 1 : 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || n > UINT32_MAX) {
            return false;
        }
        n = 10 * n + (*text - '0');
    }
    *number = negative ? -n : n;
    return true;
}

static bool parse_bool(const char *text, int64_t *number)
{
    const bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

    *number = yes ? 1 : 0;
    return yes || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

bool enow_setting_parse(const enow_setting_t *row, const char *text, void *config)
{
    uint8_t *field = (uint8_t *)config + row->offset;
    const size_t len = strlen(text);
    int64_t number = 0;

    switch (row->kind) {
    case ENOW_KIND_STRING:
        if (!enow_setting_ok(row, (int64_t)len)) {
            return false;
        }
        memset(field, 0, row->size);
        memcpy(field, text, len);
        return true;
    case ENOW_KIND_BLOB:
        return enow_settings_hex(text, field, row->size) == ESP_OK;
    default:
        if (!(row->kind == ENOW_KIND_BOOL ? parse_bool(text, &number) : parse_number(text, &number)) ||
            !enow_setting_ok(row, number)) {
            return false;
        }
        enow_setting_store(row, number, config);
        return true;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

esp_err_t enow_settings_hex(const char *text, uint8_t *out, size_t len)
{
    if (strlen(text) != 2 * len) {
        return ESP_ERR_INVALID_ARG;
    }
    for (size_t i = 0; i < 2 * len; i++) {
        if (hex_digit(text[i]) < 0) {
            return ESP_ERR_INVALID_ARG;
        }
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
    }
    return ESP_OK;
}
