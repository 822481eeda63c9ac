#include "reset.h"

#include <string.h>

#define RESET_AGE_US (UINT64_C(5) * 1000000)

void enow_link_sent_tags_init(enow_link_sent_tags_t *tags, uint8_t session)
{
    memset(tags, 0, sizeof *tags);
    tags->session = session;
}

void enow_link_sent_tags_add(enow_link_sent_tags_t *tags, uint64_t now_us, uint32_t counter,
                             const uint8_t tag[ENOW_CRYPTO_TAG_SIZE])
{
    enow_link_sent_tag_t *sent = &tags->ring[counter % ENOW_LINK_RESET_TAGS];

    sent->at_us = now_us;
    memcpy(sent->tag, tag, sizeof sent->tag);
    tags->next = counter + 1;
    if (tags->count < ENOW_LINK_RESET_TAGS) {
        tags->count++;
    }
}

bool enow_link_sent_tags_check(const enow_link_sent_tags_t *tags, const enow_crypto_t *crypto, uint64_t now_us,
                               const enow_link_secret_t *reset, const enow_addr_t *gateway, const enow_addr_t *node,
                               const enow_pkt_disconnect_t *p)
{
    const enow_link_sent_tag_t *sent = &tags->ring[p->counter % ENOW_LINK_RESET_TAGS];
    const uint32_t back = tags->next - p->counter; /* 1: the last one */
    uint8_t want[ENOW_LINK_PROOF_SIZE];

    return p->session == tags->session && back >= 1 && back <= tags->count && now_us - sent->at_us <= RESET_AGE_US &&
           enow_link_reset_proof(want, crypto, reset, gateway, node, p, sent->tag) &&
           enow_link_same(want, p->proof, sizeof want);
}
