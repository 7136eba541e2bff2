/* What a posting asks for: the JobAnalysis document. Every quote is a substring of the posting's text, checked.
 *
 * analysis_make is deterministic and pure. JSON (analysis_to_json / analysis_from_json) is the stored and served form;
 * writing what was read gives the same bytes. Unknown or absent values are empty strings, -1 or the _NONE enumerator:
 * never guessed. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "pipeline/engine/posting.h"

#define ANALYSIS_SCHEMA_VERSION             1
#define ANALYSIS_REQUIREMENTS_MAX           40
#define ANALYSIS_RESPONSIBILITIES_MAX       15
#define ANALYSIS_KEYWORDS_MAX               40
#define ANALYSIS_CULTURE_MAX                8
#define ANALYSIS_SKILLS_PER_REQUIREMENT_MAX 8
#define ANALYSIS_SECTIONS_MAX               24
#define ANALYSIS_SIGNALS_MAX                8

enum requirement_kind {
    REQUIREMENT_SKILL = 1,
    REQUIREMENT_EXPERIENCE,
    REQUIREMENT_EDUCATION,
    REQUIREMENT_CERTIFICATION,
    REQUIREMENT_LANGUAGE,
    REQUIREMENT_AUTHORIZATION,
    REQUIREMENT_LOCATION,
    REQUIREMENT_SOFT,
    REQUIREMENT_OTHER
};
enum requirement_priority { REQUIREMENT_PREFERRED = 1, REQUIREMENT_REQUIRED }; /* unknown is preferred */
enum seniority {
    SENIORITY_NONE = 0,
    SENIORITY_INTERN,
    SENIORITY_JUNIOR,
    SENIORITY_MID,
    SENIORITY_SENIOR,
    SENIORITY_STAFF,
    SENIORITY_LEAD,
    SENIORITY_MANAGER,
    SENIORITY_DIRECTOR,
    SENIORITY_EXECUTIVE
};
enum education_level { EDUCATION_NONE = 0, EDUCATION_BACHELOR, EDUCATION_MASTER, EDUCATION_PHD };
enum work_mode { WORK_MODE_NONE = 0, WORK_MODE_ONSITE, WORK_MODE_HYBRID, WORK_MODE_REMOTE };
/* EXPIRED: structured data names a last day that is over, or the page says that nobody can apply any more. */
enum analysis_verdict { ANALYSIS_POSTING = 1, ANALYSIS_TOO_SHORT, ANALYSIS_NOT_A_POSTING, ANALYSIS_EXPIRED };

struct analysis_quote {
    struct str text;   /* at most 240 characters, verbatim */
    size_t start, end; /* byte offsets in posting.text */
};

struct requirement {
    struct str id;   /* "r1", "r2", ... in order of appearance */
    struct str text; /* at most 200 characters, cleaned of bullets */
    enum requirement_kind kind;
    enum requirement_priority priority;
    double weight;                                          /* 0..1 */
    struct str skills[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX]; /* slugs named by the clause */
    size_t skills_n;
    bool alternatives; /* the skills are an OR group ("Java or Kotlin") */
    int years_min;     /* -1 when none */
    bool knockout;
    struct analysis_quote evidence;
};

struct analysis_section {
    struct str heading;
    struct str kind;
    size_t start, end;
}; /* kind: about duties requirements preferred benefits legal apply other */
struct analysis_keyword {
    struct str term;
    int count;
    bool critical;
};
struct analysis_culture {
    struct str signal;
    struct str polarity;
    struct analysis_quote quote;
}; /* signal: pace autonomy collaboration learning flexibility mission process hours other */
struct analysis_signal {
    struct str code;
    struct analysis_quote quote;
}; /* legitimacy and injection signals; the quote of what was dropped from the text has start == end == 0 */
struct analysis_responsibility {
    struct str text;
    struct analysis_quote quote;
};

struct analysis {
    enum analysis_verdict verdict;
    struct str title, company;  /* n == 0 when not found */
    bool confidential;          /* an agency hides its client */
    struct str language;        /* ISO 639-1 of the posting, "" when unclear */
    struct str employment_type; /* full_time part_time contract temporary internship other, "" */
    enum seniority seniority;
    int experience_years_min, experience_years_max; /* -1 when none */
    enum education_level education;
    bool degree_optional; /* "or equivalent experience" */
    enum work_mode work_mode;
    struct str location; /* as written, "" */
    struct {
        struct str text;
        double min, max;
        struct str currency, period;
    } pay; /* text verbatim, "" when none; min/max -1 */
    struct requirement requirements[ANALYSIS_REQUIREMENTS_MAX];
    size_t requirements_n;
    struct analysis_responsibility responsibilities[ANALYSIS_RESPONSIBILITIES_MAX];
    size_t responsibilities_n;
    struct analysis_keyword keywords[ANALYSIS_KEYWORDS_MAX];
    size_t keywords_n;
    struct analysis_culture culture[ANALYSIS_CULTURE_MAX];
    size_t culture_n;
    struct analysis_section sections[ANALYSIS_SECTIONS_MAX];
    size_t sections_n;
    struct analysis_signal signals[ANALYSIS_SIGNALS_MAX];
    size_t signals_n;
    struct str mission; /* one sentence of the posting, verbatim, that says what the employer is for; "" when none */
    bool hidden_text, truncated;
    size_t left_out[POSTING_PARTS]; /* bytes of the posting that the engine did not read, because it is too long */
    double confidence;              /* 0..1, computed */
    struct str engine;              /* the model that read it (analysis_merge.h); n == 0: the offline engine alone */
};

/* Reads and analyses. ERR_MEMORY only. *ret is in the arena and borrows from posting. */
int analysis_make(struct arena *a, const struct posting *posting, struct analysis **ret, struct err *err) MUST_CHECK;
/* The part of analysis_make that an embedding needs: language, title, company, sections, requirements and
 * responsibilities are the same; verdict and confidence are 0 and the rest is empty or unknown. Not to be stored. */
int analysis_make_requirements(struct arena *a, const struct posting *posting, struct analysis **ret,
                               struct err *err) MUST_CHECK;
/* Compact JSON text (in the arena); field names as in the JobAnalysis data model. */
int analysis_to_json(struct arena *a, const struct analysis *an, struct str *ret, struct err *err) MUST_CHECK;
int analysis_from_json(struct arena *a, struct str json, struct analysis **ret, struct err *err) MUST_CHECK;

/* Marks the requirements that only say again what others have said: ret[i] for requirements[i]. */
void analysis_repeats(const struct analysis *an, bool ret[ANALYSIS_REQUIREMENTS_MAX]);

const char *requirement_kind_name(enum requirement_kind k);
const char *seniority_name(enum seniority s); /* "" for none */
