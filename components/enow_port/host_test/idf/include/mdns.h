/* Facts: include/mdns.h of the component espressif/mdns 1.x. Nothing is announced; fake.h tells what would be. */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

esp_err_t mdns_init(void);
void mdns_free(void);
esp_err_t mdns_hostname_set(const char *hostname);

#ifdef __cplusplus
}
#endif
