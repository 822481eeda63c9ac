#include "../src/bytes.h"
#include "../src/handshake.h"
#include "../src/proof.h"
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

enum { JOIN_CLEAR = 16, ANSWER_CLEAR = 15, SESSION = 7 };

/* Both sides of one join, and what goes between them. */
typedef struct {
    enow_link_join_t join;
    uint8_t connect[128];
    size_t connect_len;
    enow_pkt_connect_t decoded; /* CONNECT, as the gateway reads it */
    enow_link_join_request_t request;
    uint8_t hello[128];
    uint8_t welcome[64];
    size_t welcome_len;
    enow_link_session_keys_t gateway_keys;
    uint8_t connack[128];
    size_t connack_len;
} exchange_t;

static const uint8_t *as_frame(const uint8_t *packet, size_t len, uint8_t type, enow_raw_packet_t *raw)
{
    enow_walk_t walk;

    enow_walk_init(&walk, packet, len);
    CHECK(enow_walk_next(&walk, raw) == 1 && raw->type == type && walk.offset == len, "no single packet of type %u",
          type);
    return raw->body;
}

static enow_pkt_connect_t decode_connect(const uint8_t *packet, size_t len)
{
    enow_raw_packet_t raw;
    enow_pkt_connect_t p;

    (void)as_frame(packet, len, ENOW_TYPE_CONNECT, &raw);
    CHECK(enow_pkt_connect_decode(&p, raw.flags, raw.body, raw.body_len) > 0, "no CONNECT");
    return p;
}

static enow_pkt_connect_t test_connect(void)
{
    enow_pkt_connect_t c;

    enow_pkt_connect_init(&c);
    c.version = ENOW_VERSION;
    c.key_id = 1;
    c.nonce = 0x12345678;
    memset(c.cookie, 0xc0, sizeof c.cookie);
    return c;
}

static size_t test_hello(uint8_t *buf, size_t cap)
{
    enow_hello_t hello;

    enow_hello_init(&hello);
    hello.boot = 0xb007;
    hello.max_message = 65536;
    hello.max_frame = ENOW_MAX_FRAME_V1;
    hello.keep_alive = 60;
    hello.window = 64;
    const int len = enow_hello_encode(&hello, buf, cap);
    CHECK(len > 0, "hello: %d", len);
    return (size_t)len;
}

static size_t test_welcome(uint8_t *buf, size_t cap)
{
    enow_welcome_t welcome;

    enow_welcome_init(&welcome);
    welcome.boot = 0xb007;
    welcome.max_message = 65536;
    welcome.max_frame = ENOW_MAX_FRAME_V1;
    welcome.keep_alive = 60;
    welcome.session = SESSION;
    welcome.window = 64;
    welcome.channel = 6;
    const int len = enow_welcome_encode(&welcome, buf, cap);
    CHECK(len > 0, "welcome: %d", len);
    return (size_t)len;
}

/* A join as far as the gateway's reading of it. */
static void connect_test(exchange_t *x, uint8_t psk_seed)
{
    const enow_link_secret_t psk = test_secret(psk_seed);
    const enow_pkt_connect_t c = test_connect();
    fixed_crypto_t fixed;
    uint8_t hello[32];
    const size_t hello_len = test_hello(hello, sizeof hello);
    const int len = enow_link_join_begin(&x->join, fixed_seed(&fixed, 0x10), &psk, &test_node, &test_gateway, &c,
                                         enow_link_bytes(hello, hello_len), x->connect, sizeof x->connect);

    CHECK(len > 0, "CONNECT: %d", len);
    x->connect_len = (size_t)len;
    x->decoded = decode_connect(x->connect, x->connect_len);
    CHECK(enow_link_join_request_read(&x->request, real_crypto(), &psk, &test_node, &test_gateway, &x->decoded,
                                      x->connect, x->connect_len, x->hello, sizeof x->hello) == 0,
          "the request");
}

/* The gateway's answer, with a welcome that is in place. */
static void answer_test(exchange_t *x)
{
    const enow_link_secret_t search = test_secret(3);
    enow_pkt_connack_t answer;
    fixed_crypto_t fixed;

    CHECK(enow_link_join_request_accept(&x->request, fixed_seed(&fixed, 0x30), x->welcome, x->welcome_len, &answer,
                                        &x->gateway_keys),
          "accept");
    const int len = enow_link_encode_answer(real_crypto(), &search, &test_gateway, &test_node, &answer, x->connack,
                                            sizeof x->connack);
    CHECK(len > 0, "CONNACK: %d", len);
    x->connack_len = (size_t)len;
}

