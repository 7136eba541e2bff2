/* The table of facts_words.def as one lexicon: a word of several classes is one row with all their bits. Filled once.
 */
#include "pipeline/facts/facts_parts.h"

#include <assert.h>
#include <pthread.h>

#include "base/map.h"

#define WORDS_BYTES_MAX 40000

static const struct {
    const char *words;
    uint64_t bit;
} TABLE[] = {
#define W(name, words) {words, (uint64_t)1 << FW_AT_##name},
#include "pipeline/facts/facts_words.def"
#undef W
};

static char words_text[WORDS_BYTES_MAX];
static struct lexicon_row words_rows[LEXICON_ROWS_MAX];
static size_t words_n, words_used;
static struct lexicon words_lexicon;
static pthread_once_t words_once = PTHREAD_ONCE_INIT;

static void words_add(struct map *seen, struct str word, uint64_t bit)
{
    struct lexicon_row *row = map_get(seen, word.p, word.n);
    if (!row) {
        assert(words_n < LEXICON_ROWS_MAX && words_used + word.n + 1 <= WORDS_BYTES_MAX);
        char *copy = words_text + words_used;
        for (size_t i = 0; i < word.n; i++)
            copy[i] = str_lower_char(word.p[i]);
        words_used += word.n + 1;
        row = &words_rows[words_n++];
        row->phrase = copy;
        if (!map_put(seen, word.p, word.n, row))
            assert(0);
    }
    row->value |= bit;
}

/* A phrase as the checked text is cut: hyphens separate words there. */
static void words_build(void)
{
    struct map *seen = map_new(LEXICON_ROWS_MAX);
    for (size_t i = 0; i < ARRAY_LEN(TABLE); i++) {
        struct str rest = str_of(TABLE[i].words), word;
        while (str_next_field(&rest, '|', &word)) {
            char low[128];
            size_t n = 0;
            for (; n < word.n && n < sizeof(low); n++)
                low[n] = word.p[n] == '-' || word.p[n] == '/' ? ' ' : str_lower_char(word.p[n]);
            words_add(seen, (struct str){low, n}, TABLE[i].bit);
        }
    }
    map_free(seen);

    lexicon_init(&words_lexicon, words_rows, words_n);
}

uint64_t facts_words_at(const struct token *t, size_t n, size_t i, size_t *ret_words)
{
    size_t words = 0;
    pthread_once(&words_once, words_build);
    const struct lexicon_row *row = lexicon_at(&words_lexicon, t, n, i, &words);
    uint64_t cls = 0;
    *ret_words = row ? words : 0;
    while (row) {
        cls |= row->value;
        row = lexicon_next(&words_lexicon, row, t, n, i, &words);
    }
    return cls;
}
