/* The dimensions beside the requirements, the blockers, and the findings about the résumé's form. A dimension is absent
 * when either side has no data. No dimension looks at how often a word is repeated, except to report it. */
#include "pipeline/engine/score_parts.h"

#include <pthread.h>

#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/profile_parts.h"

#define STUFFED_LISTINGS 3   /* the same skill listed this often */
#define LONG_HIGHLIGHT   400 /* bytes */

static void set(struct scorer *s, enum score_dimension d, double value, struct str detail)
{
    s->part[d] = (struct score_part){.present = true, .value = value < 0 ? 0 : value > 1 ? 1 : value, .detail = detail};
}

double score_shrunk(double points, double max, double prior)
{
    double shrunk = (points + prior * SCORE_PRIOR_VALUE) / (max + prior);
    return max > 0 ? MIN(points / max, shrunk) : SCORE_PRIOR_VALUE;
}

static void absent(struct scorer *s, enum score_dimension d, const char *why)
{
    s->part[d] = (struct score_part){.detail = str_of(why)};
}

/* Rank words are the seniority's business, not the title's. */
static const char *const TITLE_RANKS[] = {"senior", "junior", "lead",   "principal", "staff", "associate",
                                          "intern", "head",   "chief",  "director",  "ii",    "iii",
                                          "iv",     "remote", "hybrid", "mid",       "entry", "sr",
                                          "jr",     "m",      "w",      "d",         "f",     "x"};
/* Occupations that go by several words. */
static const struct {
    const char *word;
    int kin;
} TITLE_KIN[] = {{"engineer", 1},    {"developer", 1}, {"programmer", 1}, {"analyst", 2},    {"analytics", 2},
                 {"scientist", 2},   {"nurse", 3},     {"rn", 3},         {"manager", 4},    {"supervisor", 4},
                 {"coordinator", 4}, {"teacher", 5},   {"instructor", 5}, {"tutor", 5},      {"writer", 6},
                 {"editor", 6},      {"designer", 7},  {"ux", 7},         {"accountant", 8}, {"bookkeeper", 8},
                 {"chef", 9},        {"cook", 9}};

/* Their stems: filled once by the first caller, constant afterwards. */
static struct title_words {
    uint32_t ranks[ARRAY_LEN(TITLE_RANKS)];
    uint32_t kin[ARRAY_LEN(TITLE_KIN)];
} title_words;
static pthread_once_t title_once = PTHREAD_ONCE_INIT;

static void title_words_build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(TITLE_RANKS); i++)
        title_words.ranks[i] = lex_stem(str_of(TITLE_RANKS[i]));
    for (size_t i = 0; i < ARRAY_LEN(TITLE_KIN); i++)
        title_words.kin[i] = lex_stem(str_of(TITLE_KIN[i].word));
}

/* The stems of a title without those of rank words; at most LEX_TOKENS_MAX. */
static size_t title_stems(const struct title_words *t, const uint32_t *all, size_t n, uint32_t *ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool rank = false;
        for (size_t k = 0; k < ARRAY_LEN(TITLE_RANKS) && !rank; k++)
            rank = t->ranks[k] == all[i];
        if (!rank)
            ret[kept++] = all[i];
    }
    return kept;
}

static int kin_of(const struct title_words *t, uint32_t stem)
{
    for (size_t i = 0; i < ARRAY_LEN(TITLE_KIN); i++)
        if (t->kin[i] == stem)
            return TITLE_KIN[i].kin;
    return 0;
}

static double title_fit(const struct title_words *t, const uint32_t *want, size_t n, const struct atom *have)
{
    uint32_t h[LEX_TOKENS_MAX];
    size_t hn = title_stems(t, have->stems, have->stems_n, h);
    double hits = 0;
    for (size_t i = 0; i < n; i++) {
        double best = 0;
        int kin = kin_of(t, want[i]);
        for (size_t k = 0; k < hn; k++)
            best = want[i] == h[k] ? 1.0 : best < 0.7 && kin && kin == kin_of(t, h[k]) ? 0.7 : best;
        hits += best;
    }
    return n ? hits / (double)n : 0;
}

