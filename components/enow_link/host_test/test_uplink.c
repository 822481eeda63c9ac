#include "desk.h"

#include <string.h>

static desk_t d;
static scripted_t n;

static void joined(void)
{
    desk_open(&d);
    node_init(&n, &d, 1);
    CHECK(node_joins(&n), "no session");
    desk_clear(&d);
}

/* The PUBACK that was sent; false: none was. */
static bool answer(enow_pkt_puback_t *p)
{
    static uint8_t packets[4 * ENOW_MAX_FRAME_V1];
    enow_raw_packet_t raw;
    const size_t len = node_hears(&n, packets, sizeof packets);

    return has_packet(packets, len, ENOW_TYPE_PUBACK, &raw) &&
           enow_pkt_puback_decode(p, raw.flags, raw.body, raw.body_len) > 0;
}

/* A message is complete when the application says so, and told once. */
static void test_responsibility(void)
{
    enow_pkt_puback_t p;

    desk_config(&d);
    joined();
    node_publishes(&n, 1, ENOW_PKT_PUBLISH_ACK | ENOW_PKT_PUBLISH_RETAIN, "t", "hello");
    const desk_told_t *m = desk_event(&d, ENOW_LINK_EVENT_MESSAGE);
    CHECK(m != NULL && m->event.as.message.retain && m->len == 5 && desk_stats(&d).waiting == 1, "no message");
    CHECK(answer(&p) && p.status == ENOW_PUBACK_STATUS_PARTIAL && p.received == 7, "nobody is responsible yet");
    const enow_link_receipt_t receipt = m->event.as.message.receipt;
    CHECK(enow_link_gateway_accept(d.gateway, d.now_us, receipt), "it waits");
    CHECK(!enow_link_gateway_accept(d.gateway, d.now_us, receipt), "it waits no more");
    CHECK(!enow_link_gateway_refuse(d.gateway, d.now_us, receipt), "it waits no more");
    desk_transmit(&d);
    CHECK(answer(&p) && p.status == ENOW_PUBACK_STATUS_COMPLETE, "accepted");
    node_publishes(&n, 1, ENOW_PKT_PUBLISH_ACK, "t", "hello");
    CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 1 && answer(&p) && p.status == ENOW_PUBACK_STATUS_COMPLETE,
          "a repeat");
    node_publishes(&n, 2, ENOW_PKT_PUBLISH_ACK, "", "two");
    CHECK(d.told_count == 2 && answer(&p), "another");
    CHECK(enow_link_gateway_refuse(d.gateway, d.now_us, d.told[1].event.as.message.receipt), "refuse");
    desk_transmit(&d);
    CHECK(answer(&p) && p.status == ENOW_PUBACK_STATUS_REFUSED, "refused");
    node_publishes(&n, 2, ENOW_PKT_PUBLISH_ACK, "", "two");
    CHECK(d.told_count == 2 && answer(&p) && p.status == ENOW_PUBACK_STATUS_REFUSED, "a repeat of it");
    desk_close(&d);
}

/* What nobody asks about is told at once; what cannot be told is refused. */
static void test_malformed(void)
{
    enow_pkt_puback_t p;

    desk_config(&d);
    joined();
    node_publishes(&n, 1, 0, "", "x");
    node_publishes(&n, 1, 0, "", "x");
    CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 1 && desk_drops(&d, ENOW_DROP_REASON_DUPLICATE) == 1 &&
              d.told[0].event.as.message.receipt.source == 0 && d.sent_count == 0,
          "without ACK");
    node_publishes(&n, 2, ENOW_PKT_PUBLISH_ACK, "$a", "x");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_BAD_TOPIC) == 1 && answer(&p) && p.status == ENOW_PUBACK_STATUS_REFUSED,
          "a topic that may not be");
    node_publishes(&n, 70, 0, "", "x");
    node_publishes(&n, 6, ENOW_PKT_PUBLISH_ACK, "", "x");
    CHECK(desk_drops(&d, ENOW_DROP_REASON_OLD_MESSAGE) == 1, "64 behind");
    node_publishes(&n, 7, 0, "", "x");
    CHECK(desk_events(&d, ENOW_LINK_EVENT_MESSAGE) == 3, "63 behind");
    desk_close(&d);
}

static void test_session_packets(void)
{
    static const uint8_t connect[] = {0x10, 6, 1, 0, 1, 2, 3, 4}, suback[] = {0x90, 3, 1, 0, 0};
    static const uint8_t subscribe[] = {0x80, 3, 1, 0, 'a'}, reset[] = {0xe1, 14, 1, 1};
    uint8_t packets[sizeof reset + 16];

    desk_config(&d);
    joined();
    node_says(&n, connect, sizeof connect);
    node_says(&n, suback, sizeof suback);
    node_says(&n, subscribe, sizeof subscribe);
    memset(packets, 0, sizeof packets);
    memcpy(packets, reset, sizeof reset);
    node_says(&n, packets, 16);
    node_acknowledges(&n, 1, ENOW_PUBACK_STATUS_COMPLETE, 0);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_NESTED) == 1 && desk_drops(&d, ENOW_DROP_REASON_WRONG_DIRECTION) == 2 &&
              desk_drops(&d, ENOW_DROP_REASON_UNSERVED) == 1 && desk_drops(&d, ENOW_DROP_REASON_UNEXPECTED) == 1,
          "they are counted");
    desk_close(&d);
}

