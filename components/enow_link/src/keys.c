#include "keys.h"

#include "bytes.h"

#include <string.h>

bool enow_link_hkdf(const enow_crypto_t *crypto, const uint8_t salt[ENOW_CRYPTO_HASH_SIZE], enow_bytes_t key,
                    enow_bytes_t info, uint8_t first[ENOW_CRYPTO_HASH_SIZE], uint8_t *second)
{
    enow_link_secret_t prk;
    const enow_bytes_t block1[] = {info, ENOW_LINK_TEXT("\1")};
    const enow_bytes_t block2[] = {enow_link_bytes(first, ENOW_CRYPTO_HASH_SIZE), info, ENOW_LINK_TEXT("\2")};
    const bool ok = crypto->hmac_sha256(crypto->user, salt, &key, 1, prk.bytes) &&
                    crypto->hmac_sha256(crypto->user, prk.bytes, block1, 2, first) &&
                    (second == NULL || crypto->hmac_sha256(crypto->user, prk.bytes, block2, 3, second));

    enow_link_wipe(&prk, sizeof prk);
    return ok;
}

/* HKDF with an empty salt and 32 bytes out. */
static bool derive(enow_link_secret_t *out, const enow_crypto_t *crypto, const enow_link_secret_t *key,
                   enow_bytes_t info)
{
    static const uint8_t no_salt[ENOW_CRYPTO_HASH_SIZE] = {0}; /* HMAC pads an empty key with zeros */

    return enow_link_hkdf(crypto, no_salt, enow_link_bytes(key->bytes, sizeof key->bytes), info, out->bytes, NULL);
}

bool enow_link_device_key(enow_link_secret_t *out, const enow_crypto_t *crypto, const enow_link_secret_t *network,
                          enow_addr_t node)
{
    static const char label[] = "enow device v1";
    uint8_t info[sizeof label - 1 + sizeof node.bytes];

    memcpy(info, label, sizeof label - 1);
    memcpy(info + sizeof label - 1, node.bytes, sizeof node.bytes);
    return derive(out, crypto, network, enow_link_bytes(info, sizeof info));
}

bool enow_link_device_keys(enow_link_device_keys_t *out, const enow_crypto_t *crypto, const enow_link_secret_t *device)
{
    return derive(&out->psk, crypto, device, ENOW_LINK_TEXT("enow psk v1")) &&
           derive(&out->search, crypto, device, ENOW_LINK_TEXT("enow search v1")) &&
           derive(&out->reset, crypto, device, ENOW_LINK_TEXT("enow reset v1"));
}

bool enow_link_fingerprint(uint8_t out[ENOW_LINK_PRINT_SIZE], const enow_crypto_t *crypto,
                           const enow_link_secret_t *key)
{
    enow_link_secret_t print;
    const bool ok = derive(&print, crypto, key, ENOW_LINK_TEXT("enow fingerprint v1"));

    memcpy(out, print.bytes, ENOW_LINK_PRINT_SIZE);
    return ok;
}

bool enow_link_keyring_add(enow_link_keyring_t *ring, uint8_t id, const enow_link_secret_t *key)
{
    if (id == 0 || ring->count == ENOW_LINK_NETWORK_KEYS || enow_link_secret_weak(key)) {
        return false;
    }
    for (size_t i = 0; i < ring->count; i++) {
        const enow_link_network_key_t *other = &ring->keys[i];

        if (other->id == id || enow_link_same(other->key.bytes, key->bytes, sizeof key->bytes)) {
            return false;
        }
    }
    ring->keys[ring->count].id = id;
    ring->keys[ring->count].key = *key;
    ring->count++;
    return true;
}

const enow_link_secret_t *enow_link_keyring_get(const enow_link_keyring_t *ring, uint8_t id)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->keys[i].id == id) {
            return &ring->keys[i].key;
        }
    }
    return NULL;
}

void enow_link_keyring_remove(enow_link_keyring_t *ring, uint8_t id)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->keys[i].id == id) {
            ring->count--;
            memmove(&ring->keys[i], &ring->keys[i + 1], (ring->count - i) * sizeof ring->keys[0]);
            enow_link_wipe(&ring->keys[ring->count], sizeof ring->keys[0]);
            return;
        }
    }
}
