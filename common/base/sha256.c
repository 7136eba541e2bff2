/* One pass over whole blocks, then the padded rest. */
#include "base/sha256.h"

#define BLOCK_BYTES 64

static const uint32_t K[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
                               0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
                               0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
                               0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
                               0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
                               0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
                               0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
                               0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
                               0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
                               0xc67178f2};

static inline uint32_t turn(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                        uint32_t *h, uint32_t word)
{
    uint32_t t = *h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + word;
    *d += t;
    *h = t + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void block(uint32_t h[8], const unsigned char *p)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
    for (int i = 0; i < 64; i += 8) { /* the eight turn their names instead of their values */
        step(a, b, c, &d, e, f, g, &k, K[i] + w[i]);
        step(k, a, b, &c, d, e, f, &g, K[i + 1] + w[i + 1]);
        step(g, k, a, &b, c, d, e, &f, K[i + 2] + w[i + 2]);
        step(f, g, k, &a, b, c, d, &e, K[i + 3] + w[i + 3]);
        step(e, f, g, &k, a, b, c, &d, K[i + 4] + w[i + 4]);
        step(d, e, f, &g, k, a, b, &c, K[i + 5] + w[i + 5]);
        step(c, d, e, &f, g, k, a, &b, K[i + 6] + w[i + 6]);
        step(b, c, d, &e, f, g, k, &a, K[i + 7] + w[i + 7]);
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
    h[5] += f;
    h[6] += g;
    h[7] += k;
}

void sha256(struct str data, unsigned char ret[SHA256_BYTES])
{
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const unsigned char *p = (const unsigned char *)data.p;
    size_t left = data.n;
    for (; left >= BLOCK_BYTES; p += BLOCK_BYTES, left -= BLOCK_BYTES)
        block(h, p);
    unsigned char tail[2 * BLOCK_BYTES] = {0};
    if (left)
        memcpy(tail, p, left);
    tail[left] = 0x80;
    size_t n = left + 9 > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES;
    uint64_t bits = (uint64_t)data.n * 8;
    for (int i = 0; i < 8; i++)
        tail[n - 1 - (size_t)i] = (unsigned char)(bits >> (8 * i));
    for (size_t i = 0; i < n; i += BLOCK_BYTES)
        block(h, tail + i);
    for (int i = 0; i < SHA256_BYTES; i++)
        ret[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_hex(struct str data, char ret[SHA256_HEX_BYTES])
{
    unsigned char d[SHA256_BYTES];
    sha256(data, d);
    for (int i = 0; i < SHA256_BYTES; i++) {
        ret[2 * i] = "0123456789abcdef"[d[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[d[i] & 15];
    }
    ret[SHA256_HEX_BYTES - 1] = 0;
}
