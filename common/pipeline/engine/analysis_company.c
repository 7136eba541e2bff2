/* The employer's name, from the plainest statement to the weakest.
 *
 * "Company: X" lines > "T @ X" > "X is hiring" > page title and site name > "About X" > a proper name beside the title
 * with an organisation word, used again in the text or followed by a place > the name behind the dash of the title line
 * > "X is a ...". A name that is part of the title is none. */
#include "pipeline/engine/analysis_names.h"

#include "base/utf8.h"

static bool common_name(struct str s)
{
    static const char *const not_names[] = {"us",
                                            "the role",
                                            "the job",
                                            "you",
                                            "the company",
                                            "the team",
                                            "the organization",
                                            "the organisation",
                                            "this role",
                                            "the position",
                                            "our team",
                                            "our company",
                                            "we",
                                            "this",
                                            "the opportunity",
                                            "about",
                                            "it",
                                            "our client",
                                            "job",
                                            "the work",
                                            "company",
                                            "home",
                                            "careers",
                                            "the project",
                                            "the program"};
    for (size_t i = 0; i < ARRAY_LEN(not_names); i++)
        if (str_ieqc(s, not_names[i]))
            return true;
    return false;
}

static bool org_suffix(struct str s)
{
    static const char *const words[] = {
        "gmbh",        "b.v",        "inc",          "llc",       "ltd",        "limited",    "corp",
        "corporation", "plc",        "ag",           "s.a.",      "bv",         "b.v.",       "oy",
        "hospital",    "university", "academy",      "society",   "partners",   "health",     "labs",
        "lab",         "group",      "technologies", "company",   "co",         "foundation", "institute",
        "college",     "school",     "council",      "bank",      "insurance",  "clinic",     "studio",
        "agency",      "department", "city of",      "services",  "consulting", "solutions",  "collaborative",
        "trust",       "center",     "centre",       "office of", "alliance",   "grocers",    "electric"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_ifind_word(s, words[i], 0) >= 0)
            return true;
    return false;
}

/* Capitalised words (with small joining words) at the start of s. */
static struct str proper_name(struct str s)
{
    static const char *const joins[] = {"and", "of", "&", "for", "the", "de", "and"};
    size_t end = 0, i = 0, words = 0;
    while (i < s.n && words < 8) {
        size_t from = i;
        while (i < s.n && !str_is_space(s.p[i]) && !strchr(",;:|()\"", s.p[i]))
            i++;
        struct str w = str_sub(s, from, i);
        bool join = false;
        for (size_t k = 0; k < ARRAY_LEN(joins); k++)
            join = join || str_eqc(w, joins[k]);
        unsigned char c = w.n ? (unsigned char)w.p[0] : 0;
        if (!((c >= 'A' && c <= 'Z') || c >= 0xC3 || (join && words) ||
              (str_is_digit((char)c) && words == 0 && w.n > 1)))
            break;
        if (!join)
            end = i;
        words++;
        if (i >= s.n || s.p[i] != ' ')
            break;
        i++;
    }
    struct str name = str_sub(s, 0, end);
    while (name.n && strchr(".'-", name.p[name.n - 1]) &&
           !(name.n > 3 && name.p[name.n - 1] == '.' && name.p[name.n - 3] == '.'))
        name.n--;
    if (str_iends(name, "'s"))
        name.n -= 2;
    return name;
}

size_t title_occurrences(struct str text, struct str name)
{
    size_t n = 0, from = 0;
    while (name.n && from + name.n <= text.n && n < 5) {
        ptrdiff_t at = str_find(str_sub(text, from, text.n), name);
        if (at < 0)
            break;
        n++;
        from += (size_t)at + name.n;
    }
    return n;
}

