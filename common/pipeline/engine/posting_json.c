/* JSON of any kind that holds a posting: parsing, fields of any shape, and the choice of the reader. */
#include "pipeline/engine/posting_internal.h"

#define JSON_LIST_MAX 32

static struct str text_join(struct posting_json *j, yyjson_val *arr)
{
    struct buf b;
    buf_init(&b, POSTING_WRITER_MAX_BYTES);
    size_t i, max, n = 0;
    yyjson_val *v;
    yyjson_arr_foreach(arr, i, max, v)
    {
        struct str s = posting_json_text(j, v);
        if (s.n == 0 || n++ >= JSON_LIST_MAX)
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

struct str posting_json_text(struct posting_json *j, yyjson_val *v)
{
    static const char *const names[] = {"name", "credentialCategory", "alternateName", "@value", "description"};
    if (yyjson_is_str(v)) {
        struct str s = posting_entities(j->a, json_str(v));
        s = posting_clean(j->a, s, &j->hidden->chars);
        return s.p ? str_trim(s) : (struct str){"", 0};
    }
    if (yyjson_is_arr(v))
        return text_join(j, v);
    if (yyjson_is_num(v)) {
        char *p = arena_printf(j->a, "%.15g", yyjson_get_num(v));
        return str_of(p);
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && yyjson_is_obj(v); i++) {
        struct str s = posting_json_text(j, yyjson_obj_get(v, names[i]));
        if (s.n)
            return s;
    }
    return (struct str){"", 0};
}

const char *posting_json_period(struct str unit)
{
    static const struct {
        const char *unit, *period;
    } map[] = {{"HOUR", "hour"},
               {"HOURLY", "hour"},
               {"DAY", "day"},
               {"DAILY", "day"},
               {"WEEK", "week"},
               {"WEEKLY", "week"},
               {"MONTH", "month"},
               {"MONTHLY", "month"},
               {"YEAR", "year"},
               {"YEARLY", "year"},
               {"ANNUAL", "year"},
               {"ANNUALLY", "year"},
               {"PT1H", "hour"},
               {"P1D", "day"},
               {"P1W", "week"},
               {"P1M", "month"},
               {"P1Y", "year"},
               {"ANN", "year"},
               {"MON", "month"},
               {"HUR", "hour"},
               {"per-year-salary", "year"},
               {"per-month-salary", "month"},
               {"per-week-salary", "week"},
               {"per-day-wage", "day"},
               {"per-hour-wage", "hour"},
               {"1 YEAR", "year"},
               {"1 MONTH", "month"},
               {"1 WEEK", "week"},
               {"1 DAY", "day"},
               {"1 HOUR", "hour"}};
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (str_ieqc(unit, map[i].unit))
            return map[i].period;
    return "";
}

double posting_json_number(yyjson_val *v)
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

void posting_json_salary(struct posting_json *j)
{
    struct posting_facts *f = j->f;
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

void posting_json_long(struct posting_json *j, const char *heading, yyjson_val *v)
{
    if (yyjson_is_arr(v)) {
        size_t i, max;
        yyjson_val *item;
        if (yyjson_arr_size(v) && heading)
            posting_write_heading(j->w, str_of(heading));
        yyjson_arr_foreach(v, i, max, item) posting_write_item(j->w, posting_json_text(j, item));
        return;
    }
    struct str s = yyjson_is_str(v) ? json_str(v) : posting_json_text(j, v);
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
        j->hidden->chars += page.hidden.chars;
        if (j->hidden->quote.n == 0 && page.hidden.quote.n)
            j->hidden->quote = page.hidden.quote;
    } else if (s.p) {
        s = posting_clean(j->a, s, &j->hidden->chars);
        if (s.p)
            posting_text_write(j->w, j->a, s);
    }
    posting_write_break(j->w);
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

int posting_json_read(struct posting_json *j, struct str json, bool *found)
{
    yyjson_val *root;
    *found = false;
    json = str_trim(json);
    if (json.n >= 3 && memcmp(json.p, "\xEF\xBB\xBF", 3) == 0)
        json = str_sub(json, 3, json.n);
    int r = json_parse(j->a, json, &root, NULL, j->err);
    if (r == -ERR_MALFORMED) {
        struct str again = controls_spaced(j->a, json);
        struct err ignored;
        if (!again.p)
            return err_set(j->err, ERR_MEMORY, "the posting needs more memory than its limit");
        if (json_parse(j->a, again, &root, NULL, &ignored) == 0)
            r = 0;
    }
    if (r < 0)
        return r;
    size_t held = posting_jsonld_read(j, root) ? 1 : posting_ats_read(j, root);
    if (held > 1)
        return err_set(j->err, ERR_NOT_A_POSTING, "the JSON holds %zu postings: give one of them", held);
    *found = held == 1;
    return j->failed ? err_set(j->err, ERR_MEMORY, "the posting needs more memory than its limit") : 0;
}
