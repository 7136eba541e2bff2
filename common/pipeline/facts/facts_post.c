/* The post applied for. A letter names the employer it is written to and the title it applies for; neither is a claim
 * about the person where the sentence wishes, applies or addresses ("the T role at C", "For C I would add", "What I
 * would bring to C as a T"). Where it tells what the person was or did ("I was a T at C", "As a T at C I led", "my time
 * at C"), both are claims like any other, and the posting is no evidence for them.
 *
 * The names come from the analysis of the posting, and from what the letter itself applies for, so that a letter judged
 * without its posting reads the same. Every mention is decided for itself: by the nearest word before it that tells
 * wish from fact, else by what follows, else by what stands before the last comma. */
#include "pipeline/facts/facts_parts.h"

#define NAME_BYTES_MAX  300
#define LOOK_BACK_MAX   24
#define LOOK_AHEAD_MAX  14
#define TITLE_BACK_MAX  14
#define COMPANY_RUN_MAX 7

enum decision { UNSAID = 0, AIM, FACT };
enum { PART_CONTENT = 1, PART_HEAD = 2, PART_BRACKET = 4, PART_SMALL = 8 };

static inline bool word_is(const struct fcheck *c, size_t i, const char *w)
{
    return i < c->x.n && c->x.t[i].end - c->x.t[i].start == strlen(w) && str_ieqc(facts_token_str(&c->x, i), w);
}

static bool word_in(const struct fcheck *c, size_t i, const char *const *list)
{
    struct str w = i < c->x.n ? facts_token_str(&c->x, i) : (struct str){.p = "", .n = 0};
    char first = w.n ? str_lower_char(w.p[0]) : 0;
    for (; *list; list++)
        if (first == **list && str_ieqc(w, *list))
            return true;
    return false;
}

/* names */

static bool bracketed(struct str name, size_t at)
{
    int depth = 0;
    for (size_t i = 0; i < at; i++)
        depth += name.p[i] == '(' || name.p[i] == '[' ? 1 : name.p[i] == ')' || name.p[i] == ']' ? -1 : 0;
    return depth > 0;
}

static bool legal_form(const struct ftext *x, size_t i)
{
    static const char *const FORMS[] = {"inc", "llc", "ltd", "limited", "gmbh", "corp", "corporation", "plc",
                                        "ag",  "co",  "llp", "bv",      "b",    "v",    "sa",          "oy",
                                        "ab",  "pty", "kg",  "nv",      "spa",  "srl",  NULL};
    struct str w = facts_token_str(x, i);
    for (size_t k = 0; FORMS[k]; k++)
        if (str_ieqc(w, FORMS[k]))
            return true;
    return false;
}

static void name_add(struct fcheck *c, const struct ftext *x, size_t from, size_t to, bool title)
{
    to = MIN(to, from + FACTS_NAME_WORDS);
    if (c->posts_n == ARRAY_LEN(c->posts) || from >= to)
        return;
    struct fname *p = &c->posts[c->posts_n];
    *p = (struct fname){.title = title, .n = to - from, .core_to = to - from};
    bool content = false;
    for (size_t i = from; i < to; i++) {
        size_t k = i - from;
        bool small = x->w[i].cls & (FW(STOP) | FW(GENERIC_ORG));
        p->hash[k] = x->t[i].hash;
        p->stem[k] = x->w[i].stem;
        bool lower = !(x->t[i].flags & (TOKEN_UPPER | TOKEN_DIGIT));
        p->part[k] = (uint8_t)((lower ? PART_SMALL : 0) | (small ? 0 : PART_CONTENT) |
                               (x->w[i].cls & FW(TITLE_HEAD) ? PART_HEAD : 0));
        content |= !(x->w[i].cls & FW(STOP));
    }
    while (!title && p->core_to > 1 && legal_form(x, from + p->core_to - 1))
        p->core_to--;
    p->core_from = p->core_to > 1 && str_ieqc(facts_token_str(x, from), "the");
    for (size_t k = 0; k < c->posts_n; k++) /* found again */
        if (c->posts[k].n == p->n && c->posts[k].title == title &&
            memcmp(c->posts[k].hash, p->hash, p->n * sizeof(p->hash[0])) == 0)
            return;
    for (size_t k = 0; k < p->n && content; k++) {
        facts_seen_add(c->posts_seen, p->hash[k]);
        facts_seen_add(c->posts_seen, p->stem[k]);
    }
    c->posts_n += content;
}

