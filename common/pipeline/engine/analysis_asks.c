/* Does a clause ask for something?
 *
 * A clause of a requirements section does unless it offers, applies or waves something off; a sentence elsewhere does
 * only when it says so (must, we look for somebody who, N years of, would be an advantage). */
#include "pipeline/engine/analysis_internal.h"

#define PLAIN_ASKING_BYTES 100

size_t clause_hard_skills(const struct reading *r, const struct clause *c)
{
    size_t n = 0;
    for (size_t i = c->skill; i < c->skill_end; i++)
        n += strcmp(r->mentions[i].skill->field, "soft") != 0;
    return n;
}

bool clause_has_years(const struct reading *r, const struct clause *c)
{
    int min, max;
    years_find(r->text, r->tokens, c->token, c->token_end, &min, &max);
    return min >= 0;
}

/* -- is it one? -- */

bool clause_waved_off(const struct clause *c)
{
    return clause_has(c, CUE(NOT_NEEDED));
}

static bool is_substance(const struct reading *r, const struct clause *c)
{
    return clause_hard_skills(r, c) ||
           clause_has(c, CUE(DEGREE) | CUE(CERTIFICATE) | CUE(ABILITY) | CUE(EXPERIENCE) | CUE(LEVEL)) ||
           clause_has_years(r, c);
}

bool clause_is_authorization(const struct clause *c)
{
    return clause_has(c, CUE(AUTHORIZATION) | CUE(CLEARANCE)) && !clause_has(c, CUE(LEGAL)) && !clause_waved_off(c);
}

/* An amount of money at the start is an offer. */
static bool begins_with_pay(const struct reading *r, const struct clause *c)
{
    struct str s =
        str_sub(r->text, c->start - MIN(c->start, (size_t)3), c->end); /* a sentence begins at its first word */
    return s.n > 3 && c->start >= 3 && str_is_digit(s.p[3]) &&
           (s.p[2] == '$' || str_starts(s, "\xE2\x82\xAC") || str_starts(str_sub(s, 1, s.n), "\xC2\xA3"));
}

bool clause_begins_with_us(const struct reading *r, const struct clause *c)
{
    struct str s = clause_str(r, c);
    return str_istarts(s, "we ") || str_istarts(s, "our ") || str_istarts(s, "the company ");
}

/* In a requirements section. Paragraphs there are often asides, so they need substance. */
static bool section_clause_counts(const struct reading *r, const struct clause *c)
{
    if (begins_with_pay(r, c))
        return false;
    bool offers = clause_has(c, CUE(BENEFIT) | CUE(APPLY) | CUE(LEGAL) | CUE(INJECTION));
    bool asks = clause_has(c, CUE(REQUIRED) | CUE(DEGREE) | CUE(CERTIFICATE) | CUE(ABILITY) | CUE(EXPERIENCE) |
                                  CUE(LEVEL) | CUE(PREFERRED)) ||
                clause_has_years(r, c);
    if (!c->item && r->text.p[c->end - 1] == ':' && !clause_hard_skills(r, c))
        return false; /* it only introduces the list below */
    if (clause_has(c, CUE(APPLY)) && !is_substance(r, c))
        return false;
    if (clause_has(c, CUE(INJECTION) | CUE(LEGAL)) || (offers && !asks && !(c->item && clause_hard_skills(r, c))))
        return false;
    if (c->item || c->lead)
        return true;
    if (clause_has(c, CUE(APPLY) | CUE(BENEFIT)) && !clause_has(c, CUE(REQUIRED) | CUE(SEEK)))
        return false;
    return is_substance(r, c) || clause_has(c, CUE(SOFT) | CUE(REQUIRED));
}

/* A short sentence that is nothing but the asking: "Overtime is sometimes necessary", "Notary public a plus". */
static bool plain_asking(const struct reading *r, const struct clause *c)
{
    const uint64_t not = CUE(BENEFIT) | CUE(LEGAL) | CUE(APPLY) | CUE(DUTY) | CUE(PAY);
    if (c->end - c->start > PLAIN_ASKING_BYTES || clause_has(c, not ) || clause_begins_with_us(r, c) ||
        c->token_end - c->token < 3)
        return false;
    if (c->kind != SECTION_NONE && (c->kind != SECTION_OTHER || (c->item && r->an->sections_n > 1)))
        return false;
    if (clause_has(c, CUE(PREFERRED)) &&
        (clause_has(c, CUE(EXPERIENCE) | CUE(CERTIFICATE) | CUE(DEGREE) | CUE(LEVEL)) || clause_hard_skills(r, c) ||
         c->token_end - c->token <= 12))
        return true;
    return clause_has(c, CUE(REQUIRED)) && (!clause_has(c, CUE(MUST)) || clause_has(c, CUE(SEEK) | CUE(CERTIFICATE)));
}

