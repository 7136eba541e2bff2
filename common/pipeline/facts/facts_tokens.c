/* Words and numbers of a text, cut once. Words are cut as lexicon.h does ("Node.js" is two words, the second joined),
 * so that its phrase tables fit; what begins with a digit is read here, because "2,400", "$1.2M" and "10+" are one
 * thing. */
#include "pipeline/facts/facts_parts.h"

#include "base/utf8.h"
#include "pipeline/engine/lex.h"

enum { BYTE_ALPHA = 1, BYTE_DIGIT = 2, BYTE_HIGH = 4 };

struct cut {
    struct ftext *x;
    const struct facts_index *known;
    struct str s;
    size_t numbers_max, words_max;
};

/* Bytes of the letter or digit at i, 0 when it is none. */
static size_t letter_at(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x80)
        return str_is_alnum((char)c) ? 1 : 0;
    uint32_t cp;
    size_t k = utf8_decode(str_sub(s, i, s.n), &cp);
    bool sign = (cp >= 0x80 && cp <= 0xBF && cp != 0xAA && cp != 0xB5 && cp != 0xBA) || cp == 0xD7 || cp == 0xF7 ||
                (cp >= 0x2000 && cp <= 0x2BFF) || (cp >= 0x3000 && cp <= 0x303F) || cp == 0xFFFD || cp >= 0x1F000 ||
                (cp >= 0xFE00 && cp <= 0xFE0F);
    return sign ? 0 : k;
}

static bool curly_at(struct str s, size_t i) /* ’ */
{
    return i + 2 < s.n && (unsigned char)s.p[i] == 0xE2 && (unsigned char)s.p[i + 1] == 0x80 &&
           (unsigned char)s.p[i + 2] == 0x99;
}

/* The hash of lexicon.h, with a curly apostrophe as good as a straight one. */
static uint32_t word_hash(struct str w)
{
    if (!memchr(w.p, 0xE2, w.n))
        return token_hash(w);
    char low[64];
    size_t n = 0;
    for (size_t i = 0; i < w.n && n < sizeof(low);) {
        if (curly_at(w, i)) {
            i += 3;
            continue;
        }
        low[n++] = w.p[i++];
    }
    return token_hash((struct str){low, n});
}

static size_t word_end(struct str s, size_t i)
{
    size_t k;
    while (i < s.n) {
        if ((k = letter_at(s, i)) > 0)
            i += k;
        else if (s.p[i] == '\'' && i + 1 < s.n && str_is_alpha(s.p[i + 1]))
            i++;
        else if (curly_at(s, i) && i + 3 < s.n && str_is_alpha(s.p[i + 3]))
            i += 3;
        else
            break;
    }
    size_t e = i;
    while (e < s.n && e - i < 2 && (s.p[e] == '+' || s.p[e] == '#'))
        e++;
    return e > i && !(e < s.n && str_is_alnum(s.p[e])) && !str_is_digit(s.p[i - 1]) ? e : i;
}

/* Without a possessive 's. */
static struct str word_core(struct str w)
{
    if (w.n > 2 && w.p[w.n - 1] == 's' && w.p[w.n - 2] == '\'')
        return str_sub(w, 0, w.n - 2);
    if (w.n > 4 && w.p[w.n - 1] == 's' && curly_at(w, w.n - 4))
        return str_sub(w, 0, w.n - 4);
    return w;
}

static void word_flags(struct str w, uint32_t *flags, uint8_t *more)
{
    size_t upper = 0, lower = 0, digit = 0, inner = 0;
    for (size_t i = 0; i < w.n; i++) {
        bool up = w.p[i] >= 'A' && w.p[i] <= 'Z';
        upper += up;
        inner += up && i > 0;
        lower += w.p[i] >= 'a' && w.p[i] <= 'z';
        digit += str_is_digit(w.p[i]);
    }
    unsigned char c = (unsigned char)w.p[0];
    if ((c >= 'A' && c <= 'Z') ||
        (c == 0xC3 && w.n > 1 && (unsigned char)w.p[1] >= 0x80 && (unsigned char)w.p[1] <= 0x9E))
        *flags |= TOKEN_UPPER;
    if (upper >= 2 && lower == 0)
        *flags |= TOKEN_CAPS;
    if (inner || digit || w.p[w.n - 1] == '+' || w.p[w.n - 1] == '#')
        *more |= FT_TECHNICAL;
}

