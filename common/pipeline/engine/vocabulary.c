/* One open-addressed table keyed by hash. A key is a word's token hash, the pair hash of a phrase, or, salted, the stem
 * of a listed word; the form itself wins over its stem. A stem under which listed words disagree about topics says
 * nothing. */
#include "pipeline/engine/vocabulary.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "pipeline/engine/lex.h"

#define SLOTS       16384 /* power of two */
#define PHRASE_MARK 0x9e3779b9u
#define STEM_MARK   0x5bd1e995u
#define STEM_CHARS  5 /* a shorter word stands for its own form and the plural only */
#define TEXT_TOKENS 512

static const struct {
    const char *name, *sector, *words;
} TOPICS[] = {
#define TOPIC(name, sector, words) {#name, #sector, words},
#include "vocabulary_topics.def"
#undef TOPIC
};
static const struct {
    float weight;
    const char *words;
} COMMONS[] = {
#define COMMON(weight, words) {weight, words},
#include "vocabulary_common.def"
#undef COMMON
};
_Static_assert(ARRAY_LEN(TOPICS) <= VOCABULARY_TOPICS_MAX, "a bit per topic");

struct entry {
    uint32_t key; /* 0: free */
    float weight; /* below 0: not said */
    uint64_t topics;
    bool mixed; /* a stem whose words disagree */
};
static struct entry table[SLOTS];
static size_t used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t mixed(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    return h ? h : 1;
}

static uint32_t word_key(uint32_t token)
{
    return mixed(token);
}

static uint32_t stem_key(uint32_t stem)
{
    return mixed(stem ^ STEM_MARK);
}

static uint32_t phrase_key(uint32_t first, uint32_t second)
{
    return mixed(first * 31u ^ second ^ PHRASE_MARK);
}

static const struct entry *entry_get(uint32_t key)
{
    for (size_t i = key & (SLOTS - 1); table[i].key; i = (i + 1) & (SLOTS - 1))
        if (table[i].key == key)
            return &table[i];
    return NULL;
}

static struct entry *entry_put(uint32_t key)
{
    size_t i = key & (SLOTS - 1);
    while (table[i].key && table[i].key != key)
        i = (i + 1) & (SLOTS - 1);
    if (table[i].key == 0) {
        table[i] = (struct entry){.key = key, .weight = -1};
        used++;
        assert(used < SLOTS / 4 * 3);
    }
    return &table[i];
}

/* The next word of a row; in a phrase its second half in *ret_second. */
static bool row_next(const char **at, struct str *ret_first, struct str *ret_second)
{
    const char *p = *at + strspn(*at, " ");
    size_t n = strcspn(p, " ");
    struct str w = {.p = p, .n = n};
    *at = p + n;
    *ret_second = (struct str){.p = "", .n = 0};
    for (size_t i = 0; i < w.n; i++)
        if (w.p[i] == '_') {
            *ret_second = str_sub(w, i + 1, w.n);
            w.n = i;
        }
    *ret_first = w;
    return n > 0;
}

static void topic_put(size_t topic, struct str a, struct str b)
{
    uint64_t bit = UINT64_C(1) << topic;
    if (b.n) {
        entry_put(phrase_key(token_hash(a), token_hash(b)))->topics |= bit;
        return;
    }
    struct entry *e = entry_put(word_key(token_hash(a)));
    e->topics |= bit;
    e->weight = 1;
}

/* After all words are known: their stems, from whole entries. */
static void stem_put(struct str a)
{
    const struct entry *word = entry_get(word_key(token_hash(a)));
    if (a.n < STEM_CHARS || !word)
        return;
    struct entry e = *word;
    struct entry *s = entry_put(stem_key(lex_stem(a)));
    bool fresh = s->weight < 0 && s->topics == 0 && !s->mixed;
    if (!fresh && s->topics != e.topics)
        s->mixed = true;
    s->topics |= e.topics;
    s->weight = fresh ? e.weight : s->weight > e.weight && e.weight >= 0 ? e.weight : s->weight;
}

