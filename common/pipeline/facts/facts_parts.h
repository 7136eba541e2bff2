/* Between the files that make up the fact check; nobody else includes this. */
#pragma once

#include "pipeline/engine/lexicon.h"
#include "pipeline/facts/facts.h"

enum {
#define W(name, words) FW_AT_##name,
#include "pipeline/facts/facts_words.def"
#undef W
    FW_CLASSES
};
_Static_assert(FW_CLASSES <= 64, "a bit for each class of words");
#define FW(name) ((uint64_t)1 << FW_AT_##name)

/* Classes of the word or phrase that starts at token i; *ret_words: length of the longest one. */
uint64_t facts_words_at(const struct token *t, size_t n, size_t i, size_t *ret_words);

/* tokens */

enum {
    FT_NUMBER = 1,    /* digits: a number is read here */
    FT_TECHNICAL = 2, /* inner capital, digit inside letters, two or more capitals, + # or . inside */
    FT_JOINED = 4,    /* follows the one before without a blank (hyphen, slash) */
    FT_BULLET = 8,    /* first after a bullet or heading mark */
    FT_QUOTED = 32,   /* between quotation marks */
    FT_SKIP = 16,     /* inside an address of mail or web, or a telephone number */
    FT_EMPLOYER = 64, /* may be a word of an employment's name (facts_index.names_seen) */
    FT_KNOWN = 128,   /* taken over from the profile's words with all that is said of it */
};
enum facts_scope { SCOPE_CLAIM = 0, SCOPE_COMPANY, SCOPE_WISH, SCOPE_GAP, SCOPE_POST, FACTS_SCOPES };
/* fword.post: a word of the post applied for; claimed: the sentence tells it of the person */
enum { FACTS_POST_COMPANY = 1, FACTS_POST_TITLE = 2, FACTS_POST_CLAIMED = 4 };

struct fword {
    uint64_t cls;
    uint32_t stem;
    int32_t number; /* index into the numbers, -1 */
    uint8_t flags;
    uint8_t phrase; /* words of the longest phrase that starts here */
    uint8_t scope;  /* enum facts_scope */
    uint8_t post;   /* FACTS_POST_ */
    char gap;       /* the heaviest sign between the token before and this one: ' ' , ; : ( ) | - / . \n " */
    bool stop;      /* says nothing about a field of work */
    bool used;      /* a check has judged it */
};

enum facts_unit { UNIT_COUNT = 1, UNIT_PERCENT, UNIT_MONEY, UNIT_TIMES, UNIT_MONTHS, UNIT_SECONDS, UNIT_YEAR };
enum facts_bound { BOUND_EXACT = 0, BOUND_ABOUT, BOUND_OVER, BOUND_UNDER };

struct fnumber {
    double value; /* months, seconds, per cent: in the unit */
    double grain; /* half of the last digit given ("1.4 million": 50,000); 0: exact */
    enum facts_unit unit;
    enum facts_bound bound;
    bool spelled, ordinal, vague; /* vague: "a third", "halved" */
    bool change;                  /* "halved", "doubled": says how something changed */
    bool known;                   /* taken over, see FT_KNOWN */
    int month;                    /* UNIT_YEAR: 1..12 or 0 */
    uint32_t nouns[3];            /* stems of the words that follow */
    uint32_t first, last;         /* tokens */
    int source;
};

struct ftext {
    struct str text;
    struct token *t;
    struct fword *w;
    size_t n;
    struct fnumber *numbers;
    size_t numbers_n, numbers_max;
};

struct facts_index;
/* Cuts text into words and numbers with their classes. A line that is a statement of the profile byte for byte is taken
 * over from index (NULL: none), which costs a tenth. false: the arena is exhausted. */
