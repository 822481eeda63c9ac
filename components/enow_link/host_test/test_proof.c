#include "../src/proof.h"
#include "../src/seal.h"
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

enum { SEARCH, ANSWER, RESET, KINDS };

typedef struct {
    int kind;
    enow_link_secret_t key;
    enow_addr_t gateway;
    uint8_t tag[ENOW_CRYPTO_TAG_SIZE];
} kind_t;

static bool proven(const kind_t *k, enow_addr_t gateway, enow_addr_t node, const uint8_t *packet, size_t len)
{
    uint8_t proof[ENOW_LINK_PROOF_SIZE];
    enow_pkt_disconnect_t p;

    switch (k->kind) {
    case SEARCH:
        return enow_link_check_search(real_crypto(), &k->key, &node, packet, len);
    case ANSWER:
        return enow_link_check_answer(real_crypto(), &k->key, &gateway, &node, packet, len);
    default: /* decoded before it is checked */
        return len == 16 && packet[0] == 0xe1 && packet[1] == 14 &&
               enow_pkt_disconnect_decode(&p, ENOW_PKT_DISCONNECT_RESET, packet + 2, len - 2) > 0 &&
               enow_link_reset_proof(proof, real_crypto(), &k->key, &gateway, &node, &p, k->tag) &&
               enow_link_same(proof, p.proof, sizeof proof);
    }
}

/* Encodes what a packet says again, without its proof. */
static int encode_again(const kind_t *k, enow_addr_t node, const uint8_t *packet, size_t len, uint8_t *buf, size_t cap)
{
    enow_pkt_connect_t connect;
    enow_pkt_connack_t connack;
    const uint8_t flags = packet[0] & 0x0f;

    if (k->kind == SEARCH) {
        CHECK(enow_pkt_connect_decode(&connect, flags, packet + 2, len - 2) > 0, "no CONNECT");
        memset(connect.proof, 0, sizeof connect.proof);
        return enow_link_encode_search(real_crypto(), &k->key, &node, &connect, buf, cap);
    }
    CHECK(enow_pkt_connack_decode(&connack, flags, packet + 2, len - 2) > 0, "no CONNACK");
    memset(connack.proof, 0, sizeof connack.proof);
    return enow_link_encode_answer(real_crypto(), &k->key, &k->gateway, &node, &connack, buf, cap);
}

static void test_vectors(const char *folder)
{
    unsigned kinds[KINDS] = {0};
    vectors_t v;

    vectors_open(&v, folder, "proofs.txt");
    while (vectors_next(&v, 7)) {
        const enow_addr_t node = vector_addr(&v, "node");
        kind_t k = {0};
        size_t len;
        uint8_t *packet = vector_get(&v, "packet", &len), again[256];

        k.kind = strncmp(v.name, "search", 6) == 0 ? SEARCH : strncmp(v.name, "answer", 6) == 0 ? ANSWER : RESET;
        k.key = vector_secret(&v, k.kind == RESET ? "reset" : "search");
        kinds[k.kind]++;
        if (k.kind != SEARCH) {
            k.gateway = vector_addr(&v, "gateway");
            CHECK(!proven(&k, test_other, node, packet, len), "%s: for another gateway", v.name);
        }
        if (k.kind == RESET) {
            CHECK(!proven(&k, k.gateway, node, packet, len), "%s: for another packet", v.name);
            memcpy(k.tag, vector_of(&v, "tag", sizeof k.tag), sizeof k.tag);
        } else if (strcmp(v.name, "search_tail") != 0) { /* which no writer of this version sends */
            const int got = encode_again(&k, node, packet, len, again, sizeof again);
            CHECK(got == (int)len && memcmp(again, packet, len) == 0, "%s: encoded again", v.name);
            CHECK(encode_again(&k, node, packet, len, again, len) == (int)len, "%s: in a buffer that fits", v.name);
            CHECK(encode_again(&k, node, packet, len, again, len - 1) == ENOW_ERR_CAPACITY, "%s: in one that does not",
                  v.name);
        }
        CHECK(proven(&k, k.gateway, node, packet, len), "%s", v.name);
        CHECK(!proven(&k, k.gateway, test_other, packet, len), "%s: for another node", v.name);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(!proven(&k, k.gateway, node, packet, len), "%s: with bit %u changed", v.name, (unsigned)bit);
            packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t n = 0; n < len; n++) {
            CHECK(!proven(&k, k.gateway, node, packet, n), "%s: with %u bytes", v.name, (unsigned)n);
        }
    }
    CHECK(kinds[SEARCH] > 0 && kinds[ANSWER] > 0 && kinds[RESET] > 0, "a kind without vectors");
}

