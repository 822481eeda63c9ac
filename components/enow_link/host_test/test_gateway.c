#include "desk.h"

#include <string.h>

static desk_t d;

static void open_network(void)
{
    desk_config(&d);
    d.cfg.key_count = 0;
}

static void test_config(void)
{
    static uint64_t memory[1 << 16];
    enow_link_gateway_t *gateway;
    enow_link_gateway_config_t good, cfg;

    desk_config(&d);
    good = d.cfg;
    const size_t size = enow_link_gateway_memory(&good);
    CHECK(size <= sizeof memory, "%u bytes", (unsigned)size);
#define WANT(field, value, want)                                                                                       \
    do {                                                                                                               \
        cfg = good;                                                                                                    \
        cfg.field = (value);                                                                                           \
        const int err = enow_link_gateway_init(&gateway, &cfg, memory, sizeof memory);                                 \
        CHECK(err == (want), "%s = %s: %d", #field, #value, err);                                                      \
    } while (0)
    WANT(channel, 0, ENOW_LINK_ERR_CONFIG);
    WANT(channel, 14, 0);
    WANT(channel, 15, ENOW_LINK_ERR_CONFIG);
    WANT(addr.bytes[0], 1, ENOW_LINK_ERR_CONFIG);
    WANT(crypto, NULL, ENOW_LINK_ERR_CONFIG);
    WANT(max_frame, 249, ENOW_LINK_ERR_CONFIG);
    WANT(max_frame, 1470, 0);
    WANT(max_frame, 1471, ENOW_LINK_ERR_CONFIG);
    WANT(sessions, 0, ENOW_LINK_ERR_CONFIG);
    WANT(sessions, 1, 0);
    WANT(sessions, 10000, ENOW_LINK_ERR_MEMORY);
    WANT(sessions, 10001, ENOW_LINK_ERR_CONFIG);
    WANT(remembered, 0, ENOW_LINK_ERR_CONFIG);
    WANT(remembered, 1, 0);
    WANT(remembered, 10000, ENOW_LINK_ERR_MEMORY);
    WANT(remembered, 10001, ENOW_LINK_ERR_CONFIG);
    WANT(peers, 2, ENOW_LINK_ERR_CONFIG);
    WANT(peers, 3, 0);
    WANT(peers, 21, ENOW_LINK_ERR_CONFIG);
    WANT(keep_alive_s, 0, ENOW_LINK_ERR_CONFIG);
    WANT(join_every_us, 10000000, 0);
    WANT(join_every_us, 10000001, ENOW_LINK_ERR_CONFIG);
    WANT(mail.node_messages, 0, ENOW_LINK_ERR_CONFIG);
    WANT(mail.node_messages, good.mail.messages + 1u, ENOW_LINK_ERR_CONFIG);
    WANT(mail.node_bytes, 0, ENOW_LINK_ERR_CONFIG);
    WANT(mail.node_bytes, good.mail.bytes + 1u, ENOW_LINK_ERR_CONFIG);
    WANT(mail.bytes, ENOW_MAX_MESSAGE + 1u, ENOW_LINK_ERR_CONFIG);
    WANT(mail.keep_us, 0, ENOW_LINK_ERR_CONFIG);
    WANT(fragments.max_parts, 0, ENOW_LINK_ERR_CONFIG);
    WANT(passthrough, ENOW_LINK_PASS_UNKNOWN, ENOW_LINK_ERR_CONFIG);
    WANT(key_count, 3, ENOW_LINK_ERR_CONFIG);
    WANT(keys[0].id, 0, ENOW_LINK_ERR_CONFIG);
    WANT(senders, 0, ENOW_LINK_ERR_CONFIG);
    WANT(answers, 0, ENOW_LINK_ERR_CONFIG);
    WANT(replies, 0, ENOW_LINK_ERR_CONFIG);
    WANT(searches, 0, ENOW_LINK_ERR_CONFIG);
    WANT(joins, 0, ENOW_LINK_ERR_CONFIG);
    WANT(buckets, 0, ENOW_LINK_ERR_CONFIG);
    WANT(recent_ids, 0, ENOW_LINK_ERR_CONFIG);
    WANT(recent_us, 0, ENOW_LINK_ERR_CONFIG);
#undef WANT
    CHECK(enow_link_gateway_init(&gateway, &good, memory, size) == 0, "just enough");
    CHECK(enow_link_gateway_init(&gateway, &good, memory, size - 1) == ENOW_LINK_ERR_MEMORY, "too little");
    CHECK(enow_link_gateway_init(&gateway, &good, NULL, size) == ENOW_LINK_ERR_MEMORY, "none");
    CHECK(enow_link_gateway_init(&gateway, &good, (uint8_t *)memory + 4, size) == ENOW_LINK_ERR_MEMORY, "not aligned");
    memset(good.keys[0].key, 5, sizeof good.keys[0].key);
    CHECK(enow_link_gateway_init(&gateway, &good, memory, size) == ENOW_LINK_ERR_CONFIG, "a weak key");
}

static void publish(enow_addr_t from, enow_addr_t to, uint16_t id, const char *message, size_t len)
{
    uint8_t packet[ENOW_MAX_FRAME_V1];
    enow_pkt_publish_t p;

    enow_pkt_publish_init(&p);
    p.message_id = id;
    p.data.data = (const uint8_t *)message;
    p.data.len = len;
    desk_hear(&d, from, to, packet, (size_t)enow_pkt_publish_encode_last(&p, packet, sizeof packet));
}

/* Nodes of an open network need no session. */
static void test_messages_without_session(void)
{
    open_network();
    d.cfg.recent_ids = 2;
    desk_open(&d);
    publish(desk_node(1), enow_link_broadcast(), 7, "\1thi", 4);
    publish(desk_node(1), enow_link_broadcast(), 7, "\1thi", 4);
    publish(desk_node(1), test_gateway, 7, "\0ho", 3);
    const desk_told_t *m = desk_event(&d, ENOW_LINK_EVENT_MESSAGE);
    CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 2 && desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1,
          "a repeat, and one that is none");
    CHECK(m != NULL && m->topic_len == 1 && m->len == 2 && memcmp(m->text, "thi", 3) == 0 &&
              m->event.as.message.broadcast && m->event.as.message.id == 7 && m->event.as.message.receipt.source == 0,
          "the message");
    publish(desk_node(2), test_gateway, 1, "", 0);
    publish(desk_node(2), test_gateway, 1, "\1+", 2);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_BAD_MESSAGE) == 1 && desk_drops(&d, ENOW_DROP_REASON_BAD_TOPIC) == 1,
          "malformed");
    publish(desk_node(2), test_gateway, 1, "\0x", 2); /* with which the first is forgotten */
    publish(desk_node(1), enow_link_broadcast(), 7, "\1thi", 4);
    CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 4, "%u", (unsigned)desk_events(&d, ENOW_LINK_EVENT_MESSAGE));
    desk_close(&d);
}