bool facts_text_read(struct arena *a, struct str text, const struct facts_index *index, struct ftext *ret);
/* The words alone: no classes, quotations or numbers in words. */
bool facts_words_read(struct arena *a, struct str text, struct ftext *ret);
/* Numbers that need several words ("two hundred", "half a million", "a dozen", "halved"), units, nouns, bounds. */
void facts_numbers_read(struct ftext *x, size_t max);
static inline struct str facts_token_str(const struct ftext *x, size_t i)
{
    return str_sub(x->text, x->t[i].start, x->t[i].end);
}
static inline bool facts_is_upper(const struct ftext *x, size_t i)
{
    return x->t[i].flags & TOKEN_UPPER;
}

/* what the profile states */

enum facts_section {
    SECTION_BASICS = 1,
    SECTION_WORK,
    SECTION_VOLUNTEER,
    SECTION_PROJECT,
    SECTION_EDUCATION,
    SECTION_CERTIFICATE,
    SECTION_SKILL,
    SECTION_LANGUAGE,
    SECTION_AWARD,
    SECTION_OTHER
};

struct fsource {
    struct str text, pointer, id;
    int employment; /* -1: none */
    int entry;      /* element of a section, -1: none */
    enum facts_section section;
    bool name, role, dated; /* the organization's name; a title; a date */
    uint32_t first, n;      /* its words in index.words */
    uint32_t at;            /* its bytes in index.words.text; as many as text has */
    uint64_t cls;           /* classes of all its words */
};

struct fentry {
    enum facts_section section;
    int employment;
    uint32_t first, n; /* sources */
    struct month start, end;
    bool current, open; /* open: a degree that is not finished */
    uint8_t level;      /* degree: 1..4, 0 none */
    uint64_t kinds;     /* classes FW(DEGREE_*) of the degree */
};

struct fnode {
    uint32_t key, source, at;
    int32_t next;
};
#define FACTS_SLOTS 4096
struct ftable {
    int32_t heads[FACTS_SLOTS];
    struct fnode *nodes;
    size_t n, cap;
};

#define FACTS_SEEN_BITS 1024
struct facts_index {
    const struct profile *p;
    struct fsource *sources;
    size_t sources_n, sources_max;
    struct fentry *entries;
    size_t entries_n, entries_max;
    const uint32_t *names; /* sources that name an employment's organization */
    size_t names_n;
    uint64_t names_seen[FACTS_SEEN_BITS / 64]; /* a bit for the hash of each of their words: most words are none */
    struct ftext words;                        /* all sources as one text: words of source s are [first, first + n) */
    struct ftable by_word;                     /* hash of a word */
    struct ftable by_stem;                     /* stem of a content word, once a source */
    struct ftable initials;                    /* hash of the initials of neighbouring capitalised words */
    struct ftable by_line;                     /* hash of all its bytes */
    const struct skill **skills;
    size_t skills_n;
    double log_n;
    size_t certificates_n, degrees_n, jobs_n;
};

static inline void facts_seen_add(uint64_t *seen, uint32_t hash)
{
    seen[hash % FACTS_SEEN_BITS / 64] |= (uint64_t)1 << (hash % 64);
}
static inline bool facts_seen(const uint64_t *seen, uint32_t hash)
{
    return seen[hash % FACTS_SEEN_BITS / 64] >> (hash % 64) & 1;
}
const struct fnode *facts_table_first(const struct ftable *t, uint32_t key);
const struct fnode *facts_table_next(const struct ftable *t, const struct fnode *n);
bool facts_states_skill(const struct facts_index *ix, const struct skill *s);
/* A word that the profile has in any form. */
bool facts_knows(const struct facts_index *ix, uint32_t hash, uint32_t stem);
/* Whether the tokens [from, to) stand one after the other in a source for which want(source) holds (NULL: any);
 * the source, or -1. */
int facts_run_source(const struct facts_index *ix, const struct ftext *x, size_t from, size_t to,
                     bool (*want)(const struct facts_index *ix, const struct fsource *s, int arg), int arg);

/* one check */

