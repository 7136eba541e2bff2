/* The one pass that everything else draws on: tokens, cue phrases, skills, then clauses with the kind of section they
 * stand in.
 *
 * The kind of a clause comes from, strongest first: its own lead-in ("Preferred: ..."), a line ending in a colon above
 * its list, the heading above. A lead-in reaches to the end of its line, a colon line to the end of its list. */
#include "pipeline/engine/analysis_internal.h"

#include <pthread.h>
#include "base/utf8.h"

#define LEAD_MAX_BYTES    64
#define SENTENCE_ITEM_MIN 240 /* items longer than this are cut into sentences */

#define REQUIRED        CUE(REQUIRED)
#define PREFERRED       CUE(PREFERRED)
#define NOT_NEEDED      CUE(NOT_NEEDED)
#define BACHELOR        CUE(BACHELOR)
#define MASTER          CUE(MASTER)
#define PHD             CUE(PHD)
#define DEGREE          CUE(DEGREE)
#define OR_EQUIVALENT   CUE(OR_EQUIVALENT)
#define EXPERIENCE      CUE(EXPERIENCE)
#define ABILITY         CUE(ABILITY)
#define LEVEL           CUE(LEVEL)
#define CERTIFICATE     CUE(CERTIFICATE)
#define AUTHORIZATION   CUE(AUTHORIZATION)
#define CLEARANCE       CUE(CLEARANCE)
#define SOFT            CUE(SOFT)
#define PLACE           CUE(PLACE)
#define SEEK            CUE(SEEK)
#define DUTY            CUE(DUTY)
#define BENEFIT         CUE(BENEFIT)
#define PAY             CUE(PAY)
#define NOT_PAY         CUE(NOT_PAY)
#define LEGAL           CUE(LEGAL)
#define APPLY           CUE(APPLY)
#define HIRING          CUE(HIRING)
#define REMOTE          CUE(REMOTE)
#define HYBRID          CUE(HYBRID)
#define ONSITE          CUE(ONSITE)
#define NOT_REMOTE      CUE(NOT_REMOTE)
#define FULL_TIME       CUE(FULL_TIME)
#define PART_TIME       CUE(PART_TIME)
#define CONTRACT        CUE(CONTRACT)
#define TEMPORARY       CUE(TEMPORARY)
#define INTERNSHIP      CUE(INTERNSHIP)
#define INJECTION       CUE(INJECTION)
#define SCAM            CUE(SCAM)
#define AGENCY          CUE(AGENCY)
#define MISSION         CUE(MISSION)
#define MUST            CUE(MUST)
#define CLOSED          CUE(CLOSED)
#define C(bits, phrase) {phrase, bits},
static const struct lexicon_row cue_rows[] = {
#include "pipeline/engine/analysis_cues.def"
};

static struct lexicon cue_lexicon; /* constant once built */
static pthread_once_t cue_once = PTHREAD_ONCE_INIT;

static void cue_build(void)
{
    lexicon_init(&cue_lexicon, cue_rows, ARRAY_LEN(cue_rows));
}

static bool hits_find(struct reading *r)
{
    pthread_once(&cue_once, cue_build);
    r->hits = ARENA_NEW_N(r->a, struct cue_hit, r->tokens_n + 1);
    if (!r->hits)
        return false;
    for (size_t i = 0; i < r->tokens_n;) {
        size_t words;
        const struct lexicon_row *row = lexicon_at(&cue_lexicon, r->tokens, r->tokens_n, i, &words);
        if (!row) {
            i++;
            continue;
        }
        /* the same words may carry several meanings: rows of equal length are joined */
        uint64_t cues = row->value;
        size_t more;
        for (const struct lexicon_row *next = lexicon_next(&cue_lexicon, row, r->tokens, r->tokens_n, i, &more); next;
             next = lexicon_next(&cue_lexicon, next, r->tokens, r->tokens_n, i, &more))
            if (more == words)
                cues |= next->value;
        r->hits[r->hits_n++] = (struct cue_hit){(uint32_t)i, (uint32_t)words, cues};
        i += words;
    }
    return true;
}

