/*
 * Keys, for who holds them outside of a machine: a device that has the network's key and needs its own of it.
 *
 * Memory: the caller's, nothing is kept. Wipe what held a key once it is used.
 * Threads: as enow_crypto_t.
 */
#pragma once

#include "enow/addr.h"
#include "enow/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A key: of a network, a device, a session, or an X25519 private key. */
typedef struct {
    uint8_t bytes[ENOW_CRYPTO_KEY_SIZE];
} enow_link_secret_t;

/** Overwrites memory that held keys, and is not optimised away. */
void enow_link_wipe(void *memory, size_t len);

/** Whether all bytes are one: erased flash or memory, not a key. */
bool enow_link_secret_weak(const enow_link_secret_t *secret);

/** Calculates the key of the node with this address in a network (SPEC.md, section 4). Returns whether it succeeded:
 * the cryptography may fail, and then *out is no key. */
bool enow_link_device_key(enow_link_secret_t *out, const enow_crypto_t *crypto, const enow_link_secret_t *network,
                          enow_addr_t node);

#ifdef __cplusplus
}
#endif
