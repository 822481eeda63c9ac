#include "handshake.h"

#include "bytes.h"
#include "proof.h"

#include <string.h>

/* What stands in front of a Noise message: header, version, key_id, nonce, cookie; header, status, echo, proof. */
#define JOIN_CLEAR (2u + 1u + 1u + 4u + 8u)
#define ANSWER_CLEAR (ENOW_LINK_ANSWER_PROOF_AT + ENOW_LINK_PROOF_SIZE)

/* What a Noise message has around its payload. */
#define MESSAGE_OVERHEAD (ENOW_CRYPTO_KEY_SIZE + ENOW_CRYPTO_TAG_SIZE)

/* Starts message 1, up to its payload. The prologue binds the handshake to both addresses and to every clear byte of
 * the CONNECT, its flags and length included. */
static bool start(enow_link_noise_t *noise, const enow_crypto_t *crypto, const enow_link_secret_t *psk,
                  const enow_addr_t *node, const enow_addr_t *gateway, const uint8_t *connect)
{
    static const char label[] = "enow1";
    uint8_t prologue[sizeof label - 1 + 2 * sizeof node->bytes + JOIN_CLEAR];
    uint8_t *p = prologue;

    memcpy(p, label, sizeof label - 1);
    p += sizeof label - 1;
    memcpy(p, node->bytes, sizeof node->bytes);
    p += sizeof node->bytes;
    memcpy(p, gateway->bytes, sizeof gateway->bytes);
    p += sizeof gateway->bytes;
    memcpy(p, connect, JOIN_CLEAR);
    return enow_link_noise_init(noise, crypto, enow_link_bytes(prologue, sizeof prologue), psk) &&
           enow_link_noise_ephemeral(noise, crypto, connect + JOIN_CLEAR);
}

static bool split(const enow_link_noise_t *noise, const enow_crypto_t *crypto, enow_link_session_keys_t *keys)
{
    return enow_link_noise_split(noise, crypto, &keys->up, &keys->down);
}

int enow_link_join_begin(enow_link_join_t *join, const enow_crypto_t *crypto, const enow_link_secret_t *psk,
                         const enow_addr_t *node, const enow_addr_t *gateway, const enow_pkt_connect_t *c,
                         enow_bytes_t hello, uint8_t *buf, size_t cap)
{
    enow_pkt_connect_t packet = *c;
    enow_link_noise_t noise;

    if (!enow_link_secret_random(&join->private_key, crypto) ||
        !crypto->x25519_public(crypto->user, join->private_key.bytes, packet.ephemeral)) {
        return ENOW_LINK_ERR_CRYPTO;
    }
    packet.flags |= ENOW_PKT_CONNECT_SECURE | ENOW_PKT_CONNECT_JOIN;
    packet.ciphertext = hello; /* which is encrypted where it will stand */
    const int len = enow_pkt_connect_encode_last(&packet, buf, cap);
    if (len < 0) {
        return len;
    }
    join->packet = buf;
    join->len = (size_t)len;
    join->psk = *psk;
    join->node = *node;
    join->gateway = *gateway;
    const bool ok = start(&noise, crypto, psk, node, gateway, buf) &&
                    enow_link_noise_seal(&noise, crypto, buf + JOIN_CLEAR + ENOW_CRYPTO_KEY_SIZE, hello.len);
    enow_link_wipe(&noise, sizeof noise);
    return ok ? len : ENOW_LINK_ERR_CRYPTO;
}

