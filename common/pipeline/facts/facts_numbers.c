/* Numbers in words, and what every number counts: units ("six weeks", "27 per cent"), bounds ("more than"), the words
 * that follow ("118 nurses"), ranges that share a unit ("from 74 to 51 minutes"), and which four digits are a year. */
#include "pipeline/facts/facts_parts.h"

#include <pthread.h>

#include "pipeline/engine/lex.h"

static const struct {
    const char *word;
    double value;
    int kind; /* 0 small, 1 tens, 2 multiplier, 3 whole number by itself */
} SPELLED[] = {
    {"zero", 0, 0},      {"one", 1, 0},       {"two", 2, 0},         {"three", 3, 0},     {"four", 4, 0},
    {"five", 5, 0},      {"six", 6, 0},       {"seven", 7, 0},       {"eight", 8, 0},     {"nine", 9, 0},
    {"ten", 10, 0},      {"eleven", 11, 0},   {"twelve", 12, 0},     {"thirteen", 13, 0}, {"fourteen", 14, 0},
    {"fifteen", 15, 0},  {"sixteen", 16, 0},  {"seventeen", 17, 0},  {"eighteen", 18, 0}, {"nineteen", 19, 0},
    {"twenty", 20, 1},   {"thirty", 30, 1},   {"forty", 40, 1},      {"fifty", 50, 1},    {"sixty", 60, 1},
    {"seventy", 70, 1},  {"eighty", 80, 1},   {"ninety", 90, 1},     {"hundred", 100, 2}, {"thousand", 1e3, 2},
    {"million", 1e6, 2}, {"billion", 1e9, 2}, {"trillion", 1e12, 2}, {"dozen", 12, 2},    {"twice", 2, 3},
    {"thrice", 3, 3},
};
static const struct {
    const char *word;
    double times;
    enum facts_unit unit;
} UNITS[] = {
    {"percent", 1, UNIT_PERCENT},
    {"percentage", 1, UNIT_PERCENT},
    {"pct", 1, UNIT_PERCENT},
    {"dollar", 1, UNIT_MONEY},
    {"dollars", 1, UNIT_MONEY},
    {"usd", 1, UNIT_MONEY},
    {"euro", 1, UNIT_MONEY},
    {"euros", 1, UNIT_MONEY},
    {"eur", 1, UNIT_MONEY},
    {"pound", 1, UNIT_MONEY},
    {"pounds", 1, UNIT_MONEY},
    {"gbp", 1, UNIT_MONEY},
    {"chf", 1, UNIT_MONEY},
    {"year", 12, UNIT_MONTHS},
    {"years", 12, UNIT_MONTHS},
    {"month", 1, UNIT_MONTHS},
    {"months", 1, UNIT_MONTHS},
    {"decade", 120, UNIT_MONTHS},
    {"decades", 120, UNIT_MONTHS},
    {"quarter", 3, UNIT_MONTHS},
    {"quarters", 3, UNIT_MONTHS},
    {"yrs", 12, UNIT_MONTHS},
    {"yr", 12, UNIT_MONTHS},
    {"week", 604800, UNIT_SECONDS},
    {"weeks", 604800, UNIT_SECONDS},
    {"day", 86400, UNIT_SECONDS},
    {"days", 86400, UNIT_SECONDS},
    {"hour", 3600, UNIT_SECONDS},
    {"hours", 3600, UNIT_SECONDS},
    {"hrs", 3600, UNIT_SECONDS},
    {"minute", 60, UNIT_SECONDS},
    {"minutes", 60, UNIT_SECONDS},
    {"min", 60, UNIT_SECONDS},
    {"second", 1, UNIT_SECONDS},
    {"seconds", 1, UNIT_SECONDS},
    {"ms", 1e-3, UNIT_SECONDS},
    {"millisecond", 1e-3, UNIT_SECONDS},
    {"milliseconds", 1e-3, UNIT_SECONDS},
    {"fold", 1, UNIT_TIMES},
    {"x", 1, UNIT_TIMES},
};
static const struct {
    const char *word;
    double value;
    enum facts_unit unit;
} CHANGES[] = {
    {"halved", 50, UNIT_PERCENT},  {"halving", 50, UNIT_PERCENT}, {"doubled", 2, UNIT_TIMES},
    {"doubling", 2, UNIT_TIMES},   {"tripled", 3, UNIT_TIMES},    {"tripling", 3, UNIT_TIMES},
    {"trebled", 3, UNIT_TIMES},    {"quadrupled", 4, UNIT_TIMES}, {"quadrupling", 4, UNIT_TIMES},
    {"quintupled", 5, UNIT_TIMES}, {"twofold", 2, UNIT_TIMES},    {"threefold", 3, UNIT_TIMES},
    {"fourfold", 4, UNIT_TIMES},   {"fivefold", 5, UNIT_TIMES},   {"tenfold", 10, UNIT_TIMES},
    {"double", 2, UNIT_TIMES},     {"triple", 3, UNIT_TIMES},     {"halve", 50, UNIT_PERCENT},
};
static const struct {
    const char *word;
    double percent;
} PARTS[] = {{"half", 50},     {"third", 100.0 / 3}, {"thirds", 100.0 / 3}, {"quarter", 25},
             {"quarters", 25}, {"fifth", 20},        {"fifths", 20},        {"tenth", 10}};

