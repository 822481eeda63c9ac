/*
 * The node's machine: it finds a gateway, joins it, sends it messages in order, and tells those that come back. How it
 * is driven, and what time, memory and threads it needs, stands in enow/link.h.
 *
 *   static uint64_t memory[32768 / 8];
 *   enow_link_node_config_t cfg;
 *   enow_link_node_config_default(&cfg, own_address);
 *   cfg.crypto = enow_crypto_psa();
 *   cfg.key_id = 1, memcpy(cfg.key, device_key, sizeof(cfg.key));
 *   enow_link_node_t *node;
 *   int err = enow_link_node_init(&node, &cfg, memory, sizeof(memory));
 *
 * Then publish messages; call handle for each frame, poll until it returns false, transmit while it returns true.
 */
#pragma once

#include "enow/config.h"
#include "enow/crypto.h"
#include "enow/frag.h"
#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a node found its gateway. */
typedef struct {
    enow_addr_t gateway;
    /** 1..14; 0: unknown. */
    uint8_t channel;
} enow_link_home_t;

/** How a node is configured. Start from enow_link_node_config_default. */
typedef struct {
    /** The node's own. */
    enow_addr_t addr;
    /** Where messages go. Zero: the node searches for gateways and joins the best one. On open networks it can do
     * without a session too: broadcast sends to everybody, another address to that station. */
    enow_addr_t gateway;
    /** The device's key in a secure network. Not read where key_id is 0. */
    uint8_t key[ENOW_LINK_KEY_SIZE];
    /** Which network key it comes from: 1..255; 0: the network is open. */
    uint8_t key_id;
    const enow_crypto_t *crypto;
    /** Bytes, of the radio: 250..1470. A broadcast is at most 250 all the same. */
    uint16_t max_frame;

    /** Messages not yet done with: at least 1. */
    uint16_t queue_messages;
    /** Bytes of them, topics included: at least 1; no message can be longer. */
    uint32_t queue_bytes;

    /** Where to search first, kept over a restart; unknown, or on none of the channels: nowhere. */
    enow_link_home_t home;
    /** 1..14, searched in this order; the node is never on another. */
    uint8_t channels[ENOW_LINK_MAX_CHANNEL];
    uint8_t channel_count;
    /** How long to listen on each of them for answers: up to 1,000,000. */
    uint32_t listen_us;
    /** In dBm: a gateway below is taken only if there is no other. */
    int8_t min_rssi;
    /** In dB: what another gateway must be better by than the one the node had. */
    uint8_t hysteresis;
    /** What the node asks for; the gateway has the last word. 1..65535 s. */
    uint16_t keep_alive_s;
    /** It sleeps between messages: the gateway keeps its mail until it is heard. */
    bool sleepy;
    /** Of messages to the node. */
    enow_frag_limits_t receive;

    /** For tests; zero outside of them. */
    enow_link_watch_t watch;
} enow_link_node_config_t;

/** What a node counts from its start, and a few things as they are now. */
typedef struct {
    /** Sent whole, or acknowledged where that was asked for. */
    uint32_t messages;
    /** That the other side will never take. */
    uint32_t failed;
    /** Messages. */
    uint32_t received;
    /** Sent. */
    uint32_t frames;
    /** Frames. */
    uint32_t heard;
    /** Of messages to be acknowledged. */
    uint32_t parts;
    /** Of those, sent before. */
    uint32_t resent;
    /** Unsent messages that made room for newer ones. */
    uint32_t dropped;
    /** Passes over the channels, and questions to the gateway it had. */
    uint32_t searches;
    /** Begun. */
    uint32_t joins;
    /** Got. */
    uint32_t sessions;
    uint32_t pings;
    /** X25519 operations. */
    uint32_t key_exchanges;
    /** Messages that are not done with. */
    uint32_t queued;
    /** Bytes of buffers for messages that arrive in parts. */
    uint32_t held;
    enow_link_drops_t drops;
} enow_link_node_stats_t;

/** A node, in memory that its caller gives. */
typedef struct enow_link_node enow_link_node_t;

/** Fills in a node on an open network that searches for a gateway on channels 1 to 13, with the sizes of
 * enow/config.h.
 * crypto is left to be set. */
void enow_link_node_config_default(enow_link_node_config_t *cfg, enow_addr_t addr);

/** Returns how many bytes of memory a node of this configuration needs, or SIZE_MAX if there cannot be so much. */
size_t enow_link_node_memory(const enow_link_node_config_t *cfg);

