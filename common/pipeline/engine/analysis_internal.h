/* One reading of a posting: the tokens, phrase hits, skill mentions and clauses that all parts of the analysis share.
 */
#pragma once

#include "pipeline/engine/analysis.h"
#include "pipeline/engine/sections.h"
#include "pipeline/engine/skills_internal.h"

enum cue {
    CUE_REQUIRED_BIT,
    CUE_PREFERRED_BIT,
    CUE_NOT_NEEDED_BIT,
    CUE_BACHELOR_BIT,
    CUE_MASTER_BIT,
    CUE_PHD_BIT,
    CUE_DEGREE_BIT,
    CUE_OR_EQUIVALENT_BIT,
    CUE_EXPERIENCE_BIT,
    CUE_ABILITY_BIT,
    CUE_LEVEL_BIT,
    CUE_CERTIFICATE_BIT,
    CUE_AUTHORIZATION_BIT,
    CUE_CLEARANCE_BIT,
    CUE_SOFT_BIT,
    CUE_PLACE_BIT,
    CUE_SEEK_BIT,
    CUE_DUTY_BIT,
    CUE_BENEFIT_BIT,
    CUE_PAY_BIT,
    CUE_NOT_PAY_BIT,
    CUE_LEGAL_BIT,
    CUE_APPLY_BIT,
    CUE_HIRING_BIT,
    CUE_REMOTE_BIT,
    CUE_HYBRID_BIT,
    CUE_ONSITE_BIT,
    CUE_NOT_REMOTE_BIT,
    CUE_FULL_TIME_BIT,
    CUE_PART_TIME_BIT,
    CUE_CONTRACT_BIT,
    CUE_TEMPORARY_BIT,
    CUE_INTERNSHIP_BIT,
    CUE_INJECTION_BIT,
    CUE_SCAM_BIT,
    CUE_AGENCY_BIT,
    CUE_MISSION_BIT,
    CUE_MUST_BIT,
    CUE_CLOSED_BIT
};
#define CUE(name) (UINT64_C(1) << CUE_##name##_BIT)

struct cue_hit {
    uint32_t token, words;
    uint64_t cues;
};

/* A clause: an item, or a sentence of a paragraph. Ranges are half open. */
struct clause {
    size_t start, end; /* bytes */
    size_t token, token_end;
    size_t hit, hit_end;
    size_t skill, skill_end;  /* mentions */
    uint64_t cues;            /* all cues in it */
    enum section_kind kind;   /* of its section or lead-in */
    bool item, heading, lead; /* lead: the words before the colon were taken off */
    bool first_in_line;
};

struct reading {
    struct arena *a;
    const struct posting *posting;
    struct str text;
    const struct token *tokens;
    size_t tokens_n;
    struct cue_hit *hits;
    size_t hits_n;
    struct skill_mention *mentions;
    size_t mentions_n;
    struct clause *clauses;
    size_t clauses_n;
    struct analysis *an;
};

/* -- analysis.c -- */
/* What every form of the analysis begins with: the reading, language, title and company. ERR_MEMORY. */
int reading_begin(struct arena *a, const struct posting *posting, struct reading *r, struct err *err) MUST_CHECK;

/* -- analysis_reading.c -- */
bool reading_make(struct reading *r)
    MUST_CHECK; /* fills all but a, posting, an; also an->sections; false: out of memory */
/* Narrows a clause to [start, end): tokens, hits, mentions and cues follow. */
struct clause clause_part(const struct reading *r, const struct clause *c, size_t start, size_t end);
static inline struct str clause_str(const struct reading *r, const struct clause *c)
{
    return str_sub(r->text, c->start, c->end);
}
/* Trimmed of spaces, bullets and closing punctuation; at most max bytes, cut at a word. */
struct analysis_quote quote_make(const struct reading *r, size_t start, size_t end, size_t max);

static inline bool clause_has(const struct clause *c, uint64_t cues)
{
    return (c->cues & cues) != 0;
}

/* -- analysis_asks.c -- */
bool clause_counts(const struct reading *r, const struct clause *c);        /* does it ask for something? */
size_t clause_hard_skills(const struct reading *r, const struct clause *c); /* mentions that are not soft */
bool clause_has_years(const struct reading *r, const struct clause *c);
bool clause_waved_off(const struct clause *c); /* "not required" */
bool clause_is_authorization(const struct clause *c);
bool clause_begins_with_us(const struct reading *r, const struct clause *c); /* "We ...", "Our ..." */

/* -- analysis_years.c -- */
/* Reads a span of years of experience in tokens [from, to). *min is -1 when there is none; *max -1 when open. */
void years_find(struct str text, const struct token *t, size_t from, size_t to, int *min, int *max);

/* -- the parts, each fills its fields of r->an -- */
void analysis_title(struct reading *r);        /* title, company, confidential */
void analysis_requirements(struct reading *r); /* requirements, experience, education */
void analysis_responsibilities(struct reading *r);
void analysis_pay(struct reading *r);
void analysis_place(struct reading *r); /* work mode, location, employment type */
void analysis_seniority(struct reading *r);
void analysis_culture(struct reading *r); /* culture, mission */
void analysis_signals(struct reading *r);
void analysis_keywords(struct reading *r);
struct str analysis_language(const struct reading *r);
double analysis_weight(const struct requirement *q); /* of its kind, priority and knockout */
double analysis_confidence(const struct analysis *an, const struct posting *p);
/* Values by the names of the JSON; 0 when unknown. */
enum requirement_kind analysis_kind_named(struct str name);
enum seniority analysis_seniority_named(struct str name);
enum education_level analysis_education_named(struct str name);
enum work_mode analysis_mode_named(struct str name);
bool title_has_job_noun(struct str s);
struct str analysis_place_find(struct str s); /* the first "City, ST" or "City, Region", n == 0 when there is none */
