/* The title: stated facts > "Title: X" lines > headings and first lines, scored (a job noun counts most) > "X is
 * hiring: T", "T wanted", "an opening for a T" > the page title. Place, employer and advertising are taken off. */
#include "pipeline/engine/analysis_names.h"

#include <pthread.h>
#include "base/utf8.h"

#define TITLE_MAX_BYTES 200
#define TOP_CLAUSES     14

#define J(noun) {noun, 1},
static const struct lexicon_row job_rows[] = {
#include "pipeline/engine/analysis_jobs.def"
};
#undef J

static struct lexicon job_lexicon; /* constant once built */
static pthread_once_t job_once = PTHREAD_ONCE_INIT;

static void job_build(void)
{
    lexicon_init(&job_lexicon, job_rows, ARRAY_LEN(job_rows));
}

bool title_has_job_noun(struct str s)
{
    struct token t[40];
    size_t n = tokens_read(s, t, ARRAY_LEN(t)), words;
    pthread_once(&job_once, job_build);
    for (size_t i = 0; i < n; i++)
        if (lexicon_at(&job_lexicon, t, n, i, &words))
            return true;
    return false;
}

bool title_letters_caps(struct str s)
{
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < s.n; i++) {
        upper += s.p[i] >= 'A' && s.p[i] <= 'Z';
        lower += s.p[i] >= 'a' && s.p[i] <= 'z';
    }
    return upper >= 4 && lower * 2 < upper;
}

static bool word_caps(struct str w)
{
    for (size_t i = 0; i < w.n; i++)
        if (w.p[i] >= 'a' && w.p[i] <= 'z')
            return false;
    return true;
}

/* "SENIOR ENGINEER, QA" to "Senior Engineer, QA": words of four and more letters, and small words. */
struct str title_caps_relaxed(struct arena *a, struct str s)
{
    static const char *const small[] = {"OF", "AND", "FOR", "THE", "TO", "IN", "OR", "AT", "A", "WITH", "ON"};
    char *p = str_dup(a, s);
    if (!p)
        return s;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && str_is_alpha(p[i]))
            i++;
        struct str w = {p + from, i - from};
        bool is_small = false;
        for (size_t k = 0; k < ARRAY_LEN(small); k++)
            is_small = is_small || str_eqc(w, small[k]);
        bool word = str_eqc(w, "MID") || str_eqc(w, "NEW") || str_eqc(w, "DAY") || (w.n > 3 && word_caps(w));
        for (size_t k = from + (is_small && from ? 0 : 1); k < i && (word || is_small); k++)
            p[k] = str_lower_char(p[k]);
        i += i < s.n && i == from;
    }
    return (struct str){p, s.n};
}

size_t title_cut_at(struct str s, const char *mark)
{
    ptrdiff_t at = str_ifind(s, str_of(mark));
    return at > 0 ? (size_t)at : s.n;
}

/* A closing parenthesis of four words and more explains, it does not name: "(Java or Kotlin, Go a plus)". */
static struct str parenthesis_cut(struct str s)
{
    if (s.n == 0 || s.p[s.n - 1] != ')')
        return s;
    size_t open = s.n, words = 1;
    while (open && s.p[open - 1] != '(') {
        words += s.p[open - 1] == ' ';
        open--;
    }
    return open > 8 && words >= 4 ? str_trim(str_sub(s, 0, open - 1)) : s;
}

