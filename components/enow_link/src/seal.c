#include "seal.h"

#include "bytes.h"

#include <string.h>

#define COUNTER_AT 3u

/* Never used as a counter: before it, the key is spent. */
#define COUNTER_END UINT32_MAX

/* A session is to have new keys when one of them made so many packets, or when it is so old. */
#define REKEY_PACKETS (UINT32_C(1) << 23)
#define REKEY_AGE_US (UINT64_C(24) * 3600 * 1000000)

/* Noise's for AESGCM: zeros, and the counter as a big-endian u64. */
static void nonce_of(uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE], uint32_t counter)
{
    memset(nonce, 0, ENOW_CRYPTO_NONCE_SIZE);
    for (unsigned i = 0; i < 4; i++) {
        nonce[ENOW_CRYPTO_NONCE_SIZE - 1 - i] = (uint8_t)(counter >> 8 * i);
    }
}

void enow_link_sealer_init(enow_link_sealer_t *sealer, const enow_link_secret_t *key, uint8_t session)
{
    sealer->key = *key;
    sealer->next = 0;
    sealer->session = session;
}

int enow_link_sealer_seal(enow_link_sealer_t *sealer, const enow_crypto_t *crypto, uint8_t *packet, size_t len,
                          size_t cap)
{
    uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE];

    if (len > ENOW_MAX_FRAME_V2 - ENOW_SEALED_OVERHEAD) {
        return ENOW_ERR_TOO_LONG;
    }
    const size_t whole = len + ENOW_SEALED_OVERHEAD;
    const size_t body = whole - ENOW_HEADER_SIZE;
    if (cap < whole) {
        return ENOW_ERR_CAPACITY;
    }
    if (sealer->next == COUNTER_END) {
        return ENOW_LINK_ERR_SPENT;
    }
    const uint32_t counter = sealer->next++;
    packet[0] = (uint8_t)(ENOW_TYPE_SEALED << 4);
    packet[1] = (uint8_t)(body <= ENOW_MAX_SHORT_BODY ? body : ENOW_MAX_SHORT_BODY + 1);
    packet[2] = sealer->session;
    enow_link_put32(packet + COUNTER_AT, counter);
    nonce_of(nonce, counter);
    if (!crypto->seal(crypto->user, sealer->key.bytes, nonce, enow_link_bytes(packet, ENOW_LINK_SEALED_CLEAR),
                      packet + ENOW_LINK_SEALED_CLEAR, len)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    return (int)whole;
}

void enow_link_opener_init(enow_link_opener_t *opener, const enow_link_secret_t *key)
{
    opener->key = *key;
    opener->window.next = 0;
    opener->window.seen = 0;
}

int enow_link_opener_open(enow_link_opener_t *opener, const enow_crypto_t *crypto, uint8_t *packet, size_t len)
{
    uint8_t nonce[ENOW_CRYPTO_NONCE_SIZE];

    if (len < ENOW_SEALED_OVERHEAD) {
        return ENOW_ERR_SHORT;
    }
    const size_t packets = len - ENOW_SEALED_OVERHEAD;
    const uint32_t counter = enow_link_get32(packet + COUNTER_AT);
    if (!enow_link_window_fresh(&opener->window, counter)) {
        return ENOW_LINK_ERR_REPLAY;
    }
    nonce_of(nonce, counter);
    if (!crypto->open(crypto->user, opener->key.bytes, nonce, enow_link_bytes(packet, ENOW_LINK_SEALED_CLEAR),
                      packet + ENOW_LINK_SEALED_CLEAR, packets)) {
        return ENOW_LINK_ERR_FORGED;
    }
    enow_link_window_mark(&opener->window, counter);
    return (int)packets;
}

static void init(enow_link_tunnel_t *tunnel, uint64_t now_us, const enow_link_secret_t *send,
                 const enow_link_secret_t *receive, uint8_t session)
{
    enow_link_sealer_init(&tunnel->sealer, send, session);
    enow_link_opener_init(&tunnel->opener, receive);
    tunnel->born_us = now_us;
}

void enow_link_tunnel_init_node(enow_link_tunnel_t *tunnel, uint64_t now_us, const enow_link_session_keys_t *keys,
                                uint8_t session)
{
    init(tunnel, now_us, &keys->up, &keys->down, session);
}

void enow_link_tunnel_init_gateway(enow_link_tunnel_t *tunnel, uint64_t now_us, const enow_link_session_keys_t *keys,
                                   uint8_t session)
{
    init(tunnel, now_us, &keys->down, &keys->up, session);
}

bool enow_link_tunnel_rekey_due(const enow_link_tunnel_t *tunnel, uint64_t now_us)
{
    return tunnel->sealer.next >= REKEY_PACKETS || tunnel->opener.window.next >= REKEY_PACKETS ||
           now_us - tunnel->born_us >= REKEY_AGE_US;
}

void enow_link_tunnel_wipe(enow_link_tunnel_t *tunnel)
{
    enow_link_wipe(tunnel, sizeof *tunnel);
    tunnel->sealer.next = COUNTER_END;       /* spent, and */
    tunnel->opener.window.next = UINT64_MAX; /* all is old: a key of zeros is everybody's */
}
