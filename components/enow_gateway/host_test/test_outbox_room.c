/* For what an outbox has room, and what gives way where it has none. */
#include "outbox_desk.h"

static void test_init(void)
{
    const enow_gateway_outbox_config_t good = config(false);
    enow_gateway_outbox_t outbox;
    const size_t size = enow_gateway_outbox_memory(&good);
    uint64_t *memory = malloc(size + 8);

    CHECK(size > 3 * (FRONT + 100) + 300, "%u bytes", (unsigned)size);
    CHECK(enow_gateway_outbox_init(&outbox, &good, memory, size - 1) == ENOW_GATEWAY_ERR_MEMORY, "a byte too few");
    CHECK(enow_gateway_outbox_init(&outbox, &good, (char *)memory + 1, size) == ENOW_GATEWAY_ERR_MEMORY, "unaligned");
    CHECK(enow_gateway_outbox_init(&outbox, &good, NULL, size) == ENOW_GATEWAY_ERR_MEMORY, "none");
    CHECK(enow_gateway_outbox_init(&outbox, &good, memory, size) == 0, "good");
    for (unsigned i = 0; i < 10; i++) {
        enow_gateway_outbox_config_t cfg = good;
        bool ok = false;
        switch (i) {
        case 0:
            cfg.messages = 0;
            break;
        case 1:
            cfg.longest = 0;
            break;
        case 2:
            cfg.bytes = cfg.longest - 1;
            break;
        case 3:
            cfg.bytes = cfg.longest;
            ok = true;
            break;
        case 4:
            cfg.window = 0;
            break;
        case 5:
            cfg.messages = UINT16_MAX - 3;
            ok = true;
            break;
        case 6:
            cfg.messages = UINT16_MAX - 2;
            break;
        case 7:
            cfg.fragments.max_message = 0;
            break;
        case 8:
            cfg.fragments.max_messages = UINT32_MAX;
            break;
        default:
            cfg.messages = 1, cfg.window = 1, cfg.longest = 1, cfg.bytes = 1;
            ok = true;
        }
        const bool has = enow_gateway_outbox_memory(&cfg) > 0;
        CHECK(has == ok || (ok && sizeof(size_t) < 8), "case %u", i);
        CHECK(ok || enow_gateway_outbox_init(&outbox, &cfg, memory, size) == ENOW_GATEWAY_ERR_RANGE, "case %u", i);
    }
    free(memory);
}

/* The oldest give way, in messages and in bytes, and none does in vain. */
static void test_queue(void)
{
    const enow_gateway_outbox_config_t cfg = config(false);
    desk_t d;

    open_desk(&d, &cfg);
    for (char c = 'a'; c <= 'd'; c++) {
        CHECK(push(&d, c, 10, 0) == 0 && stats(&d).dropped == 0, "'%c'", c);
    }
    CHECK(push(&d, 'e', 10, 0) == 0 && stats(&d).dropped == 1 && stats(&d).messages == 4, "a message too many");
    CHECK(push(&d, 'f', 200, 0) == 0 && stats(&d).dropped == 4 && stats(&d).bytes == 210, "the longest");
    CHECK(push(&d, 'g', 201, 0) == ENOW_GATEWAY_ERR_TOO_LARGE && stats(&d).too_large == 1, "longer");
    send(&d, 'e', 1);
    CHECK(push(&d, 'h', 60, 0) == 0 && stats(&d).dropped == 5 && stats(&d).bytes == 70, "the longest goes");
    CHECK(push(&d, 'i', 180, 0) == 0 && stats(&d).dropped == 5 && stats(&d).messages == 3, "to the last piece");
    CHECK(push(&d, 'j', 61, 0) == 0 && stats(&d).dropped == 7 && stats(&d).messages == 2, "both go");
    close_desk(&d);

    open_desk(&d, &cfg);
    CHECK(push(&d, 'a', 150, 0) == 0 && push(&d, 'b', 60, 0) == 0, "room");
    send(&d, 'a', 1);
    CHECK(push(&d, 'c', 121, 0) == ENOW_GATEWAY_ERR_FULL && stats(&d).dropped == 1 && stats(&d).messages == 2,
          "the client has 'a', and 'b' would go in vain");
    CHECK(push(&d, 'c', 120, 0) == 0 && stats(&d).dropped == 2, "'b' goes");
    close_desk(&d);
}

