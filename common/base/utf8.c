/* Well-formed sequences after table 3-7 of the Unicode standard. */
#include "base/utf8.h"

static bool utf8_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the sequence at p with n bytes available, 0 when ill-formed. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    if (c < 0xE0)
        return n >= 2 && utf8_tail(p[1]) ? 2 : 0;
    if (c < 0xF0) {
        if (n < 3 || !utf8_tail(p[1]) || !utf8_tail(p[2]))
            return 0;
        if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F))
            return 0;
        return 3;
    }
    if (n < 4 || !utf8_tail(p[1]) || !utf8_tail(p[2]) || !utf8_tail(p[3]))
        return 0;
    if ((c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F))
        return 0;
    return 4;
}

size_t utf8_valid_prefix(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;
    uint64_t x;
    while (i < s.n) {
        while (i + sizeof(x) <= s.n && (memcpy(&x, p + i, sizeof(x)), !(x & 0x8080808080808080ull)))
            i += sizeof(x);
        if (i == s.n)
            break;
        size_t k = utf8_sequence(p + i, s.n - i);
        if (k == 0)
            break;
        i += k;
    }
    return i;
}

size_t utf8_decode(struct str s, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t k = utf8_sequence(p, s.n);
    switch (k) {
    case 2:
        *ret = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    case 3:
        *ret = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        return 3;
    case 4:
        *ret = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 |
               (p[3] & 0x3F);
        return 4;
    default:
        *ret = k ? p[0] : 0xFFFD;
        return 1;
    }
}

size_t utf8_encode(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_count(struct str s)
{
    const uint64_t ones = 0x0101010101010101ull;
    size_t count = 0, i = 0;
    uint64_t x;
    /* eight bytes at a time: a tail has bit 7 and not bit 6 */
    for (; i + sizeof(x) <= s.n; i += sizeof(x)) {
        memcpy(&x, s.p + i, sizeof(x));
        count += sizeof(x) - (size_t)__builtin_popcountll(x >> 7 & ~(x >> 6) & ones);
    }
    for (; i < s.n; i++)
        count += !utf8_tail((unsigned char)s.p[i]);
    return count;
}

struct str utf8_cut(struct str s, size_t max_bytes)
{
    if (s.n <= max_bytes)
        return s;
    size_t n = max_bytes;
    while (n && utf8_tail((unsigned char)s.p[n]))
        n--;
    return str_sub(s, 0, n);
}
