#include "node_config.h"

#include "secret.h"
#include "station.h"

void enow_link_node_config_default(enow_link_node_config_t *cfg, enow_addr_t addr)
{
    memset(cfg, 0, sizeof *cfg);
    cfg->addr = addr;
    cfg->max_frame = ENOW_MAX_FRAME_V1;
    cfg->queue_messages = ENOW_CONFIG_NODE_QUEUE;
    cfg->queue_bytes = ENOW_CONFIG_NODE_QUEUE_BYTES;
    for (cfg->channel_count = 0; cfg->channel_count < 13; cfg->channel_count++) {
        cfg->channels[cfg->channel_count] = (uint8_t)(cfg->channel_count + 1);
    }
    cfg->listen_us = 20000;
    cfg->min_rssi = -85;
    cfg->hysteresis = 6;
    cfg->keep_alive_s = 60;
    enow_frag_limits_default(&cfg->receive);
    cfg->receive.max_messages = cfg->receive.source_messages; /* its gateway is its only sender */
    cfg->receive.max_bytes = cfg->receive.source_bytes;
}

static bool channels_ok(const enow_link_node_config_t *cfg)
{
    if (cfg->channel_count < 1 || cfg->channel_count > ENOW_LINK_MAX_CHANNEL) {
        return false;
    }
    for (uint8_t i = 0; i < cfg->channel_count; i++) {
        if (cfg->channels[i] < 1 || cfg->channels[i] > ENOW_LINK_MAX_CHANNEL) {
            return false;
        }
    }
    return true;
}

static bool home_ok(const enow_link_home_t *home)
{
    return home->channel <= ENOW_LINK_MAX_CHANNEL && (home->channel == 0) == enow_link_addr_none(&home->gateway) &&
           !enow_link_addr_group(&home->gateway);
}

static bool key_ok(const enow_link_node_config_t *cfg)
{
    enow_link_secret_t key;

    memcpy(key.bytes, cfg->key, sizeof key.bytes);
    const bool weak = enow_link_secret_weak(&key);
    enow_link_wipe(&key, sizeof key);
    return cfg->key_id == 0 || !weak;
}

bool enow_link_node_config_ok(const enow_link_node_config_t *cfg)
{
    const bool group = enow_link_addr_group(&cfg->gateway);
    const bool free = !enow_link_addr_none(&cfg->gateway);

    if (enow_link_addr_group(&cfg->addr) || enow_link_addr_none(&cfg->addr) ||
        (group && !enow_link_addr_broadcast(&cfg->gateway)) || (free && cfg->key_id != 0) || !key_ok(cfg) ||
        cfg->crypto == 0 || cfg->max_frame < ENOW_MAX_FRAME_V1 || cfg->max_frame > ENOW_MAX_FRAME_V2 ||
        cfg->queue_messages < 1 || cfg->queue_bytes < 1 || cfg->queue_bytes > ENOW_MAX_MESSAGE) {
        return false;
    }
    return free || (channels_ok(cfg) && home_ok(&cfg->home) && cfg->listen_us > 0 && cfg->listen_us <= 1000000 &&
                    cfg->keep_alive_s > 0);
}
