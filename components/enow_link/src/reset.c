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
    enow_link_sent_tag_t *sent = &tags->ring[tags->next];

    sent->at_us = now_us;
    sent->counter = counter;
    memcpy(sent->tag, tag, sizeof sent->tag);
    sent->there = true;
    tags->next = (tags->next + 1) % ENOW_LINK_RESET_TAGS;
}

bool enow_link_sent_tags_check(const enow_link_sent_tags_t *tags, const enow_crypto_t *crypto, uint64_t now_us,
                               const enow_link_secret_t *reset, const enow_addr_t *gateway, const enow_addr_t *node,
                               const enow_pkt_disconnect_t *p)
{
    uint8_t want[ENOW_LINK_PROOF_SIZE];

    if (p->session != tags->session) {
        return false;
    }
    for (size_t i = 0; i < ENOW_LINK_RESET_TAGS; i++) {
        const enow_link_sent_tag_t *sent = &tags->ring[i];

        if (sent->there && sent->counter == p->counter && now_us - sent->at_us <= RESET_AGE_US) {
            return enow_link_reset_proof(want, crypto, reset, gateway, node, p, sent->tag) &&
                   enow_link_same(want, p->proof, sizeof want);
        }
    }
    return false;
}
