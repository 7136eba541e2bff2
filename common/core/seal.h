/* Sealing of personal columns (libsodium). XChaCha20-Poly1305-IETF under a per-user data key; the data key is wrapped
 * by the master key.
 *
 * Format of a sealed value: version(1) | nonce(24) | ciphertext and tag; version 1: the text, 2: the text packed by
 * zstd. Associated data binds a value to its place, so that a value cannot be moved to another row or column. Erasing a
 * user destroys the wrapped key. Not thread-bound; keys are wiped by _fini. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"

#define SEAL_KEY_BYTES      32
#define SEAL_OVERHEAD_BYTES 41 /* 1 + 24 + 16 */
#define SEAL_WRAPPED_BYTES  (SEAL_KEY_BYTES + SEAL_OVERHEAD_BYTES)
#define SEAL_HASH_BYTES     32

struct seal_key {
    uint8_t b[SEAL_KEY_BYTES];
};

int seal_setup(struct err *err) MUST_CHECK; /* once per process, before anything else here */
/* 64 hex digits, surrounding white space ignored. */
int seal_master_parse(struct str hex, struct seal_key *ret, struct err *err) MUST_CHECK;
void seal_key_new(struct seal_key *ret);
void seal_key_fini(struct seal_key *k);

/* Associated data: tenant, owner (user or application id) and place ("user_profiles.sealed"). */
struct seal_place {
    const struct uuid *tenant_id;
    const struct uuid *row_id;
    const char *column;
};

void seal_wrap(const struct seal_key *master, const struct seal_key *key, struct seal_place at,
               uint8_t out[SEAL_WRAPPED_BYTES]);
int seal_unwrap(const struct seal_key *master, struct str wrapped, struct seal_place at, struct seal_key *ret,
                struct err *err) MUST_CHECK;
/* Seals into the arena; ret->n = plain.n + SEAL_OVERHEAD_BYTES. ERR_MEMORY when the arena is exhausted. */
int seal_close(struct arena *a, const struct seal_key *key, struct str plain, struct seal_place at, struct str *ret,
               struct err *err) MUST_CHECK;
/* What packing needs, made once by who packs much; of one thread. NULL when there is no memory. */
struct seal_packer;
struct seal_packer *seal_packer_new(void);
void seal_packer_free(struct seal_packer *p);
/* The same as seal_close for documents: packed first, by the packer or (NULL) one made for this call. Not where a
 * stranger chooses part of the text and sees the size. */
int seal_close_packed(struct arena *a, struct seal_packer *packer, const struct seal_key *key, struct str plain,
                      struct seal_place at, struct str *ret, struct err *err) MUST_CHECK;
/* Opens into the arena (NUL added behind), packed or not. ERR_SEAL when the value, its place or the key is wrong. */
int seal_open(struct arena *a, const struct seal_key *key, struct str sealed, struct seal_place at, struct str *ret,
              struct err *err) MUST_CHECK;

/* Keyed hash for equality look-ups (e-mail, API keys): BLAKE2b-256 under a key derived from the master key and
 * `purpose`. */
void seal_blind_index(const struct seal_key *master, const char *purpose, struct str value,
                      uint8_t out[SEAL_HASH_BYTES]);
/* Plain content hash, BLAKE2b-256. */
void seal_hash(struct str value, uint8_t out[SEAL_HASH_BYTES]);
struct seal_hasher; /* streaming form */
struct seal_hasher *seal_hasher_new(void);
void seal_hasher_add(struct seal_hasher *h, const void *p, size_t n);
void seal_hasher_end(struct seal_hasher *h, uint8_t out[SEAL_HASH_BYTES]); /* frees h */