/* The heaviest sign in between, and whether a sentence begins after it. */
static char gap_between(struct str s, size_t from, size_t to, bool *ret_start)
{
    static const char *const RANK = " -/.,\"'()|:;\n";
    char best = ' ';
    bool stop = false;
    *ret_start = false;
    for (size_t i = from; i < to; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char as = (char)c;
        if (c == 0xE2 && i + 2 < to && (unsigned char)s.p[i + 1] == 0x80) {
            unsigned char d = (unsigned char)s.p[i + 2];
            as = d == 0x93 || d == 0x94 ? ':' : d == 0x9C || d == 0x9D ? '"' : d == 0xA2 ? '|' : '-';
            if (d == 0x93 && from < i && i + 3 < to && s.p[i - 1] != ' ')
                as = '-';
        } else if (c == 0xC2 && i + 1 < to && (unsigned char)s.p[i + 1] == 0xB7) {
            as = '|';
        } else if (c == '[' || c == ']' || c == '{' || c == '}') {
            as = '(';
        } else if (c == '!' || c == '?') {
            as = '.';
        } else if (c == '&' || c == '*' || c == '_' || c >= 0x80) {
            as = ' ';
        }
        if (as == '.' && (c == '.' || c == '!' || c == '?'))
            stop = true;
        else if (as == '\n' || (stop && str_is_space(as)))
            *ret_start = true;
        const char *rank = strchr(RANK, as), *have = strchr(RANK, best);
        if (as && rank && rank > have)
            best = as;
    }
    return best;
}

/* numbers */

static const struct {
    const char *suffix;
    double times;
    enum facts_unit unit; /* 0: a plain multiplier */
    const char *noun;     /* the word that it stands for */
} SUFFIXES[] = {
    {"k", 1e3, 0, NULL},
    {"m", 1e6, 0, NULL},
    {"mm", 1e6, 0, NULL},
    {"mn", 1e6, 0, NULL},
    {"mio", 1e6, 0, NULL},
    {"b", 1e9, 0, NULL},
    {"bn", 1e9, 0, NULL},
    {"x", 1, UNIT_TIMES, NULL},
    {"ms", 1e-3, UNIT_SECONDS, NULL},
    {"s", 1, UNIT_SECONDS, NULL},
    {"sec", 1, UNIT_SECONDS, NULL},
    {"min", 60, UNIT_SECONDS, NULL},
    {"mins", 60, UNIT_SECONDS, NULL},
    {"h", 3600, UNIT_SECONDS, NULL},
    {"hr", 3600, UNIT_SECONDS, NULL},
    {"hrs", 3600, UNIT_SECONDS, NULL},
    {"yr", 12, UNIT_MONTHS, NULL},
    {"yrs", 12, UNIT_MONTHS, NULL},
    {"y", 12, UNIT_MONTHS, NULL},
    {"gb", 1, 0, "gb"},
    {"tb", 1, 0, "tb"},
    {"mb", 1, 0, "mb"},
    {"pb", 1, 0, "pb"},
    {"kw", 1, 0, "kw"},
    {"mw", 1, 0, "mw"},
    {"kwh", 1, 0, "kwh"},
    {"kv", 1, 0, "kv"},
    {"v", 1, 0, "v"},
    {"kg", 1, 0, "kg"},
    {"km", 1, 0, "km"},
    {"ft", 1, 0, "ft"},
    {"st", 1, UNIT_YEAR, NULL},
    {"nd", 1, UNIT_YEAR, NULL},
    {"rd", 1, UNIT_YEAR, NULL},
    {"th", 1, UNIT_YEAR, NULL}, /* ordinals: see below */
};

struct digits {
    double value, grain;
    bool grouped, decimal, odd; /* odd: a version or another name with several dots */
    size_t end;
    int count;
};