/* A title in the same field in other words is worth this much, one in a related field half of it. */
#define TITLE_FIELD 0.6

/* Absent unless a job or the headline states a title: a project alone neither has one nor lacks it. */
void score_title(struct scorer *s)
{
    uint32_t want[LEX_TOKENS_MAX];
    pthread_once(&title_once, title_words_build);
    size_t n = title_stems(&title_words, s->m->title.stems, s->m->title.stems_n, want);
    n = MIN(n, (size_t)5); /* what follows is a place or a department */
    struct str best = {.p = "", .n = 0};
    double fit = 0;
    bool any = false;
    for (size_t i = 0; i < s->p->atoms_n; i++) {
        const struct atom *x = &s->p->atoms[i];
        if (x->kind != ATOM_ROLE)
            continue;
        any = any || x->employment < 0 || s->p->employments[x->employment].kind == EMPLOYMENT_JOB;
        double f = title_fit(&title_words, want, n, x);
        f = f < TITLE_FIELD ? MAX(f, TITLE_FIELD * score_field_of_titles(s->an->title, x->text)) : f;
        if (f > fit) {
            fit = f;
            best = x->text;
        }
    }
    if (n == 0 || !any) {
        absent(s, SCORE_TITLE, n ? "The profile states no title." : "The posting states no title.");
        return;
    }
    set(s, SCORE_TITLE, fit,
        best.n ? phrase_printf(s->a, "The closest title in the profile is “" STR_FMT "”.", STR_ARG(best))
               : STR("No title in the profile is close."));
}

/* Half of a duty's words in one statement is as near as two people's words come. */
#define DUTY_NEAR  0.5
#define DUTY_PRIOR 2.0

/* How near the work that was done is to the duties: by the words of each, and by the field as a whole. */
static bool duties_of(const struct scorer *s, double *ret, size_t *ret_near, size_t *ret_n)
{
    double sum = 0, field = 0;
    size_t n = 0;
    *ret_near = 0;
    for (size_t i = 0; i < s->an->responsibilities_n; i++) {
        if (s->duty_repeats[i])
            continue;
        n++;
        sum += MIN(s->m->responsibility_fit[i] / DUTY_NEAR, 1.0);
        *ret_near += s->m->responsibility_fit[i] >= DUTY_NEAR;
    }
    *ret_n = n;
    if (n == 0)
        return false;
    double words = score_shrunk(sum, (double)n, DUTY_PRIOR);
    *ret = score_field_coverage(s, &field) ? (words + field) / 2 : words;
    return true;
}

void score_experience(struct scorer *s)
{
    int need = s->an->experience_years_min * 12;
    bool dated = false, jobs = false;
    for (size_t i = 0; i < s->p->employments_n; i++) {
        jobs = jobs || s->p->employments[i].kind == EMPLOYMENT_JOB;
        dated = dated || (s->p->employments[i].kind == EMPLOYMENT_JOB && s->p->employments[i].start.y);
    }
    size_t near = 0, n = 0;
    double duties = 0, years = need <= 0 ? 1.0 : MIN((double)s->months / need, 1.0);
    bool by_years = need >= 0 && (!jobs || dated), by_duties = duties_of(s, &duties, &near, &n);
    if (!by_years && !by_duties) {
        absent(s, SCORE_EXPERIENCE,
               need < 0 ? "The posting states neither years of experience nor duties."
                        : "The jobs in the profile have no dates.");
        return;
    }
    struct str said = by_years ? phrase_printf(s->a,
                                               "%d years asked; the dates of the work history give %d years and %d "
                                               "months.",
                                               need / 12, s->months / 12, s->months % 12)
                               : STR("");
    if (by_duties)
        said = phrase_printf(s->a, STR_FMT "%s%zu of %zu duties are close to something in the profile.", STR_ARG(said),
                             said.n ? " " : "", near, n);
    set(s, SCORE_EXPERIENCE, by_years && by_duties ? (years + duties) / 2 : by_years ? years : duties, said);
}

