/* Plain text and Markdown, line by line. One reader serves both: the marks of Markdown are what careful people also
 * type in plain text.
 *
 *   line -> heading (#, underline, bold alone, capitals, known words) | item (bullet, number, table row) | line of a
 * paragraph
 *
 * Hard-wrapped lines are joined: a line continues the one before when that one was long and this one begins nothing
 * new. */
#include "pipeline/engine/posting_internal.h"

#include "base/utf8.h"
#include "pipeline/engine/sections.h"

#define WRAP_MIN_BYTES    55  /* shorter lines were ended on purpose */
#define WRAP_MAX_BYTES    130 /* longer lines were not wrapped by hand */
#define HEADING_MAX_BYTES 120
#define COMMENT_MIN_BYTES 12
#define LINK_MAX_BYTES    1000
#define LINK_TRIES_MAX    200 /* brackets of one posting that turned out not to be links */

struct text_line {
    struct str text; /* trimmed */
    size_t indent;
    size_t mark; /* bytes of a bullet or number */
    bool hard_break;
    bool columns; /* runs of spaces inside: a table made with the space bar */
};

struct text_reader {
    struct posting_writer *w;
    struct text_line *lines;
    size_t n, i;
    struct buf pending;
    enum posting_block pending_kind;
    size_t pending_indent, pending_last_bytes;
    size_t marks; /* Markdown seen */
    size_t link_misses;
    bool first_done;
};

static bool is_rule(struct str t, char *ret_c)
{
    if (t.n < 3)
        return false;
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] != t.p[0] && t.p[i] != ' ')
            return false;
    *ret_c = t.p[0];
    return strchr("-=*_~", t.p[0]) != NULL;
}

/* Bytes of the sign at the start that works as a bullet: dots, dashes, arrows, emoji. */
static size_t sign_mark(struct str t)
{
    if ((unsigned char)t.p[0] < 0x80)
        return 0;
    uint32_t cp;
    size_t k = utf8_decode(t, &cp);
    bool sign = cp == 0xB7 || cp == 0x2022 || cp == 0x2043 || cp == 0x2013 || cp == 0x2014 ||
                (cp >= 0x2190 && cp <= 0x2BFF) || cp >= 0x1F000 || cp == 0xA7;
    if (!sign)
        return 0;
    if (k < t.n && str_is_space(t.p[k]))
        return k + 1;
    return cp == 0x2022 || cp == 0xB7 ? k : 0;
}

static size_t number_mark(struct str t)
{
    size_t i = t.p[0] == '(';
    size_t from = i;
    while (i < t.n && i - from < 3 && str_is_digit(t.p[i]))
        i++;
    if (i == from && i < t.n && str_is_alpha(t.p[i]))
        i++;
    if (i == from || i + 1 >= t.n)
        return 0;
    bool closed = t.p[i] == ')' || (t.p[i] == '.' && from == 0);
    return closed && t.p[i + 1] == ' ' ? i + 2 : 0;
}

static size_t item_mark(struct str t)
{
    if (t.n < 2)
        return 0;
    if (strchr("-*+>", t.p[0]) && t.p[1] == ' ') {
        size_t i = 2;
        if (t.n > 6 && t.p[2] == '[' && t.p[4] == ']')
            i = 6;
        return i;
    }
    if (t.p[0] == '-' && t.n > 4 && str_is_alpha(t.p[1]) && t.p[2] == ' ' && t.p[3] == ' ')
        return 4;
    if (t.p[0] == 'o' && t.p[1] == ' ' && t.n > 3 && t.p[2] >= 'A' && t.p[2] <= 'Z')
        return 2;
    size_t k = sign_mark(t);
    return k ? k : number_mark(t);
}

/* -- inline marks -- */

