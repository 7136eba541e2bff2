/* Hashed features with signs (the hashing trick), sub-linear in their count, weighted by how telling they are.
 *
 *   dictionary skill 3.0, its field 0.5 | word 1.0, or less when every posting has it | character 4-grams 0.25 together
 * per word
 *
 * Features are gathered in a table first, because the square root of a count cannot be added up piecewise. A feature
 * adds to two dimensions, so that one collision does not decide. Nothing depends on the machine: integer hashes, float
 * sums in text order. */
#include "pipeline/engine/embed.h"

#include <math.h>
#include <pthread.h>
#include "pipeline/engine/skills_internal.h"

#define EMBED_TEXT_MAX_BYTES ((size_t)48 * 1024) /* a longer text says nothing new */
#define EMBED_TABLE          16384               /* power of two */
#define EMBED_TABLE_MAX      (EMBED_TABLE / 4 * 3)
#define EMBED_CHUNK_TOKENS   512
#define GRAM                 4
#define WORD_BYTES_MAX       40

struct feature {
    uint32_t hash;
    float weight, count;
};

/* The features in the order in which they came; slots[] finds them by hash. Only slots[] has to be cleared. */
struct features {
    uint16_t slots[EMBED_TABLE]; /* feature + 1 */
    size_t n;
    struct feature list[EMBED_TABLE_MAX];
};
_Static_assert(EMBED_TABLE_MAX < UINT16_MAX, "slots hold feature numbers");

/* Words that nearly every posting and résumé has; the first row not at all, the second little. */
static const char *const words_empty[] = {
    "a",     "an",    "the",  "and",   "or",   "of",    "to",     "in",   "for",   "on",   "with",  "at",   "by",
    "from",  "as",    "is",   "are",   "was",  "were",  "be",     "been", "being", "it",   "its",   "this", "that",
    "these", "those", "we",   "you",   "your", "our",   "us",     "i",    "my",    "me",   "he",    "she",  "they",
    "them",  "their", "will", "would", "can",  "could", "should", "may",  "might", "must", "have",  "has",  "had",
    "do",    "does",  "did",  "not",   "no",   "but",   "if",     "so",   "than",  "then", "there", "here", "what",
    "who",   "which", "when", "where", "how",  "all",   "any",    "each", "every", "some", "such",  "more", "most",
    "other", "into",  "over", "under", "up",   "out",   "about",  "also", "who",   "whom", "youll", "youd", "youve",
    "were",  "well",  "dont", "und",   "der",  "die",   "das",    "mit",  "im",    "de",   "la",    "le",   "et",
    "el",    "y",     "per",  "via",   "etc",  "eg",    "ie",     "s",    "t"};
static const char *const words_common[] = {"experience",
                                           "team",
                                           "teams",
                                           "work",
                                           "working",
                                           "role",
                                           "job",
                                           "position",
                                           "company",
                                           "years",
                                           "year",
                                           "skills",
                                           "skill",
                                           "ability",
                                           "able",
                                           "strong",
                                           "required",
                                           "requirements",
                                           "preferred",
                                           "including",
                                           "new",
                                           "people",
                                           "across",
                                           "within",
                                           "help",
                                           "support",
                                           "using",
                                           "use",
                                           "used",
                                           "well",
                                           "good",
                                           "great",
                                           "day",
                                           "days",
                                           "week",
                                           "time",
                                           "full",
                                           "join",
                                           "looking",
                                           "apply",
                                           "application",
                                           "salary",
                                           "benefits",
                                           "opportunity",
                                           "employment",
                                           "equal",
                                           "candidates",
                                           "candidate",
                                           "qualifications",
                                           "responsibilities",
                                           "knowledge",
                                           "understanding",
                                           "excellent",
                                           "provide",
                                           "ensure",
                                           "environment",
                                           "must",
                                           "nice",
                                           "need",
                                           "one",
                                           "two",
                                           "three",
                                           "four",
                                           "five",
                                           "make",
                                           "made",
                                           "get",
                                           "take",
                                           "based",
                                           "part",
                                           "two",
                                           "high",
                                           "best",
                                           "own",
                                           "remote",
                                           "hybrid",
                                           "office",
                                           "location",
                                           "status",
                                           "pay",
                                           "range",
                                           "month",
                                           "months",
                                           "per",
                                           "plus",
                                           "related",
                                           "field",
                                           "degree",
                                           "bachelors",
                                           "equivalent",
                                           "minimum",
                                           "least",
                                           "current",
                                           "currently",
                                           "first",
                                           "through",
                                           "between",
                                           "both",
                                           "while",
                                           "during",
                                           "after",
                                           "before",
                                           "without",
                                           "only",
                                           "own",
                                           "like",
                                           "know",
                                           "want",
                                           "keep",
                                           "us",
                                           "usa",
                                           "united",
                                           "states",
                                           "resume",
                                           "letter",
                                           "please",
                                           "insurance",
                                           "health",
                                           "medical",
                                           "dental",
                                           "paid",
                                           "leave",
                                           "position",
                                           "employer",
                                           "opening",
                                           "interview",
                                           "process",
                                           "set",
                                           "level",
                                           "various",
                                           "successful",
                                           "develop",
                                           "development",
                                           "manage",
                                           "management",
                                           "lead",
                                           "led",
                                           "built",
                                           "build"};

