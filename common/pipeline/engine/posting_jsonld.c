/* schema.org JobPosting, as sites write it: an object, an array, an @graph, or nested in a WebPage; fields as text,
 * objects or arrays. https://schema.org/JobPosting . Facts are kept apart; the text is composed as title, fact lines,
 * then the long fields under headings. */
#include "pipeline/engine/posting_internal.h"

#include <math.h>
#include <stdio.h>
#include "base/json.h"

#define JSONLD_LIST_MAX 32

struct jsonld {
    struct arena *a;
    struct posting_writer *w;
    struct posting_facts *f;
    size_t *hidden;
    struct err *err;
    bool failed;
};

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

/* A text, a number, or the name of a thing, cleaned; joined when there are several. */
static struct str text_of(struct jsonld *j, yyjson_val *v);

static struct str text_join(struct jsonld *j, yyjson_val *arr)
{
    struct buf b;
    buf_init(&b, POSTING_TEXT_MAX_BYTES);
    size_t i, max, n = 0;
    yyjson_val *v;
    yyjson_arr_foreach(arr, i, max, v)
    {
        struct str s = text_of(j, v);
        if (s.n == 0 || n++ >= JSONLD_LIST_MAX)
            continue;
        if (b.len)
            buf_adds(&b, "; ");
        buf_add(&b, s.p, s.n);
    }
    char *p = b.len && !buf_failed(&b) ? arena_strndup(j->a, b.data, b.len) : NULL;
    struct str ret = p ? (struct str){p, b.len} : (struct str){"", 0};
    buf_fini(&b);
    return ret;
}

static struct str text_of(struct jsonld *j, yyjson_val *v)
{
    static const char *const names[] = {"name", "credentialCategory", "alternateName", "@value", "description"};
    if (yyjson_is_str(v)) {
        struct str s = posting_entities(j->a, json_str(v));
        s = posting_clean(j->a, s, j->hidden);
        return s.p ? str_trim(s) : (struct str){"", 0};
    }
    if (yyjson_is_arr(v))
        return text_join(j, v);
    if (yyjson_is_num(v)) {
        char *p = arena_printf(j->a, "%.15g", yyjson_get_num(v));
        return str_of(p);
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && yyjson_is_obj(v); i++) {
        struct str s = text_of(j, yyjson_obj_get(v, names[i]));
        if (s.n)
            return s;
    }
    return (struct str){"", 0};
}

static struct str address_text(struct jsonld *j, yyjson_val *place)
{
    yyjson_val *address =
        yyjson_is_obj(place) && yyjson_obj_get(place, "address") ? yyjson_obj_get(place, "address") : place;
    if (!yyjson_is_obj(address) ||
        (!yyjson_obj_get(address, "addressLocality") && !yyjson_obj_get(address, "addressRegion") &&
         !yyjson_obj_get(address, "addressCountry")))
        return text_of(j, address);
    static const char *const parts[] = {"addressLocality", "addressRegion", "addressCountry"};
    struct str s[3];
    for (size_t i = 0; i < 3; i++)
        s[i] = text_of(j, yyjson_obj_get(address, parts[i]));
    char *p = arena_printf(j->a, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(s[0]), s[0].n && s[1].n ? ", " : "",
                           STR_ARG(s[1]), (s[0].n || s[1].n) && s[2].n ? ", " : "", STR_ARG(s[2]));
    return str_of(p);
}

static void read_location(struct jsonld *j, yyjson_val *job)
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
    struct str area = text_of(j, yyjson_obj_get(job, "applicantLocationRequirements"));
    if (j->f->location.n == 0 && area.n) {
        char *p = arena_printf(j->a, j->f->remote ? "Remote (" STR_FMT ")" : STR_FMT, STR_ARG(area));
        j->f->location = str_of(p);
    }
}

static const char *period_of(struct str unit)
{
    static const struct {
        const char *unit, *period;
    } map[] = {{"HOUR", "hour"},   {"HOURLY", "hour"},   {"DAY", "day"},       {"DAILY", "day"}, {"WEEK", "week"},
               {"WEEKLY", "week"}, {"MONTH", "month"},   {"MONTHLY", "month"}, {"YEAR", "year"}, {"YEARLY", "year"},
               {"ANNUAL", "year"}, {"ANNUALLY", "year"}, {"PT1H", "hour"},     {"P1D", "day"},   {"P1W", "week"},
               {"P1M", "month"},   {"P1Y", "year"},      {"ANN", "year"},      {"MON", "month"}, {"HUR", "hour"}};
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (str_ieqc(unit, map[i].unit))
            return map[i].period;
    return "";
}

