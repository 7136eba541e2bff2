/* Work, volunteering and projects. */
#include "pipeline/resume/resume_parts.h"

#define JOBS_SUMMARY_MAX 2 /* so many paragraphs without bullets are a summary; more are statements */

/* "Engineer at Acme", "Ingénieur chez Acme" */
static bool cut_at_word(struct str s, struct str *ret_title, struct str *ret_name)
{
    static const char *const AT[] = {" at ", " @ ", " bei ", " chez "};
    for (size_t i = 0; i < ARRAY_LEN(AT); i++) {
        ptrdiff_t k = str_ifind(s, str_of(AT[i]));
        if (k <= 0 || words_title(str_sub(s, 0, (size_t)k)) == 0)
            continue;
        *ret_title = str_trim(str_sub(s, 0, (size_t)k));
        *ret_name = str_trim(str_sub(s, (size_t)k + strlen(AT[i]), s.n));
        return true;
    }
    return false;
}

struct job {
    struct str title, name;
    struct str more[RESUME_SEGMENTS_MAX]; /* what describes the employer */
    size_t more_n;
};

static int balance(struct str a, struct str b)
{
    return words_title(a) + words_organization(b) - words_title(b) - words_organization(a);
}

/* Which of the names in the head is the employer. vote: > 0 when the section's entries have the position first. */
static int job_assign(const struct entry *e, const struct entry_head *h, int vote, struct job *ret)
{
    struct job j = {0};
    size_t used = 0;
    int said = 0;
    if (e->group.n && h->parts_n) {
        j.name = e->group;
        j.title = h->parts[0];
        used = 1;
    } else if (h->parts_n == 1 ||
               (h->parts_n > 1 && h->details && h->first_n == 1 && str_find(h->parts[0], STR(", ")) > 0)) {
        struct str s = h->parts[0];
        used = 1;
        if (str_find(s, STR(", ")) < 0 && cut_at_word(s, &j.title, &j.name)) {
            said = 1;
        } else if (str_find(s, STR(", ")) > 0) {
            said = head_cut(s, words_title, words_organization, &j.title, &j.name) ? -1 : 1;
            if (e->follows && words_organization(j.name) == 0 && words_title(s)) /* "Product Manager, Search" */
                j = (struct job){.title = s};
        } else if (words_title(s) >= words_organization(s) && (words_title(s) > 0 || vote > 0)) {
            j.title = s;
        } else {
            j.name = s;
        }
        if (j.name.n == 0 && words_title(s) == 0)
            j = (struct job){.name = s};
    } else if (h->parts_n > 1) {
        struct str a = h->parts[0], b = h->parts[1];
        int w = balance(a, b);
        said = w;
        bool title_first = w > 0 || (w == 0 && vote >= 0);
        j.title = title_first ? a : b;
        j.name = title_first ? b : a;
        used = 2;
    }
    for (size_t i = used; i < h->parts_n; i++)
        j.more[j.more_n++] = h->parts[i];
    *ret = j;
    return said;
}

/* Paragraphs joined by a blank line; the first goes into the source. */
static void summary_add(struct reading *r, yyjson_mut_val *o, const char *pointer, const char *key,
                        struct blocks_range range)
{
    struct buf b;
    struct str src = {0};
    buf_init(&b, DOC_TEXT_MAX_BYTES);
    for (size_t i = range.from; i < range.to; i++) {
        struct str s = r->blocks[i].text;
        if (r->blocks[i].furniture || out_is_used(r, s))
            continue;
        if (b.len)
            buf_adds(&b, "\n\n");
        buf_add(&b, s.p, s.n);
        if (src.n == 0)
            src = s;
        src.n = (size_t)(s.p + s.n - src.p);
    }
    char *copy = arena_strndup(r->a, buf_str(&b), b.len);
    if (copy && b.len)
        out_str(r, o, pointer, key, (struct str){.p = copy, .n = b.len}, src);
    buf_fini(&b);
}

