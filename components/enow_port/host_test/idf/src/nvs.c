// One partition as a table of entries. Its file has the form that nvs_partition_gen.py reads, so what makes a device's
// partition makes a program's too.
#include "esp_idf_version.h"
#include "fake.h"
#include "nvs_flash.h"
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define ENTRIES 256
#define HANDLES 16
#define VALUE_MAX 4000 // bytes of a string or blob that a page holds

// Whether a key may have values of several types, of which the first hides the others.
#define DUPLICATES (ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 1, 7))

typedef struct {
    char space[NVS_NS_NAME_MAX_SIZE];
    char key[NVS_KEY_NAME_MAX_SIZE];
    nvs_type_t type;
    size_t length;
    uint8_t *value;
} entry_t;

static pthread_mutex_t s_mutex = PTHREAD_MUTEX_INITIALIZER;
static entry_t s_entries[ENTRIES];
static size_t s_entry_count;
static struct {
    char space[NVS_NS_NAME_MAX_SIZE]; // "" is closed
    bool writes;
} s_handles[HANDLES];
static bool s_ready;
static bool s_full;
static esp_err_t s_init_error;

static void lock(void) { pthread_mutex_lock(&s_mutex); }

static esp_err_t unlock(esp_err_t err)
{
    pthread_mutex_unlock(&s_mutex);
    return err;
}

static entry_t *find(const char *space, const char *key)
{
    for (size_t i = 0; i < s_entry_count; i++) {
        if (strcmp(s_entries[i].space, space) == 0 && strcmp(s_entries[i].key, key) == 0) {
            return &s_entries[i];
        }
    }
    return NULL;
}

static void drop(entry_t *entry)
{
    free(entry->value);
    s_entry_count--;
    memmove(entry, entry + 1, (size_t)(&s_entries[s_entry_count] - entry) * sizeof *entry);
}

static void drop_all(void)
{
    while (s_entry_count != 0) {
        drop(&s_entries[0]);
    }
}

static esp_err_t put(const char *space, const char *key, nvs_type_t type, const void *value, size_t length)
{
    entry_t *entry = find(space, key);
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

/* --- the file --- */

static const struct {
    const char *name;
    nvs_type_t type;
} s_encodings[] = {
    {"u8", NVS_TYPE_U8},      {"i8", NVS_TYPE_I8},        {"u16", NVS_TYPE_U16}, {"i16", NVS_TYPE_I16},
    {"u32", NVS_TYPE_U32},    {"i32", NVS_TYPE_I32},      {"u64", NVS_TYPE_U64}, {"i64", NVS_TYPE_I64},
    {"string", NVS_TYPE_STR}, {"hex2bin", NVS_TYPE_BLOB},
};

#define ENCODINGS (sizeof s_encodings / sizeof *s_encodings)

static void bad_line(const char *path, int line, const char *why)
{
    fprintf(stderr, "FAKE_NVS: %s:%d: %s\n", path, line, why);
    abort();
}

static size_t size_of(nvs_type_t type)
{
    return (size_t)type & 0x0f; // of a number
}

static bool parse_value(const char *space, const char *key, nvs_type_t type, const char *text)
{
    uint8_t bytes[VALUE_MAX];
    size_t length = strlen(text);
    if (type == NVS_TYPE_STR) {
        return length < VALUE_MAX && put(space, key, type, text, length + 1) == ESP_OK;
    }
    if (type == NVS_TYPE_BLOB) {
        if (length % 2 != 0 || length / 2 > sizeof bytes) {
            return false;
        }
        for (size_t i = 0; i < length / 2; i++) {
            unsigned byte;
            int used = 0;
            if (sscanf(text + 2 * i, "%2x%n", &byte, &used) != 1 || used != 2) {
                return false;
            }
            bytes[i] = (uint8_t)byte;
        }
        return put(space, key, type, bytes, length / 2) == ESP_OK;
    }
    char *end;
    uint64_t number = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
    for (size_t i = 0; i < size_of(type); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return end != text && *end == '\0' && put(space, key, type, bytes, size_of(type)) == ESP_OK;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return; // A partition that was never written.
    }
    static char line[2 * VALUE_MAX + 64];
    char space[NVS_NS_NAME_MAX_SIZE] = "";
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        char *rest = line;
        char *key = strsep(&rest, ",");
        char *type = strsep(&rest, ",");
        char *encoding = strsep(&rest, ",");
        if (number == 1) {
            if (strcmp(key, "key") != 0) {
                bad_line(path, number, "expected key,type,encoding,value");
            }
            continue;
        }
        if (rest == NULL || strlen(key) >= NVS_KEY_NAME_MAX_SIZE) {
            bad_line(path, number, "expected key,type,encoding,value with a key of at most 15 characters");
        }
        if (strcmp(type, "namespace") == 0) {
            strcpy(space, key);
            continue;
        }
        size_t i = 0;
        while (i < ENCODINGS && strcmp(encoding, s_encodings[i].name) != 0) {
            i++;
        }
        if (i == ENCODINGS || strcmp(type, "data") != 0 || !parse_value(space, key, s_encodings[i].type, rest)) {
            bad_line(path, number, "a value that this cannot read");
        }
    }
    fclose(file);
}

