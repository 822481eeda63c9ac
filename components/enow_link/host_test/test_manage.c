#include "desk.h"

#include <string.h>

static desk_t d;
static uint8_t packets[4 * ENOW_MAX_FRAME_V1];

/* Why the node is told that its session ends; -1: it is not. */
static int goodbye(scripted_t *n)
{
    enow_pkt_disconnect_t p;
    enow_raw_packet_t raw;
    const size_t len = node_hears(n, packets, sizeof packets);

    if (!has_packet(packets, len, ENOW_TYPE_DISCONNECT, &raw) ||
        enow_pkt_disconnect_decode(&p, raw.flags, raw.body, raw.body_len) < 0) {
        return -1;
    }
    return p.reason;
}

static void test_deny(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    enow_pkt_connack_t answer;
    scripted_t n;

    desk_config(&d);
    d.cfg.denied = 1;
    desk_open(&d);
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    desk_clear(&d);
    CHECK(desk_send(&d, n.addr, "", "x", 1, true) == 0, "send");
    desk_clear(&d);
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n.addr) == 0, "deny");
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n.addr) == 0, "deny again");
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, desk_node(2)) == ENOW_LINK_ERR_FULL, "a full list");
    desk_poll(&d);
    desk_transmit(&d);
    CHECK(goodbye(&n) == ENOW_DISCONNECT_REASON_DENIED, "it is told");
    const desk_told_t *t = desk_event(&d, ENOW_LINK_EVENT_RESULT);
    CHECK(t != NULL && t->event.as.result.err == ENOW_LINK_ERR_DENIED, "its mail is void");
    t = desk_event(&d, ENOW_LINK_EVENT_PRESENCE);
    CHECK(t != NULL && t->event.as.presence.reason == ENOW_LINK_REASON_DENIED && desk_stats(&d).sessions == 0,
          "it left");
    CHECK(desk_send(&d, n.addr, "", "x", 1, true) == ENOW_LINK_ERR_DENIED, "no more mail");
    CHECK(!node_search(&n, cookie) && node_connack(&n, desk_frame(&d, n.addr), &answer) &&
              answer.reason == ENOW_REFUSE_REASON_DENIED,
          "it is let in no more");
    enow_link_gateway_allow(d.gateway, n.addr);
    CHECK(node_joins(&n), "it is allowed");
    desk_close(&d);
}

/* A join that is half-open, or waits, ends with the denial of its node. */
static void test_deny_a_join(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    scripted_t n[2];

    desk_config(&d);
    d.cfg.join_every_us = 1000000;
    desk_open(&d);
    for (uint8_t i = 0; i < 2; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_search(&n[i], cookie), "not here");
        node_make_join(&n[i], cookie);
        node_send_join(&n[i]);
        CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n[i].addr) == 0, "deny");
    }
    CHECK(desk_stats(&d).half_open == 0, "it is closed");
    desk_clear(&d);
    desk_wait(&d, 2000000);
    CHECK(d.sent_count == 0 && desk_stats(&d).joins == 1, "it does not wait");
    desk_close(&d);
}

/* All are told, in the order of their addresses. */
static void test_shutdown(void)
{
    static const uint8_t order[] = {3, 1, 2};
    scripted_t n[4];

    desk_config(&d);
    desk_open(&d);
    for (uint8_t i = 0; i < 3; i++) {
        node_init(&n[i], &d, order[i]);
        CHECK(node_joins(&n[i]), "node %u", i);
    }
    node_init(&n[3], &d, 4);
    CHECK(node_half_joins(&n[3]), "half-open");
    desk_clear(&d);
    enow_link_gateway_shutdown(d.gateway);
    desk_transmit(&d);
    CHECK(d.sent_count == 3 && desk_stats(&d).sessions == 0 && desk_stats(&d).half_open == 0, "%u frames",
          (unsigned)d.sent_count);
    for (uint8_t i = 0; i < 3; i++) {
        CHECK(d.sent[i].out.dst.bytes[5] == i + 1, "number %u: %u", i, d.sent[i].out.dst.bytes[5]);
    }
    CHECK(goodbye(&n[0]) == ENOW_DISCONNECT_REASON_SHUTDOWN, "why");
    desk_close(&d);
}