static void name_read(struct fcheck *c, struct str name, bool title)
{
    struct ftext x;
    if (name.n == 0 || name.n > NAME_BYTES_MAX || !facts_text_read(c->a, name, NULL, &x))
        return;
    size_t before = c->posts_n;
    name_add(c, &x, 0, x.n, title);
    for (size_t k = 0; c->posts_n > before && k < c->posts[before].n; k++)
        if (bracketed(name, x.t[k].start))
            c->posts[before].part[k] |= PART_BRACKET;
}

/* Words of x from i on that say the name from its k-th word on; brackets of the name may be left out. */
static size_t run_at(const struct fcheck *c, const struct fname *p, size_t k, size_t i, unsigned *ret_parts,
                     size_t *ret_end)
{
    size_t n = 0;
    *ret_parts = 0;
    for (; k < p->n && i + n < c->to; k++) {
        const struct fword *w = &c->x.w[i + n];
        bool same = p->hash[k] == c->x.t[i + n].hash || (p->title && p->stem[k] && p->stem[k] == w->stem);
        if (!same && n && (p->part[k] & PART_BRACKET))
            continue;
        if (!same)
            break;
        bool capital = (c->x.t[i + n].flags & (TOKEN_UPPER | TOKEN_DIGIT)) || (w->cls & FW(STOP)) ||
                       (w->flags & FT_TECHNICAL) || (p->part[k] & PART_SMALL);
        if (!capital && !p->title)
            break;
        *ret_parts |= p->part[k];
        *ret_end = k + 1;
        n++;
    }
    while (n && (c->x.w[i + n - 1].cls & FW(STOP)) && *ret_end < p->n) /* "Office of" */
        n--, (*ret_end)--;
    return n;
}

static size_t name_at(const struct fcheck *c, const struct fname *p, size_t i)
{
    size_t best = 0;
    for (size_t k = 0; k < p->n; k++) {
        unsigned parts;
        size_t end = 0;
        if (p->hash[k] != c->x.t[i].hash && !(p->title && p->stem[k] && p->stem[k] == c->x.w[i].stem))
            continue;
        size_t n = run_at(c, p, k, i, &parts, &end);
        bool whole = k <= p->core_from && end >= p->core_to;
        bool starts = k <= p->core_from && (parts & PART_CONTENT) && !(c->x.w[i].cls & FW(COMMON));
        bool stop = (c->x.w[i].cls & FW(STOP)) && k;
        bool said = p->title ? (parts & PART_HEAD) || (whole && n > 1) : starts || (n > 1 && (parts & PART_CONTENT));
        if ((whole || (said && !stop)) && n > best)
            best = n;
    }
    return best;
}

void facts_posts_mark(struct fcheck *c)
{
    for (size_t i = c->from; i < c->to && c->posts_n;) {
        size_t n = 0;
        uint8_t kind = 0;
        bool seen = facts_seen(c->posts_seen, c->x.t[i].hash) || facts_seen(c->posts_seen, c->x.w[i].stem);
        for (size_t k = 0; k < c->posts_n && seen; k++) {
            size_t m = name_at(c, &c->posts[k], i);
            if (m > n || (m == n && m && !c->posts[k].title)) {
                n = m;
                kind = c->posts[k].title ? FACTS_POST_TITLE : FACTS_POST_COMPANY;
            }
        }
        for (size_t k = i; k < i + n; k++)
            c->x.w[k].post = kind;
        i += MAX(n, (size_t)1);
    }
}

/* wish or fact */

static const char *const ROLE_NOUNS[] = {"role",       "roles",      "position",    "positions", "post",
                                         "opening",    "vacancy",    "job",         "posting",   "place",
                                         "internship", "fellowship", "opportunity", "seat",      NULL};
