/* Between the files that make up the letter; nobody else includes this. */
#pragma once

#include "pipeline/engine/emit.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/phrase.h"

#define LETTER_SENTENCES_MAX      32
#define LETTER_PICKS_MAX          6
#define LETTER_ATOMS_PER_SENTENCE 4
#define LETTER_QUOTE_MAX          170 /* bytes of the posting in one quote */
#define LETTER_QUOTES_MAX         8   /* quotes in one letter */
#define LETTER_SENTENCE_WORDS_MAX 44

/* -- a highlight in the first person -- */

enum recast_form {
    RECAST_NOUN = 0, /* "preceptor for 14 nurses": follows a colon */
    RECAST_PAST,     /* "cut the latency": follows "I" */
    RECAST_WAS,      /* "promoted to lead": follows "I was" */
    RECAST_THING,    /* "was packaged for Debian", "renders surfaces": follows the name of the project */
    RECAST_RESULT,   /* "40% reduction in ...": follows "a result of my work:" */
    RECAST_GERUND,   /* "writing release notes": follows "my work included" */
    RECAST_BASE,     /* "run a course": follows "I" in a current post, "my work was to" in a past one */
    RECAST_CLAUSE,   /* "I wrote ...": stands alone */
};

struct recast {
    enum recast_form form;
    struct str tail;    /* without a final period; only the first sentence of the highlight */
    struct str perfect; /* "cut the latency" after "I have"; empty when the line has a time or a form that forbids it */
    bool whole;         /* nothing was left out */
};

/* `current`: the post is still held, so that a line in the third person becomes present and not past. */
struct recast recast_highlight(struct arena *a, struct str text, bool project, bool current);
/* Whether the word is the base form of a verb that the table has. */
bool recast_is_base(struct str word);

/* -- templates: {A}..{z} are values; a template is eligible when all values it names are there. " | " separates
 * sentences. "@fd " in front: only for the tones formal and direct (c: conversational); "@fdc- ": only when the
 * employer is not known -- */

struct letter_values {
    struct str v['z' - 'A' + 1];
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
    unsigned loose;     /* 0..2: how much it could stand in another letter of this person */
    int priority;       /* higher goes first when the letter is too long; 0 stays */
};

struct pick {
    size_t atom;
    struct recast recast;
    const struct match_row *row; /* the requirement it is given for, NULL */
    int group;
};

/* Something to say about a whole letter; of guard.violations. */
struct letter_note {
    const char *code;
    struct str value;
    bool block; /* else a warning */
};
#define LETTER_NOTES_MAX 8

enum letter_shape { SHAPE_ROLE, SHAPE_NEED, SHAPE_SELF, SHAPE_EVIDENCE };

struct letter {
    struct arena *a;
    const struct analysis *an;
    const struct profile *p;
    const struct match *m;
    struct letter_options o;
    enum letter_tone tone; /* mirror resolved */
    enum letter_shape shape;
    uint64_t rng;
    struct str title, company; /* title: without what follows a comma; company: as it is named in a salutation */
    struct letter_values values;
    struct pick picks[LETTER_PICKS_MAX];
    size_t picks_n, picks_said;
    struct sentence sentences[LETTER_SENTENCES_MAX];
    size_t sentences_n;
    const char *used[64]; /* templates, so that one letter does not repeat a turn of phrase */
    size_t used_n;
    struct str quotes[LETTER_QUOTES_MAX];
    size_t quotes_n;
    bool row_used[ANALYSIS_REQUIREMENTS_MAX];
    bool duty_used[ANALYSIS_RESPONSIBILITIES_MAX];
    bool employment_shown[PROFILE_EMPLOYMENTS_MAX];            /* its role or years were said */
    struct str skills_said;                                    /* the skills that the first evidence was given for */
    int last_employment;                                       /* of the sentence before, -1 */
    unsigned company_said, title_said, company_max, title_max; /* sentences that name them; then others are preferred */
    bool client_said;
    bool by_model;       /* its sentences are not ours: notes instead of the check of our own */
    struct str language; /* by_model: what it is written in */
    struct letter_note notes[LETTER_NOTES_MAX];
    size_t notes_n;
    unsigned loose, loose_max; /* of the sentences so far, and what is wished for */
};