static void test_frames(void)
{
    static const uint8_t rest[ENOW_MAX_FRAME_V2 + 1] = {0x30, 255}; /* a PUBLISH to the end of the frame */
    static const uint8_t connack[] = {0x20, 7, 2, 0, 0, 0, 0, 1, 0};
    static const uint8_t pingreq[] = {0xc0, 4, 0, 0, 0, 0};
    static const uint8_t sealed[ENOW_SEALED_OVERHEAD] = {0xf0, 21, 1};
    enow_addr_t group = desk_node(1);

    open_network();
    desk_open(&d);
    group.bytes[0] |= 1;
    desk_hear(&d, group, test_gateway, pingreq, sizeof pingreq);
    desk_hear(&d, test_gateway, test_gateway, pingreq, sizeof pingreq);
    desk_hear(&d, desk_node(1), desk_node(2), pingreq, sizeof pingreq);
    desk_hear(&d, desk_node(1), enow_link_broadcast(), pingreq, sizeof pingreq);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_WRONG_ADDRESS) == 4, "%u", desk_drops(&d, ENOW_DROP_REASON_WRONG_ADDRESS));
    desk_hear(&d, desk_node(1), enow_link_broadcast(), rest, ENOW_MAX_FRAME_V1 + 1);
    desk_hear(&d, desk_node(1), test_gateway, rest, ENOW_MAX_FRAME_V2);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_FRAME_TOO_LONG) == 1, "too early");
    desk_hear(&d, desk_node(1), test_gateway, rest, ENOW_MAX_FRAME_V2 + 1);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_FRAME_TOO_LONG) == 2, "too long");
    desk_hear(&d, desk_node(1), test_gateway, connack, sizeof connack);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_WRONG_DIRECTION) == 1, "a gateway's word");
    desk_hear(&d, desk_node(1), test_gateway, sealed, sizeof sealed);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_SEALED_ON_OPEN) == 1, "SEALED on an open network");
    desk_close(&d);

    desk_config(&d);
    desk_open(&d);
    desk_hear(&d, desk_node(1), test_gateway, pingreq, sizeof pingreq);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_PLAIN_ON_SECURE) == 1, "plain on a secure network");
    desk_close(&d);
}

