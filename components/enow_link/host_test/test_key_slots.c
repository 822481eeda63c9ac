/* The table on PSA takes one of its slots for keys at a time, leaves none taken, and fails where there is none. */
#include "check.h"
#include "enow/crypto.h"

#define MBEDTLS_ALLOW_PRIVATE_ACCESS /* to the statistics of slots */
#include <psa/crypto.h>
#include <string.h>

enum { SLOTS = 1000, FUNCTIONS = 5 };

/* Takes all slots, or as many as are enough to see that they have no end, and returns how many. */
static size_t take_slots(psa_key_id_t slots[SLOTS])
{
    const uint8_t key[ENOW_CRYPTO_KEY_SIZE] = {1};
    psa_key_attributes_t attributes = psa_key_attributes_init();
    size_t count = 0;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    while (count < SLOTS && psa_import_key(&attributes, key, sizeof key, &slots[count]) == PSA_SUCCESS) {
        count++;
    }
    return count;
}

/* Calls each function, and returns how many of those with a key succeed. */
static unsigned working(const enow_crypto_t *crypto)
{
    const uint8_t key[ENOW_CRYPTO_KEY_SIZE] = {1}, nonce[ENOW_CRYPTO_NONCE_SIZE] = {0};
    const enow_bytes_t none = {NULL, 0};
    uint8_t public_key[ENOW_CRYPTO_KEY_SIZE] = {9}, out[ENOW_CRYPTO_KEY_SIZE];
    uint8_t data[1 + ENOW_CRYPTO_TAG_SIZE] = {'x'};
    unsigned count = 0;

    CHECK(crypto->sha256(NULL, &none, 1, out), "a hash has no key");
    count += crypto->x25519_public(NULL, key, out);
    count += crypto->x25519(NULL, key, public_key, out);
    count += crypto->hmac_sha256(NULL, key, &none, 1, out);
    count += crypto->seal(NULL, key, nonce, none, data, 1);
    count += crypto->open(NULL, key, nonce, none, data, 1);
    return count;
}

static size_t slots_taken(void)
{
    mbedtls_psa_stats_t stats;

    mbedtls_psa_get_stats(&stats);
    return stats.volatile_slots;
}

int main(void)
{
    static psa_key_id_t slots[SLOTS];
    const enow_crypto_t *crypto = enow_crypto_psa();

    if (crypto == NULL) {
        return EXIT_FAILURE;
    }
    const size_t count = take_slots(slots);
    CHECK(count > 0 && slots_taken() == count, "%u keys in %u slots", (unsigned)count, (unsigned)slots_taken());
    if (count < SLOTS) { /* in newer versions they have no end */
        CHECK(working(crypto) == 0, "a key without a slot");
        CHECK(psa_destroy_key(slots[0]) == PSA_SUCCESS, "a slot is not given back");
    }
    const size_t before = slots_taken();
    CHECK(working(crypto) == FUNCTIONS, "not all functions work with one slot");
    CHECK(slots_taken() == before, "a key is left in its slot");
    return check_result();
}