static void build(void)
{
    struct str a, b;
    for (size_t i = 0; i < ARRAY_LEN(TOPICS); i++)
        for (const char *p = TOPICS[i].words; row_next(&p, &a, &b);)
            topic_put(i, a, b);
    for (size_t i = 0; i < ARRAY_LEN(COMMONS); i++)
        for (const char *p = COMMONS[i].words; row_next(&p, &a, &b);) {
            struct entry *e = b.n ? NULL : entry_put(word_key(token_hash(a)));
            if (e && e->weight < 0)
                e->weight = COMMONS[i].weight;
        }
    for (size_t i = 0; i < ARRAY_LEN(TOPICS); i++)
        for (const char *p = TOPICS[i].words; row_next(&p, &a, &b);)
            if (b.n == 0)
                stem_put(a);
    for (size_t i = 0; i < ARRAY_LEN(COMMONS); i++)
        for (const char *p = COMMONS[i].words; row_next(&p, &a, &b);)
            if (b.n == 0)
                stem_put(a);
}

/* The form itself when it is listed; the stem only when it is not, for stemming is what costs. */
static const struct entry *entry_of(struct str w, const struct token *t, uint32_t *ret_stem, bool *ret_by_stem)
{
    const struct entry *e = entry_get(word_key(t->hash));
    *ret_by_stem = !e;
    if (e || (!ret_stem && w.n < STEM_CHARS - 1))
        return e;
    uint32_t stem = ret_stem ? *ret_stem : lex_stem(w);
    return w.n >= STEM_CHARS - 1 ? entry_get(stem_key(stem)) : NULL;
}

struct word_sense vocabulary_word(struct str text, const struct token *t)
{
    bool by_stem;
    pthread_once(&once, build);
    struct str w = token_str(text, t);
    struct word_sense r = {.weight = 1, .stem = lex_stem(w)};
    const struct entry *e = entry_of(w, t, &r.stem, &by_stem);
    if (!e)
        return r;
    r.weight = e->weight < 0 ? 1 : e->weight;
    r.topics = by_stem && e->mixed ? 0 : e->topics;
    return r;
}

static uint64_t topics_of_word(struct str text, const struct token *t)
{
    bool by_stem;
    const struct entry *e = entry_of(token_str(text, t), t, NULL, &by_stem);
    return !e || (by_stem && e->mixed) ? 0 : e->topics;
}

uint64_t vocabulary_phrase(const struct token *first, const struct token *second)
{
    pthread_once(&once, build);
    const struct entry *e = entry_get(phrase_key(first->hash, second->hash));
    return e ? e->topics : 0;
}

static void count_bits(uint64_t bits, uint16_t *counts)
{
    for (size_t i = 0; counts && bits; i++, bits >>= 1)
        counts[i] = (uint16_t)(counts[i] + (bits & 1));
}

static bool first_time(struct vocabulary_seen *s, uint32_t key)
{
    size_t i = key & (VOCABULARY_SEEN_SLOTS - 1);
    while (s->slots[i] && s->slots[i] != key)
        i = (i + 1) & (VOCABULARY_SEEN_SLOTS - 1);
    if (s->slots[i] || s->n > VOCABULARY_SEEN_SLOTS / 2)
        return false;
    s->slots[i] = key;
    s->n++;
    return true;
}

uint64_t vocabulary_topics(struct str text, uint16_t *counts, struct vocabulary_seen *seen)
{
    struct token t[TEXT_TOKENS];
    uint64_t all = 0;
    pthread_once(&once, build);
    size_t n = tokens_read(text, t, TEXT_TOKENS);
    for (size_t i = 0; i < n; i++) {
        uint64_t phrase = i + 1 < n ? vocabulary_phrase(&t[i], &t[i + 1]) : 0;
        uint64_t bits = phrase ? phrase : topics_of_word(text, &t[i]);
        uint32_t key = phrase ? phrase_key(t[i].hash, t[i + 1].hash) : word_key(t[i].hash);
        if (bits && (!seen || first_time(seen, key)))
            count_bits(bits, counts);
        all |= bits;
        i += phrase != 0;
    }
    return all;
}

size_t vocabulary_topics_n(void)
{
    return ARRAY_LEN(TOPICS);
}

const char *vocabulary_topic_name(size_t topic)
{
    return TOPICS[topic].name;
}

const char *vocabulary_topic_sector(size_t topic)
{
    return TOPICS[topic].sector;
}
