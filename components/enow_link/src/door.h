/* Where nodes come in: what a gateway knows of them before they have a session (SPEC.md, sections 3 and 4). */
#pragma once

#include "cookie.h"
#include "handshake.h"
#include "recent.h"
#include "session.h"
#include "tokens.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENOW_LINK_HALF_OPEN 16u
#define ENOW_LINK_ADDR_HALF_OPEN 2u
#define ENOW_LINK_HALF_OPEN_US UINT64_C(10000000)
#define ENOW_LINK_PENDING 4u
#define ENOW_LINK_MAX_RETRY_AFTER_US UINT64_C(60000000)
/* After so long a full table may have room. */
#define ENOW_LINK_TABLE_RETRY_AFTER_US UINT64_C(10000000)

/* Bytes of a welcome of ours, and of the longest frame to somebody without a session: the CONNACK of a secure network
 * that accepts. */
#define ENOW_LINK_WELCOME_SIZE (4u + 4u + 2u + 2u + 1u + 1u + 1u)
#define ENOW_LINK_REPLY_SIZE                                                                                           \
    (ENOW_LINK_ANSWER_PROOF_AT + ENOW_LINK_PROOF_SIZE + ENOW_CRYPTO_KEY_SIZE + ENOW_LINK_WELCOME_SIZE +                \
     ENOW_CRYPTO_TAG_SIZE)

/* A frame for somebody who may have no session. */
typedef struct {
    enow_addr_t to;
    uint8_t len;
    uint8_t body[ENOW_LINK_REPLY_SIZE];
} enow_link_reply_t;

/* A session whose node has not been heard in it. */
typedef struct {
    uint64_t expires_us;
    enow_link_session_t session;
    enow_link_recent_key_t hash; /* of the join */
    uint32_t boot;               /* of the gateway, as the welcome has it */
    bool sleepy;
    uint8_t connack_len;
    uint8_t connack[ENOW_LINK_REPLY_SIZE];
} enow_link_half_open_t;

/* A join that was checked and waits for its turn: between two of them the gateway is to hear others. */
typedef struct {
    enow_link_join_request_t request; /* of an open network: hello and echo */
    enow_link_recent_key_t hash;
    enow_addr_t addr;
    uint8_t key_id;
    bool sleepy;
} enow_link_pending_t;

/* Invariants: all of it is bounded, and nothing that is needed to know a repeat goes before the repeat is worthless. */
typedef struct {
    uint64_t next_join_us; /* when the next one has its turn */
    uint64_t comeback_us;  /* when the last one that was told to come later comes */
    uint64_t strangers_us; /* when the bucket is full of all answers to those who have proven nothing */
    enow_link_cookies_t cookies;
    enow_link_recent_t searches;
    enow_link_recent_t joins;
    enow_link_tokens_t answers; /* to repeated searches and joins */
    enow_link_tokens_t resets;  /* to SEALED of unknown sessions */
    enow_link_tokens_t shakes;  /* Diffie-Hellman */

    enow_link_reply_t *replies; /* a ring, in memory of the caller */
    uint16_t reply_capacity;
    uint16_t reply_head;
    uint16_t reply_count;

    uint8_t half_count;
    uint8_t pending_count;
    enow_link_half_open_t half[ENOW_LINK_HALF_OPEN]; /* the oldest first */
    enow_link_pending_t pending[ENOW_LINK_PENDING];  /* the oldest first */
} enow_link_door_t;

/* A half-open session, or null. */
enow_link_half_open_t *enow_link_door_find(enow_link_door_t *door, const enow_addr_t *addr, uint8_t id);

/* The newest half-open session of a node of an open network, whose packets do not name one; or null. */
enow_link_half_open_t *enow_link_door_newest(enow_link_door_t *door, const enow_addr_t *addr);

/* The half-open session of a join; or null. */
const enow_link_half_open_t *enow_link_door_repeated(const enow_link_door_t *door, const enow_link_recent_key_t *hash);

/* Whose join is number i of those that are half-open or wait; null: there are fewer. */
const enow_addr_t *enow_link_door_join(const enow_link_door_t *door, unsigned i);

/* Whether a join waits for its turn. */
bool enow_link_door_waits(const enow_link_door_t *door, const enow_link_recent_key_t *hash);

/* Room for a join that waits, or for a half-open session, which there is. */
enow_link_pending_t *enow_link_door_wait(enow_link_door_t *door);
enow_link_half_open_t *enow_link_door_open(enow_link_door_t *door);

/* Forgets the join that has waited longest. */
void enow_link_door_turn(enow_link_door_t *door);

/* Ends a half-open session here; its keys live on where they were copied to. */
void enow_link_door_close(enow_link_door_t *door, enow_link_half_open_t *half);

/* Closes the half-open sessions of a node, and forgets its joins. */
void enow_link_door_close_all_of(enow_link_door_t *door, const enow_addr_t *addr);

/* Closes all, and forgets all joins. */
void enow_link_door_shut(enow_link_door_t *door);

/* Closes those whose nodes were not heard in time. */
void enow_link_door_expire(enow_link_door_t *door, uint64_t now_us);

/* Takes a token for an answer to somebody who has proven nothing: addresses can be made up, and the air that is left is
 * for the others. */
bool enow_link_door_stranger(enow_link_door_t *door, uint64_t now_us);

bool enow_link_door_next_deadline(const enow_link_door_t *door, uint64_t *at_us);

/* Whether there is no room for a reply. */
static inline bool enow_link_door_full(const enow_link_door_t *door)
{
    return door->reply_count == door->reply_capacity;
}

/* Queues a reply, to be filled; null: there is no room. */
enow_link_reply_t *enow_link_door_push(enow_link_door_t *door, const enow_addr_t *to);

/* Takes back the reply that was queued last. */
void enow_link_door_unpush(enow_link_door_t *door);

/* Takes the oldest reply out, valid until the next push; null: there is none. */
const enow_link_reply_t *enow_link_door_reply(enow_link_door_t *door);

/* When a node that finds the gateway busy with joins is to come again: those who are told get times of their own, as
 * far apart as joins are taken. */
uint64_t enow_link_door_later(enow_link_door_t *door, uint64_t now_us, uint64_t every_us, uint16_t jitter);

#ifdef __cplusplus
}
#endif
