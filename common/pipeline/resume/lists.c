/* Sections of one line an entry: skills, interests, languages, certificates, awards, publications, references; and the
 * sections that are text. */
#include "pipeline/resume/resume_parts.h"

#define LISTS_ITEMS_MAX   128
#define LISTS_LABEL_WORDS 8

/* "Go (Expert)": the level goes off the name when it is one, or when it stands behind a bold name. */
static void level_cut(struct str *name, struct str *ret_level, bool sure)
{
    *ret_level = (struct str){.p = "", .n = 0};
    if (name->n < 4 || name->p[name->n - 1] != ')')
        return;
    size_t depth = 0, open = name->n;
    while (open > 0) {
        open--;
        depth += name->p[open] == ')';
        if (name->p[open] == '(' && --depth == 0)
            break;
    }
    if (open == 0 || name->p[open] != '(')
        return;
    struct str inner = str_sub(*name, open + 1, name->n - 1);
    if (!sure && !words_level(inner))
        return;
    *ret_level = inner;
    *name = str_trim(str_sub(*name, 0, open));
}

/* Where the label of "Frontend (Expert): React, Vue" ends: a colon outside parentheses. s.n when there is none. */
static size_t label_end(struct str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        depth += s.p[i] == '(';
        depth -= s.p[i] == ')' && depth;
        bool follows = i + 1 < s.n && (s.p[i + 1] == ' ' || s.p[i + 1] == '\t');
        if (s.p[i] == ':' && depth == 0 && (follows || i + 1 == s.n))
            return i;
    }
    return s.n;
}

static void skill_one(struct reading *r, const char *key, struct str name, bool sure)
{
    char at[RESUME_POINTER_BYTES];
    struct str level;
    level_cut(&name, &level, sure);
    if (trim_separators(name).n == 0)
        return;
    yyjson_mut_val *o = out_entry(r, key, at);
    out_text(r, o, at, "name", name);
    out_text(r, o, at, "level", level);
}

/* A group: "Frontend: React, Vue". */
static void skill_group(struct reading *r, const char *key, struct str label, struct str list, bool sure)
{
    char at[RESUME_POINTER_BYTES];
    struct str level;
    level_cut(&label, &level, sure);
    yyjson_mut_val *o = out_entry(r, key, at);
    out_text(r, o, at, "name", label);
    out_text(r, o, at, "level", level);
    out_list(r, o, at, "keywords", list);
}

static void skill_line(struct reading *r, const char *key, const struct block *b)
{
    struct str s = b->text;
    size_t colon = label_end(s);
    bool bold = b->bold_to > 0;
    if (bold && (colon == s.n || b->bold_to > colon + 1) && b->bold_to < s.n) { /* "**Frontend** React, Vue" */
        struct str rest = str_trim(str_sub(s, b->bold_to, s.n));
        struct str label = trim_separators(str_sub(s, 0, b->bold_to));
        if (rest.n && rest.p[0] != '(' && colon == s.n) {
            skill_group(r, key, label, trim_separators(rest), false);
            return;
        }
    }
    if (colon < s.n && words_count(str_sub(s, 0, colon)) <= LISTS_LABEL_WORDS &&
        str_trim(str_sub(s, colon + 1, s.n)).n) {
        skill_group(r, key, str_trim(str_sub(s, 0, colon)), str_trim(str_sub(s, colon + 1, s.n)), bold);
        return;
    }
    if (b->kind == DOC_BULLET && bold && b->bold_to < s.n) {
        skill_one(r, key, s, true);
        return;
    }
    struct str items[LISTS_ITEMS_MAX], rows[RESUME_SEGMENTS_MAX];
    size_t rows_n = split_segments(s, rows, ARRAY_LEN(rows));
    struct str level_of_row;
    if (rows_n == 2 && words_level(rows[1]) && words_count(rows[1]) <= 3) { /* "Go — Expert" */
        char at[RESUME_POINTER_BYTES];
        yyjson_mut_val *o = out_entry(r, key, at);
        out_text(r, o, at, "name", rows[0]);
        out_text(r, o, at, "level", rows[1]);
        return;
    }
    (void)level_of_row;
    for (size_t k = 0; k < rows_n; k++) {
        size_t n = words_sentence(rows[k]) ? 0 : split_list(rows[k], items, ARRAY_LEN(items));
        for (size_t i = 0; i < n; i++)
            skill_one(r, key, items[i], false);
        if (n == 0)
            skill_one(r, key, rows[k], false);
    }
}

