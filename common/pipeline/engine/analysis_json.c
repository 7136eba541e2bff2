/* The JobAnalysis document. What can be derived (skill lists, what is missing, the legitimacy tier, the drivers of the
 * confidence) is derived while writing, so that reading and writing again gives the same bytes. Reading takes every
 * limit of the struct as a limit. */
#include "pipeline/engine/analysis_internal.h"

#include <math.h>
#include "pipeline/engine/posting_trim.h"

static const char *const kind_names[] = {"",         "skill",         "experience", "education", "certification",
                                         "language", "authorization", "location",   "soft",      "other"};
static const char *const seniority_names[] = {"",      "intern", "junior",  "mid",      "senior",
                                              "staff", "lead",   "manager", "director", "executive"};
static const char *const priority_names[] = {"", "preferred", "required"};
static const char *const education_names[] = {"none", "bachelor", "master", "phd"};
static const char *const mode_names[] = {"", "onsite", "hybrid", "remote"};
static const char *const verdict_names[] = {"", "posting", "too_short", "not_a_posting", "expired"};

const char *requirement_kind_name(enum requirement_kind k)
{
    return (size_t)k < ARRAY_LEN(kind_names) ? kind_names[k] : "";
}

const char *seniority_name(enum seniority s)
{
    return (size_t)s < ARRAY_LEN(seniority_names) ? seniority_names[s] : "";
}

static void put_str(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, struct str s)
{
    yyjson_mut_obj_add_strn(d, o, key, s.p ? s.p : "", s.n);
}

/* Empty is null: the value is not known. */
static void put_known(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, struct str s)
{
    if (s.n)
        put_str(d, o, key, s);
    else
        yyjson_mut_obj_add_null(d, o, key);
}

static void put_count(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, int v)
{
    if (v >= 0)
        yyjson_mut_obj_add_int(d, o, key, v);
    else
        yyjson_mut_obj_add_null(d, o, key);
}

static void put_amount(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, double v)
{
    if (v < 0)
        yyjson_mut_obj_add_null(d, o, key);
    else if (v == floor(v) && v < 1e15)
        yyjson_mut_obj_add_int(d, o, key, (int64_t)v);
    else
        yyjson_mut_obj_add_real(d, o, key, v);
}

static void put_quote(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, const struct analysis_quote *q)
{
    yyjson_mut_val *v = yyjson_mut_obj_add_obj(d, o, key);
    put_str(d, v, "quote", q->text);
    yyjson_mut_obj_add_uint(d, v, "start", q->start);
    yyjson_mut_obj_add_uint(d, v, "end", q->end);
}

static void put_requirements(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, root, "requirements");
    for (size_t i = 0; i < an->requirements_n; i++) {
        const struct requirement *q = &an->requirements[i];
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, o, "id", q->id);
        put_str(d, o, "text", q->text);
        yyjson_mut_obj_add_str(d, o, "kind", kind_names[q->kind]);
        yyjson_mut_obj_add_str(d, o, "priority", priority_names[q->priority]);
        yyjson_mut_obj_add_real(d, o, "weight", q->weight);
        yyjson_mut_val *skills = yyjson_mut_obj_add_arr(d, o, "skills");
        for (size_t k = 0; k < q->skills_n; k++)
            yyjson_mut_arr_add_strn(d, skills, q->skills[k].p, q->skills[k].n);
        yyjson_mut_obj_add_bool(d, o, "alternatives", q->alternatives);
        put_count(d, o, "years_min", q->years_min);
        yyjson_mut_obj_add_bool(d, o, "knockout", q->knockout);
        put_quote(d, o, "evidence", &q->evidence);
    }
}

static bool slug_seen(const struct analysis *an, size_t upto, size_t skill, enum requirement_priority p)
{
    struct str slug = an->requirements[upto].skills[skill];
    for (size_t i = 0; i <= upto; i++)
        for (size_t k = 0; k < (i == upto ? skill : an->requirements[i].skills_n); k++)
            if (an->requirements[i].priority == p && str_eq(an->requirements[i].skills[k], slug))
                return true;
    return false;
}