static double number_of(yyjson_val *v)
{
    if (yyjson_is_num(v))
        return yyjson_get_num(v);
    struct str s = json_str(v);
    double whole = 0, scale = 0;
    bool digits = false;
    for (size_t i = 0; i < s.n && whole < 1e12; i++) {
        if (str_is_digit(s.p[i])) {
            digits = true;
            if (scale > 0) {
                whole += (s.p[i] - '0') * scale;
                scale /= 10;
            } else {
                whole = whole * 10 + (s.p[i] - '0');
            }
        } else if (s.p[i] == '.' && scale == 0) {
            scale = 0.1;
        } else if (digits && s.p[i] != ',' && s.p[i] != ' ') {
            break;
        }
    }
    return digits ? whole : -1;
}

static double first_number(yyjson_val *obj, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double d = number_of(yyjson_obj_get(obj, keys[i]));
        if (d > 0)
            return d;
    }
    return -1;
}

static void read_salary(struct jsonld *j, yyjson_val *job)
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
    f->currency = text_of(j, yyjson_obj_get(job, "salaryCurrency"));
    if (yyjson_is_obj(pay)) {
        yyjson_val *value = json_get_obj(pay, "value") ? json_get_obj(pay, "value") : pay;
        struct str currency = text_of(j, yyjson_obj_get(pay, "currency"));
        f->currency = currency.n ? currency : f->currency;
        f->salary_min = first_number(value, low, ARRAY_LEN(low));
        f->salary_max = first_number(value, high, ARRAY_LEN(high));
        unit = json_get_str(value, "unitText").n ? json_get_str(value, "unitText") : json_get_str(pay, "duration");
        unit = unit.n ? unit : json_get_str(value, "unitCode");
    } else if (pay) {
        f->salary_min = number_of(pay);
        f->salary_text = yyjson_is_str(pay) ? text_of(j, pay) : (struct str){"", 0};
    }
    f->salary_period = str_of(period_of(unit));
    if (f->salary_max > 0 && f->salary_min > f->salary_max)
        f->salary_min = f->salary_max = -1;
    if (!(f->salary_min > 0 && f->salary_min < 1e9) || f->salary_max >= 1e9)
        f->salary_min = f->salary_max = -1;
    if (f->salary_text.n || f->salary_min <= 0)
        return;
    char *p =
        f->salary_max > f->salary_min
            ? arena_printf(j->a, STR_FMT "%s%.10g - %.10g%s" STR_FMT, STR_ARG(f->currency), f->currency.n ? " " : "",
                           f->salary_min, f->salary_max, f->salary_period.n ? " per " : "", STR_ARG(f->salary_period))
            : arena_printf(j->a, STR_FMT "%s%.10g%s" STR_FMT, STR_ARG(f->currency), f->currency.n ? " " : "",
                           f->salary_min, f->salary_period.n ? " per " : "", STR_ARG(f->salary_period));
    f->salary_text = str_of(p);
}

/* A long field: HTML, or plain text; under a heading unless NULL. */
static void write_long(struct jsonld *j, const char *heading, yyjson_val *v)
{
    if (yyjson_is_arr(v)) {
        size_t i, max;
        yyjson_val *item;
        if (yyjson_arr_size(v) && heading)
            posting_write_heading(j->w, str_of(heading));
        yyjson_arr_foreach(v, i, max, item) posting_write_item(j->w, text_of(j, item));
        return;
    }
    struct str s = yyjson_is_str(v) ? json_str(v) : text_of(j, v);
    if (str_trim(s).n == 0)
        return;
    if (heading)
        posting_write_heading(j->w, str_of(heading));
    if (!memchr(s.p, '<', s.n) && memmem(s.p, s.n, "&lt;", 4))
        s = posting_entities(j->a, s);
    if (s.p && memchr(s.p, '<', s.n)) {
        struct html_page page = {0};
        int r = html_read(j->a, s, j->w, &page, j->err);
        j->failed = j->failed || r < 0;
        *j->hidden += page.hidden_chars;
    } else if (s.p) {
        s = posting_clean(j->a, s, j->hidden);
        if (s.p)
            posting_text_write(j->w, j->a, s);
    }
    posting_write_break(j->w);
}

