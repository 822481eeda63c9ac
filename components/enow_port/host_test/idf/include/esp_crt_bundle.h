/* Facts: mbedtls/esp_crt_bundle/include/esp_crt_bundle.h, 5.1 to 6.0. It stands for the PC's own certificates. */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

esp_err_t esp_crt_bundle_attach(void *conf);

#ifdef __cplusplus
}
#endif
