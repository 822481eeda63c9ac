/* The entries of the partition. By who holds the lock of nvs.c. */
#pragma once

#include "nvs.h"

#define NVS_VALUE_MAX 4000 // bytes of a string or blob that a page holds

typedef struct {
    char space[NVS_NS_NAME_MAX_SIZE];
    char key[NVS_KEY_NAME_MAX_SIZE];
    nvs_type_t type;
    size_t length;
    uint8_t *value;
} nvs_entry_t;

size_t nvs_entries_count(void);
nvs_entry_t *nvs_entries_at(size_t i);
/* Returns the first of a key, or NULL. */
nvs_entry_t *nvs_entries_find(const char *space, const char *key);
esp_err_t nvs_entries_put(const char *space, const char *key, nvs_type_t type, const void *value, size_t length);
void nvs_entries_drop(nvs_entry_t *entry);
void nvs_entries_drop_all(void);
/* Whether there is no room for anything more. */
void nvs_entries_full(bool full);
