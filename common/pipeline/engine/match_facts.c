/* Degrees, certificates, languages, permissions, places and soft skills. What the profile does not speak about at all
 * is "not assessed"; "missing" needs a section that could have said it. */
#include "pipeline/engine/match_parts.h"
#include "pipeline/engine/profile_parts.h"

static bool profile_has_kind(const struct profile *p, enum atom_kind kind)
{
    for (size_t i = 0; i < p->atoms_n; i++)
        if (p->atoms[i].kind == kind)
            return true;
    return false;
}

static void only_evidence(struct match_row *row, size_t atom)
{
    row->atoms[0] = atom;
    row->atoms_n = 1;
}

/* -- education -- */

static const char *degree_name(enum education_level l)
{
    return l == EDUCATION_PHD        ? "a doctorate"
           : l == EDUCATION_MASTER   ? "a master's degree"
           : l == EDUCATION_BACHELOR ? "a bachelor's degree"
                                     : "a degree";
}

static bool is_entry(const struct atom *x)
{
    return x->kind == ATOM_EDUCATION && str_find(x->pointer, STR("/courses/")) < 0;
}

/* The words the requirement adds to the level ("in nursing"). Returns their number. */
static size_t area_words(struct str asked, uint32_t ret[LEX_TOKENS_MAX])
{
    static const char *const LEVEL[] = {"bachelor", "bachelor's",  "bachelors",    "master",    "master's",
                                        "masters",  "phd",         "science",      "arts",      "university",
                                        "college",  "discipline",  "accredited",   "diploma",   "school",
                                        "graduate", "neighboring", "quantitative", "technical", "cognate"};
    size_t n = lex_stems(asked, ret, LEX_TOKENS_MAX), kept = 0;
    uint32_t levels[ARRAY_LEN(LEVEL)];
    for (size_t i = 0; i < ARRAY_LEN(LEVEL); i++)
        levels[i] = lex_stem(str_of(LEVEL[i]));
    for (size_t i = 0; i < n; i++) {
        bool level = false;
        for (size_t k = 0; k < ARRAY_LEN(LEVEL) && !level; k++)
            level = levels[k] == ret[i];
        if (!level)
            ret[kept++] = ret[i];
    }
    return kept;
}

/* Whether the degree's words meet them; always when there are none. */
static double area_overlap(const uint32_t *want, size_t n, const struct atom *degree)
{
    size_t hits = 0;
    lex_overlap(want, n, degree->stems, degree->stems_n, &hits);
    return n == 0 || hits ? 1.0 : 0.0;
}

/* The titles of the jobs, the latest first. */
static void offer_work(const struct matcher *m, struct match_row *row)
{
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        if (x->kind == ATOM_ROLE && x->employment >= 0 && m->p->employments[x->employment].kind == EMPLOYMENT_JOB)
            match_row_offer(m, row, strengths, i, 1.0 / (1.0 + (double)m->p->employments[x->employment].index));
    }
}

void match_education(struct matcher *m, struct match_row *row)
{
    const struct profile *p = m->p;
    enum education_level need = education_level_of(row->requirement->text);
    need = need ? need : (m->an->education ? m->an->education : EDUCATION_BACHELOR);
    if (!profile_has_kind(p, ATOM_EDUCATION)) {
        row->status = MATCH_UNSTATED;
        row->reason = STR("The profile has no education section, so this cannot be judged.");
        return;
    }
    enum education_level best = EDUCATION_NONE;
    double best_area = -1;
    static const char *const OPEN[] = {"in progress",     "pursuing",        "enrolled",       "working toward",
                                       "working towards", "current student", "candidates for", NULL};
    bool accepts_open = lex_has_any(row->requirement->text, OPEN);
    uint32_t area_want[LEX_TOKENS_MAX];
    size_t area_n = area_words(row->requirement->text, area_want);
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *x = &p->atoms[i];
        enum education_level l = is_entry(x) ? education_level_of(x->text) : EDUCATION_NONE;
        if (l == EDUCATION_NONE)
            continue;
        bool open = (int)l > p->education || education_in_progress(x->text);
        if (open && !accepts_open)
            continue;
        double area = area_overlap(area_want, area_n, x);
        bool better = (l >= need) > (best >= need) || ((l >= need) == (best >= need) && area > best_area);
        if (best == EDUCATION_NONE || better) {
            best = l;
            best_area = area;
            only_evidence(row, i);
        }
    }
    if (best >= need && best != EDUCATION_NONE) {
        row->status = best_area > 0 ? MATCH_DIRECT : MATCH_SYNONYM;
        row->matched_form = p->atoms[row->atoms[0]].text;
        row->reason = best_area > 0 ? match_says(m, "The profile states %s.", degree_name(best))
                                    : match_says(m, "The profile states %s, in another field than the posting names.",
                                                 degree_name(best));
        return;
    }
    bool instead = m->an->degree_optional && m->work_months >= 48;
    row->status = instead ? MATCH_TRANSFERABLE : MATCH_MISSING;
    row->atoms_n = 0;
    if (instead)
        offer_work(m, row);
    row->reason =
        instead ? STR("The posting accepts experience instead of the degree, and the work history has years of it.")
                : match_says(m, "The education section does not show %s.", degree_name(need));
}