static void test_keys(void)
{
    enow_link_gateway_key_t key;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    memcpy(key.key, test_secret(9).bytes, sizeof key.key);
    key.id = 1;
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == ENOW_LINK_ERR_CONFIG, "its id is taken");
    key.id = 0;
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == ENOW_LINK_ERR_CONFIG, "no id");
    key.id = 2;
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == 0, "a second key");
    key.id = 3;
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == ENOW_LINK_ERR_FULL, "a third");
    d.network = test_secret(9);
    node_init(&n, &d, 1);
    n.key_id = 2;
    CHECK(node_joins(&n), "with the second key");
    enow_link_gateway_remove_key(d.gateway, 2);
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    CHECK(!node_search(&n, cookie), "it is gone");
    desk_close(&d);

    desk_config(&d);
    d.cfg.key_count = 0;
    desk_open(&d);
    CHECK(enow_link_gateway_add_key(d.gateway, &key) == ENOW_LINK_ERR_CONFIG, "an open network stays open");
    desk_close(&d);
}

/* The radio's list of peers: who is sent to is put on it, strangers go first. */
static void test_radio(void)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    scripted_t n;

    desk_config(&d);
    d.cfg.peers = 3;
    desk_open(&d);
    for (uint8_t i = 1; i <= 4; i++) {
        node_init(&n, &d, i);
        CHECK(node_search(&n, cookie), "not here");
        const enow_link_transmission_t *out = &desk_frame(&d, n.addr)->out;
        CHECK(out->add && out->remove == (i == 4), "node %u", i);
        CHECK(i < 4 || out->removed.bytes[5] == 1, "%u goes", out->removed.bytes[5]);
    }
    enow_link_gateway_radio_reset(d.gateway);
    CHECK(node_search(&n, cookie) && desk_frame(&d, n.addr)->out.add, "the list is empty");
    enow_link_gateway_set_channel(d.gateway, 6);
    CHECK(node_half_joins(&n) && n.welcome.channel == 6, "the channel is %u", n.welcome.channel);
    desk_close(&d);
}

/* Calls that may tell much wait until what was told is polled. */
static void test_untold_events(void)
{
    uint8_t buf[ENOW_MAX_FRAME_V1];
    enow_link_transmission_t out;
    scripted_t n[8];

    desk_config(&d);
    d.cfg.sessions = 8;
    d.cfg.mail.node_messages = 1; /* then 8 events have room, and 4 are kept free */
    desk_open(&d);
    for (uint8_t i = 0; i < 8; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_joins(&n[i]), "node %u", i);
    }
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n[7].addr) == 0, "deny");
    for (uint8_t i = 0; i < 6; i++) {
        CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n[i].addr) == (i < 5 ? 0 : ENOW_LINK_ERR_FULL), "%u", i);
    }
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n[5].addr) == ENOW_LINK_ERR_FULL, "deny");
    CHECK(!enow_link_gateway_transmit(d.gateway, d.now_us, &out, buf, sizeof buf), "transmit");
    CHECK(desk_stats(&d).sessions == 3, "nothing has happened");
    desk_poll(&d);
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n[5].addr) == 0, "it was polled");
    CHECK(enow_link_gateway_transmit(d.gateway, d.now_us, &out, buf, sizeof buf) &&
              enow_link_addr_same(&out.dst, &n[7].addr),
          "the goodbye");
    desk_close(&d);
}

int main(void)
{
    test_untold_events();
    test_deny();
    test_deny_a_join();
    test_shutdown();
    test_keys();
    test_radio();
    return check_result();
}
