/* Properties of the score over generated postings and profiles. Every case has a number; a failure prints it, and the
 * same number makes the same case again. */
#include "engine_fixture.h"
#include "pipeline/engine/posting.h"

#define CASES 1500

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t n)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % n;
}

static struct dice dice_of(unsigned number)
{
    struct dice d = {.state = 88172645463325252u + number * 2654435761u};
    for (int i = 0; i < 8; i++)
        roll(&d, 2);
    return d;
}

static const char *const SKILLS[] = {"Kubernetes", "Terraform", "Java",     "Python",     "PostgreSQL", "Kafka",
                                     "React",      "Figma",     "Tableau",  "Excel",      "Salesforce", "QuickBooks",
                                     "GAAP",       "Docker",    "Linux",    "Ansible",    "Go",         "TypeScript",
                                     "Spark",      "Airflow",   "SQL",      "Git",        "Jira",       "Scrum",
                                     "SEO",        "Epic",      "HIPAA",    "Phlebotomy", "Forklift",   "AutoCAD",
                                     "Vue.js",     "Redis",     "GraphQL",  "PyTorch",    "Snowflake",  "dbt",
                                     "Prometheus", "Grafana",   "Azure",    "GCP",        "MySQL",      "MongoDB",
                                     "C++",        "Rust",      "Selenium", "Zendesk",    "Workday",    "SAP",
                                     "HubSpot",    "Power BI"};
static const char *const WORK[] = {"Ran %s for two hospitals",
                                   "Moved the ledger to %s",
                                   "Taught colleagues %s",
                                   "Built reports with %s and cut the monthly effort by 30%%",
                                   "Kept %s running around the clock",
                                   "Planned the budget of four clinics",
                                   "Presented results with %s to directors",
                                   "Mentored three junior colleagues",
                                   "Wrote the manual for %s",
                                   "Cared for patients after surgery",
                                   "Operated %s in production for 40 services",
                                   "Led a team of six through an audit"};
static const char *const CERTIFICATES[] = {"AWS Certified Solutions Architect",
                                           "Certified Public Accountant (CPA)",
                                           "Project Management Professional (PMP)",
                                           "ACLS",
                                           "Registered Nurse (RN)",
                                           "First aid"};
static const char *const TITLES[] = {"Backend Engineer", "Data Analyst",  "Registered Nurse", "Accountant",
                                     "Product Manager",  "Site Engineer", "Sous Chef",        "Senior Developer"};
static const char *const CLAUSES[] = {"%s",
                                      "Experience with %s",
                                      "%s or %s",
                                      "%s and %s",
                                      "Strong %s skills",
                                      "%u+ years of professional experience",
                                      "At least %u years with %s",
                                      "Bachelor's degree in a related field",
                                      "Active CPA license",
                                      "PMP certification",
                                      "Excellent written communication",
                                      "Fluent in German",
                                      "Experience in patient care after surgery",
                                      "Knows how to plan a budget for clinics"};

/* -- profiles -- */

#define PARTS_MAX 40

struct person {
    const char *skills[PARTS_MAX], *lines[PARTS_MAX], *certificates[PARTS_MAX], *projects[PARTS_MAX];
    size_t skills_n, lines_n, certificates_n, projects_n;
    const char *title;
    bool dated, school, languages;
};

static const char *skill(struct dice *d)
{
    return SKILLS[roll(d, ARRAY_LEN(SKILLS))];
}

static const char *work_line(struct arena *a, struct dice *d)
{
    const char *form = WORK[roll(d, ARRAY_LEN(WORK))], *at = strstr(form, "%s");
    const char *name = skill(d);
    char *line = at ? arena_printf(a, "%.*s%s%s", (int)(at - form), form, name, at + 2) : arena_printf(a, "%s", form);
    for (char *p = strstr(line, "%%"); p; p = strstr(p + 1, "%%"))
        memmove(p, p + 1, strlen(p));
    return line;
}

