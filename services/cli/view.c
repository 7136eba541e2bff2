#include "cli/view.h"

#include <stdio.h>

#define VIEW_MATCHES_MAX 6
#define VIEW_ROWS_MAX    256
#define VIEW_LIST_MAX    20

/* At most max bytes of a text, for "%.*s". */
#define VIEW_CUT(s, max) (int)MIN((s).n, (size_t)(max)), (s).p ? (s).p : ""

static void view_dimensions(yyjson_val *score, struct buf *out)
{
    yyjson_val *rows = json_get_arr(score, "dimensions");
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *d = yyjson_arr_get(rows, i);
        struct str key = json_get_str(d, "key"), detail = json_get_str(d, "detail");
        buf_adds(out, i ? "" : "\nScore (share reached, weight)\n");
        if (json_get_bool(d, "present", true))
            buf_addf(out, "  %-13.*s %3.0f%% of %2.0f  %.*s\n", VIEW_CUT(key, 13), json_get_num(d, "score", 0) * 100,
                     json_get_num(d, "effective_weight", json_get_num(d, "weight", 0)), VIEW_CUT(detail, 300));
        else
            buf_addf(out, "  %-13.*s    -        %.*s\n", VIEW_CUT(key, 13), VIEW_CUT(detail, 300));
    }
}

static bool view_is_match(struct str status)
{
    return str_eqc(status, "direct") || str_eqc(status, "strong") || str_eqc(status, "synonym") ||
           str_eqc(status, "transferable");
}

/* The row with the most points that was not shown yet, -1 when there is none. */
static ptrdiff_t view_heaviest(yyjson_val *rows, bool met, const bool *used)
{
    ptrdiff_t best = -1;
    double most = -1;
    for (size_t i = 0; i < MIN(yyjson_arr_size(rows), (size_t)VIEW_ROWS_MAX); i++) {
        yyjson_val *row = yyjson_arr_get(rows, i);
        struct str status = json_get_str(row, "status");
        double points = json_get_num(row, met ? "points" : "points_max", 0);
        if (!used[i] && view_is_match(status) == met && !str_eqc(status, "not_assessed") && points > most) {
            best = (ptrdiff_t)i;
            most = points;
        }
    }
    return best;
}

static void view_requirements(yyjson_val *score, bool met, const char *heading, struct buf *out)
{
    yyjson_val *rows = json_get_arr(score, "requirement_match");
    bool used[VIEW_ROWS_MAX] = {false};
    for (int shown = 0; shown < VIEW_MATCHES_MAX; shown++) {
        ptrdiff_t best = view_heaviest(rows, met, used);
        if (best < 0)
            return;
        used[best] = true;
        yyjson_val *row = yyjson_arr_get(rows, (size_t)best);
        struct str status = json_get_str(row, "status"), text = json_get_str(row, "text"),
                   form = json_get_str(row, "matched_form");
        if (text.n == 0)
            text = json_get_str(row, "requirement_id");
        buf_addf(out, "%s%s%s  %-13.*s %.*s", shown ? "" : "\n", shown ? "" : heading, shown ? "" : "\n",
                 VIEW_CUT(status, 13), VIEW_CUT(text, 200));
        if (met && form.n)
            buf_addf(out, "  [%.*s]", VIEW_CUT(form, 80));
        buf_addc(out, '\n');
    }
}

static void view_blockers(yyjson_val *score, struct buf *out)
{
    yyjson_val *rows = json_get_arr(score, "blockers");
    bool first = true;
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *b = yyjson_arr_get(rows, i);
        struct str reason = json_get_str(b, "reason"), action = json_get_str(b, "action");
        if (json_get_bool(b, "met", false) || reason.n == 0)
            continue;
        buf_adds(out, first ? "\nIn the way\n" : "");
        first = false;
        buf_addf(out, "  %.*s%s%.*s\n", VIEW_CUT(reason, 300), action.n ? " " : "", VIEW_CUT(action, 300));
    }
}

void view_score(yyjson_val *score, struct buf *out)
{
    view_dimensions(score, out);
    view_requirements(score, true, "Matches", out);
    view_requirements(score, false, "Gaps", out);
    view_blockers(score, out);
}

