/* Between the files that make up the letter; nobody else includes this. */
#pragma once

#include "pipeline/engine/emit.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/phrase.h"

#define LETTER_SENTENCES_MAX      32
#define LETTER_PICKS_MAX          6
#define LETTER_ATOMS_PER_SENTENCE 4
#define LETTER_QUOTE_MAX          210 /* bytes of the posting in one quote */

/* -- a highlight in the first person -- */

enum recast_form {
    RECAST_NOUN = 0, /* "preceptor for 14 nurses": follows a colon */
    RECAST_PAST,     /* "cut the latency": follows "I" */
    RECAST_WAS,      /* "promoted to lead": follows "I was" */
    RECAST_PASSIVE,  /* "packaged for Debian": follows "it was" */
    RECAST_GERUND,   /* "writing release notes": follows "my work included" */
    RECAST_BASE,     /* "run a course": follows "I" in a current post, "my work was to" in a past one */
    RECAST_CLAUSE,   /* "I wrote ...": stands alone */
};

struct recast {
    enum recast_form form;
    struct str tail; /* without a final period; only the first sentence of the highlight */
    bool whole;      /* nothing was left out */
};

struct recast recast_highlight(struct arena *a, struct str text, bool project);

/* -- templates: {A}..{Z} are values; a template is eligible when all values it names are there; '|' separates sentences
 * -- */

struct letter_values {
    struct str v[26];
};
#define VALUE(values, letter) ((values)->v[(letter) - 'A'])

struct sentence {
    struct str text;
    bool claim;
    const char *relation; /* "paraphrase", "verbatim", "merge", "posting", "profile", "" */
    size_t atoms[LETTER_ATOMS_PER_SENTENCE];
    size_t atoms_n;
    struct str quote;   /* words of the posting inside it */
    struct str names;   /* names of skills as the posting writes them: digits in them ("OAuth 2.0") claim nothing */
    struct str pointer; /* place in the profile when it is no atom */
    int paragraph;      /* which one; rising */
    const char *role;   /* of that paragraph */
    int priority;       /* higher goes first when the letter is too long; 0 stays */
};

struct pick {
    size_t atom;
    struct recast recast;
    const struct match_row *row; /* the requirement it is given for, NULL */
    int group;
};

struct letter {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct letter_options o;
    enum letter_tone tone; /* mirror resolved */
    uint64_t rng;
    struct str title, company;
    struct letter_values values;
    struct pick picks[LETTER_PICKS_MAX];
    size_t picks_n;
    struct sentence sentences[LETTER_SENTENCES_MAX];
    size_t sentences_n;
    uint32_t used_templates[64]; /* hashes, so that one letter does not repeat a turn of phrase */
    size_t used_n;
    bool row_used[ANALYSIS_REQUIREMENTS_MAX];
};

uint32_t letter_random(struct letter *l, uint32_t below);
/* One eligible template of the list, filled and split; each sentence is added like `like`. Returns how many were added
 * (0: none eligible). */
size_t letter_say(struct letter *l, const char *const *templates, const struct letter_values *v,
                  const struct sentence *like);
/* One eligible template filled; empty when there is none. */
struct str letter_fill(struct letter *l, const char *const *templates, const struct letter_values *v);
bool letter_quotable(const struct letter *l, struct str quote);
/* The quote without its final period and with inner double quotes made single; cut at a sentence end to
 * LETTER_QUOTE_MAX. Empty when it cannot be. */
struct str letter_quote(struct letter *l, struct str text);

void letter_pick(struct letter *l);
void letter_opening(struct letter *l);
void letter_evidence(struct letter *l);
void letter_credentials(struct letter *l);
void letter_gap(struct letter *l);
void letter_closing(struct letter *l);

struct letter_phrases {
    const char *const *opening,
        *const *company, *const *duty, *const *gap, *const *gap_near, *const *goal, *const *place, *const *closing,
                                                                                                       *const *signoff;
};
extern const struct letter_phrases LETTER_PHRASES[3]; /* by tone - 1: formal, direct, conversational */
extern const char *const LETTER_LEAD_SKILL[],
    *const LETTER_LEAD_QUOTE[], *const LETTER_LEAD_PLAIN[],
                                    *const LETTER_LEAD_MORE[],
                                        *const LETTER_NEXT[], *const LETTER_NEXT_SKILL[],
                                                                  *const LETTER_NOUN[],
                                                                      *const LETTER_NOUN_NEXT[],
                                                                          *const LETTER_CREDENTIALS[],
                                                                              *const LETTER_DEGREE[],
                                                                                  *const LETTER_STUDENT[],
                                                                                      *const LETTER_LANGUAGE[],
                                                                                          *const LETTER_SKILLS[],
                                                                                              *const LETTER_SUMMARY[];
