/* One pass over the text, sentence by sentence. A résumé's headings and entry lines say which section and which
 * employment the lines below belong to; in a letter the employer is the one the sentence names, or the last one named
 * when it says "there".
 *
 * Each sentence: who is each part about (facts_scopes.c) -> the checks, which mark what is wrong -> what it rests on ->
 * class. */
#include "pipeline/facts/facts_parts.h"

#include "base/buf.h"
#include "base/err.h"
#include "pipeline/engine/lex.h"

#define EVIDENCE_MIN 0.75

static const struct {
    const char *name, *advice;
    enum facts_verdict severity;
} CODES[] = {
    {"", "", FACTS_PASS},
#define FACT(name, severity, advice) {#name, advice, FACTS_##severity},
#include "pipeline/facts/facts.def"
#undef FACT
};

const char *facts_code_name(enum facts_code code)
{
    return CODES[code].name;
}
const char *facts_code_advice(enum facts_code code)
{
    return CODES[code].advice;
}
enum facts_verdict facts_code_severity(enum facts_code code)
{
    return CODES[code].severity;
}
const char *facts_class_name(enum facts_class c)
{
    static const char *const NAMES[] = {"", "claim", "company", "non_claim", "gap"};
    return NAMES[c];
}
const char *facts_verdict_name(enum facts_verdict v)
{
    static const char *const NAMES[] = {"", "pass", "warn", "block"};
    return NAMES[v];
}
const char *facts_relation_name(enum facts_relation r)
{
    static const char *const NAMES[] = {"", "verbatim", "paraphrase", "merge"};
    return NAMES[r];
}

void facts_violate(struct fcheck *c, enum facts_code code, size_t from, size_t to, int source)
{
    from = MIN(from, c->x.n - 1);
    to = MIN(to, c->x.n);
    size_t start = c->x.t[from].start, end = c->x.t[MAX(to, from + 1) - 1].end;
    for (size_t i = 0; i < c->violations_n; i++) /* one verdict for one place */
        if (c->violations[i].start <= start && end <= c->violations[i].end &&
            (c->violations[i].code == code || source < 0))
            return;
    c->violations_all++;
    if (c->violations_n == FACTS_VIOLATIONS_MAX)
        return;
    struct facts_violation *v = &c->violations[c->violations_n++];
    *v = (struct facts_violation){.code = code, .start = start, .end = end, .text = str_sub(c->x.text, start, end)};
    if (source >= 0 && (size_t)source < c->ix->sources_n) {
        v->closest = c->ix->sources[source].text;
        v->closest_id = c->ix->sources[source].id;
    }
}

/* the employer that is written to: what follows "at" in the sentence that applies, and "Dear X team" */

static void company_add(struct fcheck *c, struct str name)
{
    struct ftext n;
    if (name.n == 0 || name.n > 200 || !facts_text_read(c->a, name, NULL, &n))
        return;
    for (size_t i = 0; i < n.n; i++)
        if (!(n.w[i].cls & (FW(STOP) | FW(GENERIC_ORG))) && c->company_n < ARRAY_LEN(c->company) &&
            !facts_table_first(&c->ix->by_word, n.t[i].hash))
            c->company[c->company_n++] = n.t[i].hash;
}

static void company_run(struct fcheck *c, size_t i, size_t end)
{
    size_t to = i;
    while (to < end && to < i + 6 &&
           (facts_is_upper(&c->x, to) || (to > i && str_ieqc(facts_token_str(&c->x, to), "of"))) &&
           (to == i || c->x.w[to].gap == ' ' || c->x.w[to].gap == '-') && !(c->x.w[to].cls & (FW(YOU) | FW(FIRST))))
        to++;
    for (size_t k = i; k < to; k++)
        if (!(c->x.w[k].cls & (FW(STOP) | FW(GENERIC_ORG) | FW(GREETING) | FW(TITLE_HEAD))) &&
            c->company_n < ARRAY_LEN(c->company) && !facts_table_first(&c->ix->by_word, c->x.t[k].hash))
            c->company[c->company_n++] = c->x.t[k].hash;
}

