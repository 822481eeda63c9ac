/* A gateway and a clock, what it tells and sends, and nodes made of the link's parts that do one step at a time, so
 * that a test can leave steps out, repeat them and get them wrong. */
#pragma once

#include "../src/handshake.h"
#include "../src/keys.h"
#include "../src/proof.h"
#include "../src/station.h"
#include "check.h"
#include "crypto_tables.h"
#include "enow/gateway.h"

enum { DESK_SENT = 80, DESK_TOLD = 80, DESK_TEXT = 2048 };

/* A frame that the gateway sent. */
typedef struct {
    enow_link_transmission_t out;
    uint8_t body[ENOW_MAX_FRAME_V1];
} desk_frame_t;

/* An event; the bytes of a message are kept in text, topic first. */
typedef struct {
    enow_link_event_t event;
    char text[DESK_TEXT];
    size_t topic_len, len;
} desk_told_t;

typedef struct {
    enow_link_gateway_t *gateway;
    enow_link_gateway_config_t cfg;
    fixed_crypto_t random;
    enow_link_secret_t network;
    uint64_t now_us;
    desk_frame_t sent[DESK_SENT];
    size_t sent_count;
    desk_told_t told[DESK_TOLD];
    size_t told_count;
    uint64_t *memory;
} desk_t;

/* A configuration of a small secure network, to be changed before desk_open. */
void desk_config(desk_t *d);
void desk_open(desk_t *d);
void desk_close(desk_t *d);

/* Gives the gateway a frame, and lets it do all that follows. */
void desk_hear(desk_t *d, enow_addr_t from, enow_addr_t to, const uint8_t *body, size_t len);
void desk_poll(desk_t *d);
void desk_transmit(desk_t *d);
/* Lets time pass, and the gateway do what is due. */
void desk_wait(desk_t *d, uint64_t us);
/* Forgets what was told and sent. */
void desk_clear(desk_t *d);

uint32_t desk_drops(const desk_t *d, enow_drop_reason_t why);
enow_link_gateway_stats_t desk_stats(const desk_t *d);
/* The event of a kind, the first that was told; or null. */
const desk_told_t *desk_event(const desk_t *d, enow_link_event_kind_t kind);
size_t desk_events(const desk_t *d, enow_link_event_kind_t kind);
/* The frame to an address, the first that was sent; or null. */
const desk_frame_t *desk_frame(const desk_t *d, enow_addr_t to);
size_t desk_frames(const desk_t *d, enow_addr_t to);

/* Queues a message. */
int desk_send(desk_t *d, enow_addr_t to, const char *topic, const char *payload, size_t len, bool acknowledge);

typedef struct {
    desk_t *desk;
    enow_addr_t addr;
    uint8_t version, key_id;
    bool sleepy;
    enow_hello_t hello;
    enow_link_device_keys_t keys;
    fixed_crypto_t random;
    uint32_t nonce;
    uint8_t packet[ENOW_MAX_FRAME_V1]; /* the last join */
    size_t packet_len;
    enow_link_join_t join;
    enow_welcome_t welcome;
    enow_link_tunnel_t tunnel;
} scripted_t;

enow_addr_t desk_node(uint8_t number);
void node_init(scripted_t *n, desk_t *d, uint8_t number);
/* Searches; true: the gateway is here, and *cookie is its own. */
bool node_search(scripted_t *n, uint8_t cookie[ENOW_LINK_PROOF_SIZE]);
/* Makes a join, in packet. */
void node_make_join(scripted_t *n, const uint8_t cookie[ENOW_LINK_PROOF_SIZE]);
/* Sends packet. */
void node_send_join(scripted_t *n);
/* Reads the gateway's CONNACK, which is proven. */
bool node_connack(const scripted_t *n, const desk_frame_t *frame, enow_pkt_connack_t *answer);
/* Takes the frame as the answer to the join; false: it is not. */
bool node_accept(scripted_t *n, const desk_frame_t *frame);
/* Does all until the session is half-open, or whole. */
bool node_half_joins(scripted_t *n);
bool node_joins(scripted_t *n);
/* Sends packets in SEALED. */
void node_says(scripted_t *n, const void *packets, size_t len);
void node_pings(scripted_t *n, uint32_t time);
/* Sends a message of one packet, or part of one, with flags of PUBLISH. */
void node_publishes(scripted_t *n, uint16_t id, uint8_t flags, const char *topic, const char *payload);
void node_acknowledges(scripted_t *n, uint16_t id, enow_puback_status_t status, uint32_t received);
/* Opens what was sent to the node, in turn, and puts the packets of all frames behind each other; returns their length.
 */
size_t node_hears(scripted_t *n, uint8_t *packets, size_t cap);
/* Whether a packet of a type is among packets; the first is in *raw. */
bool has_packet(const uint8_t *packets, size_t len, uint8_t type, enow_raw_packet_t *raw);