/* -- certificates -- */

/* Words that make no difference between certificates. */
static bool is_plain_cert_word(struct str w)
{
    static const char *const WORDS[] = {"certified", "certification", "certifications", "certificate",  "certificates",
                                        "license",   "licence",       "licensed",       "licensure",    "professional",
                                        "current",   "valid",         "active",         "state",        "held",
                                        "achieved",  "board",         "provider",       "unrestricted", "obtain",
                                        "hire",      "date",          "start",          "privilege",    "training",
                                        "higher",    "compact",       "specialist",     "associate",    NULL};
    for (const char *const *x = WORDS; *x; x++)
        if (str_ieqc(w, *x))
            return true;
    return lex_is_stop(w);
}

static bool is_acronym(struct str w)
{
    size_t upper = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] >= 'a' && w.p[i] <= 'z')
            return false;
        upper += w.p[i] >= 'A' && w.p[i] <= 'Z';
    }
    return upper >= 2;
}

static const struct {
    const char *acronym, *words;
} CERT_NAMES[] = {
    {"RN", "Registered Nurse"},
    {"LPN", "Licensed Practical Nurse"},
    {"CPA", "Certified Public Accountant"},
    {"PMP", "Project Management Professional"},
    {"QTS", "Qualified Teacher Status"},
    {"CKA", "Certified Kubernetes Administrator"},
    {"CKS", "Certified Kubernetes Security Specialist"},
    {"BLS", "Basic Life Support"},
    {"ACLS", "Advanced Cardiovascular Life Support"},
    {"CISSP", "Certified Information Systems Security Professional"},
    {"CSM", "Certified ScrumMaster"},
    {"CFA", "Chartered Financial Analyst"},
    {"CPHQ", "Certified Professional in Healthcare Quality"},
    {"CDL", "Commercial Driver's License"},
};

#define CERT_WORDS_MAX      LEX_TOKENS_MAX
#define CERT_WORD_MAX_BYTES 32

/* What a requirement asks for, read once for all atoms. */
struct cert_asked {
    struct str words[CERT_WORDS_MAX]; /* the distinctive ones */
    bool acronym[CERT_WORDS_MAX];
    const char *full[CERT_WORDS_MAX]; /* for an acronym that is known: its words */
    size_t n;
    bool names[ARRAY_LEN(CERT_NAMES)]; /* full names in the text */
};

static void cert_asked_read(struct str text, struct cert_asked *ret)
{
    struct str rest = text, w;
    ret->n = 0;
    while (ret->n < CERT_WORDS_MAX && lex_next_word(&rest, &w)) {
        if (is_plain_cert_word(w))
            continue;
        ret->words[ret->n] = w;
        ret->acronym[ret->n] = is_acronym(w);
        ret->full[ret->n] = NULL;
        for (size_t i = 0; i < ARRAY_LEN(CERT_NAMES); i++)
            if (str_eqc(w, CERT_NAMES[i].acronym))
                ret->full[ret->n] = CERT_NAMES[i].words;
        ret->n++;
    }
    for (size_t i = 0; i < ARRAY_LEN(CERT_NAMES); i++)
        ret->names[i] = str_ifind(text, str_of(CERT_NAMES[i].words)) >= 0;
}

static bool cert_says(const struct lex_text *cert, struct str word, const char *full)
{
    char w[CERT_WORD_MAX_BYTES];
    if (word.n >= sizeof(w))
        return false;
    memcpy(w, word.p, word.n);
    w[word.n] = '\0';
    return lex_text_has(cert, w) || (full && str_ifind(cert->text, str_of(full)) >= 0);
}

/* 1: one of the acronyms asked for, or all distinctive words; a share below that otherwise. */
static double cert_fit(const struct cert_asked *asked, const struct lex_text *cert, bool *ret_acronym)
{
    size_t hits = 0;
    for (size_t i = 0; i < asked->n; i++) {
        bool hit = cert_says(cert, asked->words[i], asked->full[i]);
        hits += hit;
        if (hit && asked->acronym[i])
            *ret_acronym = true;
    }
    return asked->n ? (double)hits / (double)asked->n : 0;
}

