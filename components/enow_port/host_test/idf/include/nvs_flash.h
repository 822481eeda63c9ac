/* Facts: nvs_flash/include/nvs_flash.h, 5.1 to 6.0. The content is that of the file FAKE_NVS, see fake.h. */
#pragma once

#include "nvs.h"

#ifdef __cplusplus
extern "C" {
#endif

esp_err_t nvs_flash_init(void);
esp_err_t nvs_flash_deinit(void);
esp_err_t nvs_flash_erase(void);

#ifdef __cplusplus
}
#endif
