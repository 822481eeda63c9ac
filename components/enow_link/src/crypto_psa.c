/*
 * Keys are bytes in our sessions and not handles: PSA has 32 slots by default, a gateway hundreds of sessions, and to
 * import a key costs little beside its use.
 */
#include "enow/crypto.h"

#include <psa/crypto.h>

enum { KEY_BITS = 8 * ENOW_CRYPTO_KEY_SIZE, X25519_BITS = 255 };

static psa_status_t import_key(const uint8_t *key, psa_key_type_t type, size_t bits, psa_key_usage_t usage,
                               psa_algorithm_t alg, psa_key_id_t *id)
{
    psa_key_attributes_t attributes = psa_key_attributes_init();

    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, bits);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    return psa_import_key(&attributes, key, ENOW_CRYPTO_KEY_SIZE, id);
}

static psa_status_t import_x25519(const uint8_t *key, psa_key_id_t *id)
{
    return import_key(key, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY), X25519_BITS, PSA_KEY_USAGE_DERIVE,
                      PSA_ALG_ECDH, id);
}

/* Destroys the key that a calculation was made with, and tells whether that wrote as much as it should. */
static bool done(psa_key_id_t id, psa_status_t status, size_t written, size_t want)
{
    return psa_destroy_key(id) == PSA_SUCCESS && status == PSA_SUCCESS && written == want;
}

static bool psa_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    return psa_generate_random(out, len) == PSA_SUCCESS;
}

static bool psa_x25519_public(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                              uint8_t out[ENOW_CRYPTO_KEY_SIZE])
{
    psa_key_id_t id;
    size_t written = 0;

    (void)user;
    if (import_x25519(private_key, &id) != PSA_SUCCESS) {
        return false;
    }
    const psa_status_t status = psa_export_public_key(id, out, ENOW_CRYPTO_KEY_SIZE, &written);
    return done(id, status, written, ENOW_CRYPTO_KEY_SIZE);
}

static bool psa_x25519(void *user, const uint8_t private_key[ENOW_CRYPTO_KEY_SIZE],
                       const uint8_t public_key[ENOW_CRYPTO_KEY_SIZE], uint8_t out[ENOW_CRYPTO_KEY_SIZE])
{
    psa_key_id_t id;
    size_t written = 0;

    (void)user;
    if (import_x25519(private_key, &id) != PSA_SUCCESS) {
        return false;
    }
    const psa_status_t status =
        psa_raw_key_agreement(PSA_ALG_ECDH, id, public_key, ENOW_CRYPTO_KEY_SIZE, out, ENOW_CRYPTO_KEY_SIZE, &written);
    return done(id, status, written, ENOW_CRYPTO_KEY_SIZE);
}

static bool psa_sha256(void *user, const enow_bytes_t *parts, size_t count, uint8_t out[ENOW_CRYPTO_HASH_SIZE])
{
    psa_hash_operation_t hash = psa_hash_operation_init();
    psa_status_t status = psa_hash_setup(&hash, PSA_ALG_SHA_256);
    size_t written = 0;

    (void)user;
    for (size_t i = 0; i < count && status == PSA_SUCCESS; i++) {
        status = psa_hash_update(&hash, parts[i].data, parts[i].len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_hash_finish(&hash, out, ENOW_CRYPTO_HASH_SIZE, &written);
    }
    (void)psa_hash_abort(&hash); /* does nothing after success */
    return status == PSA_SUCCESS && written == ENOW_CRYPTO_HASH_SIZE;
}

static bool psa_hmac_sha256(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const enow_bytes_t *parts,
                            size_t count, uint8_t out[ENOW_CRYPTO_HASH_SIZE])
{
    const psa_algorithm_t alg = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    psa_mac_operation_t mac = psa_mac_operation_init();
    psa_key_id_t id;
    size_t written = 0;

    (void)user;
    if (import_key(key, PSA_KEY_TYPE_HMAC, KEY_BITS, PSA_KEY_USAGE_SIGN_MESSAGE, alg, &id) != PSA_SUCCESS) {
        return false;
    }
    psa_status_t status = psa_mac_sign_setup(&mac, id, alg);
    for (size_t i = 0; i < count && status == PSA_SUCCESS; i++) {
        status = psa_mac_update(&mac, parts[i].data, parts[i].len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_mac_sign_finish(&mac, out, ENOW_CRYPTO_HASH_SIZE, &written);
    }
    (void)psa_mac_abort(&mac); /* likewise */
    return done(id, status, written, ENOW_CRYPTO_HASH_SIZE);
}

static bool psa_seal(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                     enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    const size_t sealed = len + ENOW_CRYPTO_TAG_SIZE;
    psa_key_id_t id;
    size_t written = 0;

    (void)user;
    if (import_key(key, PSA_KEY_TYPE_AES, KEY_BITS, PSA_KEY_USAGE_ENCRYPT, PSA_ALG_GCM, &id) != PSA_SUCCESS) {
        return false;
    }
    const psa_status_t status = psa_aead_encrypt(id, PSA_ALG_GCM, nonce, ENOW_CRYPTO_NONCE_SIZE, clear_text.data,
                                                 clear_text.len, data, len, data, sealed, &written);
    return done(id, status, written, sealed);
}

static bool psa_open(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                     enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    psa_key_id_t id;
    size_t written = 0;

    (void)user;
    if (import_key(key, PSA_KEY_TYPE_AES, KEY_BITS, PSA_KEY_USAGE_DECRYPT, PSA_ALG_GCM, &id) != PSA_SUCCESS) {
        return false;
    }
    const psa_status_t status = psa_aead_decrypt(id, PSA_ALG_GCM, nonce, ENOW_CRYPTO_NONCE_SIZE, clear_text.data,
                                                 clear_text.len, data, len + ENOW_CRYPTO_TAG_SIZE, data, len, &written);
    return done(id, status, written, len);
}

const enow_crypto_t *enow_crypto_psa(void)
{
    static const enow_crypto_t table = {
        NULL, psa_random, psa_x25519_public, psa_x25519, psa_sha256, psa_hmac_sha256, psa_seal, psa_open,
    };

    return psa_crypto_init() == PSA_SUCCESS ? &table : NULL;
}
