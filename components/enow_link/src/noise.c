#include "noise.h"

#include "bytes.h"
#include "keys.h"

#include <string.h>

static const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE] = {0}; /* 0, for each key encrypts once */

static bool mix_hash(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t data)
{
    const enow_bytes_t parts[] = {enow_link_bytes(noise->hash, sizeof noise->hash), data};

    return crypto->sha256(crypto->user, parts, 2, noise->hash);
}

/* HKDF of the chaining key: the next one, and out. */
static bool mix_key(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t data, uint8_t *out)
{
    return enow_link_hkdf(crypto, noise->chain.bytes, data, enow_link_bytes(NULL, 0), noise->chain.bytes, out);
}

bool enow_link_noise_init(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t prologue,
                          const enow_link_secret_t *psk)
{
    static const char name[] = "Noise_NNpsk0_25519_AESGCM_SHA256"; /* as long as a hash, so it is not hashed */
    uint8_t psk_hash[ENOW_CRYPTO_HASH_SIZE];

    memcpy(noise->hash, name, sizeof noise->hash);
    memcpy(noise->chain.bytes, name, sizeof noise->chain.bytes);
    /* psk: its third output, a key, is left out, since e brings another before anything is encrypted. */
    return mix_hash(noise, crypto, prologue) &&
           mix_key(noise, crypto, enow_link_bytes(psk->bytes, sizeof psk->bytes), psk_hash) &&
           mix_hash(noise, crypto, enow_link_bytes(psk_hash, sizeof psk_hash));
}

bool enow_link_noise_ephemeral(enow_link_noise_t *noise, const enow_crypto_t *crypto,
                               const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE])
{
    const enow_bytes_t e = enow_link_bytes(public_key, ENOW_CRYPTO_KEY_SIZE);

    return mix_hash(noise, crypto, e) && mix_key(noise, crypto, e, noise->key.bytes);
}

bool enow_link_noise_shared(enow_link_noise_t *noise, const enow_crypto_t *crypto,
                            const enow_link_secret_t *private_key, const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE])
{
    enow_link_secret_t shared;
    const bool ok = crypto->x25519(crypto->user, private_key->bytes, public_key, shared.bytes) &&
                    mix_key(noise, crypto, enow_link_bytes(shared.bytes, sizeof shared.bytes), noise->key.bytes);

    enow_link_wipe(&shared, sizeof shared);
    return ok;
}

bool enow_link_noise_seal(enow_link_noise_t *noise, const enow_crypto_t *crypto, uint8_t *payload, size_t len)
{
    return crypto->seal(crypto->user, noise->key.bytes, nonce, enow_link_bytes(noise->hash, sizeof noise->hash),
                        payload, len) &&
           mix_hash(noise, crypto, enow_link_bytes(payload, len + ENOW_CRYPTO_TAG_SIZE));
}

bool enow_link_noise_open(enow_link_noise_t *noise, const enow_crypto_t *crypto, uint8_t *payload, size_t len)
{
    uint8_t before[ENOW_CRYPTO_HASH_SIZE];

    memcpy(before, noise->hash, sizeof before);
    return mix_hash(noise, crypto, enow_link_bytes(payload, len + ENOW_CRYPTO_TAG_SIZE)) &&
           crypto->open(crypto->user, noise->key.bytes, nonce, enow_link_bytes(before, sizeof before), payload, len);
}

bool enow_link_noise_again(enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_bytes_t sealed)
{
    return mix_hash(noise, crypto, sealed);
}

bool enow_link_noise_split(const enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_link_secret_t *initiator,
                           enow_link_secret_t *responder)
{
    const enow_bytes_t none = enow_link_bytes(NULL, 0);

    return enow_link_hkdf(crypto, noise->chain.bytes, none, none, initiator->bytes, responder->bytes);
}