static void exchange_test(exchange_t *x, uint8_t psk_seed)
{
    connect_test(x, psk_seed);
    x->welcome_len = test_welcome(x->welcome, sizeof x->welcome);
    answer_test(x);
}

/* Offers a copy of a CONNACK to the node. */
static int finish(const exchange_t *x, const uint8_t *connack, size_t len, enow_link_session_keys_t *keys)
{
    uint8_t copy[128];
    enow_welcome_t welcome;

    memcpy(copy, connack, len);
    const int result = enow_link_join_finish(&x->join, real_crypto(), copy, len, &welcome, keys);
    CHECK(result != 0 || welcome.session == SESSION, "session %u", welcome.session);
    return result;
}

static void genuine(const exchange_t *x, const char *when)
{
    enow_link_session_keys_t keys;

    CHECK(finish(x, x->connack, x->connack_len, &keys) == 0, "%s", when);
    CHECK(memcmp(&keys, &x->gateway_keys, sizeof keys) == 0, "%s: two ends, two keys", when);
}

/* Compares every byte of a join with an implementation of its own. */
static void test_vectors(const char *folder)
{
    static vectors_t v;
    const enow_crypto_t *crypto = real_crypto();

    vectors_open(&v, folder, "handshake.txt");
    while (vectors_next(&v, 3)) {
        const enow_link_secret_t device = vector_secret(&v, "device");
        const enow_addr_t node = vector_addr(&v, "node"), gateway = vector_addr(&v, "gateway");
        static exchange_t x;
        size_t len, welcome_len;
        enow_link_device_keys_t keys;
        enow_link_session_keys_t node_keys;
        enow_pkt_connack_t answer;
        enow_bytes_t hello;
        enow_welcome_t welcome;
        fixed_crypto_t fixed;
        uint8_t connack[512], buf[512], again[512], hello_again[512];

        CHECK(enow_link_device_keys(&keys, crypto, &device), "%s", v.name);
        const uint8_t *wire = vector_get(&v, "connect", &len);
        const enow_pkt_connect_t p = decode_connect(wire, len);
        enow_pkt_connect_t c = p;
        c.flags &= ENOW_PKT_CONNECT_SLEEPY;
        hello.data = vector_get(&v, "hello", &hello.len);
        const int connect_len =
            enow_link_join_begin(&x.join, fixed_bytes(&fixed, vector_of(&v, "node_private", ENOW_CRYPTO_KEY_SIZE)),
                                 &keys.psk, &node, &gateway, &c, hello, buf, len);
        CHECK(connect_len == (int)len && memcmp(buf, wire, len) == 0, "%s: CONNECT %d", v.name, connect_len);

        CHECK(enow_link_join_request_read(&x.request, crypto, &keys.psk, &node, &gateway, &p, wire, len, again,
                                          hello.len + ENOW_CRYPTO_TAG_SIZE) == 0,
              "%s: the request", v.name);
        CHECK(memcmp(again, hello.data, hello.len) == 0, "%s: hello", v.name);
        CHECK(enow_hello_encode(&x.request.hello, hello_again, sizeof hello_again) == (int)hello.len &&
                  memcmp(hello_again, hello.data, hello.len) == 0,
              "%s: hello", v.name);

        const uint8_t *welcome_bytes = vector_get(&v, "welcome", &welcome_len);
        uint8_t welcome_buf[256];
        memcpy(welcome_buf, welcome_bytes, welcome_len);
        CHECK(enow_link_join_request_accept(&x.request,
                                            fixed_bytes(&fixed, vector_of(&v, "gateway_private", ENOW_CRYPTO_KEY_SIZE)),
                                            welcome_buf, welcome_len, &answer, &x.gateway_keys),
              "%s: accept", v.name);
        const int connack_len =
            enow_link_encode_answer(crypto, &keys.search, &gateway, &node, &answer, connack, sizeof connack);
        wire = vector_get(&v, "connack", &len);
        CHECK(connack_len == (int)len && memcmp(connack, wire, len) == 0, "%s: CONNACK %d", v.name, connack_len);
        CHECK(memcmp(x.request.noise.hash, vector_of(&v, "hash", ENOW_CRYPTO_HASH_SIZE), ENOW_CRYPTO_HASH_SIZE) == 0,
              "%s: hash", v.name);
        CHECK(enow_link_check_answer(crypto, &keys.search, &gateway, &node, connack, len), "%s: proof", v.name);
        CHECK(enow_link_join_finish(&x.join, crypto, connack, len, &welcome, &node_keys) == 0, "%s: finish", v.name);
        CHECK(enow_welcome_encode(&welcome, again, sizeof again) == (int)welcome_len &&
                  memcmp(again, welcome_bytes, welcome_len) == 0,
              "%s: welcome", v.name);
        CHECK(memcmp(&node_keys, &x.gateway_keys, sizeof node_keys) == 0, "%s: two ends, two keys", v.name);
        CHECK(memcmp(&node_keys.up, vector_of(&v, "up", 32), 32) == 0, "%s: up", v.name);
        CHECK(memcmp(&node_keys.down, vector_of(&v, "down", 32), 32) == 0, "%s: down", v.name);

        enow_link_tunnel_t ends[2];
        static const char *const packets[] = {"up_packet", "down_packet"}, *const sealed[] = {"up_sealed",
                                                                                              "down_sealed"};
        enow_link_tunnel_init_node(&ends[0], 0, &node_keys, welcome.session);
        enow_link_tunnel_init_gateway(&ends[1], 0, &x.gateway_keys, welcome.session);
        for (size_t way = 0; way < 2; way++) {
            const uint8_t *packet = vector_get(&v, packets[way], &len);
            size_t want_len;
            const uint8_t *want = vector_get(&v, sealed[way], &want_len);

            memcpy(buf + ENOW_LINK_SEALED_CLEAR, packet, len);
            CHECK(enow_link_sealer_seal(&ends[way].sealer, crypto, buf, len, sizeof buf) == (int)want_len &&
                      memcmp(buf, want, want_len) == 0,
                  "%s: %s", v.name, sealed[way]);
            CHECK(enow_link_opener_open(&ends[1 - way].opener, crypto, buf, want_len) == (int)len, "%s: opens", v.name);
        }
    }
}