static struct person person_make(struct arena *a, struct dice *d)
{
    struct person p = {.title = TITLES[roll(d, ARRAY_LEN(TITLES))],
                       .dated = roll(d, 4) > 0,
                       .school = roll(d, 3) > 0,
                       .languages = roll(d, 2) > 0};
    for (uint32_t n = roll(d, 9); p.skills_n < n;)
        p.skills[p.skills_n++] = skill(d);
    for (uint32_t n = 1 + roll(d, 7); p.lines_n < n;)
        p.lines[p.lines_n++] = work_line(a, d);
    for (uint32_t n = roll(d, 3); p.certificates_n < n;)
        p.certificates[p.certificates_n++] = CERTIFICATES[roll(d, ARRAY_LEN(CERTIFICATES))];
    for (uint32_t n = roll(d, 2); p.projects_n < n;)
        p.projects[p.projects_n++] = work_line(a, d);
    return p;
}

static void list_add(struct buf *b, const char *head, const char *const *items, size_t n, const char *before,
                     const char *after)
{
    buf_adds(b, head);
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i ? "," : "");
        buf_adds(b, before);
        buf_add_json(b, items[i], strlen(items[i]));
        buf_adds(b, after);
    }
    buf_adds(b, "]");
}

static struct profile *person_read(struct arena *a, const struct person *p)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    buf_adds(&b, "{\"basics\":{\"name\":\"A B\",\"email\":\"a@example.com\",\"phone\":\"1\",\"summary\":\"s\"}");
    buf_addf(&b, ",\"work\":[{\"name\":\"Org\",\"position\":\"%s\"%s", p->title,
             p->dated ? ",\"startDate\":\"2021-01\"" : "");
    list_add(&b, ",\"highlights\":[", p->lines, p->lines_n, "", "");
    buf_adds(&b, "}]");
    list_add(&b, ",\"skills\":[{\"name\":\"All\",\"keywords\":[", p->skills, p->skills_n, "", "");
    buf_adds(&b, "}]");
    if (p->certificates_n)
        list_add(&b, ",\"certificates\":[", p->certificates, p->certificates_n, "{\"name\":", "}");
    if (p->projects_n)
        list_add(&b, ",\"projects\":[", p->projects, p->projects_n, "{\"name\":\"Side\",\"description\":", "}");
    if (p->school)
        buf_adds(&b, ",\"education\":[{\"institution\":\"U\",\"area\":\"Computing\",\"studyType\":\"Bachelor\","
                     "\"startDate\":\"2014\",\"endDate\":\"2018\"}]");
    if (p->languages)
        buf_adds(&b, ",\"languages\":[{\"language\":\"English\",\"fluency\":\"Fluent\"}]");
    buf_adds(&b, "}");
    struct profile *r = fixture_profile(a, buf_str(&b));
    buf_fini(&b);
    return r;
}

/* -- postings -- */

struct ad {
    const char *required[PARTS_MAX], *preferred[PARTS_MAX], *duties[PARTS_MAX];
    size_t required_n, preferred_n, duties_n;
    const char *title;
};

static const char *clause(struct arena *a, struct dice *d)
{
    const char *form = CLAUSES[roll(d, ARRAY_LEN(CLAUSES))];
    struct buf b;
    buf_init(&b, 1024);
    for (const char *p = form; *p; p++) {
        if (p[0] == '%' && p[1] == 's')
            buf_adds(&b, skill(d));
        else if (p[0] == '%' && p[1] == 'u')
            buf_addf(&b, "%u", 2 + roll(d, 7));
        else {
            buf_addc(&b, *p);
            continue;
        }
        p++;
    }
    char *r = arena_strdup(a, buf_str(&b));
    buf_fini(&b);
    return r;
}

static struct ad ad_make(struct arena *a, struct dice *d)
{
    struct ad r = {.title = TITLES[roll(d, ARRAY_LEN(TITLES))]};
    for (uint32_t n = 2 + roll(d, 9); r.required_n < n;)
        r.required[r.required_n++] = clause(a, d);
    for (uint32_t n = roll(d, 4); r.preferred_n < n;)
        r.preferred[r.preferred_n++] = clause(a, d);
    for (uint32_t n = roll(d, 5); r.duties_n < n;)
        r.duties[r.duties_n++] = work_line(a, d);
    return r;
}

