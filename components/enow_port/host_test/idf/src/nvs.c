// One partition as a table of entries.
#include "fake.h"
#include "nvs_entries.h"
#include "nvs_file.h"
#include "nvs_flash.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDLES 16

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char space[NVS_NS_NAME_MAX_SIZE]; // "" is closed
    bool writes;
} s_handles[HANDLES];
static bool s_ready;
static esp_err_t s_init_error;

static void lock(void) { pthread_mutex_lock(&s_mutex); }

static esp_err_t unlock(esp_err_t err)
{
    pthread_mutex_unlock(&s_mutex);
    return err;
}

esp_err_t nvs_flash_init(void)
{
    lock();
    if (s_init_error != ESP_OK) {
        return unlock(s_init_error);
    }
    if (!s_ready) {
        nvs_file_load();
    }
    s_ready = true;
    return unlock(ESP_OK);
}

esp_err_t nvs_flash_deinit(void)
{
    lock();
    bool was = s_ready;
    s_ready = false;
    memset(s_handles, 0, sizeof s_handles);
    return unlock(was ? ESP_OK : ESP_ERR_NVS_NOT_INITIALIZED);
}

esp_err_t nvs_flash_erase(void)
{
    lock();
    s_ready = false;
    nvs_entries_full(false);
    s_init_error = ESP_OK;
    memset(s_handles, 0, sizeof s_handles);
    nvs_entries_drop_all();
    return unlock(nvs_file_save());
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle)
{
    if (namespace_name == NULL || namespace_name[0] == '\0' || strlen(namespace_name) >= NVS_NS_NAME_MAX_SIZE) {
        return ESP_ERR_NVS_INVALID_NAME;
    }
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_NVS_NOT_INITIALIZED);
    }
    bool exists = false;
    for (size_t i = 0; i < nvs_entries_count(); i++) {
        exists = exists || strcmp(nvs_entries_at(i)->space, namespace_name) == 0;
    }
    if (!exists && open_mode == NVS_READONLY) {
        return unlock(ESP_ERR_NVS_NOT_FOUND);
    }
    for (size_t i = 0; i < HANDLES; i++) {
        if (s_handles[i].space[0] == '\0') {
            strcpy(s_handles[i].space, namespace_name);
            s_handles[i].writes = open_mode == NVS_READWRITE;
            *out_handle = (nvs_handle_t)i + 1;
            return unlock(ESP_OK);
        }
    }
    fputs("nvs_open: too many open handles: close them\n", stderr);
    abort();
}

static const char *space_of(nvs_handle_t handle)
{
    if (handle == 0 || handle > HANDLES || s_handles[handle - 1].space[0] == '\0') {
        return NULL;
    }
    return s_handles[handle - 1].space;
}

