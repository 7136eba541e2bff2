/* Pieces of text that several kinds of documents share: links, dates, emptiness. */
#include "pipeline/render/render_int.h"

static bool is_web(struct str s)
{
    return str_istarts(s, "https://") || str_istarts(s, "http://");
}

/* "host.tld" or "host.tld/path" */
static bool is_bare_host(struct str s)
{
    ptrdiff_t slash = str_find(s, STR("/"));
    struct str host = slash < 0 ? s : str_sub(s, 0, (size_t)slash);
    size_t dots = 0, label = 0;
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] == '.') {
            dots += label > 0;
            label = 0;
        } else if (str_is_alnum(host.p[i]) || host.p[i] == '-') {
            label++;
        } else {
            return false;
        }
    }
    return dots > 0 && label >= 2;
}

struct str render_link(struct sheet *d, struct str url)
{
    if (is_web(url) && str_find(url, STR(" ")) < 0)
        return url;
    if (!is_bare_host(url))
        return str_of("");
    char *s = arena_printf(d->a, "https://" STR_FMT, STR_ARG(url));
    d->failed = d->failed || !s;
    return str_of(s);
}

/* The first web address at or behind `from`; without the punctuation that closes a sentence. */
static bool next_web(struct str s, size_t from, size_t *ret_at, size_t *ret_end)
{
    for (size_t i = from; i + 7 < s.n; i++) {
        if (s.p[i] != 'h' || (i > 0 && str_is_alnum(s.p[i - 1])) || !is_web(str_sub(s, i, s.n)))
            continue;
        size_t end = i;
        while (end < s.n && s.p[end] > ' ' && !strchr("<>\"", s.p[end]))
            end++;
        while (end > i && strchr(".,;:!?)'", s.p[end - 1]))
            end--;
        *ret_at = i;
        *ret_end = end;
        if (end > i + 8)
            return true;
    }
    return false;
}

void render_prose(struct sheet *d, struct sheet_block *b, struct str text)
{
    size_t done = 0, at = 0, end = 0;
    while (next_web(text, done, &at, &end)) {
        struct str url = str_sub(text, at, end);
        sheet_piece_add(d, &b->pieces, (struct sheet_piece){.text = str_sub(text, done, at)});
        sheet_piece_add(d, &b->pieces, (struct sheet_piece){.text = url, .link = url});
        done = end;
    }
    sheet_piece_add(d, &b->pieces, (struct sheet_piece){.text = str_sub(text, done, text.n)});
}

bool render_says_nothing(const struct sheet *d, size_t from)
{
    for (size_t i = from; i < d->n; i++)
        if (d->blocks[i].pieces.n || d->blocks[i].details.n || d->blocks[i].dates.n)
            return false;
    return true;
}

static int number(struct str s, size_t at, size_t n)
{
    int v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= s.n || !str_is_digit(s.p[i]))
            return -1;
        v = v * 10 + (s.p[i] - '0');
    }
    return v;
}

struct sheet_date render_date(struct str s)
{
    int y = number(s, 0, 4), m = s.n > 4 && s.p[4] == '-' ? number(s, 5, 2) : 1;
    int day = s.n > 7 && s.p[7] == '-' ? number(s, 8, 2) : 1;
    if (y < 1900 || y > 2200)
        return (struct sheet_date){0};
    return (struct sheet_date){.y = y, .m = m >= 1 && m <= 12 ? m : 1, .d = day >= 1 && day <= 28 + 3 ? day : 1};
}

bool render_phone_is_american(struct str s)
{
    if (str_starts(s, "+1 ") || str_starts(s, "+1-") || str_starts(s, "+1("))
        return true;
    if (s.n == 12 && number(s, 0, 3) >= 0 && s.p[3] == s.p[7] && (s.p[3] == '-' || s.p[3] == '.') &&
        number(s, 8, 4) >= 0)
        return true;
    return s.n >= 13 && s.p[0] == '(' && number(s, 1, 3) >= 0 && s.p[4] == ')';
}
