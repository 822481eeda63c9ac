/*
 * What the machines of the link have in common: the node's (enow/node.h) and the gateway's (enow/gateway.h).
 *
 * They know no radio, clock, thread or heap. A driver feeds a machine the frames that its radio received, the requests
 * of its application and the passing of time, and asks it what happened and what to send:
 *
 *   handle(now, frame)      a frame arrived
 *   publish(now, ...)       the application asks
 *   poll(now, &event)       what happened: after each call of the others, until it returns false
 *   transmit(now, ...)      the next frame to send, whenever the radio is free for one
 *   next_deadline(&at)      when to call poll, and then transmit, if nothing else happens
 *
 * poll is called until it has nothing more to say; only then does the machine let go of the frame that it was given.
 * transmit is called while the radio has no frame in flight. What only a frame can do stays due until then, so that
 * next_deadline may lie in the past: a driver whose radio is busy waits for the radio, not for the deadline.
 *
 * Time: now_us is the driver's monotonic clock in microseconds since any fixed moment, and never goes back.
 * Memory: the caller's, in one block for each machine. A configuration is copied; the table of cryptography that it
 * names, and its user and that of watch, stay as long as the machine is used. Bytes in an event are views, valid until
 * the next call.
 * Threads: a machine is used by one thread at a time, and blocks only while it calculates keys (enow/crypto.h).
 */
#pragma once

#include "enow/addr.h"
#include "enow_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of an X25519, AES-256 or network key. */
#define ENOW_LINK_KEY_SIZE 32u

/** How many network keys a gateway holds: the one in use, and beside it the next while devices move. */
#define ENOW_LINK_NETWORK_KEYS 2u

/** The highest Wi-Fi channel. */
#define ENOW_LINK_MAX_CHANNEL 14u

/** What a machine refuses, and why a message or a session ends. Results of the codec are enow_err_t, from -1 on. */
typedef enum {
    /** A packet or a handshake is forged or damaged. */
    ENOW_LINK_ERR_FORGED = -32,
    /** A counter was seen before, or is too old to tell. */
    ENOW_LINK_ERR_REPLAY = -33,
    /** The session's key has made all the packets it may. */
    ENOW_LINK_ERR_SPENT = -34,
    /** A function of enow_crypto_t failed. */
    ENOW_LINK_ERR_CRYPTO = -35,
    /** A setting is out of range. */
    ENOW_LINK_ERR_CONFIG = -36,
    /** The memory is too small for the configuration, or not aligned for a uint64_t. */
    ENOW_LINK_ERR_MEMORY = -37,
    /** The topic is longer than ENOW_MAX_TOPIC, or not one that a node may use. */
    ENOW_LINK_ERR_TOPIC = -38,
    /** The message can never be sent: it is longer than the queue here or the receiver there takes. */
    ENOW_LINK_ERR_TOO_LARGE = -39,
    /** There is no room: again when a message has gone. */
    ENOW_LINK_ERR_FULL = -40,
    /** The node did not fetch its mail in time. */
    ENOW_LINK_ERR_EXPIRED = -41,
    /** The node is on the deny-list. */
    ENOW_LINK_ERR_DENIED = -42,
    /** Another gateway holds the node. */
    ENOW_LINK_ERR_ELSEWHERE = -43,
    /** A node without sessions has nobody to acknowledge its messages. */
    ENOW_LINK_ERR_NO_SESSION = -44,
    /** A snapshot was taken: only a node resumed from it may send. */
    ENOW_LINK_ERR_ASLEEP = -45,
    /** The machine has said goodbye. */
    ENOW_LINK_ERR_GONE = -46,
    /** A message is under way in either direction, or there is no session to keep. */
    ENOW_LINK_ERR_UNFINISHED = -47,
    /** The snapshot is damaged, used, of another version, node or key: the node joins anew. */
    ENOW_LINK_ERR_SNAPSHOT = -48,
    /** An address is not that of one station. */
    ENOW_LINK_ERR_ADDR = -49,
} enow_link_err_t;

/** Why a session ended. The first ones are the reasons of DISCONNECT plus 1. */
typedef enum {
    ENOW_LINK_REASON_NONE = 0,
    /** The other side said goodbye. */
    ENOW_LINK_REASON_NORMAL = 1,
    /** The gateway does not know the session: it has restarted. */
    ENOW_LINK_REASON_UNKNOWN = 2,
    /** The node is on the deny-list. */
    ENOW_LINK_REASON_DENIED = 3,
    /** The gateway stops. */
    ENOW_LINK_REASON_SHUTDOWN = 4,
    /** Nothing was heard for too long. */
    ENOW_LINK_REASON_SILENT = 5,
    /** Another gateway holds the node. */
    ENOW_LINK_REASON_ELSEWHERE = 6,
    /** Silent for too long, and its place was needed. */
    ENOW_LINK_REASON_EVICTED = 7,
    /** The node joined anew after a restart. */
    ENOW_LINK_REASON_RESTARTED = 8,
    /** The session's key has made all the packets it may. */
    ENOW_LINK_REASON_SPENT = 9,
    /** No gateway speaks the node's version of the wire. */
    ENOW_LINK_REASON_VERSION = 10,
    /** No gateway knows an extension that the node insists on. */
    ENOW_LINK_REASON_EXTENSION = 11,
} enow_link_reason_t;

