#include "enow/settings.h"

#include "check.h"
#include "enow/radio.h"
#include "enow/wifi.h"
#include "fake.h"
#include "log.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "radio_rate.h"
#include "settings_table.h"

typedef struct {
    uint8_t small;
    uint16_t medium;
    uint32_t large;
    int8_t level;
    bool on;
    char name[9];
    uint8_t secret[4];
} config_t;

static const enow_setting_t s_rows[] = {
    ENOW_SETTING_U8(config_t, small, 1, 250, "a small number"),
    ENOW_SETTING_U16(config_t, medium, 10, 65000, "a medium number"),
    ENOW_SETTING_U32(config_t, large, 0, UINT32_MAX, "a large number"),
    ENOW_SETTING_I8(config_t, level, -100, 20, "a level"),
    ENOW_SETTING_BOOL(config_t, on, "a switch"),
    ENOW_SETTING_STRING(config_t, name, 2, "a name"),
    ENOW_SETTING_BLOB(config_t, secret, "a secret"),
};
static const enow_settings_t s_table = {s_rows, sizeof s_rows / sizeof s_rows[0]};

static const config_t s_defaults = {
    .small = 5, .medium = 500, .large = 7, .level = -70, .name = "default", .secret = {1}};

static enow_settings_stats_t stats(void)
{
    enow_settings_stats_t now;

    enow_settings_stats(&now);
    return now;
}

static bool same(const config_t *a, const config_t *b)
{
    return a->small == b->small && a->medium == b->medium && a->large == b->large && a->level == b->level &&
           a->on == b->on && strcmp(a->name, b->name) == 0 && memcmp(a->secret, b->secret, sizeof a->secret) == 0;
}

/* Begins with an NVS in which nothing was set. */
static void begin(void)
{
    (void)nvs_flash_deinit();
    fake_nvs_wipe();
    CHECK(enow_settings_open(false) == ESP_OK, "opens");
    log_clear();
}

static void test_set_and_load(void)
{
    static const struct {
        const char *key, *text;
        esp_err_t want;
    } s_cases[] = {
        {"small", "1", ESP_OK},
        {"small", "250", ESP_OK},
        {"small", "0", ESP_ERR_INVALID_ARG},
        {"small", "251", ESP_ERR_INVALID_ARG},
        {"small", "", ESP_ERR_INVALID_ARG},
        {"small", "-", ESP_ERR_INVALID_ARG},
        {"small", "1x", ESP_ERR_INVALID_ARG},
        {"small", " 1", ESP_ERR_INVALID_ARG},
        {"small", "257", ESP_ERR_INVALID_ARG},
        {"medium", "10", ESP_OK},
        {"medium", "65000", ESP_OK},
        {"medium", "9", ESP_ERR_INVALID_ARG},
        {"medium", "65001", ESP_ERR_INVALID_ARG},
        {"large", "0", ESP_OK},
        {"large", "4294967295", ESP_OK},
        {"large", "4294967296", ESP_ERR_INVALID_ARG},
        {"large", "99999999999999999999999999", ESP_ERR_INVALID_ARG},
        {"level", "20", ESP_OK},
        {"level", "-100", ESP_OK},
        {"level", "-101", ESP_ERR_INVALID_ARG},
        {"level", "21", ESP_ERR_INVALID_ARG},
        {"level", "--1", ESP_ERR_INVALID_ARG},
        {"on", "0", ESP_OK},
        {"on", "false", ESP_OK},
        {"on", "1", ESP_OK},
        {"on", "true", ESP_OK},
        {"on", "yes", ESP_ERR_INVALID_ARG},
        {"on", "2", ESP_ERR_INVALID_ARG},
        {"name", "ab", ESP_OK},
        {"name", "12345678", ESP_OK},
        {"name", "a", ESP_ERR_INVALID_ARG},
        {"name", "123456789", ESP_ERR_INVALID_ARG},
        {"secret", "00ffAb7e", ESP_OK},
        {"secret", "00ffAb7", ESP_ERR_INVALID_ARG},
        {"secret", "00ffAb7e0", ESP_ERR_INVALID_ARG},
        {"secret", "00ffAb7g", ESP_ERR_INVALID_ARG},
        {"other", "1", ESP_ERR_NOT_FOUND},
    };
    config_t config = s_defaults;

    begin();
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases[0]; i++) {
        const config_t before = config;
        const esp_err_t err = enow_settings_set(&s_table, &config, s_cases[i].key, s_cases[i].text);
        config_t loaded = s_defaults;

        CHECK(err == s_cases[i].want, "%s=%s: %s", s_cases[i].key, s_cases[i].text, esp_err_to_name(err));
        CHECK(err == ESP_OK || same(&config, &before), "%s=%s changes something", s_cases[i].key, s_cases[i].text);
        enow_settings_load(&s_table, &loaded);
        CHECK(same(&loaded, &config) || i < 30, "%s=%s is not kept", s_cases[i].key, s_cases[i].text);
    }
    static const config_t s_want = {.small = 250,
                                    .medium = 65000,
                                    .large = UINT32_MAX,
                                    .level = -100,
                                    .on = true,
                                    .name = "12345678",
                                    .secret = {0, 0xff, 0xab, 0x7e}};
    CHECK(same(&config, &s_want), "another value");
    CHECK(log_count("the new value is not taken") == 21, "told %u times", log_count("the new value is not taken"));
    CHECK(log_count("12345") == 0 && log_count("ffAb") == 0, "a value was logged");
    CHECK(stats().bad == 0 && stats().unsaved == 0, "something was counted");
}