/* Any change of a CONNECT, of its flags and length included, is found without Diffie-Hellman. */
static void test_join_tampered(void)
{
    const enow_link_secret_t psk = test_secret(1), other_psk = test_secret(2);
    enow_crypto_t symmetric = *real_crypto();
    static exchange_t x;
    enow_link_join_request_t request;
    uint8_t buf[128], packet[129] = {0};

    symmetric.random = NULL;
    symmetric.x25519_public = NULL;
    symmetric.x25519 = NULL;
    connect_test(&x, 1);
    memcpy(packet, x.connect, x.connect_len);
#define READ(key, node, gateway, len)                                                                                  \
    enow_link_join_request_read(&request, &symmetric, key, &node, &gateway, &x.decoded, packet, len, buf, sizeof buf)
    CHECK(READ(&psk, test_node, test_gateway, x.connect_len) == 0 && request.echo == 0x12345678, "the genuine one");
    CHECK(memcmp(packet, x.connect, x.connect_len) == 0, "the packet is changed");
    for (size_t bit = 0; bit < 8 * x.connect_len; bit++) {
        packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(READ(&psk, test_node, test_gateway, x.connect_len) == ENOW_LINK_ERR_FORGED, "bit %u", (unsigned)bit);
        packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < x.connect_len; len++) {
        const int want = len < JOIN_CLEAR + 48 ? (int)ENOW_ERR_SHORT : (int)ENOW_LINK_ERR_FORGED;

        CHECK(READ(&psk, test_node, test_gateway, len) == want, "%u bytes", (unsigned)len);
    }
    CHECK(READ(&psk, test_node, test_gateway, x.connect_len + 1) == ENOW_LINK_ERR_FORGED, "a byte more");
    CHECK(READ(&psk, test_other, test_gateway, x.connect_len) == ENOW_LINK_ERR_FORGED, "another node");
    CHECK(READ(&psk, test_node, test_other, x.connect_len) == ENOW_LINK_ERR_FORGED, "another gateway");
    CHECK(READ(&other_psk, test_node, test_gateway, x.connect_len) == ENOW_LINK_ERR_FORGED, "another key");
#undef READ
    const size_t sealed = x.connect_len - JOIN_CLEAR - 32;
    CHECK(enow_link_join_request_read(&request, &symmetric, &psk, &test_node, &test_gateway, &x.decoded, packet,
                                      x.connect_len, buf, sealed - 1) == ENOW_ERR_CAPACITY,
          "no room for the hello");
}