/* Room is reserved for every promised message that there can be, whatever else is there. */
static void test_reserve(void)
{
    static const char topic[] = "/device/24:6f:28:aa:bb:cc/temperature";
    /* On the wire a byte with the topic's length, 11 of topic, 88 of payload. */
    const size_t longest = sizeof topic + 88;

    for (int by_queue = 0; by_queue < 2; by_queue++) {
        const enow_gateway_outbox_config_t cfg = config(by_queue == 1);
        desk_t d;
        open_desk(&d, &cfg);
        CHECK(push(&d, 'x', 200, 0) == 0 && push(&d, 'x', 60, 0) == 0, "a full queue");
        send(&d, 'x', 1);
        send(&d, 'x', 2);
        CHECK(push_as(&d, topic, 'p', longest + 1, 1, false) == ENOW_GATEWAY_ERR_TOO_LARGE,
              "longer than the machine's");
        for (uint16_t i = 1; i <= 3; i++) {
            CHECK(push_as(&d, topic, (char)('0' + i), longest, i, false) == 0, "promised %u", i);
        }
        CHECK(verdict(&d) == 0, "accepted without room");
        CHECK(push_as(&d, topic, 'p', 50, 4, false) == ENOW_GATEWAY_ERR_FULL, "more than the machine tells");
        CHECK(stats(&d).promised == 3 && stats(&d).dropped == 1, "%u promised", stats(&d).promised);
        enow_gateway_outbox_published(&d.outbox, 1, true);
        send(&d, '1', 3);
        CHECK(d.message.payload.len == 88 && strcmp(d.message.topic, topic) == 0 && d.message.of_node &&
                  d.message.origin.id == 1,
              "its bytes");
        CHECK(verdict(&d) == by_queue, "%s", by_queue ? "there is room for 1" : "the broker does not have it");
        CHECK(verdict(&d) == 0, "there is no room for 2");
        enow_gateway_outbox_published(&d.outbox, 3, true);
        if (by_queue) {
            CHECK(verdict(&d) == 2 && verdict(&d) == 0, "the queue has room");
        } else {
            CHECK(verdict(&d) == 1 && verdict(&d) == 0, "the broker has it");
        }
        close_desk(&d);
    }
}

/* What was accepted never gives way, and what is to be makes others give way. */
static void test_kept(void)
{
    const enow_gateway_outbox_config_t cfg = config(true);
    desk_t d;

    open_desk(&d, &cfg);
    CHECK(push(&d, 'x', 60, 0) == 0 && push(&d, 'y', 60, 0) == 0, "room");
    CHECK(push(&d, 'a', 100, 1) == 0 && push(&d, 'b', 100, 2) == 0 && push(&d, 'c', 60, 3) == 0, "room");
    CHECK(verdict(&d) == 1 && stats(&d).dropped == 0, "there is room for one");
    CHECK(verdict(&d) == 2 && stats(&d).dropped == 1, "'x' gives way");
    CHECK(verdict(&d) == 3 && stats(&d).dropped == 2, "'y' gives way");
    CHECK(push(&d, 'd', 100, 4) == 0 && verdict(&d) == 0, "nothing gives way");
    CHECK(push(&d, 'z', 4, 0) == ENOW_GATEWAY_ERR_FULL, "no room for what nobody waits for");
    send(&d, 'a', 1);
    enow_gateway_outbox_published(&d.outbox, 1, false);
    CHECK(stats(&d).refused == 1 && verdict(&d) == 4, "there is room again");
    close_desk(&d);
}

int main(void)
{
    test_init();
    test_queue();
    test_reserve();
    test_kept();
    return check_result();
}