static const char *const AIM_WORDS[] = {
    "would",      "will",     "could",       "may",          "might",        "shall",     "should",     "can",
    "if",         "hope",     "hoping",      "wish",         "apply",        "applying",  "applied",    "application",
    "considered", "consider", "considering", "interest",     "interested",   "interests", "joining",    "hiring",
    "hire",       "seek",     "seeks",       "seeking",      "advertised",   "advertise", "advertises", "looking",
    "vacancy",    "next",     "candidate",   "candidacy",    "case",         "hand",      "want",       "wants",
    "keen",       "eager",    "talk",        "conversation", "discuss",      "offers",    "needs",      "need",
    "match",      "fit",      "suited",      "contribute",   "contribution", "why",       "draws",      "drew",
    "appeals",    "attracts", "excited",     "enthusiastic", "asks",         "addressed", "forward",    "read",
    "reads",      "saw",      "mind",        "describes",    "like",         "love",      "opening",    NULL};
static const char *const FACT_WORDS[] = {
    "was",        "were",     "been",     "am",         "worked",      "served", "employed",  "joined", "left",
    "spent",      "former",   "formerly", "previously", "during",      "tenure", "stint",     "became", "becoming",
    "hired",      "promoted", "interned", "consulted",  "volunteered", "used",   "use",       "using",  "experienced",
    "proficient", "expert",   "managed",  "led",        "ran",         "built",  "currently", "career", "colleagues",
    "working",    "im",       "have",     "ive",        "had",         NULL};
static const char *const TELLS[] = {"saw",     "write", "mention", "note",       "noticed", "think",
                                    "believe", "know",  "turned",  "turn",       "come",    "read",
                                    "found",   "heard", "learned", "understand", NULL};

/* "I'd", "I’ll" */
static bool first_modal(const struct fcheck *c, size_t i)
{
    struct str w = facts_token_str(&c->x, i);
    return (c->x.w[i].cls & FW(FIRST)) && w.n > 2 && (str_iends(w, "d") || str_iends(w, "ll")) && w.p[0] != 'm';
}

static bool first_am(const struct fcheck *c, size_t i)
{
    struct str w = facts_token_str(&c->x, i);
    return (c->x.w[i].cls & FW(FIRST)) && w.n > 2 && (str_iends(w, "m") || str_iends(w, "ve"));
}

static enum decision cue_at(const struct fcheck *c, size_t i)
{
    const struct fword *w = &c->x.w[i];
    if (w->post || (w->flags & FT_QUOTED))
        return UNSAID;
    if (first_modal(c, i) || word_in(c, i, AIM_WORDS) || (w->cls & FW(WISH)))
        return AIM;
    bool infinitive = i > c->from && (word_is(c, i - 1, "to") || word_is(c, i - 1, "of") || first_modal(c, i - 1));
    bool experience = word_is(c, i, "experience") && (word_is(c, i + 1, "with") || word_is(c, i + 1, "at") ||
                                                      word_is(c, i + 1, "in") || word_is(c, i + 1, "as"));
    if (!infinitive && (experience || word_in(c, i, FACT_WORDS) || first_am(c, i)))
        return FACT;
    return UNSAID;
}

static bool breaks(const struct fcheck *c, size_t i) /* before token i */
{
    char g = c->x.w[i].gap;
    return g == ',' || g == ';' || g == ':' || g == '(' || g == ')' || g == '\n' || g == '|';
}

static bool place_before(const struct fcheck *c, size_t a, bool role_too)
{
    static const char *const PLACES[] = {"at", "as", "for", "with", "from", "in", "by", "while", NULL};
    static const char *const BEGINS[] = {"at", "as", "in", "while", "during", NULL};
    while (a > c->from &&
           (word_is(c, a - 1, "the") || word_is(c, a - 1, "a") || word_is(c, a - 1, "an") || word_is(c, a - 1, "your")))
        a--;
    return a > c->from && word_in(c, a - 1, role_too ? BEGINS : PLACES);
}

