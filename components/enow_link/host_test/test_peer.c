#include "desk.h"

#include <string.h>

static desk_t d;

static const enow_link_presence_t *presence(size_t i)
{
    static const enow_link_presence_t none = {{{0}}, false, ENOW_LINK_REASON_NONE, 0, 0, 0, false};

    for (size_t at = 0; at < d.told_count; at++) {
        if (d.told[at].event.kind == ENOW_LINK_EVENT_PRESENCE && i-- == 0) {
            return &d.told[at].event.as.presence;
        }
    }
    return &none;
}

/* A node is gone after 1.5 keep-alives, and forgotten 10 minutes later. */
static void test_silence(void)
{
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    desk_clear(&d);
    desk_wait(&d, 90000000 - 1);
    CHECK(desk_stats(&d).sessions == 1, "too early");
    desk_wait(&d, 1);
    CHECK(desk_stats(&d).sessions == 0 && presence(0)->reason == ENOW_LINK_REASON_SILENT, "too late");
    desk_wait(&d, 600000000 - 1);
    CHECK(desk_stats(&d).known == 1, "forgotten early");
    desk_wait(&d, 1);
    CHECK(desk_stats(&d).known == 0, "forgotten late");
    uint64_t at_us;
    CHECK(!enow_link_gateway_next_deadline(d.gateway, &at_us), "nothing waits");
    desk_close(&d);
}

/* Nodes that are due at one time come by address, however many, and each is told. */
static void test_many_are_silent(void)
{
    enum { NODES = 30 };
    scripted_t n;

    desk_config(&d);
    d.cfg.key_count = 0;
    d.cfg.sessions = NODES;
    desk_open(&d);
    for (uint8_t i = 0; i < NODES; i++) {
        node_init(&n, &d, (uint8_t)(1 + (i * 7u) % NODES));
        CHECK(node_joins(&n), "node %u", i);
        d.now_us += i % 2 == 0 ? 0 : 20000; /* strangers have a rate in all */
    }
    for (uint8_t i = 0; i < NODES; i++) {
        node_init(&n, &d, (uint8_t)(1 + (i * 11u) % NODES));
        node_pings(&n, 1);
    }
    desk_clear(&d);
    desk_wait(&d, 90000000);
    CHECK(desk_events(&d, ENOW_LINK_EVENT_PRESENCE) == NODES, "%u", (unsigned)d.told_count);
    for (uint8_t i = 0; i < NODES; i++) {
        CHECK(presence(i)->addr.bytes[5] == i + 1, "number %u: %u", i, presence(i)->addr.bytes[5]);
    }
    desk_close(&d);
}

/* A new session of the same boot is no news; one of another boot is two. */
static void test_presence(void)
{
    enow_link_node_status_t status;
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    node_init(&n, &d, 1);
    CHECK(node_joins(&n) && node_joins(&n), "no session");
    CHECK(desk_events(&d, ENOW_LINK_EVENT_PRESENCE) == 0, "it never left");
    const uint8_t id = n.welcome.session;
    n.hello.boot = 8;
    CHECK(node_half_joins(&n) && n.welcome.session != id, "another session");
    desk_clear(&d);
    node_pings(&n, 1);
    CHECK(desk_events(&d, ENOW_LINK_EVENT_PRESENCE) == 2 && presence(0)->reason == ENOW_LINK_REASON_RESTARTED &&
              presence(0)->boot == 7 && presence(1)->present && presence(1)->boot == 8,
          "it has restarted");
    desk_clear(&d);
    static const uint8_t goodbye[] = {0xe0, 1, 0};
    node_says(&n, goodbye, sizeof goodbye);
    CHECK(presence(0)->reason == ENOW_LINK_REASON_NORMAL && desk_stats(&d).sessions == 0, "goodbye");
    CHECK(enow_link_gateway_next_node(d.gateway, d.now_us, NULL, &status) && !status.present && status.session == 0,
          "it is remembered");
    desk_close(&d);
}

/* The ids of a node outlive its session, and end with its boot. */
static void test_ids_outlive_sessions(void)
{
    scripted_t n;

    desk_config(&d);
    desk_open(&d);
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    node_publishes(&n, 5, 0, "", "x");
    CHECK(node_joins(&n), "no session");
    node_publishes(&n, 5, 0, "", "x");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1, "it is a repeat");
    n.hello.boot = 8;
    CHECK(node_joins(&n), "no session");
    node_publishes(&n, 5, 0, "", "x");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1, "it is another");
    desk_close(&d);
}

/* Mail keeps its node known, but not the node's ids: 10 minutes after it is gone it may count on elsewhere. */
static void test_ids_end_before_mail(void)
{
    static uint8_t packets[4 * ENOW_MAX_FRAME_V1];
    enow_raw_packet_t raw;
    enow_pkt_puback_t p;

    for (unsigned late = 0; late < 2; late++) {
        scripted_t n;

        desk_config(&d);
        d.cfg.mail.keep_us = 3600000000;
        desk_open(&d);
        node_init(&n, &d, 1);
        CHECK(node_joins(&n), "no session");
        node_publishes(&n, 0, 0, "", "x");
        node_publishes(&n, 1, ENOW_PKT_PUBLISH_ACK, "$refused", "x");
        CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n.addr) == 0, "elsewhere");
        desk_poll(&d);
        CHECK(desk_send(&d, n.addr, "", "mail", 4, true) == 0, "send");
        desk_wait(&d, 600000000 - 1 + late);
        CHECK(desk_stats(&d).known == 1 && desk_stats(&d).mail > 0, "%u known, %u bytes of mail", desk_stats(&d).known,
              desk_stats(&d).mail);
        CHECK(node_joins(&n), "no session");
        desk_clear(&d);
        node_publishes(&n, 0, 0, "", "another");
        CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == late, "late %u: %u messages", late,
              (unsigned)desk_events(&d, ENOW_LINK_EVENT_MESSAGE));
        CHECK(desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1 - late, "late %u", late);
        node_publishes(&n, 0, ENOW_PKT_PUBLISH_ACK, "", "another");
        const size_t len = node_hears(&n, packets, sizeof packets);
        CHECK(has_packet(packets, len, ENOW_TYPE_PUBACK, &raw) &&
                  enow_pkt_puback_decode(&p, raw.flags, raw.body, raw.body_len) > 0 &&
                  p.status == ENOW_PUBACK_STATUS_COMPLETE,
              "late %u: it was taken", late);
        desk_close(&d);
    }
}

