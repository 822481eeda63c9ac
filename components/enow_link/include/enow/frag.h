/*
 * Splits messages into parts, puts them together again, and sends them reliably (SPEC.md, section 5).
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
 * A splitter gives the parts of a message, for whoever wants no answer. Where a message must arrive, a sender sends its
 * parts and asks now and then; a receiver takes parts of many messages of many senders, in any order and any number of
 * times, gives each message once all its parts are here, and answers:
 *
 *   sender                               receiver                  application
 *   0 1 2 3 4?  ->   2 is lost
 *                    <-  2 parts, then xx
 *   2?          ->                       the message          ->
 *                    <-  partial, everything received
 *                    <-  complete                             <-   accept
 *
 * A receiver forgets a message once it is accepted, so its caller, who knows peers and how long they count their
 * messages, keeps the ids of the complete ones: a part of such a message is not pushed but answered with complete, one
 * with an id too old with refused. What is under way, delivered and not yet accepted, refused or expired is the
 * receiver's to answer. A key's source must be another when a peer counts anew.
 *
 * Time: now_us is a monotonic clock in microseconds since any fixed moment.
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
    /* The first group aborts a part's message. */

    /** The part goes past max_message; of a message to send: it is longer than ENOW_MAX_MESSAGE. */
    ENOW_FRAG_ERR_TOO_LARGE = -16,
    /** The message has more parts than max_parts. */
    ENOW_FRAG_ERR_TOO_MANY_PARTS = -17,
    /** A part of 0 bytes that more follow. */
    ENOW_FRAG_ERR_EMPTY_PART = -18,
    /** An offset that is no multiple of the parts' size. */
    ENOW_FRAG_ERR_OFFSET = -19,
    /** The part contradicts others of its message: another size, another end, past the end, or other bytes in a place
     * that is taken. */
    ENOW_FRAG_ERR_MISMATCH = -20,

    /* The second one leaves it as it was. */

    /** The message was aborted or refused not long ago. */
    ENOW_FRAG_ERR_ABORTED = -21,
    /** The parts that had arrived were given up, for no more came. */
    ENOW_FRAG_ERR_EXPIRED = -22,
    /** There is no room for the part now. It may be sent again later. */
    ENOW_FRAG_ERR_FULL = -23,
    /** There is room, but the sender has used up its share. */
    ENOW_FRAG_ERR_SHARE = -24,

    /** The receiver did not answer ENOW_FRAG_MAX_RETRIES questions in a row, or made the message start over as often.
     */
    ENOW_FRAG_ERR_GAVE_UP = -25,
    /** A part has less than 1 byte. */
    ENOW_FRAG_ERR_PART_SIZE = -26,
    /** A limit, or a window, is out of its range, which its description tells. */
    ENOW_FRAG_ERR_LIMIT = -27,
    /** The memory is too small for the limits, or not aligned for a uint64_t. */
    ENOW_FRAG_ERR_MEMORY = -28,
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
 * included. A max_message above ENOW_MAX_MESSAGE counts as that. */
uint32_t enow_frag_limits_message_bytes(const enow_frag_limits_t *limits);

/** Returns 0, or ENOW_FRAG_ERR_LIMIT if a limit is out of its range. */
int enow_frag_limits_check(const enow_frag_limits_t *limits);

/** Names a message at the receiver. */
typedef struct {
    /** The sender: any number that the caller gives to one and no other. */
    uint64_t source;
    /** The message's. */
    uint16_t id;
} enow_frag_key_t;

/** A whole message. */
typedef struct {
    /** A view. */
    enow_bytes_t data;
    /** That of the part at offset 0. */
    bool mark;
} enow_frag_message_t;

/** How many parts after the first gap an answer tells of. */
#define ENOW_FRAG_BITMAP_BITS 64u

/** What a receiver tells the sender of a message: what one PUBACK carries. Of a message that is complete or partial:
 *
 *   part      0 1 2 3 4 5 6 7 8
 *   here      x x x - x - x - -      received: 3 parts; bitmap: 1 0 1 0 0, from part 4 on
 */
typedef struct {
    /** Bit i: the part i+1 after the first that is missing is here; 0 while the parts' size is unknown. */
    uint64_t bitmap;
    /** Bytes from the start without a gap. */
    uint32_t received;
    enow_puback_status_t status;
} enow_frag_ack_t;