/* Backwards from a: the nearest word that tells; stops at a comma unless over. */
static enum decision look_back(const struct fcheck *c, size_t a, bool over)
{
    for (size_t i = a; i > c->from && a - i < LOOK_BACK_MAX; i--) {
        if (i < c->to && c->x.w[i].gap == ';')
            return UNSAID;
        if (i < c->to && !over && breaks(c, i))
            return UNSAID;
        enum decision d = cue_at(c, i - 1);
        if (d == FACT && word_is(c, i - 1, "joined"))
            for (size_t k = i - 1; k > c->from && i - k < 6; k--)
                if (word_is(c, k - 1, "if"))
                    d = AIM;
        if (d)
            return d;
        if ((c->x.w[i - 1].cls & FW(FIRST)) && !(c->x.w[i - 1].flags & FT_QUOTED) && !word_is(c, i - 1, "me") &&
            !word_is(c, i - 1, "us") && !word_is(c, i - 1, "myself")) {
            if (word_in(c, i, TELLS))
                return UNSAID;
            return place_before(c, a, false) ? FACT : UNSAID; /* "I ... at C", "my ... as a T" */
        }
    }
    return UNSAID;
}

static bool employs_me(const struct fcheck *c, size_t b)
{
    static const char *const DID[] = {"hired", "promoted", "employed", "recruited", "trained", "taught", "made", NULL};
    for (size_t k = b; k + 1 < c->to && k < b + 6; k++)
        if ((word_is(c, k, "my") && word_is(c, k + 1, "employer")) || (word_in(c, k, DID) && word_is(c, k + 1, "me")))
            return true;
    return false;
}

static enum decision look_ahead(const struct fcheck *c, size_t a, size_t b)
{
    bool place = place_before(c, a, true);
    for (size_t i = b; i < c->to && i < b + LOOK_AHEAD_MAX; i++) {
        if (breaks(c, i) && !(i == b && c->x.w[i].gap == ','))
            return UNSAID;
        if (c->x.w[i].post)
            continue;
        if (first_modal(c, i) || (c->x.w[i].cls & FW(WISH)) || word_in(c, i, AIM_WORDS))
            return AIM;
        if (c->x.w[i].cls & FW(YOU))
            return UNSAID;
        if ((c->x.w[i].cls & FW(FIRST)) && place) {
            bool may = i + 1 < c->to && (word_in(c, i + 1, AIM_WORDS) || (c->x.w[i + 1].cls & FW(WISH)) ||
                                         (i + 2 < c->to && word_is(c, i + 2, "be")));
            return may ? AIM : FACT;
        }
        if (i == b && (word_is(c, i, "experience") || word_is(c, i, "skills")))
            return FACT;
    }
    return UNSAID;
}

static enum decision decide(const struct fcheck *c, size_t a, size_t b)
{
    enum decision d = look_back(c, a, false);
    if (!d && employs_me(c, b))
        d = FACT;
    if (!d)
        d = look_ahead(c, a, b);
    return d ? d : look_back(c, a, true);
}

/* "a T at B": said of B. */
static bool elsewhere(const struct fcheck *c, size_t b)
{
    if (!(word_is(c, b, "at") || word_is(c, b, "with") || word_is(c, b, "for")) || b + 1 >= c->to)
        return false;
    size_t k = b + 1 + (word_is(c, b + 1, "the") && b + 2 < c->to);
    return facts_is_upper(&c->x, k) && !c->x.w[k].post && !(c->x.w[k].cls & FW(FIRST));
}

bool facts_told_of(const struct fcheck *c, size_t to)
{
    return to + 2 < c->to && word_is(c, to, "where") && (c->x.w[to + 1].cls & FW(FIRST)) && !first_modal(c, to + 1) &&
           !word_in(c, to + 2, AIM_WORDS);
}

/* "comes from X, where I wrote": X is claimed whatever the sentence wishes. */
static void told_scope(struct fcheck *c)
{
    static const char *const PLACES[] = {"in", "near", "to", "outside", "around", NULL};
    for (size_t k = c->from + 1; k < c->to; k++) {
        size_t a = k;
        if (!facts_told_of(c, k))
            continue;
        while (a > c->from && facts_is_upper(&c->x, a - 1) && !(c->x.w[a - 1].flags & FT_QUOTED) &&
               !(c->x.w[a - 1].post) && (a == k || c->x.w[a].gap == ' '))
            a--;
        for (size_t i = a; i < k && a > c->from && !word_in(c, a - 1, PLACES); i++)
            c->x.w[i].scope = SCOPE_CLAIM;
    }
}