/* Anywhere else: the words themselves must ask for something. */
static bool prose_counts(const struct reading *r, const struct clause *c)
{
    if (clause_has(c, CUE(INJECTION) | CUE(LEGAL)) || begins_with_pay(r, c))
        return false;
    if (clause_is_authorization(c) || plain_asking(r, c))
        return true;
    if (clause_has(c, CUE(PREFERRED)) && clause_has(c, CUE(APPLY)) && clause_hard_skills(r, c) &&
        !clause_has(c, CUE(DUTY)))
        return c->end - c->start <= PLAIN_ASKING_BYTES; /* "Bilingual candidates are encouraged to apply" */
    if (clause_has(c, CUE(SEEK)) && (c->kind == SECTION_NONE || c->kind == SECTION_OTHER) &&
        clause_has(c, CUE(SOFT) | CUE(LEVEL)) && !clause_has(c, CUE(DUTY) | CUE(BENEFIT) | CUE(APPLY)) &&
        !clause_begins_with_us(r, c))
        return true; /* "You are reliable and punctual" */
    if (c->kind == SECTION_LEGAL || c->kind == SECTION_APPLY || clause_has(c, CUE(APPLY)))
        return false;
    bool content = clause_hard_skills(r, c) || clause_has(c, CUE(DEGREE) | CUE(CERTIFICATE)),
         years = clause_has_years(r, c);
    /* "the firmware must survive power loss": of things, not of people */
    bool of_things = clause_has(c, CUE(MUST)) && !clause_has(c, CUE(SEEK) | CUE(DEGREE) | CUE(CERTIFICATE) |
                                                                    CUE(EXPERIENCE) | CUE(ABILITY) | CUE(PLACE));
    if (of_things && !years)
        return false;
    if (clause_has(c, CUE(DUTY)) && !clause_has(c, CUE(ABILITY) | CUE(EXPERIENCE) | CUE(DEGREE) | CUE(CERTIFICATE)))
        return false; /* "you would walk the floor at least once a day" */
    if (c->kind == SECTION_BENEFITS || clause_has(c, CUE(BENEFIT)))
        return clause_has(c, CUE(REQUIRED)) && content;
    if (c->kind == SECTION_DUTIES && c->item)
        return (clause_has(c, CUE(REQUIRED)) && (clause_has(c, CUE(DEGREE) | CUE(CERTIFICATE)) || years)) ||
               (years && clause_has(c, CUE(EXPERIENCE)));
    if (clause_has(c, CUE(REQUIRED)) && (content || years || clause_has(c, CUE(ABILITY) | CUE(EXPERIENCE))))
        return true;
    bool signals = clause_has(c, CUE(EXPERIENCE) | CUE(ABILITY) | CUE(DEGREE) | CUE(CERTIFICATE) | CUE(LEVEL));
    if (clause_has(c, CUE(PREFERRED)) && (signals || (content && c->end - c->start <= 100)))
        return true;
    if (years && clause_has(c, CUE(EXPERIENCE) | CUE(SEEK)))
        return true;
    if (clause_has(c, CUE(SEEK)) && !clause_has(c, CUE(DUTY)) && (content || clause_has(c, CUE(ABILITY))) &&
        clause_has(c, CUE(EXPERIENCE) | CUE(ABILITY) | CUE(DEGREE) | CUE(CERTIFICATE)))
        return true;
    return clause_has(c, CUE(ABILITY)) && content && !clause_has(c, CUE(DUTY)) && c->kind != SECTION_ABOUT &&
           c->kind != SECTION_DUTIES;
}

bool clause_counts(const struct reading *r, const struct clause *c)
{
    if (c->heading || clause_waved_off(c))
        return false;
    if (c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED)
        return section_clause_counts(r, c);
    return prose_counts(r, c);
}
