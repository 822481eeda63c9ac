#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

static void test_vectors(const char *folder)
{
    const enow_crypto_t *crypto = real_crypto();
    vectors_t v;

    vectors_open(&v, folder, "keys.txt");
    while (vectors_next(&v, 6)) {
        const enow_link_secret_t network = vector_secret(&v, "network");
        const enow_addr_t node = vector_addr(&v, "node");
        enow_link_secret_t device;
        enow_link_device_keys_t keys;

        CHECK(enow_link_device_key(&device, crypto, &network, node), "%s", v.name);
        CHECK(enow_link_device_keys(&keys, crypto, &device), "%s", v.name);
        CHECK(memcmp(&device, vector_of(&v, "device", sizeof device), sizeof device) == 0, "%s", v.name);
        CHECK(memcmp(&keys.psk, vector_of(&v, "psk", sizeof keys.psk), sizeof keys.psk) == 0, "%s", v.name);
        CHECK(memcmp(&keys.search, vector_of(&v, "search", sizeof keys.search), sizeof keys.search) == 0, "%s", v.name);
        CHECK(memcmp(&keys.reset, vector_of(&v, "reset", sizeof keys.reset), sizeof keys.reset) == 0, "%s", v.name);
    }
}

/* RFC 5869. A salt shorter than a hash is HMAC's key with zeros behind it, one longer than a block its hash. */
static void test_hkdf(const char *folder)
{
    const enow_crypto_t *crypto = real_crypto();
    vectors_t v;

    vectors_open(&v, folder, "hkdf.txt");
    while (vectors_next(&v, 3)) {
        uint8_t salt[ENOW_CRYPTO_HASH_SIZE] = {0}, out[2 * ENOW_CRYPTO_HASH_SIZE], again[ENOW_CRYPTO_HASH_SIZE];
        enow_bytes_t given, key, info;

        given.data = vector_get(&v, "salt", &given.len);
        key.data = vector_get(&v, "ikm", &key.len);
        info.data = vector_get(&v, "info", &info.len);
        if (given.len <= sizeof salt) {
            memcpy(salt, given.data, given.len);
        } else {
            CHECK(given.len > 64 && crypto->sha256(NULL, &given, 1, salt), "%s: a salt that this test cannot take",
                  v.name);
        }
        CHECK(enow_link_hkdf(crypto, salt, key, info, out, out + ENOW_CRYPTO_HASH_SIZE), "%s", v.name);
        size_t len;
        const uint8_t *okm = vector_get(&v, "okm", &len);
        CHECK(len > ENOW_CRYPTO_HASH_SIZE && memcmp(out, okm, len < sizeof out ? len : sizeof out) == 0, "%s", v.name);
        CHECK(enow_link_hkdf(crypto, salt, key, info, again, NULL) && memcmp(again, okm, sizeof again) == 0,
              "%s: one block", v.name);
        CHECK(enow_link_hkdf(crypto, salt, key, info, salt, again) && memcmp(salt, okm, sizeof salt) == 0 &&
                  memcmp(again, out + ENOW_CRYPTO_HASH_SIZE, sizeof again) == 0,
              "%s: over its salt", v.name);
    }
}

static void test_secret_compare(void)
{
    enow_link_secret_t a = test_secret(1), b = test_secret(1);

    CHECK(enow_link_same(&a, &b, sizeof a), "equal ones");
    CHECK(enow_link_same(&a, &b, 0), "no bytes");
    for (unsigned bit = 0; bit < 8 * sizeof b.bytes; bit++) {
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!enow_link_same(&a, &b, sizeof a), "bit %u", bit);
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(&a, 0xff, sizeof a);
    CHECK(enow_link_secret_weak(&a), "erased flash");
    for (size_t i = 0; i < sizeof a.bytes; i++) {
        a.bytes[i] = 0xfe;
        CHECK(!enow_link_secret_weak(&a), "byte %u differs", (unsigned)i);
        a.bytes[i] = 0xff;
    }
    enow_link_wipe(a.bytes + 1, sizeof a.bytes - 2);
    CHECK(a.bytes[0] == 0xff && a.bytes[31] == 0xff && a.bytes[1] == 0 && a.bytes[30] == 0,
          "wiped too much, or too little");
}

static void test_keyring(void)
{
    enow_link_keyring_t ring = {0};
    const enow_link_secret_t first = test_secret(1), second = test_secret(2), third = test_secret(3), weak = {{0}};
    enow_link_secret_t copied = first;

    CHECK(enow_link_keyring_get(&ring, 0) == NULL, "an empty ring has a key");
    CHECK(!enow_link_keyring_add(&ring, 0, &first), "id 0");
    CHECK(!enow_link_keyring_add(&ring, 1, &weak), "a weak key");
    CHECK(enow_link_keyring_add(&ring, 255, &copied), "id 255");
    copied = third;
    CHECK(!enow_link_keyring_add(&ring, 255, &second), "an id that is taken");
    CHECK(!enow_link_keyring_add(&ring, 1, &first), "one key under two ids");
    CHECK(enow_link_keyring_add(&ring, 1, &second), "the second key");
    CHECK(!enow_link_keyring_add(&ring, 2, &third), "a third key");
    const enow_link_secret_t *got = enow_link_keyring_get(&ring, 255);
    CHECK(got != NULL && enow_link_same(got, &first, sizeof first), "the first key is not its own copy");

    enow_link_keyring_remove(&ring, 7);
    CHECK(ring.count == 2, "a key went that is not there");
    enow_link_keyring_remove(&ring, 255);
    CHECK(enow_link_keyring_get(&ring, 255) == NULL, "a key that was removed is there still");
    got = enow_link_keyring_get(&ring, 1);
    CHECK(got != NULL && enow_link_same(got, &second, sizeof second), "the other key is gone");
    CHECK(enow_link_secret_weak(&ring.keys[1].key), "a key is left behind");
    CHECK(enow_link_keyring_add(&ring, 255, &third), "an id that is free again");
    enow_link_keyring_remove(&ring, 255);
    enow_link_keyring_remove(&ring, 1);
    CHECK(ring.count == 0 && enow_link_secret_weak(&ring.keys[0].key), "the last key is left behind");
}

/* Each function of the table may fail, and then there is no key. */
static void test_failures(void)
{
    const enow_link_secret_t network = test_secret(1);
    failing_crypto_t table;
    enow_link_device_keys_t keys;
    enow_link_secret_t out;
    unsigned at;

    for (at = 0; !enow_link_device_key(&out, failing(&table, at), &network, test_node); at++) {
    }
    CHECK(at == 2 && table.calls == 2, "%u calls", at);
    for (at = 0; !enow_link_device_keys(&keys, failing(&table, at), &network); at++) {
    }
    CHECK(at == 6 && table.calls == 6, "%u calls", at);
    CHECK(!enow_link_secret_random(&out, failing(&table, 0)), "no random bytes");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_vectors(argv[1]);
    test_hkdf(argv[1]);
    test_secret_compare();
    test_keyring();
    test_failures();
    return check_result();
}
