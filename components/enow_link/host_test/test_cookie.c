#include "../src/cookie.h"
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

static const uint64_t second_us = 1000000, minute_us = 60 * UINT64_C(1000000);

static void test_vectors(const char *folder)
{
    vectors_t v;

    vectors_open(&v, folder, "cookie.txt");
    while (vectors_next(&v, 3)) {
        const uint8_t *minute = vector_of(&v, "minute", 8);
        const enow_addr_t node = vector_addr(&v, "node");
        uint8_t cookie[ENOW_LINK_PROOF_SIZE];
        enow_link_cookies_t cookies;
        uint64_t m = 0;

        for (unsigned i = 8; i-- > 0;) {
            m = m << 8 | minute[i];
        }
        cookies.root = vector_secret(&v, "root");
        CHECK(enow_link_cookies_make(&cookies, real_crypto(), m * minute_us, &node, cookie), "%s", v.name);
        CHECK(memcmp(cookie, vector_of(&v, "cookie", sizeof cookie), sizeof cookie) == 0, "%s", v.name);
    }
}

/* A cookie is good for what is left of its minute and for the next. */
static void test_life(void)
{
    const uint64_t start = 7 * minute_us;
    const uint64_t made_at[] = {start, start + 30 * second_us, start + minute_us - 1};
    const enow_crypto_t *crypto;
    fixed_crypto_t fixed;
    enow_link_cookies_t cookies, again;

    crypto = fixed_seed(&fixed, 1);
    CHECK(enow_link_cookies_init(&cookies, crypto), "no root");
    CHECK(enow_link_cookies_init(&again, fixed_seed(&fixed, 2)), "no root");
    for (size_t i = 0; i < sizeof made_at / sizeof made_at[0]; i++) {
        const uint64_t made = made_at[i];
        const struct {
            uint64_t at;
            bool good;
        } cases[] = {
            {start - 1, false},
            {made, true},
            {start + minute_us, true},
            {start + 2 * minute_us - 1, true},
            {start + 2 * minute_us, false},
            {start + 60 * minute_us, false},
        };
        uint8_t cookie[ENOW_LINK_PROOF_SIZE];

        CHECK(enow_link_cookies_make(&cookies, crypto, made, &test_node, cookie), "no cookie");
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            CHECK(enow_link_cookies_check(&cookies, crypto, cases[c].at, &test_node, cookie) == cases[c].good,
                  "made at time %u, case %u", (unsigned)i, (unsigned)c);
        }
        CHECK(!enow_link_cookies_check(&cookies, crypto, made, &test_other, cookie), "another node's");
        CHECK(!enow_link_cookies_check(&again, crypto, made, &test_node, cookie), "after the gateway's restart");
        for (unsigned bit = 0; bit < 8 * sizeof cookie; bit++) {
            cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(!enow_link_cookies_check(&cookies, crypto, made, &test_node, cookie), "bit %u", bit);
            cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void test_failures(void)
{
    failing_crypto_t table;
    enow_link_cookies_t cookies;
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];
    unsigned at;

    CHECK(!enow_link_cookies_init(&cookies, failing(&table, 0)), "cookies without random bytes");
    cookies.root = test_secret(1);
    for (at = 0; !enow_link_cookies_make(&cookies, failing(&table, at), 0, &test_node, cookie); at++) {
    }
    CHECK(at == 2, "%u calls to make one", at);
    for (at = 0; !enow_link_cookies_check(&cookies, failing(&table, at), 0, &test_node, cookie); at++) {
    }
    CHECK(at == 4, "%u calls to check one", at);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    test_vectors(argv[1]);
    test_life();
    test_failures();
    return check_result();
}
