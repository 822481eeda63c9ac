#include "desk.h"

#include <string.h>

static desk_t d;

static void open_desk(void)
{
    desk_config(&d);
    desk_open(&d);
}

static void test_join(void)
{
    scripted_t n;
    enow_link_node_status_t status;

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_half_joins(&n), "no session");
    CHECK(n.welcome.max_frame == 250 && n.welcome.keep_alive == 60 && n.welcome.channel == 1 && n.welcome.window == 64,
          "the terms");
    CHECK(desk_stats(&d).half_open == 1 && desk_stats(&d).sessions == 0 && d.told_count == 0, "half-open");
    node_pings(&n, 5);
    const desk_told_t *e = desk_event(&d, ENOW_LINK_EVENT_PRESENCE);
    CHECK(e != NULL && e->event.as.presence.present && e->event.as.presence.boot == 7 &&
              e->event.as.presence.rssi == -50,
          "presence");
    CHECK(desk_stats(&d).sessions == 1 && desk_stats(&d).half_open == 0 && desk_stats(&d).key_exchanges == 2, "joined");
    CHECK(enow_link_gateway_next_node(d.gateway, d.now_us, NULL, &status) && status.session == n.welcome.session &&
              status.present && status.max_frame == 250 && status.sealed == 1,
          "status");
    CHECK(!enow_link_gateway_next_node(d.gateway, d.now_us, &status.addr, &status), "one node");
    desk_close(&d);
}

static void test_half_open_ends(void)
{
    scripted_t n;

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_half_joins(&n), "no session");
    desk_wait(&d, 10000000 - 1);
    CHECK(desk_stats(&d).half_open == 1, "too early");
    desk_wait(&d, 1);
    CHECK(desk_stats(&d).half_open == 0, "too late");
    node_pings(&n, 1);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_NO_SESSION) == 1, "its session is over");
    desk_close(&d);
}

/* A repeated join gets the very same CONNACK while it is half-open, and nothing after. */
static void test_repeat(void)
{
    scripted_t n;
    desk_frame_t first;

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_half_joins(&n), "no session");
    first = *desk_frame(&d, n.addr);
    desk_clear(&d);
    node_send_join(&n);
    const desk_frame_t *again = desk_frame(&d, n.addr);
    CHECK(again != NULL && again->out.len == first.out.len && memcmp(again->body, first.body, first.out.len) == 0,
          "another answer");
    for (unsigned i = 0; i < 4; i++) {
        node_send_join(&n);
    }
    CHECK(desk_drops(&d, ENOW_DROP_REASON_RATE) == 1, "a fifth repeat");
    node_pings(&n, 1);
    desk_clear(&d);
    node_send_join(&n);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_REPLAY) == 1 && d.sent_count == 0 && desk_stats(&d).joins == 1, "a replay");
    desk_close(&d);
}

/* Nothing that is not proven is answered, or changes anything. */
static void test_outsiders(void)
{
    scripted_t n;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE], bad[ENOW_LINK_PROOF_SIZE];

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_search(&n, cookie), "not here");
    memcpy(bad, cookie, sizeof bad);
    bad[0] ^= 1;
    node_make_join(&n, bad);
    desk_clear(&d);
    node_send_join(&n);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_BAD_COOKIE) == 1, "a wrong cookie");
    node_make_join(&n, cookie);
    n.packet[n.packet_len - 1] ^= 1;
    node_send_join(&n);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_FORGED) == 1, "a wrong tag");
    n.key_id = 2;
    CHECK(!node_search(&n, bad) && desk_drops(&d, ENOW_DROP_REASON_UNKNOWN_KEY) == 1, "a key that is not known");
    n.key_id = 1;
    n.keys.search.bytes[0] ^= 1;
    CHECK(!node_search(&n, bad) && desk_drops(&d, ENOW_DROP_REASON_BAD_PROOF) == 1, "a wrong proof");
    CHECK(d.sent_count == 0 && d.told_count == 0 && desk_stats(&d).known == 0 && desk_stats(&d).key_exchanges == 0,
          "it was answered");
    desk_close(&d);
}