static bool cert_full_name(const struct cert_asked *asked, const struct lex_text *cert)
{
    for (size_t i = 0; i < ARRAY_LEN(CERT_NAMES); i++)
        if (asked->names[i] &&
            (str_ifind(cert->text, str_of(CERT_NAMES[i].words)) >= 0 || lex_text_has(cert, CERT_NAMES[i].acronym)))
            return true;
    return false;
}

void match_certification(struct matcher *m, struct match_row *row)
{
    const struct profile *p = m->p;
    double strengths[MATCH_EVIDENCE_MAX] = {0}, best = 0;
    struct cert_asked asked;
    cert_asked_read(row->requirement->text, &asked);
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *x = &p->atoms[i];
        if (x->kind != ATOM_CERTIFICATE && x->kind != ATOM_ROLE && x->kind != ATOM_EDUCATION && x->kind != ATOM_SKILL)
            continue;
        struct lex_text text;
        lex_text_init(&text, x->text);
        bool acronym = false;
        double fit = cert_fit(&asked, &text, &acronym);
        bool named = acronym || cert_full_name(&asked, &text);
        fit = named ? MAX(fit, 0.9) : fit;
        if (x->kind != ATOM_CERTIFICATE && !named)
            continue; /* a course, title or skill in the same field is no certificate */
        fit = x->kind == ATOM_SKILL ? MIN(fit, 0.8) : fit;
        if (fit < 0.5)
            continue;
        match_row_offer(m, row, strengths, i, fit);
        best = MAX(best, fit);
    }
    if (row->atoms_n) {
        row->status = best >= 0.85 ? MATCH_DIRECT : best >= 0.7 ? MATCH_STRONG : MATCH_TRANSFERABLE;
        row->matched_form = p->atoms[row->atoms[0]].text;
        row->reason = row->status == MATCH_TRANSFERABLE
                          ? match_says(m, "A related credential is stated: " STR_FMT ".", STR_ARG(row->matched_form))
                          : match_says(m, "The profile states " STR_FMT ".", STR_ARG(row->matched_form));
        return;
    }
    bool listed = profile_has_kind(p, ATOM_CERTIFICATE);
    row->status = listed ? MATCH_MISSING : MATCH_UNSTATED;
    row->reason = listed ? STR("It is not among the certificates.")
                         : STR("The profile has no certificates section, so this cannot be judged.");
}

/* -- languages -- */

static int fluency_of(struct str s)
{
    static const struct {
        const char *word;
        int level;
    } LEVELS[] = {{"c2", 6},
                  {"c1", 5},
                  {"b2", 4},
                  {"b1", 3},
                  {"a2", 2},
                  {"a1", 1},
                  {"limited", 3},
                  {"native", 6},
                  {"mother tongue", 6},
                  {"bilingual", 6},
                  {"fluent", 5},
                  {"fluently", 5},
                  {"fluency", 5},
                  {"full professional", 5},
                  {"professional", 4},
                  {"business", 4},
                  {"advanced", 5},
                  {"proficient", 4},
                  {"intermediate", 3},
                  {"moderate", 3},
                  {"conversational", 3},
                  {"basic", 2},
                  {"elementary", 2},
                  {"beginner", 1},
                  {"a little", 1},
                  {"verhandlungssicher", 5},
                  {"fließend", 5}};
    struct lex_text text;
    lex_text_init(&text, s);
    for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++)
        if (lex_text_has(&text, LEVELS[i].word))
            return LEVELS[i].level;
    return 0;
}

/* The language of an atom "German (Professional working proficiency)". */
static struct str language_name(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '(' || text.p[i] == ',')
            return str_trim(str_sub(text, 0, i));
    return str_trim(text);
}

static bool asks_for(const struct requirement *q, struct str name)
{
    char w[40];
    if (name.n == 0 || name.n >= sizeof(w))
        return false;
    memcpy(w, name.p, name.n);
    w[name.n] = '\0';
    if (lex_has(q->text, w))
        return true;
    /* "Deutsch" in the posting, "German" in the profile: one skill, but only when the posting does not name a neighbour
     * of it in English */
    const struct skill *s = skills_by_name(name);
    for (size_t i = 0; s && i < q->skills_n; i++)
        if (str_eqc(q->skills[i], s->slug) && !lex_has(q->text, s->label) && str_ieqc(name, s->label) &&
            strcmp(s->slug, "hindi") != 0 && strcmp(s->slug, "mandarin") != 0 && strcmp(s->slug, "dari") != 0)
            return true;
    return false;
}