static void write_value(FILE *file, const entry_t *entry)
{
    if (entry->type == NVS_TYPE_STR) {
        fputs((const char *)entry->value, file);
        return;
    }
    if (entry->type == NVS_TYPE_BLOB) {
        for (size_t i = 0; i < entry->length; i++) {
            fprintf(file, "%02x", entry->value[i]);
        }
        return;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < entry->length; i++) {
        number |= (uint64_t)entry->value[i] << (8 * i);
    }
    if ((entry->type & 0x10) != 0) { // signed: carries the sign into the upper bytes
        unsigned unused = 64 - 8 * (unsigned)entry->length;
        fprintf(file, "%" PRId64, (int64_t)(number << unused) >> unused);
    } else {
        fprintf(file, "%" PRIu64, number);
    }
}

// To a file beside it that then takes its place, so that a program that is killed leaves the old one or the new one.
static esp_err_t save(void)
{
    const char *path = getenv("FAKE_NVS");
    if (path == NULL) {
        return ESP_OK;
    }
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    if (file == NULL) {
        perror(beside);
        return ESP_FAIL;
    }
    fputs("key,type,encoding,value\n", file);
    const char *space = "";
    for (size_t i = 0; i < s_entry_count; i++) {
        const entry_t *entry = &s_entries[i];
        if (strcmp(entry->space, space) != 0) {
            space = entry->space;
            fprintf(file, "%s,namespace,,\n", space);
        }
        size_t e = 0;
        while (s_encodings[e].type != entry->type) {
            e++;
        }
        fprintf(file, "%s,data,%s,", entry->key, s_encodings[e].name);
        write_value(file, entry);
        fputc('\n', file);
    }
    bool written = fclose(file) == 0 && rename(beside, path) == 0;
    return written ? ESP_OK : ESP_FAIL;
}

/* --- the API --- */

esp_err_t nvs_flash_init(void)
{
    lock();
    if (s_init_error != ESP_OK) {
        return unlock(s_init_error);
    }
    const char *path = getenv("FAKE_NVS");
    if (!s_ready && path != NULL) {
        drop_all();
        load(path);
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
    s_full = false;
    s_init_error = ESP_OK;
    memset(s_handles, 0, sizeof s_handles);
    drop_all();
    return unlock(save());
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
    for (size_t i = 0; i < s_entry_count; i++) {
        exists = exists || strcmp(s_entries[i].space, namespace_name) == 0;
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

static esp_err_t set(nvs_handle_t handle, const char *key, nvs_type_t type, const void *value, size_t length)
{
    lock();
    const char *space = space_of(handle);
    if (space == NULL) {
        return unlock(ESP_ERR_NVS_INVALID_HANDLE);
    }
    if (!s_handles[handle - 1].writes) {
        return unlock(ESP_ERR_NVS_READ_ONLY);
    }
    if (key == NULL || key[0] == '\0') {
        return unlock(ESP_ERR_NVS_INVALID_NAME);
    }
    if (strlen(key) >= NVS_KEY_NAME_MAX_SIZE) {
        return unlock(ESP_ERR_NVS_KEY_TOO_LONG);
    }
    if (length > VALUE_MAX) {
        return unlock(ESP_ERR_NVS_VALUE_TOO_LONG);
    }
    return unlock(put(space, key, type, value, length));
}

// Finds the value of a key.
static esp_err_t get(nvs_handle_t handle, const char *key, nvs_type_t type, const entry_t **entry)
{
    const char *space = space_of(handle);
    if (space == NULL) {
        return ESP_ERR_NVS_INVALID_HANDLE;
    }
    *entry = find(space, key);
    return *entry == NULL || (*entry)->type != type ? ESP_ERR_NVS_NOT_FOUND : ESP_OK;
}

static esp_err_t get_number(nvs_handle_t handle, const char *key, nvs_type_t type, void *value)
{
    const entry_t *entry;
    lock();
    esp_err_t err = get(handle, key, type, &entry);
    if (err == ESP_OK) {
        memcpy(value, entry->value, entry->length);
    }
    return unlock(err);
}

static esp_err_t get_bytes(nvs_handle_t handle, const char *key, nvs_type_t type, void *value, size_t *length)
{
    const entry_t *entry;
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

static bool wanted(nvs_iterator_t iterator, const entry_t *entry)
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
    } while (it->at < s_entry_count && !wanted(it, &s_entries[it->at]));
    if (it->at < s_entry_count) {
        return unlock(ESP_OK);
    }
    free(it);
    *iterator = NULL;
    return unlock(ESP_ERR_NVS_NOT_FOUND);
}

esp_err_t nvs_entry_info(nvs_iterator_t iterator, nvs_entry_info_t *out_info)
{
    lock();
    const entry_t *entry = &s_entries[iterator->at];
    strcpy(out_info->namespace_name, entry->space);
    strcpy(out_info->key, entry->key);
    out_info->type = entry->type;
    return unlock(ESP_OK);
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
    lock();
    const char *space = space_of(handle);
    if (space == NULL) {
        return unlock(ESP_ERR_NVS_INVALID_HANDLE);
    }
    if (!s_handles[handle - 1].writes) {
        return unlock(ESP_ERR_NVS_READ_ONLY);
    }
    entry_t *entry = find(space, key);
    if (entry == NULL) {
        return unlock(ESP_ERR_NVS_NOT_FOUND);
    }
    drop(entry);
    return unlock(ESP_OK);
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    lock();
    return unlock(space_of(handle) == NULL ? ESP_ERR_NVS_INVALID_HANDLE : save());
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
    s_full = full;
    unlock(ESP_OK);
}

void fake_nvs_wipe(void) { nvs_flash_erase(); }
