/*
 * The handshake is Noise_NNpsk0_25519_AESGCM_SHA256, in two messages (SPEC.md, section 4):
 *
 *   CONNECT with JOIN     clear | e 32 | hello, encrypted | tag 16       under psk and e
 *   CONNACK accepted      clear | e 32 | welcome, encrypted | tag 16     under psk, both e and their shared secret
 *
 * The first tag needs no Diffie-Hellman: the gateway knows cheaply that the sender holds the device key, and does the
 * costly work for nobody else. It proves no presence, since all of it can be recorded: the cookie in the prologue makes
 * it fresh to two minutes, and the first SEALED packet of the node proves the rest.
 *
 * Message 1 is encrypted under a nonce that never changes, so an e belongs to one CONNECT, byte for byte: a join makes
 * both, once, and has no way to change either.
 */
#pragma once

#include "enow/addr.h"
#include "noise.h"
#include "seal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The node's side of one handshake. Its packet is sent as it is, again and again, until an answer fits. */
typedef struct {
    const uint8_t *packet; /* the CONNECT, in memory of the caller */
    size_t len;
    enow_link_secret_t psk;
    enow_link_secret_t private_key; /* of e */
    enow_addr_t node, gateway;
} enow_link_join_t;

/* Makes e and with it the CONNECT, in buf, which stays the join's: c gives version, key_id, nonce, cookie and SLEEPY;
 * hello is encoded. Returns the packet's length, an enow_err_t or ENOW_LINK_ERR_CRYPTO. */
int enow_link_join_begin(enow_link_join_t *join, const enow_crypto_t *crypto, const enow_link_secret_t *psk,
                         const enow_addr_t *node, const enow_addr_t *gateway, const enow_pkt_connect_t *c,
                         enow_bytes_t hello, uint8_t *buf, size_t cap);

/* Reads an accepted CONNACK, a whole packet whose proof and echo were checked; decrypts it in place, and *welcome views
 * it. Returns 0, ENOW_LINK_ERR_FORGED or an enow_err_t. The join stays as it is: after a bad answer the genuine one may
 * still come. */
int enow_link_join_finish(const enow_link_join_t *join, const enow_crypto_t *crypto, uint8_t *packet, size_t len,
                          enow_welcome_t *welcome, enow_link_session_keys_t *keys);

/* Forgets e, and with it the way to the session's keys. */
void enow_link_join_wipe(enow_link_join_t *join);

/* The gateway's side of one handshake: a CONNECT whose tag is right. */
typedef struct {
    enow_link_noise_t noise;
    uint8_t ephemeral[ENOW_CRYPTO_KEY_SIZE]; /* the node's */
    uint32_t echo;
    enow_hello_t hello;
} enow_link_join_request_t;

/* Checks the tag of a CONNECT with SECURE and JOIN and reads its hello, all by symmetric cryptography. p is the packet
 * decoded, and packet all its bytes. The hello is decrypted into buf, which may be where it stands in packet, and
 * views it. Returns 0, ENOW_LINK_ERR_FORGED,
 * ENOW_ERR_CAPACITY or another enow_err_t. */
int enow_link_join_request_read(enow_link_join_request_t *request, const enow_crypto_t *crypto,
                                const enow_link_secret_t *psk, const enow_addr_t *node, const enow_addr_t *gateway,
                                const enow_pkt_connect_t *p, const uint8_t *packet, size_t len, uint8_t *buf,
                                size_t cap);

/* Makes the gateway's e, does the Diffie-Hellman and answers: fills *answer, whose ciphertext views welcome: that is
 * len bytes, encoded, and room for a tag; it is encrypted in place. Called once: a repeated CONNECT gets the same
 * CONNACK from the caller. False where the shared secret is zero or a function of crypto fails. */
bool enow_link_join_request_accept(enow_link_join_request_t *request, const enow_crypto_t *crypto, uint8_t *welcome,
                                   size_t len, enow_pkt_connack_t *answer, enow_link_session_keys_t *keys);

/* Forgets a request, answered or not. */
void enow_link_join_request_wipe(enow_link_join_request_t *request);

#ifdef __cplusplus
}
#endif
