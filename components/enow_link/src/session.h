/* A session: whom it is with, what was agreed, the keys, and the frames of it. */
#pragma once

#include "enow/link.h"
#include "seal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENOW_LINK_SECOND_US UINT64_C(1000000)
#define ENOW_LINK_MS_US UINT64_C(1000)

/* A node or gateway that has not heard from the other for so long may have forgotten its ids. */
#define ENOW_LINK_FORGET_AFTER_US (600 * ENOW_LINK_SECOND_US)
/* How long a sleepy node listens after each of its frames. */
#define ENOW_LINK_AWAKE_US (100 * ENOW_LINK_MS_US)

/* One end of a session. */
typedef struct {
    uint32_t boot;        /* of the peer */
    uint32_t max_message; /* bytes of a message that the peer takes */
    enow_addr_t peer;
    uint16_t max_frame;    /* bytes of a frame to the peer: what both radios can */
    uint16_t keep_alive_s; /* the gateway's word */
    uint8_t id;            /* the gateway's, for this node */
    uint8_t window;        /* parts that the peer takes before it must acknowledge */
    bool secure;           /* tunnel is there */
    enow_link_tunnel_t tunnel;
} enow_link_session_t;

/* A frame that is being written: packets are put at buf[len], up to end. */
typedef struct {
    uint8_t *buf;
    size_t start; /* of its packets */
    size_t len;
    size_t end;
} enow_link_writer_t;

/* How many bytes of packets one frame holds. */
size_t enow_link_session_room(const enow_link_session_t *session);

/* Starts a frame in buf, of at least max_frame bytes. */
void enow_link_session_begin(const enow_link_session_t *session, enow_link_writer_t *w, uint8_t *buf);

/* Finishes the frame. Returns its length; on a secure network it is sealed, or the result ENOW_LINK_ERR_SPENT or
 * ENOW_LINK_ERR_CRYPTO. */
int enow_link_session_end(enow_link_session_t *session, const enow_crypto_t *crypto, const enow_link_watch_t *watch,
                          enow_link_writer_t *w);

/* Whether the session should have new keys. */
bool enow_link_session_rekey_due(const enow_link_session_t *session, uint64_t now_us);

/* Makes the session's keys useless. */
void enow_link_session_wipe(enow_link_session_t *session);

/* How much room a frame has left, and how much its packets take. */
static inline size_t enow_link_writer_room(const enow_link_writer_t *w) { return w->end - w->len; }

static inline size_t enow_link_writer_used(const enow_link_writer_t *w) { return w->len - w->start; }

/* Counts in what a codec wrote at buf[len]; an error, of a packet of ours that was measured, counts as nothing. */
static inline void enow_link_writer_add(enow_link_writer_t *w, int written)
{
    w->len += written > 0 ? (size_t)written : 0;
}

#ifdef __cplusplus
}
#endif
