/* Tokens are hashed as they are read; a phrase is its sequence of word hashes, chained under the first one, longest
 * first. Comparing hashes only is exact enough: a few thousand phrases against 32 bits. */
#include "pipeline/engine/lexicon.h"

#include <assert.h>
#include "base/utf8.h"

/* Not part of a word: Latin-1 signs, general punctuation, arrows to dingbats, CJK punctuation, variation selectors,
 * emoji. */
static bool codepoint_is_sign(uint32_t cp)
{
    return (cp >= 0x80 && cp <= 0xBF && cp != 0xAA && cp != 0xB5 && cp != 0xBA) || cp == 0xD7 || cp == 0xF7 ||
           (cp >= 0x2000 && cp <= 0x2BFF) || (cp >= 0x3000 && cp <= 0x303F) || (cp >= 0xFE00 && cp <= 0xFE0F) ||
           cp == 0xFFFD || cp >= 0x1F000;
}

/* Bytes of the word character at i, 0 when it is none. */
static size_t word_char(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x80)
        return str_is_alnum((char)c) ? 1 : 0;
    uint32_t cp;
    size_t k = utf8_decode(str_sub(s, i, s.n), &cp);
    return codepoint_is_sign(cp) ? 0 : k;
}

/* Letters and digits of ASCII by one look-up: this is the innermost loop of everything that reads text. A capital's
 * bit, shifted, is what makes it small. */
enum { BYTE_DIGIT = 1, BYTE_CAPITAL = 2, BYTE_SMALL = 4, SMALL_SHIFT = 4 };
static const uint8_t BYTES[256] = {['0' ... '9'] = BYTE_DIGIT,
                                   ['A' ... 'Z'] = BYTE_CAPITAL,
                                   ['a' ... 'z'] = BYTE_SMALL};

static inline uint32_t hash_byte(uint32_t h, unsigned char c)
{
    return (h ^ c) * TOKEN_HASH_PRIME;
}

uint32_t token_hash(struct str w)
{
    uint32_t h = TOKEN_HASH_SEED;
    for (size_t i = 0; i < w.n; i++) {
        unsigned char c = (unsigned char)w.p[i];
        if (c == '\'')
            continue;
        if (c >= 0x80 && i && (unsigned char)w.p[i - 1] == 0xC3 && c >= 0x80 && c <= 0x9E && c != 0x97)
            c = (unsigned char)(c + 0x20); /* capital Latin letter with a sign */
        h = hash_byte(h, (unsigned char)(c | (BYTES[c] & BYTE_CAPITAL) << SMALL_SHIFT));
    }
    return h;
}

static bool abbreviation(struct str w)
{
    static const char *const list[] = {"eg",  "ie",  "st",   "dr",  "mr",   "mrs",  "ms",     "prof", "inc",
                                       "ltd", "sr",  "jr",   "min", "no",   "incl", "approx", "vs",   "dept",
                                       "ref", "tel", "bzw",  "ca",  "co",   "max",  "corp",   "ft",   "mt",
                                       "nr",  "usw", "evtl", "ggf", "inkl", "zzgl", "mind",   "art",  "pty"};
    if (w.n == 1)
        return !str_is_digit(w.p[0]) && w.p[0] != 'C' && w.p[0] != 'R' && w.p[0] != 'I';
    if (w.n > 6)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (str_ieqc(w, list[i]))
            return true;
    return false;
}

/* Does a sentence begin at token start, given the token before it? */
static uint32_t boundary_flags(struct str s, size_t prev_start, size_t prev_end, size_t start)
{
    bool stop = false;
    for (size_t i = prev_end; i < start; i++) {
        char c = s.p[i];
        if (c == '\n')
            return TOKEN_LINE_START | TOKEN_SENTENCE_START;
        if (c == '.' || c == '!' || c == '?')
            stop = true;
        else if (stop && str_is_space(c))
            return s.p[prev_end] == '.' && abbreviation(str_sub(s, prev_start, prev_end)) ? 0 : TOKEN_SENTENCE_START;
    }
    return 0;
}

static uint32_t case_flags(struct str w)
{
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < w.n; i++) {
        upper += w.p[i] >= 'A' && w.p[i] <= 'Z';
        lower += w.p[i] >= 'a' && w.p[i] <= 'z';
    }
    uint32_t flags = upper >= 2 && lower == 0 ? TOKEN_CAPS : 0;
    unsigned char c = (unsigned char)w.p[0];
    if ((c >= 'A' && c <= 'Z') ||
        (c == 0xC3 && w.n > 1 && (unsigned char)w.p[1] >= 0x80 && (unsigned char)w.p[1] <= 0x9E))
        flags |= TOKEN_UPPER;
    if (str_is_digit((char)c))
        flags |= TOKEN_DIGIT;
    return flags;
}

/* End of the token that starts at i: letters, digits, inner apostrophes, and + or # that follow directly. */
static size_t token_end(struct str s, size_t i)
{
    size_t k;
    while (i < s.n) {
        while (i < s.n && str_is_alnum(s.p[i]))
            i++;
        if (i == s.n)
            break;
        if ((k = word_char(s, i)) > 0)
            i += k;
        else if (s.p[i] == '\'' && i + 1 < s.n && str_is_alpha(s.p[i + 1]))
            i++;
        else
            break;
    }
    size_t e = i;
    while (e < s.n && e - i < 2 && (s.p[e] == '+' || s.p[e] == '#'))
        e++;
    /* "C++" and "C#", but "3+" and "A+B" stay words */
    if (e > i && !(e < s.n && str_is_alnum(s.p[e])) && !str_is_digit(s.p[i - 1]))
        i = e;
    return i;
}