static void put_skill_list(yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const struct analysis *an,
                           enum requirement_priority p)
{
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, root, key);
    for (size_t i = 0; i < an->requirements_n; i++)
        for (size_t k = 0; k < an->requirements[i].skills_n && an->requirements[i].priority == p; k++)
            if (!slug_seen(an, i, k, p))
                yyjson_mut_arr_add_strn(d, arr, an->requirements[i].skills[k].p, an->requirements[i].skills[k].n);
}

static void put_lists(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, root, "responsibilities");
    for (size_t i = 0; i < an->responsibilities_n; i++) {
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, o, "text", an->responsibilities[i].text);
        yyjson_mut_obj_add_str(d, o, "rank", i < 5 ? "primary" : "secondary");
        put_quote(d, o, "evidence", &an->responsibilities[i].quote);
    }
    arr = yyjson_mut_obj_add_arr(d, root, "keywords");
    for (size_t i = 0; i < an->keywords_n; i++) {
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, o, "term", an->keywords[i].term);
        yyjson_mut_obj_add_int(d, o, "count", an->keywords[i].count);
        yyjson_mut_obj_add_bool(d, o, "ats_critical", an->keywords[i].critical);
    }
    arr = yyjson_mut_obj_add_arr(d, root, "culture");
    for (size_t i = 0; i < an->culture_n; i++) {
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, o, "signal", an->culture[i].signal);
        put_str(d, o, "polarity", an->culture[i].polarity);
        put_quote(d, o, "evidence", &an->culture[i].quote);
    }
    arr = yyjson_mut_obj_add_arr(d, root, "sections");
    for (size_t i = 0; i < an->sections_n; i++) {
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, o, "heading", an->sections[i].heading);
        put_str(d, o, "kind", an->sections[i].kind);
        yyjson_mut_obj_add_uint(d, o, "start", an->sections[i].start);
        yyjson_mut_obj_add_uint(d, o, "end", an->sections[i].end);
    }
}

static void put_missing(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    static const char *const names[] = {"pay is not stated", "location or work mode is not stated",
                                        "the employer is not named", "the level of experience is not stated",
                                        "no requirements were found"};
    const bool missing[] = {an->pay.text.n == 0, an->location.n == 0 && an->work_mode == WORK_MODE_NONE,
                            an->company.n == 0 || an->confidential,
                            an->experience_years_min < 0 && an->seniority == SENIORITY_NONE, an->requirements_n == 0};
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, root, "missing_or_unclear");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (missing[i] && an->verdict == ANALYSIS_POSTING)
            yyjson_mut_arr_add_str(d, arr, names[i]);
}

static const char *tier_of(const struct analysis *an)
{
    size_t scam = 0, other = 0;
    for (size_t i = 0; i < an->signals_n; i++) {
        scam += str_eqc(an->signals[i].code, "scam_wording");
        other += str_eqc(an->signals[i].code, "injection") || str_eqc(an->signals[i].code, "hidden_text");
    }
    if (an->verdict != ANALYSIS_POSTING)
        return "not_evaluated";
    return scam >= 2 ? "suspicious" : scam || other ? "caution" : "high";
}

static void put_judgement(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    yyjson_mut_val *o = yyjson_mut_obj_add_obj(d, root, "legitimacy");
    yyjson_mut_obj_add_str(d, o, "tier", tier_of(an));
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, o, "signals");
    for (size_t i = 0; i < an->signals_n; i++) {
        yyjson_mut_val *s = yyjson_mut_arr_add_obj(d, arr);
        put_str(d, s, "code", an->signals[i].code);
        put_quote(d, s, "evidence", &an->signals[i].quote);
    }
    const struct {
        bool holds;
        const char *text;
    } drivers[] = {{an->title.n > 0, "title found"},
                   {an->company.n > 0, "employer found"},
                   {an->requirements_n >= 5, "five or more requirements, each quoted"},
                   {an->requirements_n > 0 && an->requirements_n < 5, "few requirements"},
                   {an->requirements_n == 0, "no requirements"},
                   {an->responsibilities_n >= 3, "duties found"},
                   {an->language.n && !str_eqc(an->language, "en"),
                    "language other than English: headings are understood, sentences less"},
                   {an->truncated, "the posting was cut"},
                   {an->language.n == 0, "language unclear"}};
    yyjson_mut_val *c = yyjson_mut_obj_add_obj(d, root, "confidence");
    yyjson_mut_obj_add_real(d, c, "value", an->confidence);
    arr = yyjson_mut_obj_add_arr(d, c, "drivers");
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
        if (drivers[i].holds)
            yyjson_mut_arr_add_str(d, arr, drivers[i].text);
}