/* The two lists by the hash of the word. Filled once by the first caller, constant afterwards. */
#define STOP_SLOTS 1024 /* power of two */
static struct {
    uint32_t hash[STOP_SLOTS];
    float weight[STOP_SLOTS];
} stops;
static pthread_once_t stops_once = PTHREAD_ONCE_INIT;

static void stop_put(const char *word, float weight)
{
    uint32_t h = token_hash(str_of(word));
    size_t i = h & (STOP_SLOTS - 1);
    while (stops.hash[i] && stops.hash[i] != h)
        i = (i + 1) & (STOP_SLOTS - 1);
    if (stops.hash[i] == 0) {
        stops.hash[i] = h;
        stops.weight[i] = weight;
    }
}

static void stops_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(words_empty); i++)
        stop_put(words_empty[i], 0);
    for (size_t i = 0; i < ARRAY_LEN(words_common); i++)
        stop_put(words_common[i], 0.15f);
}
_Static_assert(ARRAY_LEN(words_empty) + ARRAY_LEN(words_common) < STOP_SLOTS / 2, "room to probe");

static float stop_weight(uint32_t h)
{
    for (size_t i = h & (STOP_SLOTS - 1); stops.hash[i]; i = (i + 1) & (STOP_SLOTS - 1))
        if (stops.hash[i] == h)
            return stops.weight[i];
    return 1.0f;
}

static void features_clear(struct features *f)
{
    memset(f->slots, 0, sizeof(f->slots));
    f->n = 0;
}

static void feature_add(struct features *f, uint32_t hash, float weight, float count)
{
    size_t i = hash & (EMBED_TABLE - 1);
    if (hash == 0)
        hash = 1;
    while (f->slots[i] && f->list[f->slots[i] - 1].hash != hash)
        i = (i + 1) & (EMBED_TABLE - 1);
    if (f->slots[i] == 0) {
        if (f->n >= EMBED_TABLE_MAX)
            return;
        f->list[f->n] = (struct feature){.hash = hash, .weight = weight};
        f->slots[i] = (uint16_t)++f->n;
    }
    f->list[f->slots[i] - 1].count += count;
}

static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ h >> 16;
}

/* Plural and simple endings fall away, so that "nurses" meets "nurse" and "engineering" meets "engineer". */
static struct str stem(struct str w)
{
    static const struct {
        char text[8];
        size_t n;
    } endings[] = {{"ings", 4}, {"ing", 3}, {"ies", 3}, {"ers", 3}, {"er", 2}, {"es", 2}, {"ed", 2}, {"s", 1}};
    char last = w.n ? str_lower_char(w.p[w.n - 1]) : ' ';
    if (last != 's' && last != 'g' && last != 'r' && last != 'd')
        return w;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (w.n > endings[i].n + 3 && endings[i].text[endings[i].n - 1] == last && str_iends(w, endings[i].text))
            return str_sub(w, 0, w.n - endings[i].n);
    return w;
}

/* The word in small letters; false when it has anything that token_hash treats in another way. */
static bool lower_plain(struct str w, char ret[WORD_BYTES_MAX])
{
    bool plain = true;
    for (size_t i = 0; i < w.n; i++) {
        ret[i] = str_lower_char(w.p[i]);
        plain = plain && (unsigned char)ret[i] < 0x80 && ret[i] != '\'';
    }
    return plain;
}

