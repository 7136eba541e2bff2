/* A candidate's profile: a JSON Resume 1.0 document (plus x_goals) read into employments and evidence atoms.
 *
 * An atom is one checkable statement with its place (JSON pointer) in the document; everything a letter or a tailored
 * résumé says must name atoms. Unknown fields stay in the document untouched. Pure. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "pipeline/engine/skills.h"
#include "pipeline/engine/vocabulary.h"

#define PROFILE_MAX_BYTES       ((size_t)512 * 1024)
#define PROFILE_EMPLOYMENTS_MAX 64
#define PROFILE_ATOMS_MAX       512
#define PROFILE_ATOM_SKILLS_MAX 16
#define PROFILE_SKILLS_MAX      256
#define PROFILE_STRINGS_MAX     ((size_t)2048) /* string values that profile_states knows apart */

enum employment_kind { EMPLOYMENT_JOB = 1, EMPLOYMENT_PROJECT, EMPLOYMENT_VOLUNTEER };
enum atom_kind {
    ATOM_HIGHLIGHT = 1,
    ATOM_SUMMARY,
    ATOM_ROLE,
    ATOM_SKILL,
    ATOM_EDUCATION,
    ATOM_CERTIFICATE,
    ATOM_LANGUAGE,
    ATOM_AWARD,
    ATOM_PUBLICATION
};

struct month {
    int y, m;
}; /* y == 0: unknown; m == 0: only the year is known */

struct employment {
    enum employment_kind kind;
    struct str organization, role, location, pointer; /* pointer: "/work/0" */
    struct month start, end;                          /* end.y == 0 and current: still there */
    bool current;
    size_t index; /* in its JSON array */
};

/* Where a value stood in the document that the résumé was read from (x_sources); line 0: the profile does not say. */
struct source_ref {
    unsigned page, line; /* from 1; page 0: the document has none */
    size_t start, end;   /* bytes of its text */
};

struct atom {
    struct str id; /* "a1", "a2", ... in document order */
    enum atom_kind kind;
    int employment;  /* index into employments, -1 when none */
    struct str text; /* the claim as the profile states it */
    struct str pointer;
    struct source_ref source;
    const struct skill *skills[PROFILE_ATOM_SKILLS_MAX];
    size_t skills_n;
    bool skills_whole;     /* skills has every skill the text names */
    bool has_number;       /* a metric */
    bool filler;           /* says nothing (filler.h) */
    const uint32_t *stems; /* stems of its content words (lex.h), kept because every stage compares them */
    size_t stems_n;
};

struct profile_skill {
    const struct skill *skill;
    struct str label;
    size_t atoms[16];
    size_t atoms_n;
}; /* skill NULL: not in the dictionary */

struct profile {
    yyjson_val *document; /* the JSON Resume, in the arena; numbers as they were written (json_parse_exact) */
    const struct profile_strings *strings; /* its string values, for profile_states */
    struct str name, label, summary, email, phone, city;
    struct employment employments[PROFILE_EMPLOYMENTS_MAX];
    size_t employments_n;
    struct atom *atoms;
    size_t atoms_n;
    struct profile_skill *skills;
    size_t skills_n;
    struct str goals[16];
    size_t goals_n;
    int education;                          /* enum education_level of the highest degree that is stated */
    uint16_t topics[VOCABULARY_TOPICS_MAX]; /* words of each topic in all statements, each word once (vocabulary.h) */
    bool empty;                             /* nothing to write from: no work, project, volunteer, education or skill */
    struct month
        as_of; /* the latest month the document states (meta.lastModified included); y == 0 when it states none */
};

/* Checks types (ERR_INVALID with a JSON pointer at the first wrong field: e.g. /work/0/highlights must be an array of
 * strings), size and nesting, then reads. json is borrowed until return. An empty profile is valid here (empty = true).
 */
int profile_read(struct arena *a, struct str json, struct profile **ret, struct err *err) MUST_CHECK;
/* Whether a string value of the document is this text, byte for byte. A document with more strings than
 * PROFILE_STRINGS_MAX is checked as far as the set goes: then everything counts as stated. */
bool profile_states(const struct profile *p, struct str text);
/* Months of paid work up to `now` (overlaps counted once). */
int profile_work_months(const struct profile *p, struct month now);
/* "Jan 2020 – present" style range in the arena. */
struct str profile_dates(struct arena *a, const struct employment *e);
