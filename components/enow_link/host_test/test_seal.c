#include "../src/seal.h"
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

enum { SESSION = 7, SIZE = ENOW_MAX_FRAME_V2 };

static const uint64_t hour = 3600 * UINT64_C(1000000);

static void test_vectors(const char *folder)
{
    vectors_t v;

    vectors_open(&v, folder, "sealed.txt");
    while (vectors_next(&v, 6)) {
        const enow_link_secret_t key = vector_secret(&v, "key");
        const uint8_t *counter = vector_of(&v, "counter", 4);
        size_t packets_len, len;
        const uint8_t *packets = vector_get(&v, "packets", &packets_len);
        uint8_t *sealed = vector_get(&v, "sealed", &len), buf[SIZE];
        enow_link_sealer_t sealer;
        enow_link_opener_t opener;

        enow_link_sealer_init(&sealer, &key, *vector_of(&v, "session", 1));
        sealer.next = counter[0] | (uint32_t)counter[1] << 8 | (uint32_t)counter[2] << 16 | (uint32_t)counter[3] << 24;
        memcpy(buf + ENOW_LINK_SEALED_CLEAR, packets, packets_len);
        CHECK(enow_link_sealer_seal(&sealer, real_crypto(), buf, packets_len, sizeof buf) == (int)len &&
                  memcmp(buf, sealed, len) == 0,
              "%s: sealed", v.name);
        enow_link_opener_init(&opener, &key);
        CHECK(enow_link_opener_open(&opener, real_crypto(), sealed, len) == (int)packets_len &&
                  memcmp(sealed + ENOW_LINK_SEALED_CLEAR, packets, packets_len) == 0,
              "%s: opened", v.name);
    }
}

/* Both ends of a session. */
static enow_link_tunnel_t node, gateway;

static enow_link_session_keys_t test_keys(void)
{
    const enow_link_session_keys_t keys = {test_secret(1), test_secret(2)};

    return keys;
}

static void open_tunnels(void)
{
    const enow_link_session_keys_t keys = test_keys();

    enow_link_tunnel_init_node(&node, 0, &keys, SESSION);
    enow_link_tunnel_init_gateway(&gateway, 0, &keys, SESSION);
}

typedef struct {
    uint8_t bytes[64];
    size_t len;
} packet_t;

static packet_t sealed(enow_link_tunnel_t *from, const char *text)
{
    packet_t p;

    memcpy(p.bytes + ENOW_LINK_SEALED_CLEAR, text, strlen(text));
    const int len = enow_link_sealer_seal(&from->sealer, real_crypto(), p.bytes, strlen(text), sizeof p.bytes);
    CHECK(len == (int)(strlen(text) + ENOW_SEALED_OVERHEAD), "%s: %d", text, len);
    p.len = (size_t)len;
    return p;
}

/* Opens a copy of a packet, and tells its length or the error. */
static int opened(enow_link_tunnel_t *to, packet_t p, const char *want)
{
    const int len = enow_link_opener_open(&to->opener, real_crypto(), p.bytes, p.len);

    CHECK(len < 0 || memcmp(p.bytes + ENOW_LINK_SEALED_CLEAR, want, (size_t)len) == 0, "%s: opens as something else",
          want);
    return len;
}

