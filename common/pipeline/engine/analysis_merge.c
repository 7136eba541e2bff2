/* Every quote is looked for in the posting with blanks, quotation marks, dashes and case folded, on word boundaries;
 * what is kept is the posting's own bytes at that place. The posting is folded once, with the way back for each byte.
 */
#include "pipeline/engine/analysis_merge.h"

#include "base/utf8.h"
#include "pipeline/engine/analysis_internal.h"
#include "pipeline/engine/analysis_names.h"
#include "pipeline/engine/posting_internal.h"

#define QUOTE_BYTES     240
#define QUOTE_MIN_BYTES 3
#define TEXT_BYTES      200
#define TITLE_BYTES     200
#define MISSION_BYTES   300
#define LOCATION_BYTES  120
#define YEARS_MAX       60
#define ITEMS_MAX       200 /* of one list of the reply; the others are not looked at */

struct folded {
    struct str text;
    uint32_t *at; /* per byte of text, and one more: where it stands in the source */
};

struct merge {
    struct arena *a;
    const struct posting *posting;
    struct reading reading; /* text only: for quote_make */
    struct folded folded;
    struct analysis *an;
    struct analysis_merge *ret;
    struct requirement found[ANALYSIS_REQUIREMENTS_MAX];
    size_t found_n;
};

/* One character: how many bytes it is, and what stands for it (0: itself). */
static size_t fold_one(const char *p, size_t left, char *ret)
{
    unsigned char c = (unsigned char)p[0], d = left > 1 ? (unsigned char)p[1] : 0,
                  e = left > 2 ? (unsigned char)p[2] : 0;
    *ret = 0;
    if (c < 0x80) {
        *ret = str_is_space((char)c) ? ' ' : str_lower_char((char)c);
        return 1;
    }
    if (c == 0xC2 && d == 0xA0) {
        *ret = ' ';
        return 2;
    }
    if (c == 0xE2 && d == 0x80 && e) {
        *ret = e == 0x98 || e == 0x99                  ? '\''
               : e == 0x9C || e == 0x9D || e == 0x9E   ? '"'
               : e >= 0x90 && e <= 0x95                ? '-'
               : (e >= 0x80 && e <= 0x8A) || e == 0xAF ? ' '
                                                       : 0;
        return *ret ? 3 : 1;
    }
    return 1;
}

static bool fold(struct arena *a, struct str s, struct folded *ret)
{
    char *out = arena_try_alloc(a, s.n + 1);
    size_t n = 0;
    ret->at = arena_try_alloc(a, (s.n + 1) * sizeof(*ret->at));
    if (!out || !ret->at)
        return false;
    for (size_t i = 0; i < s.n;) {
        char c;
        size_t len = fold_one(s.p + i, s.n - i, &c);
        if (c == ' ' && n && out[n - 1] == ' ') {
            i += len;
            continue;
        }
        ret->at[n] = (uint32_t)i;
        out[n++] = c ? c : s.p[i];
        i += len;
    }
    ret->at[n] = (uint32_t)s.n;
    ret->text = (struct str){.p = out, .n = n};
    return true;
}

static bool inside_word(struct str s, size_t at)
{
    return at > 0 && at < s.n && (str_is_alnum(s.p[at]) || (unsigned char)s.p[at] >= 0x80) &&
           (str_is_alnum(s.p[at - 1]) || (unsigned char)s.p[at - 1] >= 0x80);
}

/* Marks in front of and behind the words that a model puts there or leaves out. */
static struct str bare(struct str s)
{
    s = str_trim(s);
    while (s.n && (strchr("-*#>\"' ", s.p[0]) != NULL))
        s = str_sub(s, 1, s.n);
    while (s.n && strchr(".,;:\"' ", s.p[s.n - 1]))
        s.n--;
    return s;
}

/* The place of the words in the posting. false: they do not stand there. */
static bool find(struct merge *m, struct str words, size_t *start, size_t *end)
{
    struct folded f;
    if (words.n > m->posting->text.n * 2 + 16 || !fold(m->a, words, &f))
        return false;
    struct str want = bare(f.text), in = m->folded.text;
    if (want.n < QUOTE_MIN_BYTES)
        return false;
    for (size_t from = 0; from + want.n <= in.n;) {
        ptrdiff_t at = str_find(str_sub(in, from, in.n), want);
        if (at < 0)
            return false;
        size_t i = from + (size_t)at;
        if (!inside_word(in, i) && !inside_word(in, i + want.n)) {
            *start = m->folded.at[i];
            *end = m->folded.at[i + want.n];
            return true;
        }
        from = i + 1;
    }
    return false;
}

