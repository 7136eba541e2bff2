/* Names: organizations and technologies. Every run of words with capitals (and every word of technical shape) that is
 * claimed has to be the profile's. What the dictionary of skills knows is compared by what it means ("Postgres" is
 * PostgreSQL); what follows "at" or "joined" has to be an organization of the profile; the items of a list of skills
 * have to be in the profile one by one. */
#include "pipeline/facts/facts_parts.h"

#define MENTIONS_MAX 64

static bool word_is(const struct fcheck *c, size_t i, const char *w)
{
    return i < c->x.n && str_ieqc(facts_token_str(&c->x, i), w);
}

/* A product or language rather than a notion ("Kubernetes", not "Data quality"). */
static bool is_product(const struct skill *s)
{
    struct str label = str_of(s->label);
    bool inner = false;
    size_t words = 1;
    for (size_t i = 1; i < label.n; i++) {
        words += label.p[i] == ' ';
        inner |= (label.p[i] >= 'A' && label.p[i] <= 'Z') || str_is_digit(label.p[i]) || label.p[i] == '.' ||
                 label.p[i] == '+' || label.p[i] == '#';
    }
    bool field = strcmp(s->field, "technology") == 0 || strcmp(s->field, "data") == 0;
    static const char *const NOTIONS[] = {"Microservices", "Concurrency",  "Internationalization",
                                          "Observability", "DevOps",       "Serverless",
                                          "Networking",    "Cryptography", "Robotics",
                                          "Debugging",     "Statistics",   "Forecasting",
                                          "Meteorology",   "MLOps",        NULL};
    for (size_t i = 0; NOTIONS[i]; i++)
        if (str_eqc(label, NOTIONS[i]))
            return false;
    return field && (words == 1 || inner);
}

/* Notions that any account of work may use without claiming a skill. */
static bool everyday(const struct skill *s)
{
    static const char *const WORDS[] = {"Open source",
                                        "IT support",
                                        "Web development",
                                        "Data analysis",
                                        "Unit testing",
                                        "Debugging",
                                        "Code review",
                                        "Software testing",
                                        "System design",
                                        "API design",
                                        "Performance tuning",
                                        "Data quality",
                                        "Statistics",
                                        "Forecasting",
                                        "Networking",
                                        "Test automation",
                                        "Project tracking tools",
                                        "Incident response",
                                        "Capacity planning",
                                        "Concurrency",
                                        "Internationalization",
                                        "Business intelligence",
                                        "Data visualization",
                                        "Cloud cost optimization",
                                        "Observability",
                                        "Back-end development",
                                        "Front-end development",
                                        "Mobile development",
                                        "Survey design",
                                        "Security compliance",
                                        "Control systems",
                                        "Message queues",
                                        "Relational databases",
                                        NULL};
    for (size_t i = 0; WORDS[i]; i++)
        if (strcmp(s->label, WORDS[i]) == 0)
            return true;
    return false;
}

/* A notion counts as known when a word of it is the profile's. */
static bool notion_known(const struct fcheck *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!c->x.w[i].stop && facts_knows(c->ix, c->x.t[i].hash, c->x.w[i].stem))
            return true;
    return false;
}

/* A name is known by its own letters, give or take a plural: "Looker" is not "looking". */
static bool name_known(const struct fcheck *c, size_t i)
{
    struct str w = facts_token_str(&c->x, i);
    if (facts_table_first(&c->ix->by_word, c->x.t[i].hash))
        return true;
    for (const struct fnode *n = facts_table_first(&c->ix->by_stem, c->x.w[i].stem); n;
         n = facts_table_next(&c->ix->by_stem, n)) {
        struct str y = facts_token_str(&c->ix->words, n->at);
        size_t k = MIN(w.n, y.n);
        if (MAX(w.n, y.n) - k <= 1 && str_ieq(str_sub(w, 0, k), str_sub(y, 0, k)))
            return true;
    }
    return false;
}

static bool all_known(const struct fcheck *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!(c->x.w[i].cls & FW(STOP)) && !name_known(c, i))
            return false;
    return true;
}