int enow_link_join_finish(const enow_link_join_t *join, const enow_crypto_t *crypto, uint8_t *packet, size_t len,
                          enow_welcome_t *welcome, enow_link_session_keys_t *keys)
{
    const size_t sent = JOIN_CLEAR + ENOW_CRYPTO_KEY_SIZE; /* where the hello stands in our own packet */
    const uint8_t *ephemeral = packet + ANSWER_CLEAR;
    uint8_t *payload = packet + ANSWER_CLEAR + ENOW_CRYPTO_KEY_SIZE;
    enow_link_noise_t noise;
    int result = ENOW_LINK_ERR_FORGED;

    if (len < ANSWER_CLEAR + MESSAGE_OVERHEAD) {
        return ENOW_ERR_SHORT;
    }
    const size_t payload_len = len - ANSWER_CLEAR - MESSAGE_OVERHEAD;
    if (start(&noise, crypto, &join->psk, &join->node, &join->gateway, join->packet) &&
        enow_link_noise_again(&noise, crypto, enow_link_bytes(join->packet + sent, join->len - sent)) &&
        enow_link_noise_ephemeral(&noise, crypto, ephemeral) &&
        enow_link_noise_shared(&noise, crypto, &join->private_key, ephemeral) &&
        enow_link_noise_open(&noise, crypto, payload, payload_len)) {
        result = enow_welcome_decode(welcome, payload, payload_len);
    }
    if (result >= 0) {
        result = split(&noise, crypto, keys) ? 0 : ENOW_LINK_ERR_CRYPTO;
    }
    enow_link_wipe(&noise, sizeof noise);
    return result;
}

void enow_link_join_wipe(enow_link_join_t *join)
{
    enow_link_wipe(&join->private_key, sizeof join->private_key);
    enow_link_wipe(&join->psk, sizeof join->psk);
}

int enow_link_join_request_read(enow_link_join_request_t *request, const enow_crypto_t *crypto,
                                const enow_link_secret_t *psk, const enow_addr_t *node, const enow_addr_t *gateway,
                                const enow_pkt_connect_t *p, const uint8_t *packet, size_t len, uint8_t *buf,
                                size_t cap)
{
    if (len < JOIN_CLEAR + MESSAGE_OVERHEAD) {
        return ENOW_ERR_SHORT;
    }
    const size_t sealed = len - JOIN_CLEAR - ENOW_CRYPTO_KEY_SIZE;
    const size_t hello = sealed - ENOW_CRYPTO_TAG_SIZE;
    if (cap < sealed) {
        return ENOW_ERR_CAPACITY;
    }
    memmove(buf, packet + JOIN_CLEAR + ENOW_CRYPTO_KEY_SIZE, sealed);
    if (!start(&request->noise, crypto, psk, node, gateway, packet) ||
        !enow_link_noise_open(&request->noise, crypto, buf, hello)) {
        return ENOW_LINK_ERR_FORGED;
    }
    memcpy(request->ephemeral, packet + JOIN_CLEAR, sizeof request->ephemeral);
    request->echo = p->nonce;
    const int decoded = enow_hello_decode(&request->hello, buf, hello);
    return decoded < 0 ? decoded : 0;
}

bool enow_link_join_request_accept(enow_link_join_request_t *request, const enow_crypto_t *crypto, uint8_t *welcome,
                                   size_t len, enow_pkt_connack_t *answer, enow_link_session_keys_t *keys)
{
    enow_link_secret_t private_key;

    enow_pkt_connack_init(answer);
    answer->flags = ENOW_PKT_CONNACK_SECURE;
    answer->status = ENOW_CONNACK_STATUS_ACCEPTED;
    answer->echo = request->echo;
    const bool ok = enow_link_secret_random(&private_key, crypto) &&
                    crypto->x25519_public(crypto->user, private_key.bytes, answer->ephemeral) &&
                    enow_link_noise_ephemeral(&request->noise, crypto, answer->ephemeral) &&
                    enow_link_noise_shared(&request->noise, crypto, &private_key, request->ephemeral) &&
                    enow_link_noise_seal(&request->noise, crypto, welcome, len) && split(&request->noise, crypto, keys);
    enow_link_wipe(&private_key, sizeof private_key);
    if (ok) {
        answer->ciphertext = enow_link_bytes(welcome, len);
        memcpy(answer->tag, welcome + len, sizeof answer->tag);
    }
    return ok;
}

void enow_link_join_request_wipe(enow_link_join_request_t *request)
{
    enow_link_wipe(&request->noise, sizeof request->noise);
}