/* A bad answer, however it is bad, does not spoil the genuine one. */
static void test_answer_tampered(void)
{
    const enow_link_secret_t search = test_secret(3);
    static exchange_t x, other;
    uint8_t sent[128], changed[128];
    enow_link_session_keys_t keys;

    exchange_test(&x, 1);
    memcpy(sent, x.connect, sizeof sent);
    genuine(&x, "at first");
    CHECK(enow_link_check_answer(real_crypto(), &search, &test_gateway, &test_node, x.connack, x.connack_len),
          "the proof");
    for (size_t bit = 0; bit < 8 * x.connack_len; bit++) {
        memcpy(changed, x.connack, x.connack_len);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!enow_link_check_answer(real_crypto(), &search, &test_gateway, &test_node, changed, x.connack_len),
              "proven with bit %u changed", (unsigned)bit);
        if (bit / 8 >= ANSWER_CLEAR) {
            CHECK(finish(&x, changed, x.connack_len, &keys) == ENOW_LINK_ERR_FORGED, "bit %u", (unsigned)bit);
        }
    }
    for (size_t len = 0; len < x.connack_len; len++) {
        const int want = len < ANSWER_CLEAR + 48 ? (int)ENOW_ERR_SHORT : (int)ENOW_LINK_ERR_FORGED;

        CHECK(finish(&x, x.connack, len, &keys) == want, "%u bytes", (unsigned)len);
    }
    genuine(&x, "after the forged ones");
    CHECK(memcmp(sent, x.connect, sizeof sent) == 0, "the next repeat differs");

    exchange_test(&other, 2);
    CHECK(finish(&other, x.connack, x.connack_len, &keys) == ENOW_LINK_ERR_FORGED, "the answer to another");
}

/* X25519 gives zero for these whatever the private key: such a secret is everybody's. */
static void test_zero_secret(const char *folder)
{
    static vectors_t v;

    vectors_open(&v, folder, "x25519.txt");
    while (vectors_next(&v, 14)) {
        const uint8_t *public_key = vector_of(&v, "public", ENOW_CRYPTO_KEY_SIZE);
        static exchange_t x;
        enow_link_session_keys_t keys;
        enow_pkt_connack_t answer;

        exchange_test(&x, 1);
        memcpy(x.connack + ANSWER_CLEAR, public_key, ENOW_CRYPTO_KEY_SIZE);
        CHECK(finish(&x, x.connack, x.connack_len, &keys) == ENOW_LINK_ERR_FORGED, "%s: the node", v.name);
        connect_test(&x, 1);
        memcpy(x.request.ephemeral, public_key, ENOW_CRYPTO_KEY_SIZE); /* as from a node that holds the psk */
        x.welcome_len = test_welcome(x.welcome, sizeof x.welcome);
        CHECK(!enow_link_join_request_accept(&x.request, real_crypto(), x.welcome, x.welcome_len, &answer, &keys),
              "%s: the gateway", v.name);
    }
}

/* No two joins share an e. */
static void test_joins_differ(void)
{
    const enow_link_secret_t psk = test_secret(1), zeros = {{0}};
    const enow_pkt_connect_t c = test_connect();
    enow_link_join_t first, second;
    fixed_crypto_t fixed;
    uint8_t hello[32], buf[2][128];
    const enow_bytes_t hello_bytes = enow_link_bytes(hello, test_hello(hello, sizeof hello));

    (void)fixed_seed(&fixed, 1);
    CHECK(enow_link_join_begin(&first, &fixed.crypto, &psk, &test_node, &test_gateway, &c, hello_bytes, buf[0], 128) >
                  0 &&
              enow_link_join_begin(&second, &fixed.crypto, &psk, &test_node, &test_gateway, &c, hello_bytes, buf[1],
                                   128) > 0,
          "two joins");
    CHECK(memcmp(buf[0] + JOIN_CLEAR, buf[1] + JOIN_CLEAR, ENOW_CRYPTO_KEY_SIZE) != 0, "one e");
    enow_link_join_wipe(&first);
    CHECK(enow_link_same(&first.private_key, &zeros, sizeof zeros), "e is not wiped");
    CHECK(enow_link_same(&first.psk, &zeros, sizeof zeros), "the psk is not wiped");

    static exchange_t x;
    const enow_link_noise_t nothing = {{0}, {{0}}, {{0}}};
    connect_test(&x, 1);
    enow_link_join_request_wipe(&x.request);
    CHECK(memcmp(&x.request.noise, &nothing, sizeof nothing) == 0, "the request is not wiped");
}

