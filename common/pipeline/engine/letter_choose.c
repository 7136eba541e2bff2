/* Which turn of phrase: the templates whose values are known, that suit the tone and were not used, then those that
 * name title and employer not too often and hold enough of this posting; of these one by chance, taken back when its
 * sentence would be too long or begin as another of the letter does. */
#include "pipeline/engine/letter_parts.h"

#define TEMPLATES_MAX 72
#define TRIES         12
#define CLAUSE_LONG   150 /* bytes of a clause after which a sentence may not go on */

#define BIT(letter) (UINT64_C(1) << ((letter) - 'A'))
#define TITLE       (BIT('T') | BIT('F'))
#define COMPANY     (BIT('C') | BIT('c'))
#define CLIENT      BIT('L')
#define QUOTED      (BIT('Q') | BIT('q') | BIT('d') | BIT('m'))
#define ASKED       (BIT('S') | BIT('X'))
#define CLAUSES     (BIT('K') | BIT('W') | BIT('N') | BIT('p') | BIT('s'))

/* What a template has, read in one pass. */
struct scan {
    uint64_t values;       /* all it names */
    uint64_t goes_on;      /* clauses that something follows in their sentence */
    bool semicolon, colon; /* beside a clause */
    unsigned loose;
};

struct candidate {
    const char *t;
    uint64_t values;
    unsigned loose;
};

struct choice {
    struct candidate list[TEMPLATES_MAX];
    size_t n;
};

/* What the values are like. */
struct stock {
    uint64_t known, semicolons, colons, longs;
};

/* 0 with words of the posting or both title and employer, 1 with one of the two or with a skill that many ask for, 2
 * with none. */
static unsigned loose_of(uint64_t values)
{
    bool title = values & TITLE, company = values & (COMPANY | CLIENT);
    if ((values & QUOTED) || (title && company))
        return 0;
    return title || company || (values & ASKED) ? 1 : 2;
}

unsigned letter_looseness(const char *t, size_t n)
{
    uint64_t values = 0;
    for (size_t i = 0; i + 2 < n; i++)
        if (letter_is_value(t + i))
            values |= BIT(t[i + 1]);
    return loose_of(values);
}

static struct scan scan_template(const char *t)
{
    struct scan s = {0};
    uint64_t part = 0;
    bool semicolon = false, colon = false;
    for (;; t++) {
        if (*t == '\0' || *t == '|') {
            s.values |= part;
            s.semicolon = s.semicolon || ((part & CLAUSES) && semicolon);
            s.colon = s.colon || ((part & CLAUSES) && colon);
            s.loose += loose_of(part);
            part = 0;
            semicolon = colon = false;
            if (*t == '\0')
                return s;
            continue;
        }
        semicolon = semicolon || *t == ';';
        colon = colon || *t == ':';
        if (!letter_is_value(t))
            continue;
        part |= BIT(t[1]);
        s.goes_on |= t[3] && t[3] != '.' ? BIT(t[1]) & CLAUSES : 0;
        t += 2;
    }
}

static bool has_mark(struct str s, char mark)
{
    for (const char *at = s.n ? memchr(s.p, mark, s.n) : NULL; at;
         at = memchr(at + 1, mark, s.n - (size_t)(at + 1 - s.p)))
        if (at + 1 < s.p + s.n && at[1] == ' ')
            return true;
    return false;
}

static struct stock stock_of(const struct letter_values *v)
{
    struct stock k = {0};
    for (char c = 'A'; c <= 'z'; c++) {
        struct str s = VALUE(v, c);
        if (s.n == 0)
            continue;
        k.known |= BIT(c);
        if (!(BIT(c) & CLAUSES))
            continue;
        k.semicolons |= has_mark(s, ';') ? BIT(c) : 0;
        k.colons |= has_mark(s, ':') ? BIT(c) : 0;
        k.longs |= s.n > CLAUSE_LONG ? BIT(c) : 0;
    }
    return k;
}

/* All values there, and no colon or semicolon stacked on another, and no long clause that goes on. */
static bool eligible(const struct scan *s, const struct stock *k)
{
    uint64_t marks = k->semicolons | k->colons;
    return (s->values & ~k->known) == 0 && !(s->semicolon && (s->values & k->semicolons)) &&
           !(s->colon && (s->values & marks)) && (s->goes_on & (marks | k->longs)) == 0;
}

/* The template without its tag; NULL when the tag forbids it here. */
static const char *untagged(const struct letter *l, const char *t)
{
    static const char TONES[] = {[LETTER_FORMAL] = 'f', [LETTER_DIRECT] = 'd', [LETTER_CONVERSATIONAL] = 'c'};
    bool tone = false, only_unknown = false;
    if (*t != '@')
        return t;
    for (t++; *t != ' '; t++) {
        tone = tone || *t == TONES[l->tone];
        only_unknown = only_unknown || *t == '-';
    }
    return tone && !(only_unknown && l->company.n) ? t + 1 : NULL;
}

