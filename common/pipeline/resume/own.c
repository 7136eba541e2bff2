/* Documents that this program wrote (they say so) look like this: the dates of an entry at the end of its first line,
 * in smaller letters below it what belongs to it. Here their lines get the shape of the text form: the first line, then
 * the dates with what belongs to the entry, so that all forms are understood alike. */
#include "pipeline/resume/resume_parts.h"

#define OWN_DETAILS 0.91f /* 10 to 11 */

struct own {
    struct doc *d;
    char *text;
    float body;
};

static struct str line_of(const struct own *o, size_t i)
{
    const struct doc_line *l = &o->d->lines[i];
    return (struct str){.p = o->text + l->from, .n = l->to - l->from};
}

static bool is_details(const struct own *o, size_t i)
{
    const struct doc_line *l = &o->d->lines[i];
    return i < o->d->lines_n && l->kind == DOC_PLAIN && l->size > 0 && l->size < o->body * 0.96f &&
           l->size > o->body * (OWN_DETAILS - 0.05f) && !l->furniture && token_url(line_of(o, i)).n < line_of(o, i).n;
}

/* "Page 2 of 3" */
static bool is_foot(const struct own *o, size_t i)
{
    return o->d->lines[i].size > 0 && o->d->lines[i].size < o->body * 0.85f && str_starts(line_of(o, i), "Page ");
}

/* Where the dates at the end of the line begin; 0: there are none. */
static size_t dates_at_end(struct str s)
{
    const char *tab = memrchr(s.p, '\t', s.n);
    if (tab && tab > s.p)
        return (size_t)(tab - s.p) + 1;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i - 1] == ' ' && str_is_alnum(s.p[i]) && dates_are_all(str_sub(s, i, s.n)))
            return i;
    return 0;
}

/* Details that were wrapped are one line again, joined to the dates by a TAB (from < first) or by nothing. */
static size_t details_join(struct own *o, size_t first)
{
    size_t end = first;
    while (is_details(o, end))
        end++;
    for (size_t i = first + 1; i < end; i++)
        o->text[o->d->lines[i].from - 1] = ' ';
    return end;
}

/* The size that most letters have. */
static float body_size(const struct doc *d)
{
    size_t best = 0;
    float size = 0;
    for (size_t i = 0; i < d->lines_n; i++) {
        size_t n = 0;
        for (size_t k = 0; k < d->lines_n; k++)
            n += d->lines[k].size > d->lines[i].size - 0.05f && d->lines[k].size < d->lines[i].size + 0.05f
                     ? d->lines[k].to - d->lines[k].from
                     : 0;
        if (n > best) {
            best = n;
            size = d->lines[i].size;
        }
    }
    return size;
}

int own_shape(struct doc *d, struct err *err)
{
    struct doc_line *out = ARENA_NEW_N(d->arena, struct doc_line, 2 * d->lines_n + 1);
    struct own o = {.d = d, .text = arena_strndup(d->arena, d->text.p, d->text.n)};
    size_t n = 0;
    if (!out || !o.text)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    o.body = body_size(d);
    for (size_t i = 0; i < d->lines_n;) {
        struct doc_line *l = &d->lines[i];
        struct str s = line_of(&o, i);
        size_t at = l->kind != DOC_BULLET && l->size > o.body * 1.02f && l->size < o.body * 1.09f ? dates_at_end(s) : 0;
        if (is_foot(&o, i)) {
            i++;
            continue;
        }
        out[n++] = *l;
        if (at == 0) {
            i++;
            continue;
        }
        size_t end = details_join(&o, i + 1);
        out[n - 1].to = l->from + at - 1;
        out[n] = end > i + 1 ? d->lines[i + 1] : *l;
        out[n].kind = DOC_PLAIN;
        out[n].whole = true;
        out[n].gap = out[n].bold = false;
        out[n].from = l->from + at;
        out[n].to = d->lines[end - 1].to;
        if (end > i + 1)
            o.text[d->lines[i + 1].from - 1] = '\t';
        n++;
        i = end;
    }
    d->lines = out;
    d->lines_n = d->lines_cap = n;
    d->text.p = o.text;
    return 0;
}