/* Sentences before the bullets are the summary, everything else is a highlight. */
static void body_add(struct reading *r, yyjson_mut_val *o, const char *pointer, const char *summary,
                     struct blocks_range body)
{
    size_t first = body.from, bullets = 0;
    while (first < body.to && r->blocks[first].kind != DOC_BULLET)
        first++;
    for (size_t i = body.from; i < body.to; i++)
        bullets += r->blocks[i].kind == DOC_BULLET;
    size_t summary_to = first;
    if (bullets == 0 && body.to - body.from > JOBS_SUMMARY_MAX)
        summary_to = body.from;
    /* "Key achievements:" above a list is no sentence */
    struct blocks_range s = {body.from, summary_to};
    while (s.to > s.from && r->blocks[s.to - 1].text.p[r->blocks[s.to - 1].text.n - 1] == ':' &&
           words_count(r->blocks[s.to - 1].text) <= 4) {
        out_note(r, "sub_heading", "a heading inside an entry was left out", r->blocks[s.to - 1].text);
        s.to--;
    }
    summary_add(r, o, pointer, summary, s);
    for (size_t i = summary_to; i < body.to; i++) {
        struct str t = r->blocks[i].text;
        if (r->blocks[i].furniture || out_is_used(r, t))
            continue;
        out_add(r, o, pointer, "highlights", t);
    }
}

/* A line of the body with nothing but a URL. */
static void body_url(struct reading *r, yyjson_mut_val *o, const char *pointer, struct blocks_range body)
{
    for (size_t i = body.from; i < body.to && r->blocks[i].kind != DOC_BULLET; i++) {
        struct str t = r->blocks[i].text;
        if (token_url(t).n == t.n)
            out_text(r, o, pointer, "url", t);
    }
}

static void head_links(struct reading *r, yyjson_mut_val *o, const char *pointer, struct blocks_range head)
{
    for (size_t i = head.from; i < head.to; i++) {
        struct str t = r->blocks[i].text;
        size_t from = r->src[t.p - r->clean], to = r->src[t.p + t.n - 1 - r->clean] + 1;
        for (size_t k = 0; k < r->d->links_n; k++) {
            const struct doc_link *l = &r->d->links[k];
            if (l->from < from || l->to > to || !str_istarts(l->url, "http"))
                continue;
            out_str(r, o, pointer, "url", l->url, (struct str){0});
        }
    }
}

static void jobs(struct reading *r, struct blocks_range s, const char *key, const char *name_key, bool described)
{
    struct entry *e = ARENA_NEW_N(r->a, struct entry, RESUME_ENTRIES_MAX);
    struct str name_before = {0};
    int vote = 0;
    if (!e) {
        r->text_failed = true;
        return;
    }
    size_t n = entries_cut(r, s, 2, e, RESUME_ENTRIES_MAX);
    struct entry_head h;
    struct job j;
    for (size_t i = 0; i < n; i++) {
        head_read(r, e[i].head, true, &h);
        int said = job_assign(&e[i], &h, 0, &j);
        vote += said > 0 ? 1 : said < 0 ? -1 : 0;
    }
    for (size_t i = 0; i < n; i++) {
        char at[RESUME_POINTER_BYTES];
        head_read(r, e[i].head, true, &h);
        job_assign(&e[i], &h, vote, &j);
        yyjson_mut_val *o = out_entry(r, key, at);
        if (j.name.n == 0 && j.title.n && e[i].follows && name_before.n)
            j.name = name_before;
        if (j.title.n && j.name.p > j.title.p && (size_t)(j.name.p - j.title.p) < j.title.n + 12)
            out_used(r, (struct str){j.title.p, (size_t)(j.name.p - j.title.p)}); /* "at" between the two */
        out_text(r, o, at, name_key, j.name);
        out_text(r, o, at, "position", j.title);
        if (h.dated)
            out_dates(r, o, at, &h.dates, false);
        /* a place that the lists do not know, in the place where a place stands */
        if (h.location.n == 0 && j.more_n > 0 && words_count(j.more[0]) <= 3 && j.more[0].p[0] >= 'A' &&
            j.more[0].p[0] <= 'Z' && j.more_n == 1 && h.details)
            h.location = j.more[0], j.more_n = 0;
        out_text(r, o, at, "location", h.location);
        for (size_t k = 0; k < j.more_n; k++)
            if (described && k == 0)
                out_text(r, o, at, "description", j.more[k]);
        out_text(r, o, at, "url", h.url);
        body_url(r, o, at, e[i].body);
        head_links(r, o, at, e[i].head);
        body_add(r, o, at, "summary", e[i].body);
        if (j.name.n)
            name_before = j.name;
    }
}

