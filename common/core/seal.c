/* Keys and what they are used for:
 *
 *     master key --seal--> wrapped data key (one per user, stored)      associated data: place
 *     data key   --seal--> sealed column                                associated data: place
 *     master key --BLAKE2b("jobmill blind index" | purpose)--> key of a blind index
 *
 * The associated data is tenant(16) | row(16) | column; its length is fixed up to the column's name, so no two places
 * share it. A packed value adds NUL and its version. Packing makes documents about a fifth of their size, which is
 * most of what storing them costs. Nonces are random: 24 bytes make a collision under one key out of the question. */
#include "core/seal.h"

#include <assert.h>
#include <stdio.h>
#include <sodium.h>
#include <zstd.h>
#include "base/hex.h"

#define SEAL_PLAIN        1 /* versions: the text as it is */
#define SEAL_PACKED       2 /* length (4 bytes, big endian), then the text as a zstd frame */
#define SEAL_PACK_LEVEL   1
#define SEAL_LENGTH_BYTES 4
#define SEAL_NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEAL_COLUMN_BYTES 64 /* longest name of a place */
#define SEAL_AD_BYTES     (2 * UUID_BYTES + SEAL_COLUMN_BYTES + 2)

_Static_assert(SEAL_OVERHEAD_BYTES == 1 + SEAL_NONCE_BYTES + SEAL_TAG_BYTES, "format of a sealed value");
_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size of the cipher");

struct seal_hasher {
    crypto_generichash_state state;
};

int seal_setup(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_SEAL, "the cryptographic library could not be started");
    return 0;
}

int seal_master_parse(struct str hex, struct seal_key *ret, struct err *err)
{
    struct str text = str_trim(hex);
    if (!hex_decode(text.p, text.n, ret->b, sizeof(ret->b))) {
        seal_key_fini(ret);
        return err_set(err, ERR_CONFIG, "the master key must be 64 hexadecimal digits: give JOBMILL_MASTER_KEY_FILE");
    }
    return 0;
}

void seal_key_new(struct seal_key *ret)
{
    crypto_aead_xchacha20poly1305_ietf_keygen(ret->b);
}

void seal_key_fini(struct seal_key *k)
{
    if (k)
        sodium_memzero(k, sizeof(*k));
}

static size_t seal_associated(struct seal_place at, uint8_t version, uint8_t out[SEAL_AD_BYTES])
{
    size_t n = strlen(at.column);
    assert(n <= SEAL_COLUMN_BYTES);
    memcpy(out, at.tenant_id->b, UUID_BYTES);
    memcpy(out + UUID_BYTES, at.row_id->b, UUID_BYTES);
    memcpy(out + 2 * UUID_BYTES, at.column, n);
    n += 2 * UUID_BYTES;
    if (version != SEAL_PLAIN) {
        out[n++] = 0;
        out[n++] = version;
    }
    return n;
}

/* out has n + SEAL_OVERHEAD_BYTES. */
static void seal_put(const struct seal_key *key, uint8_t version, const void *plain, size_t n, struct seal_place at,
                     uint8_t *out)
{
    uint8_t ad[SEAL_AD_BYTES];
    size_t ad_n = seal_associated(at, version, ad);
    out[0] = version;
    randombytes_buf(out + 1, SEAL_NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + 1 + SEAL_NONCE_BYTES, NULL, plain, n, ad, ad_n, NULL, out + 1,
                                               key->b);
}

/* out has sealed.n - SEAL_OVERHEAD_BYTES; the caller has checked that sealed is no shorter. */
static int seal_get(const struct seal_key *key, struct str sealed, struct seal_place at, uint8_t *out, struct err *err)
{
    const uint8_t *in = (const uint8_t *)sealed.p;
    if (in[0] != SEAL_PLAIN && in[0] != SEAL_PACKED)
        return err_set(err, ERR_SEAL, "a sealed value has version %u, this program knows up to %d", in[0], SEAL_PACKED);
    uint8_t ad[SEAL_AD_BYTES];
    size_t ad_n = seal_associated(at, in[0], ad);
    size_t n = sealed.n - 1 - SEAL_NONCE_BYTES;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in + 1 + SEAL_NONCE_BYTES, n, ad, ad_n, in + 1,
                                                   key->b))
        return err_set(err, ERR_SEAL, "a value in %s does not fit its key and place", at.column);
    return 0;
}

void seal_wrap(const struct seal_key *master, const struct seal_key *key, struct seal_place at,
               uint8_t out[SEAL_WRAPPED_BYTES])
{
    seal_put(master, SEAL_PLAIN, key->b, sizeof(key->b), at, out);
}

int seal_unwrap(const struct seal_key *master, struct str wrapped, struct seal_place at, struct seal_key *ret,
                struct err *err)
{
    if (wrapped.n != SEAL_WRAPPED_BYTES)
        return err_set(err, ERR_SEAL, "a wrapped key has %zu bytes instead of %d", wrapped.n, SEAL_WRAPPED_BYTES);
    int rc = seal_get(master, wrapped, at, ret->b, err);
    if (rc < 0)
        seal_key_fini(ret);
    return rc;
}

int seal_close(struct arena *a, const struct seal_key *key, struct str plain, struct seal_place at, struct str *ret,
               struct err *err)
{
    size_t n;
    uint8_t *out = NULL;
    if (!__builtin_add_overflow(plain.n, (size_t)SEAL_OVERHEAD_BYTES, &n))
        out = arena_try_alloc(a, n);
    if (!out)
        return err_set(err, ERR_MEMORY, "no memory left to seal %zu bytes", plain.n);
    seal_put(key, SEAL_PLAIN, plain.p, plain.n, at, out);
    *ret = (struct str){.p = (const char *)out, .n = n};
    return 0;
}

