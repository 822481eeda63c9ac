#include "enow/gateway.h"

#include "gateway_state.h"

void enow_link_gateway_config_default(enow_link_gateway_config_t *cfg, enow_addr_t addr, uint8_t channel)
{
    memset(cfg, 0, sizeof *cfg);
    cfg->addr = addr;
    cfg->channel = channel;
    cfg->max_frame = ENOW_MAX_FRAME_V1;
    cfg->sessions = ENOW_CONFIG_GATEWAY_SESSIONS;
    cfg->remembered = ENOW_CONFIG_GATEWAY_REMEMBERED;
    cfg->peers = ENOW_LINK_RADIO_PEERS;
    cfg->keep_alive_s = 60;
    cfg->join_every_us = 150000;
    cfg->mail.node_messages = ENOW_CONFIG_GATEWAY_NODE_MAIL;
    cfg->mail.node_bytes = ENOW_CONFIG_GATEWAY_NODE_MAIL_BYTES;
    cfg->mail.messages = ENOW_CONFIG_GATEWAY_MAIL;
    cfg->mail.bytes = ENOW_CONFIG_GATEWAY_MAIL_BYTES;
    cfg->mail.keep_us = UINT64_C(24) * 3600 * 1000000;
    enow_frag_limits_default(&cfg->fragments);
    cfg->recent_ids = ENOW_CONFIG_GATEWAY_RECENT_IDS;
    cfg->recent_us = UINT64_C(10) * 1000000;
    cfg->senders = ENOW_CONFIG_GATEWAY_SENDERS;
    cfg->answers = ENOW_CONFIG_GATEWAY_ANSWERS;
    cfg->replies = ENOW_CONFIG_GATEWAY_REPLIES;
    cfg->searches = ENOW_CONFIG_GATEWAY_SEARCHES;
    cfg->joins = ENOW_CONFIG_GATEWAY_JOINS;
    cfg->buckets = ENOW_CONFIG_GATEWAY_BUCKETS;
    cfg->denied = ENOW_CONFIG_GATEWAY_DENIED;
}

static bool mail_ok(const enow_link_mail_limits_t *mail)
{
    return mail->node_messages >= 1 && mail->node_messages <= 1024 && mail->node_bytes >= 1 &&
           mail->messages >= mail->node_messages && mail->bytes >= mail->node_bytes &&
           mail->bytes <= ENOW_MAX_MESSAGE && mail->keep_us >= 1;
}

static bool pools_ok(const enow_link_gateway_config_t *cfg)
{
    return cfg->senders >= 1 && cfg->answers >= 1 && cfg->replies >= 1 && cfg->searches >= 1 && cfg->joins >= 1 &&
           cfg->buckets >= 1 && cfg->recent_ids >= 1;
}

bool enow_link_gateway_config_ok(const enow_link_gateway_config_t *cfg)
{
    return !enow_link_addr_group(&cfg->addr) && !enow_link_addr_none(&cfg->addr) && cfg->channel >= 1 &&
           cfg->channel <= ENOW_LINK_MAX_CHANNEL && cfg->crypto != NULL && cfg->key_count <= ENOW_LINK_NETWORK_KEYS &&
           cfg->max_frame >= ENOW_MAX_FRAME_V1 && cfg->max_frame <= ENOW_MAX_FRAME_V2 && cfg->sessions >= 1 &&
           cfg->sessions <= 10000 && cfg->remembered >= 1 && cfg->remembered <= 10000 && cfg->peers >= 3 &&
           cfg->peers <= ENOW_LINK_RADIO_PEERS && cfg->keep_alive_s >= 1 && cfg->join_every_us <= 10000000 &&
           mail_ok(&cfg->mail) && enow_frag_limits_check(&cfg->fragments) == 0 &&
           cfg->passthrough <= ENOW_LINK_PASS_ALL && (cfg->passthrough == ENOW_LINK_PASS_OFF || cfg->key_count == 0) &&
           cfg->recent_us >= 1 && pools_ok(cfg);
}