static size_t link_skip(struct str t, size_t i, size_t *ret_text_end)
{
    size_t close = i + 1, depth = 1;
    for (; close < t.n && close - i < LINK_MAX_BYTES; close++) {
        depth += t.p[close] == '[';
        if (t.p[close] == ']' && --depth == 0)
            break;
    }
    if (close + 1 >= t.n || t.p[close] != ']' || t.p[close + 1] != '(')
        return 0;
    size_t end = close + 2;
    while (end < t.n && end - close < LINK_MAX_BYTES && t.p[end] != ')')
        end++;
    if (end >= t.n || t.p[end] != ')')
        return 0;
    *ret_text_end = close;
    return end + 1;
}

static size_t tag_skip(struct str t, size_t i)
{
    if (i + 2 >= t.n || !(str_is_alpha(t.p[i + 1]) || (t.p[i + 1] == '/' && str_is_alpha(t.p[i + 2]))))
        return 0;
    for (size_t e = i + 2; e < t.n && e - i < 300; e++)
        if (t.p[e] == '>')
            return e + 1;
    return 0;
}

static bool emphasis_at(struct str t, size_t i)
{
    char c = t.p[i], before = i ? t.p[i - 1] : ' ', after = i + 1 < t.n ? t.p[i + 1] : ' ';
    if (c == '*')
        return !(str_is_space(before) && str_is_space(after)) && !(str_is_digit(before) && str_is_digit(after));
    if (c == '_')
        return !(str_is_alnum(before) && str_is_alnum(after)) && !(str_is_space(before) && str_is_space(after));
    return c == '~' && (after == '~' || before == '~');
}

static void inline_text(struct text_reader *r, struct buf *out, struct str t)
{
    size_t i = 0, skip_at = 0, skip_to = 0;
    while (i < t.n) {
        char c = t.p[i];
        size_t text_end = 0, k;
        if (skip_to && i == skip_at) {
            i = skip_to;
            skip_to = 0;
        } else if (c == '\\' && i + 1 < t.n && strchr("\\`*_{}[]()#+-.!|<>~", t.p[i + 1])) {
            buf_addc(out, t.p[i + 1]);
            i += 2;
        } else if (c == '!' && i + 1 < t.n && t.p[i + 1] == '[' && r->link_misses < LINK_TRIES_MAX &&
                   (k = link_skip(t, i + 1, &text_end)) > 0) {
            i = k;
        } else if (c == '[' && !skip_to && r->link_misses < LINK_TRIES_MAX && (k = link_skip(t, i, &text_end)) > 0) {
            skip_at = text_end;
            skip_to = k;
            r->marks++;
            i++;
        } else if (c == '<' && (k = tag_skip(t, i)) > 0) {
            if (str_istarts(str_sub(t, i + 1, k), "http"))
                buf_add(out, t.p + i + 1, k - i - 2);
            else
                buf_addc(out, ' ');
            i = k;
        } else if (c == '`' || emphasis_at(t, i)) {
            r->marks += c != '~';
            i++;
        } else {
            r->link_misses += c == '[';
            size_t run = i + 1; /* plain text in one piece */
            while (run < t.n && run != skip_at && (str_is_alnum(t.p[run]) || t.p[run] == ' ' || t.p[run] == ','))
                run++;
            buf_add(out, t.p + i, run - i);
            i = run;
        }
    }
}

/* -- blocks -- */

static void pending_flush(struct text_reader *r)
{
    if (r->pending_kind != POSTING_BLOCK_NONE && r->pending.len) {
        struct str t = {r->pending.data, r->pending.len};
        if (r->pending_kind == POSTING_BLOCK_ITEM)
            posting_write_item(r->w, t);
        else
            posting_write_line(r->w, t);
    }
    buf_reset(&r->pending);
    r->pending_kind = POSTING_BLOCK_NONE;
}

static void heading_put(struct text_reader *r, struct str t)
{
    pending_flush(r);
    inline_text(r, &r->pending, t);
    posting_write_heading(r->w, (struct str){buf_str(&r->pending), r->pending.len});
    buf_reset(&r->pending);
}