static size_t hit_at(const struct reading *r, size_t token)
{
    size_t lo = 0, hi = r->hits_n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->hits[mid].token < token)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static size_t mention_at(const struct reading *r, size_t byte)
{
    size_t lo = 0, hi = r->mentions_n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->mentions[mid].start < byte)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct clause clause_part(const struct reading *r, const struct clause *c, size_t start, size_t end)
{
    struct clause p = *c;
    while (start < end && (str_is_space(r->text.p[start]) || strchr(",;-", r->text.p[start])))
        start++;
    while (end > start && (str_is_space(r->text.p[end - 1]) || strchr(",;", r->text.p[end - 1])))
        end--;
    p.start = start;
    p.end = end;
    p.token = tokens_at(r->tokens, r->tokens_n, start);
    p.token_end = tokens_at(r->tokens, r->tokens_n, end);
    p.hit = hit_at(r, p.token);
    p.hit_end = hit_at(r, p.token_end);
    p.skill = mention_at(r, start);
    p.skill_end = mention_at(r, end);
    p.cues = 0;
    for (size_t i = p.hit; i < p.hit_end; i++)
        p.cues |= r->hits[i].cues;
    /* "Knowing the old town helps." */
    if (p.token_end > p.token && str_ieqc(token_str(r->text, &r->tokens[p.token_end - 1]), "helps"))
        p.cues |= CUE(PREFERRED);
    return p;
}

struct analysis_quote quote_make(const struct reading *r, size_t start, size_t end, size_t max)
{
    while (start < end && (str_is_space(r->text.p[start]) || strchr("-,;:*>", r->text.p[start])))
        start++;
    while (end > start && (str_is_space(r->text.p[end - 1]) || strchr(",;:", r->text.p[end - 1])))
        end--;
    struct str s = utf8_cut(str_sub(r->text, start, end), max);
    if (s.n < end - start) {
        size_t cut = s.n;
        while (cut > max / 2 && !str_is_space(s.p[cut - 1]))
            cut--;
        if (cut > max / 2)
            s.n = cut;
        s = str_trim(s);
    }
    return (struct analysis_quote){.text = s, .start = start, .end = start + s.n};
}

/* -- clauses -- */

struct clause_reader {
    struct reading *r;
    size_t max;
    enum section_kind section, list; /* list: of the colon line above a list, NONE when none */
    bool in_list;
};

static void clause_add(struct clause_reader *c, struct clause k, size_t start, size_t end)
{
    struct reading *r = c->r;
    k = clause_part(r, &k, start, end);
    if (k.token < k.token_end && r->clauses_n < c->max)
        r->clauses[r->clauses_n++] = k;
}

/* "Preferred: ..." or "Duties. ...": the kind it announces; *ret_to is where the content goes on. */
static enum section_kind lead_read(struct str text, size_t start, size_t end, size_t *ret_to)
{
    size_t limit = MIN(end, start + LEAD_MAX_BYTES), at = start;
    while (at < limit && !strchr(":.?\n;,", text.p[at]))
        at++;
    if (at >= limit || at == start || (text.p[at] != ':' && text.p[at] != '.') || at + 1 >= end)
        return SECTION_NONE;
    double share;
    enum section_kind kind = section_classify(str_sub(text, start, at), &share);
    if (kind == SECTION_NONE || share < (text.p[at] == ':' ? 0.5 : 0.99) || !str_is_space(text.p[at + 1]))
        return SECTION_NONE;
    *ret_to = at + 1;
    return kind;
}

/* One line without its mark: cut at sentences, lead-ins taken off. */
static void line_clauses(struct clause_reader *c, struct clause base, size_t start, size_t end)
{
    struct reading *r = c->r;
    bool whole = base.item && end - start < SENTENCE_ITEM_MIN;
    size_t token = tokens_at(r->tokens, r->tokens_n, start), token_end = tokens_at(r->tokens, r->tokens_n, end),
           from = start;
    base.first_in_line = true;
    for (size_t i = token; i <= token_end && from < end; i++) {
        bool last = i == token_end;
        if (!last && (i == token || !(r->tokens[i].flags & TOKEN_SENTENCE_START)))
            continue;
        size_t to = last ? end : r->tokens[i].start, content = from;
        enum section_kind lead = lead_read(r->text, from, to, &content);
        if (lead == SECTION_NONE && !whole && to - from < 40 && to < end) {
            /* a sentence of one or two words that is a heading: "Duties. The assistant will ..." */
            double share;
            struct str s = str_trim(str_sub(r->text, from, to));
            if (s.n && s.p[s.n - 1] == '.')
                lead = section_classify(str_sub(s, 0, s.n - 1), &share);
            if (lead != SECTION_NONE && share > 0.99)
                content = to;
            else
                lead = SECTION_NONE;
        }
        if (lead != SECTION_NONE) {
            base.kind = lead;
            base.lead = true;
        }
        if (whole && !last && lead == SECTION_NONE)
            continue;
        if (whole && lead == SECTION_NONE)
            to = end;
        clause_add(c, base, content, to);
        base.first_in_line = false;
        from = to;
    }
}

