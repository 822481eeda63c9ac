#include "mdns.h"
#include "fake.h"
#include <string.h>

static bool s_ready;
static char s_hostname[64];
static char s_service[64];

esp_err_t mdns_init(void)
{
    s_ready = true;
    return ESP_OK;
}

void mdns_free(void)
{
    s_ready = false;
    s_hostname[0] = '\0';
    s_service[0] = '\0';
}

esp_err_t mdns_hostname_set(const char *hostname)
{
    if (!s_ready || hostname == NULL || hostname[0] == '\0' || strlen(hostname) >= sizeof s_hostname) {
        return ESP_ERR_INVALID_ARG;
    }
    strcpy(s_hostname, hostname);
    return ESP_OK;
}

esp_err_t mdns_instance_name_set(const char *instance_name)
{
    return !s_ready || instance_name == NULL || strlen(instance_name) > 63 ? ESP_ERR_INVALID_ARG : ESP_OK;
}

esp_err_t mdns_service_add(const char *instance_name, const char *service_type, const char *proto, uint16_t port,
                           mdns_txt_item_t txt[], size_t num_items)
{
    (void)instance_name;
    if (!s_ready || service_type == NULL || proto == NULL || port == 0 || (num_items != 0 && txt == NULL)) {
        return ESP_ERR_INVALID_ARG;
    }
    snprintf(s_service, sizeof s_service, "%s.%s:%u", service_type, proto, (unsigned)port);
    return ESP_OK;
}

esp_err_t mdns_service_remove(const char *service_type, const char *proto)
{
    char service[64];
    int length = snprintf(service, sizeof service, "%s.%s:", service_type, proto);
    if (!s_ready || strncmp(s_service, service, (size_t)length) != 0) {
        return ESP_ERR_NOT_FOUND;
    }
    s_service[0] = '\0';
    return ESP_OK;
}

const char *fake_mdns_hostname(void) { return s_hostname; }

const char *fake_mdns_service(void) { return s_service; }