/* Takes place, employer and advertising off a title line; *company gets what stood behind @ or at. */
static struct str title_clean(struct str s, struct str *company)
{
    static const char *const genders[] = {" (m/w/d)", " (w/m/d)",       " (m/f/d)", " (f/m/d)", " (m/f)",  " (h/f)",
                                          " (f/h)",   " (all genders)", " (gn)",    " (m/v)",   " (m/w/x)"};
    static const char *const noise[] = {
        " - remote", " \xE2\x80\x93 remote", " \xE2\x80\x94 remote", " (remote",   ", remote", " wanted",
        " | ",       " \xC2\xB7 ",           "\xE2\x80\x94",         " (first job"};
    s = str_trim(s);
    size_t at = MIN(title_cut_at(s, " @ "), title_cut_at(s, " at "));
    if (at < s.n) {
        size_t skip = s.p[at + 1] == '@' ? 3 : 4;
        struct str name = str_trim(str_sub(s, at + skip, s.n));
        if (name.n && name.n <= COMPANY_MAX_BYTES && name.p[0] >= 'A' && name.p[0] <= 'Z')
            *company =
                str_sub(name, 0,
                        MIN(title_cut_at(name, " ("),
                            MIN(title_cut_at(name, ","), MIN(title_cut_at(name, " - "), title_cut_at(name, " | ")))));
        s = str_sub(s, 0, at);
    }
    for (size_t i = 0; i < ARRAY_LEN(noise); i++) {
        size_t cut = title_cut_at(s, noise[i]);
        if (cut < s.n && title_has_job_noun(str_sub(s, 0, cut)))
            s = str_trim(str_sub(s, 0, cut));
    }
    for (size_t i = 0; i < ARRAY_LEN(genders); i++)
        if (title_cut_at(s, genders[i]) < s.n)
            s = str_trim(str_sub(s, 0, title_cut_at(s, genders[i])));
    s = parenthesis_cut(s);
    while (s.n && strchr("-:,.!*# ", s.p[s.n - 1]))
        s.n--;
    while (s.n && strchr("-:,.*# ", s.p[0]))
        s = str_sub(s, 1, s.n);
    return utf8_cut(s, TITLE_MAX_BYTES);
}

/* The value of a line "key: value" whose key is one of keys; n == 0 when none. */
struct str title_keyed_line(const struct reading *r, const char *const *keys, size_t n)
{
    struct str rest = str_sub(r->text, 0, MIN(r->text.n, (size_t)6000)), line;
    while (str_next_line(&rest, &line)) {
        if (str_starts(line, "- "))
            line = str_sub(line, 2, line.n);
        const char *colon = memchr(line.p, ':', MIN(line.n, (size_t)40));
        if (!colon)
            continue;
        struct str key = str_trim(str_sub(line, 0, (size_t)(colon - line.p)));
        for (size_t i = 0; i < n; i++)
            if (str_ieqc(key, keys[i])) {
                struct str v = str_trim(str_sub(line, (size_t)(colon - line.p) + 1, line.n));
                if (v.n && v.n <= 200)
                    return v;
            }
    }
    return (struct str){"", 0};
}

/* Text after a phrase such as "is hiring a ", up to the end of the noun group. */
static struct str after_phrase(struct str s)
{
    static const char *const phrases[] = {"is hiring: ",
                                          "is hiring for ",
                                          "is hiring a ",
                                          "is hiring an ",
                                          "we are hiring a ",
                                          "we are hiring an ",
                                          "we're hiring a ",
                                          "opening for a ",
                                          "opening for an ",
                                          "looking for a ",
                                          "looking for an ",
                                          "looking for: ",
                                          "seeks a ",
                                          "seeks an ",
                                          "is seeking a ",
                                          "is seeking an ",
                                          "appoint an ",
                                          "appoint a ",
                                          "position of ",
                                          "now hiring ",
                                          "NOW HIRING *** ",
                                          "need an ",
                                          "need a ",
                                          "looking for one ",
                                          "as a ",
                                          "as an "};
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
        ptrdiff_t at = str_ifind(s, str_of(phrases[i]));
        if (at < 0)
            continue;
        struct str t = str_sub(s, (size_t)at + strlen(phrases[i]), s.n);
        static const char *const ends[] = {". ",        " to ",     " who ",    " that ", " with ",
                                           " for our ", " at the ", " in our ", "; ",     " on our ",
                                           ", who",     "! ",       " (",       ", you",  " you "};
        for (size_t k = 0; k < ARRAY_LEN(ends); k++)
            t = str_sub(t, 0, title_cut_at(t, ends[k]));
        t = str_trim(t);
        if (str_istarts(t, "one "))
            t = str_sub(t, 4, t.n);
        if (t.n >= 4 && t.n <= 100 && title_has_job_noun(t))
            return t;
    }
    return (struct str){"", 0};
}

