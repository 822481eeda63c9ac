#include "desk.h"

#include <string.h>

static desk_t d;
static uint8_t packets[40 * ENOW_MAX_FRAME_V1];

/* The first PUBLISH that was sent to a node since it heard last; false: none was. */
static bool published(scripted_t *n, enow_pkt_publish_t *p)
{
    enow_raw_packet_t raw;
    const size_t len = node_hears(n, packets, sizeof packets);

    return has_packet(packets, len, ENOW_TYPE_PUBLISH, &raw) &&
           enow_pkt_publish_decode(p, raw.flags, raw.body, raw.body_len) > 0;
}

static const enow_link_result_t *result(void)
{
    const desk_told_t *t = desk_event(&d, ENOW_LINK_EVENT_RESULT);

    return t != NULL ? &t->event.as.result : NULL;
}

static void join(scripted_t *n, uint8_t number)
{
    node_init(n, &d, number);
    CHECK(node_joins(n), "node %u", number);
    desk_clear(&d);
}

static void test_send(void)
{
    enow_pkt_publish_t p;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    join(&n, 1);
    CHECK(desk_send(&d, n.addr, "", "on", 2, true) == 0, "send");
    CHECK(published(&n, &p) && p.flags == ENOW_PKT_PUBLISH_ACK && p.message_id == 0 && p.data.len == 3, "not sent");
    CHECK(result() == NULL && desk_stats(&d).mail == 3, "no answer yet");
    node_acknowledges(&n, 0, ENOW_PUBACK_STATUS_COMPLETE, 3);
    CHECK(result() != NULL && result()->err == 0 && result()->ticket == 0 &&
              enow_link_addr_same(&result()->to, &n.addr),
          "no result");
    CHECK(desk_stats(&d).mail == 0, "it is gone");
    desk_clear(&d);
    CHECK(desk_send(&d, n.addr, "", "no", 2, true) == 0 && published(&n, &p) && p.message_id == 1, "another");
    node_acknowledges(&n, 1, ENOW_PUBACK_STATUS_TOO_LARGE, 0);
    CHECK(result() != NULL && result()->err == ENOW_PUBACK_STATUS_TOO_LARGE && result()->ticket == 1,
          "it will not take");
    desk_clear(&d);
    CHECK(desk_send(&d, n.addr, "", "fy", 2, false) == 0 && published(&n, &p) && p.flags == 0, "nobody asks");
    CHECK(desk_stats(&d).mail == 0, "nobody waits");
    desk_close(&d);
}

/* What is not answered is sent again, until the node is heard no more. */
static void test_repeat(void)
{
    enow_pkt_publish_t p;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    join(&n, 1);
    CHECK(desk_send(&d, n.addr, "", "on", 2, true) == 0 && published(&n, &p), "send");
    desk_wait(&d, 200000 - 1);
    CHECK(d.sent_count == 0, "too early");
    desk_wait(&d, 1);
    CHECK(published(&n, &p) && p.message_id == 0, "a repeat");
    desk_wait(&d, 60000000);
    CHECK(desk_frames(&d, n.addr) == 15 && result() == NULL, "%u more", (unsigned)desk_frames(&d, n.addr));
    (void)node_hears(&n, packets, sizeof packets);
    node_pings(&n, 1);
    CHECK(published(&n, &p) && p.message_id == 0, "the node is heard again");
    desk_close(&d);
}

static void test_limits(void)
{
    static const char large[2000] = {0};
    scripted_t n;

    desk_config(&d);
    d.cfg.mail.node_messages = 2;
    d.cfg.mail.node_bytes = 1500;
    d.cfg.mail.messages = 4;
    d.cfg.mail.bytes = 2000;
    desk_open(&d);
    const enow_addr_t a = desk_node(11), b = desk_node(12), c = desk_node(13);
    CHECK(desk_send(&d, enow_link_broadcast(), "", "", 0, true) == ENOW_LINK_ERR_ADDR, "nobody's address");
    CHECK(desk_send(&d, a, "", large, 1500, true) == ENOW_LINK_ERR_TOO_LARGE, "longer than a node's share");
    CHECK(desk_send(&d, a, "", large, 1499, true) == 0, "as long as it");
    CHECK(desk_send(&d, b, "", large, 500, true) == ENOW_LINK_ERR_FULL, "more than all");
    CHECK(desk_send(&d, b, "", large, 497, true) == 0, "all but two");
    CHECK(desk_send(&d, b, "", "", 0, true) == 0, "a second message");
    CHECK(desk_send(&d, b, "", "", 0, true) == ENOW_LINK_ERR_FULL, "a third");
    CHECK(desk_send(&d, c, "", "", 0, true) == 0, "all");
    CHECK(desk_stats(&d).mail == 2000, "%u", desk_stats(&d).mail);
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, a) == 0, "void");
    desk_poll(&d);
    CHECK(result() != NULL && result()->err == ENOW_LINK_ERR_ELSEWHERE, "its mail is void");
    CHECK(desk_send(&d, a, "", "", 0, true) == 0, "four messages");
    const uint16_t known = desk_stats(&d).known;
    CHECK(desk_send(&d, desk_node(14), "", "", 0, true) == ENOW_LINK_ERR_FULL, "a fifth");
    CHECK(desk_stats(&d).known == known, "its node is remembered");
    const char topic[257] = {0};
    enow_link_outgoing_t m;
    memset(&m, 0, sizeof m);
    m.topic.data = (const uint8_t *)topic;
    m.topic.len = 256;
    CHECK(enow_link_gateway_send(d.gateway, d.now_us, a, &m, NULL) == ENOW_LINK_ERR_TOPIC, "a long topic");
    desk_close(&d);

    desk_config(&d);
    desk_open(&d);
    join(&n, 1);
    CHECK(desk_send(&d, n.addr, "", large, 1000, true) == ENOW_LINK_ERR_TOO_LARGE, "more than the node takes");
    CHECK(desk_send(&d, n.addr, "", large, 999, true) == 0, "as much");
    desk_close(&d);
}

