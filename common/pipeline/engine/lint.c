/* The rules about the person's line, the sections and the whole; what they all share. */
#include "pipeline/engine/lint_parts.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

#define SUMMARY_LONG 700  /* characters */
#define WORDS_LONG   1300 /* about three pages */
#define LISTED_OFTEN 3

void lint_say(struct linter *l, enum lint_severity severity, const char *code, const char *pointer, const char *fmt,
              ...)
{
    char detail[240];
    va_list ap;
    if (l->r->n == LINT_FINDINGS_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    struct str cut = {.p = detail, .n = strlen(detail)}, at = str_of(pointer);
    cut.n = utf8_valid_prefix(cut); /* a quoted text may have been cut inside a character */
    char *d = arena_strndup(l->a, cut.p, cut.n), *p = arena_strndup(l->a, at.p, utf8_valid_prefix(at));
    if (!d || !p) {
        l->failed = true;
        return;
    }
    l->r->at[l->r->n++] =
        (struct lint_finding){.code = code, .severity = severity, .pointer = str_of(p), .detail = str_of(d)};
}

const char *lint_severity_name(enum lint_severity s)
{
    return s == LINT_ERROR ? "error" : s == LINT_WARNING ? "warning" : "info";
}

void lint_write_json(const struct lint_report *r, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < r->n; i++) {
        const struct lint_finding *f = &r->at[i];
        buf_addf(out, "%s{\"code\":\"%s\",\"severity\":\"%s\",\"pointer\":", i ? "," : "", f->code,
                 lint_severity_name(f->severity));
        buf_add_json(out, f->pointer.p, f->pointer.n);
        buf_adds(out, ",\"detail\":");
        buf_add_json(out, f->detail.p, f->detail.n);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

/* Contact */

static bool mail_valid(struct str s)
{
    ptrdiff_t at = str_find(s, STR("@"));
    if (at < 1 || (size_t)at + 3 >= s.n || str_find(s, STR(" ")) >= 0)
        return false;
    struct str host = str_sub(s, (size_t)at + 1, s.n);
    return str_find(host, STR("@")) < 0 && str_find(host, STR(".")) > 0 && host.p[host.n - 1] != '.';
}

static size_t digits_in(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += str_is_digit(s.p[i]);
    return n;
}

static void lint_contact(struct linter *l)
{
    yyjson_val *b = json_get_obj(l->root, "basics"), *place = json_get_obj(b, "location");
    struct str mail = str_trim(json_get_str(b, "email")), phone = str_trim(json_get_str(b, "phone"));
    struct str summary = str_trim(json_get_str(b, "summary"));
    if (str_trim(json_get_str(b, "name")).n == 0)
        lint_say(l, LINT_ERROR, "name_missing", "/basics/name", "A résumé without a name cannot be filed.");
    if (mail.n == 0)
        lint_say(l, LINT_ERROR, "email_missing", "/basics/email", "There is no e-mail address to answer to.");
    else if (!mail_valid(mail))
        lint_say(l, LINT_ERROR, "email_invalid", "/basics/email", "This is no e-mail address.");
    if (phone.n == 0)
        lint_say(l, LINT_INFO, "phone_missing", "/basics/phone", "There is no phone number.");
    else if (digits_in(phone) < 7 || digits_in(phone) > 15)
        lint_say(l, LINT_WARNING, "phone_invalid", "/basics/phone", "A phone number has 7 to 15 digits.");
    if (str_trim(json_get_str(place, "city")).n == 0 && str_trim(json_get_str(place, "address")).n == 0)
        lint_say(l, LINT_INFO, "location_missing", "/basics/location", "No city: searches by place will not find it.");
    if (summary.n == 0)
        lint_say(l, LINT_INFO, "summary_missing", "/basics/summary",
                 "Two or three sentences at the top help a reader.");
    else if (utf8_count(summary) > SUMMARY_LONG)
        lint_say(l, LINT_INFO, "summary_long", "/basics/summary",
                 "The summary has %zu characters; readers skip more than %d.", utf8_count(summary), SUMMARY_LONG);
    if (str_trim(json_get_str(b, "image")).n)
        lint_say(l, LINT_INFO, "image_not_printed", "/basics/image", "Pictures confuse parsers and are not printed.");
}

static void lint_profiles(struct linter *l)
{
    size_t i, n;
    yyjson_val *o;
    yyjson_arr_foreach(json_get_arr(json_get_obj(l->root, "basics"), "profiles"), i, n, o)
    {
        char at[LINT_POINTER_BYTES] = "/basics/profiles";
        json_pointer_add_index(at, sizeof(at), i);
        if (str_trim(json_get_str(o, "url")).n == 0 && str_trim(json_get_str(o, "username")).n == 0)
            lint_say(l, LINT_WARNING, "profile_incomplete", at,
                     "A profile without an address or a user name leads nowhere.");
    }
}

/* Sections */

static bool is_standard(struct str key)
{
    static const char *const KEYS[] = {"basics", "work",      "volunteer", "education",  "awards",       "certificates",
                                       "skills", "languages", "interests", "references", "publications", "projects"};
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
        if (str_eqc(key, KEYS[i]))
            return true;
    return false;
}

static bool says_something(yyjson_val *v)
{
    size_t i, n;
    yyjson_val *key, *item;
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) if (says_something(item)) return true;
        return false;
    }
    if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) if (says_something(item)) return true;
        return false;
    }
    return yyjson_is_str(v) ? str_trim(json_str(v)).n > 0 : v && !yyjson_is_null(v);
}

