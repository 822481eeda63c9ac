/*
 * The gateway's machine, for the files that it is made of: gateway.c takes frames and gives them, door.c and admit.c
 * let nodes in, peer.c knows them, uplink.c takes what comes in their sessions and plain.c what comes without, mail.c
 * sends to them, timers.c knows when, manage.c takes the application's word, status.c tells.
 *
 * Invariants: what fails to parse, fails its proof or its tag, or is a replay changes nothing but a counter, and what
 * is dropped is counted once, under its reason; a node's session, mail and presence stay as they are until the first
 * packet of a new session; a message is told once for each (node, boot, id) that is remembered; memory stays within the
 * limits of the configuration; no answer that an outsider can bring about goes without a token.
 */
#pragma once

#include "answers.h"
#include "door.h"
#include "enow/gateway.h"
#include "inbox.h"
#include "keys.h"
#include "notices.h"
#include "outbox.h"
#include "packet.h"
#include "peers.h"
#include "station.h"

#ifdef __cplusplus
extern "C" {
#endif

/* No place in a table. */
#define ENOW_LINK_NOWHERE (-1)
/* No time to wait for. */
#define ENOW_LINK_NEVER UINT64_MAX

/* What a gateway knows of a node: while it has a session, for a while after, and while mail waits for it. It is packed,
 * for there are many: what the shared parts need is made of it for a call. */
typedef struct {
    uint64_t seen_us; /* when its last verified packet came; without a session, when it left */
    uint64_t due_us;  /* when to look at it: it may be too early, never too late */

    uint64_t done; /* its enow_link_sender_t */
    uint64_t refused;
    uint32_t source; /* without ENOW_LINK_SESSION_SOURCE; 0: there is none */
    uint32_t boot;
    uint16_t newest;

    uint16_t next_id;   /* its enow_link_outbox_t */
    uint32_t told_boot; /* the gateway's, as the node knows it */
    enow_addr_t addr;
    int16_t session;    /* its place among the sessions, or nowhere */
    int16_t next_ready; /* who may have something to send after it, or nowhere */
    uint8_t last_id;    /* of its sessions: of the one that it has, if it has one */
    uint8_t window;     /* of the session: parts that the node takes before it must acknowledge */
    int8_t rssi;        /* of its last verified packet */
    uint8_t goodbye;    /* enow_link_reason_t: it is to be told so, and then its session ends */
    bool mail;          /* messages wait for it */
    bool known : 1;     /* the place is taken */
    bool sleepy : 1;
    bool ready : 1; /* it may have something to send */
    bool begun : 1; /* of its enow_link_outbox_t; then one of the senders is its own */
    bool stalled : 1;
    bool asked : 1; /* to join anew */
} enow_link_peer_t;

/* What names a node in the inbox; 0: nothing does. */
static inline uint64_t enow_link_peer_source(const enow_link_peer_t *p)
{
    return p->source == 0 ? 0 : ENOW_LINK_SESSION_SOURCE | p->source;
}

/* What a session adds: the rest of its enow_link_session_t. */
typedef struct {
    enow_link_secret_t seal_key, open_key; /* of a secure network */
    uint64_t seen;                         /* the window of counters; 0: none was */
    uint64_t keys_us;                      /* when its keys were made; once asked, when the node was to join anew */
    uint32_t last;                         /* the highest counter seen */
    uint32_t next;                         /* counter */
    uint32_t max_message;
    uint16_t max_frame; /* 0: the place is free */
    uint16_t keep_alive_s;
} enow_link_peer_session_t;

/* Sends messages to one node at a time, and knows its round trip until another needs it. */
typedef struct {
    enow_link_sending_t sending;
    uint32_t used; /* the higher, the later */
    int16_t peer;  /* or nowhere */
    bool busy;     /* a message has begun */
} enow_link_gateway_sender_t;

typedef struct {
    enow_link_answer_t answer;
    int16_t peer;
} enow_link_gateway_answer_t;

/* A PINGREQ that waits for its answer. */
typedef struct {
    uint32_t time;
    int16_t peer;
} enow_link_gateway_ping_t;

/* What is used most stands in front, and what is large at the end: so it takes less code to reach. */
struct enow_link_gateway {
    uint64_t now_us; /* of the call that is under way */
    uint64_t due_us; /* the least of the peers' */
    enow_link_frame_t frame;
    enow_link_peer_t *peers;
    enow_link_peer_session_t *sessions;
    enow_frag_receiver_t *parts;
    enow_link_gateway_sender_t *senders;
    enow_link_gateway_answer_t *answers; /* the oldest first */
    enow_link_gateway_ping_t *pings;
    enow_addr_t *denied;
    int16_t from; /* whose packets inner are, or nowhere */
    uint16_t peer_count;
    uint16_t session_count;
    int16_t ready_first, ready_last; /* of those that may have something to send, the next first; or nowhere */
    uint16_t answer_count;
    uint16_t ping_count;
    uint16_t denied_count;
    bool secure;          /* there was a key at the start: a network does not become open because its last key goes */
    bool framed;          /* frame is being walked */
    bool raw;             /* it is to be passed through */
    bool replied;         /* the last frame that was sent was for somebody without a session */
    bool senders_lacking; /* somebody waits for one */
    uint32_t sender_uses;
    uint32_t forgotten; /* peers */
    uint32_t boot;
    enow_link_ticket_t ticket;
    enow_walk_t walk;
    enow_walk_t inner; /* of a SEALED packet */
    enow_link_notices_t notices;
    enow_link_mailroom_t mail;
    enow_link_gateway_config_t cfg; /* its keys are in the keyring alone */
    enow_link_gateway_stats_t stats;
    enow_link_inbox_t inbox;
    enow_link_recent_t recent; /* of nodes without a session */
    int64_t unix_us;           /* time since 1970 minus the driver's clock; 0: unknown */
    enow_link_keyring_t keys;
    enow_link_peers_t radio;
    enow_link_radio_peer_t radio_peers[ENOW_LINK_RADIO_PEERS]; /* the memory of radio */
    enow_link_door_t door;
};

/* gateway_config.c */
bool enow_link_gateway_config_ok(const enow_link_gateway_config_t *cfg);

/* gateway.c */
void enow_link_gateway_drop(enow_link_gateway_t *g, enow_drop_reason_t why);
/* Whether there is room to tell all that may follow from one step. */
bool enow_link_gateway_may_tell(const enow_link_gateway_t *g);

/* admit.c */
void enow_link_gateway_connect(enow_link_gateway_t *g, const enow_pkt_connect_t *p, uint8_t *packet, size_t len);
void enow_link_gateway_joins_due(enow_link_gateway_t *g); /* takes the next join, if it is its turn */
void enow_link_gateway_unknown_session(enow_link_gateway_t *g, const enow_pkt_sealed_t *p);
/* Counts a packet of a node that has no session, and returns where the reset goes; null: there is none, for want of a
 * token or of room. */
enow_link_reply_t *enow_link_gateway_reset_reply(enow_link_gateway_t *g);

/* peer.c */
typedef enum {
    ENOW_LINK_AWAY = 0,      /* it has no session */
    ENOW_LINK_AWAY_IDLE = 1, /* nor mail */
    ENOW_LINK_SILENT = 2,    /* it has a session, and is silent for too long */
} enow_link_peer_kind_t;

unsigned enow_link_gateway_memory_of_nodes(const enow_link_gateway_t *g); /* how many nodes are remembered at most */
enow_link_peer_t *enow_link_gateway_peer(enow_link_gateway_t *g, const enow_addr_t *addr); /* or null */
int16_t enow_link_gateway_place(const enow_link_gateway_t *g, const enow_link_peer_t *p);
/* The boot that a node is told. */
uint32_t enow_link_gateway_boot_for(enow_link_gateway_t *g, const enow_addr_t *addr);
/* Who was heard, or left, first of a kind; null: nobody is of it. */
enow_link_peer_t *enow_link_gateway_oldest(enow_link_gateway_t *g, enow_link_peer_kind_t kind);
enow_link_peer_t *enow_link_gateway_new_peer(enow_link_gateway_t *g, const enow_addr_t *addr);
/* Makes a half-open session the node's: its first packet has come. Null: there is no room any more. */
enow_link_peer_t *enow_link_gateway_promote(enow_link_gateway_t *g, enow_link_half_open_t *half);
void enow_link_gateway_heard(enow_link_gateway_t *g, enow_link_peer_t *p);
void enow_link_gateway_leave(enow_link_gateway_t *g, enow_link_peer_t *p, enow_link_reason_t why);
void enow_link_gateway_arm(enow_link_gateway_t *g, enow_link_peer_t *p);
void enow_link_gateway_peer_due(enow_link_gateway_t *g, enow_link_peer_t *p);
void enow_link_gateway_make_ready(enow_link_gateway_t *g, enow_link_peer_t *p); /* has transmit ask for a frame to it */
enow_link_peer_t *enow_link_gateway_next_ready(enow_link_gateway_t *g);         /* or null */
/* Makes a session of a node's, without its keys. */
void enow_link_gateway_terms(const enow_link_gateway_t *g, const enow_link_peer_t *p, enow_link_session_t *out);

/* uplink.c: each reports whether *message is complete with the packet */
bool enow_link_gateway_session_packet(enow_link_gateway_t *g, const enow_raw_packet_t *raw,
                                      enow_link_message_t *message);
bool enow_link_gateway_of(enow_link_gateway_t *g, enow_link_peer_t *from, const enow_link_packet_t *p,
                          enow_link_message_t *message);
void enow_link_gateway_retry_answers(enow_link_gateway_t *g); /* sends what is due of them */

/* Reads a whole message of a node. Returns 0, or why nobody ever takes it. */
enow_drop_reason_t enow_link_gateway_read(const enow_link_gateway_t *g, const enow_addr_t *from,
                                          const enow_bytes_t *whole, enow_link_message_t *message);

/* plain.c */
bool enow_link_gateway_ours(const enow_link_frame_t *frame); /* to its last byte packets that may be broadcast */
bool enow_link_gateway_plain_packet(enow_link_gateway_t *g, const enow_link_packet_t *p, enow_link_message_t *message);
void enow_link_gateway_remember(enow_link_gateway_t *g, const enow_addr_t *addr, uint16_t id);

/* mail.c */
void enow_link_gateway_settle(enow_link_gateway_t *g, enow_link_peer_t *p);
void enow_link_gateway_void(enow_link_gateway_t *g, enow_link_peer_t *p, int why);
void enow_link_gateway_restart_mail(enow_link_gateway_t *g, enow_link_peer_t *p);
void enow_link_gateway_forget_sender(enow_link_gateway_t *g, const enow_link_peer_t *p);
int enow_link_gateway_push_mail(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_link_outgoing_t *message,
                                uint64_t expires_us);
bool enow_link_gateway_puback(enow_link_gateway_t *g, enow_link_peer_t *p, const enow_pkt_puback_t *puback);
bool enow_link_gateway_mail_deadline(enow_link_gateway_t *g, const enow_link_peer_t *p, uint64_t *at_us);
bool enow_link_gateway_mail_expiry(enow_link_gateway_t *g, const enow_link_peer_t *p, uint64_t *at_us);
/* Whether a node listens to what it has not asked for. */
bool enow_link_gateway_may_receive(const enow_link_gateway_t *g, const enow_link_peer_t *p);
/* Queues what a node has asked for. */
void enow_link_gateway_answer(enow_link_gateway_t *g, enow_link_peer_t *p, uint16_t id, const enow_frag_ack_t *ack);
void enow_link_gateway_pong(enow_link_gateway_t *g, enow_link_peer_t *p, uint32_t time);
void enow_link_gateway_forget_answers(enow_link_gateway_t *g, const enow_link_peer_t *p);
/* Writes the next frame to a node; false: there is none. */
bool enow_link_gateway_write(enow_link_gateway_t *g, enow_link_peer_t *p, enow_link_transmission_t *out, uint8_t *buf);

/* manage.c */
bool enow_link_gateway_denies(const enow_link_gateway_t *g, const enow_addr_t *addr);

/* timers.c */
void enow_link_gateway_wait_until(enow_link_gateway_t *g, enow_link_peer_t *p, uint64_t at_us); /* at the latest */
void enow_link_gateway_wait_no_more(enow_link_gateway_t *g, enow_link_peer_t *p);
enow_link_peer_t *enow_link_gateway_next_due(enow_link_gateway_t *g); /* taken out; or null */

/* status.c */
const enow_link_peer_t *enow_link_gateway_after(const enow_link_gateway_t *g, const enow_addr_t *after);

#ifdef __cplusplus
}
#endif
