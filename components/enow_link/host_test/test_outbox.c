#include "../src/outbox.h"
#include "check.h"

#include <string.h>

/* A node of an open network whose gateway takes frames of 250 bytes and messages of 1,000. */
typedef struct {
    enow_link_waiting_t list[4];
    uint8_t bytes[600];
    enow_link_mailroom_t mail;
    enow_link_sending_t sending;
    enow_link_outbox_t outbox;
    enow_link_session_t session;
    uint8_t frame[ENOW_MAX_FRAME_V1];
} desk_t;

static void open_desk(desk_t *d, uint16_t messages, uint32_t bytes)
{
    memset(d, 0, sizeof *d);
    enow_link_mailroom_init(&d->mail, d->list, messages, d->bytes, bytes);
    enow_link_outbox_init(&d->outbox, &d->mail, 0, messages, bytes);
    d->outbox.sending = &d->sending;
    d->session.max_frame = ENOW_MAX_FRAME_V1;
    d->session.max_message = 1000;
    d->session.window = 4;
}

/* Pushes a message of len bytes with its topic's length byte, all the letter. */
static int push(desk_t *d, char letter, uint32_t len, bool acknowledge)
{
    uint8_t payload[700];
    enow_link_outgoing_t m;

    memset(payload, letter, sizeof payload);
    memset(&m, 0, sizeof m);
    m.payload.data = payload;
    m.payload.len = len - 1;
    m.acknowledge = acknowledge;
    return enow_link_outbox_push(&d->outbox, &m, (enow_link_ticket_t)letter, 0);
}

/* Writes one frame, and returns its length. */
static size_t write_frame(desk_t *d, uint64_t now_us)
{
    enow_link_writer_t w;

    enow_link_session_begin(&d->session, &w, d->frame);
    enow_link_outbox_write(&d->outbox, now_us, &w, &d->session, true);
    return enow_link_writer_used(&w);
}

/* The number n packet of a frame, which must be a PUBLISH. */
static enow_pkt_publish_t packet(const desk_t *d, size_t len, unsigned n)
{
    enow_walk_t walk;
    enow_raw_packet_t raw;
    enow_pkt_publish_t p;

    memset(&p, 0, sizeof p);
    enow_walk_init(&walk, d->frame, len);
    for (unsigned i = 0; i <= n; i++) {
        if (enow_walk_next(&walk, &raw) != 1) {
            CHECK(false, "no packet %u in %u bytes", n, (unsigned)len);
            return p;
        }
    }
    CHECK(raw.type == ENOW_TYPE_PUBLISH && enow_pkt_publish_decode(&p, raw.flags, raw.body, raw.body_len) > 0,
          "packet %u is no PUBLISH", n);
    return p;
}

static bool answer(desk_t *d, uint64_t now_us, uint16_t id, enow_puback_status_t status, uint32_t received)
{
    enow_pkt_puback_t p;

    memset(&p, 0, sizeof p);
    p.message_id = id;
    p.status = status;
    p.received = received;
    return enow_link_outbox_handle(&d->outbox, now_us, &p);
}

/* What ended: its letter; 0: nothing. */
static char ended(desk_t *d, int *err)
{
    enow_link_result_t result;
    bool acknowledge;

    memset(&result, 0, sizeof result);
    if (!enow_link_outbox_ended(&d->outbox, 0, &d->session, &result, &acknowledge)) {
        return 0;
    }
    *err = result.err;
    return (char)result.ticket;
}

static void test_limits(void)
{
    desk_t d;

    open_desk(&d, 2, 100);
    CHECK(push(&d, 'a', 101, true) == ENOW_LINK_ERR_TOO_LARGE, "longer than the queue");
    CHECK(push(&d, 'a', 60, true) == 0 && push(&d, 'b', 40, true) == 0, "to the last byte");
    CHECK(push(&d, 'c', 1, true) == ENOW_LINK_ERR_FULL, "a message too many");
    CHECK(d.outbox.messages == 2 && d.outbox.bytes == 100 && d.mail.used == 100, "%u messages of %u bytes",
          d.outbox.messages, (unsigned)d.outbox.bytes);
    open_desk(&d, 3, 100);
    CHECK(push(&d, 'a', 60, true) == 0 && push(&d, 'b', 41, true) == ENOW_LINK_ERR_FULL, "a byte too many");
}