void facts_posts_scope(struct fcheck *c)
{
    told_scope(c);
    for (size_t a = c->from; a < c->to;) {
        size_t b = a + 1;
        uint8_t kind = c->x.w[a].post;
        while (b < c->to && kind && c->x.w[b].post == kind)
            b++;
        if (kind) {
            bool title = kind & FACTS_POST_TITLE, role = word_in(c, b, ROLE_NOUNS);
            enum decision d = title && elsewhere(c, b) ? FACT : decide(c, a, b);
            bool post = d == AIM || (!d && (role || !title));
            for (size_t i = a; i < b && d; i++)
                c->x.w[i].post |= d == FACT ? FACTS_POST_CLAIMED : 0;
            for (size_t i = a; i < b && (post || d == FACT); i++)
                if (!(c->x.w[i].flags & FT_QUOTED))
                    c->x.w[i].scope = post ? SCOPE_POST : SCOPE_CLAIM;
        }
        a = b;
    }
    /* "St Aldhelm's Academy" says nothing about where one learned */
    uint64_t learning = FW(SCHOOL) | FW(EDU) | FW(DEGREE) | FW(CERT) | FW(CERT_NAME), own = 0;
    for (size_t i = c->from; i < c->to; i++)
        own |= c->x.w[i].scope == SCOPE_POST ? 0 : c->x.w[i].cls;
    c->cls &= ~learning | own;
}

/* what a letter applies for by its own words */

static size_t capitals(const struct fcheck *c, size_t i)
{
    size_t to = i;
    while (to < c->to && to < i + COMPANY_RUN_MAX && !(c->x.w[to].cls & FW(FIRST))) {
        bool upper = facts_is_upper(&c->x, to) || (c->x.w[to].flags & FT_TECHNICAL);
        bool join = to > i && to + 1 < c->to && facts_is_upper(&c->x, to + 1) && c->x.w[to + 1].gap == ' ' &&
                    (word_is(c, to, "of") || word_is(c, to, "and") || word_is(c, to, "for") || word_is(c, to, "the"));
        char g = c->x.w[to].gap;
        upper |= (c->x.w[to].flags & FT_JOINED) && g == '.';                                        /* "Login.gov" */
        upper |= (c->x.t[to].flags & TOKEN_DIGIT) && str_is_alpha(c->x.text.p[c->x.t[to].end - 1]); /* "10x" */
        if ((!upper && !join) || (to > i && g != ' ' && g != '-' && g != '/' && g != '.'))
            break;
        to++;
    }
    return to;
}

static void company_at(struct fcheck *c, size_t i)
{
    i += word_is(c, i, "the") && i + 1 < c->to && facts_is_upper(&c->x, i + 1);
    size_t to = capitals(c, i);
    if (to > i && !facts_employers_named(c, i, to, NULL))
        name_add(c, &c->x, i, to, false);
}

/* The title before "role" ("the Senior T role"), or after "role of", "as a". */
static void title_before(struct fcheck *c, size_t role)
{
    size_t from = role;
    while (from > c->from && role - from < TITLE_BACK_MAX) {
        size_t b = from - 1;
        bool upper = facts_is_upper(&c->x, b) || (c->x.w[b].flags & FT_TECHNICAL) || (c->x.t[b].flags & TOKEN_DIGIT) ||
                     ((c->x.w[b].flags & FT_JOINED) && c->x.w[b].gap == '.');
        bool join = (word_is(c, b, "of") || word_is(c, b, "and") || word_is(c, b, "for")) && b > c->from &&
                    facts_is_upper(&c->x, b - 1);
        char g = c->x.w[from].gap;
        if ((!upper && !join) || (c->x.w[b].cls & FW(FIRST)) || (g == '\n' || g == ';') ||
            (g == '.' && from < role && !(c->x.w[from].flags & FT_JOINED) && c->x.t[b].end - c->x.t[b].start > 2))
            break;
        from--;
    }
    uint64_t cls = 0;
    for (size_t i = from; i < role; i++)
        cls |= c->x.w[i].cls;
    if (from < role && ((cls & FW(TITLE_HEAD)) || role - from > 1) && decide(c, from, role + 1) == AIM)
        name_add(c, &c->x, from, role, true);
}