/* The level asked for where the language is named: "Deutsch mindestens C1 ...; Englisch B2" asks two different ones. */
static int fluency_asked(const struct requirement *q, struct str name)
{
    ptrdiff_t at = str_ifind(q->text, name);
    struct str from = at < 0 ? q->text : str_sub(q->text, (size_t)at, q->text.n);
    for (size_t i = 0; i < from.n; i++)
        if (from.p[i] == ';')
            from.n = i;
    int level = fluency_of(from);
    return level ? level : fluency_of(q->text);
}

void match_language(struct matcher *m, struct match_row *row)
{
    const struct profile *p = m->p;
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    enum match_status best = MATCH_MISSING;
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *x = &p->atoms[i];
        struct str name = language_name(x->text);
        if (x->kind != ATOM_LANGUAGE || !asks_for(row->requirement, name))
            continue;
        int need = fluency_asked(row->requirement, name), have = fluency_of(x->text);
        enum match_status s = need == 0 || have >= need ? MATCH_DIRECT
                              : have + 1 >= need        ? MATCH_SYNONYM
                                                        : MATCH_TRANSFERABLE;
        match_row_offer(m, row, strengths, i, match_status_value(s));
        if (match_status_value(s) > match_status_value(best))
            best = s;
    }
    row->status = best;
    if (row->atoms_n) {
        struct str said = p->atoms[row->atoms[0]].text;
        row->matched_form = said;
        row->reason = best == MATCH_DIRECT
                          ? match_says(m, "The profile states " STR_FMT ".", STR_ARG(said))
                          : match_says(m, "The profile states " STR_FMT ", below the level asked.", STR_ARG(said));
        return;
    }
    bool listed = profile_has_kind(p, ATOM_LANGUAGE);
    row->status = listed ? MATCH_MISSING : MATCH_NOT_ASSESSED;
    row->reason = listed ? STR("It is not among the languages.")
                         : STR("The profile lists no languages, so this cannot be judged.");
}

/* -- permission and place -- */

static struct str goal_with(const struct profile *p, const char *const *words)
{
    for (size_t i = 0; i < p->goals_n; i++)
        if (lex_has_any(p->goals[i], words))
            return p->goals[i];
    return (struct str){.p = "", .n = 0};
}

void match_authorization(struct matcher *m, struct match_row *row)
{
    static const char *const NEEDS[] = {"need sponsorship",
                                        "require sponsorship",
                                        "requires sponsorship",
                                        "needs sponsorship",
                                        "visa sponsorship",
                                        "need a visa",
                                        NULL};
    static const char *const HAS[] = {
        "authorized to work", "authorised to work", "work permit",        "right to work",      "citizen",
        "citizenship",        "green card",         "permanent resident", "security clearance", NULL};
    struct str needs = goal_with(m->p, NEEDS), has = goal_with(m->p, HAS);
    if (needs.n == 0 && has.n == 0 && lex_has_any(m->p->summary, HAS))
        has = m->p->summary;
    row->status = MATCH_NOT_ASSESSED;
    row->reason = STR("The profile says nothing about permission to work, so this is not judged.");
    if (needs.n && (lex_has(row->requirement->text, "sponsorship") || row->requirement->knockout)) {
        row->status = MATCH_BLOCKED;
        row->matched_form = needs;
        row->reason = STR("The goals in the profile say that sponsorship is needed.");
    } else if (has.n) {
        uint32_t want[LEX_TOKENS_MAX], have[LEX_TOKENS_MAX];
        size_t hits = 0;
        size_t n = lex_stems(row->requirement->text, want, LEX_TOKENS_MAX);
        lex_overlap(want, n, have, lex_stems(has, have, LEX_TOKENS_MAX), &hits);
        if (hits == 0)
            return;
        row->status = MATCH_DIRECT;
        row->matched_form = has;
        row->reason = STR("The profile states it.");
    }
}

void match_location(struct matcher *m, struct match_row *row)
{
    row->status = MATCH_NOT_ASSESSED;
    row->reason = STR("The profile does not say enough about place or travel to judge this.");
    char city[64];
    if (m->p->city.n && m->p->city.n < sizeof(city)) {
        memcpy(city, m->p->city.p, m->p->city.n);
        city[m->p->city.n] = '\0';
        if (lex_has(row->requirement->text, city)) {
            row->status = MATCH_DIRECT;
            row->matched_form = m->p->city;
            row->reason = match_says(m, "The profile's address is in " STR_FMT ".", STR_ARG(m->p->city));
            return;
        }
    }
    static const char *const TRAVEL[] = {"travel", NULL};
    struct str goal = goal_with(m->p, TRAVEL);
    if (goal.n && lex_has(row->requirement->text, "travel")) {
        row->status = MATCH_STRONG;
        row->matched_form = goal;
        row->reason = STR("The goals in the profile speak about travel.");
    }
}