struct reader {
    struct ftext *x;
    size_t max;
};

/* A word of a table is looked for only when one of its rows is as long and begins alike: few words of a text are. */
struct gate {
    uint32_t lengths[26]; /* by first letter: a bit for each length */
};

enum { GATE_SPELLED, GATE_CHANGES, GATE_PARTS, GATE_UNITS, GATE_BEGINS, GATES };
static struct gate gates[GATES];
static pthread_once_t gates_once = PTHREAD_ONCE_INIT;

static void gate_add(struct gate *g, const char *word)
{
    g->lengths[word[0] - 'a'] |= (uint32_t)1 << strlen(word);
}

static void gates_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(SPELLED); i++)
        gate_add(&gates[GATE_SPELLED], SPELLED[i].word);
    for (size_t i = 0; i < ARRAY_LEN(CHANGES); i++)
        gate_add(&gates[GATE_CHANGES], CHANGES[i].word);
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++)
        gate_add(&gates[GATE_PARTS], PARTS[i].word);
    for (size_t i = 0; i < ARRAY_LEN(UNITS); i++)
        gate_add(&gates[GATE_UNITS], UNITS[i].word);
    for (size_t i = 0; i < 26; i++) /* words with which a number in words can begin */
        gates[GATE_BEGINS].lengths[i] =
            gates[GATE_SPELLED].lengths[i] | gates[GATE_CHANGES].lengths[i] | gates[GATE_PARTS].lengths[i];
    gate_add(&gates[GATE_BEGINS], "a");
    gate_add(&gates[GATE_BEGINS], "an");
    gate_add(&gates[GATE_BEGINS], "half");
}

static bool gate_open(int gate, struct str w)
{
    unsigned letter = w.n ? (unsigned)(str_lower_char(w.p[0]) - 'a') : 26;
    return letter < 26 && w.n < 32 && (gates[gate].lengths[letter] >> w.n & 1);
}

static inline bool word_is(const struct ftext *x, size_t i, const char *word)
{
    return i < x->n && x->t[i].end - x->t[i].start == strlen(word) && str_ieqc(facts_token_str(x, i), word);
}

static int spelled_at(const struct ftext *x, size_t i)
{
    if (i >= x->n || (x->t[i].flags & TOKEN_DIGIT))
        return -1;
    struct str w = facts_token_str(x, i);
    if (!gate_open(GATE_SPELLED, w))
        return -1;
    char c = str_lower_char(w.p[0]);
    for (size_t k = 0; k < ARRAY_LEN(SPELLED); k++)
        if (c == SPELLED[k].word[0] && str_ieqc(w, SPELLED[k].word))
            return (int)k;
    return -1;
}

static struct fnumber *number_add(struct reader *r, size_t first, size_t last, double value, enum facts_unit unit)
{
    struct ftext *x = r->x;
    if (x->numbers_n == r->max)
        return NULL;
    struct fnumber *m = &x->numbers[x->numbers_n];
    *m = (struct fnumber){
        .value = value, .unit = unit, .first = (uint32_t)first, .last = (uint32_t)last, .source = -1, .spelled = true};
    for (size_t i = first; i <= last; i++)
        x->w[i].number = (int32_t)x->numbers_n;
    x->w[first].flags |= FT_NUMBER;
    x->numbers_n++;
    return m;
}