/* What NVS has and may not be leaves the default, and is told and counted. */
static void test_bad_in_nvs(void)
{
    nvs_handle_t nvs;
    config_t config = s_defaults;
    const uint32_t before = stats().bad;

    begin();
    CHECK(nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "no NVS");
    (void)nvs_set_u8(nvs, "small", 251);
    (void)nvs_set_i8(nvs, "level", -101);
    (void)nvs_set_u8(nvs, "on", 2);
    (void)nvs_set_str(nvs, "name", "far too long");
    (void)nvs_set_blob(nvs, "secret", "\1\2\3\4\5", 5);
    (void)nvs_set_u32(nvs, "large", 8); /* the only good one */
    (void)nvs_set_u32(nvs, "unknown", 8);
    enow_settings_load(&s_table, &config);
    config.large = s_defaults.large;
    CHECK(same(&config, &s_defaults), "a bad value was taken");
    CHECK(stats().bad == before + 5, "%u are counted", (unsigned)(stats().bad - before));
    CHECK(log_count("what NVS has is not taken") == 5, "told %u times", log_count("what NVS has is not taken"));
    CHECK(log_count("setting small (a small number)") == 1 && log_count("1 to 250") == 1 &&
              log_count("set it again") == 5,
          "the line does not say what to do: %s", log_text);
    CHECK(log_count("251") == 0 && log_count("far too") == 0, "a value was logged");

    (void)nvs_set_blob(nvs, "secret", "\1\2\3", 3);
    (void)nvs_set_str(nvs, "name", "a");
    enow_settings_load(&s_table, &config);
    CHECK(same(&config, &s_defaults) || config.large == 8, "a short value was taken");
    CHECK(memcmp(config.secret, s_defaults.secret, 4) == 0 && strcmp(config.name, "default") == 0,
          "a short value was taken");
    nvs_close(nvs);

    CHECK(enow_settings_set(&s_table, &config, "small", "9") == ESP_OK, "it cannot be set again");
    CHECK(enow_settings_set(&s_table, &config, "name", "good") == ESP_OK, "it cannot be set again");
    enow_settings_load(&s_table, &config);
    CHECK(config.small == 9 && strcmp(config.name, "good") == 0, "what was set again is not there");
}