/* Only where something was: the rule is that nothing is. */
static void put_left_out(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    yyjson_mut_val *arr = NULL;
    for (size_t i = 0; i < POSTING_PARTS; i++) {
        if (an->left_out[i] == 0)
            continue;
        arr = arr ? arr : yyjson_mut_obj_add_arr(d, root, "left_out");
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(d, arr);
        yyjson_mut_obj_add_str(d, o, "part", posting_part_name((enum posting_part)i));
        yyjson_mut_obj_add_uint(d, o, "bytes", an->left_out[i]);
    }
}

static void put_facts(yyjson_mut_doc *d, yyjson_mut_val *root, const struct analysis *an)
{
    put_str(d, root, "title", an->title);
    yyjson_mut_val *o = yyjson_mut_obj_add_obj(d, root, "company");
    put_known(d, o, "name", an->company);
    yyjson_mut_obj_add_bool(d, o, "confidential", an->confidential);
    put_known(d, root, "posting_language", an->language);
    o = yyjson_mut_obj_add_obj(d, root, "employment");
    put_known(d, o, "type", an->employment_type);
    put_known(d, o, "seniority", str_of(seniority_name(an->seniority)));
    put_count(d, o, "experience_years_min", an->experience_years_min);
    put_count(d, o, "experience_years_max", an->experience_years_max);
    yyjson_mut_obj_add_str(d, o, "education_level", education_names[an->education]);
    yyjson_mut_obj_add_bool(d, o, "degree_optional", an->degree_optional);
    o = yyjson_mut_obj_add_obj(d, root, "location");
    put_known(d, o, "work_mode", str_of(mode_names[an->work_mode]));
    put_known(d, o, "text", an->location);
    o = yyjson_mut_obj_add_obj(d, root, "compensation");
    put_known(d, o, "advertised_text", an->pay.text);
    put_amount(d, o, "min", an->pay.min);
    put_amount(d, o, "max", an->pay.max);
    put_known(d, o, "currency", an->pay.currency);
    put_known(d, o, "period", an->pay.period);
    put_known(d, root, "mission", an->mission);
}

int analysis_to_json(struct arena *a, const struct analysis *an, struct str *ret, struct err *err)
{
    yyjson_mut_doc *d = json_mut_new(a);
    yyjson_mut_val *root = d ? yyjson_mut_obj(d) : NULL;
    if (!root)
        return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
    yyjson_mut_obj_add_int(d, root, "schema_version", ANALYSIS_SCHEMA_VERSION);
    yyjson_mut_obj_add_str(d, root, "verdict", verdict_names[an->verdict]);
    put_facts(d, root, an);
    put_requirements(d, root, an);
    put_skill_list(d, root, "required_skills", an, REQUIREMENT_REQUIRED);
    put_skill_list(d, root, "preferred_skills", an, REQUIREMENT_PREFERRED);
    put_lists(d, root, an);
    put_missing(d, root, an);
    put_judgement(d, root, an);
    yyjson_mut_obj_add_bool(d, root, "hidden_text", an->hidden_text);
    yyjson_mut_obj_add_bool(d, root, "truncated", an->truncated);
    put_left_out(d, root, an);
    if (an->engine.n)
        put_str(d, root, "engine", an->engine);
    size_t n;
    char *p = json_write_mut(a, root, &n);
    if (!p)
        return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
    *ret = (struct str){p, n};
    return 0;
}