/* A short line above bullets names their group. */
static bool group_above(const struct reading *r, struct blocks_range s, size_t i)
{
    const struct block *b = &r->blocks[i];
    if (i + 1 >= s.to || b->kind == DOC_BULLET || words_count(b->text) > 5)
        return false;
    const struct block *next = &r->blocks[i + 1];
    bool looks =
        b->kind == DOC_HEADING || b->bold || b->text.p[b->text.n - 1] == ':' || (b->bold_to && b->bold_to == b->text.n);
    if (next->kind == DOC_BULLET)
        return looks || !memchr(b->text.p, ',', b->text.n);
    return looks && next->kind != DOC_HEADING && !next->bold && memchr(next->text.p, ',', next->text.n);
}

static void skills(struct reading *r, struct blocks_range s, const char *key)
{
    for (size_t i = s.from; i < s.to; i++) {
        const struct block *b = &r->blocks[i];
        if (b->furniture || out_is_used(r, b->text))
            continue;
        if (!group_above(r, s, i)) {
            skill_line(r, key, b);
            continue;
        }
        char at[RESUME_POINTER_BYTES];
        yyjson_mut_val *o = out_entry(r, key, at);
        out_text(r, o, at, "name", trim_separators(b->text));
        bool bullets = r->blocks[i + 1].kind == DOC_BULLET;
        size_t k = i + 1;
        for (; k < s.to && (r->blocks[k].kind == DOC_BULLET) == bullets && r->blocks[k].kind != DOC_HEADING; k++) {
            out_list(r, o, at, "keywords", r->blocks[k].text);
            if (!bullets) {
                k++;
                break;
            }
        }
        i = k - 1;
    }
}

void section_skills(struct reading *r, struct blocks_range s)
{
    skills(r, s, "skills");
}

void section_interests(struct reading *r, struct blocks_range s)
{
    skills(r, s, "interests");
}

static void language_one(struct reading *r, struct str s)
{
    char at[RESUME_POINTER_BYTES];
    struct str name = s, level = {.p = "", .n = 0};
    s = trim_separators(s);
    size_t colon = label_end(s), cut = s.n, skip = 0;
    struct str segments[4];
    ptrdiff_t comma = str_find(s, STR(","));
    if (colon < s.n) {
        cut = colon;
        skip = 1;
    } else if (comma > 0) {
        cut = (size_t)comma;
        skip = 1;
    } else if (split_segments(s, segments, 4) > 1) {
        cut = (size_t)(segments[0].p + segments[0].n - s.p);
    } else if (s.p[s.n - 1] == ')' && memchr(s.p, '(', s.n)) {
        cut = (size_t)((const char *)memchr(s.p, '(', s.n) - s.p);
    } else if (words_count(s) == 2 &&
               words_level(str_sub(s, (size_t)((const char *)memchr(s.p, ' ', s.n) - s.p), s.n)) && words_language(s)) {
        cut = (size_t)((const char *)memchr(s.p, ' ', s.n) - s.p); /* "English C1" */
    }
    name = str_trim(str_sub(s, 0, cut));
    level = cut < s.n ? str_trim(str_sub(s, cut + skip, s.n)) : level;
    while (level.n && skip == 0 && strchr("\t|-", level.p[0]))
        level = str_trim(str_sub(level, 1, level.n));
    if (skip == 0)
        level = trim_separators(level);
    if (name.n == 0)
        return;
    yyjson_mut_val *o = out_entry(r, "languages", at);
    out_text(r, o, at, "language", name);
    out_text(r, o, at, "fluency", level);
}

void section_languages(struct reading *r, struct blocks_range s)
{
    struct str items[LISTS_ITEMS_MAX];
    for (size_t i = s.from; i < s.to; i++) {
        const struct block *b = &r->blocks[i];
        if (b->furniture || out_is_used(r, b->text))
            continue;
        size_t n = split_list(b->text, items, ARRAY_LEN(items)), named = 0;
        for (size_t k = 0; k < n; k++)
            named += words_language(items[k]);
        if (n > 1 && named == n) {
            for (size_t k = 0; k < n; k++)
                language_one(r, items[k]);
        } else {
            language_one(r, b->text);
        }
    }
}

/* "Name, issuer, Jan 2020. Text": what lines of awards, certificates and publications have in common. */
struct line_parts {
    struct str name, by, text, url;
    struct resume_dates dates;
    bool dated;
};

/* The full stop that ends the first sentence (not that of "St." or "Inc."); s.n when there is none. */
static size_t sentence_end(struct str s)
{
    for (size_t i = 1; i + 2 < s.n; i++) {
        if (s.p[i] != '.' || s.p[i + 1] != ' ')
            continue;
        size_t word = 0;
        while (word < i && !str_is_space(s.p[i - 1 - word]) && s.p[i - 1 - word] != '.')
            word++;
        if (word >= 4 || (word > 0 && (str_is_digit(s.p[i - 1]) || s.p[i - 1] == ')')))
            return i;
    }
    return s.n;
}

