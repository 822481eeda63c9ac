/*
 * The node's machine, for the files that it is made of: node.c takes frames and gives them, search.c and join.c come to
 * a session, alive.c knows that it works, downlink.c takes what comes in it, remember.c what outlives it, snapshot.c
 * what outlives deep sleep.
 *
 * Invariants: what fails to parse, fails its proof or its tag, or is a replay changes nothing but a counter; messages
 * go one at a time and in order, and one to be acknowledged has exactly one result; the session in use goes on until
 * another is there, or it is known to be lost; no key makes two packets with one counter, over deep sleep either.
 */
#pragma once

#include "answers.h"
#include "enow/node.h"
#include "handshake.h"
#include "inbox.h"
#include "keys.h"
#include "notices.h"
#include "outbox.h"
#include "peers.h"
#include "reset.h"
#include "session.h"
#include "station.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A node that starts, or has lost its gateway, waits up to so long. */
#define ENOW_LINK_FIRST_SEARCH_US (250 * ENOW_LINK_MS_US)
#define ENOW_LINK_MAX_BACK_OFF_US (30 * ENOW_LINK_SECOND_US)
/* Failures in a row, after which waits grow no more. */
#define ENOW_LINK_MAX_FAILURES 7u

/* Bytes of a CONNECT with JOIN of ours: what is in front of the hello, the hello, its tag. */
#define ENOW_LINK_JOIN_SIZE (2u + 1u + 1u + 4u + 8u + 32u + ENOW_LINK_HELLO_SIZE + ENOW_CRYPTO_TAG_SIZE)
#define ENOW_LINK_HELLO_SIZE (4u + 4u + 2u + 2u + 1u)

/* What a node remembers of a gateway: the ids of its messages, so that a repeat is known for one. */
typedef struct {
    uint64_t heard_us;
    enow_link_sender_t sender;
    enow_addr_t addr;
} enow_link_gateway_memory_t;

/* Room for results of messages that end together, and for what follows from them. Who tells results keeps
 * ENOW_LINK_NODE_EVENTS_KEPT places free for the other events, of which a node tells fewer between two polls. */
#define ENOW_LINK_NODE_EVENTS 8u
#define ENOW_LINK_NODE_EVENTS_KEPT 3u

/* How many gateways a node remembers, and how many peers it has on its radio's list: as many, and broadcast. */
#define ENOW_LINK_GATEWAYS 4u
#define ENOW_LINK_NODE_PEERS (ENOW_LINK_GATEWAYS + 1u)

/* How a node knows that its session works. */
typedef struct {
    uint64_t next_us;  /* when to ping, or when the last ping counts as lost */
    uint64_t reset_us; /* when the last reset of an open network was obeyed; 0: none was */
    uint64_t heard_us; /* when the gateway was heard last */
    uint64_t awake_us; /* a sleepy node listens until then */
    uint64_t poll_us;  /* when to ask for mail */
    uint64_t pause_us;
    enow_link_reason_t down; /* what was told last; none: it is up, or has not been */
    uint8_t pings;           /* unanswered; those that ask for mail do not count */
    bool wants_keys;         /* the gateway asks to join anew */
    bool pending;            /* mail waits */
} enow_link_alive_t;

typedef enum {
    ENOW_LINK_SEEK_IDLE = 0,
    ENOW_LINK_SEEK_START = 1,
    ENOW_LINK_SEEK_REST = 2,
    ENOW_LINK_SEEK_SEARCH = 3,
    ENOW_LINK_SEEK_JOIN = 4,
    ENOW_LINK_SEEK_CONFIRM = 5,
} enow_link_phase_t;

/* A gateway that may be joined. */
typedef struct {
    enow_addr_t gateway;
    uint8_t channel;
    int8_t rssi;
    uint8_t load;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
} enow_link_candidate_t;

/* How a node comes to a session: it rests, asks the gateway it had, asks on each channel, joins the best, and confirms.
 * To have new keys it asks the gateway it has, while the old session goes on. */
typedef struct {
    enow_link_phase_t phase;
    uint64_t at_us;     /* when the next thing is due */
    uint64_t retry_us;  /* not before, says a gateway that was busy; 0: none has */
    bool send;          /* a frame is to go first */
    bool renew;         /* the session in use goes on meanwhile */
    uint8_t failures;   /* passes in a row that led to nothing */
    uint8_t targets;    /* questions of the pass */
    uint8_t next;       /* of them */
    uint8_t sent;       /* how often the CONNECT went, or how many PINGREQ */
    uint16_t answers;   /* of the pass that may be joined */
    bool home;          /* the first question goes to the gateway that the node had */
    enow_addr_t failed; /* the gateway whose join did, the last time */
    uint32_t nonce;
    enow_link_candidate_t best;
    enow_link_reason_t refused; /* why a gateway will not have the node */

    bool joining; /* join is there, of a secure network */
    enow_link_join_t join;
    uint8_t packet[ENOW_LINK_JOIN_SIZE]; /* the CONNECT */
    uint8_t packet_len;
    enow_addr_t gateway;
    uint8_t channel; /* of the session in use, too */
    int8_t rssi;
} enow_link_seek_t;