/** Makes a node in memory aligned for a uint64_t, which is its own until it is used no more. Returns 0 and sets *node,
 * or ENOW_LINK_ERR_CONFIG, _MEMORY or _CRYPTO. */
int enow_link_node_init(enow_link_node_t **node, const enow_link_node_config_t *cfg, void *memory, size_t size);

/** Queues a message; where there is no room, the oldest go that have not begun and need not be acknowledged. Returns 0
 * and sets *ticket, which may be null; or ENOW_LINK_ERR_TOPIC, _TOO_LARGE, _FULL, _NO_SESSION, _ASLEEP or _GONE, and
 * the queue is as it was. */
int enow_link_node_publish(enow_link_node_t *node, uint64_t now_us, const enow_link_outgoing_t *message,
                           enow_link_ticket_t *ticket);

/** Takes a frame that arrived. What poll has not yet taken of the one before is lost, and not counted. */
void enow_link_node_handle(enow_link_node_t *node, uint64_t now_us, const enow_link_frame_t *frame);

/** Fills in the next thing that happened; false: there is nothing more. */
bool enow_link_node_poll(enow_link_node_t *node, uint64_t now_us, enow_link_event_t *event);

/** Writes the next frame to send into buf, and fills *out; false: there is none. Where cap is less than max_frame it
 * always says false. */
bool enow_link_node_transmit(enow_link_node_t *node, uint64_t now_us, enow_link_transmission_t *out, uint8_t *buf,
                             size_t cap);

/** When to call poll and then transmit if nothing else happens before; false: nothing waits. It holds once transmit had
 * nothing at the moment of the last poll: of a frame that waits to be asked for no time tells. */
bool enow_link_node_next_deadline(const enow_link_node_t *node, uint64_t *at_us);

/** Ends the session, and the node: once transmit has written the last frame it does nothing any more. What is queued is
 * not sent. */
void enow_link_node_goodbye(enow_link_node_t *node);

/** Says that the radio's list of peers is empty, as it is after a start of ESP-NOW. */
void enow_link_node_radio_reset(enow_link_node_t *node);

/** Whether the node has a session that works. */
bool enow_link_node_connected(const enow_link_node_t *node);

/** Whether the node has a session and nothing to do: then it may sleep. */
bool enow_link_node_resting(const enow_link_node_t *node, uint64_t now_us);

/** Where the node found its gateway last. */
enow_link_home_t enow_link_node_home(const enow_link_node_t *node);

/** Sets *unix_us to the time since 1970 by the gateway's clock; false: it has not said. */
bool enow_link_node_unix_time(const enow_link_node_t *node, uint64_t now_us, uint64_t *unix_us);

/** Fills in what was counted since the start, and how things are now. */
void enow_link_node_stats(const enow_link_node_t *node, enow_link_node_stats_t *out);

/** Bytes of the longest snapshot. */
#define ENOW_LINK_SNAPSHOT_SIZE 302u

/** Writes into buf what enow_link_node_resume goes on from after deep sleep, and stops the node. It holds keys, so it
 * belongs where nobody reads it. Returns its length; or ENOW_LINK_ERR_UNFINISHED unless the node is at rest,
 * ENOW_ERR_CAPACITY if cap is less than ENOW_LINK_SNAPSHOT_SIZE, or ENOW_LINK_ERR_CRYPTO, and the node goes on; or why
 * it has stopped before, ENOW_LINK_ERR_ASLEEP or _GONE. */
int enow_link_node_snapshot(enow_link_node_t *node, uint64_t now_us, uint8_t *buf, size_t cap);

/** Makes a node that goes on with the session of a snapshot, and overwrites the snapshot, so that no second node goes
 * on from it: its counters would come twice. Only a wake from deep sleep may resume; after any other reset a node joins
 * anew by enow_link_node_init.
 *
 * now_us may begin at 0 again, for slept_us says how long ago the snapshot was taken, by a clock that ran on: the
 * keep-alive, the age of keys and the time since 1970 count it.
 *
 * Returns 0 and sets *node; ENOW_LINK_ERR_SNAPSHOT, and *node is null: the node joins anew; or ENOW_LINK_ERR_CONFIG,
 * _MEMORY or _CRYPTO as enow_link_node_init does, and the snapshot is as it was. */
int enow_link_node_resume(enow_link_node_t **node, const enow_link_node_config_t *cfg, void *memory, size_t size,
                          uint64_t now_us, uint64_t slept_us, uint8_t *snapshot, size_t len);

#ifdef __cplusplus
}
#endif
