/*
 * Splits messages into parts and puts them together again (SPEC.md, section 5).
 *
 * It knows bytes, offsets and time, and nothing of packets, radios or topics. A message of 10 bytes in parts of 4:
 *
 *   message   0 1 2 3 4 5 6 7 8 9
 *   part      |0  more|4  more|8|        offset, and whether more parts follow
 *
 * Every part but the last has the same size, at least 1 byte, and an offset that is a multiple of it. The last is not
 * larger and may be empty; what marks it is that no more follow, and it tells the length of the message. A part at
 * offset 0 that no more follow is a whole message, even one of 0 bytes.
 *
 * Errors: results below zero are an enow_frag_err_t.
 * Memory: the caller's, nothing is allocated.
 * Threads: functions touch nothing but their arguments and do not block.
 */
#pragma once

#include "enow_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is wrong. Results of the codec are enow_err_t, from -1 on. */
typedef enum {
    /** The message is longer than max_message, or than ENOW_MAX_MESSAGE. */
    ENOW_FRAG_ERR_TOO_LARGE = -16,
    /** A part has less than 1 byte. */
    ENOW_FRAG_ERR_PART_SIZE = -27,
    /** A limit is out of its range, which its description tells. */
    ENOW_FRAG_ERR_LIMIT = -28,
} enow_frag_err_t;

/** One piece of a message: what one PUBLISH carries. */
typedef struct {
    /** A view. */
    enow_bytes_t data;
    /** Where in the message data stands, in bytes. */
    uint32_t offset;
    /** More parts follow: this is not the last. */
    bool more;
    /** Any word of the sender's: that of the part at offset 0 comes back with the message. */
    bool mark;
} enow_frag_part_t;

/** Cuts one message into parts, from the first to the last. */
typedef struct {
    enow_bytes_t message;
    uint32_t size;
    uint32_t offset;
    bool done;
} enow_frag_splitter_t;

/** Begins to cut a message, which stays the caller's, into parts of size bytes, the last of which may be shorter. A
 * message of 0 bytes is one part of 0 bytes. Returns 0, ENOW_FRAG_ERR_PART_SIZE or ENOW_FRAG_ERR_TOO_LARGE. */
int enow_frag_split(enow_frag_splitter_t *splitter, enow_bytes_t message, uint32_t size);

/** Fills in the next part, a view into the message; false: there is none left. */
bool enow_frag_splitter_next(enow_frag_splitter_t *splitter, enow_frag_part_t *part);

/** Bounds of what is taken on. Bytes count the capacity of the buffers held: a power of two that reaches to the end of
 * a message if it is known, else to that of the furthest part, or four times as far at most if there is plenty. */
typedef struct {
    /** Bytes of one message: 1..ENOW_MAX_MESSAGE. */
    uint32_t max_message;
    /** Parts of one message: 1..ENOW_MAX_MESSAGE + 1. */
    uint32_t max_parts;
    /** Messages under way at once, remembered aborted ones included: at least source_messages. */
    uint32_t max_messages;
    /** Memory of all messages under way: at least source_bytes. */
    uint32_t max_bytes;
    /** One sender's share of max_messages: at least 1. */
    uint32_t source_messages;
    /** One sender's share of max_bytes: at least enow_frag_limits_message_bytes. */
    uint32_t source_bytes;
    /** How long a message may be without a part before it is given up: 1 us..24 h. */
    uint64_t timeout_us;
} enow_frag_limits_t;

/** Fills in what ENOW_CONFIG_* say (enow/config.h), and 30 s. */
void enow_frag_limits_default(enow_frag_limits_t *limits);

/** Returns the memory in bytes that one message within max_message and max_parts can need, growth of its buffers
 * included. */
uint32_t enow_frag_limits_message_bytes(const enow_frag_limits_t *limits);

/** Returns 0, or ENOW_FRAG_ERR_LIMIT if a limit is out of its range. */
int enow_frag_limits_check(const enow_frag_limits_t *limits);

#ifdef __cplusplus
}
#endif
