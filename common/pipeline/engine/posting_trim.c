/* The text is cut into pieces: the clauses of the reading, each with what stands before it in its line, so that the
 * pieces put together are the text again. A piece that asks for something, says what is to be done, or holds part of a
 * quote of the analysis is kept. A heading goes when nothing is left below it.
 *
 *   pieces -> what each one is -> left out one by one, part by part, until the length fits -> put together
 *
 * All of it but the text lives in memory of its own: a source of a mebibyte has many pieces. */
#include "pipeline/engine/posting_trim.h"

#include <string.h>
#include "pipeline/engine/analysis_internal.h"

#define TRIM_MAX_BYTES  ((size_t)256 * 1024 * 1024)
#define PIECE_MAX_BYTES 1500 /* a longer clause is no sentence of a person: it can be left out in pieces */

enum { PIECE_KEPT = POSTING_PARTS, PIECE_HEADING };

struct piece {
    size_t start, end;
    int64_t length;
    size_t heading; /* index + 1 of the heading above, 0 none */
    size_t below;   /* of a heading: pieces below it that are still there */
    unsigned char part;
    bool out;
};

struct trim {
    struct reading r;
    const struct posting_ruler *ruler;
    struct piece *pieces;
    size_t n, max, heading;
    int64_t length, mark_length;
};

static int64_t bytes_of(const void *how UNUSED, struct str text)
{
    return (int64_t)text.n;
}
const struct posting_ruler posting_bytes = {.measure = bytes_of};

const char *posting_part_name(enum posting_part part)
{
    static const char *const names[POSTING_PARTS] = {"legal", "benefits", "company", "culture", "rest"};
    return (size_t)part < POSTING_PARTS ? names[part] : "";
}

void posting_left_out_write(const size_t left_out[POSTING_PARTS], struct buf *b)
{
    static const char *const names[POSTING_PARTS] = {"legal text", "benefits", "text about the employer",
                                                     "text about its culture", "other description"};
    const char *between = "";
    for (size_t i = 0; i < POSTING_PARTS; i++) {
        if (left_out[i])
            buf_addf(b, "%s%s (%zu bytes)", between, names[i], left_out[i]);
        between = left_out[i] ? ", " : between;
    }
}

/* -- what a piece is -- */

static bool overlaps(const struct analysis_quote *q, size_t start, size_t end)
{
    return q->end > q->start && q->start < end && q->end > start;
}

static bool holds_asked(const struct analysis *an, size_t start, size_t end)
{
    for (size_t i = 0; i < an->requirements_n; i++)
        if (overlaps(&an->requirements[i].evidence, start, end))
            return true;
    for (size_t i = 0; i < an->responsibilities_n; i++)
        if (overlaps(&an->responsibilities[i].quote, start, end))
            return true;
    return false;
}

static bool asks(const struct reading *r, const struct clause *c)
{
    if (clause_has(c, CUE(INJECTION)))
        return false;
    if (clause_counts(r, c))
        return true;
    if (c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED)
        return c->item && !clause_waved_off(c) && !clause_has(c, CUE(LEGAL) | CUE(BENEFIT));
    return c->kind == SECTION_DUTIES && (c->item || clause_has(c, CUE(DUTY)));
}

static unsigned char part_of(const struct reading *r, const struct clause *c, size_t start, size_t end)
{
    const struct analysis *an = r->an;
    if (holds_asked(an, start, end))
        return PIECE_KEPT;
    if (c->end - c->start <= PIECE_MAX_BYTES && asks(r, c))
        return PIECE_KEPT;
    if (c->kind == SECTION_LEGAL || clause_has(c, CUE(LEGAL)))
        return POSTING_PART_LEGAL;
    if (c->kind == SECTION_BENEFITS || clause_has(c, CUE(BENEFIT)))
        return POSTING_PART_BENEFITS;
    for (size_t i = 0; i < an->culture_n; i++)
        if (overlaps(&an->culture[i].quote, start, end))
            return POSTING_PART_CULTURE;
    bool seeks = clause_has(c, CUE(SEEK) | CUE(DUTY) | CUE(REQUIRED));
    if (c->kind == SECTION_ABOUT || clause_has(c, CUE(MISSION)) || (!seeks && clause_begins_with_us(r, c)))
        return POSTING_PART_COMPANY;
    return POSTING_PART_REST;
}