/* -- soft skills: only what was done counts, never the adjective -- */

static const struct {
    const char *asked[16];
    const char *shown[24];
} SOFT[] = {
    {{"leadership", "lead", "leading", "manage", "management", "supervise", "supervisory", "led", NULL},
     {"led", "co-led", "managed", "supervised", "headed", "directed", "hired", "team of", "charge nurse", "chaired",
      "founded", "technical lead", NULL}},
    {{"mentor", "mentoring", "coach", "coaching", "teach", "train", "training", "precepting", NULL},
     {"mentored", "mentor", "coached", "trained", "taught", "preceptor", "onboarded", "course", "tutored", "showed",
      NULL}},
    {{"communicate", "communication", "communicator", "write", "writing", "written", "verbal", "explain", "present",
      "presenting", "presentation", "documentation", NULL},
     {"presented", "wrote", "written", "documented", "authored", "published", "blog", "talk", "report", "runbook",
      "explained", "taught", "summarized", NULL}},
    {{"collaborate", "collaboration", "collaborative", "cross-functional", "partner", "stakeholder", "stakeholders",
      "teamwork", "team player", NULL},
     {"with the", "partnered", "collaborated", "cross-functional", "together with", "stakeholders", "working group",
      "across", "co-led", "member of", NULL}},
    {{"customer", "customers", "client", "clients", "service", "patients", NULL},
     {"customers", "clients", "patrons", "patients", "guests", "served", "customer", NULL}},
    {{"organized", "organised", "organizational", "detail", "details", "prioritize", "deadlines", "planning", NULL},
     {"scheduled", "organized", "coordinated", "planned", "audit", "reviewed", "cleaned", "documented", "standardized",
      NULL}},
    {{"problem", "analytical", "critical", "curiosity", "initiative", "ownership", "autonomy", "self-starter",
      "independently", NULL},
     {"redesigned", "solved", "identified", "found", "started", "introduced", "replaced", "rebuilt", "owned", "reduced",
      "cut", "automated", NULL}},
};

/* One group's words as stems; phrases of several words stay text. */
struct shown {
    uint32_t stems[24];
    const char *phrases[24];
    size_t stems_n, phrases_n;
};

static void shown_read(const char *const *words, struct shown *s)
{
    s->stems_n = s->phrases_n = 0;
    for (; *words; words++) {
        if (strchr(*words, ' ') || lex_is_stop(str_of(*words)))
            s->phrases[s->phrases_n++] = *words;
        else
            s->stems[s->stems_n++] = lex_stem(str_of(*words));
    }
}

static bool is_shown(const struct atom *x, const struct shown *s)
{
    for (size_t i = 0; i < s->stems_n; i++)
        for (size_t k = 0; k < x->stems_n; k++)
            if (x->stems[k] == s->stems[i])
                return true;
    for (size_t i = 0; i < s->phrases_n; i++)
        if (lex_has(x->text, s->phrases[i]))
            return true;
    return false;
}

void match_soft(struct matcher *m, struct match_row *row)
{
    const struct profile *p = m->p;
    double strengths[MATCH_EVIDENCE_MAX] = {0};
    for (size_t g = 0; g < ARRAY_LEN(SOFT); g++) {
        if (!lex_has_any(row->requirement->text, SOFT[g].asked))
            continue;
        struct shown s;
        shown_read(SOFT[g].shown, &s);
        for (size_t i = 0; i < p->atoms_n; i++) {
            const struct atom *x = &p->atoms[i];
            if (x->kind == ATOM_HIGHLIGHT && is_shown(x, &s))
                match_row_offer(m, row, strengths, i,
                                0.8 + (x->employment >= 0 ? 0.1 / (1.0 + (double)p->employments[x->employment].index)
                                                          : 0));
        }
    }
    if (row->atoms_n == 0) {
        row->status = MATCH_NOT_ASSESSED;
        row->reason = STR("The profile has no example of this, which is not held against it.");
        return;
    }
    row->status = MATCH_DIRECT;
    row->matched_form = p->atoms[row->atoms[0]].text;
    row->reason = match_says(m, "An example is stated " STR_FMT ".", STR_ARG(match_place(m, row->atoms[0])));
}