static int title_score(const struct reading *r, const struct clause *c, size_t rank)
{
    struct str s = clause_str(r, c);
    size_t words = c->token_end - c->token;
    if (s.n < 3 || s.n > 160 || words > 18 || c->item)
        return -1;
    double share = 0;
    enum section_kind kind = section_classify(s, &share);
    int score = 5 - (int)MIN(rank, (size_t)5);
    bool noun = title_has_job_noun(s);
    score += noun ? 10 : 0;
    bool wanted = words <= 8 && str_ifind_word(s, "wanted", 0) >= 0;
    score += c->heading ? 4 : 0;
    score -= kind != SECTION_NONE && share > 0.4 && !noun ? 10 : 0;
    score -= c->heading && s.p[s.n - 1] == '.' ? 3 : 0;
    score -= !c->heading && !wanted && (words > 9 || memchr(s.p, ':', s.n) || s.p[s.n - 1] == '.') ? 8 : 0;
    score -= c->cues & (CUE(BENEFIT) | CUE(APPLY) | CUE(REMOTE) | CUE(PAY)) ? 2 : 0;
    return score;
}

static struct str title_from_text(struct reading *r, struct str *company)
{
    static const char *const keys[] = {"title",       "job title", "position", "position title",
                                       "class title", "role",      "job",      "vacancy",
                                       "stelle",      "poste",     "puesto",   "classification title"};
    struct str keyed = title_keyed_line(r, keys, ARRAY_LEN(keys));
    if (keyed.n && title_has_job_noun(keyed))
        return title_clean(keyed, company);
    int best = 6;
    struct str title = {"", 0};
    for (size_t i = 0; i < MIN(r->clauses_n, (size_t)TOP_CLAUSES); i++) {
        int score = title_score(r, &r->clauses[i], i);
        if (score > best) {
            best = score;
            title = clause_str(r, &r->clauses[i]);
        }
    }
    struct str said = title.n ? after_phrase(title) : (struct str){"", 0};
    for (size_t i = 0;
         i < MIN(r->clauses_n, (size_t)TOP_CLAUSES) && !said.n && (title.n == 0 || !title_has_job_noun(title)); i++)
        said = after_phrase(clause_str(r, &r->clauses[i]));
    return title_clean(said.n ? said : title, company);
}

/* "Login.gov: Data Analyst" in a title field names the organisation first. */
static struct str split_organisation(const struct reading *r, struct str title, struct str *company)
{
    static const char *const seps[] = {": ", " - "};
    for (size_t i = 0; i < ARRAY_LEN(seps); i++) {
        ptrdiff_t at = str_find(title, str_of(seps[i]));
        if (at < 2 || at > 60)
            continue;
        struct str left = str_sub(title, 0, (size_t)at),
                   right = str_trim(str_sub(title, (size_t)at + strlen(seps[i]), title.n));
        bool plural = left.n && str_lower_char(left.p[left.n - 1]) == 's'; /* "Presidential Innovation Fellows" */
        if (!title_has_job_noun(right) || (title_has_job_noun(left) && !plural) ||
            title_occurrences(r->text, left) < (i || plural ? 3 : 1))
            continue;
        *company = left;
        return right;
    }
    return title;
}

void analysis_title(struct reading *r)
{
    struct analysis *an = r->an;
    const struct posting_facts *f = &r->posting->facts;
    struct str from_title = {"", 0};
    uint64_t cues = 0;
    an->title = f->title.n ? split_organisation(r, utf8_cut(f->title, TITLE_MAX_BYTES), &from_title)
                           : title_from_text(r, &from_title);
    if (an->title.n == 0 && r->posting->title_hint.n)
        an->title = title_clean(r->posting->title_hint, &from_title);
    if (title_letters_caps(an->title))
        an->title = title_caps_relaxed(r->a, an->title);
    for (size_t i = 0; i < r->clauses_n; i++)
        cues |= r->clauses[i].cues;
    an->company = f->company.n ? utf8_cut(f->company, COMPANY_MAX_BYTES) : analysis_company_find(r, from_title);
    an->confidential = (cues & CUE(AGENCY)) != 0 && (cues & CUE(AGENCY)) && str_ifind(r->text, STR("client")) >= 0;
}
