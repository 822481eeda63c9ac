/*
 * A snapshot is what a node keeps in memory that survives deep sleep (SPEC.md, section 4):
 *
 *   version u8 | length u16 | state | CRC-32 of all before
 *
 * Integers are little-endian. The state is fields() in order, so writing and reading cannot differ.
 */
#include "bytes.h"
#include "node_state.h"

#define VERSION 1u
#define HEAD_SIZE (1u + 2u)
#define SUM_SIZE 4u
#define OWNER_SIZE (sizeof(enow_addr_t) + ENOW_LINK_PRINT_SIZE)

/* A walk over the state: it writes fields, or reads them. */
typedef struct {
    uint8_t *buf;
    size_t at;
    size_t end;
    bool reads;
    bool bad; /* it came to the end too soon */
} cursor_t;

static void field(cursor_t *c, void *value, size_t len)
{
    if (c->bad || len > c->end - c->at) {
        c->bad = true;
        return;
    }
    if (c->reads) {
        memcpy(value, c->buf + c->at, len);
    } else {
        memcpy(c->buf + c->at, value, len);
    }
    c->at += len;
}

/* An integer of size bytes, which stand in the machine's order in memory. */
static void integer(cursor_t *c, void *value, size_t size)
{
    static const uint16_t one = 1;
    const bool little = *(const uint8_t *)&one == 1;
    uint8_t *bytes = value;

    for (size_t i = 0; i < size; i++) {
        field(c, &bytes[little ? i : size - 1 - i], 1);
    }
}

static void u8(cursor_t *c, uint8_t *value) { field(c, value, sizeof *value); }

static void u16(cursor_t *c, uint16_t *value) { integer(c, value, sizeof *value); }

static void u32(cursor_t *c, uint32_t *value) { integer(c, value, sizeof *value); }

static void u64(cursor_t *c, uint64_t *value) { integer(c, value, sizeof *value); }

static void flag(cursor_t *c, bool *value)
{
    uint8_t byte = *value;

    u8(c, &byte);
    *value = byte != 0;
}

static void address(cursor_t *c, enow_addr_t *value) { field(c, value->bytes, sizeof value->bytes); }

/* A time, kept as its age at now_us. */
static void age(cursor_t *c, uint64_t now_us, uint64_t *at_us)
{
    uint64_t age_us = now_us - *at_us;

    u64(c, &age_us);
    *at_us = now_us - age_us;
}

static void session_fields(cursor_t *c, enow_link_session_t *s)
{
    u8(c, &s->id);
    u32(c, &s->boot);
    u16(c, &s->max_frame);
    u32(c, &s->max_message);
    u8(c, &s->window);
    u16(c, &s->keep_alive_s);
}

static void memory_fields(cursor_t *c, uint64_t now_us, enow_link_gateway_memory_t *m)
{
    address(c, &m->addr);
    u32(c, &m->sender.boot);
    flag(c, &m->sender.done.any);
    u16(c, &m->sender.done.newest);
    u64(c, &m->sender.done.done);
    u64(c, &m->sender.done.refused);
    age(c, now_us, &m->heard_us);
}

static void tunnel_fields(cursor_t *c, uint64_t now_us, enow_link_tunnel_t *t)
{
    field(c, t->sealer.key.bytes, sizeof t->sealer.key.bytes);
    field(c, t->opener.key.bytes, sizeof t->opener.key.bytes);
    u32(c, &t->sealer.next);
    u64(c, &t->opener.window.next);
    age(c, now_us, &t->born_us);
}

/* All of the state but whose it is. Times are ages at now_us, which lies before the sleep when they are read. */
static void fields(cursor_t *c, enow_link_node_t *node, uint64_t now_us)
{
    uint64_t unix_us = node->knows_unix ? (uint64_t)node->unix_us + now_us : 0;
    uint8_t rssi = (uint8_t)node->seek.rssi;

    u32(c, &node->boot);
    u16(c, &node->outbox.next_id);
    u32(c, &node->ticket);
    address(c, &node->home.gateway);
    u8(c, &node->home.channel);
    u8(c, &rssi);
    session_fields(c, &node->session);
    age(c, now_us, &node->alive.heard_us);
    u64(c, &unix_us);
    u8(c, &node->remembered);
    for (uint8_t i = 0; i < node->remembered && i < ENOW_LINK_GATEWAYS; i++) {
        memory_fields(c, now_us, &node->memory[i]);
    }
    if (node->session.secure) {
        tunnel_fields(c, now_us, &node->session.tunnel);
    }
    node->seek.rssi = (int8_t)rssi;
    node->knows_unix = unix_us != 0;
    node->unix_us = node->knows_unix ? (int64_t)(unix_us - now_us) : 0;
}

/* Whose state it is: the address, and what tells the node's key from others, zeros on an open network. */
static bool owner_of(const enow_link_node_t *node, uint8_t out[OWNER_SIZE])
{
    enow_link_secret_t key;
    uint8_t *print = out + sizeof node->cfg.addr.bytes;

    memcpy(out, node->cfg.addr.bytes, sizeof node->cfg.addr.bytes);
    memset(print, 0, ENOW_LINK_PRINT_SIZE);
    memcpy(key.bytes, node->cfg.key, sizeof key.bytes);
    const bool ok = !node->secure || enow_link_fingerprint(print, node->cfg.crypto, &key);
    enow_link_wipe(&key, sizeof key);
    return ok;
}

