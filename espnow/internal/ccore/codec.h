/* What the binding of the codec adds in C, for what Go cannot say. */
#pragma once

#include "enow_proto.h"

/* A packet as the codec sees it. */
typedef struct {
    uint8_t type;
    uint8_t flags;
    size_t offset;
    size_t body_len;
    /* Bytes that the fields took, or an enow_err_t. */
    int decoded;
    /* Bytes of the packet encoded again, header included, or an enow_err_t. */
    int encoded;
} ccore_packet_t;

/* Takes the packet at an offset of a frame, and writes it again into buf. Returns what enow_walk_next does; the offset
 * moves on. */
int ccore_packet(const uint8_t *frame, size_t len, size_t *offset, ccore_packet_t *out, uint8_t *buf, size_t cap);