static bool next_is_item(struct str text, size_t at)
{
    while (at < text.n && text.p[at] == '\n')
        at++;
    return at + 1 < text.n && text.p[at] == '-' && text.p[at + 1] == ' ';
}

static void section_add(struct clause_reader *c, struct str heading, enum section_kind kind, size_t start)
{
    struct analysis *an = c->r->an;
    if (an->sections_n)
        an->sections[an->sections_n - 1].end = MIN(an->sections[an->sections_n - 1].end, start);
    if (an->sections_n < ANALYSIS_SECTIONS_MAX)
        an->sections[an->sections_n++] = (struct analysis_section){.heading = utf8_cut(heading, 160),
                                                                   .kind = str_of(section_kind_name(kind)),
                                                                   .start = start,
                                                                   .end = c->r->text.n};
}

static void heading_line(struct clause_reader *c, size_t start, size_t end)
{
    struct str heading = str_sub(c->r->text, start + 2, end);
    double share;
    enum section_kind kind = section_classify(heading, &share);
    const char *colon = memchr(heading.p, ':', heading.n);
    if (colon && colon > heading.p) { /* "Objective #1: Operate the service" announces by its first words */
        double head_share;
        enum section_kind head = section_classify(str_sub(heading, 0, (size_t)(colon - heading.p)), &head_share);
        if (head != SECTION_NONE && head_share >= 0.3) {
            kind = head;
            share = head_share;
        }
    }
    /* a long heading that happens to hold a known word is a title or a sentence */
    if (share < 0.2 || (c->r->an->sections_n == 0 && share < 0.5))
        kind = SECTION_NONE;
    c->section = kind == SECTION_NONE ? SECTION_OTHER : kind;
    c->in_list = false;
    section_add(c, heading, c->section, start);
    clause_add(c, (struct clause){.kind = c->section, .heading = true, .first_in_line = true}, start + 2, end);
}

static void plain_line(struct clause_reader *c, size_t start, size_t end, bool item)
{
    struct str text = c->r->text;
    if (!item && c->in_list)
        c->in_list = false;
    enum section_kind kind = item && c->in_list ? c->list : c->section;
    line_clauses(c, (struct clause){.kind = kind, .item = item}, start, end);
    if (!item && text.p[end - 1] == ':' && next_is_item(text, end)) {
        size_t from = end - 1;
        while (from > start && !strchr(".!?", text.p[from - 1]))
            from--;
        double share;
        enum section_kind list = section_classify(str_sub(text, from, end - 1), &share);
        if (list != SECTION_NONE) {
            c->list = list;
            c->in_list = true;
            section_add(c, str_trim(str_sub(text, from, end - 1)), list, start);
        }
    }
}

static void lines_read(struct clause_reader *c)
{
    struct str text = c->r->text;
    for (size_t at = 0; at < text.n;) {
        const char *nl = memchr(text.p + at, '\n', text.n - at);
        size_t end = nl ? (size_t)(nl - text.p) : text.n;
        if (end - at > 2 && text.p[at] == '#' && text.p[at + 1] == ' ')
            heading_line(c, at, end);
        else if (end - at > 2 && text.p[at] == '-' && text.p[at + 1] == ' ')
            plain_line(c, at + 2, end, true);
        else if (end > at)
            plain_line(c, at, end, false);
        at = end + 1;
    }
}

bool reading_make(struct reading *r)
{
    r->text = r->posting->text;
    r->tokens = r->posting->tokens;
    r->tokens_n = r->posting->tokens_n;
    if (!r->tokens) {
        size_t most = r->text.n / 2 + 2;
        struct token *t = arena_try_alloc(r->a, sizeof(*t) * most);
        if (!t)
            return false;
        r->tokens = t;
        r->tokens_n = tokens_read(r->text, t, most);
    }
    r->mentions = arena_try_alloc(r->a, sizeof(*r->mentions) * (r->tokens_n + 1));
    if (!r->mentions || !hits_find(r))
        return false;
    r->mentions_n = skills_find_tokens(r->text, r->tokens, r->tokens_n, r->mentions, r->tokens_n);
    struct clause_reader c = {.r = r, .max = r->tokens_n + 1, .section = SECTION_NONE};
    r->clauses = arena_try_alloc(r->a, sizeof(*r->clauses) * MIN(c.max, r->text.n / 4 + 16));
    c.max = MIN(c.max, r->text.n / 4 + 16);
    if (!r->clauses)
        return false;
    lines_read(&c);
    return true;
}
