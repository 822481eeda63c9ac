/* The walk over a frame: any length, any bytes. */
#include "enow_proto.h"
#include "unknown.h"

/* The packets that the walk gives lie within the frame. */
static void read(const enow_raw_packet_t *packet)
{
    uint8_t byte = 0;

    if (packet->body_len > 0) {
        byte = packet->body[0];
        byte = packet->body[packet->body_len - 1];
    }
    (void)byte;
}

/* One step, from an offset that a step before can have come to. */
static void step(size_t len, size_t offset)
{
    uint8_t memory[ENOW_MAX_FRAME_V2];
    uint8_t *frame = memory + ENOW_MAX_FRAME_V2 - len; /* ends where the memory does */
    enow_walk_t walk;
    enow_raw_packet_t packet;

    unknown_bytes(frame, len);
    enow_walk_init(&walk, frame, len);
    walk.offset = offset;
    if (enow_walk_next(&walk, &packet) > 0) {
        read(&packet);
    }
    /*@ assert walk.offset <= len; */
}

static void each_step(size_t len)
{
    for (size_t offset = 0; offset <= len; offset++) {
        step(len, offset);
    }
}

/* A step depends on how much is left, and gives its offset back: each length is tried, and in the longest frame and in
 * short ones each offset. */
void prove_walk(void)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        step(len, 0);
    }
    for (size_t len = 0; len <= LONGEST && len <= 64; len++) {
        each_step(len);
    }
    each_step(ENOW_MAX_FRAME_V2);
}