/* A cookie lives for one to two minutes. */
static void test_cookie_expires(void)
{
    scripted_t n;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_search(&n, cookie), "not here");
    node_make_join(&n, cookie);
    desk_wait(&d, 119000000 - 1);
    desk_clear(&d);
    node_send_join(&n);
    CHECK(node_accept(&n, desk_frame(&d, n.addr)), "too old");
    node_make_join(&n, cookie);
    desk_wait(&d, 1);
    node_send_join(&n);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_BAD_COOKIE) == 1, "it is accepted still");
    desk_close(&d);
}

static enow_connack_status_t status_of_join(scripted_t *n, enow_pkt_connack_t *answer)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];

    CHECK(node_search(n, cookie), "not here");
    node_make_join(n, cookie);
    desk_clear(n->desk);
    node_send_join(n);
    CHECK(node_connack(n, desk_frame(n->desk, n->addr), answer), "no answer");
    return answer->status;
}

static void test_refusals(void)
{
    static const uint8_t critical[] = {1, 0}, optional[] = {2, 1, 9};
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    enow_pkt_connack_t answer;
    scripted_t n;

    open_desk();
    node_init(&n, &d, 1);
    n.hello.tlvs.data = critical;
    n.hello.tlvs.len = sizeof critical;
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_REFUSED &&
              answer.reason == ENOW_REFUSE_REASON_CRITICAL_TLV,
          "an unknown extension");
    n.hello.tlvs.data = optional;
    n.hello.tlvs.len = sizeof optional;
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_ACCEPTED, "one that may be skipped");
    n.version = 2;
    CHECK(!node_search(&n, cookie) && node_connack(&n, desk_frame(&d, n.addr), &answer) &&
              answer.status == ENOW_CONNACK_STATUS_REFUSED && answer.reason == ENOW_REFUSE_REASON_VERSION,
          "a later version");
    desk_close(&d);
}

/* At most 2 joins of a node and 16 of all are half-open; the table has so many places as are configured. */
static void test_limits(void)
{
    enow_pkt_connack_t answer;
    scripted_t n;

    desk_config(&d);
    d.cfg.sessions = 40;
    desk_open(&d);
    node_init(&n, &d, 1);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_ACCEPTED, "join %u", i);
    }
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_BUSY && answer.retry_after > 0, "a third of one node");
    for (uint8_t i = 0; i < 14; i++) {
        node_init(&n, &d, (uint8_t)(10 + i));
        CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_ACCEPTED, "join %u", i);
    }
    node_init(&n, &d, 30);
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_BUSY && desk_stats(&d).half_open == 16, "a 17th");
    desk_close(&d);

    desk_config(&d);
    d.cfg.sessions = 2;
    desk_open(&d);
    for (uint8_t i = 1; i <= 2; i++) {
        node_init(&n, &d, i);
        CHECK(node_joins(&n), "node %u", i);
    }
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_ACCEPTED, "one that has a place is never busy");
    node_init(&n, &d, 3);
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_BUSY && answer.retry_after == 10000, "a full table");
    desk_close(&d);
}

/* A full table gives the place of a node that is silent for more than 1.5 keep-alives. */
static void test_eviction(void)
{
    enow_pkt_connack_t answer;
    scripted_t n, m;

    desk_config(&d);
    d.cfg.sessions = 1;
    desk_open(&d);
    node_init(&n, &d, 1);
    node_init(&m, &d, 2);
    CHECK(node_joins(&n), "no session");
    d.now_us += 90000000 - 1;
    CHECK(status_of_join(&m, &answer) == ENOW_CONNACK_STATUS_BUSY, "too early");
    d.now_us += 1;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    CHECK(node_search(&m, cookie), "not here");
    const desk_told_t *e = desk_event(&d, ENOW_LINK_EVENT_PRESENCE);
    CHECK(e != NULL && !e->event.as.presence.present && e->event.as.presence.reason == ENOW_LINK_REASON_SILENT,
          "who is silent leaves");
    desk_close(&d);
}