static bool plausible_company(struct str s)
{
    static const char *const no_start[] = {"We",     "You",   "Our",    "The",    "This",   "In",     "At",
                                           "As",     "If",    "When",   "If",     "Who",    "What",   "How",
                                           "Your",   "A",     "An",     "It",     "There",  "Salary", "Location",
                                           "Remote", "Apply", "For",    "And",    "Please", "To",     "Must",
                                           "Full",   "Job",   "Posted", "Hybrid", "Why",    "Are"};
    if (s.n < 2 || s.n > COMPANY_MAX_BYTES || common_name(s) || str_is_digit(s.p[s.n > 1 ? 1 : 0]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(no_start); i++)
        if (str_eqc(s, no_start[i]) || (str_starts(s, no_start[i]) && s.n > strlen(no_start[i]) &&
                                        s.p[strlen(no_start[i])] == ' ' && !org_suffix(s)))
            return false;
    return true;
}

/* A name that is part of the title is no employer. */
static bool in_title(const struct reading *r, struct str name)
{
    return r->an->title.n && str_ifind(r->an->title, name) >= 0 && !org_suffix(name);
}

/* "X is hiring", "X is looking for", "X seeks", "X is a ..." at the start of a sentence; "At X, we"; "we're X (" */
static struct str company_from_sentences(const struct reading *r)
{
    static const char *const verbs[] = {" is hiring",
                                        " is looking for",
                                        " is seeking",
                                        " seeks ",
                                        " is a ",
                                        " is an ",
                                        " helps ",
                                        " makes ",
                                        " builds ",
                                        " sells ",
                                        " provides ",
                                        " offers ",
                                        " packs ",
                                        " reads ",
                                        " gives ",
                                        " is the ",
                                        " supports ",
                                        " wants ",
                                        " develops ",
                                        " serves ",
                                        " is now hiring",
                                        " has an opening",
                                        " invites applications",
                                        " is owned by",
                                        " runs ",
                                        " operates "};
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        struct str s = clause_str(r, c);
        if (c->item || s.n < 8)
            continue;
        if (str_starts(s, "At ") && !c->heading) {
            struct str name = proper_name(str_sub(s, 3, s.n));
            if (plausible_company(name) && 3 + name.n + 1 < s.n && s.p[3 + name.n] == ',')
                return name;
        }
        struct str name = proper_name(s);
        if (name.n < 2 || name.n >= s.n || s.p[name.n] != ' ')
            continue;
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
            if (str_starts(str_sub(s, name.n, s.n), verbs[k]) && plausible_company(name) && !title_has_job_noun(name) &&
                (k < 4 || title_occurrences(r->text, name) >= 2 || org_suffix(name) ||
                 (i < 3 && memchr(name.p, ' ', name.n))))
                return name;
    }
    ptrdiff_t we = str_ifind(str_sub(r->text, 0, MIN(r->text.n, (size_t)1500)), STR("we're "));
    if (we >= 0) {
        struct str name = proper_name(str_sub(r->text, (size_t)we + 6, r->text.n));
        if (plausible_company(name))
            return name;
    }
    return (struct str){"", 0};
}

static struct str company_from_headings(const struct reading *r)
{
    static const char *const starts[] = {"About ", "Why join ", "Why ", "Join ", "Life at ", "Working at ", "Who is "};
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        struct str s = clause_str(r, c);
        for (size_t k = 0; k < ARRAY_LEN(starts) && c->heading; k++) {
            if (!str_starts(s, starts[k]))
                continue;
            struct str rest = str_sub(s, strlen(starts[k]), s.n), name = proper_name(rest);
            if (plausible_company(name) && (name.n == rest.n || strchr("?:,!", rest.p[name.n])) &&
                title_occurrences(r->text, name) >= 2)
                return name;
        }
    }
    return (struct str){"", 0};
}

/* "X is hiring": the plainest statement there is. */
static struct str company_is_hiring(const struct reading *r)
{
    static const char *const verbs[] = {" is hiring", " is now hiring",  " is looking for", " is seeking",
                                        " seeks a",   " has an opening", " is recruiting",  " sucht",
                                        " recherche", " busca",          " cerca ",         " recrute",
                                        " zoekt"};
    for (size_t i = 0; i < r->clauses_n; i++) {
        struct str s = clause_str(r, &r->clauses[i]), name = proper_name(s);
        if (name.n < 2 || name.n >= s.n)
            continue;
        bool says = false; /* the cheap question first: most clauses fail it */
        for (size_t k = 0; k < ARRAY_LEN(verbs) && !says; k++)
            says = str_starts(str_sub(s, name.n, s.n), verbs[k]);
        if (says && plausible_company(name) && !in_title(r, name))
            return name;
    }
    return (struct str){"", 0};
}