/* A value of another type, which NVS does not find, is told and counted, and goes when the setting is set again. */
static void test_other_type(void)
{
    static const struct {
        const char *key, *text, *type;
    } s_cases[] = {
        {"small", "9", "small (a small number): what NVS has is of another type and not taken, it must be of type u8"},
        {"medium", "600", "of type u16"},
        {"large", "8", "of type u32"},
        {"level", "-1", "of type i8"},
        {"on", "true", "of type u8"},
        {"name", "good", "of type string"},
        {"secret", "00ff00ff", "of type hex2bin"},
    };
    static const config_t s_want = {
        .small = 9, .medium = 600, .large = 8, .level = -1, .on = true, .name = "good", .secret = {0, 0xff, 0, 0xff}};
    config_t config = s_defaults;
    const uint32_t before = stats().bad;
    nvs_handle_t nvs;

    begin();
    CHECK(nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "no NVS");
    for (size_t i = 0; i < 7; i++) {
        (void)nvs_set_i16(nvs, s_cases[i].key, 777);
    }
    (void)nvs_set_i16(nvs, "unknown", 777);
    nvs_close(nvs);
    enow_settings_load(&s_table, &config);
    CHECK(same(&config, &s_defaults), "a value of another type was taken");
    CHECK(stats().bad == before + 7, "%u are counted", (unsigned)(stats().bad - before));
    CHECK(log_count("set it again") == 7 && log_count("777") == 0, "%s", log_text);
    for (size_t i = 0; i < 7; i++) {
        CHECK(log_count(s_cases[i].type) >= 1, "%s: %s", s_cases[i].key, log_text);
    }

    for (size_t i = 0; i < 7; i++) {
        CHECK(enow_settings_set(&s_table, &config, s_cases[i].key, s_cases[i].text) == ESP_OK, "%s", s_cases[i].key);
    }
    config = s_defaults;
    log_clear();
    enow_settings_load(&s_table, &config);
    CHECK(same(&config, &s_want), "what was set again is not there");
    CHECK(log_text[0] == '\0', "%s", log_text);
}

/* A full NVS: the value holds until the next start. */
static void test_full(void)
{
    config_t config = s_defaults;
    const uint32_t before = stats().unsaved;

    begin();
    CHECK(enow_settings_set(&s_table, &config, "medium", "600") == ESP_OK, "sets");
    fake_nvs_full(true);
    const esp_err_t err = enow_settings_set(&s_table, &config, "medium", "700");
    CHECK(err == ESP_ERR_NVS_NOT_ENOUGH_SPACE && config.medium == 700, "%s", esp_err_to_name(err));
    CHECK(stats().unsaved == before + 1, "it is not counted");
    CHECK(log_count("setting medium holds until the next start only") == 1 && log_count("partition") == 1, "%s",
          log_text);
    fake_nvs_full(false);
    config = s_defaults;
    enow_settings_load(&s_table, &config);
    CHECK(config.medium == 600, "NVS has %u", config.medium);
    CHECK(enow_settings_set(&s_table, &config, "medium", "700") == ESP_OK, "it does not recover");
}

/* An NVS that was erased has nothing, which is no fault. */
static void test_erased(void)
{
    config_t config = s_defaults;

    begin();
    CHECK(enow_settings_set(&s_table, &config, "small", "9") == ESP_OK, "sets");
    begin();
    config = s_defaults;
    enow_settings_load(&s_table, &config);
    CHECK(same(&config, &s_defaults), "something is there");
    CHECK(log_text[0] == '\0', "%s", log_text);
    CHECK(enow_settings_set(&s_table, &config, "small", "9") == ESP_OK, "sets again");
}

