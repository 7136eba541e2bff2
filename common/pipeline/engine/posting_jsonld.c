/* schema.org JobPosting, as sites write it: an object, an array, an @graph, or nested in a WebPage; fields as text,
 * objects or arrays. https://schema.org/JobPosting . Facts are kept apart; the text is composed as title, fact lines,
 * then the long fields under headings. */
#include "pipeline/engine/posting_internal.h"

#include <math.h>
#include <stdio.h>

#define JSONLD_LIST_MAX 32

static bool is_type(yyjson_val *obj, const char *name)
{
    yyjson_val *type = yyjson_obj_get(obj, "@type"), *v;
    if (yyjson_is_str(type))
        return str_iends(json_str(type), name);
    size_t i, max;
    yyjson_arr_foreach(type, i, max, v) if (str_iends(json_str(v), name)) return true;
    return false;
}

static yyjson_val *posting_search(yyjson_val *v)
{
    if (yyjson_is_obj(v) && is_type(v, "JobPosting"))
        return v;
    size_t i, max;
    yyjson_val *key, *child, *found = NULL;
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, max, child) if ((found = posting_search(child)) != NULL) return found;
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, max, key,
                           child) if (yyjson_is_ctn(child) && (found = posting_search(child)) != NULL) return found;
    }
    return NULL;
}

static struct str address_text(struct posting_json *j, yyjson_val *place)
{
    yyjson_val *address =
        yyjson_is_obj(place) && yyjson_obj_get(place, "address") ? yyjson_obj_get(place, "address") : place;
    if (!yyjson_is_obj(address) ||
        (!yyjson_obj_get(address, "addressLocality") && !yyjson_obj_get(address, "addressRegion") &&
         !yyjson_obj_get(address, "addressCountry")))
        return posting_json_text(j, address);
    static const char *const parts[] = {"addressLocality", "addressRegion", "addressCountry"};
    struct str s[3];
    for (size_t i = 0; i < 3; i++)
        s[i] = posting_json_text(j, yyjson_obj_get(address, parts[i]));
    char *p = arena_printf(j->a, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(s[0]), s[0].n && s[1].n ? ", " : "",
                           STR_ARG(s[1]), (s[0].n || s[1].n) && s[2].n ? ", " : "", STR_ARG(s[2]));
    return str_of(p);
}

static void read_location(struct posting_json *j, yyjson_val *job)
{
    yyjson_val *loc = yyjson_obj_get(job, "jobLocation"), *v;
    if (yyjson_is_arr(loc)) {
        struct buf b;
        buf_init(&b, 2000);
        size_t i, max;
        yyjson_arr_foreach(loc, i, max, v)
        {
            struct str s = i < JSONLD_LIST_MAX ? address_text(j, v) : (struct str){"", 0};
            if (b.len && s.n)
                buf_adds(&b, "; ");
            buf_add(&b, s.p, s.n);
        }
        char *p = arena_strndup(j->a, buf_str(&b), b.len);
        j->f->location = str_of(p);
        buf_fini(&b);
    } else {
        j->f->location = address_text(j, loc);
    }
    if (str_ieqc(json_get_str(job, "jobLocationType"), "TELECOMMUTE"))
        j->f->remote = true;
    struct str area = posting_json_text(j, yyjson_obj_get(job, "applicantLocationRequirements"));
    if (j->f->location.n == 0 && area.n) {
        char *p = arena_printf(j->a, j->f->remote ? "Remote (" STR_FMT ")" : STR_FMT, STR_ARG(area));
        j->f->location = str_of(p);
    }
}

static double first_number(yyjson_val *obj, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double d = posting_json_number(yyjson_obj_get(obj, keys[i]));
        if (d > 0)
            return d;
    }
    return -1;
}

