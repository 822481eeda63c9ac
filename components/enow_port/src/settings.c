#include "enow/settings.h"

#include <string.h>

#include "esp_log.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "setting_text.h"

#define TAG "enow_settings"

/** Of all settings, in NVS. */
#define NAMESPACE "enow"

/** How NVS has a setting. */
static const struct {
    nvs_type_t type;
    const char *name;
} s_types[] = {
    [ENOW_KIND_U8] = {NVS_TYPE_U8, "u8"},          [ENOW_KIND_U16] = {NVS_TYPE_U16, "u16"},
    [ENOW_KIND_U32] = {NVS_TYPE_U32, "u32"},       [ENOW_KIND_I8] = {NVS_TYPE_I8, "i8"},
    [ENOW_KIND_BOOL] = {NVS_TYPE_U8, "u8"},        [ENOW_KIND_STRING] = {NVS_TYPE_STR, "string"},
    [ENOW_KIND_BLOB] = {NVS_TYPE_BLOB, "hex2bin"},
};

static enow_settings_stats_t s_stats;

esp_err_t enow_settings_open(bool expendable)
{
    esp_err_t err = nvs_flash_init();

    if (err == ESP_OK) {
        return ESP_OK;
    }
    s_stats.unreadable++;
    if ((err == ESP_ERR_NVS_NO_FREE_PAGES || err == ESP_ERR_NVS_NEW_VERSION_FOUND) && expendable) {
        ESP_LOGW(TAG, "NVS cannot be read (%s) and is erased: what was set at run time is lost", esp_err_to_name(err));
        err = nvs_flash_erase();
        if (err == ESP_OK) {
            s_stats.erased++;
            err = nvs_flash_init();
        }
        if (err == ESP_OK) {
            return ESP_OK;
        }
    }
    ESP_LOGE(
        TAG,
        "NVS cannot be used (%s): only what is compiled in holds, and nothing that is set is kept. Check that there "
        "is a partition named nvs, erase it, and provision this device again",
        esp_err_to_name(err));
    return err;
}

/* Says what a value may be. */
static void tell_limits(const enow_setting_t *row, const char *value)
{
    const char *limits = "a number from";

    if (row->kind == ENOW_KIND_STRING) {
        limits = "a text of a length from";
    } else if (row->kind == ENOW_KIND_BLOB) {
        limits = "bytes, in a number from";
    }
    ESP_LOGW(TAG, "setting %s (%s): %s is not taken, it must be %s %ld to %ld: set it again", row->key, row->help,
             value, limits, (long)row->min, (long)row->max); /* newlib's nano format has no 64 bits */
}

static esp_err_t get_number(nvs_handle_t nvs, const enow_setting_t *row, int64_t *number)
{
    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    int8_t i8 = 0;
    esp_err_t err;

    switch (row->kind) {
    case ENOW_KIND_U16:
        err = nvs_get_u16(nvs, row->key, &u16);
        *number = u16;
        return err;
    case ENOW_KIND_U32:
        err = nvs_get_u32(nvs, row->key, &u32);
        *number = u32;
        return err;
    case ENOW_KIND_I8:
        err = nvs_get_i8(nvs, row->key, &i8);
        *number = (int)i8;
        return err;
    default:
        err = nvs_get_u8(nvs, row->key, &u8);
        *number = u8;
        return err;
    }
}

/* Reads a string or a blob, or, where field is null, how long it is, a string without its end. */
static esp_err_t get_bytes(nvs_handle_t nvs, const enow_setting_t *row, void *field, size_t *len)
{
    if (row->kind == ENOW_KIND_BLOB) {
        return nvs_get_blob(nvs, row->key, field, len);
    }
    const esp_err_t err = nvs_get_str(nvs, row->key, field, len);
    *len -= *len > 0 ? 1 : 0;
    return err;
}

/* Its size is checked before anything is written into the struct. */
static esp_err_t load_bytes(nvs_handle_t nvs, const enow_setting_t *row, void *config)
{
    size_t len = 0;
    esp_err_t err = get_bytes(nvs, row, NULL, &len);

    if (err == ESP_OK && !enow_setting_ok(row, (int64_t)len)) {
        return ESP_ERR_INVALID_SIZE;
    }
    if (err == ESP_OK) {
        len = row->size;
        err = get_bytes(nvs, row, (uint8_t *)config + row->offset, &len);
    }
    return err;
}

static esp_err_t load_number(nvs_handle_t nvs, const enow_setting_t *row, void *config)
{
    int64_t number = 0;
    const esp_err_t err = get_number(nvs, row, &number);

    if (err == ESP_OK && !enow_setting_ok(row, number)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err == ESP_OK) {
        enow_setting_store(row, number, config);
    }
    return err;
}