void view_violations(yyjson_val *document, const char *what, struct buf *out)
{
    yyjson_val *rows = json_get_arr(json_get_obj(document, "guard"), "violations");
    for (size_t i = 0; i < yyjson_arr_size(rows) && i < VIEW_LIST_MAX; i++) {
        yyjson_val *v = yyjson_arr_get(rows, i);
        struct str code = json_get_str(v, "code"), value = json_get_str(v, "value"),
                   severity = json_get_str(v, "severity");
        if (value.n == 0)
            value = json_get_str(v, "text");
        if (i == 0)
            buf_addf(out, "\nTo be reviewed in the %s\n", what);
        buf_addf(out, "  %-18.*s %.*s%s%.*s%s\n", VIEW_CUT(code, 40), VIEW_CUT(value, 200), severity.n ? "  (" : "",
                 VIEW_CUT(severity, 20), severity.n ? ")" : "");
    }
}

static void view_pair(const char *name, struct str value, struct buf *out)
{
    if (value.n)
        buf_addf(out, "  %-11s %.*s\n", name, VIEW_CUT(value, 300));
}

static void view_asked(yyjson_val *analysis, bool required, const char *heading, struct buf *out)
{
    yyjson_val *rows = json_get_arr(analysis, "requirements");
    bool first = true;
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *r = yyjson_arr_get(rows, i);
        struct str kind = json_get_str(r, "kind"), text = json_get_str(r, "text");
        if (str_eqc(json_get_str(r, "priority"), "required") != required)
            continue;
        if (first)
            buf_addf(out, "\n%s\n", heading);
        first = false;
        buf_addf(out, "  %-13.*s %.*s%s\n", VIEW_CUT(kind, 13), VIEW_CUT(text, 240),
                 json_get_bool(r, "knockout", false) ? "  (knockout)" : "");
    }
}

static void view_responsibilities(yyjson_val *analysis, struct buf *out)
{
    yyjson_val *rows = json_get_arr(analysis, "responsibilities");
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *r = yyjson_arr_get(rows, i);
        struct str text = yyjson_is_str(r) ? json_str(r) : json_get_str(r, "text");
        buf_addf(out, "%s  - %.*s\n", i ? "" : "\nWhat the work is\n", VIEW_CUT(text, 240));
    }
}

void view_analysis(yyjson_val *analysis, struct buf *out)
{
    struct str title = json_get_str(analysis, "title"),
               company = json_get_str(json_get_obj(analysis, "company"), "name");
    buf_addf(out, "%.*s%s%.*s\n", VIEW_CUT(title, 200), title.n && company.n ? ", " : "", VIEW_CUT(company, 120));
    view_pair("verdict", json_get_str(analysis, "verdict"), out);
    view_pair("language", json_get_str(analysis, "posting_language"), out);
    yyjson_val *employment = json_get_obj(analysis, "employment"), *place = json_get_obj(analysis, "location");
    view_pair("level", json_get_str(employment, "seniority"), out);
    view_pair("type", json_get_str(employment, "type"), out);
    view_pair("place", json_get_str(place, "text"), out);
    view_pair("mode", json_get_str(place, "work_mode"), out);
    view_pair("pay", json_get_str(json_get_obj(analysis, "compensation"), "advertised_text"), out);
    view_pair("mission", json_get_str(analysis, "mission"), out);
    view_asked(analysis, true, "Required", out);
    view_asked(analysis, false, "Preferred", out);
    view_responsibilities(analysis, out);
}

void view_changes(yyjson_val *resume, struct buf *out)
{
    yyjson_val *rows = json_get_arr(resume, "ops");
    for (size_t i = 0; i < yyjson_arr_size(rows) && i < VIEW_LIST_MAX; i++) {
        yyjson_val *op = yyjson_arr_get(rows, i);
        struct str path = json_get_str(op, "path"), reason = json_get_str(op, "reason"), id = json_get_str(op, "op_id");
        bool left_out = str_eqc(json_get_str(op, "verdict"), "rejected");
        buf_addf(out, "%s  %-5.*s %-24.*s %s%.*s\n", i ? "" : "\nWhat was changed, and why\n", VIEW_CUT(id, 12),
                 VIEW_CUT(path, 60), left_out ? "(left out) " : "", VIEW_CUT(reason, 240));
    }
}
