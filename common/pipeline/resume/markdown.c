/* Markdown as résumés use it: headings, lists, emphasis, links, escapes, tables, rules. */
#include "pipeline/resume/resume_parts.h"

#define MARKDOWN_SPAN_MAX ((size_t)4096) /* emphasis and links end within so many bytes */

static bool all_of(struct str s, char c, size_t min)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == c)
            n++;
        else if (!str_is_space(s.p[i]))
            return false;
    }
    return n >= min;
}

static bool table_rule(struct str s)
{
    size_t bars = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr("|-: ", s.p[i]))
            return false;
        bars += s.p[i] == '|';
    }
    return bars > 0 && s.n > 2;
}

static void markdown_heading(struct str line, struct markdown_line *m)
{
    size_t i = m->from, level = 0;
    while (i < m->to && line.p[i] == '#') {
        i++;
        level++;
    }
    if (level == 0 || level > 6 || (i < m->to && line.p[i] != ' '))
        return;
    m->kind = DOC_HEADING;
    m->level = (unsigned)level;
    while (i < m->to && str_is_space(line.p[i]))
        i++;
    m->from = i;
    size_t to = m->to;
    while (to > i && line.p[to - 1] == '#')
        to--;
    if (to > i && to < m->to && line.p[to - 1] == ' ')
        m->to = to - 1;
}

static void markdown_marks(struct str line, struct markdown_line *m)
{
    while (m->from < m->to && line.p[m->from] == '>') {
        m->from++;
        while (m->from < m->to && str_is_space(line.p[m->from]))
            m->from++;
    }
    size_t n = bullet_length(str_sub(line, m->from, m->to), false);
    if (n) {
        m->kind = DOC_BULLET;
        size_t indent = m->from;
        m->level = (unsigned)(indent / 2);
        m->from += n;
    }
}

void markdown_line(struct str line, struct markdown_line *ret)
{
    struct str text = str_trim(line);
    struct markdown_line m = {.from = text.n ? (size_t)(text.p - line.p) : 0};
    m.to = m.from + text.n;
    m.rule = all_of(text, '-', 3) || all_of(text, '*', 3) || all_of(text, '_', 3) || all_of(text, '=', 3) ||
             table_rule(text) || str_starts(text, "```");
    if (!m.rule) {
        markdown_heading(line, &m);
        if (m.kind != DOC_HEADING)
            markdown_marks(line, &m);
        while (m.to > m.from && (line.p[m.to - 1] == ' ' || (m.to == text.n + (size_t)(text.p - line.p) &&
                                                             line.p[m.to - 1] == '\\' && m.kind == DOC_PLAIN)))
            m.to--;
        struct str rest = str_sub(line, m.from, m.to);
        m.bold = rest.n > 4 && (str_starts(rest, "**") || str_starts(rest, "__")) && rest.p[rest.n - 1] == rest.p[0] &&
                 rest.p[rest.n - 2] == rest.p[0] && str_find(str_sub(rest, 2, rest.n - 2), str_sub(rest, 0, 2)) < 0;
    }
    *ret = m;
}

/* The end of the emphasis that begins at i with n marks, 0 when it has none. */
static size_t emphasis_end(struct str s, size_t i, size_t n)
{
    char c = s.p[i];
    if (i + n >= s.n || str_is_space(s.p[i + n]))
        return 0;
    if (c == '_' && i > 0 && str_is_alnum(s.p[i - 1]))
        return 0;
    size_t limit = MIN(s.n, i + MARKDOWN_SPAN_MAX);
    for (size_t k = i + n; k + n <= limit; k++) {
        if (s.p[k] == '\\') {
            k++;
            continue;
        }
        if (s.p[k] != c || str_is_space(s.p[k - 1]))
            continue;
        size_t run = 0;
        while (k + run < limit && s.p[k + run] == c)
            run++;
        if (run == n && !(c == '_' && k + n < s.n && str_is_alnum(s.p[k + n])))
            return k;
        k += run - 1;
    }
    return 0;
}

