/* Requirements, clause by clause, each with its quote.
 *
 * analysis_asks.c says which clauses ask for something. One clause is cut where the priority turns ("..., AWS
 * preferred"), at semicolons, and where a long sentence goes from a degree to years to tools. */
#include "pipeline/engine/analysis_internal.h"

#include <math.h>
#include <stdio.h>
#include "base/utf8.h"

#define PARTS_MAX             12
#define QUOTE_BYTES           240
#define TEXT_BYTES            200
#define MIDDLE_DOT            "\xC2\xB7"
#define CUT_MAX_BYTES         1500 /* a longer clause is no sentence of a person */
#define PARENTHESIS_MAX_BYTES 300
#define REPEATED_BYTES        60 /* requirements that begin alike are one */

struct parts {
    struct clause list[PARTS_MAX];
    size_t n;
};

/* -- cutting -- */

static void parts_add(struct parts *p, struct clause c)
{
    if (p->n < PARTS_MAX && c.end > c.start && c.token < c.token_end)
        p->list[p->n++] = c;
}

/* Next separator at paren depth 0 from `at`; c->end when there is none. */
static size_t next_separator(struct str text, size_t at, size_t end, const char *seps)
{
    int depth = 0;
    for (; at < end; at++) {
        char c = text.p[at];
        if (str_is_alnum(c) || c == ' ')
            continue; /* separators are punctuation */
        depth += c == '(';
        depth -= c == ')' && depth;
        if (depth == 0 && strchr(seps, c) && !(c == ',' && at + 1 < end && str_is_digit(text.p[at + 1])) &&
            !(c == '.' && (at + 1 >= end || !str_is_space(text.p[at + 1]))))
            return at;
    }
    return end;
}

static void cut_semicolons(const struct reading *r, const struct clause *c, struct parts *ret)
{
    for (size_t at = c->start; at < c->end;) {
        size_t to = next_separator(r->text, at, c->end, ";"), dot = c->end;
        ptrdiff_t sign = c->item ? str_find(str_sub(r->text, at, to), STR(MIDDLE_DOT)) : -1;
        if (sign >= 0)
            dot = at + (size_t)sign;
        parts_add(ret, clause_part(r, c, at, MIN(to, dot)));
        at = dot < to ? dot + sizeof(MIDDLE_DOT) - 1 : to + 1;
    }
}