static void company_find(struct fcheck *c)
{
    struct ftext *x = &c->x;
    if (c->in->analysis)
        company_add(c, c->in->analysis->company);
    if (c->in->kind != FACTS_LETTER)
        return;
    for (size_t i = 0; i < x->n;) {
        size_t end = facts_sentence_end(x, i, c->in->kind);
        uint64_t cls = 0;
        for (size_t k = i; k < end; k++)
            cls |= x->w[k].cls;
        bool greets = x->w[i].cls & FW(GREETING);
        for (size_t k = i; k < end; k++) {
            struct str w = facts_token_str(x, k);
            if (greets && k > i) {
                company_run(c, k, end);
            } else if ((cls & FW(WISH)) && k + 1 < end && (x->w[k + 1].cls & FW(STOP)) == 0) {
                /* applying for the ... position at X; joining X; interest in X; contribute to X */
                bool at = (str_ieqc(w, "at") || str_ieqc(w, "with")) && k > i &&
                          !(x->w[k - 1].cls & FW(WORKED) && !(x->w[k - 1].cls & FW(APPLY)));
                bool join = str_ieqc(w, "join") || str_ieqc(w, "joining");
                bool role = false;
                for (size_t b = i; b < k; b++)
                    role |= (x->w[b].cls & FW(APPLY)) && !(x->w[b].cls & FW(YOUR));
                bool mine = false; /* "my position at X" */
                for (size_t b = k > i + 6 ? k - 6 : i; b < k; b++)
                    mine |= str_ieqc(facts_token_str(x, b), "my") || str_ieqc(facts_token_str(x, b), "during");
                if ((at && role && !mine) || join)
                    company_run(c, k + 1, end);
            }
        }
        i = end;
    }
}

/* What the analysis quotes of the posting, where the text itself is not at hand. */
static struct str analysis_text(struct fcheck *c)
{
    const struct analysis *an = c->in->analysis;
    struct buf b;
    buf_init(&b, FACTS_TEXT_MAX_BYTES);
    buf_addf(&b, STR_FMT "\n", STR_ARG(an->mission));
    for (size_t i = 0; i < an->requirements_n; i++)
        buf_addf(&b, STR_FMT "\n" STR_FMT "\n", STR_ARG(an->requirements[i].text),
                 STR_ARG(an->requirements[i].evidence.text));
    for (size_t i = 0; i < an->responsibilities_n; i++)
        buf_addf(&b, STR_FMT "\n" STR_FMT "\n", STR_ARG(an->responsibilities[i].text),
                 STR_ARG(an->responsibilities[i].quote.text));
    for (size_t i = 0; i < an->culture_n; i++)
        buf_addf(&b, STR_FMT "\n", STR_ARG(an->culture[i].quote.text));
    struct str text = {.p = "", .n = 0};
    char *copy = buf_failed(&b) ? NULL : arena_strndup(c->a, buf_str(&b), b.len);
    if (copy)
        text = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    return text;
}

/* Few documents need it: when nothing in the text is quoted or said of the employer, it is never read. What only an
 * analysis quotes gives words; its numbers are not the whole posting's. */
static void posting_fill(struct fcheck *c)
{
    struct str text = c->in->posting;
    bool whole = text.n > 0;
    struct ftable *t = &c->posting_words;
    if (!whole && c->in->analysis)
        text = analysis_text(c);
    if (text.n == 0 || text.n > FACTS_TEXT_MAX_BYTES)
        return;
    if (!(whole ? facts_text_read(c->a, text, NULL, &c->posting) : facts_words_read(c->a, text, &c->posting)) ||
        !(t->nodes = arena_try_alloc(c->a, (c->posting.n + 1) * sizeof(*t->nodes)))) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < c->posting.n; i++) {
        int32_t *head = &t->heads[c->posting.t[i].hash & (FACTS_SLOTS - 1)];
        t->nodes[i] = (struct fnode){c->posting.t[i].hash, 0, (uint32_t)i, *head};
        *head = (int32_t)i + 1;
    }
    t->n = t->cap = c->posting.n;
}

