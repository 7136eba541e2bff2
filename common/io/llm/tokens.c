/* Byte-pair tokenizers take common words whole and split the rest. The estimate walks the text once: a word of ASCII
 * letters is one token for its first WORD letters and one more for each PIECE letters after; digits come in threes;
 * marks share in threes (a quote, a colon and a quote are one token); other scripts by code point. The sum is scaled by
 * family.
 *
 * Scales: OpenAI publishes about 4 characters a token for English; Claude 3.4 (Haiku 4.5: 200,000 tokens are about
 * 680,000 characters) and 2.5 for the newer tokenizer (1 M are about 2.5 M). */
#include "io/llm/tokens.h"

#include <string.h>
#include "base/utf8.h"

#define WORD_FIRST  7
#define WORD_PIECE  4
#define MARKS_PIECE 3

#define MESSAGE_TOKENS 6  /* what a message costs beside its text */
#define REQUEST_TOKENS 10 /* and the request as a whole */
#define SCHEMA_PERCENT 110

static const struct {
    int latin;  /* percent of the walk's count for ASCII */
    int other;  /* per hundred code points beyond Latin letters with accents */
    int accent; /* per hundred accented letters */
} families[TOKENS_FAMILY_COUNT] = {
    [TOKENS_GENERIC] = {115, 130, 90},  [TOKENS_O200K] = {100, 85, 45},        [TOKENS_CL100K] = {102, 120, 70},
    [TOKENS_CLAUDE] = {125, 130, 80},   [TOKENS_CLAUDE_NEW] = {163, 150, 100}, [TOKENS_LLAMA] = {110, 130, 80},
    [TOKENS_WORDPIECE] = {110, 120, 60}};

struct model_row {
    const char *prefix;
    struct tokens_model model;
};

#define NO_TEMPERATURE TOKENS_MODEL_NO_TEMPERATURE
#define SYSTEM_ROLE    TOKENS_MODEL_SYSTEM_ROLE
static const struct model_row model_rows[] = {
#define MODEL(prefix_, family_, context_, output_, flags_)                                                             \
    {.prefix = prefix_, .model = {.family = TOKENS_##family_, .context = context_, .output = output_, .flags = flags_}},
#include "io/llm/models.def"
#undef MODEL
};

struct tokens_model tokens_model(struct str name)
{
    size_t slash = name.n, best = 0;
    while (slash && name.p[slash - 1] != '/')
        slash--;
    struct str base = str_sub(name, slash, name.n);
    struct tokens_model found = {.family = TOKENS_GENERIC};
    for (size_t i = 0; i < ARRAY_LEN(model_rows); i++) {
        size_t n = strlen(model_rows[i].prefix);
        if (n > best && str_istarts(base, model_rows[i].prefix)) {
            best = n;
            found = model_rows[i].model;
        }
    }
    return found;
}

static size_t run_end(struct str s, size_t i, bool (*in)(char c))
{
    while (i < s.n && in(s.p[i]))
        i++;
    return i;
}

static bool is_mark(char c)
{
    return (unsigned char)c < 0x80 && !str_is_alnum(c) && !str_is_space(c);
}

int64_t tokens_estimate(enum tokens_family family, struct str s)
{
    int64_t latin = 0, accents = 0, others = 0;
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t to = i + 1;
        if (str_is_alpha(s.p[i])) {
            to = run_end(s, i, str_is_alpha);
            latin +=
                100 + (to - i > WORD_FIRST ? (int64_t)((to - i - WORD_FIRST + WORD_PIECE - 1) / WORD_PIECE) * 100 : 0);
        } else if (str_is_digit(s.p[i])) {
            to = run_end(s, i, str_is_digit);
            latin += (int64_t)((to - i + 2) / 3) * 100;
        } else if (str_is_space(s.p[i])) {
            to = run_end(s, i, str_is_space); /* one space belongs to the word behind it */
            latin += s.p[i] == ' ' && to == i + 1 ? 0 : 100;
        } else if (c < 0x80) {
            to = run_end(s, i, is_mark);
            latin += ((int64_t)(to - i) + MARKS_PIECE - 1) / MARKS_PIECE * 100;
        } else {
            size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
            to = MIN(i + len, s.n);
            accents += c >= 0xc0 && c <= 0xc9;
            others += c > 0xc9 ? (c >= 0xf0 ? 2 : 1) : 0;
            others += c < 0xc0; /* no UTF-8 */
        }
        i = to;
    }
    return (latin * families[family].latin / 100 + accents * families[family].accent + others * families[family].other +
            99) /
           100;
}

int64_t tokens_estimate_request(enum tokens_family family, const struct llm_request *r)
{
    int64_t n = REQUEST_TOKENS + MESSAGE_TOKENS * 2;
    for (size_t i = 0; i < r->system_count; i++)
        n += tokens_estimate(family, r->system[i].text) + 1;
    for (size_t i = 0; i < r->user_count; i++)
        n += tokens_estimate(family, r->user[i].text) + 1;
    if (r->previous.n || r->complaint.n)
        n += 2 * MESSAGE_TOKENS + tokens_estimate(family, r->previous) + tokens_estimate(family, r->complaint);
    return n + tokens_estimate(family, r->schema) * SCHEMA_PERCENT / 100;
}

void tokens_scale_learn(struct tokens_scale *s, int64_t estimated, int64_t actual)
{
    if (estimated <= 0 || actual <= 0)
        return;
    int64_t milli = s->milli ? s->milli : 1000, seen = MIN(actual * 1000 / estimated, (int64_t)4000);
    milli += (seen - milli) / 10;
    s->milli = (int32_t)MAX(MIN(milli, (int64_t)2000), (int64_t)500);
}

int64_t tokens_scale_apply(const struct tokens_scale *s, int64_t estimated)
{
    return (estimated * (s->milli ? s->milli : 1000) + 999) / 1000;
}