static bool is_used(const struct letter *l, const char *t)
{
    for (size_t i = 0; i < l->used_n; i++)
        if (l->used[i] == t)
            return true;
    return false;
}

/* Keeps the candidates that pass, when any does. */
static void keep(struct choice *c, const struct letter *l, bool (*passes)(const struct letter *, struct candidate))
{
    size_t n = 0;
    struct choice kept;
    for (size_t i = 0; i < c->n; i++)
        if (passes(l, c->list[i]))
            kept.list[n++] = c->list[i];
    if (n == 0 || n == c->n)
        return;
    memcpy(c->list, kept.list, n * sizeof(kept.list[0]));
    c->n = n;
}

static bool is_fresh(const struct letter *l, struct candidate c)
{
    return !is_used(l, c.t);
}

static bool names_client(const struct letter *l, struct candidate c)
{
    (void)l;
    return c.values & CLIENT;
}

static bool names_little(const struct letter *l, struct candidate c)
{
    return (l->company_said < l->company_max || !(c.values & COMPANY)) &&
           (l->title_said < l->title_max || !(c.values & TITLE));
}

static bool is_bound(const struct letter *l, struct candidate c)
{
    return l->loose + c.loose <= l->loose_max;
}

static void keep_tightest(struct choice *c)
{
    unsigned least = 99;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        least = MIN(least, c->list[i].loose);
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].loose == least)
            c->list[n++] = c->list[i];
    c->n = n;
}

static void collect(const struct letter *l, const char *const *list, const struct letter_values *v, struct choice *c)
{
    struct stock k = stock_of(v);
    c->n = 0;
    for (; *list && c->n < TEMPLATES_MAX; list++) {
        const char *t = untagged(l, *list);
        if (!t)
            continue;
        struct scan s = scan_template(t);
        if (eligible(&s, &k))
            c->list[c->n++] = (struct candidate){.t = t, .values = s.values, .loose = s.loose};
    }
    keep(c, l, is_fresh);
    if ((k.known & CLIENT) && !l->client_said)
        keep(c, l, names_client);
    /* in a short letter the same sentence twice is worse than a name too many */
    if (l->o.length != LETTER_SHORT)
        keep(c, l, names_little);
    if (l->loose >= l->loose_max)
        keep_tightest(c);
    else
        keep(c, l, is_bound);
    keep(c, l, names_little);
}

static size_t words_of(struct str s, size_t *ret_first, size_t *ret_second)
{
    size_t n = 0;
    *ret_first = *ret_second = s.n;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != ' ')
            continue;
        n++;
        if (n == 1)
            *ret_first = i;
        if (n == 2)
            *ret_second = i;
    }
    return n + 1;
}

static size_t start_of(struct str s, size_t words)
{
    size_t i = 0;
    while (i < s.n && !(s.p[i] == ' ' && --words == 0))
        i++;
    return i;
}

/* 0: as good as it gets; higher is worse. */
static int flaws(const struct letter *l, struct str text)
{
    size_t first, second;
    int bad = words_of(text, &first, &second) > LETTER_SENTENCE_WORDS_MAX ? 4 : 0;
    for (size_t i = 0; i < l->sentences_n; i++) {
        struct str o = l->sentences[i].text;
        if (o.n == 0 || o.p[0] != text.p[0])
            continue;
        if (str_eq(str_sub(text, 0, second), str_sub(o, 0, start_of(o, 2))))
            bad += 2;
        else if (i + 1 == l->sentences_n && str_eq(str_sub(text, 0, first), str_sub(o, 0, start_of(o, 1))))
            bad += 1;
    }
    return bad;
}

static int flaws_of(struct letter *l, const char *t, const struct letter_values *v)
{
    int bad = 0;
    while (t) {
        const char *bar = strstr(t, " | ");
        struct str text = letter_fill_part(l, t, bar ? (size_t)(bar - t) : strlen(t), v);
        bad += text.n ? flaws(l, text) : 4;
        t = bar ? bar + 3 : NULL;
    }
    return bad;
}

const char *letter_choose(struct letter *l, const char *const *list, const struct letter_values *v)
{
    struct choice c;
    struct candidate best = {.t = NULL};
    int least = 100;
    collect(l, list, v, &c);
    for (size_t tries = 0; tries < TRIES && c.n && least; tries++) {
        size_t at = letter_random(l, (uint32_t)c.n);
        int bad = flaws_of(l, c.list[at].t, v);
        if (bad < least) {
            least = bad;
            best = c.list[at];
        }
        c.list[at] = c.list[--c.n];
    }
    if (!best.t)
        return NULL;
    if (l->used_n < ARRAY_LEN(l->used))
        l->used[l->used_n++] = best.t;
    l->loose += best.loose;
    l->company_said += (best.values & COMPANY) != 0;
    l->title_said += (best.values & TITLE) != 0;
    l->client_said = l->client_said || (best.values & CLIENT);
    return best.t;
}