static size_t group_sign(struct str s,
                         size_t i) /* bytes of a thousands separator at i that is followed by three digits */
{
    size_t k = s.p[i] == ',' || s.p[i] == '\'' ? 1 : 0;
    if ((unsigned char)s.p[i] == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] == 0xA0)
        k = 2;
    if ((unsigned char)s.p[i] == 0xE2 && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0x80 &&
        ((unsigned char)s.p[i + 2] == 0xAF || (unsigned char)s.p[i + 2] == 0x89))
        k = 3;
    if (!k || i + k + 3 > s.n)
        return 0;
    for (size_t j = 0; j < 3; j++)
        if (!str_is_digit(s.p[i + k + j]))
            return 0;
    return i + k + 3 < s.n && str_is_digit(s.p[i + k + 3]) ? 0 : k;
}

static struct digits digits_read(struct str s, size_t i)
{
    struct digits d = {0};
    double scale = 1;
    int dots = 0;
    while (i < s.n) {
        size_t k;
        if (str_is_digit(s.p[i])) {
            d.value = d.value * 10 + (s.p[i] - '0');
            d.count++;
            scale *= d.decimal ? 10 : 1;
            i++;
        } else if (!d.decimal && d.count && (k = group_sign(s, i)) > 0) {
            d.grouped = true;
            i += k;
        } else if (s.p[i] == '.' && i + 1 < s.n && str_is_digit(s.p[i + 1])) {
            dots++;
            d.decimal = true;
            i++;
        } else {
            break;
        }
        if (d.count > 18)
            d.odd = true;
    }
    d.odd = d.odd || dots > 1;
    d.value /= scale;
    d.grain = 0.5 / scale;
    d.end = i;
    return d;
}

static const char *currency_before(struct str s, size_t i)
{
    while (i && s.p[i - 1] == ' ')
        i--;
    if (i && s.p[i - 1] == '$')
        return "$";
    if (i > 1 && (unsigned char)s.p[i - 2] == 0xC2 &&
        ((unsigned char)s.p[i - 1] == 0xA3 || (unsigned char)s.p[i - 1] == 0xA5))
        return "£";
    if (i > 2 && (unsigned char)s.p[i - 3] == 0xE2 && (unsigned char)s.p[i - 2] == 0x82)
        return "€";
    return NULL;
}

