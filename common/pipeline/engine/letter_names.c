/* Names as one says them in a sentence: the title without grade, place and brackets, the employer with its article, the
 * person's own posts, and the place a line of evidence comes from. */
#include "pipeline/engine/filler.h"
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define TITLE_MAX_BYTES   80
#define COMPANY_MAX_BYTES 60
#define ROLE_MAX_BYTES    48

static const struct str NOTHING = {.p = "", .n = 0};

static bool name_is_sane(struct str s, size_t max)
{
    static const char *const BAD[] = {"ignore", "instructions", "http", "https", "www", NULL};
    return s.n && s.n <= max && !lex_has_any(s, BAD) && !memchr(s.p, '\n', s.n) && !memchr(s.p, '@', s.n) &&
           !memchr(s.p, '{', s.n) && !memchr(s.p, '<', s.n) && !memchr(s.p, '"', s.n) && str_find(s, STR("“")) < 0;
}

static struct str last_word(struct str s)
{
    size_t i = s.n;
    while (i > 0 && s.p[i - 1] != ' ')
        i--;
    return str_sub(s, i, s.n);
}

static struct str drop_last_word(struct str s)
{
    struct str w = last_word(s);
    return str_trim(str_sub(s, 0, s.n - w.n));
}

static bool is_one_of(struct str w, const char *const *list)
{
    for (; *list; list++)
        if (str_ieqc(w, *list))
            return true;
    return false;
}

/* Without brackets and double spaces. */
static struct str without_brackets(struct arena *a, struct str title)
{
    char out[TITLE_MAX_BYTES * 4];
    size_t n = 0, depth = 0;
    for (size_t i = 0; i < title.n && n + 1 < sizeof(out); i++) {
        char c = title.p[i];
        if (c == '(' || c == '[')
            depth++;
        else if ((c == ')' || c == ']') && depth)
            depth--;
        else if (depth == 0 && !(c == ' ' && n && out[n - 1] == ' ')) {
            if ((c == ',' || c == ';' || c == '/') && n && out[n - 1] == ' ')
                n--;
            out[n++] = c;
        }
    }
    char *copy = arena_strndup(a, out, n);
    return str_trim(str_of(copy));
}

/* "GS15", "GS-13", "0.7 FTE" at either end say the grade, not the work. */
static struct str without_grade(struct str s)
{
    static const char *const TAILS[] = {"role", "position", "job",    "opening", "opportunity", "vacancy",
                                        "perm", "wanted",   "needed", "urgent",  NULL};
    for (bool again = true; again && s.n;) {
        struct str w = last_word(s);
        bool grade = (str_istarts(w, "GS") && w.n >= 4 && w.n <= 7 && str_is_digit(w.p[w.n - 1])) ||
                     str_ieqc(w, "FTE") || is_one_of(w, TAILS);
        again = grade && w.n < s.n;
        if (again)
            s = drop_last_word(s);
        while (s.n && strchr(",;:-*#/|!.", s.p[s.n - 1]))
            s.n--;
    }
    if (str_istarts(s, "GS") && s.n > 6) {
        size_t i = 2;
        while (i < s.n && (s.p[i] == ' ' || s.p[i] == '-' || str_is_digit(s.p[i])))
            i++;
        if (i > 2 && i + 3 < s.n)
            s = str_sub(s, i, s.n);
    }
    return str_trim(s);
}

/* "Journeyman Electricians": one of them is applied for. */
static struct str singular(struct str s)
{
    static const char *const ENDS[] = {"ers",   "ors",    "ians",     "ists",    "ysts",        "ants",
                                       "ents",  "ives",   "teachers", "fellows", "apprentices", "interns",
                                       "leads", "nurses", "chefs",    "aides",   NULL};
    static const char *const NO[] = {"payments", "accounts", "events",  "documents", "investments", "components",
                                     "grants",   "students", "clients", "patients",  "archives",    "customers",
                                     "partners", "orders",   "careers", "parents",   "instruments", "shipments",
                                     "talents",  "users",    "servers", "numbers",   "papers",      NULL};
    struct str w = last_word(s);
    if (w.n < 5 || is_one_of(w, NO))
        return s;
    for (const char *const *e = ENDS; *e; e++)
        if (str_iends(w, *e)) {
            s.n--;
            return s;
        }
    return s;
}