static void ad_list(struct buf *b, const char *head, const char *const *items, size_t n)
{
    buf_adds(b, n ? head : "");
    for (size_t i = 0; i < n; i++)
        buf_addf(b, "- %s\n", items[i]);
}

static struct analysis *ad_read(struct arena *a, const struct ad *ad)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    buf_addf(&b,
             "# %s\n\nWe are a company of forty people in a town by the sea, and we look for one more to join us.\n",
             ad->title);
    ad_list(&b, "\n## Duties\n", ad->duties, ad->duties_n);
    ad_list(&b, "\n## Requirements\n", ad->required, ad->required_n);
    ad_list(&b, "\n## Nice to have\n", ad->preferred, ad->preferred_n);
    buf_adds(&b,
             "\n## How to apply\nSend us your papers by the end of the month. Interviews are held in our office.\n");
    struct posting *posting = ARENA_NEW(a, struct posting);
    struct posting_source src = {.format = POSTING_TEXT,
                                 .body = str_of(arena_strdup(a, buf_str(&b))),
                                 .title = STR(""),
                                 .company = STR("")};
    struct analysis *an = NULL;
    cr_assert_eq(posting_read(a, &src, posting, NULL), 0);
    cr_assert_eq(analysis_make(a, posting, &an, NULL), 0);
    buf_fini(&b);
    return an;
}

struct outcome {
    int overall, raw;
    struct str json;
    yyjson_val *root;
};

static struct outcome outcome_of(struct arena *a, const struct analysis *an, const struct profile *p)
{
    struct score_result r;
    cr_assert_eq(score_make(a, an, p, fixture_match(a, an, p), FIXTURE_NOW, &r, NULL), 0);
    yyjson_val *root = fixture_json(a, r.json);
    return (struct outcome){r.overall, (int)json_get_int(root, "raw", -1), r.json, root};
}

/* Both documents on standard error before the assertion, so that a failure can be read. */
static bool not_above(const struct outcome *low, const struct outcome *high, bool overall)
{
    bool ok = low->raw <= high->raw && (!overall || low->overall <= high->overall);
    if (!ok)
        fprintf(stderr, STR_FMT "\n" STR_FMT "\n", STR_ARG(low->json), STR_ARG(high->json));
    return ok;
}

static void arena_drop(struct arena *a)
{
    arena_fini(a);
    free(a);
}

/* -- properties -- */

Test(score_properties, same_bytes)
{
    for (unsigned n = 0; n < CASES / 3; n++) {
        struct arena *a = fixture_arena(), *b = fixture_arena();
        struct dice d = dice_of(n), e = dice_of(n);
        struct person p = person_make(a, &d), q = person_make(b, &e);
        struct ad x = ad_make(a, &d), y = ad_make(b, &e);
        struct str one = outcome_of(a, ad_read(a, &x), person_read(a, &p)).json;
        struct str two = outcome_of(b, ad_read(b, &y), person_read(b, &q)).json;
        cr_assert(str_eq(one, two), "case %u", n);
        arena_drop(a);
        arena_drop(b);
    }
}

static double milli_of(yyjson_val *o, const char *key)
{
    return json_get_num(o, key, -1000);
}