static void read_experience(struct jsonld *j, yyjson_val *job)
{
    yyjson_val *v = yyjson_obj_get(job, "experienceRequirements");
    double months = yyjson_is_obj(v) ? number_of(yyjson_obj_get(v, "monthsOfExperience")) : -1;
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
        write_long(j, "Experience requirements", v);
    }
}

static void read_education(struct jsonld *j, yyjson_val *job)
{
    yyjson_val *v = yyjson_obj_get(job, "educationRequirements");
    j->f->education = text_of(j, v);
    if (j->f->education.n == 0)
        return;
    posting_write_heading(j->w, STR("Education requirements"));
    posting_write_item(j->w, j->f->education);
}

static void read_facts(struct jsonld *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    f->title = text_of(j, yyjson_obj_get(job, "title"));
    if (f->title.n == 0)
        f->title = text_of(j, yyjson_obj_get(job, "name"));
    f->company = text_of(j, yyjson_obj_get(job, "hiringOrganization"));
    f->employment_type = text_of(j, yyjson_obj_get(job, "employmentType"));
    f->date_posted = text_of(j, yyjson_obj_get(job, "datePosted"));
    f->valid_through = text_of(j, yyjson_obj_get(job, "validThrough"));
    f->industry = text_of(j, yyjson_obj_get(job, "industry"));
    read_location(j, job);
    read_salary(j, job);
}

static void write_posting(struct jsonld *j, yyjson_val *job)
{
    struct posting_facts *f = j->f;
    posting_write_heading(j->w, f->title);
    posting_write_fact(j->w, "Company", f->company);
    posting_write_fact(j->w, "Location", f->location);
    posting_write_fact(j->w, "Employment type", f->employment_type);
    posting_write_fact(j->w, "Salary", f->salary_text);
    posting_write_fact(j->w, "Work hours", text_of(j, yyjson_obj_get(job, "workHours")));
    posting_write_break(j->w);
    write_long(j, NULL, yyjson_obj_get(job, "description"));
    write_long(j, "Responsibilities", yyjson_obj_get(job, "responsibilities"));
    write_long(j, "Qualifications", yyjson_obj_get(job, "qualifications"));
    write_long(j, "Required skills", yyjson_obj_get(job, "skills"));
    read_experience(j, job);
    read_education(j, job);
    write_long(j, "Benefits", yyjson_obj_get(job, "jobBenefits"));
    write_long(j, "Benefits", yyjson_obj_get(job, "benefits"));
    write_long(j, "Incentive compensation", yyjson_obj_get(job, "incentiveCompensation"));
}

/* Sites put raw line breaks into JSON strings: spaces they become. */
static struct str controls_spaced(struct arena *a, struct str s)
{
    char *p = arena_try_alloc(a, s.n + 1);
    if (!p)
        return (struct str){0};
    for (size_t i = 0; i < s.n; i++)
        p[i] = (unsigned char)s.p[i] < 0x20 ? ' ' : s.p[i];
    return (struct str){p, s.n};
}

int posting_jsonld_read(struct arena *a, struct str json, struct posting_writer *w, struct posting_facts *facts,
                        size_t *hidden, bool *found, struct err *err)
{
    yyjson_val *root, *job;
    *found = false;
    json = str_trim(json);
    if (json.n >= 3 && memcmp(json.p, "\xEF\xBB\xBF", 3) == 0)
        json = str_sub(json, 3, json.n);
    int r = json_parse(a, json, &root, NULL, err);
    if (r == -ERR_MALFORMED) {
        struct str again = controls_spaced(a, json);
        struct err ignored;
        if (!again.p)
            return err_set(err, ERR_MEMORY, "the posting needs more memory than its limit");
        if (json_parse(a, again, &root, NULL, &ignored) == 0)
            r = 0;
    }
    if (r < 0)
        return r;
    job = posting_search(root);
    if (!job)
        return 0;
    *found = true;
    struct jsonld j = {.a = a, .w = w, .f = facts, .hidden = hidden, .err = err};
    read_facts(&j, job);
    write_posting(&j, job);
    return j.failed ? err_set(err, ERR_MEMORY, "the posting needs more memory than its limit") : 0;
}
