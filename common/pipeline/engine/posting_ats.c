/* The public JSON of three applicant tracking systems, told apart by their fields:
 *
 *   Greenhouse  boards-api.greenhouse.io/v1/boards/B/jobs/ID       title, content (escaped HTML), absolute_url
 *   Lever       api.lever.co/v0/postings/S/ID                      text, categories, lists[], description
 *   Ashby       api.ashbyhq.com/posting-api/job-board/B            jobs[]: title, descriptionHtml, jobUrl
 *
 * A board that lists one posting is that posting. The employer is named by Greenhouse only; for the others the name in
 * their address is a hint. */
#include "pipeline/engine/posting_internal.h"

#define HINT_MAX_BYTES 60

static bool has_str(yyjson_val *o, const char *key)
{
    return json_get_str(o, key).n > 0;
}

/* "https://jobs.lever.co/acme-corp/ID" -> "Acme Corp": the first part of the path, words with capitals. */
static struct str hint_of(struct posting_json *j, struct str url)
{
    ptrdiff_t at = str_find(url, STR("://"));
    url = at < 0 ? url : str_sub(url, (size_t)at + 3, url.n);
    const char *slash = memchr(url.p, '/', url.n);
    if (!slash)
        return (struct str){"", 0};
    struct str path = str_sub(url, (size_t)(slash - url.p) + 1, url.n);
    size_t n = 0;
    while (n < path.n && path.p[n] != '/' && path.p[n] != '?')
        n++;
    char *p = n && n <= HINT_MAX_BYTES ? arena_strndup(j->a, path.p, n) : NULL;
    if (!p)
        return (struct str){"", 0};
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '-' || p[i] == '_' || p[i] == '+')
            p[i] = ' ';
        else if ((i == 0 || p[i - 1] == ' ') && p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 32);
    }
    size_t m = n; /* %20 and the like */
    for (char *q; (q = strstr(p, "%20")) != NULL; m -= 2) {
        *q = ' ';
        memmove(q + 1, q + 3, strlen(q + 3) + 1);
    }
    return (struct str){p, m};
}

static void facts_write(struct posting_json *j)
{
    struct posting_facts *f = j->f;
    posting_write_heading(j->w, f->title);
    posting_write_fact(j->w, "Company", f->company);
    posting_write_fact(j->w, "Location", f->location);
    posting_write_fact(j->w, "Employment type", f->employment_type);
    posting_write_fact(j->w, "Salary", f->salary_text);
    posting_write_break(j->w);
}

static void greenhouse_read(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    yyjson_val *pay = yyjson_arr_get_first(json_get_arr(job, "pay_input_ranges"));
    j->method = "greenhouse";
    f->title = posting_json_text(j, yyjson_obj_get(job, "title"));
    f->company = posting_json_text(j, yyjson_obj_get(job, "company_name"));
    f->location = posting_json_text(j, yyjson_obj_get(job, "location"));
    f->date_posted = json_get_str(job, "first_published");
    f->valid_through = json_get_str(job, "application_deadline");
    j->company_hint = str_find(json_get_str(job, "absolute_url"), STR("greenhouse.io/")) >= 0
                          ? hint_of(j, json_get_str(job, "absolute_url"))
                          : (struct str){"", 0};
    if (pay) {
        double low = posting_json_number(yyjson_obj_get(pay, "min_cents")),
               high = posting_json_number(yyjson_obj_get(pay, "max_cents"));
        f->currency = json_get_str(pay, "currency_type");
        f->salary_min = low > 0 ? low / 100 : -1;
        f->salary_max = high > 0 ? high / 100 : -1;
        /* no unit is given: what nobody earns in an hour is a year's pay */
        f->salary_period = str_of(f->salary_min >= 10000                     ? "year"
                                  : f->salary_min > 0 && f->salary_min < 500 ? "hour"
                                                                             : "");
        posting_json_salary(j);
    }
    facts_write(j);
    posting_json_long(j, NULL, yyjson_obj_get(job, "content"));
}

static void lever_read(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    yyjson_val *about = json_get_obj(job, "categories"), *pay = json_get_obj(job, "salaryRange"), *list;
    j->method = "lever";
    f->title = posting_json_text(j, yyjson_obj_get(job, "text"));
    f->location = posting_json_text(j, yyjson_obj_get(about, "location"));
    f->employment_type = posting_json_text(j, yyjson_obj_get(about, "commitment"));
    f->remote = str_ieqc(json_get_str(job, "workplaceType"), "remote");
    j->company_hint = hint_of(j, json_get_str(job, "hostedUrl"));
    if (pay) {
        f->currency = json_get_str(pay, "currency");
        f->salary_min = posting_json_number(yyjson_obj_get(pay, "min"));
        f->salary_max = posting_json_number(yyjson_obj_get(pay, "max"));
        f->salary_period = str_of(posting_json_period(json_get_str(pay, "interval")));
        posting_json_salary(j);
    }
    facts_write(j);
    if (has_str(job, "workplaceType") && !str_ieqc(json_get_str(job, "workplaceType"), "unspecified"))
        posting_write_fact(j->w, "Work mode", json_get_str(job, "workplaceType"));
    posting_write_break(j->w);
    posting_json_long(j, NULL, yyjson_obj_get(job, has_str(job, "description") ? "description" : "descriptionPlain"));
    size_t i, max;
    yyjson_arr_foreach(json_get_arr(job, "lists"), i, max, list)
    {
        posting_write_heading(j->w, posting_json_text(j, yyjson_obj_get(list, "text")));
        posting_json_long(j, NULL, yyjson_obj_get(list, "content"));
    }
    posting_json_long(j, NULL, yyjson_obj_get(job, has_str(job, "additional") ? "additional" : "additionalPlain"));
    posting_json_long(j, NULL, yyjson_obj_get(job, "salaryDescription"));
}

