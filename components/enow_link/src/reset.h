/* By what a node knows a genuine reset (SPEC.md, section 4). */
#pragma once

#include "proof.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many packets back a reset may answer. */
#define ENOW_LINK_RESET_TAGS 16u

typedef struct {
    uint64_t at_us;
    uint8_t tag[ENOW_CRYPTO_TAG_SIZE];
} enow_link_sent_tag_t;

/* The tags of the last SEALED packets that a node sent in a session: only who received one of them can prove a reset.
 */
typedef struct {
    enow_link_sent_tag_t ring[ENOW_LINK_RESET_TAGS]; /* by the counter */
    uint32_t next;                                   /* the counter after the last */
    uint8_t count;
    uint8_t session;
} enow_link_sent_tags_t;

/* A new session begins with none. */
void enow_link_sent_tags_init(enow_link_sent_tags_t *tags, uint8_t session);

/* Notes a SEALED packet that was sent, with the counter after that of the one before. */
void enow_link_sent_tags_add(enow_link_sent_tags_t *tags, uint64_t now_us, uint32_t counter,
                             const uint8_t tag[ENOW_CRYPTO_TAG_SIZE]);

/* Whether a DISCONNECT with RESET that came from the node's own gateway names this session, answers a packet sent up to
 * 5 s ago and is proven. */
bool enow_link_sent_tags_check(const enow_link_sent_tags_t *tags, const enow_crypto_t *crypto, uint64_t now_us,
                               const enow_link_secret_t *reset, const enow_addr_t *gateway, const enow_addr_t *node,
                               const enow_pkt_disconnect_t *p);

#ifdef __cplusplus
}
#endif