/* -- cutting -- */

static void piece_add(struct trim *t, size_t start, size_t end, unsigned char part)
{
    if (end <= start || t->n == t->max)
        return;
    struct piece *p = &t->pieces[t->n++];
    *p = (struct piece){.start = start, .end = end, .part = part, .heading = t->heading};
    p->length = t->ruler->measure(t->ruler->how, str_sub(t->r.text, start, end));
    t->length += p->length;
    if (part == PIECE_HEADING) {
        p->heading = 0;
        t->heading = t->n;
    } else if (t->heading) {
        t->pieces[t->heading - 1].below++;
    }
}

static void clause_pieces(struct trim *t, const struct clause *c, size_t start, size_t end)
{
    if (c->heading) {
        piece_add(t, start, end, PIECE_HEADING);
        return;
    }
    while (end - start > PIECE_MAX_BYTES) {
        size_t to = start + PIECE_MAX_BYTES;
        while (to > start + PIECE_MAX_BYTES / 2 && !str_is_space(t->r.text.p[to - 1]))
            to--;
        while (to > start && ((unsigned char)t->r.text.p[to] & 0xC0) == 0x80)
            to--;
        piece_add(t, start, to, part_of(&t->r, c, start, to));
        start = to;
    }
    piece_add(t, start, end, part_of(&t->r, c, start, end));
}

static size_t piece_end(struct str text, size_t at, size_t most)
{
    while (at < most && strchr(" ,;.)", text.p[at]))
        at++;
    return at;
}

/* Everything before a clause in its line (a bullet, "Preferred:") goes with it; breaks go with what stands before
 * them. */
static void lines_cut(struct trim *t)
{
    const struct reading *r = &t->r;
    size_t i = 0;
    for (size_t at = 0; at < r->text.n;) {
        const char *nl = memchr(r->text.p + at, '\n', r->text.n - at);
        size_t end = nl ? (size_t)(nl - r->text.p) : r->text.n, line_end = end;
        while (end < r->text.n && r->text.p[end] == '\n')
            end++;
        struct clause bare = {.kind = SECTION_OTHER};
        if (i >= r->clauses_n || r->clauses[i].start >= line_end)
            clause_pieces(t, &bare, at, end);
        for (size_t from = at; i < r->clauses_n && r->clauses[i].start < line_end; i++) {
            const struct clause *c = &r->clauses[i];
            bool last = i + 1 == r->clauses_n || r->clauses[i + 1].start >= line_end;
            size_t to = last ? end : piece_end(r->text, MAX(c->end, from), r->clauses[i + 1].start);
            clause_pieces(t, c, from, to);
            from = MAX(to, from);
        }
        at = end;
    }
}

/* The first line is the title more often than not. */
static void title_keep(struct trim *t)
{
    const struct analysis *an = t->r.an;
    for (size_t i = 0; i < t->n; i++) {
        struct piece *p = &t->pieces[i];
        bool title =
            i == 0 || (an->title.n && an->title.p >= t->r.text.p + p->start && an->title.p < t->r.text.p + p->end);
        if (title && p->part != PIECE_HEADING && p->end - p->start <= PIECE_MAX_BYTES)
            p->part = PIECE_KEPT;
        if (title && p->part == PIECE_HEADING)
            p->below++; /* never empty */
    }
}

/* -- leaving out -- */

static void piece_drop(struct trim *t, size_t i)
{
    struct piece *p = &t->pieces[i];
    bool before = i > 0 && t->pieces[i - 1].out, after = i + 1 < t->n && t->pieces[i + 1].out;
    p->out = true;
    t->length -= p->length;
    t->length += before && after ? -t->mark_length : before || after ? 0 : t->mark_length;
    if (p->heading && --t->pieces[p->heading - 1].below == 0 && !t->pieces[p->heading - 1].out)
        piece_drop(t, p->heading - 1);
}

