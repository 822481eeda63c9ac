/*
 * Settings by name: kept in NVS, namespace "enow", over defaults that are compiled in. A table says which there are,
 * what they may be, and where each stands in a struct.
 *
 *   typedef struct { uint16_t keep_alive_s; char name[33]; uint8_t key[32]; } config_t;
 *   static const enow_setting_t rows[] = {
 *       ENOW_SETTING_U16(config_t, keep_alive_s, 1, 65535, "seconds of silence until the gateway forgets the device"),
 *       ENOW_SETTING_STRING(config_t, name, 0, "what the device is called"),
 *       ENOW_SETTING_BLOB(config_t, key, "the device's key"),
 *   };
 *   static const enow_settings_t table = {rows, sizeof rows / sizeof rows[0]};
 *
 *   config_t cfg = {.keep_alive_s = CONFIG_KEEP_ALIVE_S};   // the defaults
 *   enow_settings_open(false);
 *   enow_settings_load(&table, &cfg);                       // what NVS says
 *   enow_settings_set(&table, &cfg, "keep_alive_s", "300"); // checked, set and kept
 *
 * The name of a member is its key in NVS: 15 characters at most. What NVS has and may not be is said in the log and
 * counted, and the default stays. Values are never logged, since some are secrets.
 *
 * Threads: any task; the struct is the caller's to guard.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ENOW_KIND_U8 = 1,
    ENOW_KIND_U16 = 2,
    ENOW_KIND_U32 = 3,
    ENOW_KIND_I8 = 4,
    /** In NVS a u8 of 0 or 1. */
    ENOW_KIND_BOOL = 5,
    /** Ends with a 0. */
    ENOW_KIND_STRING = 6,
    /** Has its full length, or is not there. Text of it is hexadecimal. */
    ENOW_KIND_BLOB = 7,
} enow_setting_kind_t;

/** One setting. Make it with a macro below. */
typedef struct {
    const char *key;
    enow_setting_kind_t kind;
    /** Where it stands in the struct, and its bytes there. */
    uint16_t offset, size;
    /** A number's limits, or a string's length. */
    int64_t min, max;
    /** Half a sentence, for people. */
    const char *help;
} enow_setting_t;

/** The settings of one struct. */
typedef struct {
    const enow_setting_t *rows;
    size_t count;
} enow_settings_t;

#define ENOW_SETTING(STRUCT, MEMBER, KIND, MIN, MAX, HELP)                                                             \
    {                                                                                                                  \
        .key = #MEMBER, .kind = (KIND), .offset = (uint16_t)offsetof(STRUCT, MEMBER),                                  \
        .size = (uint16_t)sizeof(((STRUCT *)NULL)->MEMBER), .min = (MIN), .max = (MAX), .help = (HELP)                 \
    }
#define ENOW_SETTING_U8(STRUCT, MEMBER, MIN, MAX, HELP) ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_U8, MIN, MAX, HELP)
#define ENOW_SETTING_U16(STRUCT, MEMBER, MIN, MAX, HELP) ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_U16, MIN, MAX, HELP)
#define ENOW_SETTING_U32(STRUCT, MEMBER, MIN, MAX, HELP) ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_U32, MIN, MAX, HELP)
#define ENOW_SETTING_I8(STRUCT, MEMBER, MIN, MAX, HELP) ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_I8, MIN, MAX, HELP)
#define ENOW_SETTING_BOOL(STRUCT, MEMBER, HELP) ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_BOOL, 0, 1, HELP)
/** A string of at least MIN characters in an array that has room for one more than the longest. */
#define ENOW_SETTING_STRING(STRUCT, MEMBER, MIN, HELP)                                                                 \
    ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_STRING, MIN, sizeof(((STRUCT *)NULL)->MEMBER) - 1, HELP)
#define ENOW_SETTING_BLOB(STRUCT, MEMBER, HELP)                                                                        \
    ENOW_SETTING(STRUCT, MEMBER, ENOW_KIND_BLOB, sizeof(((STRUCT *)NULL)->MEMBER), sizeof(((STRUCT *)NULL)->MEMBER),   \
                 HELP)

/** What went wrong since the start of the chip. */
typedef struct {
    /** Values in NVS that may not be, or of another type, and were not taken. */
    uint32_t bad;
    /** Values that were set and could not be kept: they last until the next start. */
    uint32_t unsaved;
    /** Times that NVS could not be opened. */
    uint32_t unreadable;
    /** Times that NVS was erased because it could not be opened. */
    uint32_t erased;
} enow_settings_stats_t;

/** Opens NVS. One that is full of leftovers or of another version of ESP-IDF is erased if that loses nothing that
 * cannot be had again; the caller says so by expendable. Returns ESP_OK, or the error of NVS: then load leaves the
 * defaults and set keeps nothing, and both say so. */
esp_err_t enow_settings_open(bool expendable);

/** Writes what NVS has of the table into the struct that holds the defaults. */
void enow_settings_load(const enow_settings_t *table, void *config);

/** Reads a setting from text into the struct, and keeps it in NVS. Numbers are decimal; bool is true, false, 1 or 0.
 * Returns ESP_OK; ESP_ERR_NOT_FOUND if the table has no such key; ESP_ERR_INVALID_ARG for text that is no such value,
 * and nothing is set; or the error of NVS, and it is set until the next start. */
esp_err_t enow_settings_set(const enow_settings_t *table, void *config, const char *key, const char *text);

/** Returns the row of a key, or null. */
const enow_setting_t *enow_settings_find(const enow_settings_t *table, const char *key);

/** Returns the first setting whose value in the struct may not be, or null. */
const enow_setting_t *enow_settings_wrong(const enow_settings_t *table, const void *config);

/** Reads exactly len bytes from 2 * len hexadecimal digits, such as a key of Kconfig. Returns ESP_OK, or
 * ESP_ERR_INVALID_ARG, and nothing is written. */
esp_err_t enow_settings_hex(const char *text, uint8_t *out, size_t len);

void enow_settings_stats(enow_settings_stats_t *out);

#ifdef __cplusplus
}
#endif