const struct ftext *facts_posting(struct fcheck *c)
{
    if (!c->posting_read)
        posting_fill(c);
    c->posting_read = true;
    return &c->posting;
}

/* where a résumé's line stands */

static const struct {
    const char *word;
    enum facts_section section;
} HEADS[] = {{"experience", SECTION_WORK},      {"employment", SECTION_WORK},      {"work history", SECTION_WORK},
             {"career history", SECTION_WORK},  {"volunteer", SECTION_VOLUNTEER},  {"volunteering", SECTION_VOLUNTEER},
             {"projects", SECTION_PROJECT},     {"education", SECTION_EDUCATION},  {"academic", SECTION_EDUCATION},
             {"certific", SECTION_CERTIFICATE}, {"licenses", SECTION_CERTIFICATE}, {"skills", SECTION_SKILL},
             {"competencies", SECTION_SKILL},   {"technologies", SECTION_SKILL},   {"tools", SECTION_SKILL},
             {"languages", SECTION_LANGUAGE},   {"awards", SECTION_AWARD},         {"honors", SECTION_AWARD},
             {"summary", SECTION_BASICS},       {"profile", SECTION_BASICS},       {"objective", SECTION_BASICS},
             {"about", SECTION_BASICS}};

static bool heading(struct fcheck *c)
{
    struct str line = str_sub(c->x.text, c->x.t[c->from].start, c->x.t[c->to - 1].end);
    bool starts = c->x.t[c->from].flags & TOKEN_LINE_START || c->from == 0;
    bool ends = c->to == c->x.n || (c->x.t[c->to].flags & TOKEN_LINE_START);
    if (c->in->kind != FACTS_RESUME || !starts || !ends || c->to - c->from > 5 ||
        c->x.w[c->from].phrase < c->to - c->from || !(c->x.w[c->from].cls & FW(HEADING)))
        return false;
    c->section = SECTION_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(HEADS); i++)
        if (str_ifind(line, str_of(HEADS[i].word)) >= 0) {
            c->section = HEADS[i].section;
            if (HEADS[i].section != SECTION_WORK || str_ifind(line, STR("volunteer")) < 0)
                break;
        }
    c->employment = c->entry = -1;
    return true;
}

/* A line that begins an entry names its organization and is no bullet and no sentence. */
static void entry_line(struct fcheck *c)
{
    const struct facts_index *ix = c->ix;
    bool bullet = (c->x.w[c->from].flags & FT_BULLET) && c->x.text.p[c->x.t[c->from].start - 1] == ' ' &&
                  c->x.t[c->from].start >= 2 && c->x.text.p[c->x.t[c->from].start - 2] != '#' &&
                  c->x.text.p[c->x.t[c->from].start - 2] != '*';
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    if (c->in->kind != FACTS_RESUME || bullet || c->to - c->from > 24 || c->section == SECTION_SKILL ||
        c->section == SECTION_BASICS)
        return;
    if (c->x.text.p[c->x.t[c->to - 1].end < c->x.text.n ? c->x.t[c->to - 1].end : c->x.text.n - 1] == '.' &&
        c->to - c->from > 8)
        return;
    bool line =
        (c->x.t[c->from].flags & TOKEN_LINE_START) && (c->to == c->x.n || (c->x.t[c->to].flags & TOKEN_LINE_START));
    if (!line)
        return;
    uint64_t named = facts_employers_named(c, c->from, c->to, at);
    if (c->section == SECTION_EDUCATION || c->section == SECTION_CERTIFICATE || c->section == SECTION_AWARD) {
        struct falign al;
        facts_align(c, c->from, c->to, false, &al);
        for (size_t i = 0; i < al.n; i++) {
            const struct fsource *s = &ix->sources[al.source[i]];
            if (s->entry >= 0 && ix->entries[s->entry].section == c->section && al.score[i] >= 0.8) {
                c->entry = s->entry;
                c->employment = -1;
                return;
            }
        }
        return;
    }
    if (!named || (named & (named - 1)))
        return;
    int e = __builtin_ctzll(named);
    /* several employments at one organization: the title or the dates tell */
    double best = -1;
    for (size_t i = 0; i < ix->entries_n; i++) {
        const struct fentry *n = &ix->entries[i];
        if (n->employment < 0 ||
            !str_ieq(ix->p->employments[n->employment].organization, ix->p->employments[e].organization))
            continue;
        struct falign al;
        facts_align(c, c->from, c->to, false, &al);
        double score = 0;
        for (size_t s = n->first; s < n->first + n->n; s++)
            score += ix->sources[s].role ? (double)al.all[s] : 0;
        if (score > best) {
            best = score;
            c->entry = (int)i;
            c->employment = n->employment;
        }
    }
}