static int level_of_text(struct str t)
{
    static const struct {
        const char *word;
        int level;
    } LEVELS[] = {{"intern", SENIORITY_INTERN},    {"trainee", SENIORITY_INTERN},      {"junior", SENIORITY_JUNIOR},
                  {"jr", SENIORITY_JUNIOR},        {"graduate", SENIORITY_JUNIOR},     {"entry", SENIORITY_JUNIOR},
                  {"assistant", SENIORITY_JUNIOR}, {"associate", SENIORITY_JUNIOR},    {"senior", SENIORITY_SENIOR},
                  {"sr", SENIORITY_SENIOR},        {"charge nurse", SENIORITY_SENIOR}, {"staff", SENIORITY_STAFF},
                  {"principal", SENIORITY_STAFF},  {"lead", SENIORITY_LEAD},           {"supervisor", SENIORITY_LEAD},
                  {"manager", SENIORITY_MANAGER},  {"head", SENIORITY_DIRECTOR},       {"director", SENIORITY_DIRECTOR},
                  {"chief", SENIORITY_EXECUTIVE},  {"vp", SENIORITY_EXECUTIVE},        {"ceo", SENIORITY_EXECUTIVE},
                  {"cto", SENIORITY_EXECUTIVE},    {"president", SENIORITY_EXECUTIVE}};
    int best = 0;
    struct lex_text text;
    lex_text_init(&text, t);
    for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++)
        if (LEVELS[i].level > best && lex_text_has(&text, LEVELS[i].word) &&
            !(LEVELS[i].level == SENIORITY_STAFF && lex_text_has(&text, "nurse")))
            best = LEVELS[i].level;
    return best;
}

static int level_of_years(int months)
{
    return months < 24 ? SENIORITY_JUNIOR : months < 60 ? SENIORITY_MID : SENIORITY_SENIOR;
}

void score_seniority(struct scorer *s)
{
    int want = s->an->seniority, have = 0;
    bool any = s->months > 0;
    for (size_t i = 0; i < s->p->atoms_n; i++) {
        const struct atom *x = &s->p->atoms[i];
        const struct employment *e = x->employment >= 0 ? &s->p->employments[x->employment] : NULL;
        if (x->kind != ATOM_ROLE || (e && (e->kind != EMPLOYMENT_JOB || e->index > 1)))
            continue;
        any = true;
        have = MAX(have, level_of_text(x->text));
    }
    if (want == SENIORITY_NONE || !any) {
        absent(s, SCORE_SENIORITY,
               want ? "The profile states no titles or dates." : "The posting states no seniority.");
        return;
    }
    have = MAX(have, level_of_years(s->months));
    int below = want - have;
    double value = below <= 0 ? 1.0 : below == 1 ? 0.7 : below == 2 ? 0.4 : 0.15;
    set(s, SCORE_SENIORITY, value,
        phrase_printf(s->a, "The posting is %s; titles and dates of the profile read as %s.", seniority_name(want),
                      seniority_name((enum seniority)have)));
}

static void lint(struct scorer *s, const char *code, struct str pointer, const char *severity)
{
    if (s->lint_n == SCORE_LINT_MAX)
        return;
    s->lint[s->lint_n].code = code;
    s->lint[s->lint_n].pointer = pointer;
    s->lint[s->lint_n++].severity = severity;
}

/* U+FB00..U+FB06 ligatures, U+00AD soft hyphen, U+200B zero width space, U+FFFD: what breaks a search in the extracted
 * text. */
static bool has_bad_characters(struct str t)
{
    size_t plain = 0;
    while (plain < t.n && (unsigned char)t.p[plain] < 0x80)
        plain++;
    if (plain == t.n)
        return false;
    static const char *const BAD[] = {"\xEF\xAC\x80", "\xEF\xAC\x81", "\xEF\xAC\x82", "\xEF\xAC\x83",
                                      "\xEF\xAC\x84", "\xC2\xAD",     "\xE2\x80\x8B", "\xEF\xBF\xBD"};
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        if (str_find(t, str_of(BAD[i])) >= 0)
            return true;
    return false;
}