/* "two hundred and ten", "forty-two", "a dozen", "half a million"; the token after it. */
static size_t spelled_read(struct reader *r, size_t i)
{
    struct ftext *x = r->x;
    double total = 0, part = 0;
    bool any = false;
    size_t at = i, last = i;
    int first = spelled_at(x, i);
    if (first >= 0 && SPELLED[first].kind == 2 && i > 0 && (x->t[i - 1].flags & TOKEN_DIGIT) && x->w[i - 1].number >= 0)
        return i; /* "2.5 million": of the number before, see unit_read */
    if ((word_is(x, i, "a") || word_is(x, i, "an") || word_is(x, i, "half")) && i + 1 < x->n) {
        bool half = word_is(x, i, "half");
        size_t k = i + 1;
        if (half && (word_is(x, k, "a") || word_is(x, k, "an")))
            k++;
        int s = spelled_at(x, k);
        if (s < 0 || SPELLED[s].kind != 2)
            return i;
        part = (half ? 0.5 : 1) * SPELLED[s].value;
        any = true;
        last = k;
        at = k + 1;
    }
    for (; at < x->n; at++) {
        if (any && word_is(x, at, "and") && part >= 100 && spelled_at(x, at + 1) >= 0 &&
            SPELLED[spelled_at(x, at + 1)].kind < 2)
            continue;
        int s = spelled_at(x, at);
        if (s < 0 || (any && x->w[at].gap != ' ' && x->w[at].gap != '-'))
            break;
        double v = SPELLED[s].value;
        if (SPELLED[s].kind == 3) {
            if (any)
                break;
            last = at;
            number_add(r, i, at, v, UNIT_COUNT);
            return at + 1;
        }
        if (SPELLED[s].kind < 2) {
            /* "twenty three", "two hundred ten"; "two three" are two numbers */
            bool fits = part == 0 || (v < 10 && part >= 20 && part - 10 * (double)(int)(part / 10) == 0) || part >= 100;
            if (any && !fits)
                break;
            part += v;
        } else if (v == 100 || v == 12) {
            part = (part == 0 ? 1 : part) * v;
        } else {
            total += (part == 0 ? 1 : part) * v;
            part = 0;
        }
        any = true;
        last = at;
    }
    if (!any)
        return i;
    number_add(r, i, last, total + part, UNIT_COUNT);
    return last + 1;
}

/* "by a third", "two thirds", "halved", "in half". */
static size_t change_read(struct reader *r, size_t i)
{
    struct ftext *x = r->x;
    struct str w = facts_token_str(x, i);
    for (size_t k = 0; k < ARRAY_LEN(CHANGES) && gate_open(GATE_CHANGES, w); k++) {
        if (!str_ieqc(w, CHANGES[k].word))
            continue;
        struct fnumber *m = number_add(r, i, i, CHANGES[k].value, CHANGES[k].unit);
        if (m)
            m->vague = m->change = true;
        return i + 1;
    }
    for (size_t k = 0; k < ARRAY_LEN(PARTS) && gate_open(GATE_PARTS, w); k++) {
        if (!str_ieqc(w, PARTS[k].word))
            continue;
        double times = 0;
        size_t first = i;
        if (i && (word_is(x, i - 1, "a") || word_is(x, i - 1, "one")))
            times = 1, first = i - 1;
        else if (i && word_is(x, i - 1, "two"))
            times = 2, first = i - 1;
        else if (i && word_is(x, i - 1, "three"))
            times = 3, first = i - 1;
        else if (k == 0 && i &&
                 (word_is(x, i - 1, "by") || word_is(x, i - 1, "in") || word_is(x, i - 1, "about") ||
                  word_is(x, i - 1, "almost") || word_is(x, i - 1, "nearly") || word_is(x, i - 1, "over")))
            times = 1;
        bool time_unit = str_ieqc(w, "quarter") || str_ieqc(w, "quarters");
        bool part_of = word_is(x, i + 1, "of");
        size_t before = first;
        bool by = before && (word_is(x, before - 1, "by") || word_is(x, before - 1, "almost") ||
                             word_is(x, before - 1, "nearly") || word_is(x, before - 1, "over") ||
                             word_is(x, before - 1, "about") || word_is(x, before - 1, "roughly"));
        if (times == 0 || (k == 0 && !by && times == 1 && first == i - 1 && !part_of) ||
            (!by && !part_of && !(k == 0 && first == i)))
            return i;
        if (time_unit && !by && !part_of)
            return i;
        if (x->w[first].number >= 0)
            return i; /* the number before has been read already */
        struct fnumber *m = number_add(r, first, i, times * PARTS[k].percent, UNIT_PERCENT);
        if (m) {
            m->vague = true;
            m->change = by || (k == 0 && first == i);
        }
        return i + 1;
    }
    return i;
}

