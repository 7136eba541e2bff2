/* A section cut into entries.
 *
 * An entry is a head (short lines, one of them dated as a rule) and a body (bullets, sentences). It begins at a
 * heading, or at a short line that is set apart after a body, or where the next date comes; how many short lines stand
 * before the date is learned from the section's first entry ("lead"), because it is the same all through a section. */
#include "pipeline/resume/resume_parts.h"

#define ENTRY_HEAD_MAX 5
#define ENTRY_LEAD_MAX 3

struct cut {
    const struct reading *r;
    struct blocks_range section;
    size_t want, lead;
    bool dated_at_all, bullets; /* bullets: every entry is one bullet with a date */
    struct entry *ret;
    size_t n, max;
    struct str group;
    unsigned group_level;
};

static const struct block *at(const struct cut *c, size_t i)
{
    return &c->r->blocks[i];
}

/* Short lines before the first date, and whether entries are bullets. */
static void learn(struct cut *c)
{
    struct resume_dates d;
    size_t plain = 0, bullets_dated = 0, bullets = 0, lead = 0;
    bool found = false;
    for (size_t i = c->section.from; i < c->section.to; i++) {
        const struct block *b = at(c, i);
        if (b->kind == DOC_BULLET) {
            bullets++;
            bullets_dated += dates_find(b->text, &d) && d.text.p - b->text.p < 40;
            if (!found)
                lead = 0;
        } else if (head_dated(b, &d)) {
            if (!found)
                c->lead = MIN(lead, (size_t)ENTRY_LEAD_MAX);
            found = true;
            plain++;
        } else if (head_like(b)) {
            lead = b->gap && lead ? 1 : lead + 1;
            plain++;
        } else if (!found) {
            lead = 0;
        }
    }
    c->dated_at_all = found;
    c->bullets = plain == 0 && bullets > 0 && bullets_dated * 2 >= bullets;
}

/* The block is the first of the lines that lead to a date. */
static bool leads_to_date(const struct cut *c, size_t i)
{
    struct resume_dates d;
    for (size_t k = 0; k <= c->lead && i + k < c->section.to; k++) {
        const struct block *b = at(c, i + k);
        if (!head_like(b) || (k > 0 && b->kind == DOC_HEADING))
            return false;
        if (head_dated(b, &d))
            return k == c->lead || k == 0 || at(c, i)->gap;
    }
    return false;
}

static bool entry_dated(const struct cut *c, const struct entry *e)
{
    struct resume_dates d;
    for (size_t i = e->head.from; i < e->head.to; i++)
        if (dates_find(at(c, i)->text, &d))
            return true;
    return false;
}

/* A heading above deeper headings, with no bullet between: an employer above positions. */
static bool heads_group(const struct cut *c, size_t i)
{
    for (size_t k = i + 1; k < c->section.to; k++) {
        const struct block *b = at(c, k);
        if (b->kind == DOC_BULLET || (!head_like(b) && b->kind != DOC_HEADING))
            return false;
        if (b->kind == DOC_HEADING)
            return b->level > at(c, i)->level;
    }
    return false;
}

static bool begins(struct cut *c, size_t i, const struct entry *e)
{
    const struct block *b = at(c, i);
    struct resume_dates d;
    if (c->bullets)
        return b->kind == DOC_BULLET && dates_find(b->text, &d);
    if (b->kind == DOC_HEADING)
        return true;
    if (!head_like(b))
        return !e && b->kind != DOC_BULLET;
    if (!e)
        return true;
    bool body = e->body.to > e->body.from, dated = head_dated(b, &d);
    bool with_heading = at(c, e->head.from)->kind == DOC_HEADING;
    bool bold = b->bold || (b->bold_to > 0 && b->bold_to * 2 > b->text.n);
    if (with_heading)
        return body && bold && (dated || leads_to_date(c, i));
    if (body) {
        if (dated || leads_to_date(c, i))
            return true;
        return b->gap && (!c->dated_at_all || c->r->d->format != DOC_FORMAT_PDF || bold);
    }
    if (!entry_dated(c, e))
        return b->gap && !c->dated_at_all && c->want == 1;
    if (token_url(b->text).n == b->text.n)
        return false;
    return dated || (c->lead > 0 && leads_to_date(c, i));
}

/* The line still belongs to the head. */
static bool extends(const struct cut *c, size_t i, const struct entry *e)
{
    const struct block *b = at(c, i);
    struct resume_dates d;
    if (c->bullets || !head_like(b) || e->head.to - e->head.from >= ENTRY_HEAD_MAX || e->body.to > e->body.from)
        return false;
    bool dated = entry_dated(c, e);
    if (token_url(b->text).n == b->text.n || (!dated && head_dated(b, &d)))
        return true;
    struct entry_head h;
    head_read(c->r, e->head, true, &h);
    if (h.location.n == 0 && dated && words_location(b->text))
        return true;
    if (!dated && leads_to_date(c, i + 1 < c->section.to ? i : i) && !b->gap)
        return true;
    bool comma = h.parts_n == 1 && str_find(h.parts[0], STR(", ")) > 0 && h.details;
    return h.parts_n < c->want && !comma && (!b->gap || h.parts_n == 0) && words_count(b->text) <= 12;
}

static void entry_new(struct cut *c, size_t i)
{
    const struct block *b = at(c, i);
    if (b->kind == DOC_HEADING && c->group.n && b->level <= c->group_level)
        c->group = (struct str){0};
    if (b->kind == DOC_HEADING && heads_group(c, i) && c->want > 1) {
        c->group = b->text;
        c->group_level = b->level;
        return;
    }
    struct resume_dates d;
    struct entry *e = &c->ret[c->n++];
    *e = (struct entry){.head = {i, i + 1}, .body = {i + 1, i + 1}, .group = c->group};
    e->follows =
        c->lead > 0 && c->n > 1 && !b->gap && b->kind != DOC_HEADING && head_dated(b, &d) && !dates_are_all(b->text);
    if (!head_like(b) && b->kind != DOC_BULLET) { /* a sentence without a head */
        e->head.to = i;
        e->body = (struct blocks_range){i, i + 1};
    }
}

size_t entries_cut(const struct reading *r, struct blocks_range section, size_t want, struct entry *ret, size_t max)
{
    struct cut c = {.r = r, .section = section, .want = want, .ret = ret, .max = max};
    learn(&c);
    for (size_t i = section.from; i < section.to; i++) {
        struct entry *e = c.n ? &c.ret[c.n - 1] : NULL;
        if (at(&c, i)->furniture)
            continue;
        if (begins(&c, i, e) && c.n < c.max) {
            entry_new(&c, i);
        } else if (!e) {
            entry_new(&c, i);
            if (c.n && at(&c, i)->kind == DOC_BULLET) { /* bullets before any head */
                c.ret[0].head.to = i;
                c.ret[0].body = (struct blocks_range){i, i + 1};
            }
        } else if (extends(&c, i, e)) {
            e->head.to = i + 1;
            e->body = (struct blocks_range){i + 1, i + 1};
        } else {
            e->body.to = i + 1;
        }
    }
    return c.n;
}