/* The document says how its number comes about, row by row. */
Test(score_properties, every_point_has_its_row)
{
    for (unsigned n = 0; n < CASES; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 10000);
        struct person p = person_make(a, &d);
        struct ad ad = ad_make(a, &d);
        struct outcome r = outcome_of(a, ad_read(a, &ad), person_read(a, &p));
        yyjson_val *values = yyjson_ptr_get(r.root, "/formula/status_values"), *row;
        double points = 0, max = 0, sum = 0, weight = 0, effective = 0;
        size_t i, k;
        yyjson_arr_foreach(yyjson_obj_get(r.root, "requirement_match"), i, k, row)
        {
            const char *status = yyjson_get_str(yyjson_obj_get(row, "status"));
            double full = milli_of(row, "weight") * (str_eqc(json_get_str(row, "priority"), "required") ? 1.25 : 1);
            bool counts = !json_get_bool(row, "repeats", true) && strcmp(status, "not_assessed") != 0;
            cr_assert_float_eq(milli_of(row, "points_max"), counts ? full : 0, 0.0011, "case %u row %zu", n, i);
            cr_assert_float_eq(milli_of(row, "points"), milli_of(row, "points_max") * json_get_num(values, status, 0),
                               0.0011, "case %u row %zu", n, i);
            cr_assert(milli_of(row, "points") <= 0 || yyjson_arr_size(yyjson_obj_get(row, "evidence_ids")) > 0 ||
                          json_get_str(row, "matched_form").n > 0,
                      "case %u row %zu: points without evidence", n, i);
            cr_assert_gt(json_get_str(row, "reason").n, 0);
            points += milli_of(row, "points");
            max += milli_of(row, "points_max");
        }
        yyjson_arr_foreach(yyjson_obj_get(r.root, "dimensions"), i, k, row)
        {
            bool present = json_get_bool(row, "present", false);
            cr_assert_gt(json_get_str(row, "detail").n, 0, "case %u: an absent dimension is explained", n);
            cr_assert(present || milli_of(row, "effective_weight") == 0);
            sum += present ? milli_of(row, "weight") * milli_of(row, "score") : 0;
            weight += present ? milli_of(row, "weight") : 0;
            effective += milli_of(row, "effective_weight");
            if (str_eqc(json_get_str(row, "key"), "requirements"))
                cr_assert_float_eq(milli_of(row, "score"),
                                   (points + 6 * json_get_num(yyjson_obj_get(r.root, "formula"), "prior_value", -1)) /
                                       (max + 6),
                                   0.003, "case %u", n);
        }
        cr_assert_eq(k, 7);
        cr_assert_float_eq(effective, 100, 0.01);
        cr_assert_float_eq(r.raw, 100 * sum / weight, 0.61, "case %u", n);
        cr_assert_eq(r.overall, MIN(r.raw, (int)json_get_int(yyjson_obj_get(r.root, "cap"), "value", -1)));
        arena_drop(a);
    }
}

/* A statement that is already there, once more: in the list, in the same job, or the word again within its line. */
Test(score_properties, repeating_in_the_resume_never_raises)
{
    for (unsigned n = 0; n < CASES; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 20000);
        struct person p = person_make(a, &d);
        struct ad ad = ad_make(a, &d);
        struct analysis *an = ad_read(a, &ad);
        struct outcome before = outcome_of(a, an, person_read(a, &p));
        uint32_t times = 1 + roll(&d, 5);
        for (uint32_t i = 0; i < times; i++) {
            size_t line = roll(&d, (uint32_t)p.lines_n);
            if (roll(&d, 2) && p.skills_n)
                p.skills[p.skills_n] = p.skills[roll(&d, (uint32_t)p.skills_n)], p.skills_n++;
            else if (roll(&d, 2))
                p.lines[p.lines_n++] = p.lines[line];
            else
                p.lines[line] = arena_printf(a, "%s %s", p.lines[line], strrchr(p.lines[line], ' ') + 1);
        }
        struct outcome after = outcome_of(a, an, person_read(a, &p));
        cr_assert(not_above(&after, &before, false), "case %u: %d to %d", n, before.raw, after.raw);
        arena_drop(a);
    }
}