static void unit_read(struct ftext *x, struct fnumber *m)
{
    size_t i = m->last + 1;
    if (m->unit == UNIT_COUNT && m->last + 1 < x->n && !m->ordinal) {
        int s = spelled_at(x, i);
        if (s >= 0 && SPELLED[s].kind == 2 && x->w[i].number < 0) {
            m->value *= SPELLED[s].value;
            m->grain = SPELLED[s].value * 0.5;
            struct str d = facts_token_str(x, m->first);
            for (size_t k = 0; k < d.n; k++)
                if (d.p[k] == '.')
                    for (size_t j = k + 1; j < d.n && str_is_digit(d.p[j]); j++)
                        m->grain /= 10;
            m->last = (uint32_t)i;
            x->w[i].number = (int32_t)(m - x->numbers);
            i++;
        } else if (m->unit == UNIT_MONEY) {
            m->grain = 0;
        }
    }
    if (m->unit == UNIT_MONEY && i < x->n) {
        int s = spelled_at(x, i);
        if (s >= 0 && SPELLED[s].kind == 2 && x->w[i].number < 0) {
            m->value *= SPELLED[s].value;
            m->last = (uint32_t)i;
            x->w[i].number = (int32_t)(m - x->numbers);
            i++;
        }
    }
    if (i < x->n && m->unit == UNIT_COUNT && word_is(x, i, "per") && (word_is(x, i + 1, "cent"))) {
        m->unit = UNIT_PERCENT;
        return;
    }
    if (m->unit == UNIT_COUNT && m->first > 0) {
        size_t b = m->first - 1;
        if (word_is(x, b, "usd") || word_is(x, b, "eur") || word_is(x, b, "gbp") || word_is(x, b, "chf"))
            m->unit = UNIT_MONEY;
    }
    if (i >= x->n || (m->unit != UNIT_COUNT && m->unit != UNIT_YEAR) || m->ordinal)
        return;
    size_t k = i;
    if (word_is(x, k, "full") || word_is(x, k, "working") || word_is(x, k, "calendar") || word_is(x, k, "whole") ||
        word_is(x, k, "straight") || word_is(x, k, "consecutive") || word_is(x, k, "additional") ||
        word_is(x, k, "plus"))
        k++;
    if (k >= x->n || x->w[k].gap == ',' || x->w[k].gap == ';' || x->w[k].gap == '\n')
        return;
    struct str w = facts_token_str(x, k);
    for (size_t u = 0; u < ARRAY_LEN(UNITS) && gate_open(GATE_UNITS, w); u++) {
        if (!str_ieqc(w, UNITS[u].word))
            continue;
        if (m->unit == UNIT_YEAR && UNITS[u].unit != UNIT_MONEY)
            return;
        m->unit = UNITS[u].unit;
        m->value *= UNITS[u].times;
        m->nouns[0] = x->w[k].stem;
        return;
    }
}