static void load(nvs_handle_t nvs, const enow_setting_t *row, nvs_type_t type, void *config)
{
    if (type != s_types[row->kind].type) {
        s_stats.bad++;
        ESP_LOGW(TAG,
                 "setting %s (%s): what NVS has is of another type and not taken, it must be of type %s: set it again",
                 row->key, row->help, s_types[row->kind].name);
        return;
    }
    const esp_err_t err = enow_setting_is_number(row) ? load_number(nvs, row, config) : load_bytes(nvs, row, config);
    if (err != ESP_OK && err != ESP_ERR_NVS_NOT_FOUND) { /* hidden by one of another type, which is told */
        s_stats.bad++;
        tell_limits(row, "what NVS has");
    }
}

/* By what is there, not by key: a value of another type is not found by its key. */
void enow_settings_load(const enow_settings_t *table, void *config)
{
    nvs_handle_t nvs;
    nvs_iterator_t entries = NULL;
    esp_err_t err = nvs_open(NAMESPACE, NVS_READONLY, &nvs);
    const bool opened = err == ESP_OK;

    if (opened) {
        err = nvs_entry_find(NVS_DEFAULT_PART_NAME, NAMESPACE, NVS_TYPE_ANY, &entries);
    }
    for (; err == ESP_OK; err = nvs_entry_next(&entries)) {
        nvs_entry_info_t entry;

        (void)nvs_entry_info(entries, &entry);
        const enow_setting_t *row = enow_settings_find(table, entry.key);
        if (row != NULL) {
            load(nvs, row, entry.type, config);
        }
    }
    if (opened) {
        nvs_close(nvs);
    }
    if (err != ESP_ERR_NVS_NOT_FOUND) { /* which is the end, or that nothing was ever set */
        ESP_LOGW(TAG, "settings in NVS cannot be read (%s): those that are compiled in hold", esp_err_to_name(err));
    }
}

/* Removes values of other types: ESP-IDF before 5.1.7 would keep them, and hide the new one behind them. */
static void make_way(nvs_handle_t nvs, const enow_setting_t *row)
{
    int64_t number;
    size_t len = 0;

    if ((enow_setting_is_number(row) ? get_number(nvs, row, &number) : get_bytes(nvs, row, NULL, &len)) ==
        ESP_ERR_NVS_NOT_FOUND) {
        while (nvs_erase_key(nvs, row->key) == ESP_OK) {
        }
    }
}

/* Keeps what stands in the struct. */
static esp_err_t save(const enow_setting_t *row, const void *config)
{
    const void *field = (const uint8_t *)config + row->offset;
    nvs_handle_t nvs;
    esp_err_t err = nvs_open(NAMESPACE, NVS_READWRITE, &nvs);

    if (err != ESP_OK) {
        return err;
    }
    make_way(nvs, row);
    switch (row->kind) {
    case ENOW_KIND_U8:
        err = nvs_set_u8(nvs, row->key, *(const uint8_t *)field);
        break;
    case ENOW_KIND_U16:
        err = nvs_set_u16(nvs, row->key, *(const uint16_t *)field);
        break;
    case ENOW_KIND_U32:
        err = nvs_set_u32(nvs, row->key, *(const uint32_t *)field);
        break;
    case ENOW_KIND_I8:
        err = nvs_set_i8(nvs, row->key, *(const int8_t *)field);
        break;
    case ENOW_KIND_BOOL:
        err = nvs_set_u8(nvs, row->key, *(const bool *)field ? 1 : 0);
        break;
    case ENOW_KIND_STRING:
        err = nvs_set_str(nvs, row->key, field);
        break;
    case ENOW_KIND_BLOB:
        err = nvs_set_blob(nvs, row->key, field, row->size);
        break;
    }
    if (err == ESP_OK) {
        err = nvs_commit(nvs);
    }
    nvs_close(nvs);
    return err;
}

esp_err_t enow_settings_set(const enow_settings_t *table, void *config, const char *key, const char *text)
{
    const enow_setting_t *row = enow_settings_find(table, key);

    if (row == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    if (!enow_setting_parse(row, text, config)) {
        tell_limits(row, "the new value");
        return ESP_ERR_INVALID_ARG;
    }
    const esp_err_t err = save(row, config);
    if (err != ESP_OK) {
        s_stats.unsaved++;
        ESP_LOGE(
            TAG,
            "setting %s holds until the next start only, for NVS cannot keep it (%s): make its partition larger, or "
            "erase it and provision this device again",
            row->key, esp_err_to_name(err));
    }
    return err;
}

const enow_setting_t *enow_settings_find(const enow_settings_t *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].key, key) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

void enow_settings_stats(enow_settings_stats_t *out) { *out = s_stats; }