/* Joins have turns: four wait, and the others are told to come later, one behind the other. */
static void test_turns(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    enow_pkt_connack_t answer;
    scripted_t n[7];
    uint16_t later[2];

    desk_config(&d);
    d.cfg.sessions = 16;
    d.cfg.join_every_us = 150000;
    desk_open(&d);
    for (uint8_t i = 0; i < 7; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_search(&n[i], cookie), "not here");
        node_make_join(&n[i], cookie);
        desk_clear(&d);
        node_send_join(&n[i]);
        CHECK((d.sent_count == 1) == (i == 0 || i > 4), "join %u: %u answers", i, (unsigned)d.sent_count);
        if (i > 4) {
            CHECK(node_connack(&n[i], desk_frame(&d, n[i].addr), &answer) && answer.status == ENOW_CONNACK_STATUS_BUSY,
                  "join %u", i);
            later[i - 5] = answer.retry_after;
        }
    }
    CHECK(later[0] == 900 && later[1] == 1050, "%u and %u ms", later[0], later[1]);
    node_send_join(&n[1]);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1, "one that waits, again");
    desk_clear(&d);
    desk_wait(&d, 150000 - 1);
    CHECK(d.sent_count == 0, "too early");
    desk_wait(&d, 1);
    CHECK(d.sent_count == 1 && node_accept(&n[1], desk_frame(&d, n[1].addr)), "the second");
    enow_link_gateway_remove_key(d.gateway, 1);
    desk_clear(&d);
    desk_wait(&d, 600000);
    CHECK(d.sent_count == 0 && desk_drops(&d, ENOW_DROP_REASON_UNKNOWN_KEY) == 3, "their key is gone");
    node_pings(&n[1], 1);
    CHECK(desk_stats(&d).sessions == 1, "a session goes on without its network key");
    desk_close(&d);
}

/* Hashes of joins are kept while they could be replayed: where there is no room for one more, a join is busy. */
static void test_joins_kept(void)
{
    enow_pkt_connack_t answer;
    scripted_t n;

    desk_config(&d);
    d.cfg.joins = 2;
    desk_open(&d);
    for (uint8_t i = 1; i <= 3; i++) {
        node_init(&n, &d, i);
        CHECK(status_of_join(&n, &answer) == (i < 3 ? ENOW_CONNACK_STATUS_ACCEPTED : ENOW_CONNACK_STATUS_BUSY),
              "join %u", i);
    }
    desk_wait(&d, 120000000);
    CHECK(status_of_join(&n, &answer) == ENOW_CONNACK_STATUS_ACCEPTED, "they are worthless by now");
    desk_close(&d);
}

/* Searches that a full memory cannot know again take a token. */
static void test_searches_kept(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    unsigned answered = 0;
    scripted_t n;

    desk_config(&d);
    d.cfg.searches = 3;
    desk_open(&d);
    node_init(&n, &d, 1);
    for (unsigned i = 0; i < 9; i++) {
        answered += node_search(&n, cookie);
    }
    CHECK(answered == 3 + 4 && desk_drops(&d, ENOW_DROP_REASON_RATE) == 2, "%u answers", answered);
    desk_close(&d);
}

/* Where no more replies can wait, a join is not taken. */
static void test_replies_full(void)
{
    enow_link_frame_t frame;
    scripted_t n[3];

    desk_config(&d);
    d.cfg.replies = 2;
    desk_open(&d);
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t cookie[ENOW_LINK_PROOF_SIZE];
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_search(&n[i], cookie), "not here");
        node_make_join(&n[i], cookie);
    }
    desk_clear(&d);
    memset(&frame, 0, sizeof frame);
    frame.dst = test_gateway;
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t packet[ENOW_MAX_FRAME_V1]; /* which is decrypted in place */
        memcpy(packet, n[i].packet, n[i].packet_len);
        frame.src = n[i].addr;
        frame.body = packet;
        frame.len = n[i].packet_len;
        enow_link_gateway_handle(d.gateway, d.now_us, &frame);
        desk_poll(&d);
    }
    CHECK(desk_stats(&d).half_open == 2 && desk_drops(&d, ENOW_DROP_REASON_NO_ROOM) == 1, "%u half-open",
          desk_stats(&d).half_open);
    desk_transmit(&d);
    CHECK(d.sent_count == 2, "%u frames", (unsigned)d.sent_count);
    node_send_join(&n[2]);
    CHECK(desk_stats(&d).half_open == 3, "it is taken when it comes again");
    desk_close(&d);
}