/* "engineer", "nurse": what a person is. */
static bool is_job_word(struct str w)
{
    static const char *const ENDS[] = {"er", "or", "ist", "ian", "yst", "tant", "eer", "ive", NULL};
    static const char *const JOBS[] = {"lead",      "nurse",     "chef",       "head",         "chief",
                                       "fellow",    "intern",    "apprentice", "clerk",        "cook",
                                       "architect", "advocate",  "associate",  "attorney",     "paralegal",
                                       "secretary", "coach",     "aide",       "guard",        "agent",
                                       "principal", "president", "steward",    "expert",       "trainee",
                                       "mechanic",  "plumber",   "judge",      "pilot",        "superintendent",
                                       "rn",        "lpn",       "developers", "electricians", "specialists",
                                       NULL};
    static const char *const NO[] = {"customer", "center",   "order",  "paper",    "career",    "computer",
                                     "cyber",    "user",     "sector", "vendor",   "color",     "colour",
                                     "after",    "senior",   "junior", "major",    "water",     "number",
                                     "outdoor",  "under",    "over",   "consumer", "executive", "native",
                                     "creative", "power",    "inter",  "labor",    "labour",    "floor",
                                     "motor",    "for",      "or",     "her",      "your",      "administrative",
                                     "interior", "exterior", "indoor", "summer",   "winter",    "automotive",
                                     NULL};
    if (is_one_of(w, JOBS))
        return true;
    for (const char *const *e = ENDS; *e && w.n > 4; e++)
        if (str_iends(w, *e) && !is_one_of(w, NO))
            return true;
    return false;
}

bool letter_names_job(struct str s)
{
    struct str w;
    while (lex_next_word(&s, &w)) {
        bool plural = w.n > 4 && (w.p[w.n - 1] == 's' || w.p[w.n - 1] == 'S');
        if (is_job_word(w) || (plural && is_job_word(str_sub(w, 0, w.n - 1))) || str_ieqc(w, "executive"))
            return true;
    }
    return false;
}

struct str letter_spoken_title(struct arena *a, struct str title)
{
    struct str s = without_brackets(a, str_trim(title));
    static const char *const NO_TITLE[] = {"various roles",      "various positions",
                                           "multiple positions", "multiple roles",
                                           "multiple openings",  "general application",
                                           "talent pool",        NULL};
    if (lex_has_any(s, NO_TITLE))
        return NOTHING;
    static const char *const CUTS[] = {" - ", " – ", " — ", " | ", " @ ", " · ", ", Remote", ": ", ", 0."};
    for (size_t i = 0; i < ARRAY_LEN(CUTS); i++) {
        ptrdiff_t at = str_find(s, str_of(CUTS[i]));
        bool cut = at > (CUTS[i][0] == ':' ? 1 : 3); /* "TTS: IT Specialist" */
        struct str before = cut ? str_trim(str_sub(s, 0, (size_t)at)) : NOTHING;
        struct str after = cut ? str_trim(str_sub(s, (size_t)at + strlen(CUTS[i]), s.n)) : NOTHING;
        if (cut) /* "Login.gov - Security Engineer": what the person is to be */
            s = letter_names_job(before) || !letter_names_job(after) ? before : after;
    }
    s = singular(without_grade(s));
    size_t commas = 0, first = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ',' && commas++ == 0)
            first = i;
    if (commas > 1 && letter_names_job(str_sub(s, 0, first)))
        s.n = first;
    if (s.n < 3 || !name_is_sane(s, TITLE_MAX_BYTES))
        return NOTHING;
    return phrase_title_case(a, s);
}

struct str letter_spoken_company(struct arena *a, struct str company)
{
    struct str s = str_trim(company);
    while (s.n && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';'))
        s.n--;
    ptrdiff_t bracket = str_find(s, STR(" ("));
    if (bracket > 3) /* "Public Experience (PX)" */
        s.n = (size_t)bracket;
    if (!name_is_sane(s, COMPANY_MAX_BYTES) || lex_has(s, "confidential"))
        return NOTHING;
    return phrase_title_case(a, s);
}