/* The usual token, letters and digits of ASCII with nothing joined to them, read in one pass. false: another one. */
static bool plain_token(struct str s, size_t i, struct token *ret)
{
    const unsigned char *p = (const unsigned char *)s.p;
    uint32_t h = TOKEN_HASH_SEED;
    size_t start = i, upper = 0;
    unsigned is, seen = 0;
    for (; i < s.n && (is = BYTES[p[i]]) != 0; i++) {
        seen |= is;
        upper += is == BYTE_CAPITAL;
        h = hash_byte(h, (unsigned char)(p[i] | (is & BYTE_CAPITAL) << SMALL_SHIFT));
    }
    if (i < s.n && (p[i] >= 0x80 || p[i] == '\'' || p[i] == '+' || p[i] == '#'))
        return false;
    unsigned first = i > start ? BYTES[p[start]] : 0;
    uint32_t flags = upper >= 2 && !(seen & BYTE_SMALL) ? TOKEN_CAPS : 0;
    flags |= first == BYTE_CAPITAL ? TOKEN_UPPER : 0;
    flags |= first == BYTE_DIGIT ? TOKEN_DIGIT : 0;
    *ret = (struct token){(uint32_t)start, (uint32_t)i, h, flags};
    return i > start;
}

size_t tokens_read(struct str text, struct token *ret, size_t max)
{
    size_t n = 0, i = 0, prev_start = 0, prev_end = 0;
    while (i < text.n && n < max) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x80 ? !BYTES[c] : !word_char(text, i)) {
            uint32_t cp;
            i += c < 0x80 ? 1 : utf8_decode(str_sub(text, i, text.n), &cp);
            continue;
        }
        size_t start = i;
        if (i && text.p[i - 1] == '.' && str_is_alpha(text.p[i]) &&
            (i == 1 || str_is_space(text.p[i - 2]) || text.p[i - 2] == '/' || text.p[i - 2] == '('))
            start = i - 1; /* .NET */
        if (start < i || !plain_token(text, i, &ret[n])) {
            struct str w = str_sub(text, start, token_end(text, i));
            ret[n] = (struct token){(uint32_t)start, (uint32_t)(start + w.n), token_hash(w), case_flags(w)};
        }
        i = ret[n].end;
        ret[n].flags |= n ? boundary_flags(text, prev_start, prev_end, start) : TOKEN_LINE_START | TOKEN_SENTENCE_START;
        n++;
        prev_start = start;
        prev_end = i;
    }
    return n;
}

size_t tokens_at(const struct token *t, size_t n, size_t byte)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (t[mid].start < byte)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static uint32_t first_bit(uint32_t hash)
{
    return hash >> 16 & (LEXICON_FIRST_BITS - 1);
}

static void lexicon_link(struct lexicon *l, size_t row)
{
    uint32_t bit = first_bit(l->hashes[row][0]);
    l->first[bit >> 6] |= UINT64_C(1) << (bit & 63);
    uint16_t *at = &l->heads[l->hashes[row][0] & (LEXICON_HEADS - 1)];
    while (*at && l->words[*at - 1] > l->words[row])
        at = &l->next[*at - 1];
    l->next[row] = *at;
    *at = (uint16_t)(row + 1);
}

void lexicon_init(struct lexicon *l, const struct lexicon_row *rows, size_t n)
{
    assert(n <= LEXICON_ROWS_MAX);
    l->rows = rows;
    l->n = n;
    for (size_t r = 0; r < n; r++) {
        struct token t[LEXICON_PHRASE_WORDS_MAX + 1];
        size_t words = tokens_read(str_of(rows[r].phrase), t, ARRAY_LEN(t));
        assert(words > 0 && words <= LEXICON_PHRASE_WORDS_MAX);
        l->words[r] = (uint8_t)words;
        for (size_t w = 0; w < words; w++)
            l->hashes[r][w] = t[w].hash;
        lexicon_link(l, r);
    }
}

static bool lexicon_match(const struct lexicon *l, size_t row, const struct token *t, size_t n)
{
    if (l->words[row] > n)
        return false;
    for (size_t w = 0; w < l->words[row]; w++)
        if (t[w].hash != l->hashes[row][w] || (w && (t[w].flags & TOKEN_SENTENCE_START)))
            return false;
    return true;
}

static const struct lexicon_row *lexicon_from(const struct lexicon *l, uint16_t r, const struct token *t, size_t n,
                                              size_t *ret_words)
{
    for (; r; r = l->next[r - 1]) {
        if (!lexicon_match(l, r - 1u, t, n))
            continue;
        *ret_words = l->words[r - 1];
        return &l->rows[r - 1];
    }
    return NULL;
}

const struct lexicon_row *lexicon_at(const struct lexicon *l, const struct token *t, size_t n, size_t i,
                                     size_t *ret_words)
{
    uint32_t bit = first_bit(t[i].hash);
    if (!(l->first[bit >> 6] >> (bit & 63) & 1))
        return NULL;
    return lexicon_from(l, l->heads[t[i].hash & (LEXICON_HEADS - 1)], t + i, n - i, ret_words);
}

const struct lexicon_row *lexicon_next(const struct lexicon *l, const struct lexicon_row *row, const struct token *t,
                                       size_t n, size_t i, size_t *ret_words)
{
    return lexicon_from(l, l->next[row - l->rows], t + i, n - i, ret_words);
}
