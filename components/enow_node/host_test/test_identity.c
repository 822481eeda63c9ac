#define _GNU_SOURCE /* memmem */ // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#include "identity.h"

#include "check.h"
#include "crypto_tables.h"
#include "enow/keys.h"
#include "far.h"
#include "log.h"

static const uint8_t s_address[6] = {0x02, 0, 0, 0, 0, 0x42};

static enow_node_config_t nothing(void)
{
    static const enow_node_config_t none;

    log_clear();
    return none;
}

static enow_link_node_config_t link_of(void)
{
    enow_link_node_config_t link;
    enow_addr_t own;

    memcpy(own.bytes, s_address, sizeof own.bytes);
    enow_link_node_config_default(&link, own);
    link.crypto = enow_crypto_soft();
    return link;
}

static bool keyless(const enow_link_node_config_t *link)
{
    static const uint8_t none[ENOW_LINK_KEY_SIZE];

    return link->key_id == 0 && memcmp(link->key, none, sizeof none) == 0;
}

/* Whether any 4 bytes of a key stand in the log, in hex or as they are. */
static bool logged(const uint8_t *key)
{
    for (size_t i = 0; i + 4 <= ENOW_LINK_KEY_SIZE; i++) {
        char hex[9], upper[9];

        (void)snprintf(hex, sizeof hex, "%02x%02x%02x%02x", key[i], key[i + 1], key[i + 2], key[i + 3]);
        (void)snprintf(upper, sizeof upper, "%02X%02X%02X%02X", key[i], key[i + 1], key[i + 2], key[i + 3]);
        if (log_count(hex) > 0 || log_count(upper) > 0 || memmem(log_text, log_len, key + i, 4) != NULL) {
            return true;
        }
    }
    return false;
}

static void test_device_key(void)
{
    enow_node_config_t cfg = nothing();
    enow_link_node_config_t link = link_of();

    cfg.key_id = 7;
    memcpy(cfg.device_key, far_key, sizeof cfg.device_key);
    memcpy(cfg.address, s_address, sizeof cfg.address);
    CHECK(enow_identity(&link, &cfg) == ESP_OK, "a provisioned device");
    CHECK(link.key_id == 7 && memcmp(link.key, far_key, sizeof link.key) == 0, "key %u", link.key_id);
    CHECK(log_len == 0, "%s", log_text);

    cfg.address[5] ^= 1;
    CHECK(enow_identity(&link, &cfg) == ENOW_NODE_ERR_OTHER_DEVICE, "another device's");
    CHECK(log_count("02:00:00:00:00:43") == 1 && log_count("--addr 02:00:00:00:00:42") == 1, "%s", log_text);

    memset(cfg.address, 0, sizeof cfg.address);
    CHECK(enow_identity(&link, &cfg) == ESP_OK, "no address said");

    cfg.open = true;
    CHECK(enow_identity(&link, &cfg) == ESP_OK && link.key_id == 7, "a key is not given up for an open network");
    CHECK(!logged(far_key), "%s", log_text);
}

static void test_half(void)
{
    enow_node_config_t cfg = nothing();
    enow_link_node_config_t link = link_of();

    cfg.key_id = 7;
    cfg.open = true;
    CHECK(enow_identity(&link, &cfg) == ENOW_NODE_ERR_NO_KEY, "an id without a key");
    CHECK(log_count("no device_key") == 1, "%s", log_text);

    cfg = nothing();
    cfg.open = true;
    memcpy(cfg.device_key, far_key, sizeof cfg.device_key);
    CHECK(enow_identity(&link, &cfg) == ENOW_NODE_ERR_NO_KEY, "a key without an id");
    CHECK(log_count("no key_id") == 1 && !logged(far_key), "%s", log_text);

    cfg = nothing();
    cfg.key_id = 7;
    memset(cfg.device_key, 0xff, sizeof cfg.device_key);
    CHECK(enow_identity(&link, &cfg) == ENOW_NODE_ERR_NO_KEY, "erased flash");
    CHECK(log_count("device_key is no key") == 1, "%s", log_text);
}

static void test_open(void)
{
    enow_node_config_t cfg = nothing();
    enow_link_node_config_t link = link_of();

    CHECK(enow_identity(&link, &cfg) == ENOW_NODE_ERR_NO_KEY, "nothing set");
    CHECK(log_count("provision --addr 02:00:00:00:00:42") == 1 && log_count("CONFIG_ENOW_NODE_OPEN") == 1, "%s",
          log_text);
    CHECK(keyless(&link), "no key");

    cfg.open = true;
    CHECK(enow_identity(&link, &cfg) == ESP_OK && keyless(&link), "asked for");
    CHECK(log_count("the network is open:") == 1, "%s", log_text);
}

static void test_development(void)
{
    enow_node_config_t cfg = nothing();
    enow_link_node_config_t link = link_of();
    enow_link_secret_t network, want;

    memcpy(network.bytes, far_key, sizeof network.bytes);
    CHECK(enow_link_device_key(&want, enow_crypto_soft(), &network, link.addr), "derives");
    cfg.key_id = FAR_KEY_ID;
    memcpy(cfg.network_key, far_key, sizeof cfg.network_key);
    CHECK(enow_identity(&link, &cfg) == ESP_OK && memcmp(link.key, want.bytes, sizeof link.key) == 0, "derived");
    CHECK(log_count("for development only") == 1, "%s", log_text);
    CHECK(!logged(far_key) && !logged(want.bytes), "%s", log_text);

    memcpy(cfg.device_key, want.bytes, sizeof cfg.device_key);
    cfg.device_key[0] ^= 1;
    CHECK(enow_identity(&link, &cfg) == ESP_OK && memcmp(link.key, cfg.device_key, sizeof link.key) == 0,
          "the device's own comes first");

    failing_crypto_t broken;
    link.crypto = failing(&broken, 0);
    memset(cfg.device_key, 0, sizeof cfg.device_key);
    CHECK(enow_identity(&link, &cfg) == ESP_FAIL, "the cryptography fails");
}

int main(void)
{
    test_device_key();
    test_half();
    test_open();
    test_development();
    return check_result();
}
