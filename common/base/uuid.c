/* RFC 9562 layout: unix_ts_ms(48) ver(4)=7 rand_a(12) var(2)=10 rand_b(62). */
#include "base/uuid.h"

struct uuid uuid_v7(uint64_t wall_ms, const uint8_t random[10])
{
    struct uuid u;
    for (int i = 0; i < 6; i++)
        u.b[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
    memcpy(u.b + 6, random, 10);
    u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x70);
    u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
    return u;
}

static int uuid_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = str_lower_char(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(struct str s, struct uuid *ret)
{
    if (s.n != UUID_TEXT_BYTES - 1)
        return false;
    struct uuid u;
    size_t at = 0;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && s.p[at++] != '-')
            return false;
        int hi = uuid_nibble(s.p[at]), lo = uuid_nibble(s.p[at + 1]);
        if (hi < 0 || lo < 0)
            return false;
        u.b[i] = (uint8_t)(hi << 4 | lo);
        at += 2;
    }
    *ret = u;
    return true;
}

const char *uuid_format(const struct uuid *u, char out[UUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[u->b[i] >> 4];
        out[at++] = digits[u->b[i] & 15];
    }
    out[at] = '\0';
    return out;
}
