#include "identity.h"

#include "enow/keys.h"
#include "esp_log.h"
#include "state.h"

#include <string.h>

static bool any(const uint8_t *bytes, size_t len)
{
    while (len-- > 0) {
        if (bytes[len] != 0) {
            return true;
        }
    }
    return false;
}

static esp_err_t derive(enow_link_node_config_t *link, const enow_link_secret_t *network)
{
    enow_link_secret_t device;
    const bool ok = enow_link_device_key(&device, link->crypto, network, link->addr);

    memcpy(link->key, device.bytes, sizeof link->key);
    enow_link_wipe(&device, sizeof device);
    if (!ok) {
        ESP_LOGE(ENOW_NODE_TAG, "the key of this device cannot be derived: the cryptography fails");
        return ESP_FAIL;
    }
    ESP_LOGW(ENOW_NODE_TAG,
             "for development only: this device holds the key of the whole network. Give it its own, by "
             "'enow keys provision --addr " MAC "'",
             MAC_BYTES(link->addr.bytes));
    return ESP_OK;
}

/* Takes the device's key, or makes it of the network's. */
static esp_err_t take(enow_link_node_config_t *link, const enow_node_config_t *cfg, bool own)
{
    enow_link_secret_t secret;
    esp_err_t err = ESP_OK;

    memcpy(secret.bytes, own ? cfg->device_key : cfg->network_key, sizeof secret.bytes);
    if (enow_link_secret_weak(&secret)) {
        ESP_LOGE(ENOW_NODE_TAG, "%s is no key, all its bytes are the same: flash what 'enow keys provision' makes",
                 own ? "device_key" : "network_key");
        err = ENOW_NODE_ERR_NO_KEY;
    } else if (own) {
        memcpy(link->key, secret.bytes, sizeof link->key);
    } else {
        err = derive(link, &secret);
    }
    enow_link_wipe(&secret, sizeof secret);
    return err;
}

static esp_err_t no_key(const enow_node_config_t *cfg, enow_addr_t own)
{
    if (cfg->key_id != 0) {
        ESP_LOGE(ENOW_NODE_TAG,
                 "there is a key_id, %u, but no device_key: flash what 'enow keys provision --addr " MAC "' makes",
                 cfg->key_id, MAC_BYTES(own.bytes));
        return ENOW_NODE_ERR_NO_KEY;
    }
    if (cfg->open) {
        ESP_LOGW(ENOW_NODE_TAG, "the network is open: everybody can read and forge what this device says");
        return ESP_OK;
    }
    ESP_LOGE(ENOW_NODE_TAG,
             "no key: flash what 'enow keys provision --addr " MAC "' makes; or set CONFIG_ENOW_NODE_OPEN, "
             "if the network is open",
             MAC_BYTES(own.bytes));
    return ENOW_NODE_ERR_NO_KEY;
}

esp_err_t enow_identity(enow_link_node_config_t *link, const enow_node_config_t *cfg)
{
    const bool own = any(cfg->device_key, sizeof cfg->device_key);

    link->key_id = cfg->key_id;
    if (any(cfg->address, sizeof cfg->address) && memcmp(cfg->address, link->addr.bytes, sizeof cfg->address) != 0) {
        ESP_LOGE(ENOW_NODE_TAG,
                 "the key in NVS is that of " MAC ", and this is " MAC ": flash what 'enow keys provision --addr " MAC
                 "' makes",
                 MAC_BYTES(cfg->address), MAC_BYTES(link->addr.bytes), MAC_BYTES(link->addr.bytes));
        return ENOW_NODE_ERR_OTHER_DEVICE;
    }
    if (!own && !any(cfg->network_key, sizeof cfg->network_key)) {
        return no_key(cfg, link->addr);
    }
    if (cfg->key_id == 0) {
        ESP_LOGE(ENOW_NODE_TAG,
                 "there is a key but no key_id: set it to the number that the gateway's network key has");
        return ENOW_NODE_ERR_NO_KEY;
    }
    return take(link, cfg, own);
}
