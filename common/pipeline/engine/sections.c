/* The phrase that covers the most words of a heading decides; of equal ones the more specific kind (rank). */
#include "pipeline/engine/sections.h"

#include <pthread.h>
#include "pipeline/engine/lexicon.h"

#define HEADING_WORDS_MAX 24
#define HEADING_WHOLE     0x100u

#define H(kind, phrase) {phrase, SECTION_##kind},
#define X(kind, phrase) {phrase, SECTION_##kind | HEADING_WHOLE},
static const struct lexicon_row heading_rows[] = {
#include "pipeline/engine/headings.def"
};
#undef H
#undef X

static struct lexicon heading_lexicon; /* constant once built */
static pthread_once_t heading_once = PTHREAD_ONCE_INIT;

static void heading_build(void)
{
    lexicon_init(&heading_lexicon, heading_rows, ARRAY_LEN(heading_rows));
}

static int kind_rank(enum section_kind k)
{
    static const int rank[] = {
        [SECTION_PREFERRED] = 8, [SECTION_APPLY] = 7,    [SECTION_LEGAL] = 6, [SECTION_REQUIREMENTS] = 5,
        [SECTION_DUTIES] = 4,    [SECTION_BENEFITS] = 3, [SECTION_OTHER] = 2, [SECTION_ABOUT] = 1};
    return rank[k];
}

enum section_kind section_classify(struct str heading, double *ret_share)
{
    pthread_once(&heading_once, heading_build);
    struct token t[HEADING_WORDS_MAX];
    size_t n = tokens_read(heading, t, HEADING_WORDS_MAX), best_words = 0;
    enum section_kind best = SECTION_NONE;
    for (size_t i = 0; i < n; i++) {
        size_t words;
        const struct lexicon_row *row = lexicon_at(&heading_lexicon, t, n, i, &words);
        for (; row; row = lexicon_next(&heading_lexicon, row, t, n, i, &words)) {
            enum section_kind kind = (enum section_kind)(row->value & 0xFFu);
            if ((row->value & HEADING_WHOLE) && words != n)
                continue;
            if (words > best_words || (words == best_words && kind_rank(kind) > kind_rank(best))) {
                best = kind;
                best_words = words;
            }
        }
    }
    if (ret_share)
        *ret_share = n ? (double)best_words / (double)n : 0;
    return best;
}

static const char *const kind_names[] = {"other",    "about", "duties", "requirements", "preferred",
                                         "benefits", "legal", "apply",  "other"};

const char *section_kind_name(enum section_kind k)
{
    return kind_names[k];
}

enum section_kind section_kind_from_name(struct str name)
{
    for (size_t i = 1; i < ARRAY_LEN(kind_names); i++)
        if (str_eqc(name, kind_names[i]))
            return (enum section_kind)i;
    return SECTION_NONE;
}