static void lint_stuffing(struct scorer *s)
{
    for (size_t i = 0; i < s->p->skills_n; i++) {
        size_t listed = 0;
        for (size_t k = 0; k < s->p->skills[i].atoms_n; k++)
            listed += s->p->atoms[s->p->skills[i].atoms[k]].kind == ATOM_SKILL &&
                      s->p->atoms[s->p->skills[i].atoms[k]].employment < 0 &&
                      str_ieq(s->p->atoms[s->p->skills[i].atoms[k]].text, s->p->atoms[s->p->skills[i].atoms[0]].text);
        if (listed >= STUFFED_LISTINGS && s->stuffing_n < ARRAY_LEN(s->stuffing))
            s->stuffing[s->stuffing_n++] = s->p->skills[i].label;
    }
    if (s->stuffing_n)
        lint(s, "keyword_repeated", STR("/skills"), "warning");
}

void score_parseability(struct scorer *s)
{
    const struct profile *p = s->p;
    if (p->name.n == 0)
        lint(s, "name_missing", STR("/basics/name"), "error");
    if (p->email.n == 0 || !memchr(p->email.p, '@', p->email.n))
        lint(s, "email_missing", STR("/basics/email"), "error");
    if (p->phone.n == 0)
        lint(s, "phone_missing", STR("/basics/phone"), "info");
    if (p->summary.n == 0)
        lint(s, "summary_missing", STR("/basics/summary"), "info");
    for (size_t i = 0; i < p->employments_n; i++) {
        const struct employment *e = &p->employments[i];
        if (e->kind != EMPLOYMENT_JOB)
            continue;
        if (e->start.y == 0)
            lint(s, "dates_missing", e->pointer, "warning");
        if (e->organization.n == 0)
            lint(s, "employer_missing", e->pointer, "warning");
        if (e->role.n == 0)
            lint(s, "title_missing", e->pointer, "warning");
        if (e->start.y && e->end.y && month_number(e->end, true) < month_number(e->start, false))
            lint(s, "dates_reversed", e->pointer, "warning");
    }
    for (size_t i = 0; i < p->atoms_n; i++) {
        if (has_bad_characters(p->atoms[i].text))
            lint(s, "unsearchable_characters", p->atoms[i].pointer, "warning");
        if (p->atoms[i].kind == ATOM_HIGHLIGHT && p->atoms[i].text.n > LONG_HIGHLIGHT)
            lint(s, "highlight_long", p->atoms[i].pointer, "info");
    }
    lint_stuffing(s);
    double value = 1.0;
    for (size_t i = 0; i < s->lint_n; i++)
        value -= strcmp(s->lint[i].severity, "error") == 0     ? 0.3
                 : strcmp(s->lint[i].severity, "warning") == 0 ? 0.1
                                                               : 0;
    set(s, SCORE_PARSEABILITY, value,
        s->lint_n ? phrase_printf(s->a, "%zu findings about the form of the résumé.", s->lint_n)
                  : STR("No findings about the form of the résumé."));
}

static bool has_text(struct str hay, struct str needle)
{
    char w[64];
    if (needle.n == 0 || needle.n >= sizeof(w))
        return false;
    memcpy(w, needle.p, needle.n);
    w[needle.n] = '\0';
    return lex_has(hay, w);
}