/* A SEALED packet counts once, and only if it is genuine. */
static void test_replay(void)
{
    uint8_t frame[64];
    static const uint8_t ping[] = {0xc0, 4, 9, 0, 0, 0};

    desk_config(&d);
    joined();
    memcpy(frame + ENOW_LINK_SEALED_CLEAR, ping, sizeof ping);
    const int len = enow_link_sealer_seal(&n.tunnel.sealer, real_crypto(), frame, sizeof ping, sizeof frame);
    CHECK(len > 0, "%d", len);
    frame[len - 1] ^= 1;
    desk_hear(&d, n.addr, test_gateway, frame, (size_t)len);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_FORGED) == 1 && d.sent_count == 0, "a wrong tag");
    frame[len - 1] ^= 1;
    desk_hear(&d, n.addr, test_gateway, frame, (size_t)len);
    CHECK(d.sent_count == 1, "the genuine one");
    desk_hear(&d, n.addr, test_gateway, frame, (size_t)len);
    CHECK(d.sent_count == 1 && desk_drops(&d, ENOW_DROP_REASON_REPLAY) == 1, "a replay");
    n.tunnel.sealer.next += 100;
    node_pings(&n, 1);
    n.tunnel.sealer.next -= 65;
    node_pings(&n, 1);
    CHECK(desk_drops(&d, ENOW_DROP_REASON_REPLAY) == 2, "64 behind");
    node_pings(&n, 1);
    CHECK(d.sent_count == 3, "63 behind");
    desk_close(&d);
}

/* Of more answers than there is room for the others are asked for again. */
static void test_answers_full(void)
{
    static const uint8_t one[] = {0x32, 4, 0, 0, 0, 'x'};
    uint8_t packets[10 * sizeof one];

    for (uint16_t answers = 3; answers <= 12; answers = (uint16_t)(answers + 9)) {
        desk_config(&d);
        d.cfg.answers = answers;
        d.cfg.fragments.source_messages = 8;
        d.cfg.fragments.max_messages = 10;
        joined();
        for (uint8_t i = 0; i < 10; i++) {
            memcpy(packets + i * sizeof one, one, sizeof one);
            packets[i * sizeof one + 2] = i;
        }
        node_says(&n, packets, sizeof packets);
        const unsigned room = answers < 8 ? answers : 8;
        const unsigned no_places = 2; /* two messages exceed the share of the node */
        CHECK(desk_drops(&d, ENOW_DROP_REASON_NO_ROOM) == 10 - room + no_places, "%u answers: %u", answers,
              desk_drops(&d, ENOW_DROP_REASON_NO_ROOM));
        desk_close(&d);
    }
}

/* A message in parts is told when all are here, and its last part answered. */
static void test_fragments(void)
{
    static const uint8_t first[] = {0x3c, 9, 1, 0, 0, 0, 0, 0, 1, 't', 'a'};
    static const uint8_t last[] = {0x36, 8, 1, 0, 3, 0, 0, 0, 'b', 'c'};
    enow_pkt_puback_t p;

    desk_config(&d);
    joined();
    node_says(&n, last, sizeof last);
    CHECK(d.told_count == 0 && answer(&p) && p.status == ENOW_PUBACK_STATUS_PARTIAL && p.received == 0, "the last");
    node_says(&n, first, sizeof first);
    CHECK(d.told_count == 1 && d.told[0].len == 3 && memcmp(d.told[0].text, "tabc", 4) == 0, "the first");
    CHECK(enow_link_gateway_accept(d.gateway, d.now_us, d.told[0].event.as.message.receipt), "accept");
    desk_transmit(&d);
    CHECK(answer(&p) && p.status == ENOW_PUBACK_STATUS_COMPLETE && p.received == 5, "complete");
    desk_close(&d);
}

/* Where nobody asks for an answer, none comes; and what a node has left behind makes room. */
static void test_unasked(void)
{
    uint8_t first[] = {0x3c, 9, 1, 0, 0, 0, 0, 0, 1, 't', 'a'};
    static const uint8_t last[] = {0x34, 8, 1, 0, 3, 0, 0, 0, 'b', 'c'};

    desk_config(&d);
    d.cfg.fragments.source_messages = 2;
    joined();
    node_says(&n, first, sizeof first);
    node_says(&n, last, sizeof last);
    CHECK(d.told_count == 1 && enow_link_gateway_accept(d.gateway, d.now_us, d.told[0].event.as.message.receipt),
          "accept");
    desk_transmit(&d);
    CHECK(d.sent_count == 0, "an answer");
    for (first[2] = 2; first[2] < 5; first[2]++) {
        node_says(&n, first, sizeof first);
    }
    CHECK(desk_stats(&d).partial == 2 && desk_drops(&d, ENOW_DROP_REASON_EXPIRED) == 1, "%u partial",
          desk_stats(&d).partial);
    desk_close(&d);
}

int main(void)
{
    test_unasked();
    test_responsibility();
    test_malformed();
    test_session_packets();
    test_replay();
    test_answers_full();
    test_fragments();
    return check_result();
}
