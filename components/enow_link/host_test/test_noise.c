/* What others calculated: every message, the hash, the packets that follow. */
#include "../src/bytes.h"
#include "../src/noise.h"
#include "check.h"
#include "crypto_tables.h"
#include "crypto_vectors.h"

#include <string.h>

typedef struct {
    enow_link_noise_t noise;
    enow_link_secret_t private_key;
    uint8_t public_key[ENOW_CRYPTO_KEY_SIZE];
    enow_link_secret_t keys[2]; /* the initiator's first */
} party_t;

static void begin(party_t *party, vectors_t *v, const char *key)
{
    const enow_link_secret_t psk = vector_secret(v, "psk");
    size_t len;
    const uint8_t *prologue = vector_get(v, "prologue", &len);

    party->private_key = vector_secret(v, key);
    CHECK(real_crypto()->x25519_public(NULL, party->private_key.bytes, party->public_key), "%s", v->name);
    CHECK(enow_link_noise_init(&party->noise, real_crypto(), enow_link_bytes(prologue, len), &psk), "%s", v->name);
}

/* Writes a message of one party and reads it as the other. */
static void message(vectors_t *v, party_t *from, party_t *to, bool second, const char *payload_key,
                    const char *want_key)
{
    const enow_crypto_t *crypto = real_crypto();
    size_t len, want_len;
    const uint8_t *payload = vector_get(v, payload_key, &len), *want = vector_get(v, want_key, &want_len);
    uint8_t buf[256];

    memcpy(buf, payload, len);
    CHECK(enow_link_noise_ephemeral(&from->noise, crypto, from->public_key), "%s", v->name);
    CHECK(!second || enow_link_noise_shared(&from->noise, crypto, &from->private_key, to->public_key), "%s", v->name);
    const enow_link_noise_t before = from->noise;
    CHECK(enow_link_noise_seal(&from->noise, crypto, buf, len), "%s", v->name);
    const size_t sealed = len + ENOW_CRYPTO_TAG_SIZE;
    CHECK(want_len == sizeof from->public_key + sealed &&
              memcmp(want, from->public_key, sizeof from->public_key) == 0 &&
              memcmp(want + sizeof from->public_key, buf, sealed) == 0,
          "%s: %s", v->name, want_key);

    enow_link_noise_t again = before;
    CHECK(enow_link_noise_again(&again, crypto, enow_link_bytes(buf, sealed)) &&
              memcmp(&again, &from->noise, sizeof again) == 0,
          "%s: again", v->name);

    CHECK(enow_link_noise_ephemeral(&to->noise, crypto, want), "%s", v->name);
    CHECK(!second || enow_link_noise_shared(&to->noise, crypto, &to->private_key, want), "%s", v->name);
    CHECK(enow_link_noise_open(&to->noise, crypto, buf, len) && memcmp(buf, payload, len) == 0, "%s: %s", v->name,
          payload_key);
    CHECK(memcmp(&to->noise, &from->noise, sizeof from->noise) == 0, "%s: two parties, two states", v->name);
}

static void transport(vectors_t *v, const party_t *party)
{
    unsigned packets = 0;

    for (;; packets++) {
        char plain_key[24], sealed_key[24];
        uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE] = {0}, buf[256];
        size_t len, sealed_len;

        (void)snprintf(plain_key, sizeof plain_key, "transport%u", packets);
        (void)snprintf(sealed_key, sizeof sealed_key, "sealed%u", packets);
        if (!vector_has(v, sealed_key)) {
            break;
        }
        const uint8_t *plain = vector_get(v, plain_key, &len), *sealed = vector_get(v, sealed_key, &sealed_len);
        nonce[sizeof nonce - 1] = (uint8_t)(packets / 2);
        memcpy(buf, plain, len);
        CHECK(real_crypto()->seal(NULL, party->keys[packets % 2].bytes, nonce, enow_link_bytes(NULL, 0), buf, len) &&
                  sealed_len == len + ENOW_CRYPTO_TAG_SIZE && memcmp(buf, sealed, sealed_len) == 0,
              "%s: %s", v->name, sealed_key);
    }
    CHECK(packets >= 2, "%s: %u packets", v->name, packets);
}

int main(int argc, char **argv)
{
    vectors_t v;
    unsigned hashes = 0;

    if (argc != 2) {
        return EXIT_FAILURE;
    }
    vectors_open(&v, argv[1], "noise.txt");
    while (vectors_next(&v, 5)) {
        party_t initiator, responder;

        begin(&initiator, &v, "initiator");
        begin(&responder, &v, "responder");
        message(&v, &initiator, &responder, false, "payload1", "message1");
        message(&v, &responder, &initiator, true, "payload2", "message2");
        if (vector_has(&v, "hash")) {
            hashes++;
            CHECK(memcmp(initiator.noise.hash, vector_of(&v, "hash", ENOW_CRYPTO_HASH_SIZE), ENOW_CRYPTO_HASH_SIZE) ==
                      0,
                  "%s: hash", v.name);
        }
        CHECK(enow_link_noise_split(&initiator.noise, real_crypto(), &initiator.keys[0], &initiator.keys[1]), "%s",
              v.name);
        transport(&v, &initiator);
    }
    CHECK(hashes > 0, "no vector has a hash");
    return check_result();
}
