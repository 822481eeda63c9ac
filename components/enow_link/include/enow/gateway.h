/*
 * The gateway's machine: it gives sessions to nodes that join, takes their messages, and keeps mail for them. On open
 * networks it takes messages of nodes without a session too. How it is driven, and what time, memory and threads it
 * needs, stands in enow/link.h.
 *
 *   static uint64_t memory[65536 / 8];
 *   enow_link_gateway_config_t cfg;
 *   enow_link_gateway_config_default(&cfg, own_address, channel);
 *   cfg.crypto = enow_crypto_psa();
 *   cfg.keys[0].id = 1, memcpy(cfg.keys[0].key, network_key, sizeof(cfg.keys[0].key)), cfg.key_count = 1;
 *   enow_link_gateway_t *gateway;
 *   int err = enow_link_gateway_init(&gateway, &cfg, memory, sizeof(memory));
 *
 * Then call handle for each frame, poll until it returns false, transmit while it returns true. What a message's
 * receipt names is given back by accept or refuse.
 *
 * What only some nodes need at a time comes from pools, whose sizes are settings. Where one is empty the request is
 * refused and counted under ENOW_DROP_REASON_NO_ROOM, or waits; nodes ask again.
 */
#pragma once

#include "enow/config.h"
#include "enow/crypto.h"
#include "enow/frag.h"
#include "enow/link.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a gateway of an open network does with frames that are none of this protocol's (SPEC.md, section 7). */
typedef enum {
    /** Drop and count them. */
    ENOW_LINK_PASS_OFF = 0,
    /** Forward broadcasts that are not this protocol's to their last byte. */
    ENOW_LINK_PASS_UNKNOWN = 1,
    /** Forward every frame as it is, this protocol's too. */
    ENOW_LINK_PASS_ALL = 2,
} enow_link_passthrough_t;

/** A network key. */
typedef struct {
    /** 1..255. */
    uint8_t id;
    uint8_t key[ENOW_LINK_KEY_SIZE];
} enow_link_gateway_key_t;

/** What a gateway keeps for nodes. */
typedef struct {
    /** Messages for one node: 1..1024. */
    uint16_t node_messages;
    /** Bytes for one node, topics included: at least 1. */
    uint32_t node_bytes;
    /** Messages for all nodes: at least node_messages. */
    uint16_t messages;
    /** Bytes for all nodes: node_bytes..ENOW_MAX_MESSAGE. */
    uint32_t bytes;
    /** For how long: at least 1. */
    uint64_t keep_us;
} enow_link_mail_limits_t;

/** How a gateway is configured. Start from enow_link_gateway_config_default. */
typedef struct {
    /** The gateway's own. */
    enow_addr_t addr;
    /** 1..14, that its radio is on. */
    uint8_t channel;
    const enow_crypto_t *crypto;
    /** Of a secure network. None: the network is open, and stays so. */
    enow_link_gateway_key_t keys[ENOW_LINK_NETWORK_KEYS];
    uint8_t key_count;
    /** Bytes, of the radio: 250..1470. */
    uint16_t max_frame;

    /** How many nodes can be joined at once: 1..10000. */
    uint16_t sessions;
    /** How many more are remembered, who have left or for whom mail waits: 1..10000. */
    uint16_t remembered;
    /** The length of the radio's list of peers, broadcast included: 3..20. */
    uint8_t peers;
    /** For nodes that ask for none: 1..65535 s. */
    uint16_t keep_alive_s;
    /** How far apart joins are taken: longer than one keeps the gateway busy, for it hears nobody meanwhile. Up to
     * 10,000,000. */
    uint32_t join_every_us;
    enow_link_mail_limits_t mail;
    /** Of messages to the gateway. */
    enow_frag_limits_t fragments;
    /** How many messages of nodes without a session are remembered to know a repeat: at least 1. */
    uint16_t recent_ids;
    /** And for how long: at least 1. */
    uint64_t recent_us;
    /** Of an open network. */
    enow_link_passthrough_t passthrough;

    /** Nodes that messages are sent to at the same time: at least 1. Others wait. */
    uint16_t senders;
    /** PUBACKs that wait to be sent, and as many PINGRESPs: at least 1. */
    uint16_t answers;
    /** Answers to nodes without a session that wait to be sent: at least 1. */
    uint16_t replies;
    /** Nonces of searches, to know a repeat: at least 1. */
    uint16_t searches;
    /** Hashes of the joins of two minutes: at least 1. A join more is told to come later. */
    uint16_t joins;
    /** Addresses whose requests are counted: at least 1. */
    uint16_t buckets;
    /** Nodes on the deny-list. */
    uint16_t denied;

    /** For tests; zero outside of them. */
    enow_link_watch_t watch;
} enow_link_gateway_config_t;