/* token_hash of GRAM bytes of such a word. */
static uint32_t gram_hash(const char *low)
{
    uint32_t h = TOKEN_HASH_SEED;
    for (size_t k = 0; k < GRAM; k++)
        h = (h ^ (unsigned char)low[k]) * TOKEN_HASH_PRIME;
    return h;
}

static void word_features(struct features *f, struct str w, const struct token *t, float factor)
{
    if (w.n < 2 || w.n > WORD_BYTES_MAX || (t->flags & TOKEN_DIGIT))
        return;
    float weight = stop_weight(t->hash) * factor;
    if (weight <= 0)
        return;
    struct str base = stem(w);
    feature_add(f, mix((base.n == w.n ? t->hash : token_hash(base)) ^ 0x57u), weight, 1);
    if (w.n < GRAM + 1)
        return;
    float gram = 0.25f * weight / sqrtf((float)(w.n - GRAM + 1));
    char low[WORD_BYTES_MAX];
    bool plain = lower_plain(base, low);
    for (size_t i = 0; i + GRAM <= base.n; i++) {
        uint32_t h = plain ? gram_hash(low + i) : token_hash(str_sub(base, i, i + GRAM));
        feature_add(f, mix(h ^ 0x6772u), gram, 1);
    }
}

static void skill_features(struct features *f, const struct skill *s, float factor)
{
    uint32_t h = token_hash(str_of(s->slug)), field = token_hash(str_of(s->field));
    bool soft = strcmp(s->field, "soft") == 0;
    feature_add(f, mix(h ^ 0x534b494cu), (soft ? 0.5f : 3.0f) * factor, 1);
    if (!soft)
        feature_add(f, mix(field ^ 0x4649454cu), 0.5f * factor, 1);
}

static void text_features(struct features *f, struct str text, float factor)
{
    pthread_once(&stops_once, stops_build);
    struct token t[EMBED_CHUNK_TOKENS];
    struct skill_mention m[EMBED_CHUNK_TOKENS];
    text = str_sub(text, 0, MIN(text.n, EMBED_TEXT_MAX_BYTES));
    while (text.n) {
        size_t n = tokens_read(text, t, EMBED_CHUNK_TOKENS);
        if (n == 0)
            break;
        size_t found = skills_find_tokens(text, t, n, m, ARRAY_LEN(m));
        for (size_t i = 0; i < n; i++)
            word_features(f, token_str(text, &t[i]), &t[i], factor);
        for (size_t i = 0; i < found; i++)
            skill_features(f, m[i].skill, factor);
        text = str_sub(text, t[n - 1].end, text.n);
    }
}

static void vector_make(const struct features *f, float ret[EMBED_DIMENSIONS])
{
    double norm = 0;
    memset(ret, 0, sizeof(float) * EMBED_DIMENSIONS);
    for (size_t i = 0; i < f->n; i++) {
        const struct feature *x = &f->list[i];
        float v = x->weight * sqrtf(x->count);
        uint32_t a = mix(x->hash ^ 0x9e3779b9u), b = mix(x->hash ^ 0x85ebca6bu);
        ret[(a >> 1) % EMBED_DIMENSIONS] += a & 1 ? v : -v;
        ret[(b >> 1) % EMBED_DIMENSIONS] += b & 1 ? v : -v;
    }
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        norm += (double)ret[i] * ret[i];
    if (norm <= 1e-12) {
        ret[0] = 1.0f; /* no word at all */
        return;
    }
    double scale = 1.0 / sqrt(norm);
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        ret[i] = (float)(ret[i] * scale);
}

void embed_text(struct str text, float ret[EMBED_DIMENSIONS])
{
    struct features f;
    features_clear(&f);
    text_features(&f, text, 1.0f);
    vector_make(&f, ret);
}

struct embedder {
    struct features f;
};

static void embedder_reset(struct embedder *e)
{
    features_clear(&e->f);
}

/* NULL when exhausted. */
static struct embedder *embedder_new(struct arena *a)
{
    struct embedder *e = arena_try_alloc(a, sizeof(*e));
    if (e)
        embedder_reset(e);
    return e;
}

static void embedder_add(struct embedder *e, struct str s, float factor)
{
    if (s.n)
        text_features(&e->f, s, factor);
}