static void read_salary(struct posting_json *j, yyjson_val *job)
{
    static const char *const low[] = {"minValue", "percentile10", "value", "median", "percentile25"},
                             *const high[] = {"maxValue", "percentile90", "percentile75"};
    struct posting_facts *f = j->f;
    yyjson_val *pay = yyjson_obj_get(job, "baseSalary");
    if (!pay)
        pay = yyjson_obj_get(job, "estimatedSalary");
    if (yyjson_is_arr(pay))
        pay = yyjson_arr_get_first(pay);
    struct str unit = {"", 0};
    f->currency = posting_json_text(j, yyjson_obj_get(job, "salaryCurrency"));
    if (yyjson_is_obj(pay)) {
        yyjson_val *value = json_get_obj(pay, "value") ? json_get_obj(pay, "value") : pay;
        struct str currency = posting_json_text(j, yyjson_obj_get(pay, "currency"));
        f->currency = currency.n ? currency : f->currency;
        f->salary_min = first_number(value, low, ARRAY_LEN(low));
        f->salary_max = first_number(value, high, ARRAY_LEN(high));
        unit = json_get_str(value, "unitText").n ? json_get_str(value, "unitText") : json_get_str(pay, "duration");
        unit = unit.n ? unit : json_get_str(value, "unitCode");
    } else if (pay) {
        f->salary_min = posting_json_number(pay);
        f->salary_text = yyjson_is_str(pay) ? posting_json_text(j, pay) : (struct str){"", 0};
    }
    f->salary_period = str_of(posting_json_period(unit));
    posting_json_salary(j);
}

static void read_experience(struct posting_json *j, yyjson_val *job)
{
    yyjson_val *v = yyjson_obj_get(job, "experienceRequirements");
    double months = yyjson_is_obj(v) ? posting_json_number(yyjson_obj_get(v, "monthsOfExperience")) : -1;
    if (months > 0 && months < 1200) {
        char line[80];
        double years = months / 12;
        if (fabs(years - round(years)) < 0.01)
            snprintf(line, sizeof(line), "At least %.0f year%s of experience", years, years < 1.5 ? "" : "s");
        else
            snprintf(line, sizeof(line), "At least %.0f months of experience", months);
        posting_write_heading(j->w, STR("Experience requirements"));
        posting_write_item(j->w, str_of(line));
    } else {
        posting_json_long(j, "Experience requirements", v);
    }
}

static void read_education(struct posting_json *j, yyjson_val *job)
{
    yyjson_val *v = yyjson_obj_get(job, "educationRequirements");
    j->f->education = posting_json_text(j, v);
    if (j->f->education.n == 0)
        return;
    posting_write_heading(j->w, STR("Education requirements"));
    posting_write_item(j->w, j->f->education);
}

static void read_facts(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    f->title = posting_json_text(j, yyjson_obj_get(job, "title"));
    if (f->title.n == 0)
        f->title = posting_json_text(j, yyjson_obj_get(job, "name"));
    f->company = posting_json_text(j, yyjson_obj_get(job, "hiringOrganization"));
    if (str_istarts(f->company, "http"))
        f->company = (struct str){"", 0};
    f->employment_type = posting_json_text(j, yyjson_obj_get(job, "employmentType"));
    f->date_posted = posting_json_text(j, yyjson_obj_get(job, "datePosted"));
    f->valid_through = posting_json_text(j, yyjson_obj_get(job, "validThrough"));
    f->industry = posting_json_text(j, yyjson_obj_get(job, "industry"));
    read_location(j, job);
    read_salary(j, job);
}

static void write_posting(struct posting_json *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    posting_write_heading(j->w, f->title);
    posting_write_fact(j->w, "Company", f->company);
    posting_write_fact(j->w, "Location", f->location);
    posting_write_fact(j->w, "Employment type", f->employment_type);
    posting_write_fact(j->w, "Salary", f->salary_text);
    posting_write_fact(j->w, "Work hours", posting_json_text(j, yyjson_obj_get(job, "workHours")));
    posting_write_break(j->w);
    posting_json_long(j, NULL, yyjson_obj_get(job, "description"));
    posting_json_long(j, "Responsibilities", yyjson_obj_get(job, "responsibilities"));
    posting_json_long(j, "Qualifications", yyjson_obj_get(job, "qualifications"));
    posting_json_long(j, "Required skills", yyjson_obj_get(job, "skills"));
    read_experience(j, job);
    read_education(j, job);
    posting_json_long(j, "Physical requirements", yyjson_obj_get(job, "physicalRequirement"));
    posting_json_long(j, "About the employer", yyjson_obj_get(job, "employerOverview"));
    posting_json_long(j, "Benefits", yyjson_obj_get(job, "jobBenefits"));
    posting_json_long(j, "Benefits", yyjson_obj_get(job, "benefits"));
    posting_json_long(j, "Incentive compensation", yyjson_obj_get(job, "incentiveCompensation"));
}

bool posting_jsonld_read(struct posting_json *j, yyjson_val *root)
{
    yyjson_val *job = posting_search(root);
    if (!job)
        return false;
    j->method = "json_ld";
    read_facts(j, job);
    write_posting(j, job);
    return true;
}
