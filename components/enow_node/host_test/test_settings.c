#include "settings.h"

#include "check.h"
#include "fake.h"
#include "log.h"
#include "nvs_flash.h"
#include "settings_table.h"

static void test_round(void)
{
    enow_node_config_t cfg;

    enow_node_config_default(&cfg);
    CHECK(cfg.keep_alive_s == CONFIG_ENOW_NODE_KEEP_ALIVE_S && cfg.channels == 0xffe && !cfg.open && !cfg.sleepy,
          "defaults");
    CHECK(enow_node_set("keep_alive_s", "120") == ESP_OK, "sets");
    CHECK(enow_node_set("sleepy", "true") == ESP_OK, "sets");
    CHECK(enow_node_set("country", "DE") == ESP_OK, "a setting of Wi-Fi");
    CHECK(enow_node_set("send_timeout_ms", "700") == ESP_OK, "a setting of the radio");
    CHECK(enow_node_config_load(&cfg) == ESP_OK, "loads");
    CHECK(cfg.keep_alive_s == 120 && cfg.sleepy && strcmp(cfg.wifi.country, "DE") == 0 &&
              cfg.radio.send_timeout_ms == 700,
          "keep-alive %u", cfg.keep_alive_s);
}

static void test_limits(void)
{
    static const struct {
        const char *key, *text;
        esp_err_t want;
    } tries[] = {
        {"keep_alive_s", "0", ESP_ERR_INVALID_ARG},
        {"keep_alive_s", "1", ESP_OK},
        {"keep_alive_s", "65535", ESP_OK},
        {"keep_alive_s", "65536", ESP_ERR_INVALID_ARG},
        {"channels", "1", ESP_ERR_INVALID_ARG},
        {"channels", "2", ESP_OK},
        {"channels", "32766", ESP_OK},
        {"channels", "32767", ESP_ERR_INVALID_ARG},
        {"listen_ms", "0", ESP_ERR_INVALID_ARG},
        {"listen_ms", "1000", ESP_OK},
        {"listen_ms", "1001", ESP_ERR_INVALID_ARG},
        {"max_receive", "1024", ESP_OK},
        {"max_receive", "1025", ESP_ERR_INVALID_ARG},
        {"keep_alive", "1", ESP_ERR_NOT_FOUND},
        {"", "1", ESP_ERR_NOT_FOUND},
    };

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        const esp_err_t err = enow_node_set(tries[i].key, tries[i].text);
        CHECK(err == tries[i].want, "%s = %s: %s", tries[i].key, tries[i].text, esp_err_to_name(err));
    }
}

static void test_documents(const char *folder, const char *link)
{
    enow_node_config_t cfg;
    const enow_settings_t queue = {enow_settings_find(&enow_node_settings, "queue_messages"), 2};
    const settings_t all[] = {
        {&enow_node_settings, &cfg}, {&enow_wifi_settings, &cfg.wifi}, {&enow_radio_settings, &cfg.radio}};
    const settings_t of_link = {&queue, &cfg};

    enow_node_config_default(&cfg);
    settings_check_readme(settings_file(folder, "README.md"), all, sizeof all / sizeof all[0]);
    settings_check_kconfig(settings_file(folder, "Kconfig"), all, 1, "queue_messages queue_bytes");
    settings_check_kconfig(settings_file(link, "Kconfig"), &of_link, 1, "");
}

int main(int argc, char **argv)
{
    test_round();
    test_limits();
    CHECK(argc == 3, "want the folders of the component and of the link");
    if (argc == 3) {
        test_documents(argv[1], argv[2]);
    }
    return check_result();
}
