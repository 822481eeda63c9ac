// Its form is what nvs_partition_gen.py reads, so what makes a device's partition makes a program's too.
#include "nvs_file.h"
#include "nvs_entries.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    uint8_t bytes[NVS_VALUE_MAX];
    size_t length = strlen(text);
    if (type == NVS_TYPE_STR) {
        return length < NVS_VALUE_MAX && nvs_entries_put(space, key, type, text, length + 1) == ESP_OK;
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
        return nvs_entries_put(space, key, type, bytes, length / 2) == ESP_OK;
    }
    char *end;
    uint64_t number = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
    for (size_t i = 0; i < size_of(type); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return end != text && *end == '\0' && nvs_entries_put(space, key, type, bytes, size_of(type)) == ESP_OK;
}

void nvs_file_load(void)
{
    const char *path = getenv("FAKE_NVS");
    if (path == NULL) {
        return;
    }
    nvs_entries_drop_all();
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return; // A partition that was never written.
    }
    static char line[2 * NVS_VALUE_MAX + 64];
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

static void write_value(FILE *file, const nvs_entry_t *entry)
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

// By a file beside it that then takes its place, so that a program that is killed leaves the old one or the new one.
esp_err_t nvs_file_save(void)
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
    for (size_t i = 0; i < nvs_entries_count(); i++) {
        const nvs_entry_t *entry = nvs_entries_at(i);
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
