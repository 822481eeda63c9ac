/* What a node takes for a snapshot of its own: each field to its limits, behind a checksum that is right; and how its
 * time goes on by a clock that begins anew. */
#include "../src/bytes.h"
#include "../src/node_state.h"
#include "check.h"
#include "crypto_tables.h"

#include <string.h>

enum {
    MEMORY = 32768,
    /* Where fields stand in a snapshot. */
    AT_OWNER = 1 + 2,
    AT_CHANNEL = AT_OWNER + 6 + 8 + 4 + 2 + 4 + 6,
    AT_SESSION = AT_CHANNEL + 1 + 1,
    AT_MAX_FRAME = AT_SESSION + 1 + 4,
    AT_MAX_MESSAGE = AT_MAX_FRAME + 2,
    AT_WINDOW = AT_MAX_MESSAGE + 4,
    AT_KEEP_ALIVE = AT_WINDOW + 1,
    AT_REMEMBERED = AT_KEEP_ALIVE + 2 + 8 + 8,
    HELLO_US = 1000000,
};

static uint64_t memory[MEMORY / 8];

static enow_link_node_config_t config(bool secure)
{
    enow_link_node_config_t cfg;

    enow_link_node_config_default(&cfg, test_node);
    cfg.crypto = real_crypto();
    cfg.max_frame = 400;
    cfg.sleepy = true;
    if (secure) {
        const enow_link_secret_t key = test_secret(1);
        cfg.key_id = 1;
        memcpy(cfg.key, key.bytes, sizeof cfg.key);
    }
    return cfg;
}

/* A node with a session, that remembers so many gateways and heard its own at HELLO_US. */
static enow_link_node_t *connected(const enow_link_node_config_t *cfg, uint8_t gateways)
{
    const enow_link_session_keys_t keys = {test_secret(2), test_secret(3)};
    enow_link_node_t *node = NULL;

    CHECK(enow_link_node_init(&node, cfg, memory, sizeof memory) == 0, "no node");
    enow_link_session_t *s = &node->session;
    s->id = 7;
    s->max_frame = 300;
    s->max_message = 1000;
    s->window = 8;
    s->keep_alive_s = 60;
    s->secure = node->secure;
    if (s->secure) {
        enow_link_tunnel_init_node(&s->tunnel, HELLO_US, &keys, s->id);
    }
    node->now_us = HELLO_US;
    node->joined = true;
    node->up = true;
    for (uint8_t i = 0; i < gateways; i++) {
        s->peer = test_gateway;
        s->peer.bytes[5] = i;
        enow_link_node_remember(node);
    }
    node->home.gateway = s->peer;
    node->home.channel = 6;
    node->seek.phase = ENOW_LINK_SEEK_IDLE;
    enow_link_node_alive_begin(node);
    enow_link_node_heard(node);
    return node;
}

static size_t take(enow_link_node_t *node, uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE])
{
    const int len =
        enow_link_node_snapshot(node, HELLO_US + ENOW_LINK_AWAKE_US, snapshot, (size_t)ENOW_LINK_SNAPSHOT_SIZE);

    CHECK(len > 0, "no snapshot: %d", len);
    return len > 0 ? (size_t)len : 0;
}

/* Makes the checksum anew, bit by bit from its polynomial. */
static void sum(uint8_t *snapshot, size_t len)
{
    uint32_t crc = ~UINT32_C(0);

    for (size_t bit = 0; bit < 8 * (len - 4); bit++) {
        const uint32_t in = (crc ^ (uint32_t)snapshot[bit / 8] >> bit % 8) & 1;
        crc = crc >> 1 ^ in * 0xedb88320u;
    }
    enow_link_put32(snapshot + len - 4, ~crc);
}

static int resume(const enow_link_node_config_t *cfg, const uint8_t *snapshot, size_t len)
{
    uint8_t copy[ENOW_LINK_SNAPSHOT_SIZE];
    enow_link_node_t *node = NULL;

    memcpy(copy, snapshot, len);
    const int err = enow_link_node_resume(&node, cfg, memory, sizeof memory, 0, 0, copy, len);
    for (size_t i = 0; i < len; i++) {
        CHECK(copy[i] == 0, "byte %u is not overwritten", (unsigned)i);
    }
    CHECK((err == 0) == (node != NULL), "%d, and a node", err);
    return err;
}