// Fills in the namespace of a handle that may write.
static esp_err_t writable(nvs_handle_t handle, const char **space)
{
    *space = space_of(handle);
    if (*space == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    return s_handles[handle - 1].writes ? ESP_OK : ESP_ERR_NVS_READ_ONLY;
}

static esp_err_t set(nvs_handle_t handle, const char *key, nvs_type_t type, const void *value, size_t length)
{
    lock();
    const char *space;
    const esp_err_t err = writable(handle, &space);
    if (err != ESP_OK) {
        return unlock(err);
    }
    if (key == NULL || key[0] == '\0') {
        return unlock(ESP_ERR_NVS_INVALID_NAME);
    }
    if (strlen(key) >= NVS_KEY_NAME_MAX_SIZE) {
        return unlock(ESP_ERR_NVS_KEY_TOO_LONG);
    }
    if (length > NVS_VALUE_MAX) {
        return unlock(ESP_ERR_NVS_VALUE_TOO_LONG);
    }
    return unlock(nvs_entries_put(space, key, type, value, length));
}

// Finds the value of a key.
static esp_err_t get(nvs_handle_t handle, const char *key, nvs_type_t type, const nvs_entry_t **entry)
{
    const char *space = space_of(handle);
    if (space == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    *entry = nvs_entries_find(space, key);
    return *entry == NULL || (*entry)->type != type ? ESP_ERR_NVS_NOT_FOUND : ESP_OK;
}

static esp_err_t get_number(nvs_handle_t handle, const char *key, nvs_type_t type, void *value)
{
    const nvs_entry_t *entry;
    lock();
    esp_err_t err = get(handle, key, type, &entry);
    if (err == ESP_OK) {
        memcpy(value, entry->value, entry->length);
    }
    return unlock(err);
}

static esp_err_t get_bytes(nvs_handle_t handle, const char *key, nvs_type_t type, void *value, size_t *length)
{
    const nvs_entry_t *entry;
    lock();
    esp_err_t err = get(handle, key, type, &entry);
    if (err != ESP_OK) {
        return unlock(err);
    }
    if (value != NULL) {
        if (*length < entry->length) {
            *length = entry->length;
            return unlock(ESP_ERR_NVS_INVALID_LENGTH);
        }
        if (entry->length != 0) {
            memcpy(value, entry->value, entry->length);
        }
    }
    *length = entry->length;
    return unlock(ESP_OK);
}

#define NUMBER(name, ctype, type)                                                                                      \
    esp_err_t nvs_set_##name(nvs_handle_t handle, const char *key, ctype value)                                        \
    {                                                                                                                  \
        return set(handle, key, type, &value, sizeof value);                                                           \
    }                                                                                                                  \
    esp_err_t nvs_get_##name(nvs_handle_t handle, const char *key, ctype *out_value)                                   \
    {                                                                                                                  \
        return get_number(handle, key, type, out_value);                                                               \
    }

NUMBER(i8, int8_t, NVS_TYPE_I8)
NUMBER(u8, uint8_t, NVS_TYPE_U8)
NUMBER(i16, int16_t, NVS_TYPE_I16)
NUMBER(u16, uint16_t, NVS_TYPE_U16)
NUMBER(i32, int32_t, NVS_TYPE_I32)
NUMBER(u32, uint32_t, NVS_TYPE_U32)
NUMBER(i64, int64_t, NVS_TYPE_I64)
NUMBER(u64, uint64_t, NVS_TYPE_U64)

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value)
{
    return set(handle, key, NVS_TYPE_STR, value, strlen(value) + 1);
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
    return set(handle, key, NVS_TYPE_BLOB, value, length);
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length)
{
    return get_bytes(handle, key, NVS_TYPE_STR, out_value, length);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length)
{
    return get_bytes(handle, key, NVS_TYPE_BLOB, out_value, length);
}

struct nvs_opaque_iterator_t {
    char space[NVS_NS_NAME_MAX_SIZE]; // "": any
    nvs_type_t type;
    size_t at;
};

esp_err_t nvs_entry_find(const char *part_name, const char *namespace_name, nvs_type_t type,
                         nvs_iterator_t *output_iterator)
{
    *output_iterator = NULL;
    if (!s_ready || strcmp(part_name, NVS_DEFAULT_PART_NAME) != 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    nvs_iterator_t iterator = calloc(1, sizeof *iterator);
    if (iterator == NULL) {
        return ESP_ERR_NO_MEM;
    }
    snprintf(iterator->space, sizeof iterator->space, "%s", namespace_name == NULL ? "" : namespace_name);
    iterator->type = type;
    iterator->at = SIZE_MAX;
    *output_iterator = iterator;
    return nvs_entry_next(output_iterator);
}

static bool wanted(nvs_iterator_t iterator, const nvs_entry_t *entry)
{
    return (iterator->space[0] == '\0' || strcmp(iterator->space, entry->space) == 0) &&
           (iterator->type == NVS_TYPE_ANY || iterator->type == entry->type);
}

esp_err_t nvs_entry_next(nvs_iterator_t *iterator)
{
    nvs_iterator_t it = *iterator;
    lock();
    do {
        it->at++;
    } while (it->at < nvs_entries_count() && !wanted(it, nvs_entries_at(it->at)));
    if (it->at < nvs_entries_count()) {
        return unlock(ESP_OK);
    }
    free(it);
    *iterator = NULL;
    return unlock(ESP_ERR_NVS_NOT_FOUND);
}

esp_err_t nvs_entry_info(nvs_iterator_t iterator, nvs_entry_info_t *out_info)
{
    lock();
    const nvs_entry_t *entry = nvs_entries_at(iterator->at);
    strcpy(out_info->namespace_name, entry->space);
    strcpy(out_info->key, entry->key);
    out_info->type = entry->type;
    return unlock(ESP_OK);
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
    lock();
    const char *space;
    const esp_err_t err = writable(handle, &space);
    if (err != ESP_OK) {
        return unlock(err);
    }
    nvs_entry_t *entry = nvs_entries_find(space, key);
    if (entry == NULL) {
        return unlock(ESP_ERR_NVS_NOT_FOUND);
    }
    nvs_entries_drop(entry);
    return unlock(ESP_OK);
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    lock();
    return unlock(space_of(handle) == NULL ? ESP_ERR_NVS_INVALID_HANDLE : nvs_file_save());
}

void nvs_close(nvs_handle_t handle)
{
    lock();
    if (space_of(handle) != NULL) {
        s_handles[handle - 1].space[0] = '\0';
    }
    unlock(ESP_OK);
}

/* --- faults --- */

void fake_nvs_init_fails(esp_err_t error)
{
    lock();
    s_init_error = error;
    unlock(ESP_OK);
}

void fake_nvs_full(bool full)
{
    lock();
    nvs_entries_full(full);
    unlock(ESP_OK);
}

void fake_nvs_wipe(void) { nvs_flash_erase(); }
