/*
 * The table written out, for machines without PSA and as a second opinion. For tests alone: it takes its time, and
 * tells secrets by it.
 */
#include "crypto_tables.h"

#include <stdio.h>
#include <string.h>

/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104). */

enum { BLOCK = 64 };

typedef struct {
    uint32_t state[8];
    uint8_t block[BLOCK];
    uint64_t len;
} sha256_t;

static const uint32_t sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t sha256_rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned right) { return x >> right | x << (32 - right); }

static void sha256_block(sha256_t *hash)
{
    uint32_t w[64], s[8];

    for (size_t i = 0; i < 16; i++) {
        const uint8_t *p = &hash->block[4 * i];

        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (size_t i = 16; i < 64; i++) {
        const uint32_t near = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        const uint32_t far = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;

        w[i] = near + w[i - 7] + far + w[i - 16];
    }
    memcpy(s, hash->state, sizeof s);
    for (size_t i = 0; i < 64; i++) {
        const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        const uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        const uint32_t one =
            s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice + sha256_rounds[i] + w[i];
        const uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + most;

        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += one;
        s[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++) {
        hash->state[i] += s[i];
    }
}

static void sha256_begin(sha256_t *hash)
{
    memcpy(hash->state, sha256_start, sizeof sha256_start);
    hash->len = 0;
}

static void sha256_add(sha256_t *hash, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash->block[hash->len++ % BLOCK] = data[i];
        if (hash->len % BLOCK == 0) {
            sha256_block(hash);
        }
    }
}

static void sha256_end(sha256_t *hash, uint8_t *out)
{
    const uint64_t bits = 8 * hash->len;
    uint8_t byte = 0x80;

    do {
        sha256_add(hash, &byte, 1);
        byte = 0;
    } while (hash->len % BLOCK != BLOCK - 8);
    for (unsigned i = 8; i-- > 0;) {
        byte = (uint8_t)(bits >> 8 * i);
        sha256_add(hash, &byte, 1);
    }
    for (size_t i = 0; i < ENOW_CRYPTO_HASH_SIZE; i++) {
        out[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static bool soft_sha256(void *user, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    sha256_t hash;

    (void)user;
    sha256_begin(&hash);
    for (size_t i = 0; i < count; i++) {
        sha256_add(&hash, parts[i].data, parts[i].len);
    }
    sha256_end(&hash, out);
    return true;
}

static void hmac_pad(sha256_t *hash, const uint8_t *key, uint8_t with)
{
    sha256_begin(hash);
    for (size_t i = 0; i < BLOCK; i++) {
        const uint8_t byte = (uint8_t)((i < ENOW_CRYPTO_KEY_SIZE ? key[i] : 0) ^ with);

        sha256_add(hash, &byte, 1);
    }
}

static bool soft_hmac_sha256(void *user, const uint8_t *key, const enow_bytes_t *parts, size_t count, uint8_t *out)
{
    sha256_t inner, outer;
    uint8_t hash[ENOW_CRYPTO_HASH_SIZE];

    (void)user;
    hmac_pad(&inner, key, 0x36);
    hmac_pad(&outer, key, 0x5c);
    for (size_t i = 0; i < count; i++) {
        sha256_add(&inner, parts[i].data, parts[i].len);
    }
    sha256_end(&inner, hash);
    sha256_add(&outer, hash, sizeof hash);
    sha256_end(&outer, out);
    return true;
}

/* AES-256 (FIPS 197), encryption alone, and GCM (NIST SP 800-38D). */

enum { ROUNDS = 14, AES_BLOCK = 16 };

typedef struct {
    uint8_t box[256];
    uint8_t keys[(ROUNDS + 1) * AES_BLOCK];
} aes_t;

static uint8_t twice(uint8_t x) { return (uint8_t)(x << 1 ^ (x >> 7) * 0x1b); }

static uint8_t rotate8(uint8_t x, unsigned left) { return (uint8_t)(x << left | x >> (8 - left)); }

static void aes_box(uint8_t box[256])
{
    uint8_t powers[255], x = 1; /* of 3: all of the field but 0, and that of 255 - i is the inverse of that of i */

    for (size_t i = 0; i < sizeof powers; i++) {
        powers[i] = x;
        x ^= twice(x);
    }
    box[0] = 0x63;
    for (size_t i = 0; i < sizeof powers; i++) {
        const uint8_t y = powers[(sizeof powers - i) % sizeof powers];

        box[powers[i]] = (uint8_t)(y ^ rotate8(y, 1) ^ rotate8(y, 2) ^ rotate8(y, 3) ^ rotate8(y, 4) ^ 0x63);
    }
}

static void aes_init(aes_t *aes, const uint8_t *key)
{
    uint8_t *w = aes->keys, constant = 1;

    aes_box(aes->box);
    memcpy(w, key, ENOW_CRYPTO_KEY_SIZE);
    for (size_t i = ENOW_CRYPTO_KEY_SIZE; i < sizeof aes->keys; i += 4) {
        uint8_t t[4];

        memcpy(t, w + i - 4, 4);
        if (i % 32 == 0) {
            const uint8_t first = t[0];

            t[0] = (uint8_t)(aes->box[t[1]] ^ constant);
            t[1] = aes->box[t[2]];
            t[2] = aes->box[t[3]];
            t[3] = aes->box[first];
            constant = twice(constant);
        } else if (i % 32 == 16) {
            for (size_t j = 0; j < 4; j++) {
                t[j] = aes->box[t[j]];
            }
        }
        for (size_t j = 0; j < 4; j++) {
            w[i + j] = w[i + j - 32] ^ t[j];
        }
    }
}

static void aes_encrypt(const aes_t *aes, const uint8_t in[AES_BLOCK], uint8_t out[AES_BLOCK])
{
    uint8_t s[AES_BLOCK];

    for (size_t i = 0; i < AES_BLOCK; i++) {
        s[i] = in[i] ^ aes->keys[i];
    }
    for (size_t round = 1; round <= ROUNDS; round++) {
        uint8_t t[AES_BLOCK];

        for (size_t i = 0; i < AES_BLOCK; i++) { /* the rows turn, by one place more each */
            t[i] = aes->box[s[(i + 4 * (i % 4)) % AES_BLOCK]];
        }
        for (size_t i = 0; i < AES_BLOCK; i++) {
            const uint8_t *column = &t[i / 4 * 4];
            const uint8_t a = column[i % 4], b = column[(i + 1) % 4], c = column[(i + 2) % 4], d = column[(i + 3) % 4];

            s[i] =
                (uint8_t)((round == ROUNDS ? a : twice(a) ^ twice(b) ^ b ^ c ^ d) ^ aes->keys[round * AES_BLOCK + i]);
        }
    }
    memcpy(out, s, AES_BLOCK);
}

/* Takes data into the hash, with zeros up to a whole block. */
static void ghash_add(uint8_t y[AES_BLOCK], const uint8_t h[AES_BLOCK], const uint8_t *data, size_t len)
{
    for (size_t at = 0; at < len; at += AES_BLOCK) {
        uint8_t v[AES_BLOCK], product[AES_BLOCK] = {0};

        for (size_t i = 0; i < AES_BLOCK && at + i < len; i++) {
            y[i] ^= data[at + i];
        }
        memcpy(v, h, AES_BLOCK);
        for (size_t bit = 0; bit < 128; bit++) {
            const uint8_t out = v[AES_BLOCK - 1] & 1;

            for (size_t i = 0; i < AES_BLOCK; i++) {
                product[i] ^= (y[bit / 8] >> (7 - bit % 8) & 1) != 0 ? v[i] : 0;
            }
            for (size_t i = AES_BLOCK; i-- > 0;) {
                v[i] = (uint8_t)(v[i] >> 1 | (i > 0 ? v[i - 1] << 7 : 0));
            }
            v[0] ^= (uint8_t)(out * 0xe1);
        }
        memcpy(y, product, AES_BLOCK);
    }
}

/* Counter mode over data; and the tag, of the ciphertext, which data is before or after. */
static void gcm(const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data, size_t len, bool seal,
                uint8_t tag[ENOW_CRYPTO_TAG_SIZE])
{
    uint8_t counter[AES_BLOCK] = {0}, h[AES_BLOCK] = {0}, y[AES_BLOCK] = {0}, lengths[AES_BLOCK] = {0};
    uint8_t stream[AES_BLOCK];
    aes_t aes;

    aes_init(&aes, key);
    aes_encrypt(&aes, h, h);
    ghash_add(y, h, clear_text.data, clear_text.len);
    if (!seal) {
        ghash_add(y, h, data, len);
    }
    memcpy(counter, nonce, ENOW_CRYPTO_NONCE_SIZE);
    for (size_t i = 0; i < len; i++) {
        if (i % AES_BLOCK == 0) {
            const size_t number = i / AES_BLOCK + 2;

            counter[14] = (uint8_t)(number >> 8);
            counter[15] = (uint8_t)number;
            aes_encrypt(&aes, counter, stream);
        }
        data[i] ^= stream[i % AES_BLOCK];
    }
    if (seal) {
        ghash_add(y, h, data, len);
    }
    for (size_t i = 0; i < 4; i++) {
        lengths[7 - i] = (uint8_t)((uint64_t)clear_text.len * 8 >> 8 * i);
        lengths[15 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
    }
    ghash_add(y, h, lengths, sizeof lengths);
    counter[14] = 0;
    counter[15] = 1;
    aes_encrypt(&aes, counter, stream);
    for (size_t i = 0; i < ENOW_CRYPTO_TAG_SIZE; i++) {
        tag[i] = stream[i] ^ y[i];
    }
}

static bool soft_seal(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                      size_t len)
{
    (void)user;
    gcm(key, nonce, clear_text, data, len, true, data + len);
    return true;
}

static bool soft_open(void *user, const uint8_t *key, const uint8_t *nonce, enow_bytes_t clear_text, uint8_t *data,
                      size_t len)
{
    uint8_t tag[ENOW_CRYPTO_TAG_SIZE];

    (void)user;
    gcm(key, nonce, clear_text, data, len, false, tag);
    return memcmp(tag, data + len, sizeof tag) == 0;
}

/* X25519 (RFC 7748). An element is below 2^256, and stands for itself modulo 2^255 - 19; 2^256 is 38. */

enum { WORDS = 8 };

typedef struct {
    uint32_t w[WORDS];
} fe_t;

/* Adds a small number, times 38 for what it carries out. */
static void fe_fold(fe_t *x, uint64_t carry)
{
    while (carry != 0) {
        carry *= 38;
        for (size_t i = 0; i < WORDS; i++) {
            carry += x->w[i];
            x->w[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
}

static fe_t fe_add(fe_t a, fe_t b)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a.w[i] + b.w[i];
        a.w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    fe_fold(&a, carry);
    return a;
}

static fe_t fe_sub(fe_t a, fe_t b)
{
    /* a + (2^256 - 1 - b) is a - b + 37, and this is -37. */
    static const fe_t less = {
        {UINT32_MAX - 74, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};

    for (size_t i = 0; i < WORDS; i++) {
        b.w[i] = ~b.w[i];
    }
    return fe_add(fe_add(a, b), less);
}

static fe_t fe_mul(fe_t a, fe_t b)
{
    uint32_t t[2 * WORDS] = {0};
    uint64_t carry;
    fe_t out;

    for (size_t i = 0; i < WORDS; i++) {
        carry = 0;
        for (size_t j = 0; j < WORDS; j++) {
            carry += (uint64_t)a.w[i] * b.w[j] + t[i + j];
            t[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        t[i + WORDS] = (uint32_t)carry;
    }
    carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)t[i + WORDS] * 38 + t[i];
        out.w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    fe_fold(&out, carry);
    return out;
}

/* x to the power of p - 2, whose bits are all set but 2 and 4. */
static fe_t fe_inverse(fe_t x)
{
    fe_t out = x;

    for (unsigned bit = 254; bit-- > 0;) {
        out = fe_mul(out, out);
        if (bit != 2 && bit != 4) {
            out = fe_mul(out, x);
        }
    }
    return out;
}

static fe_t fe_read(const uint8_t *bytes)
{
    fe_t out;

    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *p = bytes + 4 * i;

        out.w[i] = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    return out;
}

/* Writes the least number that the element stands for. */
static void fe_write(fe_t x, uint8_t *bytes)
{
    static const fe_t nineteen = {{19}};

    for (unsigned i = 0; i < 2; i++) { /* bit 255 is 19 */
        const fe_t high = {{(x.w[WORDS - 1] >> 31) * 19}};

        x.w[WORDS - 1] &= 0x7fffffff;
        x = fe_add(x, high);
    }
    const fe_t beyond = fe_add(x, nineteen);
    if (beyond.w[WORDS - 1] >> 31 != 0) { /* x was p or more */
        x = beyond;
        x.w[WORDS - 1] &= 0x7fffffff;
    }
    for (size_t i = 0; i < ENOW_CRYPTO_KEY_SIZE; i++) {
        bytes[i] = (uint8_t)(x.w[i / 4] >> 8 * (i % 4));
    }
}

static void fe_swap(fe_t *a, fe_t *b)
{
    const fe_t t = *a;

    *a = *b;
    *b = t;
}

static bool soft_x25519(void *user, const uint8_t *private_key, const uint8_t *public_key, uint8_t *out)
{
    static const fe_t zero = {{0}}, one = {{1}}, a24 = {{121665}};
    uint8_t k[ENOW_CRYPTO_KEY_SIZE], u[ENOW_CRYPTO_KEY_SIZE], sum = 0;

    (void)user;
    memcpy(k, private_key, sizeof k);
    k[0] &= 0xf8;
    k[31] = (uint8_t)((k[31] & 0x7f) | 0x40);
    memcpy(u, public_key, sizeof u);
    u[31] &= 0x7f;
    const fe_t x1 = fe_read(u);
    fe_t x2 = one, z2 = zero, x3 = x1, z3 = one;
    bool swapped = false;
    for (size_t bit = 255; bit-- > 0;) {
        const bool set = (k[bit / 8] >> bit % 8 & 1) != 0;

        if (set != swapped) {
            fe_swap(&x2, &x3);
            fe_swap(&z2, &z3);
        }
        swapped = set;
        const fe_t a = fe_add(x2, z2), b = fe_sub(x2, z2), aa = fe_mul(a, a), bb = fe_mul(b, b), e = fe_sub(aa, bb);
        const fe_t da = fe_mul(fe_sub(x3, z3), a), cb = fe_mul(fe_add(x3, z3), b);
        const fe_t sum3 = fe_add(da, cb), difference3 = fe_sub(da, cb);
        x3 = fe_mul(sum3, sum3);
        z3 = fe_mul(x1, fe_mul(difference3, difference3));
        x2 = fe_mul(aa, bb);
        z2 = fe_mul(e, fe_add(aa, fe_mul(a24, e)));
    }
    if (swapped) {
        fe_swap(&x2, &x3);
        fe_swap(&z2, &z3);
    }
    fe_write(fe_mul(x2, fe_inverse(z2)), out);
    for (size_t i = 0; i < ENOW_CRYPTO_KEY_SIZE; i++) {
        sum |= out[i];
    }
    return sum != 0;
}

static bool soft_x25519_public(void *user, const uint8_t *private_key, uint8_t *out)
{
    static const uint8_t base[ENOW_CRYPTO_KEY_SIZE] = {9};

    return soft_x25519(user, private_key, base, out);
}

static bool soft_random(void *user, uint8_t *out, size_t len)
{
    FILE *source = fopen("/dev/urandom", "rb");
    const bool ok = source != NULL && fread(out, 1, len, source) == len;

    (void)user;
    if (source != NULL) {
        (void)fclose(source);
    }
    return ok;
}

const enow_crypto_t *enow_crypto_soft(void)
{
    static const enow_crypto_t table = {
        NULL, soft_random, soft_x25519_public, soft_x25519, soft_sha256, soft_hmac_sha256, soft_seal, soft_open,
    };

    return &table;
}