/* Mail for a node that has not joined is told of when it is too large, or was not fetched in time. */
static void test_mail_that_fails(void)
{
    static const char large[1200] = {0};
    scripted_t n;

    desk_config(&d);
    d.cfg.mail.keep_us = 1000000000;
    desk_open(&d);
    CHECK(desk_send(&d, desk_node(1), "", large, sizeof large, true) == 0, "send");
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    CHECK(result() != NULL && result()->err == ENOW_LINK_ERR_TOO_LARGE, "too large for the node");
    desk_clear(&d);
    CHECK(desk_send(&d, desk_node(2), "", "x", 1, true) == 0 && desk_send(&d, desk_node(2), "", "y", 1, false) == 0,
          "send");
    desk_wait(&d, 1000000000 - 1);
    CHECK(result() == NULL, "too early");
    desk_wait(&d, 1);
    CHECK(result() != NULL && result()->err == ENOW_LINK_ERR_EXPIRED && desk_stats(&d).mail_dropped == 1, "expired");
    CHECK(desk_stats(&d).mail == 0, "%u", desk_stats(&d).mail);
    desk_close(&d);
}

/* A sleepy node gets its mail while it listens: 100 ms after it was heard. */
static void test_sleepy(void)
{
    enow_pkt_pingresp_t pong;
    enow_pkt_publish_t p;
    enow_raw_packet_t raw;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    node_init(&n, &d, 1);
    n.sleepy = true;
    CHECK(node_joins(&n), "no session");
    desk_clear(&d);
    d.now_us += 100000;
    CHECK(desk_send(&d, n.addr, "", "x", 1, true) == 0 && d.sent_count == 0, "it sleeps");
    node_pings(&n, 3);
    const size_t len = node_hears(&n, packets, sizeof packets);
    CHECK(has_packet(packets, len, ENOW_TYPE_PINGRESP, &raw) &&
              enow_pkt_pingresp_decode(&pong, raw.flags, raw.body, raw.body_len) > 0 &&
              pong.flags == ENOW_PKT_PINGRESP_PENDING && pong.time == 3,
          "mail waits");
    CHECK(has_packet(packets, len, ENOW_TYPE_PUBLISH, &raw) &&
              enow_pkt_publish_decode(&p, raw.flags, raw.body, raw.body_len) > 0,
          "and comes");
    node_acknowledges(&n, p.message_id, ENOW_PUBACK_STATUS_COMPLETE, 2);
    d.now_us += 100000 - 1;
    CHECK(desk_send(&d, n.addr, "", "x", 1, true) == 0 && d.sent_count == 1, "it listens still");
    desk_close(&d);
}

/* As many nodes are sent to at once as there are senders; others wait until one is free, or its node sleeps. */
static void test_senders(void)
{
    enow_pkt_publish_t p;
    scripted_t n[3];

    desk_config(&d);
    d.cfg.senders = 2;
    desk_open(&d);
    for (uint8_t i = 0; i < 3; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        n[i].sleepy = i == 2;
        CHECK(node_joins(&n[i]), "node %u", i);
    }
    desk_clear(&d);
    for (uint8_t i = 0; i < 3; i++) {
        CHECK(desk_send(&d, n[i].addr, "", "x", 1, true) == 0, "send");
    }
    CHECK(d.sent_count == 2 && desk_stats(&d).mail_waited > 0, "%u frames", (unsigned)d.sent_count);
    CHECK(published(&n[0], &p), "the first");
    node_acknowledges(&n[0], p.message_id, ENOW_PUBACK_STATUS_COMPLETE, 2);
    CHECK(desk_frames(&d, n[2].addr) == 1, "the third has its turn");
    d.now_us += 100000;
    desk_clear(&d);
    CHECK(desk_send(&d, n[0].addr, "", "y", 1, true) == 0, "send");
    CHECK(desk_frames(&d, n[0].addr) == 1, "the third sleeps");
    node_acknowledges(&n[0], 1, ENOW_PUBACK_STATUS_COMPLETE, 2);
    desk_clear(&d);
    node_pings(&n[2], 1);
    CHECK(published(&n[2], &p) && p.message_id == 0, "and its message begins again");
    desk_close(&d);
}