/* "840 to 190 ms", "two or three weeks", "between 8 and 10 hours": the first takes the unit of the second. */
static void units_share(struct ftext *x)
{
    for (size_t i = x->numbers_n; i-- > 0;) {
        struct fnumber *m = &x->numbers[i];
        size_t k = m->last + 1;
        if (m->unit != UNIT_COUNT || m->ordinal || m->known || k + 1 >= x->n)
            continue;
        if (x->w[k].number < 0 && (word_is(x, k, "down") || word_is(x, k, "up")))
            k++;
        if (k < x->n && x->w[k].number < 0 && (word_is(x, k, "to") || word_is(x, k, "and") || word_is(x, k, "or")))
            k++;
        else if (x->w[k].gap != '-' && x->w[k].gap != ':')
            continue;
        while (k < x->n && (x->w[k].cls & (FW(ABOUT) | FW(OVER) | FW(UNDER))) && x->w[k].number < 0)
            k++;
        if (k >= x->n || x->w[k].number < 0)
            continue;
        const struct fnumber *o = &x->numbers[x->w[k].number];
        if (o == m || o->first != k)
            continue;
        if (o->unit == UNIT_SECONDS || o->unit == UNIT_MONTHS || o->unit == UNIT_PERCENT || o->unit == UNIT_MONEY) {
            for (size_t u = 0; u < ARRAY_LEN(UNITS); u++)
                if (UNITS[u].unit == o->unit && o->last + 1 < x->n && word_is(x, o->last + 1, UNITS[u].word))
                    m->value *= UNITS[u].times;
            if (o->unit == UNIT_SECONDS && o->nouns[0] == 0 && o->last == o->first) {
                struct str w = facts_token_str(x, o->first); /* "840 to 190ms" */
                if (str_iends(w, "ms"))
                    m->value *= 1e-3;
            }
            m->unit = o->unit;
        }
        memcpy(m->nouns, o->nouns, sizeof(m->nouns));
    }
}

static void nouns_read(struct ftext *x, struct fnumber *m)
{
    size_t n = m->nouns[0] ? 1 : 0;
    for (size_t i = m->last + 1; i < x->n && i < m->last + 7 && n < ARRAY_LEN(m->nouns); i++) {
        char g = x->w[i].gap;
        if (g == ',' || g == ';' || g == '.' || g == '\n' || g == '(' || g == ')' || g == ':' ||
            (x->t[i].flags & TOKEN_DIGIT))
            break;
        if (x->w[i].number >= 0)
            break;
        if ((x->w[i].cls & FW(PREP)) && n)
            break;
        if (!(x->w[i].cls & FW(STOP)))
            m->nouns[n++] = x->w[i].stem;
    }
}

static void bound_read(struct ftext *x, struct fnumber *m)
{
    if (m->bound)
        return;
    for (size_t back = 1; back <= 4 && back <= m->first; back++) {
        size_t i = m->first - back;
        if (x->w[i].phrase < back && back > 1 && !(x->w[i].phrase == back))
            continue;
        uint64_t cls = x->w[i].cls;
        if (cls & FW(OVER))
            m->bound = BOUND_OVER;
        else if (cls & FW(UNDER))
            m->bound = BOUND_UNDER;
        else if (cls & FW(ABOUT))
            m->bound = BOUND_ABOUT;
        if (m->bound)
            return;
    }
}

static bool year_cue(const struct ftext *x, const struct fnumber *m)
{
    if (m->first == 0)
        return true;
    size_t b = m->first - 1;
    if (x->w[b].cls & (FW(MONTH) | FW(SINCE) | FW(UNTIL)))
        return true;
    static const char *const CUES[] = {"in",      "to",     "and",    "of",   "by",     "during", "before", "after",
                                       "between", "the",    "early",  "late", "mid",    "class",  "for",    "year",
                                       "or",      "spring", "summer", "fall", "autumn", "winter", "around", NULL};
    for (size_t i = 0; CUES[i]; i++)
        if (word_is(x, b, CUES[i]))
            return true;
    char g = x->w[m->first].gap;
    return g == '(' || g == '-' || g == ':' || g == ',' || g == '/' || g == '|' || g == '\n';
}

