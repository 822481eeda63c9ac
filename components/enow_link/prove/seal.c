/* SEALED packets: any counter and window, any length. The cryptography reads and writes what it is given. */
#include "seal.h"

#include "unknown.h"

static void read(const uint8_t *p, size_t len)
{
    uint8_t byte = 0;

    for (size_t i = 0; i < len; i++) {
        byte = p[i];
    }
    (void)byte;
}

static bool seal(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    (void)user;
    read(key, ENOW_CRYPTO_KEY_SIZE);
    read(nonce, ENOW_CRYPTO_NONCE_SIZE);
    read(clear_text.data, clear_text.len);
    unknown_bytes(data, len + ENOW_CRYPTO_TAG_SIZE);
    return unknown_bool();
}

static bool open(void *user, const uint8_t key[ENOW_CRYPTO_KEY_SIZE], const uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE],
                 enow_bytes_t clear_text, uint8_t *data, size_t len)
{
    (void)user;
    read(key, ENOW_CRYPTO_KEY_SIZE);
    read(nonce, ENOW_CRYPTO_NONCE_SIZE);
    read(clear_text.data, clear_text.len);
    read(data + len, ENOW_CRYPTO_TAG_SIZE);
    unknown_bytes(data, len);
    return unknown_bool();
}

static const enow_crypto_t crypto = {.seal = seal, .open = open};

static void seal_and_open(size_t len)
{
    uint8_t memory[ENOW_MAX_FRAME_V2 + 1];
    uint8_t *packet = memory + sizeof memory - len; /* ends where the memory does */
    enow_link_tunnel_t tunnel;

    unknown_bytes(&tunnel, sizeof tunnel);
    (void)enow_link_tunnel_rekey_due(&tunnel, unknown_u64(0, UINT64_MAX));
    unknown_bytes(packet, len);
    (void)enow_link_opener_open(&tunnel.opener, &crypto, packet, len);
    if (len >= ENOW_SEALED_OVERHEAD) {
        (void)enow_link_sealer_seal(&tunnel.sealer, &crypto, packet, len - ENOW_SEALED_OVERHEAD, len);
    }
    (void)enow_link_sealer_seal(&tunnel.sealer, &crypto, packet, len, len);
    enow_link_tunnel_wipe(&tunnel);
    if (tunnel.sealer.next != UINT32_MAX) {
        (void)enow_link_sealer_seal(&tunnel.sealer, &crypto, packet, 0, 0);
    }
}

void prove_seal(void)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        seal_and_open(len);
    }
    seal_and_open(ENOW_MAX_FRAME_V2);
    seal_and_open(ENOW_MAX_FRAME_V2 + 1);
}