/** How many errors a part can get: from ENOW_FRAG_ERR_TOO_LARGE to ENOW_FRAG_ERR_SHARE. */
#define ENOW_FRAG_REFUSALS 9u
/** The place of such an error among the counters. */
#define ENOW_FRAG_REFUSAL(err) ((size_t)(ENOW_FRAG_ERR_TOO_LARGE - (err)))

/** The counters of a receiver. The first four say how things are now, the others count from the start. */
typedef struct {
    /** Messages of which parts are missing. */
    uint32_t partial;
    /** Messages that were given up and are remembered. */
    uint32_t aborted;
    /** Messages that wait for accept or refuse. */
    uint32_t delivered;
    /** Memory of buffers in use. */
    uint32_t bytes;

    /** Messages. */
    uint32_t completed;
    /** Parts that were here already, with the same bytes. */
    uint32_t duplicates;
    /** Messages without a part for timeout_us. */
    uint32_t expired;
    /** Answers, unasked. */
    uint32_t repeated;
    /** Messages given up for others of their senders. */
    uint32_t superseded;
    /** Messages dropped by forget. */
    uint32_t forgotten;
    /** Parts, by ENOW_FRAG_REFUSAL. */
    uint32_t refused[ENOW_FRAG_REFUSALS];
} enow_frag_stats_t;

/** Puts messages together and answers. A message that it has delivered keeps its place in the limits until accept or
 * refuse says who is responsible for it, and none that expired is taken up again but from its beginning. It lives in
 * memory that its caller gives. */
typedef struct enow_frag_receiver enow_frag_receiver_t;

/** Returns how many bytes of memory a receiver with such limits needs, or SIZE_MAX if there cannot be so much. */
size_t enow_frag_receiver_memory(const enow_frag_limits_t *limits);

/** Makes a receiver in memory aligned for a uint64_t, which is its own until it is used no more. Returns 0 and sets
 * *receiver, or ENOW_FRAG_ERR_LIMIT or ENOW_FRAG_ERR_MEMORY. */
int enow_frag_receiver_init(enow_frag_receiver_t **receiver, const enow_frag_limits_t *limits, void *memory,
                            size_t size);

/** Takes one part that arrived now; time never goes back. Returns 1 and fills *whole if with it the message is whole; 0
 * if it was taken, or was here already with the same bytes; or why it was refused. A message is valid until the next
 * call of any function but stats; its data may be the part's own. ask: the part asks for an answer, and *ack becomes
 * it, and all zero otherwise. A message that is whole is still partial with everything received; if accept or refuse is
 * called at once, their answer can be sent instead. Where there is no room, older messages of the sender are given up
 * of which parts are missing and none has asked for an answer: most likely no more is to come. */
int enow_frag_receiver_push(enow_frag_receiver_t *receiver, uint64_t now_us, const enow_frag_key_t *key,
                            const enow_frag_part_t *part, bool ask, enow_frag_message_t *whole, enow_frag_ack_t *ack);

/** Fills in an answer to repeat and the message that it is about; false: there is none now. */
bool enow_frag_receiver_poll(enow_frag_receiver_t *receiver, uint64_t now_us, enow_frag_key_t *key,
                             enow_frag_ack_t *ack);

/** Says that somebody has taken responsibility for a message that push gave, which is forgotten. Fills in the final
 * answer, to be sent at once; false: no such message waits. */
bool enow_frag_receiver_accept(enow_frag_receiver_t *receiver, const enow_frag_key_t *key, enow_frag_ack_t *ack);

/** Says that nobody ever takes a message that push gave, as one that is malformed. Fills in the final answer, to be
 * sent at once, which the message's parts get too while they keep coming; false: no such message waits. */
bool enow_frag_receiver_refuse(enow_frag_receiver_t *receiver, uint64_t now_us, const enow_frag_key_t *key,
                               enow_frag_ack_t *ack);

/** Whether a part of a message that waits for accept or refuse asked for an answer: if none has, the final one is sent
 * only once one does. */
bool enow_frag_receiver_asked(enow_frag_receiver_t *receiver, const enow_frag_key_t *key);

/** Gives up what has been without a part for timeout_us, and returns how many partial messages that were. */
uint32_t enow_frag_receiver_expire(enow_frag_receiver_t *receiver, uint64_t now_us);

/** When to call expire and poll next, unless a push comes before; false: nothing will be due. */
bool enow_frag_receiver_next_deadline(const enow_frag_receiver_t *receiver, uint64_t *at_us);

