/*
 * A device of an ESP-NOW network. It finds a gateway by itself, and what it publishes comes out of the gateway's MQTT
 * broker under /device/<mac>.
 *
 *   enow_node_start(NULL);
 *   enow_node_publish("temperature", "21.5", 4, 5000);
 *   enow_node_deep_sleep(30 * 1000);
 *
 * Settings come from NVS, and where NVS has none from menuconfig: "ESP-NOW Network: node".
 *
 * Threads: start, stop and deep_sleep from one task, the others from any; none from an interrupt.
 * Blocking: each waits for the node's task, mostly microseconds, and some 200 ms while keys are exchanged; those that
 * wait for more say so.
 * Memory: static, sized by menuconfig; README.md has a table. What is given is copied.
 * Errors: those of start and of settings are logged, with what to do about it; enow_node_err_text says it of any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enow/node.h"
#include "enow/radio.h"
#include "enow/settings.h"
#include "enow/wifi.h"
#include "esp_err.h"
#include "esp_event.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Errors beside those of ESP-IDF. */
#define ENOW_NODE_ERR_BASE 0x4e000
/** The device has no key, or half of one, and was not told that its network is open. */
#define ENOW_NODE_ERR_NO_KEY (ENOW_NODE_ERR_BASE + 1)
/** The key in NVS is that of another device. */
#define ENOW_NODE_ERR_OTHER_DEVICE (ENOW_NODE_ERR_BASE + 2)
/** The message will never be taken: the gateway refuses it. */
#define ENOW_NODE_ERR_REFUSED (ENOW_NODE_ERR_BASE + 3)

/** Says in a sentence what an error of this component means and what to do; of another one, its name. */
const char *enow_node_err_text(esp_err_t err);

/* Events */

/** The base of the events below, on the default event loop. */
ESP_EVENT_DECLARE_BASE(ENOW_NODE_EVENT);

typedef enum {
    /** The node has a session with a gateway: enow_link_connection_t. */
    ENOW_NODE_EVENT_CONNECTED = 0,
    /** It has lost it, and searches again by itself: enow_link_connection_t. */
    ENOW_NODE_EVENT_DISCONNECTED = 1,
    /** A message to this device: enow_node_message_t. */
    ENOW_NODE_EVENT_MESSAGE = 2,
    /** What became of a message that nobody waits for: enow_node_result_t. */
    ENOW_NODE_EVENT_RESULT = 3,
} enow_node_event_t;

/** A message that arrived. Its bytes follow it in memory. */
typedef struct {
    /** Bytes of the payload. */
    uint32_t len;
    /** Bytes of the topic, the NUL behind it not counted. */
    uint16_t topic_len;
    /** The broker had kept it. */
    bool retain;
    /** In dBm, of the gateway. */
    int8_t rssi;
} enow_node_message_t;

/** The topic, with a NUL behind it: "" of what was published to /device/<mac>/$set, else the full one. */
static inline const char *enow_node_message_topic(const enow_node_message_t *m) { return (const char *)(m + 1); }

/** The payload: m->len bytes. */
static inline const void *enow_node_message_payload(const enow_node_message_t *m)
{
    return enow_node_message_topic(m) + m->topic_len + 1;
}

/** What became of a message that was to be acknowledged. Each has one result, here or from enow_node_publish, unless
 * the node stops before. */
typedef struct {
    /** That enow_node_queue gave. */
    enow_link_ticket_t ticket;
    /** ESP_OK: somebody has taken responsibility for it; ESP_ERR_INVALID_SIZE or ENOW_NODE_ERR_REFUSED: nobody will. */
    esp_err_t err;
} enow_node_result_t;

/** Gets events in place of the event loop: data as said there, valid until it returns. It runs in the node's task,
 * which does nothing meanwhile: it must not wait. It may publish with a timeout of 0. */
typedef void (*enow_node_callback_t)(void *user, enow_node_event_t event, const void *data);

/* Settings */

/** How a node is configured. Start from enow_node_config_default; names are those of the settings in NVS. */
typedef struct {
    /** Which network key the device's comes from, 1..255; 0: it has none. */
    uint8_t key_id;
    /** Zero: none. */
    uint8_t device_key[ENOW_LINK_KEY_SIZE];
    /** The device that device_key was made for; zero: not said. */
    uint8_t address[6];
    /** For development: the device's key is derived from it. Zero: none. */
    uint8_t network_key[ENOW_LINK_KEY_SIZE];
    /** Without any key: the network is open, so that everybody can read and forge what its devices say. */
    bool open;

    /** It sleeps between messages: the gateway keeps its mail until it is heard. */
    bool sleepy;
    /** 1..65535: more than the longest sleep, for after 1.5 times that without a word the gateway says that the node is
     * offline. The gateway has the last word. */
    uint16_t keep_alive_s;
    /** Bit n: search on channel n, 1..14. */
    uint16_t channels;
    /** 1..1000: how long to listen on each of them for answers. */
    uint16_t listen_ms;
    /** In dBm: a gateway below is taken only if there is no other. */
    int8_t min_rssi;
    /** In dB: what another gateway must be better by than the one the node had. */
    uint8_t hysteresis;

    /** Messages that wait to be sent; topics count as bytes of them. */
    uint16_t queue_messages;
    uint32_t queue_bytes;
    /** Bytes of the longest message to the node, its topic included. */
    uint32_t max_receive;

    /** How long enow_node_deep_sleep waits until everything is acknowledged. */
    uint32_t sleep_wait_ms;
    /** It then sleeps all the same, and what was not acknowledged is lost. */
    bool sleep_anyway;
    /** How often to warn while there is no gateway; 0: never. */
    uint16_t warn_s;

    enow_wifi_config_t wifi;
    enow_radio_config_t radio;

    /** NULL: events go to the default event loop. */
    enow_node_callback_t on_event;
    void *user;
} enow_node_config_t;