#define FACTS_ALIGN_MAX 8
struct falign {
    int source[FACTS_ALIGN_MAX]; /* best first */
    double score[FACTS_ALIGN_MAX];
    size_t n;
    float *all; /* score of every source, valid until the next alignment */
};

/* The employer or the title applied for, as words. */
#define FACTS_NAME_WORDS 20
#define FACTS_NAMES_MAX  8
struct fname {
    uint32_t hash[FACTS_NAME_WORDS], stem[FACTS_NAME_WORDS];
    uint8_t part[FACTS_NAME_WORDS];
    size_t n, core_from, core_to; /* the core is without "the" and the legal form */
    bool title;
};

struct fcheck {
    struct arena *a;
    const struct facts_input *in;
    const struct facts_index *ix;
    struct month now;
    struct ftext x;       /* the checked text */
    struct ftext posting; /* read when it is first asked for; n == 0: none */
    struct ftable posting_words;
    bool posting_read, failed; /* failed: the arena is exhausted */
    struct facts_violation *violations;
    size_t violations_n, violations_all;
    float *scores;
    uint32_t *touched;
    size_t touched_n;

    /* where the reading is */
    enum facts_section section; /* of a résumé's text; 0 unknown */
    int employment;             /* of a résumé's entry, or the last one a letter named; -1 */
    int entry;                  /* -1 */
    bool in_header, after_closing;
    uint32_t company[8]; /* hashes of the target employer's words */
    size_t company_n;
    struct fname posts[FACTS_NAMES_MAX];
    size_t posts_n;
    uint64_t posts_seen[FACTS_SEEN_BITS / 64]; /* hashes and stems of their words */

    int before[3]; /* what the sentence before was about */
    size_t before_n;

    /* the sentence under judgement */
    size_t from, to; /* tokens */
    struct falign align;
    uint64_t cls; /* of all its words */
    bool first_person;
};

void facts_violate(struct fcheck *c, enum facts_code code, size_t from, size_t to, int source);
/* Sources that share rare words with tokens [from, to); only words of SCOPE_CLAIM when claim. */
void facts_align(struct fcheck *c, size_t from, size_t to, bool claim, struct falign *ret);
double facts_weight(const struct facts_index *ix, uint32_t stem);
/* The employments that the tokens name; bits, and the token of each name. */
uint64_t facts_employers_named(const struct fcheck *c, size_t from, size_t to, size_t *ret_at);
bool facts_is_company_word(const struct fcheck *c, uint32_t hash);
bool facts_in_posting(struct fcheck *c, size_t from, size_t to);
/* The posting's text, or what the analysis quotes of it. */
const struct ftext *facts_posting(struct fcheck *c);

void facts_posts_find(struct fcheck *c);               /* the names, once a text */
void facts_posts_mark(struct fcheck *c);               /* where the sentence says them */
bool facts_told_of(const struct fcheck *c, size_t to); /* ", where I did ..." begins at token to */
void facts_posts_scope(struct fcheck *c);              /* which of them are no claims; after facts_scopes */
void facts_scopes(struct fcheck *c);                   /* who each part of the sentence is about */
void facts_check_numbers(struct fcheck *c, int employment, size_t from, size_t to);
void facts_check_dates(struct fcheck *c, int employment, size_t from, size_t to);
bool facts_duration_true(struct fcheck *c, const struct fnumber *m, int employment);
void facts_check_titles(struct fcheck *c, int employment);
void facts_check_degrees(struct fcheck *c);
void facts_check_certificates(struct fcheck *c);
void facts_check_names(struct fcheck *c);
void facts_check_scope(struct fcheck *c, int employment, size_t from, size_t to);
void facts_check_attribution(struct fcheck *c, int employment, size_t from, size_t to);
bool facts_numbers_equal(const struct fnumber *text, const struct fnumber *stated);
int facts_duration_months(const struct facts_index *ix, int employment, struct month now);
/* End of the sentence that starts at token i of x. */
size_t facts_sentence_end(const struct ftext *x, size_t i, enum facts_kind kind);
