/* The partition as the file FAKE_NVS; without one it is in memory only. */
#pragma once

#include "esp_err.h"

/* Replaces all entries. */
void nvs_file_load(void);

esp_err_t nvs_file_save(void);