/* classes */

static bool plain_line(const struct fcheck *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!(c->x.w[i].flags & FT_SKIP))
            return false;
    return true;
}

static bool letter_frame(struct fcheck *c)
{
    const struct ftext *x = &c->x;
    uint64_t cls = x->w[c->from].cls;
    bool line = c->to == x->n || (x->t[c->to].flags & TOKEN_LINE_START);
    if (c->in->kind != FACTS_LETTER)
        return false;
    if (cls & FW(GREETING)) {
        c->in_header = false;
        return true;
    }
    if ((cls & FW(CLOSING)) && line && c->to - c->from <= 6) {
        c->after_closing = true;
        return true;
    }
    if (c->in_header && c->to - c->from > 12)
        c->in_header = false;
    return c->in_header || (c->after_closing && c->to - c->from <= 8 && !(c->cls & (FW(CERT) | FW(CERT_NAME))));
}

static bool has_greeting(const struct fcheck *c)
{
    for (size_t i = 0; i < c->x.n && i < 120; i++)
        if ((c->x.w[i].cls & FW(GREETING)) && ((c->x.t[i].flags & TOKEN_LINE_START) || i == 0))
            return i > 0;
    return false;
}

static void evidence_add(struct facts_sentence *s, struct str id)
{
    for (size_t i = 0; i < s->evidence_n; i++)
        if (str_eq(s->evidence[i], id))
            return;
    if (s->evidence_n < FACTS_EVIDENCE_MAX)
        s->evidence[s->evidence_n++] = id;
}

static bool verbatim(const struct fcheck *c, int source, size_t from, size_t to)
{
    const struct fsource *s = &c->ix->sources[source];
    while (from < to && (c->x.w[from].flags & FT_SKIP))
        from++;
    if (to - from < s->n || s->n == 0)
        return to - from > 2 && facts_run_source(c->ix, &c->x, from, to, NULL, 0) >= 0;
    for (size_t i = from; i + s->n <= to; i++) {
        size_t k = 0;
        while (k < s->n && c->ix->words.t[s->first + k].hash == c->x.t[i + k].hash)
            k++;
        if (k == s->n)
            return s->n >= 4 || s->n == to - from;
    }
    return false;
}

/* The statement that a line of a résumé repeats byte for byte, at the employment that it is a statement of; -1 when
 * there is none. Most lines of a tailored résumé are such, and nothing about them needs checking. */
static int stated(const struct fcheck *c)
{
    const struct facts_index *ix = c->ix;
    const struct ftext *x = &c->x, *y = &ix->words;
    size_t n = c->to - c->from, bytes = x->t[c->to - 1].end - x->t[c->from].start;
    for (const struct fnode *f = facts_table_first(&ix->by_word, x->t[c->from].hash); f;
         f = facts_table_next(&ix->by_word, f)) {
        const struct fsource *s = &ix->sources[f->source];
        size_t at = f->at, end = at + n, last = s->first + s->n;
        if (s->employment != c->employment || s->name || s->role || s->dated || end > last)
            continue;
        if ((at != s->first && !(y->t[at].flags & TOKEN_SENTENCE_START)) ||
            (end != last && !(y->t[end].flags & TOKEN_SENTENCE_START)))
            continue; /* half a sentence may say something else */
        if (y->t[end - 1].end - y->t[at].start == bytes &&
            memcmp(y->text.p + y->t[at].start, x->text.p + x->t[c->from].start, bytes) == 0)
            return (int)f->source;
    }
    return -1;
}