/* The oldest that need not be acknowledged give way, and none does in vain. */
static void test_room(void)
{
    desk_t d;

    open_desk(&d, 4, 100);
    CHECK(push(&d, 'a', 30, false) == 0 && push(&d, 'b', 30, true) == 0 && push(&d, 'c', 30, false) == 0, "room");
    CHECK(push(&d, 'd', 71, true) == ENOW_LINK_ERR_FULL && d.outbox.messages == 3, "dropped in vain");
    CHECK(push(&d, 'd', 40, true) == 0 && d.outbox.messages == 3 && d.outbox.dropped == 1, "%u messages, %u dropped",
          d.outbox.messages, (unsigned)d.outbox.dropped);
    CHECK(d.mail.bytes[1] == 'b' && d.mail.bytes[30 + 1] == 'c' && d.mail.bytes[60 + 1] == 'd', "wrong bytes moved");
}

/* A message that has begun makes no room: it is sent to its end. */
static void test_room_beside_begun(void)
{
    desk_t d;

    open_desk(&d, 4, 600);
    CHECK(push(&d, 'a', 400, false) == 0, "room");
    const uint32_t first = (uint32_t)packet(&d, write_frame(&d, 0), 0).data.len;
    CHECK(push(&d, 'b', 201, false) == ENOW_LINK_ERR_FULL && d.outbox.dropped == 0, "one that has begun gave way");
    CHECK(push(&d, 'b', 200, false) == 0 && push(&d, 'c', 200, false) == 0 && d.outbox.dropped == 1, "one behind it");
    const enow_pkt_publish_t rest = packet(&d, write_frame(&d, 0), 0);
    CHECK(rest.message_id == 0 && rest.offset == first && rest.data.len == 400 - first && rest.data.data[0] == 'a',
          "id %u, %u bytes at %u", rest.message_id, (unsigned)rest.data.len, (unsigned)rest.offset);
    const enow_pkt_publish_t next = packet(&d, write_frame(&d, 0), 0);
    CHECK(next.message_id == 1 && next.data.len == 200 && next.data.data[1] == 'c', "id %u, %u bytes", next.message_id,
          (unsigned)next.data.len);
}

/* Short messages share a frame; one that begins is sent to its end before another. */
static void test_frames(void)
{
    desk_t d;
    int err = -1;

    open_desk(&d, 4, 600);
    CHECK(push(&d, 'a', 10, false) == 0 && push(&d, 'b', 20, true) == 0 && push(&d, 'c', 5, false) == 0, "room");
    const size_t len = write_frame(&d, 1000);
    CHECK(len == 4 + 10 + 4 + 20, "%u bytes", (unsigned)len);
    const enow_pkt_publish_t a = packet(&d, len, 0);
    const enow_pkt_publish_t b = packet(&d, len, 1);
    CHECK(a.message_id == 0 && a.flags == 0 && a.data.data[1] == 'a', "the first: id %u", a.message_id);
    CHECK(b.message_id == 1 && b.flags == ENOW_PKT_PUBLISH_ACK && b.data.data[1] == 'b', "the second: id %u",
          b.message_id);
    CHECK(write_frame(&d, 1000) == 0, "another begins before its end");
    CHECK(!answer(&d, 2000, 0, ENOW_PUBACK_STATUS_COMPLETE, 10), "an answer about another");
    CHECK(ended(&d, &err) == 0, "ended without an answer");
    CHECK(answer(&d, 2000, 1, ENOW_PUBACK_STATUS_COMPLETE, 20) && ended(&d, &err) == 'b' && err == 0, "no result");
    CHECK(write_frame(&d, 3000) == 4 + 5 && d.outbox.messages == 0 && d.outbox.sent == 2, "the last");
}

