#include "enow/wifi.h"

#include "air.h"
#include "check.h"
#include "enow/radio.h"
#include "esp_wifi.h"
#include "fake.h"
#include "log.h"

static void test_start_and_stop(void)
{
    enow_wifi_config_t cfg;
    enow_addr_t addr;
    wifi_ps_type_t nap;

    enow_wifi_config_default(&cfg);
    CHECK(strcmp(cfg.country, "01") == 0 && cfg.power_dbm == 20 && !cfg.joins, "other defaults");
    enow_wifi_stop();
    CHECK(enow_wifi_restart() == ESP_ERR_INVALID_STATE, "it restarts what is off");
    for (int i = 0; i < 2; i++) {
        CHECK(enow_wifi_start(&cfg) == ESP_OK, "it does not start");
        CHECK(enow_wifi_start(&cfg) == ESP_ERR_INVALID_STATE, "it starts twice");
        CHECK(enow_wifi_addr(&addr) == ESP_OK && memcmp(addr.bytes, "\x24\x6f\x28\0\0\1", 6) == 0, "another address");
        CHECK(esp_wifi_get_ps(&nap) == ESP_OK && nap == WIFI_PS_NONE, "it naps");
        enow_wifi_stop();
        CHECK(enow_wifi_addr(&addr) != ESP_OK, "it is on");
    }
}

static void test_config(void)
{
    enow_wifi_config_t cfg;

    enow_wifi_config_default(&cfg);
    cfg.power_dbm = 1;
    CHECK(enow_wifi_start(&cfg) == ESP_ERR_INVALID_ARG, "1 dBm");
    cfg.power_dbm = 21;
    CHECK(enow_wifi_start(&cfg) == ESP_ERR_INVALID_ARG, "21 dBm");
    cfg.power_dbm = 2;
    memcpy(cfg.country, "D", 2);
    CHECK(enow_wifi_start(&cfg) == ESP_ERR_INVALID_ARG, "a country of one letter");
    memcpy(cfg.country, "DEU", 3);
    CHECK(enow_wifi_start(&cfg) == ESP_ERR_INVALID_ARG, "a country without an end");
    memcpy(cfg.country, "DE", 3);
    CHECK(enow_wifi_start(&cfg) == ESP_OK && esp_wifi_set_channel(13, WIFI_SECOND_CHAN_NONE) == ESP_OK,
          "no channel 13");
    enow_wifi_stop();

    log_clear();
    memcpy(cfg.country, "??", 3);
    CHECK(enow_wifi_start(&cfg) == ESP_OK && log_count("knows no country ??: set country") == 1, "%s", log_text);
    CHECK(esp_wifi_set_channel(6, WIFI_SECOND_CHAN_NONE) == ESP_OK, "it has no channel");
    enow_wifi_stop();

    enow_wifi_config_default(&cfg);
    CHECK(enow_settings_wrong(&enow_wifi_settings, &cfg) == NULL, "defaults that may not be");
    CHECK(enow_settings_find(&enow_wifi_settings, "power_dbm") != NULL, "no setting");
}

/* What a restart needs of Wi-Fi: the access point that was to be joined. */
static void test_restart(void)
{
    enow_wifi_config_t cfg;
    wifi_config_t access_point = {.sta = {.ssid = "home", .password = "a password"}};
    wifi_config_t after;

    enow_wifi_config_default(&cfg);
    cfg.joins = true;
    CHECK(enow_wifi_start(&cfg) == ESP_OK && esp_wifi_set_config(WIFI_IF_STA, &access_point) == ESP_OK,
          "it does not start");
    const uint32_t starts = fake_wifi_starts();
    CHECK(enow_wifi_restart() == ESP_OK && fake_wifi_starts() == starts + 1, "it does not restart");
    CHECK(esp_wifi_get_config(WIFI_IF_STA, &after) == ESP_OK && memcmp(&after.sta.ssid, "home", 5) == 0 &&
              memcmp(&after.sta.password, "a password", 11) == 0,
          "the access point is gone");
    enow_wifi_stop();

    CHECK(enow_wifi_start(&cfg) == ESP_OK && esp_wifi_get_config(WIFI_IF_STA, &after) == ESP_OK &&
              after.sta.ssid[0] == '\0',
          "the access point is there after a stop");
    enow_wifi_stop();
}

int main(void)
{
    air_alone();
    test_start_and_stop();
    test_config();
    test_restart();
    return check_result();
}