static bool sentence_is_stated(struct fcheck *c, struct facts_sentence *s)
{
    int source = c->in->kind == FACTS_RESUME && c->to - c->from > 2 ? stated(c) : -1;
    if (source < 0)
        return false;
    s->class = FACTS_CLAIM;
    s->verdict = FACTS_PASS;
    s->relation = FACTS_VERBATIM;
    evidence_add(s, c->ix->sources[source].id);
    c->before[0] = source;
    c->before_n = 1;
    return true;
}

/* What the sentence rests on: statements that bring words of their own, best first. */
static void rests_on(struct fcheck *c, struct facts_sentence *s)
{
    struct falign al;
    size_t strong = 0;
    facts_align(c, c->from, c->to, true, &al);
    bool exact = al.n && verbatim(c, al.source[0], c->from, c->to);
    for (size_t i = 0; i < al.n && s->evidence_n < 4; i++) {
        if (al.score[i] < EVIDENCE_MIN || al.score[i] < 0.45 * al.score[0])
            break;
        evidence_add(s, c->ix->sources[al.source[i]].id);
        strong += al.score[i] >= 0.7 * al.score[0];
    }
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    uint64_t named = facts_employers_named(c, c->from, c->to, at);
    for (int e = 0; e < PROFILE_EMPLOYMENTS_MAX && named; e++)
        if ((named >> e & 1) && c->x.w[at[e]].scope == SCOPE_CLAIM)
            for (size_t k = 0; k < c->ix->sources_n; k++)
                if (c->ix->sources[k].employment == e && c->ix->sources[k].role) {
                    evidence_add(s, c->ix->sources[k].id);
                    break;
                }
    if (s->evidence_n == 0 && al.n && al.score[0] >= 0.5)
        evidence_add(s, c->ix->sources[al.source[0]].id);
    for (size_t k = 0; k < c->x.numbers_n && c->entry >= 0 && s->evidence_n == 0;
         k++) /* the line with an entry's dates */
        if (c->x.numbers[k].first >= c->from && c->x.numbers[k].first < c->to && c->x.numbers[k].unit == UNIT_YEAR)
            evidence_add(s, c->ix->sources[c->ix->entries[c->entry].first].id);
    s->relation = s->evidence_n == 0 ? FACTS_NO_RELATION
                  : exact            ? FACTS_VERBATIM
                  : strong > 1       ? FACTS_MERGE
                                     : FACTS_PARAPHRASE;
}

static void class_of(struct fcheck *c, struct facts_sentence *s, bool frame)
{
    size_t scopes[FACTS_SCOPES] = {0};
    for (size_t i = c->from; i < c->to; i++)
        scopes[c->x.w[i].scope] += !c->x.w[i].stop || c->x.w[i].number >= 0;
    scopes[SCOPE_WISH] += scopes[SCOPE_POST];
    if (frame) {
        s->class = FACTS_NON_CLAIM;
    } else if (scopes[SCOPE_CLAIM] == 0 ||
               (s->violations_n == 0 &&
                scopes[SCOPE_CLAIM] * 3 <= scopes[SCOPE_GAP] + scopes[SCOPE_COMPANY] + scopes[SCOPE_WISH])) {
        s->class = scopes[SCOPE_GAP]                                                      ? FACTS_GAP
                   : scopes[SCOPE_COMPANY] >= scopes[SCOPE_WISH] && scopes[SCOPE_COMPANY] ? FACTS_COMPANY
                                                                                          : FACTS_NON_CLAIM;
    } else {
        rests_on(c, s);
        s->class = s->evidence_n || s->violations_n ? FACTS_CLAIM : FACTS_NON_CLAIM;
    }
    if (s->class != FACTS_CLAIM && s->violations_n) {
        rests_on(c, s);
        if (s->class != FACTS_COMPANY)
            s->class = FACTS_CLAIM;
    }
}