static void test_order(void)
{
    open_tunnels();
    const packet_t first = sealed(&node, "one"), second = sealed(&node, "two"), none = sealed(&node, "");
    packet_t cut = none;

    CHECK(opened(&gateway, second, "two") == 3, "the second");
    CHECK(opened(&gateway, first, "one") == 3, "the first, late");
    CHECK(opened(&gateway, first, "one") == ENOW_LINK_ERR_REPLAY, "the first again");
    CHECK(opened(&gateway, second, "two") == ENOW_LINK_ERR_REPLAY, "the second again");
    CHECK(opened(&node, first, "") == ENOW_LINK_ERR_FORGED, "reflected to its sender");
    cut.len--;
    CHECK(opened(&gateway, cut, "") == ENOW_ERR_SHORT, "too short");
    cut.len = 0;
    CHECK(opened(&gateway, cut, "") == ENOW_ERR_SHORT, "of no bytes");
    CHECK(opened(&gateway, none, "") == 0, "nothing in it");
    CHECK(opened(&node, sealed(&gateway, "down"), "down") == 4, "downwards");
    node.opener.key = test_secret(3);
    CHECK(opened(&node, sealed(&gateway, "down"), "") == ENOW_LINK_ERR_FORGED, "under another key");
}

/* What is forged moves no window: the genuine packets open afterwards. */
static void test_tampered(void)
{
    open_tunnels();
    const packet_t genuine = sealed(&node, "\xc0\x04\x2a\x01\x01\x01"),
                   other = sealed(&node, "\xc0\x04\x2a\x01\x01\x01");
    const enow_link_window_t before = gateway.opener.window;
    const size_t tag = genuine.len - ENOW_CRYPTO_TAG_SIZE;

    for (size_t bit = 0; bit < 8 * genuine.len; bit++) {
        packet_t changed = genuine;

        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(opened(&gateway, changed, "") == ENOW_LINK_ERR_FORGED, "bit %u", (unsigned)bit);
    }
    for (size_t len = 0; len < genuine.len; len++) { /* and the length says so */
        packet_t cut = genuine;

        cut.len = len;
        CHECK(opened(&gateway, cut, "") < 0, "%u bytes", (unsigned)len);
        cut.bytes[1] = (uint8_t)(len - ENOW_HEADER_SIZE);
        CHECK(opened(&gateway, cut, "") < 0, "%u bytes, as it says", (unsigned)len);
    }
    for (unsigned c = 0; c < 7; c++) { /* tags that a careless comparison takes: after the cases of Wycheproof */
        static const uint8_t masks[] = {0xff, 1, 0x80};
        packet_t changed = genuine;

        for (size_t i = 0; i < ENOW_CRYPTO_TAG_SIZE; i++) {
            uint8_t *at = &changed.bytes[tag + i];
            const uint8_t byte = genuine.bytes[tag + i];
            const bool cancels = i == 0 || i == 8;
            const uint8_t tags[] = {0, 0xff, other.bytes[tag + i], genuine.bytes[tag + (i + 8) % 16]};

            *at = c < 3 ? byte ^ masks[c] : c < 6 ? tags[c - 3] : cancels ? byte ^ 4 : byte;
        }
        CHECK(opened(&gateway, changed, "") == ENOW_LINK_ERR_FORGED, "tag %u", c);
    }
    CHECK(memcmp(&before, &gateway.opener.window, sizeof before) == 0, "forged packets moved the window");
    CHECK(opened(&gateway, genuine, "\xc0\x04\x2a\x01\x01\x01") == 6, "the genuine packet");
}

