#include "mdns.h"
#include "fake.h"
#include <string.h>

static bool s_ready;
static char s_hostname[64];

esp_err_t mdns_init(void)
{
    s_ready = true;
    return ESP_OK;
}

void mdns_free(void)
{
    s_ready = false;
    s_hostname[0] = '\0';
}

esp_err_t mdns_hostname_set(const char *hostname)
{
    if (!s_ready || hostname == NULL || hostname[0] == '\0' || strlen(hostname) >= sizeof s_hostname) {
        return ESP_ERR_INVALID_ARG;
    }
    strcpy(s_hostname, hostname);
    return ESP_OK;
}

const char *fake_mdns_hostname(void) { return s_hostname; }