/* CRC-32 as of IEEE 802.3. */
static uint32_t checksum(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

int enow_link_node_snapshot(enow_link_node_t *node, uint64_t now_us, uint8_t *buf, size_t cap)
{
    uint8_t owner[OWNER_SIZE];

    if (node->stopped != 0) {
        return node->stopped;
    }
    if (!enow_link_node_resting(node, now_us)) {
        return ENOW_LINK_ERR_UNFINISHED;
    }
    if (cap < ENOW_LINK_SNAPSHOT_SIZE) {
        return ENOW_ERR_CAPACITY;
    }
    if (!owner_of(node, owner)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    cursor_t c = {.buf = buf, .at = HEAD_SIZE, .end = cap - SUM_SIZE};
    field(&c, owner, sizeof owner);
    fields(&c, node, now_us);
    if (c.bad) {
        enow_link_wipe(buf, cap);
        return ENOW_ERR_CAPACITY;
    }
    const size_t len = c.at + SUM_SIZE;
    buf[0] = VERSION;
    buf[1] = (uint8_t)len;
    buf[2] = (uint8_t)(len >> 8);
    enow_link_put32(buf + c.at, checksum(buf, c.at));
    enow_link_session_wipe(&node->session);
    node->stopped = ENOW_LINK_ERR_ASLEEP;
    return (int)len;
}

/* Checks what holds a snapshot together, and stands the cursor before its owner. */
static bool open_snapshot(cursor_t *c, uint8_t *snapshot, size_t len)
{
    if (len < HEAD_SIZE + SUM_SIZE || snapshot[0] != VERSION) {
        return false;
    }
    const size_t stated = snapshot[1] | (size_t)snapshot[2] << 8;
    if (stated < HEAD_SIZE + SUM_SIZE || stated > len) {
        return false;
    }
    c->buf = snapshot;
    c->at = HEAD_SIZE;
    c->end = stated - SUM_SIZE;
    c->reads = true;
    c->bad = false;
    return enow_link_get32(snapshot + c->end) == checksum(snapshot, c->end);
}

/* Whether what was read lies within what a join would have led to. */
static bool fits(const enow_link_node_t *node)
{
    const enow_link_session_t *s = &node->session;

    return node->remembered <= ENOW_LINK_GATEWAYS && s->id != 0 && s->keep_alive_s != 0 && s->window >= 1 &&
           s->window <= 64 && s->max_frame >= ENOW_MAX_FRAME_V1 && s->max_frame <= node->cfg.max_frame &&
           s->max_message <= ENOW_MAX_MESSAGE && enow_link_node_uses(node, node->home.channel);
}

/* Reads the state into a new node; false: it does not fit. */
static bool read_state(enow_link_node_t *node, cursor_t *c, uint64_t asleep_us)
{
    uint8_t owner[OWNER_SIZE];
    uint8_t kept[sizeof owner] = {0};

    field(c, kept, sizeof kept);
    if (!owner_of(node, owner) || memcmp(owner, kept, sizeof owner) != 0 || node->free) {
        return false;
    }
    node->session.secure = node->secure;
    fields(c, node, asleep_us);
    return !c->bad && c->at == c->end && fits(node);
}

/* Puts a node to where the snapshot was taken. */
static void go_on(enow_link_node_t *node)
{
    enow_link_session_t *s = &node->session;
    const uint64_t keep_alive_us = s->keep_alive_s * ENOW_LINK_SECOND_US;
    enow_link_alive_t *a = &node->alive;

    s->peer = node->home.gateway;
    s->tunnel.sealer.session = s->id;
    s->tunnel.opener.window.seen = ~UINT64_C(0); /* all up to the highest count as seen */
    for (uint8_t i = 0; i < node->remembered; i++) {
        node->memory[i].sender.source = ENOW_LINK_SESSION_SOURCE | ++node->inbox.sources;
    }
    node->joined = true;
    node->up = true;
    node->seek.phase = ENOW_LINK_SEEK_IDLE;
    node->seek.gateway = node->home.gateway;
    node->seek.channel = node->home.channel;
    enow_link_sent_tags_init(&node->tags, s->id);
    enow_link_node_alive_begin(node);
    a->awake_us = node->now_us;
    a->next_us = a->heard_us + keep_alive_us * 3 / 4;
    if ((int64_t)(a->next_us - node->now_us) < 0) {
        a->next_us = node->now_us;
    }
}

int enow_link_node_resume(enow_link_node_t **node, const enow_link_node_config_t *cfg, void *memory, size_t size,
                          uint64_t now_us, uint64_t slept_us, uint8_t *snapshot, size_t len)
{
    cursor_t c;
    int err = enow_link_node_init(node, cfg, memory, size);

    if (err < 0) {
        return err;
    }
    if (!open_snapshot(&c, snapshot, len) || !read_state(*node, &c, now_us - slept_us)) {
        err = ENOW_LINK_ERR_SNAPSHOT;
        *node = 0;
        enow_link_wipe(memory, size);
    } else {
        (*node)->now_us = now_us;
        go_on(*node);
    }
    enow_link_wipe(snapshot, len);
    return err;
}