/* A sender that goes to another node forgets how fast the one before answered. */
static void test_round_trip(void)
{
    static const char two_parts[400] = {0};
    enow_pkt_publish_t p;
    scripted_t n[2];

    desk_config(&d);
    d.cfg.senders = 1;
    desk_open(&d);
    join(&n[0], 1);
    join(&n[1], 2);
    CHECK(desk_send(&d, n[0].addr, "", two_parts, sizeof two_parts, true) == 0 && published(&n[0], &p), "send");
    d.now_us += 50000;
    node_acknowledges(&n[0], p.message_id, ENOW_PUBACK_STATUS_PARTIAL, 0); /* the last part alone is here */
    node_acknowledges(&n[0], p.message_id, ENOW_PUBACK_STATUS_COMPLETE, 401);
    CHECK(result() != NULL, "it has not gone");
    CHECK(desk_send(&d, n[1].addr, "", "x", 1, true) == 0 && published(&n[1], &p), "send");
    desk_wait(&d, 200000 - 1);
    CHECK(d.sent_count == 0, "too early");
    desk_wait(&d, 1);
    CHECK(d.sent_count == 1, "a repeat");
    desk_close(&d);
}

/* A session's keys are used enough after 24 h: the node is asked to join anew, every 10 s. */
static void test_rekey(void)
{
    enow_pkt_disconnect_t p;
    enow_raw_packet_t raw;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    node_init(&n, &d, 1);
    n.hello.keep_alive = 65535;
    const uint64_t born_us = d.now_us;
    CHECK(node_joins(&n), "no session");
    const struct {
        uint64_t at_us;
        bool asks;
    } pings[] = {
        {UINT64_C(86400000000) - 1, false},
        {UINT64_C(86400000000), true},
        {UINT64_C(86409999999), false},
        {UINT64_C(86410000000), true},
    };
    for (size_t i = 0; i < sizeof pings / sizeof pings[0]; i++) {
        desk_clear(&d);
        d.now_us = born_us + pings[i].at_us;
        node_pings(&n, 1);
        const size_t len = node_hears(&n, packets, sizeof packets);
        const bool asked = has_packet(packets, len, ENOW_TYPE_DISCONNECT, &raw) &&
                           enow_pkt_disconnect_decode(&p, raw.flags, raw.body, raw.body_len) > 0 &&
                           p.reason == ENOW_DISCONNECT_REASON_REKEY;
        CHECK(asked == pings[i].asks, "ping %u", (unsigned)i);
    }
    n.tunnel.sealer.next = (UINT32_C(1) << 23) - 1;
    CHECK(node_joins(&n), "new keys");
    desk_clear(&d);
    node_pings(&n, 1);
    CHECK(!has_packet(packets, node_hears(&n, packets, sizeof packets), ENOW_TYPE_DISCONNECT, &raw), "they are new");
    n.tunnel.sealer.next = (UINT32_C(1) << 23) - 1;
    node_pings(&n, 1);
    CHECK(has_packet(packets, node_hears(&n, packets, sizeof packets), ENOW_TYPE_DISCONNECT, &raw), "2^23 packets");
    desk_close(&d);
}

static void test_time(void)
{
    enow_pkt_pingresp_t p;
    enow_raw_packet_t raw;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    join(&n, 1);
    for (unsigned known = 0; known < 2; known++) {
        node_pings(&n, 9);
        const size_t len = node_hears(&n, packets, sizeof packets);
        CHECK(has_packet(packets, len, ENOW_TYPE_PINGRESP, &raw) &&
                  enow_pkt_pingresp_decode(&p, raw.flags, raw.body, raw.body_len) > 0 && p.time == 9 &&
                  p.unix_ms == (known == 0 ? 0 : UINT64_C(1700000001234)),
              "%u", known);
        enow_link_gateway_set_unix_time(d.gateway, d.now_us, UINT64_C(1700000000000000));
        d.now_us += 1234999;
    }
    desk_close(&d);
}

int main(void)
{
    test_send();
    test_repeat();
    test_limits();
    test_mail_that_fails();
    test_sleepy();
    test_senders();
    test_round_trip();
    test_rekey();
    test_time();
    return check_result();
}