static void check_skills(struct fcheck *c)
{
    struct skill_mention m[MENTIONS_MAX];
    size_t begin = c->x.t[c->from].start, end = c->x.t[c->to - 1].end;
    size_t n = skills_find(str_sub(c->x.text, begin, end), m, ARRAY_LEN(m));
    for (size_t k = 0; k < n; k++) {
        size_t from = c->from;
        while (from < c->to && c->x.t[from].end <= begin + m[k].start)
            from++;
        size_t to = from;
        while (to < c->to && c->x.t[to].start < begin + m[k].end)
            to++;
        if (from == to || c->x.w[from].scope != SCOPE_CLAIM || c->x.w[from].used)
            continue;
        bool upper = facts_is_upper(&c->x, from) || (c->x.w[from].flags & FT_TECHNICAL);
        bool product = is_product(m[k].skill),
             tech = strcmp(m[k].skill->field, "technology") == 0 || strcmp(m[k].skill->field, "data") == 0;
        /* a product is not known because the profile has the kind of work it is for ("Zendesk" of customer service) */
        bool held = facts_states_skill(c->ix, m[k].skill) && (product || !upper || all_known(c, from, to));
        if (held) {
            for (size_t i = from; i < to; i++)
                c->x.w[i].used = true;
            continue;
        }
        if (strcmp(m[k].skill->field, "soft") == 0 || strcmp(m[k].skill->field, "method") == 0)
            continue;
        bool spoken = strcmp(m[k].skill->field, "language") == 0 && upper && (c->x.w[from].cls & FW(LANGUAGE));
        if (spoken && word_is(c, from, "english"))
            continue;
        bool wrong = spoken    ? !all_known(c, from, to)
                     : product ? !all_known(c, from, to)
                               : tech && !everyday(m[k].skill) && !notion_known(c, from, to);
        if (!wrong)
            continue;
        facts_violate(c, FACTS_UNGROUNDED_SKILL, from, to, -1);
        for (size_t i = from; i < to; i++)
            c->x.w[i].used = true;
    }
}

/* runs of capitals */

static bool name_token(const struct fcheck *c, size_t i)
{
    const struct fword *w = &c->x.w[i];
    if (w->used || (w->flags & FT_SKIP) || w->scope != SCOPE_CLAIM)
        return false;
    if (w->number >= 0)
        return false;
    return facts_is_upper(&c->x, i) || (w->flags & FT_TECHNICAL);
}

static bool joins(const struct fcheck *c, size_t i) /* a small word inside a name */
{
    return (word_is(c, i, "of") || word_is(c, i, "and") || word_is(c, i, "the") || word_is(c, i, "for") ||
            word_is(c, i, "de")) &&
           c->x.w[i].gap == ' ';
}

static size_t run_end(const struct fcheck *c, size_t i)
{
    size_t to = i + 1;
    for (;;) {
        char g = to < c->to ? c->x.w[to].gap : '\n';
        bool tight = g == ' ' || g == '-' || g == '/' || (g == '.' && (c->x.w[to].flags & FT_JOINED));
        if (!tight && !(g == '.' && to < c->to && !(c->x.t[to].flags & TOKEN_SENTENCE_START)))
            return to;
        bool amp = to < c->to && c->x.t[to].start >= 3 &&
                   memchr(c->x.text.p + c->x.t[to - 1].end, '&', c->x.t[to].start - c->x.t[to - 1].end);
        if (name_token(c, to) && !(c->x.w[to].cls & FW(FIRST))) {
            to++;
            continue;
        }
        (void)amp;
        if (joins(c, to) && to + 1 < c->to && name_token(c, to + 1) && c->x.w[to + 1].gap == ' ' &&
            !word_is(c, to, "and")) {
            to += 2;
            continue;
        }
        if ((c->x.w[to].flags & FT_JOINED) && (c->x.w[i].flags & FT_TECHNICAL || g == '.')) {
            to++;
            continue;
        }
        return to;
    }
}

static bool is_name(const struct facts_index *ix UNUSED, const struct fsource *s, int arg UNUSED)
{
    return s->name || s->section == SECTION_BASICS;
}

static bool common(const struct fcheck *c, size_t i)
{
    return c->x.w[i].cls &
           (FW(COMMON) | FW(STOP) | FW(MONTH) | FW(CLOSING) | FW(GREETING) | FW(TITLE_HEAD) | FW(SENIOR));
}

static bool own_name(const struct fcheck *c, size_t i)
{
    struct str w = facts_token_str(&c->x, i), rest = c->ix->p->name, part;
    while (str_next_field(&rest, ' ', &part))
        if (str_ieq(part, w))
            return true;
    return false;
}

