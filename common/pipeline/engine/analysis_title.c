/* Title and employer.
 *
 * Title: stated facts > "Title: X" lines > headings and first lines with a job noun, scored > "X is hiring: T", "T wanted", "an opening for a T" > page title.
 * Employer: stated facts > "Company: X" lines > "T @ X", "X is hiring", "X is looking for", "About X" > a proper name beside the title that the text
 * uses again > site name. An agency that hides its client makes the employer confidential. */
#include "pipeline/engine/analysis_internal.h"

#include <pthread.h>
#include "base/utf8.h"

#define TITLE_MAX_BYTES 200
#define COMPANY_MAX_BYTES 100
#define TOP_CLAUSES 14

static const struct lexicon_row job_rows[] = {
#define J(w) {w, 1},
    J("engineer") J("engineers") J("developer") J("developers") J("analyst") J("analysts") J("manager") J("managers") J("nurse") J("nurses") J("designer") J("designers") J("teacher") J("director") J("directors") J("architect") J("administrator") J("accountant") J("assistant") J("specialist") J("specialists") J("consultant") J("technician") J("scientist") J("coordinator") J("lead") J("supervisor") J("representative") J("associate") J("advisor") J("adviser") J("officer") J("writer") J("editor") J("electrician") J("electricians") J("chef") J("cook") J("driver") J("clerk") J("cashier") J("intern") J("internship") J("recruiter") J("partner") J("strategist") J("researcher") J("professor") J("lecturer") J("tutor") J("therapist") J("physician") J("pharmacist") J("paralegal") J("attorney") J("counsel") J("lawyer") J("planner") J("buyer") J("programmer") J("tester") J("marketer") J("copywriter") J("producer") J("owner") J("head") J("chief") J("president") J("vp") J("executive") J("agent") J("operator") J("mechanic") J("plumber") J("welder") J("carpenter") J("machinist") J("worker") J("librarian") J("translator") J("interpreter") J("auditor") J("controller") J("bookkeeper") J("trainer") J("instructor") J("coach") J("steward") J("barista") J("bartender") J("server") J("waiter") J("receptionist") J("secretary") J("inspector") J("surveyor") J("statistician") J("economist") J("biologist") J("chemist") J("physicist") J("fellow") J("fellows") J("apprentice") J("trainee") J("journeyman") J("informaticist") J("sre") J("dba") J("scrum master") J("cto") J("ceo") J("cfo") J("engineering") J("practitioner") J("hygienist") J("paramedic") J("caregiver") J("nanny") J("guard") J("dispatcher") J("superintendent") J("foreman") J("estimator") J("rn") J("isso") J("cohort") J("product manager") J("specialists") J("actuary") J("broker") J("underwriter") J("trader") J("teller") J("sous chef") J("baker") J("butcher") J("dietitian") J("sonographer") J("social worker") J("counselor") J("psychologist") J("chaplain") J("dentist") J("veterinarian") J("pilot") J("captain")
    J("entwickler") J("softwareentwickler") J("ingenieur") J("entwicklerin") J("leiter") J("mitarbeiter") J("sachbearbeiter") J("pflegefachkraft") J("krankenpfleger") J("berater") J("verkäufer") J("techniker") J("elektriker") J("buchhalter") J("lehrer") J("développeur") J("développeuse") J("ingénieur") J("ingénieure") J("infirmier") J("infirmière") J("comptable") J("responsable") J("chargé") J("chargée") J("chef de projet") J("technicien") J("vendeur") J("enseignant") J("desarrollador") J("desarrolladora") J("ingeniero") J("enfermera") J("enfermero") J("contable") J("analista") J("gerente") J("sviluppatore") J("ingegnere") J("infermiere") J("impiegato") J("ontwikkelaar") J("verpleegkundige") J("medewerker") J("desenvolvedor") J("desenvolvedora") J("engenheiro") J("enfermeiro") J("data engineer") J("werkstudent") J("kaufmann") J("assistent") J("referent")
#undef J
};

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

static bool letters_caps(struct str s)
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
static struct str caps_relaxed(struct arena *a, struct str s)
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