/** Returns how many messages with missing parts have a sender that asked for an answer: it will go on with them. */
uint32_t enow_frag_receiver_awaited(const enow_frag_receiver_t *receiver);

/** Drops everything of one sender but what waits for accept or refuse, and returns how many partial messages that were.
 */
uint32_t enow_frag_receiver_forget(enow_frag_receiver_t *receiver, uint64_t source);

/** The counters, which go on counting. */
const enow_frag_stats_t *enow_frag_receiver_stats(const enow_frag_receiver_t *receiver);

/** How long a receiver's answers take to come, after RFC 6298. It outlives messages: there is one for each receiver,
 * for all senders to it. All zero it has no sample yet. */
typedef struct {
    uint32_t smoothed_us;
    uint32_t variation_us;
    uint32_t timeout_us; /* 0: that before the first sample */
    uint8_t unclear;     /* answers in a row that are no samples, as far as they count */
} enow_frag_round_trip_t;

/** How many parts can be on their way before an answer. */
#define ENOW_FRAG_MAX_WINDOW 64u
/** How many times in a row a sender repeats a question that brings no answer, and how many times it starts a message
 * over. */
#define ENOW_FRAG_MAX_RETRIES 16u

/** They count from the sender's start. */
typedef struct {
    /** Sent. */
    uint32_t parts;
    /** Of those, sent before. */
    uint32_t resent;
    /** Handled while a message was under way. */
    uint32_t acks;
    /** Of those, ignored: they fit no message, or not this one. */
    uint32_t ill_formed;
    /** Of those, ignored: they tell less than was known. */
    uint32_t stale;
    uint32_t timeouts;
    /** Questions to a receiver that could not go on. */
    uint32_t polls;
    uint32_t restarts;
} enow_frag_sender_stats_t;

/** Sends a message reliably by selective repeat, and then may send another, to any receiver. All zero it has none. */
typedef struct {
    /** How the last message ended: 0 if the receiver has it, above 0 the enow_puback_status_t of one that will not take
     * it, ENOW_FRAG_ERR_GAVE_UP of one that does not answer. */
    int err;
    enow_frag_sender_stats_t stats;

    /* The rest is the sender's own. */

    enow_bytes_t message;
    uint32_t size;
    uint32_t parts;

    uint64_t known; /* bit i: part base+1+i is at the receiver */
    uint32_t base;  /* all parts before are */
    uint32_t next;  /* no part from here on was sent yet */

    uint32_t cursor; /* of the round: next of the missing parts */
    uint32_t old;    /* before it stand the missing parts, from it on new ones */
    uint32_t limit;  /* of new parts */
    uint32_t ask;    /* the part that asks */
    uint64_t asked_us;
    uint64_t deadline_us;
    uint32_t pause_us;
    enow_frag_round_trip_t *trip;

    uint8_t state;
    uint8_t window;
    uint8_t room;  /* in the window for missing parts before base */
    bool again;    /* base is missing and ends the round */
    bool repeated; /* ask was sent more than once, so nobody knows which one is answered */
    uint8_t retries;
    uint8_t restarts;
} enow_frag_sender_t;

/** Begins to send a message in parts of size bytes, up to window of them between answers, to the receiver whose round
 * trip is given. It keeps both until the end. A message under way is dropped. Returns 0; or as enow_frag_split does, or
 * ENOW_FRAG_ERR_LIMIT if window is not 1..ENOW_FRAG_MAX_WINDOW, and the sender is as it was. */
int enow_frag_sender_start(enow_frag_sender_t *sender, enow_bytes_t message, uint32_t size, uint32_t window,
                           enow_frag_round_trip_t *trip);

/** Whether no message is under way: none was started, or it has ended with err. */
bool enow_frag_sender_done(const enow_frag_sender_t *sender);

/** Fills in the next part to send, a view into the message, and whether it asks for an answer; false: there is none
 * now. */
bool enow_frag_sender_poll(enow_frag_sender_t *sender, uint64_t now_us, enow_frag_part_t *part, bool *ask);

/** Takes an answer to this message. One that is ill-formed, or tells less than is known, changes nothing. */
void enow_frag_sender_handle(enow_frag_sender_t *sender, uint64_t now_us, const enow_frag_ack_t *ack);

/** When poll has something to do once it has returned false; false: never, unless an answer comes. */
bool enow_frag_sender_next_deadline(const enow_frag_sender_t *sender, uint64_t *at_us);

#ifdef __cplusplus
}
#endif
