/* Hashed features with signs (the hashing trick), sub-linear in their count, weighted by how telling they are.
 *
 *   a skill of the dictionary   2.5    its relations (a kind of it, what it is a kind of, neighbours) 0.8 .. 1.5, its
 * field 0.5 a topic (vocabulary.h)      2     its sector 0.6: a caregiver is near a nurse, and nearer to a therapist
 * than to a welder a word, by its stem         1     or less when every posting has it character 4-grams           0.3
 * together per word: typing errors and forms that the stem misses
 *
 * Features are gathered in a table first, because the square root of a count cannot be added up piecewise. A feature
 * adds to two dimensions, so that one collision does not decide; topics, of which there are few and which matter, to
 * six. Nothing depends on the machine: integer hashes, float sums in text order, no fused operations
 * (cmake/warnings.cmake). */
#include "pipeline/engine/embed_features.h"

#include <math.h>
#include "pipeline/engine/relations.h"
#include "pipeline/engine/skills_internal.h"
#include "pipeline/engine/vocabulary.h"

#define TEXT_MAX_BYTES ((size_t)48 * 1024) /* a longer text says nothing new */
#define CHUNK_TOKENS   512
#define GRAM           4
#define WORD_BYTES_MAX 40

#define SKILL_WEIGHT         2.5f
#define SKILL_SOFT_WEIGHT    0.4f
#define SKILL_GENERAL_WEIGHT 1.0f
#define SKILL_FIELD          0.5f
#define SKILL_BROADER        1.5f
#define SKILL_NARROWER       1.6f /* divided by the root of their number */
#define SKILL_SIMILAR        1.2f
#define TOPIC_WEIGHT         2.0f
#define SECTOR_WEIGHT        0.6f
#define GRAM_WEIGHT          0.3f
#define MUTED_WEIGHT         0.1f

enum {
    KIND_WORD = 0x57,
    KIND_GRAM = 0x6772,
    KIND_SKILL = 0x534b494c,
    KIND_FIELD = 0x4649454c,
    KIND_TOPIC = 0x544f5049,
    KIND_SECTOR = 0x53454354
};

void features_clear(struct features *f)
{
    memset(f->slots, 0, sizeof(f->slots));
    memset(f->word_slots, 0, sizeof(f->word_slots));
    f->n = f->words_n = f->skills_n = 0;
    f->muted_n = 0;
}

static void feature_add(struct features *f, uint32_t hash, float weight, float factor)
{
    size_t i = hash & (FEATURES_SLOTS - 1);
    while (f->slots[i] && f->list[f->slots[i] - 1].hash != hash)
        i = (i + 1) & (FEATURES_SLOTS - 1);
    if (f->slots[i] == 0) {
        if (f->n >= FEATURES_MAX)
            return;
        f->list[f->n] = (struct feature){.hash = hash};
        f->slots[i] = (uint16_t)++f->n;
    }
    f->list[f->slots[i] - 1].mass += weight * weight * factor;
}

static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ h >> 16;
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

static void gram_features(struct features *f, struct str w, float weight, float factor)
{
    if (w.n < GRAM + 1 || weight < 0.2f)
        return;
    float gram = GRAM_WEIGHT * weight / sqrtf((float)(w.n - GRAM + 1));
    char low[WORD_BYTES_MAX];
    bool plain = lower_plain(w, low);
    for (size_t i = 0; i + GRAM <= w.n; i++) {
        uint32_t h = plain ? gram_hash(low + i) : token_hash(str_sub(w, i, i + GRAM));
        feature_add(f, mix(h ^ KIND_GRAM), gram, factor);
    }
}

static void topic_features(struct features *f, uint64_t topics, float factor)
{
    for (size_t i = 0; topics; i++, topics >>= 1) {
        if (!(topics & 1))
            continue;
        feature_add(f, mix((uint32_t)i ^ KIND_TOPIC), TOPIC_WEIGHT, factor);
        feature_add(f, mix(token_hash(str_of(vocabulary_topic_sector(i))) ^ KIND_SECTOR), SECTOR_WEIGHT, factor);
    }
}

static bool muted(const struct features *f, uint32_t token)
{
    for (size_t i = 0; i < f->muted_n; i++)
        if (f->muted[i] == token)
            return true;
    return false;
}

static void word_features(struct features *f, const struct pending_word *p)
{
    struct word_sense s = vocabulary_word(p->word, &(struct token){.end = (uint32_t)p->word.n, .hash = p->token.hash});
    if (f->muted_n && muted(f, p->token.hash))
        s = (struct word_sense){.weight = MUTED_WEIGHT, .stem = s.stem};
    if (s.weight <= 0)
        return;
    feature_add(f, mix(s.stem ^ KIND_WORD), s.weight, p->factor);
    gram_features(f, p->word, s.weight, p->factor);
    if (p->topic_factor > 0)
        topic_features(f, s.topics, p->topic_factor);
}

static void word_put(struct features *f, struct str text, const struct token *t, bool in_phrase, float factor)
{
    struct str w = token_str(text, t);
    if (w.n < 2 || w.n > WORD_BYTES_MAX || (t->flags & TOKEN_DIGIT))
        return;
    float topic_factor = in_phrase ? 0 : factor;
    size_t i = mix(t->hash) & (FEATURES_WORD_SLOTS - 1);
    while (f->word_slots[i] && f->words[f->word_slots[i] - 1].token.hash != t->hash)
        i = (i + 1) & (FEATURES_WORD_SLOTS - 1);
    if (f->word_slots[i]) {
        f->words[f->word_slots[i] - 1].factor += factor;
        f->words[f->word_slots[i] - 1].topic_factor += topic_factor;
        return;
    }
    struct pending_word p = {.word = w, .token = *t, .factor = factor, .topic_factor = topic_factor};
    if (f->words_n == FEATURES_WORDS_MAX) {
        word_features(f, &p);
        return;
    }
    f->words[f->words_n] = p;
    f->word_slots[i] = (uint16_t)++f->words_n;
}