/* The longest hello and a byte more: 1468 bytes of body hold 62 that are not hello's. */
static void test_limits(void)
{
    const enow_link_secret_t psk = test_secret(1);
    static uint8_t hello[ENOW_MAX_BODY - 62 + 1], buf[ENOW_MAX_FRAME_V2];
    enow_pkt_connect_t c = test_connect();
    enow_link_join_t join;

#define BEGIN(len, cap)                                                                                                \
    enow_link_join_begin(&join, real_crypto(), &psk, &test_node, &test_gateway, &c, enow_link_bytes(hello, len), buf,  \
                         cap)
    CHECK(BEGIN(sizeof hello - 1, sizeof buf) == ENOW_MAX_FRAME_V2, "the longest hello");
    CHECK(BEGIN(sizeof hello, sizeof buf) == ENOW_ERR_TOO_LONG, "a byte more");
    CHECK(BEGIN(13, 77) == 77, "a buffer that fits");
    CHECK(BEGIN(13, 76) == ENOW_ERR_CAPACITY, "one that does not");
    c.key_id = 0;
    CHECK(BEGIN(13, sizeof buf) == ENOW_ERR_RANGE, "key_id 0");
#undef BEGIN
}

/* What has the right tag may still be no hello, or no welcome. */
static void test_bad_payload(void)
{
    const enow_link_secret_t psk = test_secret(1);
    const enow_pkt_connect_t c = test_connect();
    static exchange_t x;
    enow_link_session_keys_t keys;
    uint8_t buf[128];

    connect_test(&x, 1);
    memcpy(x.welcome, "no welcome", 10);
    x.welcome_len = 10;
    answer_test(&x);
    CHECK(finish(&x, x.connack, x.connack_len, &keys) == ENOW_ERR_SHORT, "no welcome");

    const int len = enow_link_join_begin(&x.join, real_crypto(), &psk, &test_node, &test_gateway, &c,
                                         ENOW_LINK_TEXT("no hello"), x.connect, sizeof x.connect);
    CHECK(len > 0, "CONNECT: %d", len);
    CHECK(enow_link_join_request_read(&x.request, real_crypto(), &psk, &test_node, &test_gateway, &x.decoded, x.connect,
                                      (size_t)len, buf, sizeof buf) == ENOW_ERR_SHORT,
          "no hello");
}

/* Each function of the table may fail; then there is an error, and never a key. */
static void test_failures(void)
{
    enum { NEVER = -1 };
    const enow_link_secret_t psk = test_secret(1);
    const enow_pkt_connect_t c = test_connect();
    static exchange_t x;
    enow_link_join_t join;
    enow_link_join_request_t request;
    enow_link_session_keys_t keys;
    enow_pkt_connack_t answer;
    enow_welcome_t welcome;
    failing_crypto_t table;
    uint8_t hello[32], buf[128];
    const enow_bytes_t hello_bytes = enow_link_bytes(hello, test_hello(hello, sizeof hello));

    exchange_test(&x, 1);
    for (int at = NEVER, calls = 0; at < calls; at++) {
        const int result = enow_link_join_begin(&join, failing(&table, (unsigned)at), &psk, &test_node, &test_gateway,
                                                &c, hello_bytes, buf, sizeof buf);
        CHECK(at == NEVER ? result > 0 : result == ENOW_LINK_ERR_CRYPTO, "call %d of begin: %d", at, result);
        calls = at == NEVER ? (int)table.calls : calls;
    }
    for (int at = NEVER, calls = 0; at < calls; at++) {
        const int result =
            enow_link_join_request_read(&request, failing(&table, (unsigned)at), &psk, &test_node, &test_gateway,
                                        &x.decoded, x.connect, x.connect_len, buf, sizeof buf);
        CHECK(at == NEVER ? result == 0 : result == ENOW_LINK_ERR_FORGED, "call %d of read: %d", at, result);
        calls = at == NEVER ? (int)table.calls : calls;
    }
    for (int at = NEVER, calls = 0; at < calls; at++) {
        memcpy(buf, x.connack, x.connack_len);
        const int result =
            enow_link_join_finish(&x.join, failing(&table, (unsigned)at), buf, x.connack_len, &welcome, &keys);
        CHECK(at == NEVER ? result == 0 : result == ENOW_LINK_ERR_FORGED || result == ENOW_LINK_ERR_CRYPTO,
              "call %d of finish: %d", at, result);
        calls = at == NEVER ? (int)table.calls : calls;
    }
    for (int at = NEVER, calls = 0; at < calls; at++) {
        connect_test(&x, 1);
        const size_t len = test_welcome(x.welcome, sizeof x.welcome);
        const bool accepted =
            enow_link_join_request_accept(&x.request, failing(&table, (unsigned)at), x.welcome, len, &answer, &keys);
        CHECK(accepted == (at == NEVER), "call %d of accept", at);
        calls = at == NEVER ? (int)table.calls : calls;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_vectors(argv[1]);
    test_join_tampered();
    test_answer_tampered();
    test_zero_secret(argv[1]);
    test_joins_differ();
    test_limits();
    test_bad_payload();
    test_failures();
    return check_result();
}
