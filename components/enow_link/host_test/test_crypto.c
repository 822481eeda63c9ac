/* A table against published vectors. */
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

/* Public keys with the unused bit set are taken for what they stand for (RFC 7748, section 5). */
static void test_x25519(const char *folder)
{
    const enow_crypto_t *crypto = real_crypto();
    static const uint8_t base[ENOW_CRYPTO_KEY_SIZE] = {9};
    uint8_t out[ENOW_CRYPTO_KEY_SIZE], same[ENOW_CRYPTO_KEY_SIZE];
    vectors_t v;

    vectors_open(&v, folder, "x25519_shared.txt");
    while (vectors_next(&v, 3)) {
        const uint8_t *private_key = vector_of(&v, "private", sizeof out),
                      *shared = vector_of(&v, "shared", sizeof out);
        uint8_t *public_key = vector_of(&v, "public", sizeof out);

        for (unsigned unused = 0; unused <= 0x80; unused += 0x80) {
            public_key[31] = (uint8_t)((public_key[31] & 0x7f) | unused);
            CHECK(crypto->x25519(NULL, private_key, public_key, out) && memcmp(out, shared, sizeof out) == 0, "%s",
                  v.name);
        }
        CHECK(crypto->x25519_public(NULL, private_key, out), "%s", v.name);
        CHECK(crypto->x25519(NULL, private_key, base, same) && memcmp(out, same, sizeof out) == 0, "%s", v.name);
        for (uint8_t u = 2; u < 19; u++) { /* and 2^255 - 19 + u, which is the same */
            uint8_t least[ENOW_CRYPTO_KEY_SIZE] = {u}, other[ENOW_CRYPTO_KEY_SIZE];

            memset(other, 0xff, sizeof other);
            other[0] = (uint8_t)(0xed + u);
            other[31] = 0x7f;
            CHECK(crypto->x25519(NULL, private_key, least, out) && crypto->x25519(NULL, private_key, other, same) &&
                      memcmp(out, same, sizeof out) == 0,
                  "%s: u = %u", v.name, u);
        }
    }
    vectors_open(&v, folder, "x25519.txt");
    while (vectors_next(&v, 14)) {
        const enow_link_secret_t private_key = test_secret(1);

        CHECK(!crypto->x25519(NULL, private_key.bytes, vector_of(&v, "public", sizeof out), out), "%s", v.name);
    }
}

/* SHA-256 of "abc" (FIPS 180-4) in any parts, over itself too. */
static void test_sha256(void)
{
    static const uint8_t want[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                   0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                   0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    const enow_crypto_t *crypto = real_crypto();

    for (size_t first = 0; first <= 3; first++) {
        uint8_t out[ENOW_CRYPTO_HASH_SIZE] = "abc";
        const enow_bytes_t parts[] = {{out, first}, {NULL, 0}, {out + first, 3 - first}};

        CHECK(crypto->sha256(NULL, parts, 3, out) && memcmp(out, want, sizeof out) == 0, "%u bytes first",
              (unsigned)first);
    }
}

/* The tag stays, clear text may be none, and data none. */
static void test_seal(void)
{
    const enow_crypto_t *crypto = real_crypto();
    const enow_link_secret_t key = test_secret(1);
    static const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE] = {1};
    static const char text[] = "as many bytes as are not a whole number of blocks";

    for (size_t len = 0; len <= sizeof text; len++) {
        for (size_t clear = 0; clear < 2; clear++) {
            const enow_bytes_t clear_text = {clear == 0 ? NULL : nonce, clear};
            uint8_t sealed[sizeof text + ENOW_CRYPTO_TAG_SIZE], changed[sizeof sealed];

            memcpy(sealed, text, len);
            CHECK(crypto->seal(NULL, key.bytes, nonce, clear_text, sealed, len), "%u bytes", (unsigned)len);
            memcpy(changed, sealed, sizeof sealed);
            changed[len + ENOW_CRYPTO_TAG_SIZE - 1] ^= 1;
            CHECK(!crypto->open(NULL, key.bytes, nonce, clear_text, changed, len), "%u bytes", (unsigned)len);
            CHECK(memcmp(changed + len, sealed + len, ENOW_CRYPTO_TAG_SIZE - 1) == 0, "%u bytes", (unsigned)len);
            CHECK(crypto->open(NULL, key.bytes, nonce, clear_text, sealed, len) && memcmp(sealed, text, len) == 0,
                  "%u bytes", (unsigned)len);
        }
    }
}

static void test_random(void)
{
    const enow_crypto_t *crypto = real_crypto();
    enow_link_secret_t first, second;

    CHECK(enow_link_secret_random(&first, crypto) && enow_link_secret_random(&second, crypto), "random");
    CHECK(!enow_link_same(&first, &second, sizeof first) && !enow_link_secret_weak(&first), "the same bytes twice");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_x25519(argv[1]);
    test_sha256();
    test_seal();
    test_random();
    return check_result();
}
