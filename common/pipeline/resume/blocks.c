/* Lines become blocks: markup and bullets are taken off, wrapped lines joined.
 *
 * A line continues the block before it when it stands under the text of a bullet, or when its first word would not have
 * fitted on the line before (the one rule that holds for wrapped text, Markdown and PDF alike). Lines with a TAB (a row
 * with columns) are never continued. */
#include "pipeline/resume/resume_parts.h"

#include "base/utf8.h"

#define BLOCK_EDGE_MIN       55.0f
#define BLOCK_EDGE_LINES_MIN 2      /* so many lines end near the edge where text is wrapped */
#define BLOCK_NARROW         14.0f  /* sizes of a letter */
#define BLOCK_EDGE_MAX       130.0f /* columns; text with longer lines is not wrapped */
#define BLOCK_EDGE_NEAR      14.0f

void clean_byte(struct reading *r, char c, size_t at)
{
    if (r->clean_n == r->clean_cap) {
        r->text_failed = true;
        return;
    }
    r->clean[r->clean_n] = c;
    r->src[r->clean_n++] = (uint32_t)at;
}

/* What a code point becomes: itself (0), a space, nothing, or letters. */
static const char *clean_instead(uint32_t cp)
{
    static const char *const LIGATURES[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    if (cp >= 0xFB00 && cp <= 0xFB06)
        return LIGATURES[cp - 0xFB00];
    if (cp == 0xA0 || cp == 0x202F || cp == 0x2007 || cp == 0x2009 || cp == 0x2002 || cp == 0x2003 || cp == 0x2028 ||
        cp == 0x2029 || cp == 0x3000)
        return " ";
    if (cp == 0x200B || cp == 0xFEFF || cp == 0xAD || cp == 0x2060 || (cp < 0x20 && cp != '\t') || cp == 0x7F)
        return "";
    return cp == 0x2011 ? "-" : NULL;
}

void clean_append(struct reading *r, struct str text, size_t at)
{
    for (size_t i = 0; i < text.n;) {
        uint32_t cp;
        size_t n = utf8_decode(str_sub(text, i, text.n), &cp);
        const char *instead = clean_instead(cp);
        if (instead)
            for (; *instead; instead++)
                clean_byte(r, *instead, at + i);
        else
            for (size_t k = 0; k < n; k++)
                clean_byte(r, text.p[i + k], at + i + k);
        i += n;
    }
}

static bool bullet_sign(uint32_t cp)
{
    static const uint32_t SIGNS[] = {0x2022, 0x25E6, 0x25AA, 0x25AB, 0x25CF, 0x25CB, 0x25A0, 0x25A1, 0x2023,
                                     0x2043, 0x00B7, 0x00BB, 0x27A2, 0x27A4, 0x25BA, 0x25B6, 0x2713, 0x2714,
                                     0x2756, 0x2666, 0x2192, 0xF0B7, 0xF0A7, 0xF0D8, 0xF076, 0xF0FC, 0x2219,
                                     0x25C6, 0x2794, 0x25B8, 0x203A, 0x2605, 0x2606, 0x2B25};
    for (size_t i = 0; i < ARRAY_LEN(SIGNS); i++)
        if (SIGNS[i] == cp)
            return true;
    return false;
}

static size_t bullet_number(struct str s)
{
    size_t i = s.n && s.p[0] == '(';
    size_t digits = i;
    while (i < s.n && i < digits + 2 && str_is_digit(s.p[i]))
        i++;
    if (i == digits || i + 1 >= s.n || (s.p[i] != '.' && s.p[i] != ')') || (s.p[i + 1] != ' ' && s.p[i + 1] != '\t'))
        return 0;
    return i + 1;
}

size_t bullet_length(struct str s, bool plain_letters)
{
    if (s.n < 2)
        return 0;
    uint32_t cp;
    size_t n = utf8_decode(s, &cp);
    size_t mark = bullet_sign(cp) ? n : 0;
    if (mark == 0 && (cp == '-' || cp == '*' || cp == '+' || cp == 0x2013 || cp == 0x2014) && n < s.n &&
        (s.p[n] == ' ' || s.p[n] == '\t'))
        mark = n;
    if (mark == 0 && plain_letters && (cp == 'o' || cp == 0xA7) && n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        mark = n;
    if (mark == 0)
        mark = bullet_number(s);
    if (mark == 0)
        return 0;
    while (mark < s.n && str_is_space(s.p[mark]))
        mark++;
    return mark < s.n ? mark : 0;
}

/* A line that text may have been wrapped at: running text with running text under it. */
static bool may_wrap(const struct doc *d, size_t i)
{
    struct str s = str_trim(doc_line_text(d, i));
    if (i + 1 == d->lines_n || s.n == 0 || d->lines[i].right < BLOCK_EDGE_MIN)
        return false;
    struct str next = str_trim(doc_line_text(d, i + 1));
    bool columns =
        memchr(s.p, '|', s.n) || memchr(s.p, '\t', s.n) || str_find(s, STR(" · ")) >= 0 || str_find(s, STR("   ")) >= 0;
    return !columns && next.n && next.p[0] != '#' && bullet_length(next, false) == 0;
}

/* The right edge of wrapped text, 0 when lines are not wrapped. */
static float edge_of(const struct doc *d)
{
    if (d->format != DOC_FORMAT_TEXT && d->format != DOC_FORMAT_MARKDOWN)
        return 0;
    float widest = 0;
    size_t near = 0, all = 0;
    for (size_t i = 0; i < d->lines_n; i++)
        if (may_wrap(d, i))
            widest = MAX(widest, d->lines[i].right);
    if (widest > BLOCK_EDGE_MAX)
        return 0;
    for (size_t i = 0; i < d->lines_n; i++) {
        all += may_wrap(d, i);
        near += may_wrap(d, i) && d->lines[i].right > widest - BLOCK_EDGE_NEAR;
    }
    return near >= BLOCK_EDGE_LINES_MIN && near * 2 >= all ? widest : 0;
}

static bool has_tab(const struct reading *r, struct str s)
{
    (void)r;
    return memchr(s.p, '\t', s.n) != NULL;
}

static float first_word_width(const struct doc_line *l, struct str text)
{
    size_t n = 0;
    while (n < text.n && !str_is_space(text.p[n]))
        n++;
    size_t all = utf8_count(text), word = utf8_count(str_sub(text, 0, n));
    return all ? (l->right - l->left) * (float)word / (float)all : 0;
}

/* "Role: ..." and the like begin something of their own. */
static bool begins_label(struct str s)
{
    struct str label, rest;
    return split_label(s, 2, &label, &rest) && label.n && label.p[0] >= 'A' && label.p[0] <= 'Z';
}

/* Whether the next word would not have fitted on the line before. */
static bool wraps(const struct doc_line *before, const struct doc_line *l, struct str text, float edge)
{
    float space = l->size > 0 ? l->size * 0.25f : 1.0f;
    return edge > 0 && before->right > 0 && before->right + space + first_word_width(l, text) > edge + 0.01f;
}

static bool continues(const struct reading *r, const struct block *b, const struct doc_line *l, struct str text,
                      float edge)
{
    const struct doc_line *before = l - 1;
    if (l->gap || b->furniture != l->furniture || before->whole || b->kind == DOC_HEADING || text.n == 0)
        return false;
    struct str so_far =
        str_sub((struct str){.p = r->clean, .n = r->clean_n}, (size_t)(b->text.p - r->clean), r->clean_n);
    if (has_tab(r, so_far) || (has_tab(r, text) && b->kind != DOC_BULLET))
        return false;
    if (l->size > 0 && (l->size > before->size * 1.08f || l->size < before->size * 0.92f))
        return false;
    if (l->bold != before->bold && (l->bold || b->kind != DOC_BULLET) && r->d->format == DOC_FORMAT_PDF)
        return false;
    bool hangs = b->kind == DOC_BULLET && l->left > b->left + 0.5f;
    if (hangs)
        return true;
    if (!wraps(before, l, text, edge))
        return false;
    bool narrow =
        before->size > 0 && edge - before->left < BLOCK_NARROW * before->size; /* a side bar: lists, not text */
    if (narrow || token_email(so_far).n || token_phone(so_far).n)
        return false;
    bool columns =
        str_find(so_far, STR(" · ")) >= 0 || memchr(so_far.p, '|', so_far.n) || token_url(so_far).n == so_far.n;
    if (columns || token_url(text).n == text.n)
        return false;
    struct resume_dates dates;
    if (begins_label(text) || memchr(text.p, '@', text.n) ||
        (dates_find(str_sub(text, 0, MIN(text.n, (size_t)40)), &dates) && dates.text.p == text.p))
        return false;
    if (b->kind == DOC_BULLET) { /* text behind a list that is not indented: only what reads on */
        char last = so_far.n ? so_far.p[so_far.n - 1] : '.';
        return (text.p[0] >= 'a' && text.p[0] <= 'z') || (last != '.' && last != ';' && last != '!');
    }
    return true;
}

static struct block *block_new(struct reading *r)
{
    if (r->blocks_n == RESUME_BLOCKS_MAX)
        return NULL;
    if (r->blocks_n == r->blocks_cap) {
        size_t more = r->blocks_cap ? r->blocks_cap * 2 : 128;
        struct block *v = ARENA_NEW_N(r->a, struct block, more);
        if (!v)
            return NULL;
        if (r->blocks_n)
            memcpy(v, r->blocks, r->blocks_n * sizeof(*v));
        r->blocks = v;
        r->blocks_cap = more;
    }
    struct block *b = &r->blocks[r->blocks_n++];
    *b = (struct block){0};
    return b;
}

static void block_close(struct reading *r)
{
    if (r->blocks_n == 0)
        return;
    struct block *b = &r->blocks[r->blocks_n - 1];
    size_t from = (size_t)(b->text.p - r->clean);
    while (r->clean_n > from && str_is_space(r->clean[r->clean_n - 1]))
        r->clean_n--;
    b->text.n = r->clean_n - from;
    clean_byte(r, '\n', r->clean_n ? r->src[r->clean_n - 1] : 0);
    if (b->text.n == 0)
        r->blocks_n--;
}

/* A joined line: a space between, none behind a hyphen that divides a word. */
static void join_space(struct reading *r, size_t at, struct str text)
{
    size_t n = r->clean_n;
    bool hyphen = n >= 2 && r->clean[n - 1] == '-' && str_is_alpha(r->clean[n - 2]) && text.n && text.p[0] >= 'a' &&
                  text.p[0] <= 'z';
    if (!hyphen && n && !str_is_space(r->clean[n - 1]))
        clean_byte(r, ' ', at);
}

struct line_read {
    struct str text; /* without indent, bullet and marks */
    size_t at;       /* of text in the document */
    enum doc_kind kind;
    unsigned level;
    bool bold, rule;
};

static void line_read(const struct reading *r, const struct doc_line *l, struct line_read *ret)
{
    struct str line = str_sub(r->d->text, l->from, l->to);
    struct str text = str_trim(line);
    *ret = (struct line_read){.kind = l->kind, .level = l->level, .bold = l->bold};
    if (r->d->format == DOC_FORMAT_MARKDOWN) {
        struct markdown_line m;
        markdown_line(line, &m);
        text = str_sub(line, m.from, m.to);
        ret->kind = m.kind;
        ret->level = m.level;
        ret->bold = m.bold;
        ret->rule = m.rule;
    } else if (l->kind != DOC_HEADING) {
        size_t n = bullet_length(text, r->d->format != DOC_FORMAT_TEXT || l->left > 0);
        if (n) {
            ret->kind = DOC_BULLET;
            text = str_sub(text, n, text.n);
        }
        size_t ruled = 0;
        while (ruled < text.n && strchr("-=_*~#+. ", text.p[ruled]))
            ruled++;
        ret->rule = l->kind == DOC_PLAIN && text.n >= 3 && ruled == text.n;
    }
    ret->text = text;
    ret->at = text.n ? (size_t)(text.p - r->d->text.p) : l->from;
}

static void line_append(struct reading *r, const struct line_read *in, struct block *b)
{
    if (r->d->format == DOC_FORMAT_MARKDOWN) {
        markdown_append(r, in->at, in->text, b);
        return;
    }
    /* text: three spaces or more set a column apart */
    size_t from = 0;
    for (size_t i = 0; i < in->text.n; i++) {
        size_t n = 0;
        while (i + n < in->text.n && in->text.p[i + n] == ' ')
            n++;
        if (n < 3)
            continue;
        clean_append(r, str_sub(in->text, from, i), in->at + from);
        clean_byte(r, '\t', in->at + i);
        i += n - 1;
        from = i + 1;
    }
    clean_append(r, str_sub(in->text, from, in->text.n), in->at + from);
}

static float body_size(const struct doc *d)
{
    float best = 0;
    size_t best_n = 0;
    for (size_t i = 0; i < d->lines_n && i < 400; i++) {
        size_t n = 0;
        for (size_t k = 0; k < d->lines_n; k++)
            if (d->lines[k].size > d->lines[i].size * 0.98f && d->lines[k].size < d->lines[i].size * 1.02f)
                n += d->lines[k].to - d->lines[k].from;
        if (n > best_n) {
            best_n = n;
            best = d->lines[i].size;
        }
    }
    return best;
}

static int block_line(struct reading *r, size_t i, bool gap, float edge, struct err *err)
{
    struct doc_line *l = &r->d->lines[i];
    struct line_read in;
    line_read(r, l, &in);
    l->gap = l->gap || gap;
    struct block *last = r->blocks_n ? &r->blocks[r->blocks_n - 1] : NULL;
    if (in.rule || in.text.n == 0) {
        /* a line of dashes under a short line makes it a heading */
        if (in.rule && last && !gap && last->kind == DOC_PLAIN && i > 0 && last->line + 1 == i && in.text.n)
            last->level = last->level ? last->level : 1;
        return 0;
    }
    float limit = r->d->format == DOC_FORMAT_PDF ? l[i ? -1 : 0].edge : edge;
    if (last && in.kind == DOC_PLAIN && i > 0 && continues(r, last, l, in.text, limit)) {
        join_space(r, in.at, in.text);
        line_append(r, &in, last);
        return 0;
    }
    block_close(r);
    struct block *b = block_new(r);
    if (!b)
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    *b = (struct block){.text = {.p = r->clean + r->clean_n},
                        .line = i,
                        .kind = in.kind,
                        .level = in.level,
                        .bold = in.bold,
                        .gap = l->gap,
                        .furniture = l->furniture,
                        .left = l->left,
                        .size = l->size};
    line_append(r, &in, b);
    return 0;
}

int blocks_make(struct reading *r, struct err *err)
{
    const struct doc *d = r->d;
    r->clean_cap = d->text.n * 2 + d->lines_n * 4 + 64;
    r->clean = arena_try_alloc(r->a, r->clean_cap);
    r->src = arena_try_zalloc_n(r->a, r->clean_cap, sizeof(*r->src));
    r->used = arena_try_zalloc(r->a, r->clean_cap);
    if (!r->clean || !r->src || !r->used)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    float edge = edge_of(d);
    r->body_size = body_size(d);
    bool gap = false;
    for (size_t i = 0; i < d->lines_n; i++) {
        bool blank = str_trim(doc_line_text(d, i)).n == 0;
        int rc = block_line(r, i, gap, edge, err);
        if (rc < 0)
            return rc;
        struct line_read in;
        line_read(r, &d->lines[i], &in);
        gap = blank || in.rule;
    }
    block_close(r);
    if (r->text_failed)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    return 0;
}
