/* What becomes of a message of an outbox, in whatever order the client says so. */
#include "outbox_desk.h"

/* The client's words, in every order. */
static void test_client(void)
{
    const enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    open_desk(&d, &cfg);
    for (uint16_t i = 1; i <= 3; i++) {
        CHECK(push(&d, (char)('a' + i - 1), 10, i) == 0, "room");
    }
    CHECK(hand(&d) == 'a' && hand(&d) == 0, "one at a time");
    enow_gateway_outbox_returned(&d.outbox);
    send(&d, 'a', 1);
    send(&d, 'b', 2);
    CHECK(hand(&d) == 0 && stats(&d).on_the_way == 2, "the window");
    enow_gateway_outbox_deleted(&d.outbox, 1);
    send(&d, 'a', 3);
    enow_gateway_outbox_published(&d.outbox, 1, true);
    CHECK(verdict(&d) == 0, "an id that is no more");
    enow_gateway_outbox_restart(&d.outbox, false);
    CHECK(stats(&d).on_the_way == 0, "nothing is on the way");
    send(&d, 'a', 4);
    enow_gateway_outbox_published(&d.outbox, 4, false);
    CHECK(verdict(&d) == -1, "refused");

    CHECK(hand(&d) == 'b', "the next");
    enow_gateway_outbox_published(&d.outbox, 5, true); /* before its id is known */
    CHECK(verdict(&d) == 0, "too early");
    enow_gateway_outbox_handed(&d.outbox, 5);
    CHECK(verdict(&d) == 2, "known now");

    CHECK(hand(&d) == 'c', "the next");
    enow_gateway_outbox_published(&d.outbox, 9, true);
    enow_gateway_outbox_handed(&d.outbox, 6);
    CHECK(verdict(&d) == 0 && stats(&d).on_the_way == 1, "another's id");
    enow_gateway_outbox_deleted(&d.outbox, 6);
    CHECK(hand(&d) == 'c', "again");
    enow_gateway_outbox_published(&d.outbox, 9, true);
    enow_gateway_outbox_published(&d.outbox, 7, true);
    enow_gateway_outbox_handed(&d.outbox, 7);
    CHECK(verdict(&d) == 0 && hand(&d) == 'c', "two ids that are unknown: it goes again");
    enow_gateway_outbox_deleted(&d.outbox, 8);
    enow_gateway_outbox_handed(&d.outbox, 8);
    CHECK(hand(&d) == 'c', "given up before its id was known");
    enow_gateway_outbox_restart(&d.outbox, false);
    enow_gateway_outbox_handed(&d.outbox, 10);
    send(&d, 'c', 11); /* forgotten while it was handed */
    enow_gateway_outbox_published(&d.outbox, 11, true);
    CHECK(verdict(&d) == 3 && stats(&d).messages == 0, "the last");

    CHECK(push_as(&d, "/q", 'q', 3, 0, false) == 0 && hand(&d) == '-', "an empty one");
    enow_gateway_outbox_handed(&d.outbox, 0);
    CHECK(stats(&d).messages == 0 && stats(&d).bytes == 0 && stats(&d).published == 3, "done with at once");
    enow_gateway_outbox_handed(&d.outbox, 1);
    enow_gateway_outbox_returned(&d.outbox);
    CHECK(!enow_gateway_outbox_hand(&d.outbox, &d.message, d.buf, 200) && stats(&d).on_the_way == 0,
          "nothing was handed");
    close_desk(&d);
}

/* A message that has had too many strikes is refused, were it accepted before; and no other is. */
static void test_struck(bool by_queue)
{
    const enow_gateway_outbox_config_t cfg = config(by_queue);
    desk_t d;

    open_desk(&d, &cfg);
    CHECK(push(&d, 'a', 10, 1) == 0 && push(&d, 'b', 10, 2) == 0, "room");
    CHECK(verdict(&d) == (by_queue ? 1 : 0) && verdict(&d) == (by_queue ? 2 : 0), "accepted by the queue only");
    for (unsigned strike = 1; strike < ENOW_GATEWAY_OUTBOX_STRIKES; strike++) {
        send(&d, 'a', (uint16_t)strike);
        enow_gateway_outbox_restart(&d.outbox, true);
        send(&d, 'a', (uint16_t)(100 + strike));
        enow_gateway_outbox_restart(&d.outbox, false); /* which is none, and takes none back */
    }
    CHECK(stats(&d).refused == 0 && stats(&d).messages == 2, "not yet");
    CHECK(hand(&d) == 'a', "while it is handed, too");
    enow_gateway_outbox_restart(&d.outbox, true);
    CHECK(stats(&d).refused == 1 && stats(&d).messages == 1 && verdict(&d) == (by_queue ? 0 : -1), "refused");
    send(&d, 'b', 9);
    enow_gateway_outbox_published(&d.outbox, 9, true);
    CHECK(stats(&d).published == 1 && verdict(&d) == (by_queue ? 0 : 2), "the other is not");
    close_desk(&d);
}

/* Of a status only the latest counts, and an older one never comes after it. */
static void test_latest(void)
{
    enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    cfg.window = 3;
    open_desk(&d, &cfg);
    CHECK(push_as(&d, "/s", 'a', 10, 0, true) == 0 && push_as(&d, "/t", 'x', 10, 0, true) == 0 &&
              push_as(&d, "/s", 'y', 10, 0, false) == 0 && push_as(&d, "/s", 'b', 10, 0, true) == 0,
          "room");
    CHECK(stats(&d).replaced == 1 && stats(&d).messages == 3, "%u replaced", (unsigned)stats(&d).replaced);
    send(&d, 'x', 1);
    send(&d, 'y', 2);
    send(&d, 'b', 3);
    enow_gateway_outbox_published(&d.outbox, 1, true);
    enow_gateway_outbox_published(&d.outbox, 2, true);
    CHECK(push_as(&d, "/s", 'c', 10, 0, true) == 0, "room");
    CHECK(hand(&d) == 0, "'b' is on the way still");
    CHECK(push_as(&d, "/u", 'u', 10, 0, false) == 0, "room");
    send(&d, 'u', 4);
    enow_gateway_outbox_deleted(&d.outbox, 3);
    CHECK(stats(&d).replaced == 2, "'b' is worthless");
    send(&d, 'c', 5);
    enow_gateway_outbox_deleted(&d.outbox, 5);
    send(&d, 'c', 6);
    enow_gateway_outbox_published(&d.outbox, 6, true);
    enow_gateway_outbox_published(&d.outbox, 4, true);
    CHECK(stats(&d).messages == 0, "%u left", stats(&d).messages);
    CHECK(push_as(&d, "/s", 'p', 10, 1, true) == 0 && push_as(&d, "/s", 'q', 10, 2, true) == 0 &&
              push_as(&d, "/s", 'r', 10, 0, true) == 0,
          "room");
    send(&d, 'p', 7);
    send(&d, 'q', 8);
    send(&d, 'r', 9); /* it makes nothing worthless that somebody waits for */
    close_desk(&d);
}

int main(void)
{
    test_client();
    test_struck(false);
    test_struck(true);
    test_latest();
    return check_result();
}