/* -- reading -- */

static size_t index_of(struct str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(name, names[i]))
            return i;
    return 0;
}

enum requirement_kind analysis_kind_named(struct str name)
{
    return (enum requirement_kind)index_of(name, kind_names, ARRAY_LEN(kind_names));
}

enum seniority analysis_seniority_named(struct str name)
{
    return (enum seniority)index_of(name, seniority_names, ARRAY_LEN(seniority_names));
}

enum education_level analysis_education_named(struct str name)
{
    return (enum education_level)index_of(name, education_names, ARRAY_LEN(education_names));
}

enum work_mode analysis_mode_named(struct str name)
{
    return (enum work_mode)index_of(name, mode_names, ARRAY_LEN(mode_names));
}

static struct analysis_quote get_quote(yyjson_val *o, const char *key)
{
    yyjson_val *v = json_get_obj(o, key);
    int64_t start = json_get_int(v, "start", 0), end = json_get_int(v, "end", 0);
    return (struct analysis_quote){.text = json_get_str(v, "quote"),
                                   .start = start > 0 ? (size_t)start : 0,
                                   .end = end > 0 ? (size_t)end : 0};
}

static void get_requirement(yyjson_val *v, struct requirement *q)
{
    *q = (struct requirement){.id = json_get_str(v, "id"),
                              .text = json_get_str(v, "text"),
                              .weight = json_get_num(v, "weight", 0),
                              .alternatives = json_get_bool(v, "alternatives", false),
                              .years_min = (int)json_get_int(v, "years_min", -1),
                              .knockout = json_get_bool(v, "knockout", false),
                              .evidence = get_quote(v, "evidence")};
    size_t kind = index_of(json_get_str(v, "kind"), kind_names, ARRAY_LEN(kind_names)),
           priority = index_of(json_get_str(v, "priority"), priority_names, ARRAY_LEN(priority_names));
    q->kind = kind ? (enum requirement_kind)kind : REQUIREMENT_OTHER;
    q->priority = priority ? (enum requirement_priority)priority : REQUIREMENT_PREFERRED;
    size_t i, max;
    yyjson_val *s;
    yyjson_arr_foreach(json_get_arr(v, "skills"), i, max,
                       s) if (q->skills_n < ANALYSIS_SKILLS_PER_REQUIREMENT_MAX && yyjson_is_str(s))
        q->skills[q->skills_n++] = json_str(s);
}

static void get_facts(yyjson_val *root, struct analysis *an)
{
    yyjson_val *company = json_get_obj(root, "company"), *job = json_get_obj(root, "employment"),
               *place = json_get_obj(root, "location"), *pay = json_get_obj(root, "compensation");
    an->verdict =
        (enum analysis_verdict)index_of(json_get_str(root, "verdict"), verdict_names, ARRAY_LEN(verdict_names));
    an->title = json_get_str(root, "title");
    an->company = json_get_str(company, "name");
    an->confidential = json_get_bool(company, "confidential", false);
    an->language = json_get_str(root, "posting_language");
    an->employment_type = json_get_str(job, "type");
    an->seniority =
        (enum seniority)index_of(json_get_str(job, "seniority"), seniority_names, ARRAY_LEN(seniority_names));
    an->experience_years_min = (int)json_get_int(job, "experience_years_min", -1);
    an->experience_years_max = (int)json_get_int(job, "experience_years_max", -1);
    an->education = (enum education_level)index_of(json_get_str(job, "education_level"), education_names,
                                                   ARRAY_LEN(education_names));
    an->degree_optional = json_get_bool(job, "degree_optional", false);
    an->work_mode = (enum work_mode)index_of(json_get_str(place, "work_mode"), mode_names, ARRAY_LEN(mode_names));
    an->location = json_get_str(place, "text");
    an->pay.text = json_get_str(pay, "advertised_text");
    an->pay.min = json_get_num(pay, "min", -1);
    an->pay.max = json_get_num(pay, "max", -1);
    an->pay.currency = json_get_str(pay, "currency");
    an->pay.period = json_get_str(pay, "period");
    an->mission = json_get_str(root, "mission");
    an->hidden_text = json_get_bool(root, "hidden_text", false);
    an->truncated = json_get_bool(root, "truncated", false);
    size_t i, max;
    yyjson_val *v;
    yyjson_arr_foreach(json_get_arr(root, "left_out"), i, max, v) for (size_t k = 0; k < POSTING_PARTS; k++)
    {
        if (str_eqc(json_get_str(v, "part"), posting_part_name((enum posting_part)k)))
            an->left_out[k] = (size_t)MAX(json_get_int(v, "bytes", 0), (int64_t)0);
    }
    an->engine = json_get_str(root, "engine");
    an->confidence = json_get_num(json_get_obj(root, "confidence"), "value", 0);
}