/* Four plain digits are a year unless they count something. */
static void year_read(struct ftext *x, struct fnumber *m)
{
    if (m->unit != UNIT_YEAR || m->spelled)
        return;
    size_t i = m->last + 1;
    bool noun = i < x->n && x->w[i].gap == ' ' && !(x->t[i].flags & (TOKEN_UPPER | TOKEN_DIGIT)) &&
                !(x->w[i].cls & FW(STOP)) && !(x->w[i].cls & (FW(NOW) | FW(UNTIL)));
    if (noun && !year_cue(x, m)) {
        m->unit = UNIT_COUNT;
        return;
    }
    static const char *const MONTHS[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    if (m->first && (x->w[m->first - 1].cls & FW(MONTH))) {
        struct str w = facts_token_str(x, m->first - 1);
        for (int k = 0; k < 12; k++)
            if (w.n >= 3 && str_ieq(str_sub(w, 0, 3), str_of(MONTHS[k])))
                m->month = k + 1;
    } else if (m->first && (x->w[m->first].flags & FT_JOINED) && x->w[m->first - 1].number >= 0) { /* 05/2021 */
        struct fnumber *o = &x->numbers[x->w[m->first - 1].number];
        if (o->unit == UNIT_COUNT && o->value >= 1 && o->value <= 12 &&
            (x->w[m->first].gap == '/' || x->w[m->first].gap == '-' || x->w[m->first].gap == '.')) {
            m->month = (int)o->value;
            o->ordinal = true;
        }
    } else if (i < x->n && x->w[i].number >= 0 && (x->w[i].flags & FT_JOINED) &&
               (x->w[i].gap == '-' || x->w[i].gap == '/')) {
        struct fnumber *o = &x->numbers[x->w[i].number]; /* 2021-05 */
        if (o->unit == UNIT_COUNT && o->value >= 1 && o->value <= 12 && x->t[i].end - x->t[i].start == 2) {
            m->month = (int)o->value;
            m->last = (uint32_t)i;
            o->ordinal = true;
        }
    }
}

/* "from 47 minutes to 28": the second takes the unit of the first. */
static void units_follow(struct ftext *x)
{
    for (size_t i = 0; i < x->numbers_n; i++) {
        struct fnumber *m = &x->numbers[i];
        if (m->unit != UNIT_COUNT || m->ordinal || m->known || m->first < 2 || !(word_is(x, m->first - 1, "to")))
            continue;
        bool noun =
            m->nouns[0] && m->last + 1 < x->n && x->w[m->last + 1].gap == ' ' && !(x->w[m->last + 1].cls & FW(STOP));
        for (size_t k = m->first - 1; k > 0 && k + 6 > m->first && !noun; k--) {
            if (x->w[k].gap == '.' || x->w[k].gap == ';' || x->w[k].gap == '\n')
                break;
            if (x->w[k - 1].number < 0)
                continue;
            const struct fnumber *o = &x->numbers[x->w[k - 1].number];
            if (o->unit == UNIT_SECONDS || o->unit == UNIT_MONTHS || o->unit == UNIT_PERCENT) {
                for (size_t u = 0; u < ARRAY_LEN(UNITS); u++)
                    if (UNITS[u].unit == o->unit && o->last + 1 < x->n && word_is(x, o->last + 1, UNITS[u].word))
                        m->value *= UNITS[u].times;
                m->unit = o->unit;
            }
            break;
        }
    }
}

void facts_numbers_read(struct ftext *x, size_t max)
{
    struct reader r = {x, max};
    pthread_once(&gates_once, gates_build);
    for (size_t i = 0; i < x->n;) {
        size_t next = i;
        if (x->w[i].number < 0 && !(x->t[i].flags & TOKEN_DIGIT) && !(x->w[i].flags & FT_KNOWN) &&
            gate_open(GATE_BEGINS, facts_token_str(x, i))) {
            next = change_read(&r, i);
            /* "two thirds" is one number: look ahead before "two" is read */
            if (next == i && i + 1 < x->n && spelled_at(x, i) >= 0 && SPELLED[spelled_at(x, i)].kind == 0) {
                size_t j = change_read(&r, i + 1);
                if (j > i + 1 && x->w[i].number >= 0)
                    next = j;
            }
            if (next == i)
                next = spelled_read(&r, i);
        }
        i = MAX(next, i + 1);
    }
    for (size_t k = 0; k < x->numbers_n; k++)
        if (!x->numbers[k].known)
            unit_read(x, &x->numbers[k]);
    for (size_t k = 0; k < x->numbers_n; k++) {
        if (x->numbers[k].known)
            continue;
        nouns_read(x, &x->numbers[k]);
        bound_read(x, &x->numbers[k]);
        year_read(x, &x->numbers[k]);
    }
    units_share(x);
    units_follow(x);
}