void section_work(struct reading *r, struct blocks_range s)
{
    jobs(r, s, "work", "name", true);
}

void section_volunteer(struct reading *r, struct blocks_range s)
{
    jobs(r, s, "volunteer", "organization", false);
}

/* "Role: Lead", "With: Go, C": lines of a project. */
static bool project_label(struct reading *r, yyjson_mut_val *o, const char *pointer, struct str s)
{
    static const struct {
        const char *label, *key;
    } LABELS[] = {{"role", "roles"},
                  {"roles", "roles"},
                  {"rolle", "roles"},
                  {"rôle", "roles"},
                  {"rol", "roles"},
                  {"with", "keywords"},
                  {"technologies", "keywords"},
                  {"technology", "keywords"},
                  {"tech stack", "keywords"},
                  {"stack", "keywords"},
                  {"tech", "keywords"},
                  {"tools", "keywords"},
                  {"keywords", "keywords"},
                  {"built with", "keywords"},
                  {"technologien", "keywords"},
                  {"tecnologías", "keywords"},
                  {"skills", "keywords"}};
    struct str label, rest;
    if (!split_label(s, 2, &label, &rest) || rest.n == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(LABELS); i++) {
        if (!str_ieqc(label, LABELS[i].label))
            continue;
        out_used(r, label);
        out_list(r, o, pointer, LABELS[i].key, rest);
        return true;
    }
    return false;
}

static void project_head(struct reading *r, yyjson_mut_val *o, const char *at, const struct entry_head *h)
{
    struct str name = h->parts_n ? h->parts[0] : (struct str){0};
    size_t next = 1;
    out_text(r, o, at, "name", name);
    struct str tools[2];
    if (h->parts_n > 1 && split_list(h->parts[1], tools, ARRAY_LEN(tools)) > 1 && words_count(tools[0]) <= 3) {
        out_list(r, o, at, "keywords", h->parts[1]); /* "Name | React, Node.js" */
        next = 2;
    } else if (h->parts_n > 1 && (h->first_n > 1 || !h->details)) {
        out_text(r, o, at, words_sentence(h->parts[1]) || words_count(h->parts[1]) > 6 ? "description" : "entity",
                 h->parts[1]);
        next = 2;
    }
    if (h->parts_n > next && h->details)
        out_text(r, o, at, "type", h->parts[next++]);
    for (; next < h->parts_n; next++)
        if (!yyjson_mut_obj_get(o, "description"))
            out_text(r, o, at, "description", h->parts[next]);
}

void section_projects(struct reading *r, struct blocks_range s)
{
    struct entry *e = ARENA_NEW_N(r->a, struct entry, RESUME_ENTRIES_MAX);
    if (!e) {
        r->text_failed = true;
        return;
    }
    size_t n = entries_cut(r, s, 1, e, RESUME_ENTRIES_MAX);
    for (size_t i = 0; i < n; i++) {
        char at[RESUME_POINTER_BYTES];
        struct entry_head h;
        head_read(r, e[i].head, false, &h);
        bool bullets_only = e[i].head.to == e[i].head.from;
        for (size_t k = e[i].body.from; bullets_only && k < e[i].body.to; k++) { /* each bullet is a project */
            struct str label, rest, t = r->blocks[k].text;
            yyjson_mut_val *one = out_entry(r, "projects", at);
            bool cut = split_label(t, 6, &label, &rest) && rest.n;
            out_text(r, one, at, "name", cut ? label : t);
            if (cut)
                out_text(r, one, at, "description", rest);
        }
        if (bullets_only)
            continue;
        yyjson_mut_val *o = out_entry(r, "projects", at);
        project_head(r, o, at, &h);
        if (h.dated)
            out_dates(r, o, at, &h.dates, false);
        out_text(r, o, at, "url", h.url);
        body_url(r, o, at, e[i].body);
        head_links(r, o, at, e[i].head);
        for (size_t k = e[i].body.from; k < e[i].body.to; k++)
            if (r->blocks[k].kind != DOC_BULLET)
                project_label(r, o, at, r->blocks[k].text);
        body_add(r, o, at, "description", e[i].body);
    }
}
