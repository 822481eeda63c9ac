#include "readme.c"

#include "check.h"

static unsigned told, sent;

static void tell(const enow_link_event_t *event)
{
    (void)event;
    told++;
}

static void send(const enow_link_transmission_t *to, const uint8_t *frame)
{
    CHECK(to->len > 2 && (frame[0] & 0x0f) == ENOW_TYPE_CONNECT, "%u bytes, first %u", (unsigned)to->len, frame[0]);
    sent++;
}

/* A device that nobody answers searches; while its radio is busy it waits for that. */
int main(void)
{
    const enow_addr_t own = {{0x02, 0, 0, 0, 0, 1}};
    const uint8_t key[ENOW_LINK_KEY_SIZE] = {1, 2, 3};
    uint8_t noise[] = {0, 0};
    const enow_link_frame_t frame = {own, own, -50, 1, noise, sizeof noise};
    uint64_t now_us = 0;

    CHECK(begin(own, key) == 0, "not begun");
    CHECK(publish(now_us, "21.5") == 0, "not published");
    receive(now_us, &frame);
    for (unsigned i = 0; i < 100; i++) {
        const unsigned before = sent;
        CHECK(step(now_us, tell, false, send) == UINT64_MAX && sent == before, "step %u, busy", i);
        const uint64_t at_us = step(now_us, tell, true, send);
        if (sent > before) {
            CHECK(at_us == UINT64_MAX, "step %u does not wait for its frame", i);
            continue;
        }
        CHECK(at_us > now_us && at_us < UINT64_MAX, "step %u", i);
        now_us = at_us;
    }
    CHECK(sent > 10 && told == 0, "%u frames, %u events", sent, told);
    return check_result();
}