/** What a gateway counts from its start, and a few things as they are now. */
typedef struct {
    /** Heard. */
    uint32_t frames;
    /** Frames. */
    uint32_t sent;
    /** That decoded. */
    uint32_t packets;
    /** Told, those passed through apart. */
    uint32_t messages;
    /** Frames passed through. */
    uint32_t raw;
    /** Answered. */
    uint32_t searches;
    /** Accepted. */
    uint32_t joins;
    /** Joins told to come later. */
    uint32_t busy;
    /** Sessions whose node was heard in them. */
    uint32_t joined;
    /** X25519 operations. */
    uint32_t key_exchanges;
    /** Messages to nodes that were not to be acknowledged. */
    uint32_t mail_dropped;
    /** Times that mail for a node waited for one of the senders. */
    uint32_t mail_waited;

    /** Now. */
    uint16_t sessions;
    uint16_t half_open;
    /** Nodes remembered now, those without a session included. */
    uint16_t known;
    /** Bytes for nodes now. */
    uint32_t mail;
    /** Messages of which parts are missing now. */
    uint32_t partial;
    /** Messages told that nobody has accepted or refused yet. */
    uint32_t waiting;
    /** Bytes of buffers for them, spare ones included. */
    uint32_t held;
    enow_link_drops_t drops;
} enow_link_gateway_stats_t;

/** What a gateway knows of one node. */
typedef struct {
    enow_addr_t addr;
    /** It has a session. */
    bool present;
    bool sleepy;
    uint32_t boot;
    /** 0: it has none. */
    uint8_t session;
    /** In dBm. */
    int8_t rssi;
    /** Bytes; 0 without a session. */
    uint16_t max_frame;
    /** Messages that wait for it. */
    uint16_t mail;
    /** How long ago it was heard, or left. */
    uint64_t seen_us;
    /** Packets made with the session's key. */
    uint32_t sealed;
} enow_link_node_status_t;

/** A gateway, in memory that its caller gives. */
typedef struct enow_link_gateway enow_link_gateway_t;

/** Fills in a gateway of an open network, with the sizes of ENOW_CONFIG_*. crypto is left to be set. */
void enow_link_gateway_config_default(enow_link_gateway_config_t *cfg, enow_addr_t addr, uint8_t channel);

/** Returns how many bytes of memory a gateway of this configuration needs, or SIZE_MAX if there cannot be so much. */
size_t enow_link_gateway_memory(const enow_link_gateway_config_t *cfg);

/** Makes a gateway in memory aligned for a uint64_t, which is its own until it is used no more. Returns 0 and sets
 * *gateway, or ENOW_LINK_ERR_CONFIG, _MEMORY or _CRYPTO. */
int enow_link_gateway_init(enow_link_gateway_t **gateway, const enow_link_gateway_config_t *cfg, void *memory,
                           size_t size);

/** Takes a frame that arrived. What poll has not yet taken of the one before is lost, and not counted. */
void enow_link_gateway_handle(enow_link_gateway_t *gateway, uint64_t now_us, const enow_link_frame_t *frame);

/** Fills in the next thing that happened; false: there is nothing more. */
bool enow_link_gateway_poll(enow_link_gateway_t *gateway, uint64_t now_us, enow_link_event_t *event);

/** Writes the next frame to send into buf, and fills *out; false: there is none, or poll has more to say first. Where
 * cap is less than max_frame it always says false. */