/* The quote in the posting's own bytes; counts it. */
static bool quote_find(struct merge *m, struct str words, struct analysis_quote *ret)
{
    size_t start, end;
    m->ret->quotes++;
    if (!find(m, words, &start, &end)) {
        m->ret->quotes_wrong++;
        if (m->ret->wrong_n < ANALYSIS_MERGE_WRONG_MAX)
            m->ret->wrong[m->ret->wrong_n++] = words;
        return false;
    }
    *ret = quote_make(&m->reading, start, end, QUOTE_BYTES);
    if (ret->text.n && !posting_guard_speaks(ret->text))
        return true;
    m->ret->dropped++;
    return false;
}

/* Some words of the posting that stand in one line there; n == 0 when they do not. */
static struct str line_find(struct merge *m, struct str words, size_t max)
{
    size_t start, end;
    struct str none = {.p = "", .n = 0};
    if (words.n == 0 || !find(m, words, &start, &end))
        return none;
    struct str s = str_sub(m->posting->text, start, end);
    return s.n <= max && !memchr(s.p, '\n', s.n) && !posting_guard_speaks(s) ? s : none;
}

/* A quote as a text for people: one line, without a final period. */
static struct str text_of(struct merge *m, const struct analysis_quote *q, size_t max)
{
    struct str s = quote_make(&m->reading, q->start, q->end, max).text;
    while (s.n && (s.p[s.n - 1] == '.' || str_is_space(s.p[s.n - 1])))
        s.n--;
    if (!s.n || !memchr(s.p, '\n', s.n))
        return s;
    char *copy = arena_strndup(m->a, s.p, s.n);
    for (size_t i = 0; copy && i < s.n; i++)
        copy[i] = copy[i] == '\n' ? ' ' : copy[i];
    return copy ? (struct str){.p = copy, .n = s.n} : (struct str){.p = "", .n = 0};
}

/* -- requirements -- */

static void skill_add(struct requirement *q, const struct skill *s)
{
    for (size_t i = 0; i < q->skills_n; i++)
        if (str_eqc(q->skills[i], s->slug))
            return;
    if (q->skills_n < ANALYSIS_SKILLS_PER_REQUIREMENT_MAX)
        q->skills[q->skills_n++] = str_of(s->slug);
}

/* What the words name, and what the model says they name, where they do. Soft skills count only when there is nothing
 * else. */
static void skills_read(struct merge *m, yyjson_val *item, struct requirement *q)
{
    struct skill_mention mentions[32];
    struct str words = q->text;
    size_t n = skills_find(words, mentions, ARRAY_LEN(mentions)), hard = 0, i, max;
    yyjson_val *name;
    for (size_t k = 0; k < n; k++)
        hard += strcmp(mentions[k].skill->field, "soft") != 0;
    for (size_t k = 0; k < n; k++)
        if (!hard || strcmp(mentions[k].skill->field, "soft") != 0)
            skill_add(q, mentions[k].skill);
    yyjson_arr_foreach(json_get_arr(item, "skills"), i, max, name)
    {
        struct str s = str_trim(json_str(name));
        const struct skill *known = s.n && s.n < 100 && i < ITEMS_MAX ? skills_by_name(s) : NULL;
        char *word = known ? arena_strndup(m->a, s.p, s.n) : NULL;
        if (word && (!hard || strcmp(known->field, "soft") != 0) && str_ifind_word(words, word, 0) >= 0)
            skill_add(q, known);
    }
}

static bool names_number(struct str words, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%lld", (long long)number);
    return str_ifind_word(words, digits, 0) >= 0;
}

static void years_read(yyjson_val *item, struct requirement *q)
{
    struct token tokens[96];
    size_t n = tokens_read(q->text, tokens, ARRAY_LEN(tokens));
    int64_t said = json_get_int(item, "years_min", -1);
    int max;
    years_find(q->text, tokens, 0, n, &q->years_min, &max);
    if (said > 0 && said <= YEARS_MAX && names_number(q->text, said))
        q->years_min = (int)said;
}