/* Does the segment carry its own thing to prefer ("AWS preferred"), or speak of what came before ("is a plus")? */
static bool turns_priority(const struct reading *r, const struct clause *head, const struct clause *seg)
{
    static const char *const back[] = {"is",       "are",    "would", "was",  "will",      "but",       "and",    "or",
                                       "strongly", "highly", "a",     "both", "preferred", "desirable", "desired"};
    struct str first = token_str(r->text, &r->tokens[seg->token]);
    bool skill = seg->skill < seg->skill_end;
    if (!clause_has(seg, CUE(PREFERRED)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(back); i++)
        if (str_ieqc(first, back[i]) && !(skill && i >= 5 && i <= 7 && seg->token_end - seg->token > 2))
            return false;
    return skill || seg->token_end - seg->token >= (clause_has(head, CUE(REQUIRED)) ? 2u : 4u);
}

/* "Terraform and a public cloud, AWS preferred": what follows the comma is preferred, what stands before is not. */
static void cut_priority(const struct reading *r, const struct clause *c, struct parts *ret)
{
    if (!clause_has(c, CUE(PREFERRED)) || c->kind == SECTION_PREFERRED || c->end - c->start > CUT_MAX_BYTES) {
        parts_add(ret, *c);
        return;
    }
    for (size_t at = next_separator(r->text, c->start, c->end, ",."); at < c->end;
         at = next_separator(r->text, at + 1, c->end, ",.")) {
        size_t to = next_separator(r->text, at + 1, c->end, ",.");
        struct clause head = clause_part(r, c, c->start, at), seg = clause_part(r, c, at + 1, to);
        if (clause_has(&head, CUE(PREFERRED)))
            break;
        if (head.token < head.token_end && seg.token < seg.token_end && turns_priority(r, &head, &seg)) {
            parts_add(ret, head);
            parts_add(ret, clause_part(r, c, at + 1, c->end));
            return;
        }
    }
    parts_add(ret, *c);
}

static uint64_t signal_of(const struct reading *r, const struct clause *c)
{
    return (c->cues & (CUE(DEGREE) | CUE(CERTIFICATE) | CUE(ABILITY))) | (clause_has_years(r, c) ? CUE(EXPERIENCE) : 0);
}

/* A long sentence that lists a degree, years and tools is cut at the commas between them. */
static void cut_signals(const struct reading *r, const struct clause *c, struct parts *ret)
{
    if (c->end - c->start < 90 || c->end - c->start > CUT_MAX_BYTES) {
        parts_add(ret, *c);
        return;
    }
    size_t from = c->start;
    for (size_t at = next_separator(r->text, c->start, c->end, ","); at < c->end;
         at = next_separator(r->text, at + 1, c->end, ",")) {
        struct clause head = clause_part(r, c, from, at),
                      rest = clause_part(r, c, at + 1, next_separator(r->text, at + 1, c->end, ","));
        uint64_t left = signal_of(r, &head), right = signal_of(r, &rest);
        static const char *const verbs[] = {"know", "have", "work", "hold", "can", "understand", "and"};
        bool verb = false;
        if (rest.token >= rest.token_end)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
            verb = verb || str_ieqc(token_str(r->text, &r->tokens[rest.token]), verbs[i]);
        bool turns = left && ((right && !(left & right)) ||
                              (verb && clause_hard_skills(r, &rest) &&
                               (right || !str_ieqc(token_str(r->text, &r->tokens[rest.token]), "and"))));
        if (turns && head.end - head.start > 12 && !str_ieqc(token_str(r->text, &r->tokens[rest.token]), "or") &&
            !str_ieqc(token_str(r->text, &r->tokens[rest.token]), "with")) {
            parts_add(ret, head);
            from = at + 1;
        }
    }
    parts_add(ret, clause_part(r, c, from, c->end));
}

enum gap { GAP_NONE, GAP_OR, GAP_AND };

/* What joins mention i to the next one. */
static enum gap gap_after(const struct reading *r, size_t i, size_t *ret_at)
{
    static const char *const ors[] = {"or", "oder", "ou", "o", "of"}, *const ands[] = {"and", "und", "et",
                                                                                       "y",   "e",   "en"};
    size_t from = r->mentions[i].end, to = r->mentions[i + 1].start;
    if (to <= from)
        return GAP_NONE;
    struct str gap = str_trim(str_sub(r->text, from, to));
    if (r->mentions[i].skill == r->mentions[i + 1].skill && memchr(gap.p, '(', gap.n))
        return GAP_NONE; /* "PyTorch (or JAX)" is one skill with two names */
    *ret_at = from;
    if (str_eqc(gap, "/"))
        return GAP_OR;
    if (str_eqc(gap, "&") || str_eqc(gap, "+"))
        return GAP_AND;
    for (size_t k = 0; k < (r->an->language.n && !str_eqc(r->an->language, "en") ? ARRAY_LEN(ors) : 1); k++)
        if (str_ifind_word(gap, ors[k], 0) >= 0)
            return GAP_OR;
    for (size_t k = 0; k < (r->an->language.n && !str_eqc(r->an->language, "en") ? ARRAY_LEN(ands) : 1); k++)
        if (str_ifind_word(gap, ands[k], 0) >= 0)
            return GAP_AND;
    return GAP_NONE;
}

/* "Python or Java, and fluent SQL": a group of alternatives and something else are two requirements; cut at the and. */
static void cut_mixed(const struct reading *r, const struct clause *c, struct parts *ret)
{
    bool either = false, both = false;
    size_t cut = 0, at;
    for (size_t i = c->skill; i + 1 < c->skill_end; i++) {
        enum gap g = gap_after(r, i, &at);
        either = either || g == GAP_OR;
        if (g == GAP_AND && !both) {
            both = true;
            cut = at;
        }
    }
    if (!either || !both || c->end - c->start > CUT_MAX_BYTES) {
        parts_add(ret, *c);
        return;
    }
    size_t comma = next_separator(r->text, cut, c->end, ",");
    struct clause head = clause_part(r, c, c->start, comma < c->end ? comma : cut),
                  tail = clause_part(r, c, comma < c->end ? comma + 1 : cut, c->end);
    /* a comma behind the next skill is no place between the two groups */
    if (comma < c->end && tail.skill < tail.skill_end && head.skill_end > c->skill &&
        r->mentions[tail.skill].start > r->mentions[head.skill_end - 1].end && head.end >= cut && head.end - cut < 40) {
        parts_add(ret, head);
        parts_add(ret, tail);
        return;
    }
    parts_add(ret, *c);
}

/* -- reading one -- */

/* Does a wish stand in the clause itself? One inside a long parenthesis is about the parenthesis. */
static bool wished(const struct reading *r, const struct clause *c)
{
    for (size_t i = c->hit; i < c->hit_end; i++) {
        if (!(r->hits[i].cues & CUE(PREFERRED)))
            continue;
        size_t at = r->tokens[r->hits[i].token].start, open = at, close = at;
        while (open > c->start && at - open < PARENTHESIS_MAX_BYTES && r->text.p[open] != '(' && r->text.p[open] != ')')
            open--;
        while (close < c->end && close - at < PARENTHESIS_MAX_BYTES && r->text.p[close] != ')' &&
               r->text.p[close] != '(')
            close++;
        bool inside = r->text.p[open] == '(' && open > c->start && close < c->end && r->text.p[close] == ')';
        if (!inside || close - open < 26)
            return true;
    }
    return false;
}

static enum requirement_priority priority_of(const struct reading *r, const struct clause *c)
{
    if (clause_has(c, CUE(PREFERRED)) && wished(r, c))
        return REQUIREMENT_PREFERRED;
    if (c->kind == SECTION_PREFERRED)
        return REQUIREMENT_PREFERRED;
    if (c->kind == SECTION_REQUIREMENTS || clause_has(c, CUE(REQUIRED)))
        return REQUIREMENT_REQUIRED;
    return clause_has(c, CUE(SEEK)) || clause_is_authorization(c) ? REQUIREMENT_REQUIRED : REQUIREMENT_PREFERRED;
}

static size_t language_mentions(const struct reading *r, const struct clause *c)
{
    size_t n = 0;
    for (size_t i = c->skill; i < c->skill_end; i++)
        n += strcmp(r->mentions[i].skill->field, "language") == 0;
    return n;
}

static enum requirement_kind kind_of(const struct reading *r, const struct clause *c)
{
    size_t hard = clause_hard_skills(r, c), languages = language_mentions(r, c);
    bool years = clause_has_years(r, c);
    if (clause_is_authorization(c))
        return REQUIREMENT_AUTHORIZATION;
    if (languages && languages == hard && !years && !clause_has(c, CUE(CERTIFICATE)))
        return REQUIREMENT_LANGUAGE;
    if (clause_has(c, CUE(DEGREE)) && !(years && hard > 1 && !clause_has(c, CUE(BACHELOR) | CUE(MASTER) | CUE(PHD))))
        return REQUIREMENT_EDUCATION;
    if (clause_has(c, CUE(CERTIFICATE)) && !years)
        return REQUIREMENT_CERTIFICATION;
    if (years)
        return REQUIREMENT_EXPERIENCE;
    if (hard)
        return REQUIREMENT_SKILL;
    if (clause_has(c, CUE(EXPERIENCE)))
        return REQUIREMENT_EXPERIENCE;
    if (clause_has(c, CUE(PLACE)))
        return REQUIREMENT_LOCATION;
    if (clause_has(c, CUE(SOFT)) || c->skill < c->skill_end)
        return REQUIREMENT_SOFT;
    return clause_has(c, CUE(CERTIFICATE)) ? REQUIREMENT_CERTIFICATION : REQUIREMENT_OTHER;
}

static void skills_put(const struct reading *r, const struct clause *c, struct requirement *q)
{
    bool hard = clause_hard_skills(r, c) > 0;
    for (size_t i = c->skill; i < c->skill_end && q->skills_n < ANALYSIS_SKILLS_PER_REQUIREMENT_MAX; i++) {
        const struct skill *s = r->mentions[i].skill;
        bool seen = hard && strcmp(s->field, "soft") == 0;
        for (size_t k = 0; k < q->skills_n && !seen; k++)
            seen = str_eqc(q->skills[k], s->slug);
        if (!seen)
            q->skills[q->skills_n++] = str_of(s->slug);
    }
}

/* "Java or Kotlin", "AWS/GCP/Azure", "one of Go, Python, Java": at least one or, and no and between the skills. */
static bool is_alternative(const struct reading *r, const struct clause *c)
{
    bool either = false, both = false;
    size_t at;
    for (size_t i = c->skill; i + 1 < c->skill_end; i++) {
        enum gap g = gap_after(r, i, &at);
        either = either || g == GAP_OR;
        both = both || g == GAP_AND;
    }
    struct str text = clause_str(r, c);
    bool one_of = str_ifind(text, STR("one of")) >= 0 || str_ifind(text, STR("any of")) >= 0 ||
                  str_ifind(text, STR("such as")) >= 0 || str_ifind(text, STR("or similar")) >= 0 ||
                  str_ifind(text, STR("or comparable")) >= 0 || str_ifind(text, STR("or something comparable")) >= 0 ||
                  str_ifind(text, STR("or another")) >= 0;
    return (either || one_of) && !both;
}

static bool is_knockout(const struct reading *r, const struct clause *c, const struct requirement *q)
{
    if (q->priority != REQUIREMENT_REQUIRED)
        return false;
    switch (q->kind) {
    case REQUIREMENT_AUTHORIZATION: {
        /* "we sponsor" and "clearance will be carried out" shut nobody out */
        struct str t = clause_str(r, c);
        if (!clause_has(c, CUE(AUTHORIZATION)))
            return str_ifind(t, STR("clearance")) >= 0 &&
                   (str_ifind_word(t, "active", 0) >= 0 || str_ifind_word(t, "current", 0) >= 0 ||
                    str_ifind_word(t, "hold", 0) >= 0 || str_ifind_word(t, "possess", 0) >= 0);
        bool offered = (str_ifind(t, STR("can sponsor")) >= 0 || str_ifind(t, STR("sponsorship available")) >= 0 ||
                        str_ifind(t, STR("sponsorship is available")) >= 0 || str_ifind(t, STR("we sponsor")) >= 0);
        return !offered;
    }
    case REQUIREMENT_CERTIFICATION: {
        static const char *const licences[] = {"license",     "licence",          "licensed",
                                               "licensure",   "registered nurse", "qualified teacher status",
                                               "RN",          "journeyman card",  "permit",
                                               "führerschein"};
        struct str t = clause_str(r, c);
        for (size_t i = 0; i < ARRAY_LEN(licences); i++)
            if (str_ifind_word(t, licences[i], 0) >= 0)
                return true;
        return false;
    }
    case REQUIREMENT_LANGUAGE:
        return clause_has(c, CUE(LEVEL) | CUE(REQUIRED)) || c->kind == SECTION_REQUIREMENTS;
    case REQUIREMENT_EDUCATION:
        return clause_has(c, CUE(BACHELOR) | CUE(MASTER) | CUE(PHD)) && !clause_has(c, CUE(OR_EQUIVALENT)) &&
               str_ifind_word(clause_str(r, c), "or", 0) < 0 &&
               (c->kind == SECTION_REQUIREMENTS || clause_has(c, CUE(REQUIRED)));
    default:
        return false;
    }
}

/* Not by position: a clause said again further up would move all others. */
double analysis_weight(const struct requirement *q)
{
    static const double base[] = {
        [REQUIREMENT_SKILL] = 0.8,          [REQUIREMENT_EXPERIENCE] = 0.9, [REQUIREMENT_EDUCATION] = 0.6,
        [REQUIREMENT_CERTIFICATION] = 0.85, [REQUIREMENT_LANGUAGE] = 0.7,   [REQUIREMENT_AUTHORIZATION] = 0.9,
        [REQUIREMENT_LOCATION] = 0.4,       [REQUIREMENT_SOFT] = 0.3,       [REQUIREMENT_OTHER] = 0.35};
    if (q->knockout)
        return 1.0;
    double w = (q->kind == REQUIREMENT_AUTHORIZATION ? 0.5 : base[q->kind]) *
               (q->priority == REQUIREMENT_REQUIRED ? 1.0 : 0.6);
    return round(w * 100) / 100;
}

static bool repeated(const struct analysis *an, struct str text)
{
    for (size_t i = 0; i < an->requirements_n; i++)
        if (str_ieq(utf8_cut(an->requirements[i].text, REPEATED_BYTES), utf8_cut(text, REPEATED_BYTES)))
            return true;
    return false;
}

static void requirement_add(struct reading *r, const struct clause *c)
{
    struct analysis *an = r->an;
    if (an->requirements_n >= ANALYSIS_REQUIREMENTS_MAX || clause_waved_off(c))
        return;
    size_t start = c->start + (str_istarts(clause_str(r, c), "and ") ? 4 : 0);
    struct analysis_quote quote = quote_make(r, start, c->end, QUOTE_BYTES);
    struct str text = quote_make(r, start, c->end, TEXT_BYTES).text;
    while (text.n && (text.p[text.n - 1] == '.' || text.p[text.n - 1] == ' '))
        text.n--;
    if (text.n == 0 || repeated(an, text))
        return;
    struct requirement *q = &an->requirements[an->requirements_n];
    char *id = arena_printf(r->a, "r%zu", an->requirements_n + 1);
    *q = (struct requirement){
        .id = str_of(id), .text = text, .priority = priority_of(r, c), .kind = kind_of(r, c), .evidence = quote};
    int max;
    years_find(r->text, r->tokens, c->token, c->token_end, &q->years_min, &max);
    skills_put(r, c, q);
    q->alternatives = q->skills_n > 1 && is_alternative(r, c);
    q->knockout = is_knockout(r, c, q);
    q->weight = analysis_weight(q);
    an->requirements_n++;
    bool required = q->priority == REQUIREMENT_REQUIRED;
    if (required && q->years_min > an->experience_years_min &&
        (q->kind == REQUIREMENT_EXPERIENCE || q->kind == REQUIREMENT_EDUCATION ||
         q->kind == REQUIREMENT_CERTIFICATION)) {
        an->experience_years_min = q->years_min;
        an->experience_years_max = max;
    }
}

/* The lowest degree that would do, and whether experience may stand in for it. */
static void education_note(const struct reading *r, const struct clause *c)
{
    struct analysis *an = r->an;
    enum education_level level = clause_has(c, CUE(BACHELOR)) ? EDUCATION_BACHELOR
                                 : clause_has(c, CUE(MASTER)) ? EDUCATION_MASTER
                                 : clause_has(c, CUE(PHD))    ? EDUCATION_PHD
                                                              : EDUCATION_NONE;
    if (clause_has(c, CUE(NOT_NEEDED)) && clause_has(c, CUE(DEGREE) | CUE(NOT_NEEDED)) && clause_has(c, CUE(DEGREE)))
        an->degree_optional = true;
    if (level == EDUCATION_NONE || clause_waved_off(c))
        return;
    if (priority_of(r, c) == REQUIREMENT_REQUIRED && (an->education == EDUCATION_NONE || level < an->education))
        an->education = level;
}

static bool asks_by_section(const struct clause *c)
{
    return c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED;
}

/* One part of clause c, already cut at semicolons: cut further, and taken when it still asks for something. */
static void part_read(struct reading *r, const struct clause *c, const struct clause *part, bool first)
{
    struct parts turned = {0};
    cut_priority(r, part, &turned);
    for (size_t k = 0; k < turned.n; k++) {
        struct parts cut = {0}, single = {0};
        cut_signals(r, &turned.list[k], &cut);
        for (size_t m = 0; m < cut.n; m++)
            cut_mixed(r, &cut.list[m], &single);
        for (size_t m = 0; m < single.n; m++) {
            struct clause *p = &single.list[m];
            if (!clause_has(p, CUE(PREFERRED)) || !wished(r, p))
                p->cues |=
                    c->cues & (CUE(SEEK) | CUE(REQUIRED)); /* "Candidates hold a degree, know GAAP and work in Excel" */
            education_note(r, p);
            if (first || asks_by_section(c) || clause_counts(r, p) || clause_has(p, CUE(SOFT)))
                requirement_add(r, p);
        }
    }
}

static void clause_read(struct reading *r, const struct clause *c)
{
    struct parts semi = {0};
    if (clause_has(c, CUE(OR_EQUIVALENT)) && clause_has(c, CUE(DEGREE)))
        r->an->degree_optional = true;
    if (asks_by_section(c) || clause_has(c, CUE(REQUIRED) | CUE(PREFERRED)))
        cut_semicolons(r, c, &semi);
    else
        parts_add(&semi, *c);
    for (size_t i = 0; i < semi.n; i++) {
        if (i && !clause_has(&semi.list[i], CUE(REQUIRED) | CUE(PREFERRED)) &&
            !clause_has(&semi.list[0], CUE(PREFERRED))) /* "We require a licence; a degree; five years" */
            semi.list[i].cues |= semi.list[0].cues & (CUE(REQUIRED) | CUE(PREFERRED) | CUE(SEEK));
        if (i && clause_begins_with_us(r, &semi.list[i]) && !clause_has(&semi.list[i], CUE(REQUIRED)))
            continue; /* "Own tools a plus; we supply a van" */
        part_read(r, c, &semi.list[i], i == 0);
    }
}

void analysis_requirements(struct reading *r)
{
    r->an->experience_years_min = r->an->experience_years_max = -1;
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        if (clause_counts(r, c))
            clause_read(r, c);
        else if (!c->heading && clause_has(c, CUE(NOT_NEEDED)) && clause_has(c, CUE(DEGREE) | CUE(NOT_NEEDED)))
            r->an->degree_optional =
                r->an->degree_optional || clause_has(c, CUE(DEGREE)) || str_ifind(clause_str(r, c), STR("degree")) >= 0;
    }
}