/** Names a reason as the $status of a node does (SPEC.md, section 7); that of none is empty. */
const char *enow_link_reason_name(enow_link_reason_t reason);

/** One ESP-NOW transmission as a radio received it. */
typedef struct {
    enow_addr_t src, dst;
    /** In dBm. */
    int8_t rssi;
    /** 1..14, of the receiver. */
    uint8_t channel;
    /** Memory of the driver's that the machine reads and writes, for packets are decrypted in place: it stays, and is
     * the machine's alone, until poll has nothing more to say. */
    uint8_t *body;
    size_t len;
} enow_link_frame_t;

/** A frame to send, beside its bytes, and what the radio needs for it. The radio keeps a list of the peers that it can
 * send to, 20 of them, of which a node takes 5; a machine knows what is on it, and says what to change. */
typedef struct {
    /** 1..14: tune to it first, and stay there; 0: stay where the radio is. */
    uint8_t channel;
    /** Take peer removed off the radio's list first. */
    bool remove;
    /** Put dst on the radio's list first. */
    bool add;
    enow_addr_t removed;
    enow_addr_t dst;
    /** Bytes of the frame. */
    size_t len;
} enow_link_transmission_t;

/** Names a message that a machine was asked to send, among those of the same machine. */
typedef uint32_t enow_link_ticket_t;

/** A message that a machine is asked to send. It is copied. */
typedef struct {
    /** Of a node: under the device's own, empty is /device/<mac> itself; to a node: empty, or the full topic. UTF-8. */
    enow_bytes_t topic;
    enow_bytes_t payload;
    /** The broker keeps the message as the topic's last. */
    bool retain;
    /** Asks for a result: the message is repeated until the other side says that somebody has taken responsibility for
     * it, or that nobody ever will, and it is never dropped before. */
    bool acknowledge;
} enow_link_outgoing_t;

/** Names a message that waits for enow_link_gateway_accept or _refuse; source 0: none does. */
typedef struct {
    uint64_t source;
    uint16_t id;
} enow_link_receipt_t;

/** One whole message that arrived (SPEC.md, section 5): of a node, or the gateway's to a node. */
typedef struct {
    enow_addr_t from;
    /** As that of enow_link_outgoing_t; to a node: empty is what came by $set, else the full topic. */
    enow_bytes_t topic;
    enow_bytes_t payload;
    bool retain;
    /** Sent to everybody, not to this station. */
    bool broadcast;
    /** A foreign frame passed through: no id, no boot, no topic. */
    bool raw;
    /** In dBm, of the frame that completed the message. */
    int8_t rssi;
    /** Of the same frame. */
    uint8_t channel;
    /** message_id. */
    uint16_t id;
    /** Of the sender; 0 without a session. */
    uint32_t boot;
    /** What a gateway's application gives back once it has taken responsibility: only then is the message acknowledged
     * to the node. None: the node asks for no acknowledgement. */
    enow_link_receipt_t receipt;
} enow_link_message_t;

/** What became of a message that was to be acknowledged; each has exactly one. */
typedef struct {
    enow_link_ticket_t ticket;
    /** The gateway or node. */
    enow_addr_t to;
    /** 0: somebody has taken responsibility. Above 0: the enow_puback_status_t of a receiver that never will. Below:
     * ENOW_LINK_ERR_TOO_LARGE, _EXPIRED, _DENIED, _ELSEWHERE or _FULL. */
    int err;
} enow_link_result_t;

/** A node has got a session, or lost the one it had. */
typedef struct {
    bool up;
    /** Why it is down; none for one that is up. */
    enow_link_reason_t reason;
    enow_addr_t gateway;
    uint8_t channel;
    /** In dBm, of the gateway's answer. */
    int8_t rssi;
    /** Of the gateway. */
    uint32_t boot;
} enow_link_connection_t;

/** A node has joined this gateway, or left it. A node that joins anew without a restart is not told: it never left. */
typedef struct {
    enow_addr_t addr;
    bool present;
    /** Why it left; none for one that joined. */
    enow_link_reason_t reason;
    /** Of the node. */
    uint32_t boot;
    /** In dBm, of the last frame. */
    int8_t rssi;
    uint8_t channel;
    /** It sleeps between messages. */
    bool sleepy;
} enow_link_presence_t;

typedef enum {
    ENOW_LINK_EVENT_MESSAGE = 1,
    ENOW_LINK_EVENT_RESULT = 2,
    ENOW_LINK_EVENT_CONNECTION = 3,
    ENOW_LINK_EVENT_PRESENCE = 4,
} enow_link_event_kind_t;

/** What a machine tells its application. */
typedef struct {
    enow_link_event_kind_t kind;
    union {
        enow_link_message_t message;
        enow_link_result_t result;
        enow_link_connection_t connection;
        enow_link_presence_t presence;
    } as;
} enow_link_event_t;

/** How many counters enow_link_drops_t has. */
#define ENOW_LINK_DROP_REASONS 48u

/** What was dropped, by enow_drop_reason_t. */
typedef struct {
    uint32_t count[ENOW_LINK_DROP_REASONS];
} enow_link_drops_t;

/** Told of each use of a key and a counter to encrypt, for tests to check that none comes twice. What it is told of the
 * key is not the key. */
typedef struct {
    void (*told)(void *user, const uint8_t key[8], uint32_t counter);
    void *user;
} enow_link_watch_t;

#ifdef __cplusplus
}
#endif