/* What is used most stands in front, where short instructions reach it. */
struct enow_link_node {
    bool free;   /* it does without sessions */
    bool secure; /* so is the network */
    bool joined; /* session is there */
    bool up;     /* it was heard in, and told */
    bool knows_unix;
    bool goodbye;   /* to be said */
    bool framed;    /* frame is there */
    bool sealed;    /* inner is being walked */
    bool unsettled; /* there may be more results than notices had room for */
    uint8_t remembered;
    int stopped;     /* 0, ENOW_LINK_ERR_ASLEEP or ENOW_LINK_ERR_GONE */
    uint64_t now_us; /* of the call that is handled */
    uint32_t boot;
    enow_link_ticket_t ticket;
    enow_frag_receiver_t *parts;
    enow_link_home_t home;
    enow_link_alive_t alive;
    int64_t unix_us; /* time since 1970 minus the driver's clock */
    enow_link_frame_t frame;
    enow_walk_t walk;
    enow_walk_t inner; /* of a SEALED packet */
    enow_link_seek_t seek;
    enow_link_outbox_t outbox;
    enow_link_mailroom_t mail;
    enow_link_session_t session;
    enow_link_notices_t notices;
    enow_link_inbox_t inbox;
    enow_link_answers_t answers;
    enow_link_sent_tags_t tags;
    enow_link_node_config_t cfg;
    enow_link_node_stats_t stats;
    enow_link_sending_t sending;
    enow_link_device_keys_t keys;
    enow_link_peers_t radio;
    enow_link_gateway_memory_t memory[ENOW_LINK_GATEWAYS];
    enow_link_notice_t events[ENOW_LINK_NODE_EVENTS];   /* the memory of notices */
    enow_link_radio_peer_t peers[ENOW_LINK_NODE_PEERS]; /* the memory of radio */
};

/* node.c */
bool enow_link_node_uses(const enow_link_node_t *node, uint8_t channel); /* it may be on this channel */
bool enow_link_node_in_session(const enow_link_node_t *node);            /* the frame is of its gateway */
void enow_link_node_drop(enow_link_node_t *node, enow_drop_reason_t why);
void enow_link_node_settle(enow_link_node_t *node);
/* A random time up to most. Where randomness fails it is half of that. */
uint64_t enow_link_node_jitter(const enow_link_node_t *node, uint64_t most_us);
bool enow_link_node_seal(enow_link_node_t *node, enow_link_writer_t *w, enow_link_transmission_t *out);

/* search.c */
void enow_link_node_rest(enow_link_node_t *node, uint64_t wait_us);
void enow_link_node_back_off(enow_link_node_t *node);
void enow_link_node_seek_due(enow_link_node_t *node);
bool enow_link_node_renewing(const enow_link_node_t *node); /* another session is near: no message begins until then */
bool enow_link_node_write_seek(enow_link_node_t *node, enow_link_transmission_t *out, uint8_t *buf, size_t cap);
void enow_link_node_connack(enow_link_node_t *node, const enow_pkt_connack_t *p, uint8_t *packet, size_t len);

/* join.c */
bool enow_link_node_nonce(enow_link_node_t *node); /* draws what no other search or join has */
void enow_link_node_begin_join(enow_link_node_t *node);
void enow_link_node_answered(enow_link_node_t *node, const enow_pkt_connack_t *p, uint8_t *packet, size_t len);
void enow_link_node_confirmed(enow_link_node_t *node);
void enow_link_node_refused(enow_link_node_t *node, enow_link_reason_t why);
enow_link_reason_t enow_link_node_refusal(enow_refuse_reason_t reason);

/* remember.c */
enow_link_gateway_memory_t *enow_link_node_memory_of_gateway(enow_link_node_t *node); /* the one in use, or null */
void enow_link_node_remember(enow_link_node_t *node);

/* alive.c */
void enow_link_node_alive_begin(enow_link_node_t *node);
void enow_link_node_heard(enow_link_node_t *node);
void enow_link_node_lose(enow_link_node_t *node, enow_link_reason_t why);
bool enow_link_node_wants_keys(const enow_link_node_t *node);
/* No message is under way in either direction. One to the node that nobody has asked about does not count for long: its
 * rest may never come. */
bool enow_link_node_between(const enow_link_node_t *node);
void enow_link_node_alive_due(enow_link_node_t *node);
void enow_link_node_write_alive(enow_link_node_t *node, enow_link_writer_t *w);
void enow_link_node_write_ping(enow_link_node_t *node, enow_link_writer_t *w);
void enow_link_node_poll_anew(enow_link_node_t *node);
void enow_link_node_pending(enow_link_node_t *node, bool pending);
void enow_link_node_reset(enow_link_node_t *node, const enow_pkt_disconnect_t *p);

/* downlink.c: each reports whether *message is complete with the packet */
bool enow_link_node_packet(enow_link_node_t *node, const enow_raw_packet_t *raw, enow_link_message_t *message);
bool enow_link_node_session_packet(enow_link_node_t *node, const enow_raw_packet_t *raw, enow_link_message_t *message);
void enow_link_node_answer(enow_link_node_t *node, uint16_t id, const enow_frag_ack_t *ack);

#ifdef __cplusplus
}
#endif