/* [text](url): where text ends and where all of it ends; false when it is none. */
static bool link_parts(struct str s, size_t i, size_t *ret_text_end, struct str *ret_url, size_t *ret_end)
{
    size_t depth = 0, k = i;
    s.n = MIN(s.n, i + MARKDOWN_SPAN_MAX);
    for (; k < s.n; k++) {
        if (s.p[k] == '\\')
            k++;
        else if (s.p[k] == '[')
            depth++;
        else if (s.p[k] == ']' && --depth == 0)
            break;
    }
    if (k + 1 >= s.n || s.p[k] != ']' || s.p[k + 1] != '(')
        return false;
    size_t end = k + 2;
    while (end < s.n && s.p[end] != ')' && !str_is_space(s.p[end]))
        end++;
    size_t close = end;
    while (close < s.n && s.p[close] != ')')
        close++;
    if (close == s.n)
        return false;
    *ret_text_end = k;
    *ret_url = str_sub(s, k + 2, end);
    *ret_end = close + 1;
    return true;
}

static void inline_append(struct reading *r, size_t at, struct str s, struct block *b, int depth);

/* Emphasis, code, a link or <url> at i: appended, its length returned; 0: nothing of that. */
static size_t inline_mark(struct reading *r, size_t at, struct str s, size_t i, struct block *b, int depth)
{
    char c = s.p[i];
    size_t text_end, end;
    struct str url;
    if (c == '!' && i + 1 < s.n && s.p[i + 1] == '[' && link_parts(s, i + 1, &text_end, &url, &end))
        return end - i; /* a picture */
    if (c == '[' && link_parts(s, i, &text_end, &url, &end)) {
        inline_append(r, at + i + 1, str_sub(s, i + 1, text_end), b, depth + 1);
        struct doc *d = (struct doc *)(uintptr_t)r->d;
        doc_add_link(d, at + i + 1, at + text_end, url);
        return end - i;
    }
    if (c == '<' && (str_istarts(str_sub(s, i + 1, s.n), "http") || str_ifind(str_sub(s, i, s.n), STR("@")) > 0)) {
        size_t k = i + 1;
        while (k < s.n && s.p[k] != '>' && !str_is_space(s.p[k]))
            k++;
        if (k < s.n && s.p[k] == '>') {
            clean_append(r, str_sub(s, i + 1, k), at + i + 1);
            return k + 1 - i;
        }
    }
    if (c == '*' || c == '_' || c == '`') {
        size_t n = 1;
        while (n < 3 && i + n < s.n && s.p[i + n] == c)
            n++;
        size_t k = emphasis_end(s, i, n);
        if (k == 0)
            return 0;
        bool first = b->text.p == r->clean + r->clean_n;
        inline_append(r, at + i + n, str_sub(s, i + n, k), b, depth + 1);
        if (first && n >= 2)
            b->bold_to = r->clean_n - (size_t)(b->text.p - r->clean);
        return k + n - i;
    }
    return 0;
}

static void inline_append(struct reading *r, size_t at, struct str s, struct block *b, int depth)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && strchr("\\`*_{}[]<>()#+-.!|~&\"'", s.p[i + 1])) {
            clean_append(r, str_sub(s, from, i), at + from);
            clean_byte(r, s.p[i + 1], at + i + 1);
            i++;
            from = i + 1;
            continue;
        }
        if (!strchr("*_`[!<", s.p[i]) || depth > 8)
            continue;
        clean_append(r, str_sub(s, from, i), at + from);
        from = i;
        size_t n = inline_mark(r, at, s, i, b, depth);
        if (n == 0)
            continue;
        i += n - 1;
        from = i + 1;
    }
    clean_append(r, str_sub(s, from, s.n), at + from);
}

void markdown_append(struct reading *r, size_t at, struct str text, struct block *b)
{
    bool table = text.n > 2 && text.p[0] == '|' && text.p[text.n - 1] == '|';
    if (!table) {
        inline_append(r, at, text, b, 0);
        return;
    }
    size_t from = 1;
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] != '|')
            continue;
        struct str cell = str_trim(str_sub(text, from, i));
        if (cell.n) {
            if (b->text.p != r->clean + r->clean_n)
                clean_byte(r, '\t', at + from);
            inline_append(r, at + (size_t)(cell.p - text.p), cell, b, 0);
        }
        from = i + 1;
    }
}
