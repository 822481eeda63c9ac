#include "settings.h"

#include "change.h"
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

/* What $config answers to a setting whose value is of no kind that it could be: so nothing is set. */
static int asked(const char *key)
{
    char text[64], answer[ENOW_GATEWAY_REMOTE_ANSWER];

    (void)snprintf(text, sizeof text, "{\"%s\":null}", key);
    return enow_gateway_change_remote(text, strlen(text), answer);
}

/* Nobody changes over MQTT what would let him take the network over, or leave the gateway without memory, access point
 * or broker, so that nobody can take it back over MQTT. */
static void test_closed(void)
{
    static const char *const closed[] = {
        "ssid",        "password",     "country",      "power_dbm",   "rate_kbps",  "send_timeout_ms",
        "watchdog_ms", "broker_uri",   "broker_user",  "broker_pass", "client_id",  "device_root",
        "ntp",         "gateway_root", "hostname",     "outbox_msgs", "key_id",     "network_key",
        "key_id2",     "network_key2", "outbox_bytes", "open",        "passthrough"};

    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        CHECK(asked(closed[i]) == ENOW_GATEWAY_ERR_FORBIDDEN, "%s", closed[i]);
    }
}

/* Where README.md says how a setting is changed, and the end of that. */
enum { AT_ONCE, NEXT_START, NEVER_REMOTELY, END };
static const char *const s_headings[] = {
    "\nPut in force at once, by the program or by `$config`:\n",
    "\nFrom the next start on, by the program or by `$config`:\n",
    "\nFrom the next start on, and never by `$config`, ",
    "\n## Memory\n",
};

static int heading_of(const char *key)
{
    if (asked(key) == ENOW_GATEWAY_ERR_FORBIDDEN) {
        return NEVER_REMOTELY;
    }
    CHECK(asked(key) == ENOW_GATEWAY_ERR_KIND, "%s: is a setting", key);
    return enow_settings_find(&enow_gateway_settings_live, key) != NULL ? AT_ONCE : NEXT_START;
}

static void check_headings(const char *readme, const enow_settings_t *table)
{
    char line[40];

    for (size_t i = 0; i < table->count; i++) {
        const int heading = heading_of(table->rows[i].key);
        const char *from = strstr(readme, s_headings[heading]), *to = strstr(readme, s_headings[heading + 1]);

        (void)snprintf(line, sizeof line, "\n| `%s` | ", table->rows[i].key);
        const char *at = strstr(readme, line);
        CHECK(from != NULL && to != NULL && at > from && at < to, "README.md: %s stands not under:%s",
              table->rows[i].key, s_headings[heading]);
    }
}

static void test_documents(const char *folder)
{
    enow_gateway_config_t cfg;
    enow_radio_config_t radio;
    enow_wifi_config_t wifi;
    const settings_t all[] = {
        {&enow_gateway_settings_live, &cfg},   {&enow_gateway_settings_later, &cfg},
        {&enow_gateway_settings_closed, &cfg}, {&enow_radio_settings, &radio},
        {&enow_wifi_settings, &wifi},
    };

    enow_gateway_config_default(&cfg);
    enow_radio_config_default(&radio);
    enow_wifi_config_default(&wifi);
    const char *readme = settings_file(folder, "README.md");
    settings_check_readme(readme, all, sizeof all / sizeof all[0]);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_headings(readme, all[i].table);
    }
    /* Those of the port are in its own, and a second key is in NVS only. */
    settings_check_kconfig(settings_file(folder, "Kconfig"), all, 3, "key_id2 network_key2");
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "want the component's folder");
    test_defaults();
    test_closed();
    test_documents(argv[1]);
    return check_result();
}