/** Fills in what menuconfig says. */
void enow_node_config_default(enow_node_config_t *cfg);

/** Replaces what NVS says otherwise, in namespace "enow". A value that may not be is skipped, logged and counted.
 * Returns ESP_OK, or the error of NVS, and cfg is as it was. */
esp_err_t enow_node_config_load(enow_node_config_t *cfg);

/** Writes a setting into NVS, as text: enow_node_set("keep_alive_s", "120"). The next start uses it. Returns ESP_OK;
 * ESP_ERR_NOT_FOUND: there is no such setting; ESP_ERR_INVALID_ARG: that is no value of it; or the error of NVS. */
esp_err_t enow_node_set(const char *key, const char *text);

/* The node */

/** Switches on Wi-Fi without an access point, and ESP-NOW, and starts the node. cfg NULL: what menuconfig says, and NVS
 * over it. After a wake from enow_node_deep_sleep the node goes on with its session; else it searches and joins, for
 * which start does not wait. Returns ESP_OK, or, and nothing runs,
 *   ESP_ERR_INVALID_STATE       it runs already
 *   ESP_ERR_INVALID_ARG         a setting is out of its range
 *   ESP_ERR_NO_MEM              the queues that were set do not fit into the memory that menuconfig gives
 *   ENOW_NODE_ERR_NO_KEY        no key, or half of one, and the network is not said to be open
 *   ENOW_NODE_ERR_OTHER_DEVICE  the key is that of another device
 *   ESP_FAIL                    the cryptography does not work
 * or the error of Wi-Fi or ESP-NOW. */
esp_err_t enow_node_start(const enow_node_config_t *cfg);

/** Says goodbye to the gateway, for which it takes up to 1 s, and switches all off. What is queued is not sent, and
 * calls that wait return ESP_ERR_INVALID_STATE. Does nothing where no node runs, nor in the callback. */
void enow_node_stop(void);

/** Publishes a message under the device's topic and waits up to timeout_ms until the gateway says that it is
 * responsible for it; UINT32_MAX: for ever. 0: does not wait; the message is sent all the same, again and again until
 * acknowledged, and ENOW_NODE_EVENT_RESULT tells. topic: "" or NULL is /device/<mac> itself. Returns ESP_OK, or
 *   ESP_ERR_TIMEOUT        not acknowledged yet: it is still sent, and ENOW_NODE_EVENT_RESULT tells
 *   ESP_ERR_NO_MEM         the queue is full: again when a message has gone
 *   ESP_ERR_INVALID_SIZE   longer than the queue, or than the gateway takes
 *   ESP_ERR_INVALID_ARG    not a topic that a device may use, or data is NULL
 *   ESP_ERR_INVALID_STATE  no node runs, or it goes to sleep; or this is the callback, which must not wait
 *   ENOW_NODE_ERR_REFUSED  the gateway will never take it */
esp_err_t enow_node_publish(const char *topic, const void *data, size_t len, uint32_t timeout_ms);

/** Queues a message with all that can be said of one, such as retain, and does not wait. Without acknowledge it is sent
 * once, and may be dropped for newer ones. ticket may be NULL, and names it in its ENOW_NODE_EVENT_RESULT. Returns as
 * enow_node_publish does. */
esp_err_t enow_node_queue(const enow_link_outgoing_t *message, enow_link_ticket_t *ticket);

/** Sleeps for ms, or until another source wakes the chip that the caller has set up; 0: only until then. Before, it
 * waits up to sleep_wait_ms until all is acknowledged and mail has come, and up to 1 s more until handlers of events
 * are done, and keeps the session in RTC memory. A node that found no gateway by then and has nothing to send, or whose
 * handlers are not done, sleeps too, without its session. Returns only with
 *   ESP_ERR_TIMEOUT        messages are still not acknowledged; the node goes on as before, and the caller decides.
 *                          With sleep_anyway it sleeps instead; they are lost, and the next start logs and counts them.
 *   ESP_ERR_INVALID_STATE  no node runs, or this is the callback */
esp_err_t enow_node_deep_sleep(uint32_t ms);

/** Whether the node has a session that works. */
bool enow_node_connected(void);

/** Sets *unix_us to the time since 1970 by the gateway's clock; false: it has not said. */
bool enow_node_unix_time(uint64_t *unix_us);

/** What a node counts: link since its start, the others since the chip's. */
typedef struct {
    enow_link_node_stats_t link;
    enow_radio_stats_t radio;
    enow_settings_stats_t settings;
    /** Messages that were not taken because the queue was full. */
    uint32_t queue_full;
    /** Messages that were not taken because of their length. */
    uint32_t oversized;
    /** Events that the event loop had no room for; what CONNECTED and DISCONNECTED tell, enow_node_connected says. */
    uint32_t events_lost;
    /** Times that NVS did not take where the gateway is: the next search after a restart is longer. */
    uint32_t home_unsaved;
    /** Messages lost by sleep_anyway. */
    uint32_t lost_asleep;
    /** The session is that from before deep sleep, or was at the start. */
    bool resumed;
} enow_node_stats_t;

/** Returns ESP_OK, or ESP_ERR_INVALID_STATE: no node runs. */
esp_err_t enow_node_stats(enow_node_stats_t *out);

#ifdef __cplusplus
}
#endif
