/* One open-addressed table, built once. The form in -ing drops a silent e and doubles the last letter of short words
 * (plan, planning); the form in -s follows spelling. A form that no one uses does no harm. */
#include "pipeline/engine/skill_words.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include "pipeline/engine/lexicon.h"

#define SLOTS    8192 /* power of two, more than twice the words */
#define WORD_MAX 32

static const struct {
    uint32_t bits;
    const char *words;
} word_rows[] = {
#define VERB           SKILL_WORD_VERB
#define ATTITUDE       SKILL_WORD_ATTITUDE
#define SOFT_HEAD      SKILL_WORD_SOFT_HEAD
#define DEGREE         SKILL_WORD_DEGREE
#define STOP           SKILL_WORD_STOP
#define END            SKILL_WORD_END
#define FIELD          SKILL_WORD_FIELD
#define CUE            SKILL_WORD_CUE
#define MODAL          SKILL_WORD_MODAL
#define LINK           SKILL_WORD_LINK
#define NO_SKILL       SKILL_WORD_NO_SKILL
#define US             SKILL_WORD_US
#define YOU            SKILL_WORD_YOU
#define OFFER          SKILL_WORD_OFFER
#define JOB            SKILL_WORD_JOB
#define GENERIC        SKILL_WORD_GENERIC
#define WEAK           SKILL_WORD_WEAK
#define W(bits, words) {bits, words},
#include "pipeline/engine/skill_words.def"
};

static struct {
    uint32_t hash, bits;
} table[SLOTS]; /* constant once built */
static size_t table_n;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void word_add(struct str w, uint32_t bits)
{
    uint32_t hash = token_hash(w);
    size_t i = hash & (SLOTS - 1);
    while (table[i].bits && table[i].hash != hash)
        i = (i + 1) & (SLOTS - 1);
    table_n += table[i].bits == 0;
    assert(table_n < SLOTS / 2);
    table[i].hash = hash;
    table[i].bits |= bits;
}

static bool is_vowel(char c)
{
    return strchr("aeiou", c) != NULL;
}

static void verb_add(struct str w, uint32_t more)
{
    char form[WORD_MAX + 8];
    char last = w.p[w.n - 1], before = w.n > 1 ? w.p[w.n - 2] : 'x', third = w.n > 2 ? w.p[w.n - 3] : 'a';
    bool drop = last == 'e' && !is_vowel(before);
    bool twice = w.n <= 5 && !is_vowel(last) && is_vowel(before) && !is_vowel(third) && !strchr("wxyr", last);
    int n = snprintf(form, sizeof(form), "%.*s%s%sing", (int)(w.n - drop), w.p, twice ? (char[]){last, 0} : "", "");
    word_add((struct str){form, (size_t)n}, SKILL_WORD_VERB_ING | more);
    bool es = last == 's' || last == 'x' || (last == 'h' && (before == 's' || before == 'c')),
         ies = last == 'y' && !is_vowel(before);
    n = snprintf(form, sizeof(form), "%.*s%s", (int)(w.n - ies), w.p, ies ? "ies" : es ? "es" : "s");
    word_add((struct str){form, (size_t)n}, SKILL_WORD_VERB_S | more);
}

static void table_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(word_rows); i++) {
        struct str rest = str_of(word_rows[i].words), w;
        uint32_t bits = word_rows[i].bits;
        while (str_next_field(&rest, ' ', &w)) {
            if (w.n == 0 || w.n > WORD_MAX)
                continue;
            word_add(w, bits);
            if (bits & (SKILL_WORD_VERB | SKILL_WORD_LINK | SKILL_WORD_NO_SKILL))
                verb_add(w, bits & (SKILL_WORD_LINK | SKILL_WORD_NO_SKILL));
        }
    }
}

uint32_t skill_word_classes(uint32_t hash)
{
    pthread_once(&table_once, table_build);
    for (size_t i = hash & (SLOTS - 1); table[i].bits; i = (i + 1) & (SLOTS - 1))
        if (table[i].hash == hash)
            return table[i].bits;
    return 0;
}
