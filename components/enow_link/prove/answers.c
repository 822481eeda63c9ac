/* The answers that wait and the bitmaps that they carry: any answers, any room in the frame. */
#include "answers.h"

#include "unknown.h"

static void put(uint8_t count)
{
    enow_link_answers_t answers;
    enow_frag_ack_t ack;

    unknown_bytes(&ack, sizeof ack);
    unknown_bytes(answers.list, count * sizeof answers.list[0]);
    answers.count = count;
    (void)enow_link_answers_put(&answers, unknown_u16(), &ack);
    /*@ assert answers.count <= ENOW_LINK_ANSWERS; */
}

static void write(uint8_t count, size_t room)
{
    uint8_t frame[ENOW_MAX_FRAME_V2];
    enow_link_writer_t writer = {frame, 0, sizeof frame - room, sizeof frame};
    enow_link_answers_t answers;

    unknown_bytes(answers.list, count * sizeof answers.list[0]);
    answers.count = count;
    enow_link_answers_write(&answers, &writer, unknown_u8(0, ENOW_PKT_PUBACK_FLAGS));
    /*@ assert writer.len <= writer.end; */
}

void prove_answers(void)
{
    for (uint8_t count = 0; count <= ENOW_LINK_ANSWERS; count++) {
        put(count);
    }
    for (size_t packets = 0; packets <= 3; packets++) { /* as many have room, and all but a byte of one more */
        for (uint8_t count = 0; count <= 2; count++) {
            write(count, packets * ENOW_PKT_PUBACK_MAX_SIZE);
            write(count, packets * ENOW_PKT_PUBACK_MAX_SIZE + ENOW_PKT_PUBACK_MAX_SIZE - 1);
        }
    }
}
