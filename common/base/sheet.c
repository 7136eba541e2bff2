#include "base/sheet.h"

#include "base/utf8.h"

#define SHEET_BLOCKS_FIRST 64
#define SHEET_PIECES_FIRST 4

void sheet_init(struct sheet *d, struct arena *a)
{
    *d = (struct sheet){.a = a, .language = STR("en"), .paper = SHEET_A4};
}

static void *grown(struct sheet *d, const void *old, size_t used, size_t n, size_t size_bytes)
{
    void *p = arena_try_zalloc_n(d->a, n, size_bytes);
    if (p && used)
        memcpy(p, old, used * size_bytes);
    d->failed = d->failed || !p;
    return p;
}

struct sheet_block *sheet_add(struct sheet *d, enum sheet_kind kind)
{
    if (d->n == d->cap && !d->failed) {
        size_t cap = d->cap ? 2 * d->cap : SHEET_BLOCKS_FIRST;
        struct sheet_block *more = cap > SHEET_BLOCKS_MAX ? NULL : grown(d, d->blocks, d->n, cap, sizeof(*more));
        d->failed = !more;
        if (more) {
            d->blocks = more;
            d->cap = cap;
        }
    }
    if (d->failed)
        return &d->nowhere;
    d->blocks[d->n] = (struct sheet_block){.kind = kind};
    return &d->blocks[d->n++];
}

void sheet_piece_add(struct sheet *d, struct sheet_pieces *to, struct sheet_piece piece)
{
    if (piece.text.n == 0 || d->failed)
        return;
    if (to->n == to->cap) {
        size_t cap = to->cap ? 2 * to->cap : SHEET_PIECES_FIRST;
        struct sheet_piece *more = grown(d, to->at, to->n, cap, sizeof(*more));
        if (!more)
            return;
        to->at = more;
        to->cap = cap;
    }
    to->at[to->n++] = piece;
}

struct str sheet_separator(const struct sheet_block *b)
{
    if (b->kind == SHEET_CONTACT)
        return STR(" · ");
    if (b->kind != SHEET_ENTRY)
        return STR("");
    if (b->dash)
        return STR(" — ");
    for (size_t i = 0; i < b->pieces.n; i++)
        if (str_find(b->pieces.at[i].text, STR(", ")) >= 0)
            return STR(" — ");
    return STR(", ");
}

struct str sheet_details_separator(void)
{
    return STR(" · ");
}

enum clean_as { CLEAN_KEEP, CLEAN_SPACE, CLEAN_DROP, CLEAN_SPELL };

static const struct clean_range {
    uint32_t from, to;
    enum clean_as as;
} CLEAN_RANGES[] = {
    {0x00, 0x20, CLEAN_SPACE},     {0x7f, 0xa0, CLEAN_SPACE},      {0xad, 0xad, CLEAN_DROP},
    {0x061c, 0x061c, CLEAN_DROP},  {0x1680, 0x1680, CLEAN_SPACE},  {0x180e, 0x180e, CLEAN_DROP},
    {0x2000, 0x200a, CLEAN_SPACE}, {0x200b, 0x200b, CLEAN_DROP},   {0x200e, 0x200f, CLEAN_DROP},
    {0x2028, 0x2029, CLEAN_SPACE}, {0x202a, 0x202e, CLEAN_DROP},   {0x202f, 0x202f, CLEAN_SPACE},
    {0x205f, 0x205f, CLEAN_SPACE}, {0x2060, 0x206f, CLEAN_DROP},   {0x3000, 0x3000, CLEAN_SPACE},
    {0xe000, 0xf8ff, CLEAN_DROP},  {0xfb00, 0xfb06, CLEAN_SPELL},  {0xfdd0, 0xfdef, CLEAN_DROP},
    {0xfe00, 0xfe0f, CLEAN_DROP},  {0xfeff, 0xfeff, CLEAN_DROP},   {0xfff0, 0xfffb, CLEAN_DROP},
    {0xfffe, 0xffff, CLEAN_DROP},  {0xe0000, 0xe0fff, CLEAN_DROP}, {0xf0000, 0x10ffff, CLEAN_DROP},
};

static enum clean_as clean_class(uint32_t cp)
{
    if (cp > 0x20 && cp < 0x7f)
        return CLEAN_KEEP;
    for (size_t i = 0; i < ARRAY_LEN(CLEAN_RANGES) && cp >= CLEAN_RANGES[i].from; i++)
        if (cp <= CLEAN_RANGES[i].to)
            return CLEAN_RANGES[i].as;
    return CLEAN_KEEP;
}

static bool clean_already(struct str s, bool keep_lines)
{
    char before = ' ';
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c >= 0x7f || (c < ' ' && !(keep_lines && c == '\n')) || (c == ' ' && before == ' '))
            return false;
        before = c;
    }
    return before != ' ';
}

struct str sheet_clean(struct sheet *d, struct str s, bool keep_lines)
{
    static const char *const SPELLED[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    if (s.n == 0 || clean_already(s, keep_lines))
        return s;
    char *out = arena_try_alloc(d->a, s.n + 1); /* no character grows: a ligature has three bytes */
    size_t n = 0;
    if (!out) {
        d->failed = true;
        return str_of("");
    }
    while (s.n) {
        uint32_t cp;
        size_t len = utf8_decode(s, &cp);
        enum clean_as as = clean_class(cp);
        bool line_start = n == 0 || out[n - 1] == '\n';
        if (cp == '\n' && keep_lines) {
            while (n && out[n - 1] == ' ')
                n--;
            out[n++] = '\n';
        } else if (as == CLEAN_SPACE && !line_start && out[n - 1] != ' ') {
            out[n++] = ' ';
        } else if (as == CLEAN_SPELL) {
            const char *text = SPELLED[cp - 0xfb00];
            memcpy(out + n, text, strlen(text));
            n += strlen(text);
        } else if (as == CLEAN_KEEP) {
            memcpy(out + n, s.p, len);
            n += len;
        }
        s = str_sub(s, len, s.n);
    }
    while (n && (out[n - 1] == ' ' || out[n - 1] == '\n'))
        n--;
    out[n] = 0;
    return (struct str){.p = out, .n = n};
}