static size_t first_separator(struct str s, size_t *ret_after)
{
    static const char *const seps[] = {" \xC2\xB7 ", " | ", " \xE2\x80\x94 ", " \xE2\x80\x93 ", " -- "};
    size_t best = s.n;
    *ret_after = s.n;
    for (size_t i = 0; i < ARRAY_LEN(seps); i++) {
        size_t at = title_cut_at(s, seps[i]);
        if (at < best) {
            best = at;
            *ret_after = at + strlen(seps[i]);
        }
    }
    return best;
}

/* A proper name in one of the first lines that is not the title: with an organisation word, used again in the text,
 * alone below the title, or followed by a place. */
static int top_name_score(const struct reading *r, size_t i, struct str *ret)
{
    const struct clause *c = &r->clauses[i];
    struct str s = clause_str(r, c);
    size_t after, cut = first_separator(s, &after);
    struct str part = str_trim(str_sub(s, 0, cut));
    if (str_starts(part, "At ") || str_starts(part, "at "))
        part = str_sub(part, 3, part.n);
    struct str name = proper_name(part);
    double share = 0;
    *ret = name;
    if (s.n > 160 || c->item || !plausible_company(name) || in_title(r, name) ||
        (section_classify(part, &share) != SECTION_NONE && share > 0.5))
        return 0;
    if (title_has_job_noun(name) && !org_suffix(name))
        return 0;
    bool whole = name.n == part.n || str_starts(str_sub(part, name.n, part.n), " (");
    bool place = !whole && part.p[name.n] == ',' && analysis_place_find(part).p == part.p;
    if (place || (!whole && part.p[name.n] != ',' && !title_letters_caps(name)))
        return 0;
    if (c->cues & (CUE(REMOTE) | CUE(HYBRID) | CUE(FULL_TIME)) && cut == s.n && !org_suffix(name))
        return 0;
    int score = org_suffix(name) ? 6 : 0;
    score += title_occurrences(r->text, name) >= 2                                        ? 5
             : title_occurrences(r->text, str_sub(name, 0, title_cut_at(name, " "))) >= 3 ? 3
                                                                                          : 0;
    score += name.n == s.n && i <= 2 && memchr(name.p, ' ', name.n) ? 3 : 0;
    score += cut < s.n && whole && analysis_place_find(str_sub(s, after, s.n)).n ? 4 : 0;
    return score ? score + (i <= 2) : 0;
}

static struct str company_from_top(const struct reading *r)
{
    struct str found = {"", 0}, name;
    int best = 2;
    for (size_t i = 0; i < MIN(r->clauses_n, (size_t)8); i++) {
        int score = top_name_score(r, i, &name);
        if (score > best) {
            best = score;
            found = name;
        }
    }
    return found;
}

/* "Sous Chef - The Salt Meadow, Columbus": the name behind the dash, when the text uses it again. */
static struct str company_from_title_line(const struct reading *r)
{
    for (size_t i = 0; i < MIN(r->clauses_n, (size_t)3); i++) {
        struct str s = clause_str(r, &r->clauses[i]);
        size_t after, cut = first_separator(s, &after);
        if (cut >= s.n || !title_has_job_noun(str_sub(s, 0, cut)))
            continue;
        struct str name = proper_name(str_sub(s, after, s.n));
        struct str bare = str_starts(name, "The ") ? str_sub(name, 4, name.n) : name;
        if (plausible_company(bare) && !title_has_job_noun(bare) && title_occurrences(r->text, name) >= 2)
            return name;
    }
    return (struct str){"", 0};
}

static struct str company_name_trim(struct str s)
{
    static const char *const tails[] = {" careers", " jobs", " career", " - careers", " recruitment"},
                             *const heads[] = {"join the ", "join ",    "careers at ",
                                               "jobs at ",  "work at ", "working at "};
    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (str_iends(s, tails[i]))
            s = str_trim(str_sub(s, 0, s.n - strlen(tails[i])));
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        if (str_istarts(s, heads[i])) {
            s = str_trim(str_sub(s, strlen(heads[i]), s.n));
            break;
        }
    return s;
}

static size_t hint_cut(struct str s)
{
    static const char *const seps[] = {" | ", " \xC2\xB7 ", " \xE2\x80\x93 ", " \xE2\x80\x94 ", " - "};
    size_t best = s.n;
    for (size_t i = 0; i < ARRAY_LEN(seps); i++)
        best = MIN(best, title_cut_at(s, seps[i]));
    return best;
}