/* Kinds for which "nobody is considered without" can be. */
static bool may_knock_out(enum requirement_kind k)
{
    return k == REQUIREMENT_AUTHORIZATION || k == REQUIREMENT_CERTIFICATION || k == REQUIREMENT_LANGUAGE ||
           k == REQUIREMENT_EDUCATION;
}

static void requirement_read(struct merge *m, yyjson_val *item)
{
    struct requirement q = {.years_min = -1};
    if (!quote_find(m, json_get_str(item, "quote"), &q.evidence))
        return;
    struct str own = line_find(m, json_get_str(item, "text"), TEXT_BYTES);
    q.text = own.n ? own : text_of(m, &q.evidence, TEXT_BYTES);
    while (q.text.n && q.text.p[q.text.n - 1] == '.')
        q.text.n--;
    if (q.text.n == 0 || m->found_n == ANALYSIS_REQUIREMENTS_MAX) {
        m->ret->dropped++;
        return;
    }
    for (size_t i = 0; i < m->found_n; i++)
        if (str_ieq(m->found[i].text, q.text)) {
            m->ret->dropped++;
            return;
        }
    skills_read(m, item, &q);
    years_read(item, &q);
    q.kind = analysis_kind_named(json_get_str(item, "kind"));
    if (!q.kind || (q.kind == REQUIREMENT_SKILL && q.skills_n == 0))
        q.kind = REQUIREMENT_OTHER;
    q.priority = str_eqc(json_get_str(item, "priority"), "required") ? REQUIREMENT_REQUIRED : REQUIREMENT_PREFERRED;
    q.alternatives = q.skills_n > 1 && json_get_bool(item, "alternatives", false);
    q.knockout = q.priority == REQUIREMENT_REQUIRED && may_knock_out(q.kind) && json_get_bool(item, "knockout", false);
    q.weight = analysis_weight(&q);
    size_t at = m->found_n++;
    while (at > 0 && m->found[at - 1].evidence.start > q.evidence.start) {
        m->found[at] = m->found[at - 1];
        at--;
    }
    m->found[at] = q;
}

/* The most years of what is required, as the offline engine counts them. */
static void experience_read(struct merge *m, int64_t said)
{
    struct analysis *an = m->an;
    int derived = -1;
    bool named = false;
    for (size_t i = 0; i < an->requirements_n; i++) {
        const struct requirement *q = &an->requirements[i];
        bool counts = q->kind == REQUIREMENT_EXPERIENCE || q->kind == REQUIREMENT_EDUCATION ||
                      q->kind == REQUIREMENT_CERTIFICATION;
        named = named || (said >= 0 && q->years_min == said);
        if (counts && q->priority == REQUIREMENT_REQUIRED)
            derived = MAX(derived, q->years_min);
    }
    int years = named ? (int)said : derived;
    if (years == an->experience_years_min)
        return;
    an->experience_years_min = years;
    an->experience_years_max = -1;
}

static int requirements_read(struct merge *m, yyjson_val *reply, struct err *err)
{
    size_t i, max;
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(reply, "requirements"), i, max, item) if (i < ITEMS_MAX) requirement_read(m, item);
    if (m->found_n == 0)
        return 0;
    for (size_t k = 0; k < m->found_n; k++) {
        char *id = arena_printf(m->a, "r%zu", k + 1);
        if (!id)
            return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
        m->found[k].id = str_of(id);
        m->an->requirements[k] = m->found[k];
    }
    m->an->requirements_n = m->found_n;
    experience_read(m, json_get_int(reply, "experience_years_min", -1));
    return 0;
}

/* -- the other lists -- */

static void responsibilities_read(struct merge *m, yyjson_val *reply)
{
    struct analysis_responsibility found[ANALYSIS_RESPONSIBILITIES_MAX];
    size_t n = 0, i, max;
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(reply, "responsibilities"), i, max, item)
    {
        struct analysis_responsibility x;
        bool known = false;
        if (i >= ITEMS_MAX || !quote_find(m, json_get_str(item, "quote"), &x.quote))
            continue;
        x.text = text_of(m, &x.quote, QUOTE_BYTES);
        for (size_t k = 0; k < n; k++)
            known = known || found[k].quote.start == x.quote.start;
        if (known || x.text.n == 0 || n == ANALYSIS_RESPONSIBILITIES_MAX)
            m->ret->dropped++;
        else
            found[n++] = x;
    }
    if (n) {
        memcpy(m->an->responsibilities, found, n * sizeof(found[0]));
        m->an->responsibilities_n = n;
    }
}