/* Parts of a sentence by the employer they name: "At A I did this, and at B that". */
static void parts(struct fcheck *c, int employment)
{
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    uint64_t named = facts_employers_named(c, c->from, c->to, at);
    if (!(named & (named - 1))) {
        int e = named ? __builtin_ctzll(named) : employment;
        facts_check_numbers(c, e, c->from, c->to);
        facts_check_dates(c, named || c->in->kind == FACTS_RESUME || (c->cls & FW(ANAPHOR)) ? e : -1, c->from, c->to);
        facts_check_scope(c, e, c->from, c->to);
        if (named || c->in->kind == FACTS_RESUME || (c->cls & FW(ANAPHOR)))
            facts_check_attribution(c, e, c->from, c->to);
        return;
    }
    size_t from = c->from;
    uint64_t left = named;
    while (left) {
        int e = -1;
        for (int k = 0; k < PROFILE_EMPLOYMENTS_MAX; k++)
            if ((left >> k & 1) && (e < 0 || at[k] < at[e]))
                e = k;
        left &= ~((uint64_t)1 << e);
        size_t next = c->to;
        for (int k = 0; k < PROFILE_EMPLOYMENTS_MAX; k++)
            if (left >> k & 1)
                next = MIN(next, at[k]);
        size_t to = next;
        if (next < c->to)
            for (size_t k = next; k > at[e] + 1; k--) {
                char g = c->x.w[k - 1].gap;
                struct str w = facts_token_str(&c->x, k - 1);
                if (g == ',' || g == ';' || str_ieqc(w, "and") || str_ieqc(w, "then") || str_ieqc(w, "while") ||
                    str_ieqc(w, "before") || str_ieqc(w, "after")) {
                    to = k - 1;
                    break;
                }
            }
        facts_check_numbers(c, e, from, to);
        facts_check_dates(c, e, from, to);
        facts_check_scope(c, e, from, to);
        facts_check_attribution(c, e, from, to);
        from = to;
    }
}

static void sentence(struct fcheck *c, struct facts_sentence *s)
{
    size_t begun = c->violations_n, all = c->violations_all;
    bool line = c->x.t[c->from].flags & TOKEN_LINE_START;
    c->cls = 0;
    for (size_t i = c->from; i < c->to; i++)
        c->cls |= c->x.w[i].cls;
    c->first_person = c->cls & FW(FIRST);
    *s = (struct facts_sentence){.start = c->x.t[c->from].start, .end = c->x.t[c->to - 1].end};
    for (size_t k = s->end; k < c->x.text.n && k < s->end + 4 && (c->to == c->x.n || k < c->x.t[c->to].start); k++) {
        if (str_is_space(c->x.text.p[k]))
            break;
        if (strchr(".!?)\"%", c->x.text.p[k])) /* what closes the sentence is part of it */
            s->end = k + 1;
    }
    s->text = str_sub(c->x.text, s->start, s->end);
    bool frame = heading(c) || plain_line(c, c->from, c->to) || letter_frame(c);
    if (!frame) {
        if (line)
            entry_line(c);
        if (sentence_is_stated(c, s))
            return;
        facts_posts_mark(c);
        facts_scopes(c);
        facts_posts_scope(c);
        size_t at[PROFILE_EMPLOYMENTS_MAX];
        uint64_t named = facts_employers_named(c, c->from, c->to, at);
        int employment = c->employment;
        if (c->in->kind == FACTS_LETTER) {
            if (named && !(named & (named - 1)))
                c->employment = __builtin_ctzll(named);
            else if (named)
                c->employment = -1;
            employment = named ? c->employment : (c->cls & FW(ANAPHOR)) ? employment : -1;
        }
        facts_check_degrees(c);
        facts_check_certificates(c);
        facts_check_titles(c, employment);
        parts(c, employment);
        facts_check_names(c);
    }
    struct falign al;
    facts_align(c, c->from, c->to, true, &al);
    if (c->in->kind == FACTS_LETTER && !frame && al.n && al.score[0] >= 1.2 && !(c->cls & FW(ANAPHOR)) &&
        !facts_employers_named(c, c->from, c->to, NULL) && c->ix->sources[al.source[0]].employment >= 0)
        c->employment = c->ix->sources[al.source[0]].employment; /* what "there" in the next sentence means */
    c->before_n = frame ? 0 : MIN(al.n, ARRAY_LEN(c->before));
    for (size_t i = 0; i < c->before_n; i++)
        c->before[i] = al.source[i];
    s->violations = c->violations + begun;
    s->violations_n = c->violations_n - begun;
    class_of(c, s, frame);
    s->verdict = FACTS_PASS;
    for (size_t i = 0; i < s->violations_n; i++)
        s->verdict = MAX(s->verdict, facts_code_severity(s->violations[i].code));
    if (c->violations_all - all > s->violations_n)
        s->verdict = FACTS_BLOCK;
}