void score_location(struct scorer *s)
{
    const struct analysis *an = s->an;
    struct str region = json_get_str(json_get_obj(json_get_obj(s->p->document, "basics"), "location"), "region");
    bool remote_goal = false, move_goal = false;
    for (size_t i = 0; i < s->p->goals_n; i++) {
        remote_goal = remote_goal || lex_has(s->p->goals[i], "remote");
        move_goal = move_goal || lex_has(s->p->goals[i], "relocate") || lex_has(s->p->goals[i], "relocating") ||
                    lex_has(s->p->goals[i], "relocation");
    }
    if (s->p->city.n == 0 && s->p->goals_n == 0)
        absent(s, SCORE_LOCATION, "The profile states no place.");
    else if (an->work_mode == WORK_MODE_REMOTE)
        set(s, SCORE_LOCATION, 1.0,
            remote_goal ? STR("The post is remote, which the goals in the profile ask for.")
                        : STR("The post is remote."));
    else if (an->location.n == 0)
        absent(s, SCORE_LOCATION, "The posting states no place.");
    else if (has_text(an->location, s->p->city))
        set(s, SCORE_LOCATION, 1.0,
            phrase_printf(s->a, "Posting and profile both name " STR_FMT ".", STR_ARG(s->p->city)));
    else if (move_goal || has_text(an->location, region))
        set(s, SCORE_LOCATION, 0.7,
            move_goal ? STR("Another place, but the goals in the profile speak of relocating.")
                      : STR("Another place in the same region."));
    else if (s->p->city.n == 0)
        absent(s, SCORE_LOCATION, "The profile states no place.");
    else
        set(s, SCORE_LOCATION, an->work_mode == WORK_MODE_NONE ? 0.5 : 0.3,
            phrase_printf(s->a, "The posting is in " STR_FMT ", the profile in " STR_FMT ".", STR_ARG(an->location),
                          STR_ARG(s->p->city)));
}

static void blocker(struct scorer *s, const char *category, const struct match_row *row, int cap, const char *action)
{
    for (size_t i = 0; i < s->blockers_n; i++)
        if (s->blockers[i].category == category)
            return;
    if (s->blockers_n == SCORE_BLOCKERS_MAX)
        return;
    s->blockers[s->blockers_n++] = (struct score_blocker){.category = category,
                                                          .requirement = row->requirement,
                                                          .cap = cap,
                                                          .reason = row->reason,
                                                          .action = str_of(action)};
}

/* Only where the posting requires and the profile speaks: "missing" means a section that could have said it does not.
 */
void score_blockers(struct scorer *s)
{
    for (size_t i = 0; i < s->m->rows_n; i++) {
        const struct match_row *row = &s->m->rows[i];
        const struct requirement *q = row->requirement;
        if (q->priority != REQUIREMENT_REQUIRED)
            continue;
        bool missing = row->status == MATCH_MISSING;
        if (q->kind == REQUIREMENT_AUTHORIZATION && row->status == MATCH_BLOCKED)
            blocker(s, "work_auth", row, 50, "Ask the employer about sponsorship before applying.");
        else if (q->kind == REQUIREMENT_CERTIFICATION && missing && q->years_min < 0)
            blocker(s, "certification", row, 60,
                    "Add the credential if you hold it, or ask whether it can be obtained after hiring.");
        else if (q->kind == REQUIREMENT_EDUCATION && missing && !s->an->degree_optional)
            blocker(s, "education", row, 65,
                    "Add the degree if you hold it, or ask whether experience counts instead.");
        else if (q->kind == REQUIREMENT_LANGUAGE && (missing || row->status == MATCH_TRANSFERABLE))
            blocker(s, "language", row, 70, "State your level if it is higher than the profile says.");
        else if (q->years_min > 0 && q->skills_n == 0 && s->months > 0 && s->months < q->years_min * 12 * 4 / 5)
            blocker(s, "experience", row, 65, "Expect the years to be asked about; relevant unpaid work may count.");
        else if (q->kind == REQUIREMENT_LOCATION && row->status == MATCH_BLOCKED)
            blocker(s, "location", row, 75, "Say whether you would move.");
    }
    bool place = s->part[SCORE_LOCATION].present && s->part[SCORE_LOCATION].value <= 0.3;
    if (place && s->an->work_mode == WORK_MODE_ONSITE && s->blockers_n < SCORE_BLOCKERS_MAX)
        s->blockers[s->blockers_n++] = (struct score_blocker){.category = "location",
                                                              .cap = 75,
                                                              .reason = s->part[SCORE_LOCATION].detail,
                                                              .action = STR("Say whether you would move.")};
}
