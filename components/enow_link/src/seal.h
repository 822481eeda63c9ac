/*
 * SEALED packets (SPEC.md, section 4); everything in front of the packets in one is authenticated and clear:
 *
 *   header 2 | session u8 | counter u32 | packets, encrypted | tag 16
 *
 * Both directions have a key of their own, so what comes back to its sender does not open. A counter is the nonce, and
 * never returns under its key.
 */
#pragma once

#include "enow/link.h"
#include "secret.h"
#include "window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes in front of the packets in a SEALED packet, and of it around them. */
#define ENOW_LINK_SEALED_CLEAR (2u + 1u + 4u)

/* Makes the SEALED packets of one direction of a session. Invariant: the counter goes up with each packet, and is taken
 * before the packet is encrypted. */
typedef struct {
    enow_link_secret_t key;
    uint32_t next;
    uint8_t session;
} enow_link_sealer_t;

void enow_link_sealer_init(enow_link_sealer_t *sealer, const enow_link_secret_t *key, uint8_t session);

/* Makes a SEALED packet in place of ENOW_LINK_SEALED_CLEAR bytes of room, len bytes of packets and
 * ENOW_CRYPTO_TAG_SIZE bytes of room, all within cap. Returns its length, or ENOW_ERR_TOO_LONG, ENOW_ERR_CAPACITY or
 * ENOW_LINK_ERR_SPENT, and the packet is as it was; or ENOW_LINK_ERR_CRYPTO. */
int enow_link_sealer_seal(enow_link_sealer_t *sealer, const enow_crypto_t *crypto, uint8_t *packet, size_t len,
                          size_t cap);

/* Opens the SEALED packets of one direction of a session. Invariant: what fails its tag, or was seen, changes nothing.
 */
typedef struct {
    enow_link_secret_t key;
    enow_link_window_t window;
} enow_link_opener_t;

void enow_link_opener_init(enow_link_opener_t *opener, const enow_link_secret_t *key);

/* Decrypts a whole SEALED packet in place. Returns how many bytes of packets stand at ENOW_LINK_SEALED_CLEAR, or
 * ENOW_ERR_SHORT, ENOW_LINK_ERR_REPLAY or ENOW_LINK_ERR_FORGED; after that the ciphertext is overwritten. */
int enow_link_opener_open(enow_link_opener_t *opener, const enow_crypto_t *crypto, uint8_t *packet, size_t len);

/* The outcome of a handshake. */
typedef struct {
    enow_link_secret_t up;   /* node to gateway */
    enow_link_secret_t down; /* gateway to node */
} enow_link_session_keys_t;

/* One end of a secure session. */
typedef struct {
    enow_link_sealer_t sealer;
    enow_link_opener_t opener;
    uint64_t born_us;
} enow_link_tunnel_t;

void enow_link_tunnel_init_node(enow_link_tunnel_t *tunnel, uint64_t now_us, const enow_link_session_keys_t *keys,
                                uint8_t session);
void enow_link_tunnel_init_gateway(enow_link_tunnel_t *tunnel, uint64_t now_us, const enow_link_session_keys_t *keys,
                                   uint8_t session);

/* Whether the session should have new keys: the node joins anew, a gateway asks it to. It goes on until then. */
bool enow_link_tunnel_rekey_due(const enow_link_tunnel_t *tunnel, uint64_t now_us);

/* Overwrites the keys. Nothing can be sealed or opened any more. */
void enow_link_tunnel_wipe(enow_link_tunnel_t *tunnel);

#ifdef __cplusplus
}
#endif