/* Nor is one that waits for its turn. */
static void test_turn_with_replies_full(void)
{
    enow_link_frame_t frame;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    uint8_t packet[64];
    enow_pkt_connect_t search;
    scripted_t n[2];
    uint64_t at_us = 0;

    desk_config(&d);
    d.cfg.replies = 1;
    d.cfg.join_every_us = 150000;
    desk_open(&d);
    for (uint8_t i = 0; i < 2; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_search(&n[i], cookie), "not here");
        node_make_join(&n[i], cookie);
        node_send_join(&n[i]);
    }
    enow_pkt_connect_init(&search);
    search.flags = ENOW_PKT_CONNECT_SECURE;
    search.version = ENOW_VERSION;
    search.key_id = 1;
    search.nonce = 99;
    memset(&frame, 0, sizeof frame);
    frame.src = n[0].addr;
    frame.dst = enow_link_broadcast();
    frame.body = packet;
    frame.len =
        (size_t)enow_link_encode_search(real_crypto(), &n[0].keys.search, &n[0].addr, &search, packet, sizeof packet);
    enow_link_gateway_handle(d.gateway, d.now_us, &frame);
    desk_poll(&d);
    d.now_us += 150000;
    desk_poll(&d);
    CHECK(desk_stats(&d).half_open == 1, "it is taken");
    CHECK(enow_link_gateway_next_deadline(d.gateway, &at_us) && at_us > d.now_us, "it is waited for in vain");
    desk_transmit(&d);
    desk_poll(&d);
    CHECK(desk_stats(&d).half_open == 2, "it is not taken");
    desk_close(&d);
}

/* A node that has a session and joins for new keys takes no place. */
static void test_new_keys_take_no_place(void)
{
    scripted_t n[2];

    desk_config(&d);
    d.cfg.sessions = 2;
    desk_open(&d);
    node_init(&n[0], &d, 1);
    node_init(&n[1], &d, 2);
    CHECK(node_joins(&n[0]) && node_half_joins(&n[0]) && node_joins(&n[1]), "the table is not full");
    desk_close(&d);
}

/* A join that waits goes with its key, also when another key has its id. */
static void test_key_of_a_join(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    enow_link_gateway_key_t key;
    scripted_t n;

    desk_config(&d);
    d.cfg.join_every_us = 150000;
    desk_open(&d);
    for (uint8_t i = 1; i <= 2; i++) {
        node_init(&n, &d, i);
        CHECK(node_search(&n, cookie), "not here");
        node_make_join(&n, cookie);
        node_send_join(&n);
    }
    enow_link_gateway_remove_key(d.gateway, 1);
    key.id = 1;
    memcpy(key.key, test_secret(9).bytes, sizeof key.key);
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == 0, "another key");
    desk_clear(&d);
    desk_wait(&d, 150000);
    CHECK(d.sent_count == 0 && desk_drops(&d, ENOW_DROP_REASON_UNKNOWN_KEY) == 1, "it is taken");
    desk_close(&d);
}