static void get_lists(yyjson_val *root, struct analysis *an)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_arr_foreach(json_get_arr(root, "requirements"), i, max,
                       v) if (an->requirements_n < ANALYSIS_REQUIREMENTS_MAX)
        get_requirement(v, &an->requirements[an->requirements_n++]);
    yyjson_arr_foreach(json_get_arr(root, "responsibilities"), i, max,
                       v) if (an->responsibilities_n < ANALYSIS_RESPONSIBILITIES_MAX)
        an->responsibilities[an->responsibilities_n++] =
        (struct analysis_responsibility){.text = json_get_str(v, "text"), .quote = get_quote(v, "evidence")};
    yyjson_arr_foreach(json_get_arr(root, "keywords"), i, max, v) if (an->keywords_n < ANALYSIS_KEYWORDS_MAX)
        an->keywords[an->keywords_n++] = (struct analysis_keyword){.term = json_get_str(v, "term"),
                                                                   .count = (int)json_get_int(v, "count", 0),
                                                                   .critical = json_get_bool(v, "ats_critical", false)};
    yyjson_arr_foreach(json_get_arr(root, "culture"), i, max, v) if (an->culture_n < ANALYSIS_CULTURE_MAX)
        an->culture[an->culture_n++] = (struct analysis_culture){.signal = json_get_str(v, "signal"),
                                                                 .polarity = json_get_str(v, "polarity"),
                                                                 .quote = get_quote(v, "evidence")};
    yyjson_arr_foreach(json_get_arr(root, "sections"), i, max, v) if (an->sections_n < ANALYSIS_SECTIONS_MAX)
        an->sections[an->sections_n++] =
        (struct analysis_section){.heading = json_get_str(v, "heading"),
                                  .kind = json_get_str(v, "kind"),
                                  .start = (size_t)MAX(json_get_int(v, "start", 0), (int64_t)0),
                                  .end = (size_t)MAX(json_get_int(v, "end", 0), (int64_t)0)};
    yyjson_arr_foreach(json_get_arr(json_get_obj(root, "legitimacy"), "signals"), i, max,
                       v) if (an->signals_n < ANALYSIS_SIGNALS_MAX) an->signals[an->signals_n++] =
        (struct analysis_signal){.code = json_get_str(v, "code"), .quote = get_quote(v, "evidence")};
}

int analysis_from_json(struct arena *a, struct str json, struct analysis **ret, struct err *err)
{
    yyjson_val *root;
    int r = json_parse(a, json, &root, NULL, err);
    if (r < 0)
        return r;
    if (!yyjson_is_obj(root) || json_get_int(root, "schema_version", 0) != ANALYSIS_SCHEMA_VERSION)
        return err_set(err, ERR_SCHEMA, "the analysis is of schema version %d; this program reads version %d",
                       (int)json_get_int(root, "schema_version", 0), ANALYSIS_SCHEMA_VERSION);
    struct analysis *an = ARENA_NEW(a, struct analysis);
    if (!an)
        return err_set(err, ERR_MEMORY, "the analysis needs more memory than its limit");
    get_facts(root, an);
    get_lists(root, an);
    if (an->verdict == 0)
        return err_set(err, ERR_SCHEMA, "the analysis has no verdict");
    *ret = an;
    return 0;
}