uint32_t letter_random(struct letter *l, uint32_t below);
/* One eligible template of the list, filled and split; each sentence is added like `like`. Returns how many were added
 * (0: none eligible). */
size_t letter_say(struct letter *l, const char *const *templates, const struct letter_values *v,
                  const struct sentence *like);
/* The template that letter_say would take (and counts as taken); NULL when none is eligible. */
const char *letter_choose(struct letter *l, const char *const *list, const struct letter_values *v);
bool letter_is_value(const char *t); /* "{K}" stands at t */
/* n bytes of a template, filled; empty when it would be too long. */
struct str letter_fill_part(struct letter *l, const char *t, size_t n, const struct letter_values *v);
/* How much that part could stand in another letter of the same person: 0, 1 or 2 (struct sentence.loose). */
unsigned letter_looseness(const char *t, size_t n);
/* One eligible template filled; empty when there is none. */
struct str letter_fill(struct letter *l, const char *const *templates, const struct letter_values *v);

/* -- words of the posting (letter_quote.c) -- */

/* The quote without its final period, cut at a clause end to `max` bytes. Empty when it cannot be quoted or was. */
struct str letter_quote(struct letter *l, struct str text, size_t max);
/* As above, and may stand in the middle of a sentence: it begins with a small letter, a digit or a name. */
bool letter_quote_is_inner(struct str quote);
/* "to " + result: the verb, then the rest in quotation marks: coach “two associate engineers”. Empty when the text does
 * not begin with a verb. *ret_quote: the words between the marks. */
struct str letter_duty(struct letter *l, struct str text, struct str *ret_quote);
/* "you " + result for a statement "We make ...": “make small bearings”. Empty otherwise. */
struct str letter_deed(struct letter *l, struct str text, struct str *ret_quote);
void letter_quote_used(struct letter *l, struct str quote);

/* -- names (letter_names.c) -- */

bool letter_names_job(struct str text); /* has a word for what a person is: "engineer", "nurse" */
struct str letter_spoken_title(struct arena *a, struct str title);
struct str letter_spoken_company(struct arena *a, struct str company);
/* The name with "the" where it takes one. */
struct str letter_with_the(struct arena *a, struct str name);
/* "a Charge Nurse"; empty when the role is no plain one ("CEO/President"). *ret_bare: the same without article. */
struct str letter_role(struct arena *a, struct str role, struct str *ret_bare);
/* Fills O P G D B R V H and, when `show`, may name role or years in O. */
void letter_place(struct letter *l, const struct employment *e, bool show, struct letter_values *v);
bool letter_is_freelance(struct str org);

void letter_pick(struct letter *l);
void letter_opening(struct letter *l);
/* The sentence for the next pick; `plain`: nothing of the posting in it. */
void letter_evidence_one(struct letter *l, bool plain, int paragraph);
void letter_evidence(struct letter *l);
void letter_credentials(struct letter *l);
void letter_gap(struct letter *l);
void letter_closing(struct letter *l);
int letter_write(const struct letter *l, struct str greeting, struct str body, size_t ceiling, struct str *ret,
                 struct err *err) MUST_CHECK;
size_t letter_ceiling(enum letter_length length); /* characters; 0: of a standard letter */
/* The whole letter as it is sent, name and contact data below. n == 0: no memory. */
struct str letter_body(const struct letter *l, struct str greeting, struct str signoff);
bool letter_new_paragraph(const struct letter *l, size_t i);

#define PHRASES(name) extern const char *const LETTER_##name[];
#include "pipeline/engine/letter_lists.def"
#undef PHRASES
