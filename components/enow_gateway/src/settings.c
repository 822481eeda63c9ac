#include "settings.h"

#include "sdkconfig.h"
#include <string.h>

/* 1 where Kconfig has ticked a box, which it defines only then. */
#ifdef CONFIG_ENOW_GATEWAY_ACKNOWLEDGE_QUEUE
#define ACKNOWLEDGE ENOW_GATEWAY_ACKNOWLEDGE_QUEUE
#else
#define ACKNOWLEDGE ENOW_GATEWAY_ACKNOWLEDGE_BROKER
#endif
#ifdef CONFIG_ENOW_GATEWAY_OPEN
#define OPEN true
#else
#define OPEN false
#endif
#if defined(CONFIG_ENOW_GATEWAY_PASSTHROUGH_ALL)
#define PASSTHROUGH ENOW_LINK_PASS_ALL
#elif defined(CONFIG_ENOW_GATEWAY_PASSTHROUGH_UNKNOWN)
#define PASSTHROUGH ENOW_LINK_PASS_UNKNOWN
#else
#define PASSTHROUGH ENOW_LINK_PASS_OFF
#endif

#define U8(MEMBER, MIN, MAX, HELP) ENOW_SETTING_U8(enow_gateway_config_t, MEMBER, MIN, MAX, HELP)
#define U16(MEMBER, MIN, MAX, HELP) ENOW_SETTING_U16(enow_gateway_config_t, MEMBER, MIN, MAX, HELP)
#define U32(MEMBER, MIN, MAX, HELP) ENOW_SETTING_U32(enow_gateway_config_t, MEMBER, MIN, MAX, HELP)
#define STRING(MEMBER, MIN, HELP) ENOW_SETTING_STRING(enow_gateway_config_t, MEMBER, MIN, HELP)
#define BLOB(MEMBER, HELP) ENOW_SETTING_BLOB(enow_gateway_config_t, MEMBER, HELP)

#define TABLE(ROWS)                                                                                                    \
    {                                                                                                                  \
        (ROWS), sizeof(ROWS) / sizeof(ROWS)[0]                                                                         \
    }

static const enow_setting_t live[] = {
    U16(ap_rest_s, 1, 3600, "longest rest between attempts to join, in s"),
    U16(broker_alive_s, 5, 3600, "keep-alive with the broker, in s, from the next connection on"),
    U8(qos, 0, 1, "quality of service of messages"),
    U8(ack_mode, 0, 1, "acknowledge a message when the broker (0) or the outbox (1) has it"),
    U32(stats_s, 0, 86400, "seconds between two $stats, 0: none"),
    U8(log_level, 0, 5, "log level: none, errors, warnings, information, debug, verbose"),
};

static const enow_setting_t later[] = {
    U8(channel, 1, 13, "channel without an access point"),
    U8(window, 1, 64, "messages on the way to the broker at once"),
    U16(node_alive_s, 1, 65535, "keep-alive of nodes, in s"),
    U16(mail_keep_h, 1, 8760, "hours that messages for sleeping nodes are kept"),
};

static const enow_setting_t closed[] = {
    STRING(ssid, 0, "name of the access point"),
    STRING(password, 0, "password of the access point"),
    STRING(broker_uri, 0, "URI of the broker"),
    STRING(broker_user, 0, "user name at the broker"),
    STRING(broker_pass, 0, "password at the broker"),
    STRING(client_id, 0, "client identifier at the broker"),
    STRING(device_root, 1, "first levels of topics of nodes"),
    STRING(gateway_root, 1, "first levels of topics of gateways"),
    STRING(hostname, 0, "name in the home network"),
    STRING(ntp, 0, "server that the time comes from"),
    U16(outbox_msgs, 1, 4096, "messages that wait for the broker"),
    U32(outbox_bytes, 1024, 4194304, "bytes that wait for the broker"),
    U8(key_id, 1, 255, "number of the network key"),
    BLOB(network_key, "network key"),
    U8(key_id2, 0, 255, "number of the other network key, 0: none"),
    BLOB(network_key2, "the other network key, while devices move"),
    ENOW_SETTING_BOOL(enow_gateway_config_t, open, "run an open network where there is no key"),
    U8(passthrough, 0, 2, "frames of other sketches: drop, forward unknown broadcasts, forward all"),
};

const enow_settings_t enow_gateway_settings_live = TABLE(live);
const enow_settings_t enow_gateway_settings_later = TABLE(later);
const enow_settings_t enow_gateway_settings_closed = TABLE(closed);

/* Copies a string of Kconfig, which must fit. */
#define COPY(CFG, MEMBER, TEXT)                                                                                        \
    do {                                                                                                               \
        _Static_assert(sizeof(TEXT) <= sizeof((CFG)->MEMBER), "longer than the setting " #MEMBER " may be");           \
        memcpy((CFG)->MEMBER, (TEXT), sizeof(TEXT));                                                                   \
    } while (0)

void enow_gateway_config_default(enow_gateway_config_t *cfg)
{
    memset(cfg, 0, sizeof *cfg);
    COPY(cfg, ssid, CONFIG_ENOW_GATEWAY_SSID);
    COPY(cfg, password, CONFIG_ENOW_GATEWAY_PASSWORD);
    cfg->channel = CONFIG_ENOW_GATEWAY_CHANNEL;
    cfg->ap_rest_s = CONFIG_ENOW_GATEWAY_AP_REST;
    COPY(cfg, hostname, CONFIG_ENOW_GATEWAY_HOSTNAME);
    COPY(cfg, ntp, CONFIG_ENOW_GATEWAY_NTP);

    COPY(cfg, broker_uri, CONFIG_ENOW_GATEWAY_BROKER_URI);
    COPY(cfg, broker_user, CONFIG_ENOW_GATEWAY_BROKER_USER);
    COPY(cfg, broker_pass, CONFIG_ENOW_GATEWAY_BROKER_PASSWORD);
    COPY(cfg, client_id, CONFIG_ENOW_GATEWAY_CLIENT_ID);
    cfg->broker_alive_s = CONFIG_ENOW_GATEWAY_BROKER_ALIVE;
    cfg->qos = CONFIG_ENOW_GATEWAY_QOS;
    cfg->ack_mode = ACKNOWLEDGE;
    COPY(cfg, device_root, CONFIG_ENOW_GATEWAY_DEVICE_ROOT);
    COPY(cfg, gateway_root, CONFIG_ENOW_GATEWAY_GATEWAY_ROOT);
    cfg->stats_s = CONFIG_ENOW_GATEWAY_STATS_INTERVAL;
    cfg->outbox_msgs = CONFIG_ENOW_GATEWAY_OUTBOX_MESSAGES;
    cfg->outbox_bytes = CONFIG_ENOW_GATEWAY_OUTBOX_BYTES;
    cfg->window = CONFIG_ENOW_GATEWAY_WINDOW;

    cfg->key_id = CONFIG_ENOW_GATEWAY_KEY_ID;
    /* A text that is no key leaves none, and the gateway does not start. */
    (void)enow_settings_hex(CONFIG_ENOW_GATEWAY_NETWORK_KEY, cfg->network_key, sizeof cfg->network_key);
    cfg->open = OPEN;
    cfg->passthrough = PASSTHROUGH;
    cfg->node_alive_s = CONFIG_ENOW_GATEWAY_NODE_ALIVE;
    cfg->mail_keep_h = CONFIG_ENOW_GATEWAY_MAIL_KEEP;
    cfg->log_level = CONFIG_ENOW_GATEWAY_LOG_LEVEL;
}