/* A clause of the posting again further down, or the one word it consists of in other forms. */
Test(score_properties, repeating_in_the_posting_never_raises)
{
    for (unsigned n = 0; n < CASES; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 30000);
        struct person p = person_make(a, &d);
        struct ad ad = ad_make(a, &d);
        struct profile *profile = person_read(a, &p);
        struct outcome before = outcome_of(a, ad_read(a, &ad), profile);
        /* a word of the list: one that a single clause asks for */
        size_t at = roll(&d, (uint32_t)ad.required_n);
        const char *name = NULL;
        for (size_t i = 0; i < ARRAY_LEN(SKILLS) && !name; i++)
            if (strcmp(ad.required[at], SKILLS[i]) == 0)
                name = SKILLS[i];
        uint32_t times = 1 + roll(&d, 6);
        static const char *const FORMS[] = {"%s", "%s, %s", "%s %s %s", "Again %s", "%s skills", "Really %s and %s"};
        for (uint32_t i = 0; i < times && ad.required_n < PARTS_MAX; i++) {
            size_t spot = at + 1 + roll(&d, (uint32_t)(ad.required_n - at));
            const char *text = ad.required[at];
            if (name) {
                struct buf b;
                buf_init(&b, 1024);
                for (const char *f = FORMS[roll(&d, ARRAY_LEN(FORMS))]; *f; f++)
                    if (*f == '%') {
                        buf_adds(&b, name);
                        f++;
                    } else {
                        buf_addc(&b, *f);
                    }
                text = arena_strdup(a, buf_str(&b));
                buf_fini(&b);
            }
            memmove(&ad.required[spot + 1], &ad.required[spot], sizeof(char *) * (ad.required_n - spot));
            ad.required[spot] = text;
            ad.required_n++;
        }
        struct outcome after = outcome_of(a, ad_read(a, &ad), profile);
        cr_assert(not_above(&after, &before, false), "case %u: %d to %d", n, before.raw, after.raw);
        arena_drop(a);
    }
}

static const char *skill_not_listed(struct dice *d, const struct person *p)
{
    for (;;) {
        const char *name = skill(d);
        size_t i = 0;
        while (i < p->skills_n && strcmp(p->skills[i], name) != 0)
            i++;
        if (i == p->skills_n)
            return name;
    }
}

/* The number before the caps never falls; the number after them falls only when the first entry of the certificates
 * lets a knock-out be judged that could not be judged before. */
Test(score_properties, true_evidence_never_lowers)
{
    for (unsigned n = 0; n < CASES * 2; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 40000);
        struct person p = person_make(a, &d);
        struct ad ad = ad_make(a, &d);
        struct analysis *an = ad_read(a, &ad);
        struct outcome before = outcome_of(a, an, person_read(a, &p));
        for (int step = 0; step < 4; step++) {
            bool first = p.certificates_n == 0;
            uint32_t what = roll(&d, 4);
            if (what == 0) {
                const char *name = skill_not_listed(&d, &p);
                p.skills[p.skills_n++] = name;
            } else if (what == 1)
                p.lines[p.lines_n++] = work_line(a, &d);
            else if (what == 2)
                p.certificates[p.certificates_n++] = CERTIFICATES[roll(&d, ARRAY_LEN(CERTIFICATES))];
            else
                p.projects[p.projects_n++] = work_line(a, &d);
            struct outcome after = outcome_of(a, an, person_read(a, &p));
            cr_assert(not_above(&before, &after, what != 2 || !first),
                      "case %u step %d kind %u: %d to %d, capped %d to %d", n, step, what, before.raw, after.raw,
                      before.overall, after.overall);
            before = after;
        }
        arena_drop(a);
    }
}

static struct analysis *terms(struct arena *a, const char *const *names, size_t n)
{
    struct analysis *an = fixture_posting(a);
    an->requirements_n = 0;
    for (size_t i = 0; i < n; i++) {
        fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, names[i]);
        struct requirement kept = an->requirements[0];
        kept.id = str_of(arena_printf(a, "r%zu", i + 1));
        an->requirements_n = 0; /* the fixture numbers the first twenty only */
        an->requirements[ANALYSIS_REQUIREMENTS_MAX - 1 - i] = kept;
    }
    memmove(an->requirements, &an->requirements[ANALYSIS_REQUIREMENTS_MAX - n], n * sizeof(an->requirements[0]));
    an->requirements_n = n;
    return an;
}