/* What is written directly after the digits. false: it is a name ("3D", "401k"), not a number. */
static bool suffix_read(struct cut *c, struct fnumber *m, struct digits *d)
{
    struct str s = c->s;
    size_t e = d->end;
    while (e < s.n && str_is_alpha(s.p[e]))
        e++;
    struct str w = str_sub(s, d->end, e);
    if (w.n == 0)
        return true;
    if (e < s.n && str_is_digit(s.p[e]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(SUFFIXES); i++) {
        if (!str_ieqc(w, SUFFIXES[i].suffix))
            continue;
        if (SUFFIXES[i].unit == UNIT_YEAR) {
            m->ordinal = true;
        } else if (str_eqc(w, "s") && d->count == 4) { /* the 1990s */
            d->end = e;
            return true;
        } else {
            m->value *= SUFFIXES[i].times;
            if (SUFFIXES[i].times >= 1e3 && !SUFFIXES[i].unit)
                m->grain = d->grain * SUFFIXES[i].times;
            if (SUFFIXES[i].unit)
                m->unit = SUFFIXES[i].unit;
            if (SUFFIXES[i].noun)
                m->nouns[0] = lex_stem(str_of(SUFFIXES[i].noun));
        }
        d->end = e;
        return true;
    }
    return false;
}

static size_t number_token(struct cut *c, size_t i, struct token *t, struct fword *w)
{
    struct ftext *x = c->x;
    struct digits d = digits_read(c->s, i);
    struct fnumber m = {.value = d.value, .unit = UNIT_COUNT, .source = -1};
    m.first = m.last = (uint32_t)x->n;
    *t = (struct token){.start = (uint32_t)i, .flags = TOKEN_DIGIT};
    if (d.odd || !suffix_read(c, &m, &d) || x->numbers_n == c->numbers_max) {
        size_t e = word_end(c->s, d.end > i ? d.end : i + 1);
        w->flags |= FT_TECHNICAL;
        t->end = (uint32_t)e;
        t->hash = token_hash(str_sub(c->s, i, e));
        return e;
    }
    size_t e = d.end;
    if (currency_before(c->s, i))
        m.unit = UNIT_MONEY;
    size_t p = e;
    while (p < c->s.n && c->s.p[p] == ' ')
        p++;
    if (p < c->s.n && c->s.p[p] == '%') {
        m.unit = UNIT_PERCENT;
        e = p + 1;
    }
    if (e < c->s.n && c->s.p[e] == '+') {
        m.bound = BOUND_OVER;
        e++;
    }
    t->end = (uint32_t)e;
    t->hash = token_hash(str_sub(c->s, i, e));
    /* four digits without a sign are a year where years are; facts_number.c decides */
    if (m.unit == UNIT_COUNT && d.count == 4 && !d.grouped && !d.decimal && d.value >= 1950 && d.value <= 2100)
        m.unit = UNIT_YEAR;
    w->flags |= FT_NUMBER;
    w->number = (int32_t)x->numbers_n;
    x->numbers[x->numbers_n++] = m;
    return e;
}

static bool bullet_before(struct str s, size_t from, size_t to)
{
    size_t line = to;
    while (line > from && s.p[line - 1] != '\n')
        line--;
    for (size_t i = line; i < to; i++)
        if (s.p[i] == '*' || s.p[i] == '-' || s.p[i] == '#' || s.p[i] == '+' || (unsigned char)s.p[i] == 0xE2 ||
            (unsigned char)s.p[i] == 0xC2)
            return true;
    return false;
}

/* Mail addresses, links and telephone numbers say nothing that is checked. */
static void mark_addresses(struct ftext *x)
{
    struct str s = x->text;
    for (size_t i = 0; i < x->n;) {
        size_t from = x->t[i].start, to = x->t[i].end;
        if (x->w[i].flags & FT_KNOWN) {
            i++;
            continue;
        }
        while (from > 0 && !str_is_space(s.p[from - 1]) && s.p[from - 1] != '(')
            from--;
        while (to < s.n && !str_is_space(s.p[to]))
            to++;
        struct str run = str_sub(s, from, to);
        bool skip = memchr(run.p, '@', run.n) || str_find(run, STR("://")) >= 0 || str_istarts(run, "www.") ||
                    str_ifind(run, STR(".com")) >= 0;
        size_t j = i;
        for (; j < x->n && x->t[j].start < to; j++)
            if (skip)
                x->w[j].flags |= FT_SKIP;
        i = MAX(j, i + 1);
    }
    /* "(412) 555-0143", "614-555-0128", "+49 40 1234567": groups of digits in a row with seven or more of them */
    for (size_t i = 0; i < x->n; i++) {
        size_t j = i, digits = 0, groups = 0, years = 0;
        while (j < x->n && (x->t[j].flags & TOKEN_DIGIT) && x->w[j].number >= 0 &&
               (j == i || x->w[j].gap == ' ' || x->w[j].gap == '-' || x->w[j].gap == '(' || x->w[j].gap == ')')) {
            const struct fnumber *m = &x->numbers[x->w[j].number];
            if (m->unit != UNIT_COUNT && m->unit != UNIT_YEAR)
                break;
            digits += x->t[j].end - x->t[j].start;
            years += m->unit == UNIT_YEAR;
            groups++;
            j++;
        }
        if (groups >= 2 && years < 2 && digits >= 7 && digits / groups >= 3 - (groups > 2))
            for (size_t k = i; k < j; k++)
                x->w[k].flags |= FT_SKIP;
        if (j > i)
            i = j - 1;
    }
}

#define QUOTE_MAX_BYTES 900

/* Words between quotation marks, over several sentences if need be but never over a blank line. */
static void mark_quotes(struct ftext *x)
{
    struct str s = x->text;
    for (size_t i = 0; i < x->n; i++) {
        size_t a = x->t[i].start;
        bool curly = a >= 3 && (unsigned char)s.p[a - 3] == 0xE2 && (unsigned char)s.p[a - 2] == 0x80 &&
                     ((unsigned char)s.p[a - 1] == 0x9C || (unsigned char)s.p[a - 1] == 0x9E);
        bool straight = a >= 1 && s.p[a - 1] == '"' && (a == 1 || str_is_space(s.p[a - 2]) || s.p[a - 2] == '(');
        if (!curly && !straight)
            continue;
        size_t e = x->t[i].end, end = MIN(s.n, a + QUOTE_MAX_BYTES);
        while (e < end &&
               !(straight ? s.p[e] == '"'
                          : e + 2 < s.n && (unsigned char)s.p[e] == 0xE2 && (unsigned char)s.p[e + 1] == 0x80 &&
                                ((unsigned char)s.p[e + 2] == 0x9D || (unsigned char)s.p[e + 2] == 0x9C)) &&
               !(s.p[e] == '\n' && e + 1 < end && s.p[e + 1] == '\n'))
            e++;
        if (e >= end || s.p[e] == '\n')
            continue;
        for (; i < x->n && x->t[i].start < e; i++)
            x->w[i].flags |= FT_QUOTED;
        i--;
    }
}

/* "US GAAP", "Analyst I": no pronouns. */
static bool not_first(const struct ftext *x, size_t i)
{
    struct str w = facts_token_str(x, i);
    if (w.n == 2 && (x->t[i].flags & TOKEN_CAPS))
        return true;
    return w.n == 1 && i > 0 && x->w[i].gap == ' ' && (x->w[i - 1].cls & FW(TITLE_HEAD)) &&
           (x->t[i - 1].flags & TOKEN_UPPER);
}

static void words_class(struct ftext *x)
{
    for (size_t i = 0; i < x->n; i++) {
        struct fword *w = &x->w[i];
        size_t words = 0;
        if (w->flags & FT_KNOWN)
            continue;
        w->cls = facts_words_at(x->t, x->n, i, &words);
        w->phrase = (uint8_t)MAX(words, (size_t)1);
        struct str s = word_core(facts_token_str(x, i));
        if ((w->cls & FW(FIRST)) && not_first(x, i))
            w->cls &= ~FW(FIRST);
        w->stop = lex_is_stop(s) || (w->cls & FW(STOP));
    }
}

static const struct fsource *line_source(const struct facts_index *ix, struct str line)
{
    for (const struct fnode *n = facts_table_first(&ix->by_line, token_hash(line)); n;
         n = facts_table_next(&ix->by_line, n)) {
        const struct fsource *s = &ix->sources[n->source];
        if (s->text.n == line.n && ix->words.t[s->first].start == s->at &&
            memcmp(ix->words.text.p + s->at, line.p, line.n) == 0)
            return s;
    }
    return NULL;
}

/* Takes over the words of the line that begins at byte i; the byte behind the last of them, 0 when the profile has no
 * such line. What stands on other lines plays no part in how a word or number is read, but for quotations. */
static size_t line_known(struct cut *c, size_t i)
{
    struct ftext *x = c->x;
    const char *newline = memchr(c->s.p + i, '\n', c->s.n - i);
    struct str line = str_trim(str_sub(c->s, i, newline ? (size_t)(newline - c->s.p) : c->s.n));
    const struct fsource *s = line_source(c->known, line);
    if (!s || x->n + s->n > c->words_max || x->numbers_n + s->n > c->numbers_max)
        return 0;
    const struct ftext *y = &c->known->words;
    uint32_t shift = (uint32_t)x->n - s->first;
    for (size_t k = s->first; k < s->first + s->n; k++) {
        struct token *t = &x->t[x->n];
        struct fword *w = &x->w[x->n];
        *t = y->t[k];
        *w = y->w[k];
        t->start = t->start - s->at + (uint32_t)i;
        t->end = t->end - s->at + (uint32_t)i;
        w->flags |= FT_KNOWN;
        if (w->number >= 0 && y->numbers[w->number].first != k) {
            w->number = x->w[y->numbers[w->number].first + shift].number; /* of several words */
        } else if (w->number >= 0) {
            struct fnumber *m = &x->numbers[x->numbers_n];
            *m = y->numbers[w->number];
            m->first += shift;
            m->last += shift;
            m->source = -1;
            m->known = true;
            w->number = (int32_t)x->numbers_n++;
        }
        x->n++;
    }
    return x->t[x->n - 1].end;
}

static void cut_words(struct cut *c)
{
    struct ftext *x = c->x;
    struct str s = c->s;
    size_t i = 0, prev = 0;
    while (i < s.n && x->n < c->words_max) {
        size_t k = letter_at(s, i);
        if (!k) {
            uint32_t cp;
            i += (unsigned char)s.p[i] < 0x80 ? 1 : utf8_decode(str_sub(s, i, s.n), &cp);
            continue;
        }
        size_t start = i, e = 0, first_word = x->n;
        if (c->known && (x->n == 0 || memchr(s.p + prev, '\n', i - prev)))
            e = line_known(c, i);
        struct token *t = &x->t[first_word];
        struct fword *w = &x->w[first_word];
        if (e == 0)
            *w = (struct fword){.number = -1};
        if (e) {
            t->flags &= ~(uint32_t)(TOKEN_SENTENCE_START | TOKEN_LINE_START);
            w->flags &= (uint8_t) ~(FT_BULLET | FT_JOINED);
        } else if (str_is_digit(s.p[i])) {
            e = number_token(c, i, t, w);
        } else {
            e = word_end(s, i);
            struct str core = word_core(str_sub(s, i, e));
            *t = (struct token){.start = (uint32_t)i, .end = (uint32_t)e, .hash = word_hash(core)};
            word_flags(core, &t->flags, &w->flags);
            w->stem = lex_stem(core);
        }
        bool begins = false;
        w->gap = first_word ? gap_between(s, prev, start, &begins) : '\n';
        if (first_word == 0 || begins)
            t->flags |= TOKEN_SENTENCE_START;
        if (w->gap == '\n')
            t->flags |= TOKEN_LINE_START;
        bool first = first_word == 0 || w->gap == '\n';
        if (first && bullet_before(s, prev, start))
            w->flags |= FT_BULLET;
        if (first_word && (start == prev || (start - prev == 1 && !str_is_space(s.p[prev]))))
            w->flags |= FT_JOINED;
        i = prev = e;
        x->n = MAX(x->n, first_word + 1);
    }
}

static bool words_read(struct arena *a, struct str text, const struct facts_index *known, struct ftext *ret)
{
    /* A word begins after a byte that is none, or after a number's suffix. Not every byte of another script's letter is
     * told from a sign here: at worst there is room for more words than there are. */
    size_t digits = 0, words = 1;
    unsigned before = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        unsigned is = c >= 0x80               ? BYTE_HIGH
                      : str_is_digit((char)c) ? BYTE_DIGIT
                      : str_is_alpha((char)c) ? BYTE_ALPHA
                                              : 0;
        words += is && !(before & (BYTE_ALPHA | BYTE_DIGIT));
        digits += is == BYTE_DIGIT && before != BYTE_DIGIT;
        before = is;
    }
    words += digits + 2;
    *ret = (struct ftext){.text = text};
    ret->t = arena_try_alloc(a, words * sizeof(*ret->t));
    ret->w = arena_try_alloc(a, words * sizeof(*ret->w));
    ret->numbers_max = digits + words / 4 + 16;
    ret->numbers = arena_try_alloc(a, ret->numbers_max * sizeof(*ret->numbers));
    if (!ret->t || !ret->w || !ret->numbers)
        return false;
    struct cut c = {.x = ret, .known = known, .s = text, .numbers_max = ret->numbers_max, .words_max = words};
    cut_words(&c);
    return true;
}

bool facts_words_read(struct arena *a, struct str text, struct ftext *ret)
{
    return words_read(a, text, NULL, ret);
}

bool facts_text_read(struct arena *a, struct str text, const struct facts_index *index, struct ftext *ret)
{
    if (!words_read(a, text, index, ret))
        return false;
    words_class(ret);
    mark_quotes(ret);
    mark_addresses(ret);
    facts_numbers_read(ret, ret->numbers_max);
    return true;
}