static void title_after(struct fcheck *c, size_t i)
{
    static const char *const BEFORE[] = {"of", "as", "for", "hiring", "seeks", "next", "seeking", NULL};
    size_t b = i;
    while (b > c->from && (word_is(c, b - 1, "a") || word_is(c, b - 1, "an") || word_is(c, b - 1, "your")))
        b--;
    size_t to = capitals(c, i);
    uint64_t cls = 0;
    if (to > i && to < c->to && c->x.w[to].gap == ',' && capitals(c, to) == c->to)
        to = c->to; /* "a Product Manager, Payouts." */
    for (size_t k = i; to == i && k < c->to && k < i + 6 && !(c->x.w[k].cls & FW(STOP)); k++)
        if (c->x.w[k].cls & FW(TITLE_HEAD)) /* "as a mobile developer" */
            to = k + 1;
    for (size_t k = i; k < to; k++)
        cls |= c->x.w[k].cls;
    if (b > c->from && word_in(c, b - 1, BEFORE) && to > i && (cls & FW(TITLE_HEAD)) && decide(c, i, to) == AIM)
        name_add(c, &c->x, i, to, true);
}

static bool role_near(const struct fcheck *c, size_t k)
{
    for (size_t b = k; b > c->from && k - b < 3; b--)
        if (word_in(c, b - 1, ROLE_NOUNS) || word_is(c, b - 1, "work") || (c->x.w[b - 1].post & FACTS_POST_TITLE))
            return true;
    return false;
}

static bool employer_seeks(const struct fcheck *c, size_t to)
{
    static const char *const DOES[] = {"looking", "hiring",  "advertised", "advertises",
                                       "seeks",   "seeking", "needs",      NULL};
    for (size_t k = to; k < c->to && k < to + 3; k++)
        if (word_in(c, k, DOES))
            return true;
    return false;
}

static void sentence_applies(struct fcheck *c)
{
    for (size_t k = c->from; k < c->to; k++) {
        if (word_in(c, k, ROLE_NOUNS))
            title_before(c, k);
        else if (k > c->from && (facts_is_upper(&c->x, k)
                                     ? !facts_is_upper(&c->x, k - 1) || capitals(c, k - 1) < k
                                     : word_is(c, k - 1, "a") || word_is(c, k - 1, "an") || word_is(c, k - 1, "next")))
            title_after(c, k);
    }
    facts_posts_mark(c);
    for (size_t k = c->from; k + 1 < c->to; k++) {
        bool at = word_is(c, k, "at") || word_is(c, k, "with"),
             join = word_is(c, k, "join") || word_is(c, k, "joining");
        bool to = word_is(c, k, "to") && k > c->from &&
                  (word_is(c, k - 1, "apply") || word_is(c, k - 1, "applying") || word_is(c, k - 1, "application"));
        if (((at && role_near(c, k)) || join || to) && decide(c, k + 1, k + 2) == AIM)
            company_at(c, k + 1);
    }
    size_t to = capitals(c, c->from);
    if (to > c->from && employer_seeks(c, to))
        company_at(c, c->from);
    for (size_t k = c->from; k < c->to; k++)
        c->x.w[k].post = 0;
}

/* "Dear hiring team at C", "Dear C team" */
static void greeted(struct fcheck *c)
{
    for (size_t k = c->from + 1; k < c->to; k++) {
        size_t to = capitals(c, k);
        while (to > k && (c->x.w[to - 1].cls & (FW(COMMON) | FW(TITLE_HEAD))))
            to--;
        if (to > k && !(c->x.w[k].cls & (FW(COMMON) | FW(TITLE_HEAD))) && !facts_employers_named(c, k, to, NULL))
            name_add(c, &c->x, k, to, false);
        k = MAX(k, to);
    }
}

void facts_posts_find(struct fcheck *c)
{
    if (c->in->kind != FACTS_LETTER)
        return;
    if (c->in->analysis) {
        name_read(c, c->in->analysis->company, false);
        name_read(c, c->in->analysis->title, true);
    }
    for (size_t i = 0; i < c->x.n;) {
        size_t end = facts_sentence_end(&c->x, i, c->in->kind);
        c->from = i;
        c->to = end;
        if (c->x.w[i].cls & FW(GREETING))
            greeted(c);
        else
            sentence_applies(c);
        i = end;
    }
}