/* "at X", "joined X": the place of an organization. */
static bool org_place(const struct fcheck *c, size_t from, size_t to)
{
    if (from == c->from)
        return false;
    size_t b = from - 1;
    if (word_is(c, b, "the") && b > c->from)
        b--;
    if (c->x.w[b].cls & FW(ORG_AT))
        return c->x.w[from].gap == ' ';
    bool suffix = c->x.w[to - 1].cls & FW(ORG_SUFFIX);
    if ((c->x.w[b].cls & FW(ORG_FOR)) && suffix && to - from > 1)
        return true;
    if (!(word_is(c, b, "with") || word_is(c, b, "for") || word_is(c, b, "from")))
        return false;
    for (size_t k = b; k > c->from && b - k < 5; k--)
        if (word_is(c, k - 1, "worked") || word_is(c, k - 1, "work") || word_is(c, k - 1, "working") ||
            word_is(c, k - 1, "employed") || word_is(c, k - 1, "years") || word_is(c, k - 1, "time") ||
            word_is(c, k - 1, "role") || word_is(c, k - 1, "career") || word_is(c, k - 1, "consulted") ||
            word_is(c, k - 1, "tenure") || word_is(c, k - 1, "interned"))
            return true;
    return false;
}

static bool is_place_name(const struct fcheck *c, size_t from)
{
    if (from == c->from || !(word_is(c, from - 1, "in") || word_is(c, from - 1, "to") || word_is(c, from - 1, "from") ||
                             word_is(c, from - 1, "near") || word_is(c, from - 1, "outside") ||
                             word_is(c, from - 1, "around") || word_is(c, from - 1, "the")))
        return false;
    for (size_t k = from; k > c->from && from - k < 6; k--)
        if (c->x.w[k - 1].cls & FW(PLACE))
            return true;
    return false;
}

static enum facts_code run_code(const struct fcheck *c, size_t from, size_t to, bool org)
{
    bool school = false, suffix = c->x.w[to - 1].cls & FW(ORG_SUFFIX);
    for (size_t i = from; i < to; i++)
        school |= (c->x.w[i].cls & FW(SCHOOL)) != 0;
    if (school && ((c->cls & (FW(EDU) | FW(DEGREE))) || c->section == SECTION_EDUCATION))
        return FACTS_DEGREE_NOT_HELD;
    if (c->section == SECTION_CERTIFICATE)
        return FACTS_CERT_NOT_HELD;
    if (c->section == SECTION_EDUCATION)
        return FACTS_DEGREE_NOT_HELD;
    bool head = c->in->kind == FACTS_RESUME && (c->section == SECTION_WORK || c->section == SECTION_VOLUNTEER) &&
                !(c->x.w[c->from].flags & FT_BULLET) && c->to - c->from < 14 && c->entry < 0;
    return org || (suffix && to - from > 1) || head ? FACTS_UNGROUNDED_EMPLOYER : FACTS_UNGROUNDED_SKILL;
}

/* "X has been my employer since", "X hired me": the first word is a name for that reason. */
static bool employs(const struct fcheck *c, size_t to)
{
    for (size_t k = to; k + 1 < c->to && k < to + 6; k++)
        if ((word_is(c, k, "my") &&
             (word_is(c, k + 1, "employer") || word_is(c, k + 1, "company") || word_is(c, k + 1, "workplace"))) ||
            ((word_is(c, k, "hired") || word_is(c, k, "promoted") || word_is(c, k, "employed") ||
              word_is(c, k, "recruited")) &&
             word_is(c, k + 1, "me")) ||
            (word_is(c, k, "where") && (c->x.w[k + 1].cls & FW(FIRST)) &&
             (k == to || (k == to + 1 && (word_is(c, to, "is") || word_is(c, to, "was"))))))
            return true;
    return false;
}

/* "Currently works with", "Skill set includes": the first word of a résumé's sentence that names nothing. */
static bool begins_prose(const struct fcheck *c, size_t from, size_t to)
{
    return c->in->kind == FACTS_RESUME && c->section == SECTION_BASICS && from == c->from && to - from == 1 &&
           to < c->to && c->x.w[to].gap == ' ' && (!facts_is_upper(&c->x, to) || c->x.w[to].used) &&
           !(c->x.t[from].flags & TOKEN_CAPS) &&
           ((c->x.w[from].cls & (FW(NOW) | FW(BRING) | FW(WORKED) | FW(LEAD) | FW(HELP))) || word_is(c, from, "skill"));
}