bool enow_link_gateway_transmit(enow_link_gateway_t *gateway, uint64_t now_us, enow_link_transmission_t *out,
                                uint8_t *buf, size_t cap);

/** When to call poll and then transmit if nothing else happens before; false: nothing waits. */
bool enow_link_gateway_next_deadline(const enow_link_gateway_t *gateway, uint64_t *at_us);

/** Queues a copy of a message to a node; it goes at once to one that is joined and awake, and else when the node is
 * heard, for as long as mail is kept. What is to be acknowledged has a result. Returns 0 and sets *ticket, which may be
 * null; or ENOW_LINK_ERR_ADDR, _DENIED, _TOPIC, _TOO_LARGE or _FULL, and nothing is queued. */
int enow_link_gateway_send(enow_link_gateway_t *gateway, uint64_t now_us, enow_addr_t to,
                           const enow_link_outgoing_t *message, enow_link_ticket_t *ticket);

/** Says that the application has taken responsibility for a message: it is acknowledged to its node. Returns whether
 * the message waited for that; it does not if it has been accepted or refused before. */
bool enow_link_gateway_accept(enow_link_gateway_t *gateway, uint64_t now_us, enow_link_receipt_t receipt);

/** Says that the application never takes a message: its node is told so. Returns as enow_link_gateway_accept does. */
bool enow_link_gateway_refuse(enow_link_gateway_t *gateway, uint64_t now_us, enow_link_receipt_t receipt);

/** Puts a node on the deny-list: its session ends at once, its mail is void, and it is let in no more. Returns 0;
 * ENOW_LINK_ERR_FULL, and nothing happens, where the list is full or poll has more to say first. */
int enow_link_gateway_deny(enow_link_gateway_t *gateway, uint64_t now_us, enow_addr_t addr);

/** Takes a node off the deny-list. */
void enow_link_gateway_allow(enow_link_gateway_t *gateway, enow_addr_t addr);

/** Says that another gateway holds a node: its session here ends without a word, and its mail is void. Returns 0;
 * ENOW_LINK_ERR_FULL, and nothing happens, where poll has more to say first. */
int enow_link_gateway_elsewhere(enow_link_gateway_t *gateway, uint64_t now_us, enow_addr_t addr);

/** Says goodbye to all nodes. Call handle no more, for a search would be answered still. The gateway is done when
 * transmit has nothing more to send and poll to say. */
void enow_link_gateway_shutdown(enow_link_gateway_t *gateway);

/** Adds a copy of a network key. Returns 0; ENOW_LINK_ERR_FULL while a rotation is under way: remove the old key first;
 * or ENOW_LINK_ERR_CONFIG where the id is 0 or taken, the key weak or there already, or the network open: a key does
 * not make it secure. */
int enow_link_gateway_add_key(enow_link_gateway_t *gateway, const enow_link_gateway_key_t *key);

/** Removes a network key: devices that still use it are strangers from now on, but sessions go on. */
void enow_link_gateway_remove_key(enow_link_gateway_t *gateway, uint8_t id);

/** Says on which channel, 1..14, the radio is now. Nodes find out by searching. */
void enow_link_gateway_set_channel(enow_link_gateway_t *gateway, uint8_t channel);

/** Says what time it is since 1970, in UTC, which nodes are told. */
void enow_link_gateway_set_unix_time(enow_link_gateway_t *gateway, uint64_t now_us, uint64_t unix_us);

/** Says that the radio's list of peers is empty, as it is after a start of ESP-NOW. */
void enow_link_gateway_radio_reset(enow_link_gateway_t *gateway);

/** Fills in what was counted since the start, and how things are now. */
void enow_link_gateway_stats(const enow_link_gateway_t *gateway, enow_link_gateway_stats_t *out);

/** Fills in what is known of the first node, by address, or, where after is not null, of the one that follows it;
 * false: there is none. after may point into *out. */
bool enow_link_gateway_next_node(const enow_link_gateway_t *gateway, uint64_t now_us, const enow_addr_t *after,
                                 enow_link_node_status_t *out);

#ifdef __cplusplus
}
#endif