static size_t cut_at(struct str s, const char *mark)
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
    static const char *const genders[] = {" (m/w/d)", " (w/m/d)", " (m/f/d)", " (f/m/d)", " (m/f)", " (h/f)", " (f/h)", " (all genders)", " (gn)", " (m/v)", " (m/w/x)"};
    static const char *const noise[] = {" - remote", " \xE2\x80\x93 remote", " \xE2\x80\x94 remote", " (remote", ", remote", " wanted", " | ", " \xC2\xB7 ", "\xE2\x80\x94", " (first job"};
    s = str_trim(s);
    size_t at = MIN(cut_at(s, " @ "), cut_at(s, " at "));
    if (at < s.n) {
        size_t skip = s.p[at + 1] == '@' ? 3 : 4;
        struct str name = str_trim(str_sub(s, at + skip, s.n));
        if (name.n && name.n <= COMPANY_MAX_BYTES && name.p[0] >= 'A' && name.p[0] <= 'Z')
            *company = str_sub(name, 0, MIN(cut_at(name, " ("), MIN(cut_at(name, ","), MIN(cut_at(name, " - "), cut_at(name, " | ")))));
        s = str_sub(s, 0, at);
    }
    for (size_t i = 0; i < ARRAY_LEN(noise); i++) {
        size_t cut = cut_at(s, noise[i]);
        if (cut < s.n && title_has_job_noun(str_sub(s, 0, cut)))
            s = str_trim(str_sub(s, 0, cut));
    }
    for (size_t i = 0; i < ARRAY_LEN(genders); i++)
        if (cut_at(s, genders[i]) < s.n)
            s = str_trim(str_sub(s, 0, cut_at(s, genders[i])));
    s = parenthesis_cut(s);
    while (s.n && strchr("-:,.!*# ", s.p[s.n - 1]))
        s.n--;
    while (s.n && strchr("-:,.*# ", s.p[0]))
        s = str_sub(s, 1, s.n);
    return utf8_cut(s, TITLE_MAX_BYTES);
}

/* The value of a line "key: value" whose key is one of keys; n == 0 when none. */
static struct str keyed_line(const struct reading *r, const char *const *keys, size_t n)
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
    static const char *const phrases[] = {"is hiring: ", "is hiring for ", "is hiring a ", "is hiring an ", "we are hiring a ", "we are hiring an ", "we're hiring a ", "opening for a ", "opening for an ", "looking for a ", "looking for an ", "looking for: ", "seeks a ", "seeks an ", "is seeking a ", "is seeking an ", "appoint an ", "appoint a ", "position of ", "now hiring ", "NOW HIRING *** ", "need an ", "need a ", "looking for one ", "as a ", "as an "};
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
        ptrdiff_t at = str_ifind(s, str_of(phrases[i]));
        if (at < 0)
            continue;
        struct str t = str_sub(s, (size_t)at + strlen(phrases[i]), s.n);
        static const char *const ends[] = {". ", " to ", " who ", " that ", " with ", " for our ", " at the ", " in our ", "; ", " on our ", ", who", "! ", " (", ", you", " you "};
        for (size_t k = 0; k < ARRAY_LEN(ends); k++)
            t = str_sub(t, 0, cut_at(t, ends[k]));
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
    static const char *const keys[] = {"title", "job title", "position", "position title", "class title", "role", "job", "vacancy", "stelle", "poste", "puesto", "classification title"};
    struct str keyed = keyed_line(r, keys, ARRAY_LEN(keys));
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
    for (size_t i = 0; i < MIN(r->clauses_n, (size_t)TOP_CLAUSES) && !said.n && (title.n == 0 || !title_has_job_noun(title)); i++)
        said = after_phrase(clause_str(r, &r->clauses[i]));
    return title_clean(said.n ? said : title, company);
}

/* -- employer -- */

static bool common_name(struct str s)
{
    static const char *const not_names[] = {"us", "the role", "the job", "you", "the company", "the team", "the organization", "the organisation", "this role", "the position", "our team", "our company", "we", "this", "the opportunity", "about", "it", "our client", "job", "the work", "company", "home", "careers", "the project", "the program"};
    for (size_t i = 0; i < ARRAY_LEN(not_names); i++)
        if (str_ieqc(s, not_names[i]))
            return true;
    return false;
}