static bool holds(const enow_link_secret_t *key)
{
    const uint8_t *memory = (const uint8_t *)d.memory;

    for (size_t i = 0; i + sizeof key->bytes <= enow_link_gateway_memory(&d.cfg); i++) {
        if (memcmp(memory + i, key->bytes, sizeof key->bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* Keys are gone with what they were for. */
static void test_keys_are_wiped(void)
{
    scripted_t n;

    open_desk();
    node_init(&n, &d, 1);
    CHECK(node_half_joins(&n) && holds(&n.tunnel.sealer.key), "half-open");
    desk_wait(&d, 10000000);
    CHECK(!holds(&n.tunnel.sealer.key) && !holds(&n.tunnel.opener.key), "its time is over");
    CHECK(node_joins(&n) && holds(&n.tunnel.opener.key), "a session");
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n.addr) == 0, "elsewhere");
    CHECK(!holds(&n.tunnel.sealer.key) && !holds(&n.tunnel.opener.key), "the session is over");
    CHECK(holds(&d.network), "the network's");
    enow_link_gateway_remove_key(d.gateway, 1);
    CHECK(!holds(&d.network), "it is removed");
    desk_close(&d);
}

/* A packet of a session that is not known is answered with a reset for each key, at a rate. */
static void test_reset(void)
{
    uint8_t packets[ENOW_MAX_FRAME_V1], proof[ENOW_LINK_PROOF_SIZE];
    enow_link_gateway_key_t key;
    enow_pkt_disconnect_t reset;
    enow_raw_packet_t raw;
    scripted_t n;

    open_desk();
    key.id = 2;
    memset(key.key, 3, sizeof key.key);
    key.key[0] = 9;
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == 0, "a second key");
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n.addr) == 0, "elsewhere");
    for (uint32_t i = 0; i < 5; i++) {
        desk_clear(&d);
        node_pings(&n, i);
        CHECK(d.sent_count == (i < 4), "packet %u", (unsigned)i);
        if (i > 0) {
            continue;
        }
        const desk_frame_t *f = desk_frame(&d, n.addr);
        memcpy(packets, f->body, f->out.len);
        CHECK(f->out.len == 2 * ENOW_PKT_DISCONNECT_MAX_SIZE &&
                  has_packet(packets, f->out.len, ENOW_TYPE_DISCONNECT, &raw) &&
                  enow_pkt_disconnect_decode(&reset, raw.flags, raw.body, raw.body_len) > 0,
              "no reset");
        CHECK(reset.flags == ENOW_PKT_DISCONNECT_RESET && reset.session == n.welcome.session && reset.counter == 1,
              "of another packet");
        memcpy(proof, reset.proof, sizeof proof);
        const uint8_t none[sizeof proof] = {0};
        CHECK(memcmp(proof, none, sizeof none) != 0, "no proof");
    }
    CHECK(desk_drops(&d, ENOW_DROP_REASON_RATE) == 1 && desk_drops(&d, ENOW_DROP_REASON_NO_SESSION) == 4, "counted");
    desk_close(&d);
}

/* On an open network addresses can be made up, so searches have one rate for all: 16 at once, and one more every 20 ms.
 */
static void test_strangers(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    unsigned answered = 0;
    scripted_t n;

    desk_config(&d);
    d.cfg.key_count = 0;
    desk_open(&d);
    for (uint8_t i = 1; i <= 20; i++) {
        node_init(&n, &d, i);
        answered += node_search(&n, cookie);
    }
    CHECK(answered == 16 && desk_drops(&d, ENOW_DROP_REASON_RATE) == 4, "%u answers", answered);
    d.now_us += 20000 - 1;
    CHECK(!node_search(&n, cookie), "too early");
    d.now_us += 1;
    CHECK(node_search(&n, cookie), "one more");
    desk_close(&d);
}

/* Whatever function of the cryptography fails, a join or a search leaves nothing behind but counters. */
static void test_crypto_fails(void)
{
    failing_crypto_t table;
    scripted_t n;
    unsigned at = 0;

    for (;; at++) {
        desk_config(&d);
        d.cfg.crypto = failing(&table, UINT32_MAX);
        desk_open(&d);
        node_init(&n, &d, 1);
        table.calls = 0;
        table.fails_at = at;
        const bool joined = node_joins(&n);
        const bool all = table.calls <= at;
        table.fails_at = UINT32_MAX;
        CHECK(joined || desk_events(&d, ENOW_LINK_EVENT_PRESENCE) % 2 == desk_stats(&d).sessions, "call %u", at);
        d.now_us += 1000000;
        CHECK(node_joins(&n), "after call %u failed", at);
        desk_close(&d);
        if (all) {
            break;
        }
    }
    CHECK(at > 40, "only %u calls", at);
}

int main(void)
{
    test_join();
    test_half_open_ends();
    test_repeat();
    test_outsiders();
    test_cookie_expires();
    test_refusals();
    test_limits();
    test_eviction();
    test_turns();
    test_joins_kept();
    test_searches_kept();
    test_replies_full();
    test_reset();
    test_turn_with_replies_full();
    test_new_keys_take_no_place();
    test_key_of_a_join();
    test_keys_are_wiped();
    test_strangers();
    test_crypto_fails();
    return check_result();
}
