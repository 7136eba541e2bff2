#include "cli/outcome.h"

#include <stdio.h>
#include <string.h>
#include "cli/format.h"
#include "cli/labels.h"
#include "cli/table.h"

#define OUTCOME_PAGE       100
#define OUTCOME_TEXT_BYTES ((size_t)4 * 1024 * 1024)

static const struct table_column outcome_columns[] = {{"posting", false, 48}, {"score", true, 0},   {"band", false, 0},
                                                      {"state", false, 0},    {"seconds", true, 0}, {"cost", true, 0}};

double outcome_seconds(yyjson_val *application)
{
    struct str from = json_get_str(application, "created_at"), to = json_get_str(application, "ended_at");
    double a = from.n ? format_time_parse(from.p, from.n) : -1, b = to.n ? format_time_parse(to.p, to.n) : -1;
    return a < 0 || b < 0 ? -1 : b - a;
}

static void outcome_row(struct table *t, struct labels *labels, yyjson_val *app)
{
    char text[FORMAT_BYTES];
    int64_t score = json_get_int(app, "score", -1);
    double seconds = outcome_seconds(app);
    const char *label = labels_of(labels, json_get_str(app, "job_id"));
    struct str ref = json_get_str(app, "client_ref"), state = json_get_str(app, "state");
    if (*label)
        table_cell(t, label);
    else
        table_cellf(t, STR_FMT, (int)MIN(ref.n, 120u), ref.p ? ref.p : "");
    table_cellf(t, score < 0 ? "-" : "%lld", (long long)score);
    table_cell(t, labels_band(score));
    table_cellf(t, STR_FMT, STR_ARG(state));
    table_cell(t, seconds < 0 ? "-" : format_seconds(seconds, text));
    table_cell(t, format_cost(json_get_int(app, "cost_microusd", 0), text));
}

static void outcome_json(struct api_reply *r, yyjson_val *app)
{
    size_t n = 0;
    char *text = json_write(&r->arena, app, &n);
    if (text)
        printf("%.*s\n", (int)n, text);
}

/* One page; token is replaced by that of the next, "" at the end. */
static int outcome_page(struct api *a, const char *batch, char *token, size_t cap, struct table *t,
                        struct labels *labels, struct err *err)
{
    struct api_reply r;
    int rc = api_get(a, &r, err, "/api/v1/applications?batch_id=%s&page_size=%d%s%s", batch, OUTCOME_PAGE,
                     *token ? "&page_token=" : "", token);
    yyjson_val *items = rc == 0 ? json_get_arr(r.json, "items") : NULL;
    for (size_t i = 0; i < yyjson_arr_size(items); i++) {
        if (a->cli->json)
            outcome_json(&r, yyjson_arr_get(items, i));
        else if (table_rows(t) < OUTCOME_ROWS_MAX)
            outcome_row(t, labels, yyjson_arr_get(items, i));
    }
    struct str next = rc == 0 ? json_get_str(r.json, "next_page_token") : STR("");
    snprintf(token, cap, STR_FMT, (int)MIN(next.n, cap - 1), next.p ? next.p : "");
    api_reply_fini(&r);
    return rc;
}

int outcome_print(struct api *a, const char *batch, struct err *err)
{
    char token[256] = "";
    struct labels labels;
    _cleanup_(table_freep)
    struct table *t = table_new(outcome_columns, (int)ARRAY_LEN(outcome_columns));
    if (!t)
        return err_set(err, ERR_MEMORY, "no memory left");
    labels_init(&labels, a);
    int rc;
    do
        rc = outcome_page(a, batch, token, sizeof(token), t, &labels, err);
    while (rc == 0 && *token && (a->cli->json || table_rows(t) < OUTCOME_ROWS_MAX));
    if (rc == 0 && !a->cli->json) {
        struct buf b;
        buf_init(&b, OUTCOME_TEXT_BYTES);
        table_write(t, &b);
        fputs(buf_str(&b), stdout);
        buf_fini(&b);
        if (*token)
            printf("... the first %d; all of them: jobmill results %s --out DIR\n", OUTCOME_ROWS_MAX, batch);
    }
    labels_fini(&labels);
    return rc;
}