static size_t word_count(struct str t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        n += !str_is_space(t.p[i]) && (i == 0 || str_is_space(t.p[i - 1]));
    return n;
}

static bool all_caps(struct str t)
{
    size_t upper = 0, digits = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] >= 'a' && t.p[i] <= 'z')
            return false;
        upper += t.p[i] >= 'A' && t.p[i] <= 'Z';
        digits += str_is_digit(t.p[i]) || t.p[i] == '$';
    }
    return upper >= 3 && digits * 2 < upper;
}

/* "**Heading**" or "__Heading__" and nothing else. */
static bool bold_alone(struct str t)
{
    if (t.n > 0 && t.p[t.n - 1] == ':')
        t.n--;
    if (t.n < 5 || t.n > HEADING_MAX_BYTES + 4 || !(str_starts(t, "**") || str_starts(t, "__")))
        return false;
    struct str mark = str_sub(t, 0, 2), inner = str_sub(t, 2, t.n);
    ptrdiff_t at = str_find(inner, mark);
    return at > 0 && (size_t)at + 2 == inner.n && inner.p[at - 1] != '.';
}

static bool key_value(struct str t)
{
    if (t.n < 4 || !((t.p[0] >= 'A' && t.p[0] <= 'Z')))
        return false;
    if (memmem(t.p, MIN(t.n, (size_t)40), "....", 4))
        return true;
    for (size_t i = 1; i < t.n && i < 32; i++) {
        if (t.p[i] == ':')
            return i + 1 < t.n && t.p[i + 1] == ' ';
        if (!(str_is_alpha(t.p[i]) || t.p[i] == ' ' || t.p[i] == '/' || t.p[i] == '&' || t.p[i] == '-'))
            return false;
    }
    return false;
}

static bool blank_at(const struct text_reader *r, size_t i)
{
    return i >= r->n || r->lines[i].text.n == 0;
}

static bool plain_heading(const struct text_reader *r, struct str t, bool first)
{
    size_t words = word_count(t), next = r->i + 1;
    bool blank_before = r->i == 0 || blank_at(r, r->i - 1), blank_after = blank_at(r, next);
    while (blank_at(r, next) && next < r->n)
        next++;
    if (next >= r->n || t.n > HEADING_MAX_BYTES || words > 12)
        return false;
    char last = t.p[t.n - 1];
    if (strchr(".,;!", last) || key_value(t))
        return false;
    if (first)
        return true;
    if (last == ':' && words <= 8 && (r->lines[next].mark || blank_after))
        return true;
    double share;
    enum section_kind kind = section_classify(t, &share);
    if (kind != SECTION_NONE && (last == ':' || blank_before) && words <= 9 && (share >= 0.5 || last == ':'))
        return true;
    if (last == '?' || memchr(t.p, ':', t.n))
        return false;
    if (all_caps(t) && words <= 10 && (blank_before || blank_after))
        return true;
    return blank_before && words <= 6 && next == r->i + 1 && r->lines[next].mark;
}

/* "| a | b |": cells joined by ": " and ", ". Header rows and separators vanish. */
static void table_row(struct text_reader *r, struct str t)
{
    r->marks++;
    struct str rest = t, cell;
    size_t cells = 0;
    pending_flush(r);
    bool separator = true;
    for (size_t i = 0; i < t.n; i++)
        separator = separator && strchr("|-: ", t.p[i]);
    bool header = r->i + 1 < r->n && str_starts(r->lines[r->i + 1].text, "|-");
    header = header || (r->i + 1 < r->n && str_starts(r->lines[r->i + 1].text, "| -"));
    if (separator || header)
        return;
    while (str_next_field(&rest, '|', &cell)) {
        cell = str_trim(cell);
        if (cell.n == 0)
            continue;
        if (cells)
            buf_adds(&r->pending, cells == 1 ? ": " : ", ");
        inline_text(r, &r->pending, cell);
        cells++;
    }
    r->pending_kind = POSTING_BLOCK_ITEM;
    pending_flush(r);
}