static void test_passthrough(void)
{
    static const uint8_t ours[] = {0x30, 4, 1, 0, 0, 'x'}, foreign[] = {0x30, 4, 1, 0, 0, 'x', 9};

    for (enow_link_passthrough_t pass = ENOW_LINK_PASS_OFF; pass <= ENOW_LINK_PASS_ALL;
         pass = (enow_link_passthrough_t)(pass + 1)) {
        open_network();
        d.cfg.passthrough = pass;
        desk_open(&d);
        desk_hear(&d, desk_node(1), enow_link_broadcast(), ours, sizeof ours);
        desk_hear(&d, desk_node(2), enow_link_broadcast(), foreign, sizeof foreign);
        desk_hear(&d, desk_node(3), test_gateway, foreign, sizeof foreign);
        CHECK(enow_link_gateway_deny(d.gateway, d.now_us, desk_node(4)) == 0, "deny");
        desk_hear(&d, desk_node(4), enow_link_broadcast(), foreign, sizeof foreign);
        CHECK(desk_stats(&d).raw == (pass == ENOW_LINK_PASS_ALL       ? 3u
                                     : pass == ENOW_LINK_PASS_UNKNOWN ? 1u
                                                                      : 0u),
              "%d: %u", pass, desk_stats(&d).raw);
        CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 3, "%d: %u", pass, (unsigned)d.told_count);
        desk_close(&d);
    }
}

/* A node of an open network is known by its address alone. */
static void test_open_session(void)
{
    uint8_t packets[ENOW_MAX_FRAME_V1];
    enow_raw_packet_t raw;
    scripted_t n;

    open_network();
    desk_open(&d);
    node_init(&n, &d, 1);
    node_pings(&n, 1);
    CHECK(has_packet(packets, node_hears(&n, packets, sizeof packets), ENOW_TYPE_DISCONNECT, &raw) && raw.flags == 1,
          "it is told that it has no session");
    node_publishes(&n, 1, ENOW_PKT_PUBLISH_ACK, "", "x");
    CHECK(d.told_count == 0 && d.sent_count == 1, "a message with ACK needs a session");
    desk_clear(&d);
    CHECK(node_half_joins(&n) && node_joins(&n) && desk_stats(&d).half_open == 0, "its join before is forgotten");
    node_publishes(&n, 1, ENOW_PKT_PUBLISH_ACK, "", "x");
    const desk_told_t *m = desk_event(&d, ENOW_LINK_EVENT_MESSAGE);
    CHECK(m != NULL && m->event.as.message.boot == 7 && m->event.as.message.receipt.source != 0, "no message");
    CHECK(m != NULL && enow_link_gateway_accept(d.gateway, d.now_us, m->event.as.message.receipt), "accept");
    node_publishes(&n, 2, 0, "", "y");
    CHECK(enow_link_gateway_elsewhere(d.gateway, d.now_us, n.addr) == 0, "elsewhere");
    node_publishes(&n, 2, 0, "", "y");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1, "a repeat after the session");
    CHECK(enow_link_gateway_deny(d.gateway, d.now_us, n.addr) == 0, "deny");
    node_publishes(&n, 3, 0, "", "z");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_DENIED) == 1, "denied");
    desk_close(&d);
}