/* "Architect - Associate — Amazon": two parts, at the long dash. */
static size_t cut_at_dash(struct str s, struct str *ret)
{
    ptrdiff_t at = str_find(s, STR(" — "));
    if (at <= 0)
        return split_segments(s, ret, 6);
    ret[0] = str_sub(s, 0, (size_t)at);
    ret[1] = str_trim(str_sub(s, (size_t)at + strlen(" — "), s.n));
    return 2;
}

static void line_names(struct str s, struct line_parts *p)
{
    struct str segments[6];
    s = trim_separators(s);
    /* hyphens and slashes are part of names ("Architect - Associate, Amazon") unless nothing else sets apart */
    bool dash =
        str_find(s, STR(" — ")) > 0 || memchr(s.p, '\t', s.n) || memchr(s.p, '|', s.n) || str_find(s, STR(" · ")) > 0;
    size_t n = dash || str_find(s, STR(", ")) < 0 ? split_segments(s, segments, ARRAY_LEN(segments)) : 0;
    if (dash && n > 2) /* at the dash only */
        n = cut_at_dash(s, segments);
    if (n > 1) {
        p->name = trim_separators(segments[0]);
        p->by = trim_separators(
            (struct str){segments[1].p, (size_t)(segments[n - 1].p + segments[n - 1].n - segments[1].p)});
        return;
    }
    ptrdiff_t comma = -1;
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) { /* the issuer stands last */
        depth += s.p[i] == '(';
        depth -= s.p[i] == ')' && depth;
        if (s.p[i] == ',' && depth == 0 && i + 1 < s.n && s.p[i + 1] == ' ')
            comma = (ptrdiff_t)i;
    }
    p->name = comma > 0 ? str_trim(str_sub(s, 0, (size_t)comma)) : s;
    if (comma > 0)
        p->by = str_trim(str_sub(s, (size_t)comma + 1, s.n));
}

/* The date at the start, else the last one: "TechConf 2022, Aug 2022". */
static bool last_date(struct str s, struct resume_dates *ret)
{
    struct resume_dates d;
    bool found = false;
    for (struct str rest = s; dates_find(rest, &d); rest = str_sub(s, (size_t)(d.text.p - s.p) + d.text.n, s.n)) {
        *ret = d;
        found = true;
        if (d.text.p == s.p && trim_separators(str_sub(s, d.text.n, s.n)).n)
            break;
    }
    return found;
}

static void line_read(struct str s, struct line_parts *p)
{
    *p = (struct line_parts){0};
    struct str url = token_url(s), front = s;
    if (url.n && (size_t)(url.p - s.p) + url.n + 1 >= s.n) { /* at the end */
        p->url = url;
        front = str_trim(str_sub(s, 0, (size_t)(url.p - s.p)));
    }
    size_t stop = sentence_end(front);
    struct resume_dates d;
    if (last_date(str_sub(front, 0, stop), &d)) {
        size_t from = (size_t)(d.text.p - front.p), to = from + d.text.n;
        p->dates = d;
        p->dated = true;
        struct str behind = trim_separators(str_sub(front, to, front.n));
        while (behind.n && behind.p[0] == '.')
            behind = str_trim(str_sub(behind, 1, behind.n));
        if (trim_separators(str_sub(front, 0, from)).n == 0) { /* "2020 – Name, issuer" */
            line_names(behind, p);
            return;
        }
        struct str name = trim_separators(str_sub(front, 0, from));
        size_t open = 0;
        for (size_t i = 0; i < name.n; i++)
            open += name.p[i] == '(' ? 1 : name.p[i] == ')' && open ? (size_t)-1 : 0;
        if (open == 0) {
            line_names(name, p);
            p->text = behind;
            return;
        }
        p->dated = false; /* "Dean's List (2007, 2008)" */
    }
    if (stop < front.n) {
        line_names(str_sub(front, 0, stop), p);
        p->text = str_trim(str_sub(front, stop + 1, front.n));
        return;
    }
    if (front.n && front.p[front.n - 1] == '.' && p->url.n)
        front.n--;
    line_names(front, p);
}