static struct str one_of(struct str word, const char *const *words)
{
    for (; *words; words++)
        if (str_eqc(word, *words))
            return str_of(*words);
    return (struct str){.p = "", .n = 0};
}

static void culture_read(struct merge *m, yyjson_val *reply)
{
    static const char *const SIGNALS[] = {"pace",    "autonomy", "collaboration", "learning", "flexibility",
                                          "mission", "process",  "hours",         "other",    NULL};
    static const char *const POLARITIES[] = {"positive", "negative", "neutral", NULL};
    struct analysis_culture found[ANALYSIS_CULTURE_MAX];
    size_t n = 0, i, max;
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(reply, "culture"), i, max, item)
    {
        struct analysis_culture x = {.signal = one_of(json_get_str(item, "signal"), SIGNALS),
                                     .polarity = one_of(json_get_str(item, "polarity"), POLARITIES)};
        bool known = false;
        if (i >= ITEMS_MAX || !quote_find(m, json_get_str(item, "quote"), &x.quote))
            continue;
        for (size_t k = 0; k < n; k++)
            known = known || (found[k].quote.start == x.quote.start && str_eq(found[k].signal, x.signal));
        if (known || !x.signal.n || !x.polarity.n || n == ANALYSIS_CULTURE_MAX)
            m->ret->dropped++;
        else
            found[n++] = x;
    }
    if (n) {
        memcpy(m->an->culture, found, n * sizeof(found[0]));
        m->an->culture_n = n;
    }
}

/* -- single values -- */

static void names_read(struct merge *m, yyjson_val *reply)
{
    struct analysis *an = m->an;
    const struct posting_facts *f = &m->posting->facts;
    struct str title = line_find(m, json_get_str(reply, "title"), TITLE_BYTES),
               company = line_find(m, json_get_str(reply, "company"), COMPANY_MAX_BYTES),
               location = line_find(m, json_get_str(reply, "location"), LOCATION_BYTES),
               mission = line_find(m, json_get_str(reply, "mission_quote"), MISSION_BYTES);
    if (title.n && f->title.n == 0 && (title_has_job_noun(title) || !title_has_job_noun(an->title)))
        an->title = title_letters_caps(title) ? title_caps_relaxed(m->a, title) : title;
    if (company.n && f->company.n == 0)
        an->company = company;
    if (location.n && f->location.n == 0)
        an->location = location;
    if (mission.n)
        an->mission = mission;
}

static void levels_read(struct merge *m, yyjson_val *reply)
{
    struct analysis *an = m->an;
    enum seniority s = analysis_seniority_named(json_get_str(reply, "seniority"));
    enum education_level e = analysis_education_named(json_get_str(reply, "education_level"));
    enum work_mode w = analysis_mode_named(json_get_str(reply, "work_mode"));
    bool asked = false;
    for (size_t i = 0; i < an->requirements_n; i++)
        asked = asked || an->requirements[i].kind == REQUIREMENT_EDUCATION;
    an->seniority = s ? s : an->seniority;
    an->work_mode = w ? w : an->work_mode;
    if (e && asked) /* a degree without words that ask for one is a guess */
        an->education = e;
    if (asked && json_get_bool(reply, "degree_optional", false))
        an->degree_optional = true;
}

int analysis_merge(struct arena *a, const struct posting *posting, yyjson_val *reply, struct analysis *an,
                   struct analysis_merge *ret, struct err *err)
{
    struct merge *m = ARENA_NEW(a, struct merge);
    *ret = (struct analysis_merge){0};
    if (!m || !fold(a, posting->text, &m->folded))
        return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
    m->a = a;
    m->posting = posting;
    m->reading = (struct reading){.a = a, .posting = posting, .text = posting->text};
    m->an = an;
    m->ret = ret;
    if (str_eqc(json_get_str(reply, "verdict"), "not_a_posting"))
        return 0; /* the offline engine's verdict stays, and with it what it read */
    int rc = requirements_read(m, reply, err);
    if (rc < 0)
        return rc;
    responsibilities_read(m, reply);
    culture_read(m, reply);
    names_read(m, reply);
    levels_read(m, reply);
    an->confidence = analysis_confidence(an, posting);
    return 0;
}

bool analysis_merge_is_poor(const struct analysis_merge *m)
{
    return 5 * m->quotes_wrong > m->quotes;
}