static void profile_skills(struct embedder *e, const struct profile *p)
{
    for (size_t i = 0; i < p->skills_n; i++) {
        if (p->skills[i].skill)
            skill_features(&e->f, p->skills[i].skill, 1.0f);
        embedder_add(e, p->skills[i].label, 1.0f);
    }
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *at = &p->atoms[i];
        for (size_t k = 0; k < at->skills_n; k++)
            skill_features(&e->f, at->skills[k], at->kind == ATOM_SKILL ? 1.0f : 0.6f);
        if (at->kind == ATOM_CERTIFICATE || at->kind == ATOM_LANGUAGE)
            embedder_add(e, at->text, 0.8f);
    }
    embedder_add(e, p->label, 1.5f);
}

static void profile_experience(struct embedder *e, const struct profile *p)
{
    for (size_t i = 0; i < p->employments_n; i++)
        embedder_add(e, p->employments[i].role, 1.5f);
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *at = &p->atoms[i];
        if (at->kind == ATOM_HIGHLIGHT || at->kind == ATOM_SUMMARY || at->kind == ATOM_EDUCATION ||
            at->kind == ATOM_CERTIFICATE)
            embedder_add(e, at->text, 1.0f);
    }
    if (e->f.n == 0)
        embedder_add(e, p->summary, 1.0f);
    if (e->f.n == 0)
        profile_skills(e, p);
}

static void profile_goals(struct embedder *e, const struct profile *p)
{
    for (size_t i = 0; i < p->goals_n; i++)
        embedder_add(e, p->goals[i], 1.5f);
    embedder_add(e, p->label, 1.0f);
    embedder_add(e, p->summary, p->goals_n ? 0.5f : 1.0f);
    if (e->f.n == 0)
        profile_experience(e, p);
}

int embed_profile_make(struct arena *a, const struct profile *p, struct embed_profile *ret, struct err *err)
{
    struct embedder *e = embedder_new(a);
    if (!e)
        return err_set(err, ERR_MEMORY, "the embedding needs more memory than its limit");
    profile_skills(e, p);
    vector_make(&e->f, ret->skills);
    embedder_reset(e);
    profile_experience(e, p);
    vector_make(&e->f, ret->experience);
    embedder_reset(e);
    profile_goals(e, p);
    vector_make(&e->f, ret->goals);
    return 0;
}

/* The posting without what says nothing about the work: benefits, law, how to apply. */
static void posting_description(struct embedder *e, const struct posting *posting, const struct analysis *an)
{
    size_t at = 0;
    embedder_add(e, an->title, 2.0f);
    for (size_t i = 0; i < an->sections_n; i++) {
        const struct analysis_section *s = &an->sections[i];
        bool skip = str_eqc(s->kind, "benefits") || str_eqc(s->kind, "legal") || str_eqc(s->kind, "apply");
        if (s->start > at && s->start <= posting->text.n)
            embedder_add(e, str_sub(posting->text, at, s->start), 1.0f);
        at = MAX(at, MIN(s->start, posting->text.n));
        if (skip)
            at = MAX(at, MIN(s->end, posting->text.n));
    }
    if (at < posting->text.n)
        embedder_add(e, str_sub(posting->text, at, posting->text.n), 1.0f);
}

static void posting_requirements(struct embedder *e, const struct analysis *an)
{
    embedder_add(e, an->title, 1.5f);
    for (size_t i = 0; i < an->requirements_n; i++)
        embedder_add(e, an->requirements[i].text, an->requirements[i].priority == REQUIREMENT_REQUIRED ? 1.0f : 0.6f);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        embedder_add(e, an->responsibilities[i].text, 0.6f);
}

int embed_posting_make(struct arena *a, const struct posting *posting, const struct analysis *an,
                       struct embed_posting *ret, struct err *err)
{
    struct embedder *e = embedder_new(a);
    if (!e)
        return err_set(err, ERR_MEMORY, "the embedding needs more memory than its limit");
    posting_description(e, posting, an);
    vector_make(&e->f, ret->description);
    if (an->requirements_n || an->responsibilities_n) {
        embedder_reset(e);
        posting_requirements(e, an);
    }
    vector_make(&e->f, ret->requirements);
    return 0;
}

static double dot(const float *x, const float *y)
{
    double sum = 0;
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

double embed_similarity(const struct embed_profile *u, const struct embed_posting *j)
{
    double s = 0.40 * dot(u->skills, j->description) + 0.35 * dot(u->experience, j->requirements) +
               0.25 * dot(u->goals, j->description);
    return fmax(-1, fmin(1, s));
}