/* "the City of Harlow Falls", "the General Services Administration"; others stay. */
struct str letter_with_the(struct arena *a, struct str name)
{
    static const char *const FIRST[] = {"City",       "Town",       "County",     "State",  "Office",
                                        "Department", "Ministry",   "University", "Bank",   "Institute",
                                        "Bureau",     "Government", "Museum",     "Board",  "Village",
                                        "Borough",    "Centers",    "Center",     "Centre", "Church",
                                        "Federal",    "Diocese",    "Port",       "House",  NULL};
    static const char *const LAST[] = {
        "Administration", "Commission", "Agency",     "Bureau",      "Authority",     "Foundation", "Institute",
        "Department",     "Ministry",   "Council",    "Society",     "Association",   "Army",       "Navy",
        "Reserves",       "Union",      "Federation", "Corps",       "Collaborative", "Office",     "Pantry",
        "Museum",         "Consortium", "Coalition",  "Cooperative", "Portfolio",     "Lab",        "Laboratory",
        "Program",        "Programme",  NULL};
    size_t end = 0;
    while (end < name.n && name.p[end] != ' ')
        end++;
    struct str first = str_sub(name, 0, end);
    bool of = str_find(name, STR(" of ")) == (ptrdiff_t)end;
    bool federal = str_eqc(first, "U.S.") || str_eqc(first, "US");
    bool institute = str_find(name, STR(" Institute for ")) > 0 || str_find(name, STR(" Institute of ")) > 0;
    bool last = end < name.n && is_one_of(last_word(name), LAST);
    if (str_istarts(name, "the ") || !((of && is_one_of(first, FIRST)) || federal || last || institute))
        return name;
    return phrase_printf(a, "the " STR_FMT, STR_ARG(name));
}

bool letter_is_freelance(struct str org)
{
    static const char *const WORDS[] = {
        "freelance", "freelancer", "self-employed",   "self employed",          "independent",
        "various",   "contractor", "various clients", "independent contractor", NULL};
    return is_one_of(org, WORDS);
}

struct str letter_role(struct arena *a, struct str role, struct str *ret_bare)
{
    static const char *const ALONE[] = {"head", "chief", "president", "vice", "chair",        "vp",
                                        "ceo",  "cto",   "cfo",       "coo",  "principal of", NULL};
    struct str s = str_trim(role);
    *ret_bare = NOTHING;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ',' || s.p[i] == '(' || s.p[i] == '|')
            s = str_trim(str_sub(s, 0, i)); /* "Staff Nurse, Emergency Department" is a Staff Nurse */
    if (s.n < 3 || s.n > ROLE_MAX_BYTES || memchr(s.p, '/', s.n) || memchr(s.p, '&', s.n) || lex_has(s, "and") ||
        lex_has(s, "volunteer") || !name_is_sane(s, ROLE_MAX_BYTES) || s.p[0] < 'A' || s.p[0] > 'Z' ||
        lex_has(s, "of the") || filler_has(s))
        return NOTHING;
    *ret_bare = s;
    size_t end = 0;
    while (end < s.n && s.p[end] != ' ')
        end++;
    if (is_one_of(str_sub(s, 0, end), ALONE))
        return s;
    return phrase_printf(a, "%s " STR_FMT, phrase_article(s), STR_ARG(s));
}

static struct str quoted_name(struct letter *l, struct str name)
{
    return memchr(name.p, ' ', name.n) ? phrase_printf(l->a, "“" STR_FMT "”", STR_ARG(name)) : name;
}

static bool years_known(const struct employment *e)
{
    return e->start.y > 1900 && (e->current || (e->end.y > e->start.y));
}

