/*
 * A gateway between ESP-NOW nodes and an MQTT 5 broker:
 *
 *   void app_main(void)
 *   {
 *       ESP_ERROR_CHECK(enow_gateway_start(NULL));
 *   }
 *
 * It joins the access point of a home, follows its channel, gives sessions to nodes and carries their messages to
 * /device/<mac>/..., and what is published to /device/<mac>/$set to them. Topics, documents and user properties stand
 * in SPEC.md, section 7. Where there is no access point or no broker it goes on without, keeps what nodes send as far
 * as there is room, and says in its log what to do.
 *
 * Threads: there is one gateway in a program. All functions may be called from any task, but not from an event handler
 * of Wi-Fi, and block while the gateway calculates keys, up to some 100 ms. Memory: it is taken in enow_gateway_start,
 * by the settings; README.md has figures.
 */
#pragma once

#include "enow/gateway.h"
#include "enow/radio.h"
#include "enow/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/** When a message is acknowledged to its node. */
typedef enum {
    /** When the broker has acknowledged it: it is lost by nothing that the gateway does. */
    ENOW_GATEWAY_ACKNOWLEDGE_BROKER = 0,
    /** When it is in the gateway's outbox: sooner, and lost when the gateway restarts before the broker has it. */
    ENOW_GATEWAY_ACKNOWLEDGE_QUEUE = 1,
} enow_gateway_acknowledge_t;

/** How a gateway is configured; README.md says what each means, and its key in NVS. Strings end in NUL. */
typedef struct {
    char ssid[33];
    char password[65];
    uint8_t channel;
    uint16_t ap_rest_s;
    char hostname[32];
    char ntp[64];

    char broker_uri[129];
    char broker_user[65];
    char broker_pass[129];
    char client_id[65];
    uint16_t broker_alive_s;
    uint8_t qos;
    /** enow_gateway_acknowledge_t. */
    uint8_t ack_mode;
    char device_root[65];
    char gateway_root[65];
    uint32_t stats_s;
    uint16_t outbox_msgs;
    uint32_t outbox_bytes;
    uint8_t window;

    /** 0: there is no key. */
    uint8_t key_id;
    uint8_t network_key[ENOW_LINK_KEY_SIZE];
    /** The other key of a network whose devices are moved from one to the next; 0: there is none. */
    uint8_t key_id2;
    uint8_t network_key2[ENOW_LINK_KEY_SIZE];
    /** Without a key: run an open network. */
    bool open;
    /** enow_link_passthrough_t. */
    uint8_t passthrough;
    uint16_t node_alive_s;
    uint16_t mail_keep_h;
    uint8_t log_level;
} enow_gateway_config_t;

/** What the access point has to do with the gateway. */
typedef struct {
    bool joined;
    /** That ESP-NOW is on. */
    uint8_t channel;
    uint32_t attempts;
    uint32_t joins;
    /** Losses of one that was joined. */
    uint32_t losses;
    /** Attempts that found none of the name. */
    uint32_t not_found;
    /** Attempts that it refused: most likely the password is wrong. */
    uint32_t refused;
    /** Changes of its channel, while joined or between two joins. */
    uint32_t moves;
} enow_gateway_station_stats_t;

/** What the broker has to do with the gateway. */
typedef struct {
    bool connected;
    uint32_t attempts;
    uint32_t connections;
    uint32_t losses;
    /** Attempts that found no broker. */
    uint32_t unreachable;
    /** Connections that the broker refused: most likely user name or password are wrong. */
    uint32_t refused;
    /** Messages that esp-mqtt did not take, or the broker for its quota; they are handed over again. */
    uint32_t failures;
    /** Messages that esp-mqtt gave up; they are handed over again. */
    uint32_t expired;
    /** Messages that arrived: $set, $config, $deny, $status. */
    uint32_t received;
    /** Messages longer than CONFIG_ENOW_GATEWAY_INBOX. */
    uint32_t too_long;
    /** Messages that do not parse, or on topics that are none of the gateway's. */
    uint32_t malformed;
} enow_gateway_broker_stats_t;

/** What becomes of messages to the broker: those of nodes, and documents of the gateway. */
typedef struct {
    /** Of nodes, those passed through too. */
    uint32_t received;
    /** Acknowledged by the broker; at QoS 0, written to it. */
    uint32_t published;
    /** Not taken by the broker for good: it said so, or hung up on them each time. */
    uint32_t refused;
    /** Promised to nobody, and the oldest of a full outbox. */
    uint32_t dropped;
    /** Larger than the outbox. */
    uint32_t too_large;
    /** Worthless by a later one, such as a $status. */
    uint32_t replaced;
    /** Handed to esp-mqtt again. */
    uint32_t again;
    /** Now: wait, are on the way, and the bytes of both. */
    uint32_t waiting;
    uint32_t in_flight;
    uint32_t bytes;
} enow_gateway_uplink_stats_t;

/** What becomes of messages to nodes. */
typedef struct {
    /** Taken by the gateway. */
    uint32_t queued;
    /** Acknowledged by their nodes. */
    uint32_t delivered;
    /** Not fetched in time, or refused by the node. */
    uint32_t failed;
    /** Retained by the broker, and so ignored. */
    uint32_t retained;
    /** For nodes that are at another gateway. */
    uint32_t elsewhere;
    /** Not taken: longer than a node can get, too many of them, denied or no address of a node. */
    uint32_t refused;
} enow_gateway_downlink_stats_t;

/** What a gateway counts since its start, and a few things as they are now. */
typedef struct {
    enow_link_gateway_stats_t link;
    enow_radio_stats_t radio;
    enow_settings_stats_t settings;
    enow_gateway_station_stats_t station;
    enow_gateway_broker_stats_t broker;
    enow_gateway_uplink_stats_t uplink;
    enow_gateway_downlink_stats_t downlink;
} enow_gateway_stats_t;

/** Fills in what Kconfig says. */
void enow_gateway_config_default(enow_gateway_config_t *cfg);

/** Starts the gateway with the settings of NVS over those of cfg, or over those of Kconfig where it is null. Returns
 * ESP_OK whether or not there is an access point or a broker; ESP_ERR_INVALID_STATE where it runs, or has no network
 * key and is not told to be open; ESP_ERR_INVALID_ARG where a setting of cfg is out of range; ESP_ERR_NO_MEM; or what
 * ESP-IDF returns. The log says why and what to do. */
esp_err_t enow_gateway_start(const enow_gateway_config_t *cfg);

/** Says goodbye to nodes and broker, and gives all memory back. It takes some seconds at most; where esp-mqtt is just
 * trying to connect, it waits for the end of that, which can be 20 s. Returns ESP_ERR_INVALID_STATE where no gateway
 * runs. */
esp_err_t enow_gateway_stop(void);

/** Checks a setting, by its key in NVS, writes it there, and applies it at once where it can be: README.md says which
 * can, the others count from the next start on. A key of a network is 64 hexadecimal digits. Returns
 * ESP_ERR_NOT_FOUND for a key that is none, ESP_ERR_INVALID_ARG for a value out of range, ESP_ERR_INVALID_STATE where
 * no gateway runs, or what NVS returns. */
esp_err_t enow_gateway_set(const char *key, const char *text);

/** Fills in the counters. Returns ESP_ERR_INVALID_STATE where no gateway runs. */
esp_err_t enow_gateway_stats(enow_gateway_stats_t *out);

#ifdef __cplusplus
}
#endif
