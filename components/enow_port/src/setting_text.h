/* Values of settings: what they may be, and how they are read from text. */
#pragma once

#include "enow/settings.h"

/** Whether a setting is a number, bool included. */
bool enow_setting_is_number(const enow_setting_t *row);

/** Whether a number, or the length of a string or blob, may be. */
bool enow_setting_ok(const enow_setting_t *row, int64_t number);

/** Writes a number that may be into the struct. */
void enow_setting_store(const enow_setting_t *row, int64_t number, void *config);

/** Reads a value from text into the struct. Returns false, and nothing is written, where it is none that may be. */
bool enow_setting_parse(const enow_setting_t *row, const char *text, void *config);
