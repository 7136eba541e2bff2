/* Entries: who, what, when; and the items below them. */
#include "pipeline/engine/lint_parts.h"

#include <stdio.h>

#include "base/utf8.h"

#define HIGHLIGHT_LONG  300 /* characters */
#define HIGHLIGHT_SHORT 15
#define HIGHLIGHTS_MANY 10
#define COMPARED_MAX    200 /* items of which duplicates are looked for */

struct entries {
    struct linter *l;
    struct {
        struct str text;
    } seen[COMPARED_MAX];
    size_t seen_n;
};

static bool is_present(struct str s)
{
    static const char *const WORDS[] = {"present", "current", "now", "today", "ongoing"};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (str_ieqc(s, WORDS[i]))
            return true;
    return false;
}

static void at_field(char at[LINT_POINTER_BYTES], const char *entry, const char *field)
{
    snprintf(at, LINT_POINTER_BYTES, "%s", entry);
    json_pointer_add(at, LINT_POINTER_BYTES, field);
}

static struct month lint_date(struct linter *l, yyjson_val *o, const char *entry, const char *field)
{
    char at[LINT_POINTER_BYTES];
    struct str s = str_trim(json_get_str(o, field));
    struct month m = month_parse(s);
    at_field(at, entry, field);
    if (s.n && m.y == 0 && !is_present(s))
        lint_say(l, LINT_WARNING, "date_unreadable", at, "Write dates as 2021-03: “%.*s” is printed as it stands.",
                 (int)MIN(s.n, 40u), s.p);
    else if (s.n > 6 && m.y && m.m == 0)
        lint_say(l, LINT_WARNING, "date_month", at, "“%.*s” has no month from 01 to 12.", (int)MIN(s.n, 40u), s.p);
    return m;
}

static void lint_span(struct linter *l, yyjson_val *o, const char *entry, bool wanted)
{
    struct month from = lint_date(l, o, entry, "startDate"), to = lint_date(l, o, entry, "endDate");
    char at[LINT_POINTER_BYTES];
    bool any = str_trim(json_get_str(o, "startDate")).n || str_trim(json_get_str(o, "endDate")).n;
    if (wanted && !any)
        lint_say(l, LINT_WARNING, "dates_missing", entry, "Without dates no tracker can count this entry.");
    at_field(at, entry, "startDate");
    if (wanted && any && str_trim(json_get_str(o, "startDate")).n == 0)
        lint_say(l, LINT_INFO, "start_missing", at, "The entry has an end, but no start.");
    at_field(at, entry, "endDate");
    if (from.y && to.y && month_number(to, true) < month_number(from, false))
        lint_say(l, LINT_ERROR, "dates_reversed", at, "The end is before the start.");
}

static void lint_item(struct entries *e, struct str s, const char *at)
{
    size_t n = utf8_count(s);
    if (n > HIGHLIGHT_LONG)
        lint_say(e->l, LINT_INFO, "highlight_long", at, "%zu characters: three lines are the most that is read.", n);
    else if (n < HIGHLIGHT_SHORT)
        lint_say(e->l, LINT_INFO, "highlight_short", at, "%zu characters say little: what was done, with what result?",
                 n);
    for (size_t i = 0; i < e->seen_n; i++)
        if (str_ieq(e->seen[i].text, s)) {
            lint_say(e->l, LINT_WARNING, "highlight_duplicate", at, "The same item stands in the résumé before.");
            return;
        }
    if (e->seen_n < COMPARED_MAX)
        e->seen[e->seen_n++].text = s;
}

static size_t lint_items(struct entries *e, yyjson_val *o, const char *entry)
{
    size_t i, n, said = 0;
    yyjson_val *item;
    yyjson_arr_foreach(json_get_arr(o, "highlights"), i, n, item)
    {
        char at[LINT_POINTER_BYTES];
        struct str s = str_trim(json_str(item));
        at_field(at, entry, "highlights");
        json_pointer_add_index(at, sizeof(at), i);
        if (s.n == 0) {
            lint_say(e->l, LINT_INFO, "highlight_empty", at, "The item is empty and is left out.");
            continue;
        }
        said++;
        lint_item(e, s, at);
    }
    if (said > HIGHLIGHTS_MANY)
        lint_say(e->l, LINT_INFO, "highlights_many", entry, "%zu items: the best five or six are read.", said);
    return said;
}

static const struct {
    const char *section, *what, *whose; /* fields that an entry must have */
    const char *what_code, *whose_code;
    bool dates, items;
} ENTRIES[] = {
    {"work", "position", "name", "title_missing", "employer_missing", true, true},
    {"volunteer", "position", "organization", "title_missing", "organization_missing", false, false},
    {"projects", "name", NULL, "project_name_missing", NULL, false, false},
    {"education", "area", "institution", "field_of_study_missing", "institution_missing", true, false},
};

static void lint_entry(struct entries *e, size_t kind, yyjson_val *o, const char *entry)
{
    char at[LINT_POINTER_BYTES];
    bool what = str_trim(json_get_str(o, ENTRIES[kind].what)).n || str_trim(json_get_str(o, "studyType")).n;
    const char *whose = ENTRIES[kind].whose;
    at_field(at, entry, ENTRIES[kind].what);
    if (!what)
        lint_say(e->l, LINT_WARNING, ENTRIES[kind].what_code, at, "The entry does not say what it was.");
    at_field(at, entry, whose ? whose : "");
    if (whose && str_trim(json_get_str(o, whose)).n == 0 && str_trim(json_get_str(o, "company")).n == 0)
        lint_say(e->l, LINT_WARNING, ENTRIES[kind].whose_code, at, "The entry does not say where it was.");
    lint_span(e->l, o, entry, ENTRIES[kind].dates);
    size_t items = lint_items(e, o, entry);
    if (ENTRIES[kind].items && items == 0 && str_trim(json_get_str(o, "summary")).n == 0)
        lint_say(e->l, LINT_INFO, "highlights_missing", entry, "The job says nothing about what was done in it.");
}

/* Newest first is what readers and parsers expect. */
static void lint_order(struct linter *l)
{
    size_t i, n;
    yyjson_val *o;
    int before = 0;
    yyjson_arr_foreach(json_get_arr(l->root, "work"), i, n, o)
    {
        struct month m = month_parse(str_trim(json_get_str(o, "startDate")));
        int at = m.y ? month_number(m, false) : 0;
        if (before && at > before) {
            lint_say(l, LINT_INFO, "order_not_newest_first", "/work", "Jobs are expected newest first.");
            return;
        }
        before = at ? at : before;
    }
}

void lint_entries(struct linter *l)
{
    struct entries e = {.l = l};
    size_t i, n;
    yyjson_val *o;
    for (size_t k = 0; k < ARRAY_LEN(ENTRIES); k++)
        yyjson_arr_foreach(json_get_arr(l->root, ENTRIES[k].section), i, n, o)
        {
            char at[LINT_POINTER_BYTES] = "";
            json_pointer_add(at, sizeof(at), ENTRIES[k].section);
            json_pointer_add_index(at, sizeof(at), i);
            if (yyjson_is_obj(o) && yyjson_obj_size(o))
                lint_entry(&e, k, o, at);
        }
    lint_order(l);
}
