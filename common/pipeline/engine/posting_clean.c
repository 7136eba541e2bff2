/* Bytes to clean text. The output is never longer than the input, so one allocation of its size is enough. */
#include "pipeline/engine/posting_internal.h"

#include "base/utf8.h"

enum clean_action { CLEAN_KEEP, CLEAN_SPACE, CLEAN_DROP, CLEAN_HIDDEN, CLEAN_APOSTROPHE, CLEAN_QUOTE };

static enum clean_action clean_classify(uint32_t cp)
{
    if (cp < 0x20 || cp == 0x7F)
        return CLEAN_SPACE;
    if (cp < 0x80)
        return CLEAN_KEEP;
    if (cp < 0xA0 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 ||
        cp == 0x202F || cp == 0x205F || cp == 0x3000)
        return CLEAN_SPACE;
    if (cp == 0x2018 || cp == 0x2019 || cp == 0x201B || cp == 0x2BC || cp == 0x2032)
        return CLEAN_APOSTROPHE;
    if (cp == 0x201C || cp == 0x201D || cp == 0x201E || cp == 0x201F)
        return CLEAN_QUOTE;
    if (cp == 0xAD || cp == 0xFEFF || cp == 0x200D || (cp >= 0xFE00 && cp <= 0xFE0F) || cp == 0x200E || cp == 0x200F)
        return CLEAN_DROP; /* soft hyphen, byte order mark, joiners of emoji, direction marks: innocent */
    if (cp == 0x200B || cp == 0x200C || (cp >= 0x2060 && cp <= 0x2064) || (cp >= 0x202A && cp <= 0x202E) ||
        cp == 0x180E || (cp >= 0x2066 && cp <= 0x206F) || (cp >= 0xE0000 && cp <= 0xE0FFF))
        return CLEAN_HIDDEN;
    return CLEAN_KEEP;
}

struct str posting_clean(struct arena *a, struct str s, size_t *hidden)
{
    char *out = arena_try_alloc(a, s.n + 1);
    size_t n = 0;
    if (!out)
        return (struct str){0};
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\n' || (c >= 0x20 && c < 0x7F)) {
            out[n++] = (char)c;
            i++;
            continue;
        }
        if (c == '\r') {
            if (!(i + 1 < s.n && s.p[i + 1] == '\n'))
                out[n++] = '\n';
            i++;
            continue;
        }
        uint32_t cp;
        size_t k = utf8_decode(str_sub(s, i, s.n), &cp);
        switch (cp == 0xFFFD ? CLEAN_SPACE : clean_classify(cp)) {
        case CLEAN_KEEP:
            memcpy(out + n, s.p + i, k);
            n += k;
            break;
        case CLEAN_SPACE:
            out[n++] = ' ';
            break;
        case CLEAN_APOSTROPHE:
            out[n++] = '\'';
            break;
        case CLEAN_QUOTE:
            out[n++] = '"';
            break;
        case CLEAN_HIDDEN:
            (*hidden)++;
            break;
        case CLEAN_DROP:
            break;
        }
        i += k;
    }
    out[n] = '\0';
    return (struct str){out, n};
}

static const struct {
    const char *name, *text;
} entities[] = {{"amp", "&"},
                {"lt", "<"},
                {"gt", ">"},
                {"quot", "\""},
                {"apos", "'"},
                {"nbsp", " "},
                {"ndash", "\xE2\x80\x93"},
                {"mdash", "\xE2\x80\x94"},
                {"rsquo", "'"},
                {"lsquo", "'"},
                {"rdquo", "\""},
                {"ldquo", "\""},
                {"bull", "\xE2\x80\xA2"},
                {"middot", "\xC2\xB7"},
                {"hellip", "\xE2\x80\xA6"},
                {"euro", "\xE2\x82\xAC"},
                {"pound", "\xC2\xA3"},
                {"eacute", "\xC3\xA9"},
                {"copy", "\xC2\xA9"},
                {"reg", "\xC2\xAE"},
                {"trade", "\xE2\x84\xA2"},
                {"auml", "\xC3\xA4"},
                {"ouml", "\xC3\xB6"},
                {"uuml", "\xC3\xBC"},
                {"szlig", "\xC3\x9F"},
                {"Auml", "\xC3\x84"},
                {"Ouml", "\xC3\x96"},
                {"Uuml", "\xC3\x9C"},
                {"egrave", "\xC3\xA8"},
                {"agrave", "\xC3\xA0"},
                {"ccedil", "\xC3\xA7"}};

/* Length of the reference at s.p[0] == '&' and its text in out (at most 4 bytes); 0 when it is none. */
static size_t entity_decode(struct str s, char *out, size_t *ret_n)
{
    const char *semi = memchr(s.p, ';', MIN(s.n, (size_t)12));
    if (!semi || semi - s.p < 3)
        return 0;
    struct str name = str_sub(s, 1, (size_t)(semi - s.p));
    if (name.p[0] == '#') {
        uint32_t cp = 0;
        bool hex = name.n > 1 && (name.p[1] == 'x' || name.p[1] == 'X');
        for (size_t i = hex ? 2 : 1; i < name.n; i++) {
            char c = str_lower_char(name.p[i]);
            if (!(str_is_digit(c) || (hex && c >= 'a' && c <= 'f')))
                return 0;
            cp = cp * (hex ? 16 : 10) + (uint32_t)(str_is_digit(c) ? c - '0' : c - 'a' + 10);
        }
        if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
            cp = ' ';
        *ret_n = utf8_encode(cp, out);
        return name.n + 2;
    }
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        if (str_eqc(name, entities[i].name)) {
            *ret_n = strlen(entities[i].text);
            memcpy(out, entities[i].text, *ret_n);
            return name.n + 2;
        }
    return 0;
}

struct str posting_entities(struct arena *a, struct str s)
{
    if (s.n == 0 || !memchr(s.p, '&', s.n))
        return s;
    char *out = arena_try_alloc(a, s.n + 1);
    size_t n = 0;
    if (!out)
        return (struct str){0};
    for (size_t i = 0; i < s.n;) {
        size_t k = 0, m = 0;
        if (s.p[i] == '&' && (k = entity_decode(str_sub(s, i, s.n), out + n, &m)) > 0) {
            n += m;
            i += k;
        } else {
            out[n++] = s.p[i++];
        }
    }
    out[n] = '\0';
    return (struct str){out, n};
}

void posting_hidden_add(struct arena *a, struct posting_hidden *h, struct str text)
{
    h->chars += text.n;
    if (h->quote.n || str_trim(text).n < POSTING_HIDDEN_QUOTE_MIN)
        return;
    struct str s = posting_clean(a, str_trim(text), &(size_t){0});
    if (!s.p)
        return;
    char *out = (char *)s.p; /* ours: the cleaned copy */
    size_t k = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_space(s.p[i]) || (k && out[k - 1] != ' '))
            out[k++] = str_is_space(s.p[i]) ? ' ' : s.p[i];
    h->quote = str_trim((struct str){out, k});
}
