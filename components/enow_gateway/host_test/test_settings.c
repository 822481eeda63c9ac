#include "settings.h"

#include "check.h"
#include "enow/radio.h"
#include "enow/wifi.h"
#include "settings_table.h"

static const enow_settings_t *const s_tables[] = {&enow_gateway_settings_live, &enow_gateway_settings_later,
                                                  &enow_gateway_settings_closed};

static void test_defaults(void)
{
    enow_gateway_config_t cfg;

    enow_gateway_config_default(&cfg);
    for (size_t i = 0; i < sizeof s_tables / sizeof s_tables[0]; i++) {
        const enow_setting_t *wrong = enow_settings_wrong(s_tables[i], &cfg);

        CHECK(wrong == NULL, "the default of %s is out of range", wrong->key);
    }
}

/* Nobody learns or changes over MQTT what would let him take the network over, or leave the gateway without memory to
 * start with, so that nobody can take it back over MQTT. */
static void test_closed(void)
{
    static const char *const secrets[] = {"ssid",         "password", "broker_uri",  "broker_user",
                                          "broker_pass",  "key_id",   "network_key", "key_id2",
                                          "network_key2", "open",     "outbox_msgs", "outbox_bytes"};

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(enow_settings_find(&enow_gateway_settings_closed, secrets[i]) != NULL, "%s", secrets[i]);
    }
}

static void test_readme(const char *folder)
{
    const char *readme = settings_file(folder, "README.md");
    enow_gateway_config_t cfg;
    enow_radio_config_t radio;
    enow_wifi_config_t wifi;

    enow_gateway_config_default(&cfg);
    for (size_t i = 0; i < sizeof s_tables / sizeof s_tables[0]; i++) {
        settings_check_readme(readme, s_tables[i], &cfg);
    }
    enow_radio_config_default(&radio);
    settings_check_readme(readme, &enow_radio_settings, &radio);
    enow_wifi_config_default(&wifi);
    settings_check_readme(readme, &enow_wifi_settings, &wifi);
}

/* What the help of an option says of its setting, though a line may end in it. */
static bool names(const char *kconfig, const char *key)
{
    const char *at = kconfig;

    while ((at = strstr(at, key)) != NULL) {
        const char before = at[-1], behind = at[strlen(key)];

        if ((before == ' ') && (behind == '.' || behind == ',' || behind == ')')) {
            return true;
        }
        at++;
    }
    return false;
}

static void test_kconfig(const char *folder)
{
    const char *kconfig = settings_file(folder, "Kconfig");

    for (size_t i = 0; i < sizeof s_tables / sizeof s_tables[0]; i++) {
        for (size_t k = 0; k < s_tables[i]->count; k++) {
            const char *key = s_tables[i]->rows[k].key;
            const bool second = strcmp(key, "key_id2") == 0 || strcmp(key, "network_key2") == 0;

            CHECK(second || names(kconfig, key), "no option's help names the setting %s", key);
        }
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "want the component's folder");
    test_defaults();
    test_closed();
    test_readme(argv[1]);
    test_kconfig(argv[1]);
    return check_result();
}