static void ashby_pay(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    yyjson_val *pay = json_get_obj(job, "compensation"), *part;
    size_t i, max;
    yyjson_arr_foreach(json_get_arr(pay, "summaryComponents"), i, max, part)
    {
        if (!str_ieqc(json_get_str(part, "compensationType"), "Salary") || f->salary_min > 0)
            continue;
        f->currency = json_get_str(part, "currencyCode");
        f->salary_min = posting_json_number(yyjson_obj_get(part, "minValue"));
        f->salary_max = posting_json_number(yyjson_obj_get(part, "maxValue"));
        f->salary_period = str_of(posting_json_period(json_get_str(part, "interval")));
    }
    f->salary_text = posting_json_text(j, yyjson_obj_get(pay, "scrapeableCompensationSalarySummary"));
    posting_json_salary(j);
}

static const char *ashby_type(struct str type)
{
    static const struct {
        const char *type, *text;
    } map[] = {{"FullTime", "Full-time"},
               {"PartTime", "Part-time"},
               {"Intern", "Internship"},
               {"Contract", "Contract"},
               {"Temporary", "Temporary"}};
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (str_ieqc(type, map[i].type))
            return map[i].text;
    return "";
}

static void ashby_read(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    j->method = "ashby";
    f->title = posting_json_text(j, yyjson_obj_get(job, "title"));
    f->location = posting_json_text(j, yyjson_obj_get(job, "location"));
    f->employment_type = str_of(ashby_type(json_get_str(job, "employmentType")));
    f->date_posted = json_get_str(job, "publishedAt");
    f->remote = json_get_bool(job, "isRemote", false) && !str_ieqc(json_get_str(job, "workplaceType"), "Hybrid");
    j->company_hint = hint_of(j, json_get_str(job, "jobUrl"));
    ashby_pay(j, job);
    facts_write(j);
    if (has_str(job, "workplaceType"))
        posting_write_fact(j->w, "Work mode", json_get_str(job, "workplaceType"));
    posting_write_break(j->w);
    posting_json_long(j, NULL,
                      yyjson_obj_get(job, has_str(job, "descriptionHtml") ? "descriptionHtml" : "descriptionPlain"));
}

static bool is_greenhouse(yyjson_val *job)
{
    return has_str(job, "title") && has_str(job, "content") &&
           (yyjson_obj_get(job, "absolute_url") || yyjson_obj_get(job, "internal_job_id") ||
            json_get_arr(job, "departments"));
}

static bool is_lever(yyjson_val *job)
{
    return has_str(job, "text") && json_get_obj(job, "categories") &&
           (has_str(job, "description") || has_str(job, "descriptionPlain") || json_get_arr(job, "lists"));
}

static bool is_ashby(yyjson_val *job)
{
    return has_str(job, "title") && (has_str(job, "descriptionHtml") || has_str(job, "descriptionPlain")) &&
           (has_str(job, "jobUrl") || has_str(job, "employmentType") || has_str(job, "publishedAt"));
}

static const struct {
    bool (*is)(yyjson_val *job);
    void (*read)(struct posting_json *j, yyjson_val *job);
} readers[] = {{is_greenhouse, greenhouse_read}, {is_lever, lever_read}, {is_ashby, ashby_read}};

static int reader_of(yyjson_val *job)
{
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        if (yyjson_is_obj(job) && readers[i].is(job))
            return (int)i;
    return -1;
}

size_t posting_ats_read(struct posting_json *j, yyjson_val *root)
{
    yyjson_val *list = yyjson_is_arr(root) ? root : json_get_arr(root, "jobs"), *v, *job = NULL;
    size_t i, max, n = 0;
    if (reader_of(root) >= 0) {
        readers[reader_of(root)].read(j, root);
        return 1;
    }
    for (const char *const *key = (const char *const[]){"job", "data", "posting", NULL}; *key && !list; key++)
        if (reader_of(json_get_obj(root, *key)) >= 0) {
            readers[reader_of(json_get_obj(root, *key))].read(j, json_get_obj(root, *key));
            return 1;
        }
    yyjson_arr_foreach(list, i, max, v)
    {
        if (reader_of(v) < 0)
            continue;
        n++;
        job = v;
    }
    if (n == 1)
        readers[reader_of(job)].read(j, job);
    return n;
}