/* The buffer for a frame must hold the longest. */
static void test_small_buffer(void)
{
    uint8_t buf[ENOW_MAX_FRAME_V1];
    enow_link_transmission_t out;
    enow_link_frame_t frame;
    uint8_t search[] = {0x10, 6, 1, 0, 1, 2, 3, 4};

    open_network();
    desk_open(&d);
    memset(&frame, 0, sizeof frame);
    frame.src = desk_node(1);
    frame.dst = enow_link_broadcast();
    frame.body = search;
    frame.len = sizeof search;
    enow_link_gateway_handle(d.gateway, d.now_us, &frame);
    desk_poll(&d);
    CHECK(!enow_link_gateway_transmit(d.gateway, d.now_us, &out, buf, sizeof buf - 1), "too small");
    CHECK(enow_link_gateway_transmit(d.gateway, d.now_us, &out, buf, sizeof buf) && out.add &&
              enow_link_addr_same(&out.dst, &frame.src),
          "just enough");
    desk_close(&d);
}

static void hear(const scripted_t *n, uint8_t *body, size_t len)
{
    enow_link_frame_t frame;

    memset(&frame, 0, sizeof frame);
    frame.src = n->addr;
    frame.dst = test_gateway;
    frame.body = body;
    frame.len = len;
    enow_link_gateway_handle(d.gateway, d.now_us, &frame);
    desk_poll(&d);
}

/* Those who have a session and those who have none are sent to in turns; of more PINGREQ than there is room for, the
 * others are not answered. */
static void test_turns(void)
{
    uint8_t pingreq[] = {0xc0, 4, 1, 0, 0, 0}, search[] = {0x10, 6, 1, 0, 1, 2, 3, 4};
    static const uint8_t order[] = {11, 1, 12, 2, 13};
    scripted_t n[4];

    open_network();
    d.cfg.answers = 2;
    desk_open(&d);
    for (uint8_t i = 0; i < 3; i++) {
        node_init(&n[i], &d, (uint8_t)(i + 1));
        CHECK(node_joins(&n[i]), "node %u", i);
    }
    desk_clear(&d);
    for (uint8_t i = 0; i < 3; i++) {
        hear(&n[i], pingreq, sizeof pingreq);
        hear(&n[i], pingreq, sizeof pingreq);
        node_init(&n[3], &d, (uint8_t)(11 + i));
        hear(&n[3], search, sizeof search);
    }
    CHECK(desk_drops(&d, ENOW_DROP_REASON_NO_ROOM) == 2, "%u", desk_drops(&d, ENOW_DROP_REASON_NO_ROOM));
    desk_transmit(&d);
    CHECK(d.sent_count == sizeof order, "%u frames", (unsigned)d.sent_count);
    for (size_t i = 0; i < sizeof order && i < d.sent_count; i++) {
        CHECK(d.sent[i].out.dst.bytes[5] == order[i], "frame %u to %u", (unsigned)i, d.sent[i].out.dst.bytes[5]);
    }
    desk_close(&d);
}

int main(void)
{
    test_turns();
    test_config();
    test_messages_without_session();
    test_frames();
    test_passthrough();
    test_open_session();
    test_small_buffer();
    return check_result();
}
