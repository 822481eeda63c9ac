#include "radio_rate.h"

bool enow_radio_rate(uint16_t kbps, esp_now_rate_config_t *rate)
{
    static const struct {
        uint16_t kbps;
        wifi_phy_mode_t mode;
        wifi_phy_rate_t rate;
    } s_rates[] = {
        {1000, WIFI_PHY_MODE_11B, WIFI_PHY_RATE_1M_L}, {2000, WIFI_PHY_MODE_11B, WIFI_PHY_RATE_2M_L},
        {5500, WIFI_PHY_MODE_11B, WIFI_PHY_RATE_5M_L}, {11000, WIFI_PHY_MODE_11B, WIFI_PHY_RATE_11M_L},
        {6000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_6M},   {9000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_9M},
        {12000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_12M}, {18000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_18M},
        {24000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_24M}, {36000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_36M},
        {48000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_48M}, {54000, WIFI_PHY_MODE_11G, WIFI_PHY_RATE_54M},
    };

    for (size_t i = 0; i < sizeof s_rates / sizeof s_rates[0]; i++) {
        if (s_rates[i].kbps == kbps) {
            *rate = (esp_now_rate_config_t){.phymode = s_rates[i].mode, .rate = s_rates[i].rate};
            return true;
        }
    }
    return false;
}