/* Who left first is forgotten first, and one with mail last; who was forgotten is told another boot. */
static void test_memory(void)
{
    scripted_t n;
    uint32_t boot[4];

    desk_config(&d);
    d.cfg.sessions = 1;
    d.cfg.remembered = 1;
    desk_open(&d);
    CHECK(desk_send(&d, desk_node(9), "", "x", 1, true) == 0, "send");
    for (uint8_t i = 0; i < 3; i++) {
        node_init(&n, &d, (uint8_t)(1 + i % 2));
        n.nonce = 100u * i; /* its joins are others */
        CHECK(node_joins(&n), "node %u", i);
        boot[i] = n.welcome.boot;
        CHECK(desk_stats(&d).known == 2, "%u are known", desk_stats(&d).known);
        d.now_us += 1000;
        CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n.addr) == 0, "elsewhere");
        desk_poll(&d);
    }
    CHECK(boot[0] != boot[2] && boot[1] == boot[0] && boot[2] == boot[0] + 1, "%u %u %u", boot[0], boot[1], boot[2]);
    CHECK(desk_events(&d, ENOW_LINK_EVENT_RESULT) == 0, "mail keeps its node");
    CHECK(desk_send(&d, desk_node(1), "", "x", 1, true) == 0, "one with mail, in the place of one without");
    CHECK(desk_send(&d, desk_node(2), "", "x", 1, true) == ENOW_LINK_ERR_FULL, "mail takes nobody's place");
    desk_clear(&d);
    node_init(&n, &d, 3);
    CHECK(node_half_joins(&n), "node 3");
    desk_clear(&d);
    node_pings(&n, 1);
    const desk_told_t *t = desk_event(&d, ENOW_LINK_EVENT_RESULT);
    const enow_addr_t gone = desk_node(9);
    CHECK(t != NULL && t->event.as.result.err == ENOW_LINK_ERR_FULL &&
              enow_link_addr_same(&t->event.as.result.to, &gone),
          "who joins does");
    desk_close(&d);
}

/* One who leaves while it has something to be sent, and is forgotten, leaves no trace in the order of sending. */
static void test_forgotten_while_ready(void)
{
    static uint8_t pingreq[] = {0xc0, 4, 1, 0, 0, 0};
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    enow_link_outgoing_t m;
    enow_link_frame_t frame;
    scripted_t n[4];

    desk_config(&d);
    d.cfg.key_count = 0;
    d.cfg.sessions = 1;
    d.cfg.remembered = 1;
    desk_open(&d);
    for (uint8_t i = 1; i < 4; i++) {
        node_init(&n[i], &d, i);
    }
    CHECK(node_search(&n[3], cookie) && node_joins(&n[1]), "no session");
    node_make_join(&n[3], cookie);
    desk_clear(&d);
    memset(&m, 0, sizeof m);
    for (uint8_t i = 1; i < 4; i++) {
        CHECK(enow_link_gateway_send(d.gateway, d.now_us, n[i].addr, &m, NULL) == 0, "node %u", i);
        if (i == 1) {
            CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n[1].addr) == 0, "elsewhere");
        }
        desk_poll(&d);
    }
    memset(&frame, 0, sizeof frame);
    frame.src = n[3].addr;
    frame.dst = test_gateway;
    for (unsigned i = 0; i < 2; i++) {
        frame.body = i == 0 ? n[3].packet : pingreq;
        frame.len = i == 0 ? n[3].packet_len : sizeof pingreq;
        enow_link_gateway_handle(d.gateway, d.now_us, &frame);
        desk_poll(&d);
    }
    desk_transmit(&d);
    CHECK(desk_stats(&d).known == 2 && d.sent_count == 2 && desk_frames(&d, n[3].addr) == 2, "%u frames",
          (unsigned)d.sent_count);
    desk_close(&d);
}

/* A table that has filled since has no room for a half-open session. */
static void test_promotion_without_room(void)
{
    scripted_t n[2];

    desk_config(&d);
    d.cfg.sessions = 2;
    desk_open(&d);
    for (uint8_t i = 0; i < 2; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_joins(&n[i]), "node %u", i);
    }
    CHECK(node_half_joins(&n[1]), "new keys");
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n[1].addr) == 0, "elsewhere");
    desk_poll(&d);
    node_pings(&n[1], 1);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_NO_SESSION) == 1, "its join is forgotten with it");
    desk_close(&d);
}

int main(void)
{
    test_silence();
    test_many_are_silent();
    test_presence();
    test_ids_outlive_sessions();
    test_ids_end_before_mail();
    test_memory();
    test_forgotten_while_ready();
    test_promotion_without_room();
    return check_result();
}
