#include "../src/reset.h"
#include "check.h"
#include "crypto_tables.h"

#include <string.h>

enum { SESSION = 7, LAST = 100, NO_TAG = 1000 /* zeros */ };

static const uint64_t ms = 1000;

static void tag_of(uint8_t tag[ENOW_CRYPTO_TAG_SIZE], uint32_t counter)
{
    memset(tag, 0, ENOW_CRYPTO_TAG_SIZE);
    if (counter != NO_TAG) {
        tag[0] = (uint8_t)counter;
        tag[1] = 1;
    }
}

static enow_pkt_disconnect_t reset(uint8_t session, uint32_t counter, uint32_t of)
{
    const enow_link_secret_t key = test_secret(1);
    uint8_t tag[ENOW_CRYPTO_TAG_SIZE];
    enow_pkt_disconnect_t p;

    enow_pkt_disconnect_init(&p);
    p.flags = ENOW_PKT_DISCONNECT_RESET;
    p.reason = ENOW_DISCONNECT_REASON_UNKNOWN_SESSION;
    p.session = session;
    p.counter = counter;
    tag_of(tag, of);
    CHECK(enow_link_reset_proof(p.proof, real_crypto(), &key, &test_gateway, &test_node, &p, tag), "no proof");
    return p;
}

static bool obeyed(const enow_link_sent_tags_t *tags, uint64_t now_us, enow_pkt_disconnect_t p)
{
    const enow_link_secret_t key = test_secret(1);

    return enow_link_sent_tags_check(tags, real_crypto(), now_us, &key, &test_gateway, &test_node, &p);
}

int main(void)
{
    const enow_link_secret_t key = test_secret(1), other_key = test_secret(2);
    const uint64_t sent = LAST * ms;
    enow_link_sent_tags_t tags;
    uint8_t tag[ENOW_CRYPTO_TAG_SIZE];
    failing_crypto_t table;

    enow_link_sent_tags_init(&tags, SESSION);
    CHECK(!obeyed(&tags, 0, reset(SESSION, 0, NO_TAG)), "before anything was sent");
    for (uint32_t counter = 0; counter <= LAST; counter++) {
        tag_of(tag, counter);
        enow_link_sent_tags_add(&tags, counter * ms, counter, tag);
    }
    CHECK(obeyed(&tags, sent, reset(SESSION, LAST, LAST)), "the last packet");
    CHECK(obeyed(&tags, sent, reset(SESSION, LAST - 15, LAST - 15)), "16 packets back");
    CHECK(!obeyed(&tags, sent, reset(SESSION, LAST - 16, LAST - 16)), "17 packets back");
    CHECK(obeyed(&tags, sent + 5000 * ms, reset(SESSION, LAST, LAST)), "5 s ago");
    CHECK(!obeyed(&tags, sent + 5000 * ms + 1, reset(SESSION, LAST, LAST)), "a moment more than 5 s ago");
    CHECK(!obeyed(&tags, sent, reset(SESSION, LAST + 1, LAST + 1)), "not sent yet");
    CHECK(!obeyed(&tags, sent, reset(SESSION, LAST, LAST - 1)), "the tag of another packet");
    CHECK(!obeyed(&tags, sent, reset(SESSION + 1, LAST, LAST)), "another session");

    enow_pkt_disconnect_t p = reset(SESSION, LAST, LAST);
    CHECK(!enow_link_sent_tags_check(&tags, real_crypto(), sent, &other_key, &test_gateway, &test_node, &p),
          "another key");
    CHECK(!enow_link_sent_tags_check(&tags, real_crypto(), sent, &key, &test_other, &test_node, &p), "another gateway");
    CHECK(!enow_link_sent_tags_check(&tags, real_crypto(), sent, &key, &test_gateway, &test_other, &p), "another node");
    CHECK(!enow_link_sent_tags_check(&tags, failing(&table, 0), sent, &key, &test_gateway, &test_node, &p),
          "without HMAC");
    p.reason = ENOW_DISCONNECT_REASON_DENIED;
    CHECK(!obeyed(&tags, sent, p), "the reason changed");
    p = reset(SESSION, LAST, LAST);
    for (unsigned bit = 0; bit < 8 * sizeof p.proof; bit++) {
        p.proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!obeyed(&tags, sent, p), "bit %u of the proof", bit);
        p.proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    enow_link_sent_tags_init(&tags, SESSION);
    CHECK(!obeyed(&tags, sent, p), "in a new session of the same id");
    return check_result();
}