/* "Nurse at Tern Clinic | Jobs", "Nurse @ Tern Clinic": what stands behind the job. */
static struct str company_behind_at(struct str t)
{
    static const char *const marks[] = {" @ ", " at "};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = title_cut_at(t, marks[i]);
        if (at >= t.n || !title_has_job_noun(str_sub(t, 0, at)))
            continue;
        struct str name = str_sub(t, at + strlen(marks[i]), t.n);
        name = company_name_trim(str_trim(str_sub(name, 0, hint_cut(name))));
        if (plausible_company(name))
            return name;
    }
    return (struct str){"", 0};
}

/* "Tern Clinic is hiring: Nurse" */
static struct str company_before_hiring(struct str t)
{
    static const char *const marks[] = {" is hiring", " is looking for", " seeks ", " sucht ", " recrute "};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = title_cut_at(t, marks[i]);
        if (at < t.n && plausible_company(str_trim(str_sub(t, 0, at))))
            return str_trim(str_sub(t, 0, at));
    }
    return (struct str){"", 0};
}

/* "Tern Clinic - Nurse", "Nurse | Tern Clinic | Board": the first part that is not the job. */
static struct str company_from_parts(const struct reading *r, struct str t)
{
    struct str first = str_sub(t, 0, hint_cut(t)), rest = t;
    bool job_first = title_has_job_noun(first) || str_ieq(str_trim(first), r->an->title);
    bool job_named = r->an->title.n && str_ifind(t, r->an->title) >= 0;
    for (size_t i = 0; rest.n && i < 6; i++) {
        size_t cut = hint_cut(rest), skip = cut;
        struct str part = company_name_trim(str_trim(str_sub(rest, 0, cut)));
        while (skip < rest.n && (skip == cut || rest.p[skip] != ' '))
            skip++;
        rest = str_sub(rest, MIN(skip + 1, rest.n), rest.n);
        if (i == 0 && (job_first || rest.n == 0 || !job_named))
            continue;
        if (plausible_company(part) && !title_has_job_noun(part) && !in_title(r, part) &&
            (job_first || job_named || title_occurrences(r->text, part) >= 1 || org_suffix(part)))
            return part;
    }
    return (struct str){"", 0};
}

static struct str company_from_hints(const struct reading *r)
{
    const struct posting *p = r->posting;
    struct str site = company_name_trim(p->company_hint), t = p->title_hint;
    ptrdiff_t written = site.n ? str_ifind(r->text, site) : -1; /* the name as the text writes it */
    if (written >= 0)
        return str_sub(r->text, (size_t)written, (size_t)written + site.n);
    if (site.n && !t.n)
        return site;
    ptrdiff_t at = str_find(t, STR("Careers at "));
    if (at >= 0)
        return str_trim(str_sub(t, (size_t)at + 11, t.n));
    struct str name = company_before_hiring(t);
    if (name.n == 0)
        name = company_behind_at(t);
    if (name.n == 0)
        name = company_from_parts(r, t);
    return name.n ? name : plausible_company(site) && !title_has_job_noun(site) ? site : (struct str){"", 0};
}

struct str analysis_company_find(struct reading *r, struct str from_title)
{
    static const char *const keys[] = {"company", "employer",     "organization", "organisation", "hiring organization",
                                       "agency",  "company name", "unternehmen",  "entreprise",   "empresa"};
    struct str s = title_keyed_line(r, keys, ARRAY_LEN(keys));
    if (s.n) {
        s = str_sub(s, 0, title_cut_at(s, " ("));
        return utf8_cut(s, COMPANY_MAX_BYTES);
    }
    if (from_title.n)
        return from_title;
    struct str (*const finders[])(const struct reading *) = {company_is_hiring,       company_from_hints,
                                                             company_from_headings,   company_from_top,
                                                             company_from_title_line, company_from_sentences};
    for (size_t i = 0; i < ARRAY_LEN(finders); i++) {
        s = finders[i](r);
        if (s.n)
            return title_letters_caps(s) ? title_caps_relaxed(r->a, s) : s;
    }
    return s;
}