static void judge_run(struct fcheck *c, size_t from, size_t to)
{
    while (from + 1 < to && word_is(c, from, "the") && !(c->x.t[from].flags & TOKEN_CAPS))
        from++;
    bool told = facts_told_of(c, to) && from > c->from && !word_is(c, from - 1, "in") && !word_is(c, from - 1, "near");
    bool org = org_place(c, from, to) || (from == c->from && employs(c, to)) || told, unknown = false, company = true,
         whole;
    bool first = from == c->from && c->in->kind == FACTS_LETTER;
    size_t content = 0;
    for (size_t i = from; i < to; i++) {
        if ((c->x.w[i].cls & FW(STOP)) && !(c->x.t[i].flags & TOKEN_CAPS))
            continue;
        bool known = to - from > 2 ? facts_knows(c->ix, c->x.t[i].hash, c->x.w[i].stem)
                                   : name_known(c, i) || facts_table_first(&c->ix->initials, c->x.t[i].hash);
        content++;
        bool theirs = facts_is_company_word(c, c->x.t[i].hash) && !(c->x.w[i].post & FACTS_POST_CLAIMED);
        if (!theirs)
            company = false;
        if (!known && !common(c, i) && !own_name(c, i) && !theirs)
            unknown = true;
    }
    bool worked = org && (c->cls & FW(WORKED)) && !(c->cls & (FW(WISH) | FW(YOUR) | FW(APPLY)));
    if (!content || (company && !worked))
        return;
    whole = facts_run_source(c->ix, &c->x, from, to, NULL, 0) >= 0;
    bool school = false;
    for (size_t i = from; i < to; i++)
        school |= (c->x.w[i].cls & FW(SCHOOL)) != 0;
    if (org && to > from && !unknown) {
        bool only_common = true;
        for (size_t i = from; i < to; i++)
            only_common = only_common && (common(c, i) || (c->x.w[i].cls & FW(STOP)));
        bool name = facts_run_source(c->ix, &c->x, from, to, is_name, 0) >= 0;
        /* a known word of another thing is no employer ("at Google" where only Google Sheets is known) */
        const struct skill *s = skills_by_name(str_sub(c->x.text, c->x.t[from].start, c->x.t[to - 1].end));
        bool abbreviated = to - from == 1 && facts_table_first(&c->ix->initials, c->x.t[from].hash);
        if (!name && !only_common && !s && !abbreviated && !(whole && to - from > 1) &&
            !facts_employers_named(c, from, to, NULL) && !is_place_name(c, from)) {
            bool alone = true; /* stands on its own in the profile: "at Techcrunch" */
            for (const struct fnode *n = facts_table_first(&c->ix->by_word, c->x.t[from].hash); n && to - from == 1;
                 n = facts_table_next(&c->ix->by_word, n)) {
                const struct ftext *y = &c->ix->words;
                bool next = n->at + 1 < y->n && !(y->t[n->at + 1].flags & TOKEN_LINE_START) &&
                            y->w[n->at + 1].gap == ' ' && (y->t[n->at + 1].flags & TOKEN_UPPER);
                alone = alone && next;
            }
            unknown = alone;
        } else if (to - from > 1 && !name && !whole && !only_common && !s &&
                   !facts_employers_named(c, from, to, NULL)) {
            unknown = true;
        }
    }
    if (school && !unknown && !whole && content > 1) {
        bool one = false; /* all words in one statement */
        for (size_t s = 0; s < c->ix->sources_n && !one; s++) {
            one = true;
            for (size_t i = from; i < to && one; i++) {
                bool any = (c->x.w[i].cls & FW(STOP)) != 0;
                for (size_t k = c->ix->sources[s].first; k < c->ix->sources[s].first + c->ix->sources[s].n && !any; k++)
                    any = c->ix->words.t[k].hash == c->x.t[i].hash;
                one = any;
            }
        }
        unknown = !one;
    }
    if (!unknown)
        return;
    /* the first word of a sentence has a capital for that reason only */
    if (first && to - from == 1 && !org && !(c->x.w[from].flags & FT_TECHNICAL) && !(c->x.t[from].flags & TOKEN_CAPS))
        return;
    if (first && !org && to - from > 1 && !facts_knows(c->ix, c->x.t[from].hash, c->x.w[from].stem)) {
        bool rest = true;
        for (size_t i = from + 1; i < to; i++)
            rest = rest && (facts_knows(c->ix, c->x.t[i].hash, c->x.w[i].stem) || common(c, i));
        if (rest && facts_run_source(c->ix, &c->x, from + 1, to, NULL, 0) >= 0)
            return;
    }
    if (is_place_name(c, from) || begins_prose(c, from, to))
        return;
    facts_violate(c, run_code(c, from, to, org), from, to, -1);
}