/* A proof is of one kind: neither the key nor the form of one serves for another. */
static void test_apart(void)
{
    const enow_crypto_t *crypto = real_crypto();
    const enow_link_secret_t network = test_secret(1);
    enow_link_secret_t device;
    enow_link_device_keys_t keys;
    enow_pkt_connect_t p;
    uint8_t buf[64];

    CHECK(enow_link_device_key(&device, crypto, &network, test_node) && enow_link_device_keys(&keys, crypto, &device),
          "keys");
    enow_pkt_connect_init(&p);
    p.flags = ENOW_PKT_CONNECT_SECURE;
    p.version = p.key_id = 1;
    const int len = enow_link_encode_search(crypto, &keys.search, &test_node, &p, buf, sizeof buf);
    CHECK(len > 0 && enow_link_check_search(crypto, &keys.search, &test_node, buf, (size_t)len), "the search");
    CHECK(!enow_link_check_search(crypto, &keys.psk, &test_node, buf, (size_t)len), "by the psk");
    CHECK(!enow_link_check_search(crypto, &keys.reset, &test_node, buf, (size_t)len), "by the reset key");
    CHECK(!enow_link_check_answer(crypto, &keys.search, &test_gateway, &test_node, buf, (size_t)len), "as an answer");
}

static void test_refuses(void)
{
    const enow_link_secret_t key = test_secret(1);
    failing_crypto_t table;
    enow_pkt_connect_t connect;
    enow_pkt_connack_t connack;
    enow_pkt_disconnect_t disconnect;
    uint8_t buf[64], proof[ENOW_LINK_PROOF_SIZE], tag[ENOW_CRYPTO_TAG_SIZE] = {0};

    enow_pkt_connect_init(&connect);
    connect.flags = ENOW_PKT_CONNECT_SECURE;
    CHECK(enow_link_encode_search(real_crypto(), &key, &test_node, &connect, buf, sizeof buf) == ENOW_ERR_RANGE,
          "key_id 0");
    connect.key_id = 1;
    CHECK(enow_link_encode_search(failing(&table, 0), &key, &test_node, &connect, buf, sizeof buf) ==
              ENOW_LINK_ERR_CRYPTO,
          "a search without HMAC");
    enow_pkt_connack_init(&connack);
    connack.flags = 2;
    CHECK(enow_link_encode_answer(real_crypto(), &key, &test_gateway, &test_node, &connack, buf, sizeof buf) ==
              ENOW_ERR_UNKNOWN_FLAG,
          "a flag");
    connack.flags = ENOW_PKT_CONNACK_SECURE;
    connack.status = ENOW_CONNACK_STATUS_BUSY;
    CHECK(enow_link_encode_answer(failing(&table, 0), &key, &test_gateway, &test_node, &connack, buf, sizeof buf) ==
              ENOW_LINK_ERR_CRYPTO,
          "an answer without HMAC");
    memset(buf, 0, sizeof buf);
    CHECK(!enow_link_check_search(failing(&table, 0), &key, &test_node, buf, 32), "checked without HMAC");
    CHECK(!enow_link_check_answer(failing(&table, 0), &key, &test_gateway, &test_node, buf, 32),
          "checked without HMAC");
    enow_pkt_disconnect_init(&disconnect);
    CHECK(!enow_link_reset_proof(proof, failing(&table, 0), &key, &test_gateway, &test_node, &disconnect, tag),
          "a reset");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_vectors(argv[1]);
    test_apart();
    test_refuses();
    return check_result();
}