static int seal_unpack(struct arena *a, struct str packed, struct str *ret, struct err *err)
{
    if (packed.n < SEAL_LENGTH_BYTES)
        return err_set(err, ERR_SEAL, "a packed value is too short");
    size_t n = 0;
    for (int i = 0; i < SEAL_LENGTH_BYTES; i++)
        n = n << 8 | (uint8_t)packed.p[i];
    char *out = arena_try_alloc(a, n + 1);
    if (!out)
        return err_set(err, ERR_MEMORY, "no memory left to unpack %zu bytes", n);
    if (ZSTD_decompress(out, n, packed.p + SEAL_LENGTH_BYTES, packed.n - SEAL_LENGTH_BYTES) != n)
        return err_set(err, ERR_SEAL, "a packed value is damaged");
    out[n] = '\0';
    *ret = (struct str){.p = out, .n = n};
    return 0;
}

int seal_open(struct arena *a, const struct seal_key *key, struct str sealed, struct seal_place at, struct str *ret,
              struct err *err)
{
    if (sealed.n < SEAL_OVERHEAD_BYTES)
        return err_set(err, ERR_SEAL, "a sealed value of %zu bytes is too short", sealed.n);
    size_t n = sealed.n - SEAL_OVERHEAD_BYTES;
    char *out = arena_try_alloc(a, n + 1);
    if (!out)
        return err_set(err, ERR_MEMORY, "no memory left to open %zu sealed bytes", sealed.n);
    int rc = seal_get(key, sealed, at, (uint8_t *)out, err);
    if (rc < 0)
        return rc;
    out[n] = '\0';
    *ret = (struct str){.p = out, .n = n};
    return sealed.p[0] == SEAL_PACKED ? seal_unpack(a, *ret, ret, err) : 0;
}

struct seal_packer *seal_packer_new(void)
{
    return (struct seal_packer *)ZSTD_createCCtx(); /* its tables are most of what packing a small text costs */
}

void seal_packer_free(struct seal_packer *p)
{
    ZSTD_freeCCtx((ZSTD_CCtx *)p);
}

static size_t seal_pack(struct seal_packer *p, uint8_t *out, size_t max, struct str plain)
{
    return p ? ZSTD_compressCCtx((ZSTD_CCtx *)p, out, max, plain.p, plain.n, SEAL_PACK_LEVEL)
             : ZSTD_compress(out, max, plain.p, plain.n, SEAL_PACK_LEVEL);
}

int seal_close_packed(struct arena *a, struct seal_packer *packer, const struct seal_key *key, struct str plain,
                      struct seal_place at, struct str *ret, struct err *err)
{
    size_t max = ZSTD_compressBound(plain.n);
    uint8_t *frame = plain.n <= UINT32_MAX ? arena_try_alloc(a, SEAL_LENGTH_BYTES + max) : NULL;
    if (!frame)
        return err_set(err, ERR_MEMORY, "no memory left to pack %zu bytes", plain.n);
    size_t n = seal_pack(packer, frame + SEAL_LENGTH_BYTES, max, plain);
    if (ZSTD_isError(n))
        return err_set(err, ERR_MEMORY, "packing %zu bytes failed", plain.n);
    for (int i = 0; i < SEAL_LENGTH_BYTES; i++)
        frame[i] = (uint8_t)(plain.n >> (24 - 8 * i));
    n += SEAL_LENGTH_BYTES;
    uint8_t *out = arena_try_alloc(a, n + SEAL_OVERHEAD_BYTES);
    if (!out)
        return err_set(err, ERR_MEMORY, "no memory left to seal %zu bytes", n);
    seal_put(key, SEAL_PACKED, frame, n, at, out);
    *ret = (struct str){.p = (const char *)out, .n = n + SEAL_OVERHEAD_BYTES};
    return 0;
}

void seal_blind_index(const struct seal_key *master, const char *purpose, struct str value,
                      uint8_t out[SEAL_HASH_BYTES])
{
    static const char domain[] = "jobmill blind index"; /* with its NUL, so that it never runs into the purpose */
    uint8_t key[SEAL_KEY_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, master->b, sizeof(master->b), sizeof(key));
    crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain));
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose));
    crypto_generichash_final(&state, key, sizeof(key));
    crypto_generichash(out, SEAL_HASH_BYTES, (const uint8_t *)value.p, value.n, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
    sodium_memzero(&state, sizeof(state));
}

void seal_hash(struct str value, uint8_t out[SEAL_HASH_BYTES])
{
    crypto_generichash(out, SEAL_HASH_BYTES, (const uint8_t *)value.p, value.n, NULL, 0);
}

struct seal_hasher *seal_hasher_new(void)
{
    struct seal_hasher *h = aligned_alloc(_Alignof(struct seal_hasher), sizeof(*h));
    if (!h) {
        fputs("seal: out of memory\n", stderr);
        abort();
    }
    crypto_generichash_init(&h->state, NULL, 0, SEAL_HASH_BYTES);
    return h;
}

void seal_hasher_add(struct seal_hasher *h, const void *p, size_t n)
{
    crypto_generichash_update(&h->state, p, n);
}

void seal_hasher_end(struct seal_hasher *h, uint8_t out[SEAL_HASH_BYTES])
{
    uint8_t scrap[SEAL_HASH_BYTES];
    crypto_generichash_final(&h->state, out ? out : scrap, SEAL_HASH_BYTES);
    sodium_memzero(h, sizeof(*h));
    free(h);
}