static void drop_until(struct trim *t, int64_t most)
{
    for (unsigned char part = 0; part < POSTING_PARTS; part++)
        for (size_t i = t->n; i-- > 0 && t->length > most;)
            if (!t->pieces[i].out &&
                (t->pieces[i].part == part ||
                 (part == POSTING_PART_REST && t->pieces[i].part == PIECE_HEADING && t->pieces[i].below == 0)))
                piece_drop(t, i);
}

static void part_count(struct trim *t, struct posting_trimmed *ret)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct piece *p = &t->pieces[i];
        size_t part = p->part < POSTING_PARTS                                 ? p->part
                      : i + 1 < t->n && t->pieces[i + 1].part < POSTING_PARTS ? t->pieces[i + 1].part
                                                                              : (size_t)POSTING_PART_REST;
        if (p->out)
            ret->left_out[part] += p->end - p->start;
    }
}

static int put_together(struct trim *t, struct arena *a, struct posting_trimmed *ret, struct err *err)
{
    const char *text = t->r.text.p, *mark = t->ruler->mark;
    struct buf b;
    buf_init(&b, 2 * t->r.text.n + 64);
    for (size_t i = 0; i < t->n; i++) {
        const struct piece *p = &t->pieces[i];
        bool first = p->out && (i == 0 || !t->pieces[i - 1].out);
        if (!p->out)
            buf_add(&b, text + p->start, p->end - p->start);
        if (first && mark && b.len && b.data[b.len - 1] != '\n')
            buf_addc(&b, ' ');
        if (first && mark)
            buf_adds(&b, mark);
        bool over = p->out && (i + 1 == t->n || !t->pieces[i + 1].out);
        if (over && p->end > 0 && text[p->end - 1] == '\n') { /* the line ended in what was left out */
            if (mark || (b.len && b.data[b.len - 1] != '\n'))
                buf_addc(&b, '\n');
        } else if (over && mark) {
            buf_addc(&b, ' ');
        }
    }
    struct str out = str_trim((struct str){.p = buf_str(&b), .n = b.len});
    char *copy = buf_failed(&b) ? NULL : arena_strndup(a, out.p, out.n);
    ret->text = copy ? (struct str){.p = copy, .n = out.n} : (struct str){.p = "", .n = 0};
    buf_fini(&b);
    return copy ? 0 : err_set(err, ERR_MEMORY, "the posting needs more memory than its limit");
}

static int trim_read(struct trim *t, struct arena *scratch, const struct posting *posting, struct err *err)
{
    int rc = reading_begin(scratch, posting, &t->r, err);
    if (rc < 0)
        return rc;
    analysis_requirements(&t->r);
    analysis_responsibilities(&t->r);
    analysis_culture(&t->r);
    size_t lines = 2;
    for (size_t i = 0; i < t->r.text.n; i++)
        lines += t->r.text.p[i] == '\n';
    t->max = t->r.clauses_n + lines + t->r.text.n / (PIECE_MAX_BYTES / 2);
    t->pieces = ARENA_NEW_N(scratch, struct piece, t->max);
    return t->pieces ? 0 : err_set(err, ERR_MEMORY, "the posting needs more memory than its limit");
}

int posting_trim(struct arena *a, const struct posting *posting, const struct posting_ruler *ruler, int64_t most,
                 struct posting_trimmed *ret, struct err *err)
{
    *ret = (struct posting_trimmed){.text = posting->text, .length = ruler->measure(ruler->how, posting->text)};
    if (ret->length <= most)
        return 0;
    struct trim t = {.ruler = ruler};
    struct arena scratch;
    arena_init(&scratch, TRIM_MAX_BYTES);
    int rc = trim_read(&t, &scratch, posting, err);
    if (rc == 0) {
        t.mark_length = ruler->mark ? ruler->measure(ruler->how, str_of(ruler->mark)) + 2 : 0;
        lines_cut(&t);
        title_keep(&t);
        drop_until(&t, most);
        part_count(&t, ret);
        rc = put_together(&t, a, ret, err);
        ret->length = ruler->measure(ruler->how, ret->text);
    }
    arena_fini(&scratch);
    return rc;
}