/* An NVS that cannot be read is erased only where nothing is lost by that. */
static void test_unreadable(void)
{
    static const esp_err_t s_errors[] = {ESP_ERR_NVS_NO_FREE_PAGES, ESP_ERR_NVS_NEW_VERSION_FOUND};

    for (size_t i = 0; i < 2; i++) {
        config_t config = s_defaults;
        const enow_settings_stats_t before = stats();

        begin();
        (void)nvs_flash_deinit();
        fake_nvs_init_fails(s_errors[i]);
        CHECK(enow_settings_open(false) == s_errors[i], "it opens");
        CHECK(stats().unreadable == before.unreadable + 1 && stats().erased == before.erased, "counted otherwise");
        CHECK(log_count("only what is compiled in holds") == 1 && log_count("provision this device again") == 1, "%s",
              log_text);
        enow_settings_load(&s_table, &config);
        CHECK(same(&config, &s_defaults) && log_count("settings in NVS cannot be read") == 1, "%s", log_text);
        CHECK(enow_settings_set(&s_table, &config, "small", "9") != ESP_OK && config.small == 9, "it is kept");

        log_clear();
        CHECK(enow_settings_open(true) == ESP_OK, "it does not open");
        CHECK(stats().unreadable == before.unreadable + 2 && stats().erased == before.erased + 1, "counted otherwise");
        CHECK(log_count("is erased: what was set at run time is lost") == 1, "%s", log_text);
        CHECK(enow_settings_set(&s_table, &config, "small", "9") == ESP_OK, "it is not kept");
    }

    begin();
    (void)nvs_flash_deinit();
    fake_nvs_init_fails(ESP_ERR_NOT_FOUND); /* no partition: there is nothing to erase */
    CHECK(enow_settings_open(true) == ESP_ERR_NOT_FOUND, "it opens");
    (void)nvs_flash_erase();
}

static void test_wrong(void)
{
    config_t config = s_defaults;

    CHECK(enow_settings_wrong(&s_table, &config) == NULL, "a good one is wrong");
    config.level = 21;
    CHECK(enow_settings_wrong(&s_table, &config) == &s_rows[3], "a bad one is not");
    config = s_defaults;
    memset(config.name, 'x', sizeof config.name);
    CHECK(enow_settings_wrong(&s_table, &config) == &s_rows[5], "a name without an end is not");
    config.medium = 9;
    CHECK(enow_settings_wrong(&s_table, &config) == &s_rows[1], "not the first one");
}

static void test_hex(void)
{
    uint8_t out[2] = {7, 7};

    CHECK(enow_settings_hex("", out, 0) == ESP_OK, "nothing");
    CHECK(enow_settings_hex("0", out, 1) == ESP_ERR_INVALID_ARG, "a half byte");
    CHECK(enow_settings_hex("000", out, 1) == ESP_ERR_INVALID_ARG, "too long");
    CHECK(enow_settings_hex("00:0", out, 2) == ESP_ERR_INVALID_ARG && out[0] == 7, "a colon");
    CHECK(enow_settings_hex("9aFe", out, 2) == ESP_OK && out[0] == 0x9a && out[1] == 0xfe, "%02x%02x", out[0], out[1]);
}

/* Kconfig offers each rate that the setting takes, and README.md names it. */
static void check_rates(const char *folder)
{
    esp_now_rate_config_t rate;
    char text[64];
    long long count = 0;

    for (uint16_t kbps = 0; kbps < UINT16_MAX; kbps++) {
        if (enow_radio_rate(kbps, &rate)) {
            count++;
            (void)snprintf(text, sizeof text, " default %u if ENOW_PORT_RATE_", kbps);
            CHECK(strstr(settings_file(folder, "Kconfig"), text) != NULL, "Kconfig does not offer %u kbit/s", kbps);
            (void)snprintf(text, sizeof text, " %u,", kbps);
            CHECK(strstr(settings_file(folder, "README.md"), text) != NULL, "README.md has no %u kbit/s", kbps);
        }
    }
    const char *choice = strstr(settings_file(folder, "Kconfig"), "choice ENOW_PORT_RATE\n");
    CHECK(choice != NULL && settings_options(choice) == count, "Kconfig offers another number of rates");
}

static void test_documents(const char *folder)
{
    enow_radio_config_t radio;
    enow_wifi_config_t wifi;
    const settings_t all[] = {{&enow_radio_settings, &radio}, {&enow_wifi_settings, &wifi}};

    enow_radio_config_default(&radio);
    enow_wifi_config_default(&wifi);
    settings_check_readme(settings_file(folder, "README.md"), all, 2);
    settings_check_kconfig(settings_file(folder, "Kconfig"), all, 2, "rate_kbps");
    check_rates(folder);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "want the component's folder");
    test_documents(argc == 2 ? argv[1] : ".");
    test_set_and_load();
    test_bad_in_nvs();
    test_other_type();
    test_full();
    test_erased();
    test_unreadable();
    test_wrong();
    test_hex();
    return check_result();
}