static bool check_ready(struct fcheck *c)
{
    const struct facts_index *ix = c->ix;
    c->violations = arena_try_alloc(c->a, FACTS_VIOLATIONS_MAX * sizeof(*c->violations));
    c->scores = arena_try_zalloc(c->a, (ix->sources_n + 1) * sizeof(*c->scores));
    c->touched = arena_try_alloc(c->a, (ix->sources_n + 1) * sizeof(*c->touched));
    if (!c->violations || !c->scores || !c->touched || !facts_text_read(c->a, c->in->text, ix, &c->x))
        return false;
    for (size_t i = 0; i < c->x.n; i++)
        c->x.w[i].flags |= facts_seen(ix->names_seen, c->x.t[i].hash) ? FT_EMPLOYER : 0;
    c->employment = c->entry = -1;
    c->in_header = c->in->kind == FACTS_LETTER && has_greeting(c);
    company_find(c);
    facts_posts_find(c);
    return true;
}

int facts_check(struct arena *a, const struct facts_input *in, const struct facts_ledger **ret, struct err *err)
{
    if (in->text.n > FACTS_TEXT_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "a text to check may have at most %zu bytes", FACTS_TEXT_MAX_BYTES);
    struct fcheck *c = ARENA_NEW(a, struct fcheck);
    struct facts_ledger *l = ARENA_NEW(a, struct facts_ledger);
    if (!c || !l)
        return err_set(err, ERR_MEMORY, "the fact check needs more memory than its limit");
    *c = (struct fcheck){.a = a, .in = in, .ix = in->index, .now = in->now.y ? in->now : in->index->p->as_of};
    if (!check_ready(c))
        return err_set(err, ERR_MEMORY, "the fact check needs more memory than its limit");
    size_t n = 0;
    for (size_t i = 0; i < c->x.n && n < FACTS_SENTENCES_MAX; n++)
        i = facts_sentence_end(&c->x, i, in->kind);
    struct facts_sentence *list = arena_try_alloc(a, (n + 1) * sizeof(*list));
    if (!list)
        return err_set(err, ERR_MEMORY, "the fact check needs more memory than its limit");
    l->verdict = FACTS_PASS;
    for (size_t i = 0; i < c->x.n && l->sentences_n < n; i = c->to) {
        c->from = i;
        c->to = facts_sentence_end(&c->x, i, in->kind);
        sentence(c, &list[l->sentences_n]);
        l->verdict = MAX(l->verdict, list[l->sentences_n].verdict);
        l->sentences_n++;
    }
    if (c->failed)
        return err_set(err, ERR_MEMORY, "the fact check needs more memory than its limit");
    if (n == FACTS_SENTENCES_MAX)
        l->verdict = FACTS_BLOCK; /* what was not read is not passed */
    l->sentences = list;
    l->violations_n = c->violations_all;
    sha256_hex(in->text, l->document_hash);
    *ret = l;
    return 0;
}