static double coverage(const struct outcome *o)
{
    double points = 0, max = 0;
    size_t i, n;
    yyjson_val *row;
    yyjson_arr_foreach(yyjson_obj_get(o->root, "requirement_match"), i, n, row)
    {
        points += milli_of(row, "points");
        max += milli_of(row, "points_max");
    }
    return points / max;
}

/* Six terms against thirty-six (the most that are kept is forty), the same share of them had and nothing else of the
 * same kind: at half and more the detailed posting ranks first, and the vague one is always nearer to the middle. */
Test(score_properties, a_vague_posting_never_outranks_a_detailed_one)
{
    size_t compared = 0;
    for (unsigned n = 0; n < CASES; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 50000);
        const char *names[ARRAY_LEN(SKILLS)];
        memcpy(names, SKILLS, sizeof(names));
        for (size_t i = ARRAY_LEN(names) - 1; i > 0; i--) {
            size_t k = roll(&d, (uint32_t)i + 1);
            const char *t = names[i];
            names[i] = names[k];
            names[k] = t;
        }
        struct person p = {.title = "Engineer", .dated = true};
        uint32_t sixths = 1 + roll(&d, 6);
        for (size_t i = 0; i < 36; i++)
            if (i % 6 < sixths && p.skills_n < ARRAY_LEN(p.skills))
                p.skills[p.skills_n++] = names[i];
        struct profile *profile = person_read(a, &p);
        struct outcome thin = outcome_of(a, terms(a, names, 6), profile);
        struct outcome full = outcome_of(a, terms(a, names, 36), profile);
        double ct = coverage(&thin), cf = coverage(&full);
        if (ct <= cf && cf >= 0.5) {
            cr_assert_leq(thin.overall, full.overall, "case %u: %f and %f", n, ct, cf);
            compared++;
        }
        double shown = milli_of(yyjson_arr_get(yyjson_obj_get(thin.root, "dimensions"), 0), "score");
        double middle = json_get_num(yyjson_obj_get(thin.root, "formula"), "prior_value", -1);
        cr_assert(shown >= MIN(ct, middle) - 0.001 && shown <= MAX(ct, middle) + 0.001, "case %u", n);
        arena_drop(a);
    }
    cr_assert_gt(compared, CASES / 20);
}

/* A cap names what the posting requires and what the profile says; a profile that is silent is not capped. */
Test(score_properties, caps_need_both_sides)
{
    for (unsigned n = 0; n < CASES; n++) {
        struct arena *a = fixture_arena();
        struct dice d = dice_of(n + 60000);
        struct person p = person_make(a, &d);
        struct ad ad = ad_make(a, &d);
        struct analysis *an = ad_read(a, &ad);
        struct outcome r = outcome_of(a, an, person_read(a, &p));
        yyjson_val *b;
        size_t i, k;
        int cap = 100;
        yyjson_arr_foreach(yyjson_obj_get(r.root, "blockers"), i, k, b)
        {
            struct str what = json_get_str(b, "category");
            cr_assert(!str_eqc(what, "certification") || p.certificates_n, "case %u", n);
            cr_assert(!str_eqc(what, "education") || p.school, "case %u", n);
            cr_assert(!str_eqc(what, "language") || p.languages, "case %u", n);
            cr_assert(!str_eqc(what, "experience") || p.dated, "case %u", n);
            cr_assert(!str_eqc(what, "work_auth") && !str_eqc(what, "location"), "case %u", n);
            cr_assert_gt(json_get_str(b, "quote").n, 0, "case %u", n);
            cr_assert_gt(json_get_str(b, "action").n, 0, "case %u", n);
            cap = MIN(cap, (int)json_get_int(b, "cap", -1));
        }
        cr_assert_eq(json_get_int(yyjson_obj_get(r.root, "cap"), "value", -1), cap);
        cr_assert_leq(r.overall, cap);
        arena_drop(a);
    }
}