/* Parts are where the message is now, though those before it went. */
static void test_parts(void)
{
    desk_t d;
    int err = -1;
    size_t got = 0;

    open_desk(&d, 4, 600);
    CHECK(push(&d, 'a', 50, false) == 0 && push(&d, 'b', 500, true) == 0, "room");
    d.session.max_frame = 250;
    CHECK(write_frame(&d, 0) == 4 + 50, "the first goes alone: the second wants whole frames");
    for (unsigned i = 0; i < 3; i++) {
        const size_t len = write_frame(&d, 0);
        const enow_pkt_publish_t p = packet(&d, len, 0);
        CHECK(p.offset == got && ((p.flags & ENOW_PKT_PUBLISH_MORE) != 0) == (i < 2) &&
                  ((p.flags & ENOW_PKT_PUBLISH_ACK) != 0) == (i == 2),
              "part %u: offset %u, flags %x", i, (unsigned)p.offset, p.flags);
        for (size_t k = i == 0 ? 1 : 0; k < p.data.len; k++) {
            CHECK(p.data.data[k] == 'b', "part %u: byte %u", i, (unsigned)k);
        }
        got += p.data.len;
    }
    CHECK(got == 500, "%u bytes", (unsigned)got);
    CHECK(answer(&d, 1, 0xffff, ENOW_PUBACK_STATUS_REFUSED, 0) == false, "another id");
    CHECK(answer(&d, 1, 1, ENOW_PUBACK_STATUS_TOO_LARGE, 0) && ended(&d, &err) == 'b' &&
              err == ENOW_PUBACK_STATUS_TOO_LARGE,
          "the receiver's word: %d", err);
}

/* A peer that does not answer stalls the outbox until it is heard; the message keeps its id. */
static void test_stall(void)
{
    desk_t d;
    uint64_t now_us = 0;
    unsigned sent = 0;

    open_desk(&d, 4, 600);
    CHECK(push(&d, 'a', 10, true) == 0, "room");
    while (!d.outbox.stalled && sent < 100) {
        uint64_t at_us;
        if (write_frame(&d, now_us) > 0) {
            sent++;
        } else if (enow_link_outbox_next_deadline(&d.outbox, &at_us)) {
            now_us = at_us;
        }
    }
    CHECK(sent == 1 + ENOW_FRAG_MAX_RETRIES && d.outbox.unheard == ENOW_FRAG_MAX_RETRIES, "%u questions, %u unheard",
          sent, d.outbox.unheard);
    CHECK(write_frame(&d, now_us) == 0, "sends while it is stalled");
    enow_link_outbox_restart(&d.outbox);
    const size_t len = write_frame(&d, now_us);
    CHECK(len == 14 && packet(&d, len, 0).message_id == 0 && d.outbox.unheard == 0, "not again");
}

/* What the session's peer cannot take ends; what expires ends. */
static void test_ends(void)
{
    desk_t d;
    int err = 0;
    enow_link_result_t result;
    bool acknowledge;
    enow_link_outgoing_t m;

    open_desk(&d, 4, 600);
    d.session.max_message = 99;
    CHECK(push(&d, 'a', 100, true) == 0 && push(&d, 'b', 99, true) == 0, "room");
    CHECK(write_frame(&d, 0) == 0, "sends what the peer does not take");
    CHECK(ended(&d, &err) == 'a' && err == ENOW_LINK_ERR_TOO_LARGE && ended(&d, &err) == 0, "%d", err);
    CHECK(write_frame(&d, 0) == 4 + 99, "the next");

    open_desk(&d, 4, 600);
    memset(&m, 0, sizeof m);
    CHECK(enow_link_outbox_push(&d.outbox, &m, 7, 1000) == 0, "an empty message");
    CHECK(!enow_link_outbox_ended(&d.outbox, 999, 0, &result, &acknowledge), "too early");
    CHECK(enow_link_outbox_ended(&d.outbox, 1000, 0, &result, &acknowledge) && result.ticket == 7 &&
              result.err == ENOW_LINK_ERR_EXPIRED && !acknowledge,
          "expired");
}

int main(void)
{
    test_limits();
    test_room();
    test_room_beside_begun();
    test_frames();
    test_parts();
    test_stall();
    test_ends();
    return check_result();
}