static void listed(struct reading *r, struct blocks_range s, const char *key, const char *name, const char *by,
                   const char *date)
{
    char at[RESUME_POINTER_BYTES] = "";
    yyjson_mut_val *last = NULL;
    size_t bullets = 0;
    for (size_t i = s.from; i < s.to; i++)
        bullets += r->blocks[i].kind == DOC_BULLET;
    for (size_t i = s.from; i < s.to; i++) {
        const struct block *b = &r->blocks[i];
        struct line_parts p;
        if (b->furniture || out_is_used(r, b->text))
            continue;
        if (last && token_url(b->text).n == b->text.n && !yyjson_mut_obj_get(last, "url")) {
            out_text(r, last, at, "url", b->text);
            continue;
        }
        /* a second line under the name: the date or the issuer alone, or what it was for */
        bool under = last && !b->gap &&
                     ((b->kind != DOC_BULLET && bullets > 0) || dates_are_all(b->text) ||
                      (b->kind == DOC_BULLET && bullets < s.to - s.from));
        line_read(b->text, &p);
        if (under && p.dated && !yyjson_mut_obj_get(last, date)) {
            out_str(r, last, at, date, str_of(dates_text(r->a, p.dates.end.y ? p.dates.end : p.dates.start)),
                    p.dates.text);
            if (p.name.n)
                out_text(r, last, at, yyjson_mut_obj_get(last, by) ? "summary" : by, p.name);
            continue;
        }
        if (under) {
            out_text(r, last, at, "summary", b->text);
            continue;
        }
        last = out_entry(r, key, at);
        out_text(r, last, at, name, p.name);
        out_text(r, last, at, by, p.by);
        if (p.dated)
            out_str(r, last, at, date, str_of(dates_text(r->a, p.dates.end.y ? p.dates.end : p.dates.start)),
                    p.dates.text);
        out_text(r, last, at, "url", p.url);
        out_text(r, last, at, "summary", p.text);
    }
}

void section_certificates(struct reading *r, struct blocks_range s)
{
    listed(r, s, "certificates", "name", "issuer", "date");
}

void section_awards(struct reading *r, struct blocks_range s)
{
    listed(r, s, "awards", "title", "awarder", "date");
}

void section_publications(struct reading *r, struct blocks_range s)
{
    listed(r, s, "publications", "name", "publisher", "releaseDate");
}

void section_references(struct reading *r, struct blocks_range s)
{
    char at[RESUME_POINTER_BYTES];
    yyjson_mut_val *last = NULL;
    for (size_t i = s.from; i < s.to; i++) {
        const struct block *b = &r->blocks[i];
        if (b->furniture)
            continue;
        size_t colon = label_end(b->text);
        struct str rest = colon < b->text.n ? str_trim(str_sub(b->text, colon + 1, b->text.n)) : (struct str){0};
        if (rest.n && words_count(str_sub(b->text, 0, colon)) <= 12) {
            last = out_entry(r, "references", at);
            out_text(r, last, at, "name", str_trim(str_sub(b->text, 0, colon)));
            out_text(r, last, at, "reference", rest);
        } else if (last && !b->gap && !yyjson_mut_obj_get(last, "reference") && b->kind != DOC_BULLET) {
            out_text(r, last, at, "reference", b->text);
        } else {
            last = out_entry(r, "references", at);
            out_text(r, last, at,
                     words_sentence(b->text) || !words_name(b->text)
                         ? (b->kind == DOC_BULLET && !words_sentence(b->text) ? "name" : "reference")
                         : "name",
                     b->text);
        }
    }
}

void section_goals(struct reading *r, struct blocks_range s)
{
    for (size_t i = s.from; i < s.to; i++)
        if (!r->blocks[i].furniture)
            out_add(r, r->root, "", "x_goals", r->blocks[i].text);
}

void section_summary(struct reading *r, struct blocks_range s)
{
    yyjson_mut_val *basics = out_object(r, r->root, "basics");
    struct buf b;
    struct str src = {0};
    buf_init(&b, DOC_TEXT_MAX_BYTES);
    if (yyjson_mut_obj_get(basics, "summary")) {
        section_other(r, s, STR("Summary"));
        buf_fini(&b);
        return;
    }
    for (size_t i = s.from; i < s.to; i++) {
        struct str t = r->blocks[i].text;
        if (r->blocks[i].furniture)
            continue;
        buf_adds(&b, b.len ? "\n\n" : "");
        buf_add(&b, t.p, t.n);
        src = src.n ? (struct str){src.p, (size_t)(t.p + t.n - src.p)} : t;
    }
    char *copy = arena_strndup(r->a, buf_str(&b), b.len);
    if (copy)
        out_str(r, basics, "/basics", "summary", (struct str){.p = copy, .n = b.len}, src);
    buf_fini(&b);
}

void section_other(struct reading *r, struct blocks_range s, struct str title)
{
    char at[RESUME_POINTER_BYTES];
    if (s.from == s.to)
        return;
    yyjson_mut_val *o = out_entry(r, "x_sections", at);
    out_text(r, o, at, "title", title);
    for (size_t i = s.from; i < s.to; i++)
        if (!r->blocks[i].furniture)
            out_add(r, o, at, "text", r->blocks[i].text);
    out_note(r, "unknown_section", "a section without a place in the profile was kept as it is", (struct str){0});
}