/* Less for what any job may ask for (project management, a language): words that say little make a name that says
 * little. */
static float skill_weight(const struct skill *s)
{
    struct token t[4];
    struct str label = str_of(s->label);
    size_t n = tokens_read(label, t, ARRAY_LEN(t));
    float best = 0;
    if (strcmp(s->field, "language") == 0)
        return SKILL_GENERAL_WEIGHT;
    for (size_t i = 0; i < n; i++) {
        float w = vocabulary_word(label, &t[i]).weight;
        best = i + 1 < n && vocabulary_phrase(&t[i], &t[i + 1]) ? 1.0f : MAX(best, w);
        if (best >= 1)
            return SKILL_WEIGHT;
    }
    return best > 0.5f ? SKILL_WEIGHT : SKILL_GENERAL_WEIGHT;
}

static void skill_features(struct features *f, const struct skill *s, float factor)
{
    uint32_t h = token_hash(str_of(s->slug));
    if (strcmp(s->field, "soft") == 0) {
        feature_add(f, mix(h ^ KIND_SKILL), SKILL_SOFT_WEIGHT, factor);
        return;
    }
    float weight = skill_weight(s);
    feature_add(f, mix(h ^ KIND_SKILL), weight, factor);
    if (weight < SKILL_WEIGHT)
        return;
    feature_add(f, mix(token_hash(str_of(s->field)) ^ KIND_FIELD), SKILL_FIELD, factor);
    const struct relation *r;
    size_t n = relations_of(s, &r), narrower = 0;
    for (size_t i = 0; i < n; i++)
        narrower += r[i].kind == RELATION_IMPLIED_BY && r[i].to->core;
    for (size_t i = 0; i < n; i++) {
        if (!r[i].to->core)
            continue;
        float w = r[i].kind == RELATION_IMPLIES   ? SKILL_BROADER
                  : r[i].kind == RELATION_SIMILAR ? SKILL_SIMILAR
                                                  : SKILL_NARROWER / sqrtf((float)(narrower + 3));
        feature_add(f, mix(token_hash(str_of(r[i].to->slug)) ^ KIND_SKILL), w, factor);
    }
}

void features_skill(struct features *f, const struct skill *s, float factor)
{
    size_t i = 0;
    if (!s->core)
        return;
    while (i < f->skills_n && f->skills[i].skill != s)
        i++;
    if (i == FEATURES_SKILLS_MAX) {
        skill_features(f, s, factor);
        return;
    }
    if (i == f->skills_n)
        f->skills[f->skills_n++] = (struct pending_skill){.skill = s};
    f->skills[i].factor += factor;
}

static void settle(struct features *f)
{
    for (size_t i = 0; i < f->words_n; i++)
        word_features(f, &f->words[i]);
    for (size_t i = 0; i < f->skills_n; i++)
        skill_features(f, f->skills[i].skill, f->skills[i].factor);
    if (f->words_n)
        memset(f->word_slots, 0, sizeof(f->word_slots));
    f->words_n = f->skills_n = 0;
}

bool features_empty(struct features *f)
{
    settle(f);
    return f->n == 0;
}

void features_mute(struct features *f, struct str name)
{
    struct token t[FEATURES_MUTED];
    f->muted_n = tokens_read(name, t, FEATURES_MUTED);
    for (size_t i = 0; i < f->muted_n; i++)
        f->muted[i] = t[i].hash;
}

void features_text(struct features *f, struct str text, float factor)
{
    struct token t[CHUNK_TOKENS];
    struct skill_mention m[CHUNK_TOKENS];
    text = str_sub(text, 0, MIN(text.n, TEXT_MAX_BYTES));
    while (text.n) {
        size_t n = tokens_read(text, t, CHUNK_TOKENS);
        if (n == 0)
            break;
        size_t found = skills_find_tokens(text, t, n, m, ARRAY_LEN(m));
        for (size_t i = 0; i < n; i++) {
            uint64_t phrase = i + 1 < n ? vocabulary_phrase(&t[i], &t[i + 1]) : 0;
            topic_features(f, phrase, factor);
            word_put(f, text, &t[i], phrase != 0, factor);
            if (phrase)
                word_put(f, text, &t[++i], true, factor);
        }
        for (size_t i = 0; i < found; i++)
            features_skill(f, m[i].skill, factor);
        text = str_sub(text, t[n - 1].end, text.n);
    }
}

void features_vector(struct features *f, float ret[EMBED_DIMENSIONS])
{
    double norm = 0;
    settle(f);
    memset(ret, 0, sizeof(float) * EMBED_DIMENSIONS);
    for (size_t i = 0; i < f->n; i++) {
        const struct feature *x = &f->list[i];
        float v = sqrtf(x->mass);
        uint32_t a = mix(x->hash ^ 0x9e3779b9u), b = mix(x->hash ^ 0x85ebca6bu);
        ret[(a >> 1) % EMBED_DIMENSIONS] += a & 1 ? v : -v;
        ret[(b >> 1) % EMBED_DIMENSIONS] += b & 1 ? v : -v;
    }
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        norm += (double)ret[i] * ret[i];
    if (norm <= 1e-12) {
        memset(ret, 0, sizeof(float) * EMBED_DIMENSIONS);
        ret[0] = 1.0f; /* no word at all */
        return;
    }
    double scale = 1.0 / sqrt(norm);
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        ret[i] = (float)(ret[i] * scale);
}