/* The longest body, and one byte more; the last counter, and no further; the room, and one byte less. */
static void test_limits(void)
{
    const size_t longest = ENOW_MAX_FRAME_V2 - ENOW_SEALED_OVERHEAD;
    static uint8_t buf[SIZE + 1], before[SIZE + 1];
    failing_crypto_t table;
    enow_link_sealer_t *sealer = &node.sealer;

    open_tunnels();
    memset(before, 9, sizeof before);
    memset(buf, 9, sizeof buf);
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, longest + 1, sizeof buf) == ENOW_ERR_TOO_LONG,
          "a byte too many");
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, SIZE_MAX, sizeof buf) == ENOW_ERR_TOO_LONG, "far too many");
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, longest, SIZE - 1) == ENOW_ERR_CAPACITY,
          "no room for the tag");
    CHECK(memcmp(buf, before, sizeof buf) == 0 && sealer->next == 0, "what was refused left something behind");
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, longest, SIZE) == SIZE, "the longest body");
    CHECK(buf[1] == 255 && buf[SIZE] == 9, "its length is to the end of the frame");
    CHECK(enow_link_opener_open(&gateway.opener, real_crypto(), buf, SIZE) == (int)longest, "the longest frame");

    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, 254 - 21, SIZE) == 256 && buf[1] == 254, "a body of 254");
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, 254 - 20, SIZE) == 257 && buf[1] == 255, "a body of 255");

    sealer->next = UINT32_MAX - 1;
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, 0, SIZE) == (int)ENOW_SEALED_OVERHEAD, "the last packet");
    memset(buf, 9, sizeof buf);
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, 0, SIZE) == ENOW_LINK_ERR_SPENT, "one more");
    CHECK(enow_link_sealer_seal(sealer, real_crypto(), buf, 0, SIZE) == ENOW_LINK_ERR_SPENT, "and one more");
    CHECK(memcmp(buf, before, sizeof buf) == 0, "what was refused left something behind");

    sealer->next = 5;
    CHECK(enow_link_sealer_seal(sealer, failing(&table, 0), buf, 0, SIZE) == ENOW_LINK_ERR_CRYPTO, "without AES");
    CHECK(sealer->next == 6, "a counter that may have been used comes again");
}

static void test_rekey(void)
{
    const enow_link_session_keys_t keys = test_keys();
    enow_link_tunnel_t t;

    enow_link_tunnel_init_node(&t, hour, &keys, 1);
    CHECK(!enow_link_tunnel_rekey_due(&t, hour), "new");
    CHECK(!enow_link_tunnel_rekey_due(&t, 25 * hour - 1), "a day but 1 us");
    CHECK(enow_link_tunnel_rekey_due(&t, 25 * hour), "a day");
    t.sealer.next = (UINT32_C(1) << 23) - 1;
    CHECK(!enow_link_tunnel_rekey_due(&t, hour), "2^23 - 1 sent");
    t.sealer.next++;
    CHECK(enow_link_tunnel_rekey_due(&t, hour), "2^23 sent");
    enow_link_tunnel_init_node(&t, hour, &keys, 1);
    enow_link_window_mark(&t.opener.window, (UINT32_C(1) << 23) - 2);
    CHECK(!enow_link_tunnel_rekey_due(&t, hour), "2^23 - 1 received");
    enow_link_window_mark(&t.opener.window, (UINT32_C(1) << 23) - 1);
    CHECK(enow_link_tunnel_rekey_due(&t, hour), "2^23 received");
}

/* A tunnel without keys neither seals nor opens, under zeros least of all. */
static void test_wipe(void)
{
    static const enow_link_secret_t zeros = {{0}};
    const enow_link_session_keys_t zero_keys = {zeros, zeros};
    uint8_t buf[64];

    open_tunnels();
    enow_link_tunnel_wipe(&gateway);
    CHECK(enow_link_same(&gateway.sealer.key, &zeros, sizeof zeros), "the key up");
    CHECK(enow_link_same(&gateway.opener.key, &zeros, sizeof zeros), "the key down");
    CHECK(enow_link_sealer_seal(&gateway.sealer, real_crypto(), buf, 0, sizeof buf) == ENOW_LINK_ERR_SPENT, "seals");
    enow_link_tunnel_init_node(&node, 0, &zero_keys, SESSION);
    for (unsigned shift = 0; shift <= 31; shift++) {
        node.sealer.next = UINT32_MAX >> shift;
        node.sealer.next -= node.sealer.next == UINT32_MAX;
        CHECK(opened(&gateway, sealed(&node, "x"), "") == ENOW_LINK_ERR_REPLAY, "opens 2^%u", 32 - shift);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_vectors(argv[1]);
    test_order();
    test_tampered();
    test_limits();
    test_rekey();
    test_wipe();
    return check_result();
}