/* The place of a job, which may say the role or the years the first time. */
static struct str job_place(struct letter *l, const struct employment *e, bool show, const struct letter_values *v)
{
    struct str g = VALUE(v, 'G');
    size_t index = (size_t)(e - l->p->employments);
    uint32_t dice = letter_random(l, 12);
    bool fresh = show && !l->employment_shown[index];
    struct str o = phrase_printf(l->a, "at " STR_FMT, STR_ARG(g));
    if (fresh && dice < 3 && VALUE(v, 'R').n)
        o = phrase_printf(l->a, "as " STR_FMT " at " STR_FMT, STR_ARG(VALUE(v, 'R')), STR_ARG(g));
    else if (fresh && dice < 5 && VALUE(v, 'R').n)
        o = phrase_printf(l->a, "at " STR_FMT ", where I %s " STR_FMT ",", STR_ARG(g), e->current ? "am" : "was",
                          STR_ARG(VALUE(v, 'R')));
    else if (fresh && dice < 7 && years_known(e) && e->current)
        o = phrase_printf(l->a, "at " STR_FMT ", where I have worked since %d,", STR_ARG(g), e->start.y);
    else if (fresh && dice < 7 && years_known(e))
        o = phrase_printf(l->a, "at " STR_FMT ", where I worked from %d to %d,", STR_ARG(g), e->start.y, e->end.y);
    else if (fresh && dice < 9 && !e->current)
        o = phrase_printf(l->a, "during my time at " STR_FMT, STR_ARG(g));
    else if (fresh && dice < 9)
        o = phrase_printf(l->a, "in my current role at " STR_FMT, STR_ARG(g));
    else
        return o;
    l->employment_shown[index] = true;
    return o;
}

void letter_place(struct letter *l, const struct employment *e, bool show, struct letter_values *v)
{
    bool named = e && e->organization.n > 0;
    struct str bare = NOTHING, org = named ? letter_with_the(l->a, e->organization) : NOTHING;
    VALUE(v, 'H') = e && e->kind == EMPLOYMENT_PROJECT ? STR("project") : STR("role");
    if (!e) {
        VALUE(v, 'O') = STR("in earlier work");
    } else if (e->kind == EMPLOYMENT_PROJECT) {
        static const char *const IN[] = {"in my project", "in a project called", "for my project", "in my own project"};
        VALUE(v, 'J') = named ? quoted_name(l, e->organization) : NOTHING;
        VALUE(v, 'O') = named ? phrase_printf(l->a, "%s " STR_FMT, IN[letter_random(l, 4)], STR_ARG(VALUE(v, 'J')))
                              : STR("in a project of mine");
    } else if (named && letter_is_freelance(e->organization)) {
        static const char *const AS[] = {"in freelance work", "as a freelancer", "working freelance"};
        VALUE(v, 'H') = STR("work");
        VALUE(v, 'O') = str_of(AS[letter_random(l, 3)]);
    } else if (e->kind == EMPLOYMENT_VOLUNTEER) {
        static const char *const AS[] = {"as a volunteer at", "as a volunteer with", "in volunteer work at",
                                         "in volunteer work for", "in my volunteer work with"};
        VALUE(v, 'O') =
            named ? phrase_printf(l->a, "%s " STR_FMT, AS[letter_random(l, 5)], STR_ARG(org)) : STR("as a volunteer");
    } else {
        VALUE(v, 'R') = letter_role(l->a, e->role, &bare);
        if (named) {
            VALUE(v, 'r') = bare;
            VALUE(v, 'G') = org;
            VALUE(v, e->current ? 'B' : 'D') = org;
            VALUE(v, 'V') = e->current ? STR("am") : STR("was");
            if (e->start.y > 1900 && e->current)
                VALUE(v, 'a') = phrase_printf(l->a, "%d", e->start.y);
            VALUE(v, 'O') = job_place(l, e, show, v);
        } else {
            VALUE(v, 'O') =
                VALUE(v, 'R').n ? phrase_printf(l->a, "as " STR_FMT, STR_ARG(VALUE(v, 'R'))) : STR("in earlier work");
        }
    }
    struct str o = VALUE(v, 'O');
    if (o.n && o.p[o.n - 1] == '.') /* "at Acme Co., I ..." */
        VALUE(v, 'O') = phrase_printf(l->a, STR_FMT ",", STR_ARG(o));
    bool job = VALUE(v, 'G').n > 0;
    VALUE(v, 'o') = job ? phrase_printf(l->a, "at " STR_FMT, STR_ARG(VALUE(v, 'G'))) : VALUE(v, 'O');
    VALUE(v, 'P') = phrase_upper_first(l->a, VALUE(v, 'O'));
}
