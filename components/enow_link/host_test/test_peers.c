#include "check.h"

#include "../src/peers.h"
#include "../src/station.h"

static enow_addr_t station(uint8_t last)
{
    const enow_addr_t a = {{2, 0, 0, 0, 0, last}};

    return a;
}

static enow_link_transmission_t to(enow_link_peers_t *peers, uint64_t now_us, enow_addr_t dst, bool stranger)
{
    enow_link_transmission_t out = {0};

    out.dst = dst;
    enow_link_peers_address(peers, now_us, &out, stranger);
    return out;
}

static void heard(enow_link_peers_t *peers, uint64_t now_us, enow_addr_t addr)
{
    enow_link_peers_heard(peers, now_us, &addr);
}

static bool went(const enow_link_transmission_t *out, enow_addr_t addr)
{
    return out->remove && enow_link_addr_same(&out->removed, &addr);
}

/* The smallest list: broadcast and the peer in flight stay, so the third place goes round. */
static void test_pinned(void)
{
    enow_link_radio_peer_t list[3];
    enow_link_peers_t peers;
    enow_link_transmission_t out;

    enow_link_peers_init(&peers, list, 3);
    out = to(&peers, 1, enow_link_broadcast(), false);
    CHECK(out.add && !out.remove, "broadcast");
    out = to(&peers, 2, station(1), false);
    CHECK(out.add && !out.remove, "the second");
    out = to(&peers, 3, station(2), false);
    CHECK(out.add && !out.remove, "the third");
    out = to(&peers, 4, station(2), false);
    CHECK(!out.add && !out.remove, "there already");
    heard(&peers, 5, station(1));
    out = to(&peers, 6, station(3), false);
    CHECK(out.add && went(&out, station(1)), "the peer in flight must stay, though it was seen longer ago: %u went",
          out.removed.bytes[5]);
    out = to(&peers, 7, enow_link_broadcast(), false);
    CHECK(!out.add, "broadcast went");
    enow_link_peers_forget(&peers);
    out = to(&peers, 8, station(3), false);
    CHECK(out.add && !out.remove, "after a start of ESP-NOW");
}

/* Who was heard longest ago goes first, strangers before all. */
static void test_order(void)
{
    enow_link_radio_peer_t list[ENOW_LINK_RADIO_PEERS];
    enow_link_peers_t peers;
    enow_link_transmission_t out;

    enow_link_peers_init(&peers, list, ENOW_LINK_RADIO_PEERS);
    for (uint8_t i = 0; i < ENOW_LINK_RADIO_PEERS; i++) {
        out = to(&peers, 100u + i, station(i), i == 5);
        CHECK(out.add && !out.remove, "place %u", i);
    }
    heard(&peers, 200, station(0));
    out = to(&peers, 201, station(100), false);
    CHECK(went(&out, station(5)), "the stranger must go, %u went", out.removed.bytes[5]);
    out = to(&peers, 202, station(101), false);
    CHECK(went(&out, station(1)), "the oldest must go, %u went", out.removed.bytes[5]);
}

int main(void)
{
    test_pinned();
    test_order();
    return check_result();
}