static bool org_suffix(struct str s)
{
    static const char *const words[] = {"gmbh", "b.v", "inc", "llc", "ltd", "limited", "corp", "corporation", "plc", "ag", "s.a.", "bv", "b.v.", "oy", "hospital", "university", "academy", "society", "partners", "health", "labs", "lab", "group", "technologies", "company", "co", "foundation", "institute", "college", "school", "council", "bank", "insurance", "clinic", "studio", "agency", "department", "city of", "services", "consulting", "solutions", "collaborative", "trust", "center", "centre", "office of", "alliance", "grocers", "electric"};
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
        if (!((c >= 'A' && c <= 'Z') || c >= 0xC3 || (join && words) || (str_is_digit((char)c) && words == 0 && w.n > 1)))
            break;
        if (!join)
            end = i;
        words++;
        if (i >= s.n || s.p[i] != ' ')
            break;
        i++;
    }
    struct str name = str_sub(s, 0, end);
    while (name.n && strchr(".'-", name.p[name.n - 1]) && !(name.n > 3 && name.p[name.n - 1] == '.' && name.p[name.n - 3] == '.'))
        name.n--;
    if (str_iends(name, "'s"))
        name.n -= 2;
    return name;
}

static size_t occurrences(struct str text, struct str name)
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
    static const char *const no_start[] = {"We", "You", "Our", "The", "This", "In", "At", "As", "If", "When", "If", "Who", "What", "How", "Your", "A", "An", "It", "There", "Salary", "Location", "Remote", "Apply", "For", "And", "Please", "To", "Must", "Full", "Job", "Posted", "Hybrid", "Why", "Are"};
    if (s.n < 2 || s.n > COMPANY_MAX_BYTES || common_name(s) || str_is_digit(s.p[s.n > 1 ? 1 : 0]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(no_start); i++)
        if (str_eqc(s, no_start[i]) || (str_starts(s, no_start[i]) && s.n > strlen(no_start[i]) && s.p[strlen(no_start[i])] == ' ' && !org_suffix(s)))
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
    static const char *const verbs[] = {" is hiring", " is looking for", " is seeking", " seeks ", " is a ", " is an ", " helps ", " makes ", " builds ", " sells ", " provides ", " offers ", " packs ", " reads ", " gives ", " is the ", " supports ", " wants ", " develops ", " serves ", " is now hiring", " has an opening", " invites applications", " is owned by", " runs ", " operates "};
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
        if (!plausible_company(name) || title_has_job_noun(name) || name.n >= s.n)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
            if (str_starts(str_sub(s, name.n, s.n), verbs[k]) && (k < 4 || occurrences(r->text, name) >= 2 || org_suffix(name) || (i < 3 && memchr(name.p, ' ', name.n))))
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
            if (plausible_company(name) && (name.n == rest.n || strchr("?:,!", rest.p[name.n])) && occurrences(r->text, name) >= 2)
                return name;
        }
    }
    return (struct str){"", 0};
}

/* "X is hiring": the plainest statement there is. */
static struct str company_is_hiring(const struct reading *r)
{
    static const char *const verbs[] = {" is hiring", " is now hiring", " is looking for", " is seeking", " seeks a", " has an opening", " is recruiting", " sucht", " recherche", " busca", " cerca ", " recrute", " zoekt"};
    for (size_t i = 0; i < r->clauses_n; i++) {
        struct str s = clause_str(r, &r->clauses[i]), name = proper_name(s);
        if (!plausible_company(name) || name.n >= s.n || in_title(r, name))
            continue;
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
            if (str_starts(str_sub(s, name.n, s.n), verbs[k]))
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
        size_t at = cut_at(s, seps[i]);
        if (at < best) {
            best = at;
            *ret_after = at + strlen(seps[i]);
        }
    }
    return best;
}

/* A proper name in one of the first lines that is not the title: with an organisation word, used again in the text, alone below the title, or
 * followed by a place. */
static int top_name_score(const struct reading *r, size_t i, struct str *ret)
{
    const struct clause *c = &r->clauses[i];
    struct str s = clause_str(r, c);
    size_t after, cut = first_separator(s, &after);
    struct str part = str_trim(str_sub(s, 0, cut)), name = proper_name(part);
    double share = 0;
    *ret = name;
    if (s.n > 160 || c->item || !plausible_company(name) || in_title(r, name) || (section_classify(part, &share) != SECTION_NONE && share > 0.5))
        return 0;
    if (title_has_job_noun(name) && !org_suffix(name))
        return 0;
    bool whole = name.n == part.n || str_starts(str_sub(part, name.n, part.n), " (");
    bool place = !whole && part.p[name.n] == ',' && analysis_place_find(part).p == part.p;
    if (place || (!whole && part.p[name.n] != ',' && !letters_caps(name)))
        return 0;
    if (c->cues & (CUE(REMOTE) | CUE(HYBRID) | CUE(FULL_TIME)) && cut == s.n && !org_suffix(name))
        return 0;
    int score = org_suffix(name) ? 6 : 0;
    score += occurrences(r->text, name) >= 2 ? 5 : occurrences(r->text, str_sub(name, 0, cut_at(name, " "))) >= 3 ? 3 : 0;
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
        if (plausible_company(bare) && !title_has_job_noun(bare) && occurrences(r->text, name) >= 2)
            return name;
    }
    return (struct str){"", 0};
}

