#include "nvs_entries.h"
#include "esp_idf_version.h"
#include <stdlib.h>
#include <string.h>

#define ENTRIES 256

// Whether a key may have values of several types, of which the first hides the others.
#define DUPLICATES (ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 1, 7))

static nvs_entry_t s_entries[ENTRIES];
static size_t s_entry_count;
static bool s_full;

size_t nvs_entries_count(void) { return s_entry_count; }

nvs_entry_t *nvs_entries_at(size_t i) { return &s_entries[i]; }

nvs_entry_t *nvs_entries_find(const char *space, const char *key)
{
    for (size_t i = 0; i < s_entry_count; i++) {
        if (strcmp(s_entries[i].space, space) == 0 && strcmp(s_entries[i].key, key) == 0) {
            return &s_entries[i];
        }
    }
    return NULL;
}

void nvs_entries_drop(nvs_entry_t *entry)
{
    free(entry->value);
    s_entry_count--;
    memmove(entry, entry + 1, (size_t)(&s_entries[s_entry_count] - entry) * sizeof *entry);
}

void nvs_entries_drop_all(void)
{
    while (s_entry_count != 0) {
        nvs_entries_drop(&s_entries[0]);
    }
}

esp_err_t nvs_entries_put(const char *space, const char *key, nvs_type_t type, const void *value, size_t length)
{
    nvs_entry_t *entry = nvs_entries_find(space, key);
    if (DUPLICATES && entry != NULL && entry->type != type) {
        entry = NULL;
    }
    if (s_full || (entry == NULL && s_entry_count == ENTRIES)) {
        return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
    }
    uint8_t *copy = malloc(length + 1);
    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    if (length != 0) {
        memcpy(copy, value, length);
    }
    if (entry == NULL) {
        entry = &s_entries[s_entry_count++];
        strcpy(entry->space, space);
        strcpy(entry->key, key);
    } else {
        free(entry->value);
    }
    entry->type = type;
    entry->value = copy;
    entry->length = length;
    return ESP_OK;
}

void nvs_entries_full(bool full) { s_full = full; }