/* résumés: each item of a list of skills */
static void check_list(struct fcheck *c)
{
    size_t from = c->from;
    for (size_t i = c->from + 1; i < c->to; i++) /* after the group's name */
        if (c->x.w[i].gap == ':') {
            from = i;
            break;
        }
    while (from < c->to) {
        size_t to = from + 1;
        while (to < c->to && c->x.w[to].gap != ',' && c->x.w[to].gap != ';' && c->x.w[to].gap != '|' &&
               c->x.w[to].gap != '(' && c->x.w[to].gap != ')')
            to++;
        bool unknown = false, used = false;
        for (size_t i = from; i < to; i++) {
            used |= c->x.w[i].used;
            bool known = facts_is_upper(&c->x, i) && to - from <= 2
                             ? name_known(c, i) || facts_table_first(&c->ix->initials, c->x.t[i].hash)
                             : facts_knows(c->ix, c->x.t[i].hash, c->x.w[i].stem);
            if (!c->x.w[i].stop && c->x.w[i].number < 0 && !known && !(c->x.w[i].cls & FW(COMMON)))
                unknown = true;
        }
        struct str item = str_trim(str_sub(c->x.text, c->x.t[from].start, c->x.t[to - 1].end));
        const struct skill *s = skills_by_name(item);
        if (unknown && !used && !(s && facts_states_skill(c->ix, s)))
            facts_violate(c, FACTS_UNGROUNDED_SKILL, from, to, -1);
        for (size_t i = from; i < to; i++)
            c->x.w[i].used = true;
        from = to;
    }
}

/* "I am glad to go through the work at X": wished for or not, X has to be an employer. */
static void check_wished(struct fcheck *c)
{
    static const char *const BEFORE[] = {"work",       "time",    "tenure",     "years",   "days",    "experience",
                                         "internship", "career",  "stint",      "worked",  "working", "job",
                                         "projects",   "project", "colleagues", "service", NULL};
    for (size_t i = c->from + 2; i < c->to; i++) {
        bool cue = false;
        if (c->x.w[i].scope != SCOPE_WISH || !facts_is_upper(&c->x, i) ||
            !(word_is(c, i - 1, "at") || word_is(c, i - 1, "with") || word_is(c, i - 1, "for")))
            continue;
        for (size_t k = 0; BEFORE[k]; k++)
            cue |= word_is(c, i - 2, BEFORE[k]);
        size_t to = i;
        bool unknown = false;
        while (to < c->to && facts_is_upper(&c->x, to) && (to == i || c->x.w[to].gap == ' ')) {
            unknown |= !facts_knows(c->ix, c->x.t[to].hash, c->x.w[to].stem) && !common(c, to) &&
                       !facts_is_company_word(c, c->x.t[to].hash);
            to++;
        }
        bool theirs = (c->cls & FW(YOUR)) != 0 && !word_is(c, i - 1, "at");
        if (cue && unknown && !theirs && !facts_in_posting(c, i, to))
            facts_violate(c, FACTS_UNGROUNDED_EMPLOYER, i, to, -1);
        i = to;
    }
}

void facts_check_names(struct fcheck *c)
{
    check_wished(c);
    check_skills(c);
    bool list = c->in->kind == FACTS_RESUME && (c->section == SECTION_SKILL || c->section == SECTION_LANGUAGE);
    if (list)
        check_list(c);
    for (size_t i = c->from; i < c->to;) {
        if (!name_token(c, i) || (c->x.w[i].cls & FW(FIRST))) {
            i++;
            continue;
        }
        size_t to = run_end(c, i);
        /* a sentence's first word and the name after it are two things */
        size_t from = i;
        if (i == c->from && (c->x.w[i].cls & (FW(STOP) | FW(COMMON) | FW(LEAD) | FW(HELP) | FW(BRING))) && to > i + 1 &&
            !(c->x.t[i].flags & TOKEN_CAPS))
            from = i + 1;
        judge_run(c, from, to);
        i = to;
    }
}