static struct str company_name_trim(struct str s)
{
    static const char *const tails[] = {" careers", " jobs", " career", " - careers", " recruitment"}, *const heads[] = {"join the ", "join ", "careers at ", "jobs at ", "work at ", "working at "};
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

static struct str company_from_hints(const struct reading *r)
{
    const struct posting *p = r->posting;
    struct str site = company_name_trim(p->company_hint), t = p->title_hint;
    if (site.n && occurrences(r->text, site) >= 1)
        return site;
    ptrdiff_t at = str_find(t, STR("Careers at "));
    if (at >= 0)
        return str_trim(str_sub(t, (size_t)at + 11, t.n));
    /* "Title | Company | Board": the first part that is not the job */
    size_t after;
    bool job_first = title_has_job_noun(str_sub(t, 0, first_separator(t, &after)));
    static const char *const seps[] = {" | ", " \xC2\xB7 ", " \xE2\x80\x93 ", " \xE2\x80\x94 ", " - "};
    for (size_t i = 0; i < ARRAY_LEN(seps); i++) {
        struct str rest = t;
        while ((at = str_find(rest, str_of(seps[i]))) >= 0) {
            rest = str_sub(rest, (size_t)at + strlen(seps[i]), rest.n);
            struct str part = company_name_trim(str_trim(str_sub(rest, 0, cut_at(rest, seps[i]))));
            if (plausible_company(part) && !title_has_job_noun(part) && (job_first || occurrences(r->text, part) >= 1 || org_suffix(part)))
                return part;
        }
    }
    return (struct str){"", 0};
}

static struct str company_find(struct reading *r, struct str from_title)
{
    static const char *const keys[] = {"company", "employer", "organization", "organisation", "hiring organization", "agency", "company name", "unternehmen", "entreprise", "empresa"};
    struct str s = keyed_line(r, keys, ARRAY_LEN(keys));
    if (s.n) {
        s = str_sub(s, 0, cut_at(s, " ("));
        return utf8_cut(s, COMPANY_MAX_BYTES);
    }
    if (from_title.n)
        return from_title;
    struct str (*const finders[])(const struct reading *) = {company_is_hiring, company_from_hints, company_from_headings, company_from_top, company_from_title_line, company_from_sentences};
    for (size_t i = 0; i < ARRAY_LEN(finders); i++) {
        s = finders[i](r);
        if (s.n)
            return letters_caps(s) ? caps_relaxed(r->a, s) : s;
    }
    return s;
}

/* "Login.gov: Data Analyst" in a title field names the organisation first. */
static struct str split_organisation(const struct reading *r, struct str title, struct str *company)
{
    static const char *const seps[] = {": ", " - "};
    for (size_t i = 0; i < ARRAY_LEN(seps); i++) {
        ptrdiff_t at = str_find(title, str_of(seps[i]));
        if (at < 2 || at > 60)
            continue;
        struct str left = str_sub(title, 0, (size_t)at), right = str_trim(str_sub(title, (size_t)at + strlen(seps[i]), title.n));
        if (!title_has_job_noun(right) || title_has_job_noun(left) || occurrences(r->text, left) < (i ? 3 : 1))
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
    an->title = f->title.n ? split_organisation(r, utf8_cut(f->title, TITLE_MAX_BYTES), &from_title) : title_from_text(r, &from_title);
    if (an->title.n == 0 && r->posting->title_hint.n)
        an->title = title_clean(r->posting->title_hint, &from_title);
    if (letters_caps(an->title))
        an->title = caps_relaxed(r->a, an->title);
    for (size_t i = 0; i < r->clauses_n; i++)
        cues |= r->clauses[i].cues;
    an->company = f->company.n ? utf8_cut(f->company, COMPANY_MAX_BYTES) : company_find(r, from_title);
    an->confidential = (cues & CUE(AGENCY)) != 0 && (cues & CUE(AGENCY)) && str_ifind(r->text, STR("client")) >= 0;
}