/* Each limit of a field, on both sides. */
static void test_fields(bool secure)
{
    static const struct {
        const char *what;
        size_t at, size;
        uint32_t value;
        bool good;
    } cases[] = {
        {"no channel", AT_CHANNEL, 1, 0, false},
        {"the first channel", AT_CHANNEL, 1, 1, true},
        {"the last channel", AT_CHANNEL, 1, 13, true},
        {"a channel that the node is not on", AT_CHANNEL, 1, 14, false},
        {"no session", AT_SESSION, 1, 0, false},
        {"the least session", AT_SESSION, 1, 1, true},
        {"frames shorter than all take", AT_MAX_FRAME, 2, 249, false},
        {"frames that all take", AT_MAX_FRAME, 2, 250, true},
        {"frames that the node takes", AT_MAX_FRAME, 2, 400, true},
        {"frames longer than the node takes", AT_MAX_FRAME, 2, 401, false},
        {"the longest message", AT_MAX_MESSAGE, 4, ENOW_MAX_MESSAGE, true},
        {"a longer message", AT_MAX_MESSAGE, 4, ENOW_MAX_MESSAGE + 1, false},
        {"a message of 2^31 bytes", AT_MAX_MESSAGE, 4, UINT32_C(1) << 31, false},
        {"no window", AT_WINDOW, 1, 0, false},
        {"the least window", AT_WINDOW, 1, 1, true},
        {"the largest window", AT_WINDOW, 1, 64, true},
        {"a larger window", AT_WINDOW, 1, 65, false},
        {"no keep-alive", AT_KEEP_ALIVE, 2, 0, false},
        {"the least keep-alive", AT_KEEP_ALIVE, 2, 1, true},
        {"a gateway less than there are", AT_REMEMBERED, 1, ENOW_LINK_GATEWAYS - 1, false},
        {"the gateways that there are", AT_REMEMBERED, 1, ENOW_LINK_GATEWAYS, true},
        {"a gateway more than a node remembers", AT_REMEMBERED, 1, ENOW_LINK_GATEWAYS + 1, false},
    };
    const enow_link_node_config_t cfg = config(secure);
    uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE], forged[ENOW_LINK_SNAPSHOT_SIZE];
    const size_t len = take(connected(&cfg, ENOW_LINK_GATEWAYS), snapshot);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(forged, snapshot, len);
        for (size_t k = 0; k < cases[i].size; k++) {
            forged[cases[i].at + k] = (uint8_t)(cases[i].value >> 8 * k);
        }
        sum(forged, len);
        const int err = resume(&cfg, forged, len);
        CHECK(err == (cases[i].good ? 0 : ENOW_LINK_ERR_SNAPSHOT), "%s: %d", cases[i].what, err);
    }
    for (size_t cut = 1; cut < 8; cut++) { /* in the last field */
        memcpy(forged, snapshot, len);
        forged[1] = (uint8_t)(len - cut);
        forged[2] = (uint8_t)((len - cut) >> 8);
        sum(forged, len - cut);
        CHECK(resume(&cfg, forged, len) == ENOW_LINK_ERR_SNAPSHOT, "%u bytes short", (unsigned)cut);
    }
}

/* Each byte of whose it is counts; a node that does without sessions has none. */
static void test_owner(bool secure)
{
    const enow_link_node_config_t cfg = config(secure);
    enow_link_node_config_t other = cfg;
    uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE];
    const size_t len = take(connected(&cfg, 1), snapshot);

    for (size_t i = 0; i < 6 + 8; i++) {
        snapshot[AT_OWNER + i] ^= 0x80;
        sum(snapshot, len);
        CHECK(resume(&cfg, snapshot, len) == ENOW_LINK_ERR_SNAPSHOT, "byte %u", (unsigned)i);
        snapshot[AT_OWNER + i] ^= 0x80;
    }
    sum(snapshot, len);
    if (!secure) {
        other.gateway = enow_link_broadcast();
        CHECK(resume(&other, snapshot, len) == ENOW_LINK_ERR_SNAPSHOT, "a node without sessions");
    }
    CHECK(resume(&cfg, snapshot, len) == 0, "its own");
}

/* The longest snapshot is a secure node's that remembers all it can. A buffer that is too short for it is so from the
 * first sleep on. */
static void test_size(void)
{
    const enow_link_node_config_t cfg = config(true);
    const uint64_t now_us = HELLO_US + ENOW_LINK_AWAKE_US;

    for (uint8_t gateways = 1; gateways <= ENOW_LINK_GATEWAYS; gateways++) {
        enow_link_node_t *node = connected(&cfg, gateways);
        uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE];
        CHECK(enow_link_node_snapshot(node, now_us, snapshot, sizeof snapshot - 1) == ENOW_ERR_CAPACITY,
              "a byte short, %u gateways", gateways);
        CHECK(enow_link_node_resting(node, now_us), "it sleeps though it has no snapshot");
        const int len = enow_link_node_snapshot(node, now_us, snapshot, sizeof snapshot);
        CHECK(len == (int)(sizeof snapshot - 37 * (ENOW_LINK_GATEWAYS - gateways)), "%d bytes", len);
    }
}

/* A wake from deep sleep begins at 0: all that is remembered lies before. What was due in the sleep is due at once. */
static void test_clock_begins_anew(void)
{
    static const struct {
        uint64_t slept_s, ping_in_us;
    } cases[] = {
        {0, 45000000 - ENOW_LINK_AWAKE_US},
        {44, 1000000 - ENOW_LINK_AWAKE_US},
        {45, 0},
        {50, 0},
    };
    const enow_link_node_config_t cfg = config(false);
    const uint64_t now_us = 5000;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t snapshot[ENOW_LINK_SNAPSHOT_SIZE], frame[ENOW_MAX_FRAME_V2];
        const size_t len = take(connected(&cfg, 1), snapshot);
        const unsigned slept_s = (unsigned)cases[i].slept_s;
        enow_link_node_t *node = NULL;
        enow_link_transmission_t out;
        CHECK(enow_link_node_resume(&node, &cfg, memory, sizeof memory, now_us, cases[i].slept_s * ENOW_LINK_SECOND_US,
                                    snapshot, len) == 0,
              "after %u s", slept_s);
        if (node == NULL) {
            return;
        }
        const uint64_t at_us = now_us + cases[i].ping_in_us;
        if (cases[i].ping_in_us > 0) {
            CHECK(!enow_link_node_transmit(node, at_us - 1, &out, frame, sizeof frame), "early after %u s", slept_s);
        }
        CHECK(enow_link_node_transmit(node, at_us, &out, frame, sizeof frame) && frame[0] == ENOW_TYPE_PINGREQ << 4,
              "no PINGREQ after %u s", slept_s);
    }
}

int main(void)
{
    for (unsigned secure = 0; secure < 2; secure++) {
        test_fields(secure == 1);
        test_owner(secure == 1);
    }
    test_size();
    test_clock_begins_anew();
    return check_result();
}