static bool continues(const struct text_reader *r, const struct text_line *l)
{
    if (r->pending_kind == POSTING_BLOCK_NONE || r->lines[r->i - 1].hard_break || r->lines[r->i - 1].columns ||
        l->columns || key_value(l->text))
        return false;
    if (r->pending_kind == POSTING_BLOCK_ITEM && l->indent > r->pending_indent)
        return true;
    if (r->pending_last_bytes < WRAP_MIN_BYTES || r->pending_last_bytes > WRAP_MAX_BYTES)
        return false;
    return r->pending_kind == POSTING_BLOCK_LINE || (l->text.p[0] >= 'a' && l->text.p[0] <= 'z');
}

/* "Range ........ $78,000" is "Range: $78,000". */
static void leader_text(struct text_reader *r, struct str t)
{
    ptrdiff_t at = str_find(t, STR("...."));
    if (at <= 0 || at > 40) {
        inline_text(r, &r->pending, t);
        return;
    }
    size_t end = (size_t)at;
    while (end < t.n && (t.p[end] == '.' || t.p[end] == ' '))
        end++;
    inline_text(r, &r->pending, str_trim(str_sub(t, 0, (size_t)at)));
    buf_adds(&r->pending, ": ");
    inline_text(r, &r->pending, str_sub(t, end, t.n));
}

static void content_line(struct text_reader *r, const struct text_line *l)
{
    struct str body = str_trim(str_sub(l->text, l->mark, l->text.n));
    bool first = !r->first_done;
    if (body.n == 0)
        return;
    if (first && posting_guard_speaks(body)) { /* no title, and the next line is still the first */
        pending_flush(r);
        posting_write_line(r->w, body);
        posting_write_break(r->w);
        return;
    }
    r->first_done = true;
    if (bold_alone(body)) {
        r->marks++;
        heading_put(r, body);
        return;
    }
    if (!l->mark && !continues(r, l) && plain_heading(r, l->text, first)) {
        heading_put(r, l->text);
        return;
    }
    if (l->mark || !continues(r, l)) {
        pending_flush(r);
        r->pending_kind = l->mark ? POSTING_BLOCK_ITEM : POSTING_BLOCK_LINE;
        r->pending_indent = l->indent;
        leader_text(r, body);
    } else {
        buf_addc(&r->pending, ' ');
        inline_text(r, &r->pending, body);
    }
    r->pending_last_bytes = l->indent + l->text.n;
}

static bool atx_heading(struct text_reader *r, struct str t)
{
    size_t level = 0;
    while (level < t.n && t.p[level] == '#')
        level++;
    if (level == 0 || level > 6 || level >= t.n || t.p[level] != ' ')
        return false;
    while (t.n && (t.p[t.n - 1] == '#' || t.p[t.n - 1] == ' ') && t.n > level + 1 &&
           !(t.n > 2 && str_is_alpha(t.p[t.n - 2]) && t.p[t.n - 1] == '#'))
        t.n--;
    r->marks += 2;
    r->first_done = true;
    heading_put(r, str_sub(t, level, t.n));
    return true;
}

static void line_read(struct text_reader *r)
{
    struct text_line *l = &r->lines[r->i];
    char c;
    if (l->text.n == 0) {
        pending_flush(r);
        posting_write_break(r->w);
    } else if (str_starts(l->text, "```") || str_starts(l->text, "{:")) {
        r->marks++;
        pending_flush(r);
    } else if (is_rule(l->text, &c)) {
        pending_flush(r);
        posting_write_break(r->w);
    } else if (atx_heading(r, l->text)) {
        return;
    } else if (!l->mark && r->i + 1 < r->n && is_rule(r->lines[r->i + 1].text, &c) && (c == '=' || c == '-') &&
               l->text.n <= HEADING_MAX_BYTES && !memchr(r->lines[r->i + 1].text.p, ' ', r->lines[r->i + 1].text.n) &&
               r->pending_kind == POSTING_BLOCK_NONE) {
        r->marks++;
        r->first_done = true;
        heading_put(r, l->text);
        r->i++;
    } else if (l->text.p[0] == '|' && l->text.n > 2) {
        table_row(r, l->text);
    } else {
        content_line(r, l);
    }
}