static void lint_section_entries(struct linter *l, yyjson_val *list, const char *pointer)
{
    size_t i, n;
    yyjson_val *o;
    yyjson_arr_foreach(list, i, n, o)
    {
        char at[LINT_POINTER_BYTES];
        snprintf(at, sizeof(at), "%s", pointer);
        json_pointer_add_index(at, sizeof(at), i);
        if (!says_something(o))
            lint_say(l, LINT_WARNING, "entry_empty", at, "The entry says nothing.");
    }
}

static void lint_sections(struct linter *l)
{
    size_t i, n;
    yyjson_val *key, *v;
    yyjson_obj_foreach(l->root, i, n, key, v)
    {
        char at[LINT_POINTER_BYTES] = "";
        struct str name = json_str(key);
        json_pointer_add(at, sizeof(at), yyjson_get_str(key));
        if (!is_standard(name)) {
            if (!str_eqc(name, "meta") && !str_eqc(name, "$schema") && !str_starts(name, "x_"))
                lint_say(l, LINT_WARNING, "section_unknown", at,
                         "No section of JSON Resume 1.0: it is kept, but not printed.");
        } else if (!says_something(v)) {
            lint_say(l, LINT_INFO, "section_empty", at, "The section says nothing and is left out.");
        } else {
            lint_section_entries(l, v, at);
        }
    }
}

static void lint_content(struct linter *l)
{
    bool any = says_something(json_get_arr(l->root, "work")) || says_something(json_get_arr(l->root, "education")) ||
               says_something(json_get_arr(l->root, "projects")) || says_something(json_get_arr(l->root, "volunteer"));
    if (!any)
        lint_say(l, LINT_ERROR, "content_missing", "", "There is no work, education, project or volunteering.");
    if (!says_something(json_get_arr(l->root, "skills")))
        lint_say(l, LINT_WARNING, "skills_missing", "/skills",
                 "Trackers search in a section of skills; there is none.");
    if (any && !says_something(json_get_arr(l->root, "education")))
        lint_say(l, LINT_INFO, "education_missing", "/education", "There is no education.");
}

/* The same skill more than once */

static void count_keyword(struct linter *l, size_t list, size_t word, struct str text)
{
    size_t i, n, k, m, seen = 0;
    yyjson_val *o, *w;
    yyjson_arr_foreach(json_get_arr(l->root, "skills"), i, n, o)
    {
        yyjson_arr_foreach(json_get_arr(o, "keywords"), k, m, w)
        {
            bool before = i < list || (i == list && k < word);
            if (!str_ieq(str_trim(json_str(w)), text))
                continue;
            if (before)
                return; /* said at its first place */
            seen++;
        }
    }
    if (seen < 2)
        return;
    char at[LINT_POINTER_BYTES] = "/skills";
    json_pointer_add_index(at, sizeof(at), list);
    json_pointer_add(at, sizeof(at), "keywords");
    json_pointer_add_index(at, sizeof(at), word);
    lint_say(l, seen >= LISTED_OFTEN ? LINT_WARNING : LINT_INFO,
             seen >= LISTED_OFTEN ? "keyword_repeated" : "keyword_twice", at,
             "“%.*s” is listed %zu times; once counts as much.", (int)MIN(text.n, 60u), text.p, seen);
}

static void lint_keywords(struct linter *l)
{
    size_t i, n, k, m, total = 0;
    yyjson_val *o, *w;
    yyjson_arr_foreach(json_get_arr(l->root, "skills"), i, n, o)
    {
        yyjson_arr_foreach(json_get_arr(o, "keywords"), k, m, w)
        {
            struct str text = str_trim(json_str(w));
            if (text.n && ++total <= LINT_FINDINGS_MAX) /* each is compared with all */
                count_keyword(l, i, k, text);
        }
    }
}

static size_t words_in(yyjson_val *v)
{
    size_t i, n, words = 0;
    yyjson_val *key, *item;
    struct str s = json_str(v);
    for (size_t k = 0; k < s.n; k++)
        words += !str_is_space(s.p[k]) && (k == 0 || str_is_space(s.p[k - 1]));
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) words += words_in(item);
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) words += words_in(item);
    }
    return words;
}

static void lint_length(struct linter *l)
{
    size_t i, n, words = 0;
    yyjson_val *key, *v;
    yyjson_obj_foreach(l->root, i, n, key, v) if (is_standard(json_str(key))) words += words_in(v);
    if (words > WORDS_LONG)
        lint_say(l, LINT_INFO, "length_long", "", "About %zu words; two pages have 700 to 1,000.", words);
}

static void lint_types(struct linter *l)
{
    struct err e = {0};
    if (profile_check(l->root, &e) < 0)
        lint_say(l, LINT_ERROR, "field_type", e.pointer, "%s", e.msg);
}

int lint_resume(struct arena *a, yyjson_val *resume, struct lint_report *ret, struct err *err)
{
    static void (*const RULES[])(struct linter *) = {lint_types,   lint_contact,  lint_profiles,
                                                     lint_content, lint_sections, lint_entries,
                                                     lint_texts,   lint_keywords, lint_length};
    struct linter l = {.a = a, .root = resume, .r = ret};
    ret->n = 0;
    if (!yyjson_is_obj(resume))
        return err_set(err, ERR_INVALID, "a résumé is a JSON object");
    for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
        RULES[i](&l);
    return l.failed ? err_set(err, ERR_MEMORY, "the findings need more memory than their limit") : 0;
}