/* -- template and HTML comments -- */

static const struct {
    const char *open, *close, *then; /* a span ends behind `then` after `close` */
} text_spans[] = {{"<!--", "-->", ""},
                  {"{% comment", "endcomment", "%}"},
                  {"{%- comment", "endcomment", "%}"},
                  {"{#", "#}", ""},
                  {"{%", "%}", ""},
                  {"{{", "}}", ""}};

static struct str spans_strip(struct posting_writer *w, struct arena *a, struct str t)
{
    if (!memmem(t.p, t.n, "<!--", 4) && !memmem(t.p, t.n, "{%", 2) && !memmem(t.p, t.n, "{{", 2) &&
        !memmem(t.p, t.n, "{#", 2))
        return t;
    char *out = arena_try_alloc(a, t.n + 1);
    bool unclosed[ARRAY_LEN(text_spans)] = {false};
    size_t n = 0, i = 0;
    if (!out)
        return (struct str){0};
    while (i < t.n) {
        size_t end = 0;
        for (size_t s = 0; s < ARRAY_LEN(text_spans) && (t.p[i] == '<' || t.p[i] == '{') && !end; s++) {
            if (unclosed[s] || !str_starts(str_sub(t, i, t.n), text_spans[s].open))
                continue;
            ptrdiff_t at = str_find(str_sub(t, i, t.n), str_of(text_spans[s].close));
            ptrdiff_t then = at < 0 ? at : str_find(str_sub(t, i + (size_t)at, t.n), str_of(text_spans[s].then));
            if (then < 0)
                unclosed[s] = true;
            else
                end = i + (size_t)at + (size_t)then +
                      strlen(text_spans[s].then[0] ? text_spans[s].then : text_spans[s].close);
            size_t from = strlen(text_spans[s].open);
            struct str inner = end && (size_t)at > from ? str_sub(t, i + from, i + (size_t)at) : (struct str){"", 0};
            if (inner.n > COMMENT_MIN_BYTES && posting_guard_speaks(inner))
                posting_hidden_add(a, &w->hidden, inner);
        }
        if (end)
            i = end;
        else
            out[n++] = t.p[i++];
    }
    return (struct str){out, n};
}

static bool lines_split(struct text_reader *r, struct arena *a, struct str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\n';
    r->lines = ARENA_NEW_N(a, struct text_line, count);
    if (!r->lines)
        return false;
    struct str rest = text, line;
    while (str_next_line(&rest, &line)) {
        struct text_line *l = &r->lines[r->n++];
        while (l->indent < line.n && line.p[l->indent] == ' ')
            l->indent++;
        l->hard_break = line.n > 2 && line.p[line.n - 1] == ' ' && line.p[line.n - 2] == ' ';
        l->text = str_trim(line);
        l->columns = str_find(l->text, STR("   ")) > 0;
        l->mark = item_mark(l->text);
    }
    return true;
}

size_t posting_text_write(struct posting_writer *w, struct arena *a, struct str text)
{
    struct text_reader r = {.w = w, .first_done = w->out.len > 0};
    text = posting_entities(a, text);
    text = spans_strip(w, a, text);
    if (!text.p || !lines_split(&r, a, text))
        return 0;
    buf_init(&r.pending, POSTING_SOURCE_MAX_BYTES + 64);
    for (; r.i < r.n && !w->full; r.i++)
        line_read(&r);
    pending_flush(&r);
    buf_fini(&r.pending);
    return r.marks;
}
