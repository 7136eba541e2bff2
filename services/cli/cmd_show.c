/* jobmill show APPLICATION|BATCH */
#include <stdio.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/labels.h"
#include "cli/outcome.h"
#include "cli/watch.h"

#define SHOW_MATCHES_MAX 6
#define SHOW_TEXT_BYTES  ((size_t)2 * 1024 * 1024)

struct show {
    struct api *api;
    const char *id;
    yyjson_val *app;
    struct api_reply score, analysis, letter, resume, text;
    struct buf out;
};

static void show_fetch(struct show *s)
{
    struct str job = json_get_str(s->app, "job_id");
    struct err ignored; /* what is not there yet is not shown */
    (void)!api_get(s->api, &s->score, &ignored, "/api/v1/applications/%s/score", s->id);
    (void)!api_get(s->api, &s->letter, &ignored, "/api/v1/applications/%s/cover-letter?format=json", s->id);
    (void)!api_get(s->api, &s->resume, &ignored, "/api/v1/applications/%s/resume?format=json", s->id);
    (void)!api_get(s->api, &s->text, &ignored, "/api/v1/applications/%s/cover-letter?format=txt", s->id);
    (void)!api_get(s->api, &s->analysis, &ignored, "/api/v1/jobs/%.*s/analysis", (int)job.n, job.p ? job.p : "");
}

static bool show_there(const struct api_reply *r)
{
    return r->status == 200;
}

static void show_head(struct show *s)
{
    char text[FORMAT_BYTES];
    struct labels labels;
    labels_init(&labels, s->api);
    const char *label = labels_of(&labels, json_get_str(s->app, "job_id"));
    struct str ref = json_get_str(s->app, "client_ref"), state = json_get_str(s->app, "state");
    int64_t score = json_get_int(s->app, "score", -1);
    double seconds = outcome_seconds(s->app);
    buf_addf(&s->out, "%s%s%.*s%s\n\n", *label ? label : "Application", ref.n ? "  (" : "", (int)MIN(ref.n, 120u), ref.p ? ref.p : "", ref.n ? ")" : "");
    buf_addf(&s->out, "state       " STR_FMT, STR_ARG(state));
    struct str stage = json_get_str(s->app, "stage");
    if (stage.n)
        buf_addf(&s->out, ", stage " STR_FMT, STR_ARG(stage));
    if (seconds >= 0)
        buf_addf(&s->out, " after %s s", format_seconds(seconds, text));
    buf_addf(&s->out, ", cost %s\n", format_cost(json_get_int(s->app, "cost_microusd", 0), text));
    if (score >= 0)
        buf_addf(&s->out, "score       %lld (%s)\n", (long long)score, labels_band(score));
    yyjson_val *problem = json_get_obj(s->app, "problem");
    struct str detail = json_get_str(problem, "detail");
    if (detail.n)
        buf_addf(&s->out, "because     " STR_FMT "\n", STR_ARG(detail));
    labels_fini(&labels);
}

static void show_dimensions(struct show *s)
{
    yyjson_val *rows = json_get_arr(s->score.json, "dimensions");
    if (!show_there(&s->score) || yyjson_arr_size(rows) == 0)
        return;
    buf_adds(&s->out, "\nScore\n");
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *d = yyjson_arr_get(rows, i);
        struct str key = json_get_str(d, "key"), detail = json_get_str(d, "detail");
        if (json_get_bool(d, "present", true))
            buf_addf(&s->out, "  %-14.*s %3.0f  %.*s\n", (int)key.n, key.p, json_get_num(d, "score", 0), (int)MIN(detail.n, 300u), detail.p ? detail.p : "");
        else
            buf_addf(&s->out, "  %-14.*s   -  %.*s\n", (int)key.n, key.p, (int)MIN(detail.n, 300u), detail.p ? detail.p : "");
    }
}

/* Text of a requirement by its id. */
static struct str show_requirement(struct show *s, struct str id)
{
    yyjson_val *rows = json_get_arr(s->analysis.json, "requirements");
    for (size_t i = 0; i < yyjson_arr_size(rows); i++)
        if (str_eq(json_get_str(yyjson_arr_get(rows, i), "id"), id))
            return json_get_str(yyjson_arr_get(rows, i), "text");
    return id;
}

static bool show_is_match(struct str status)
{
    return str_eqc(status, "direct") || str_eqc(status, "strong") || str_eqc(status, "synonym") || str_eqc(status, "transferable");
}

/* The heaviest requirements that are met, or that are not. */
static void show_requirements(struct show *s, bool met, const char *heading)
{
    yyjson_val *rows = json_get_arr(s->score.json, "requirement_match");
    bool used[256] = {false};
    size_t n = MIN(yyjson_arr_size(rows), sizeof(used));
    for (int shown = 0; shown < SHOW_MATCHES_MAX; shown++) {
        ptrdiff_t best = -1;
        double most = -1;
        for (size_t i = 0; i < n; i++) {
            yyjson_val *row = yyjson_arr_get(rows, i);
            struct str status = json_get_str(row, "status");
            double points = json_get_num(row, met ? "points" : "points_max", 0);
            if (!used[i] && show_is_match(status) == met && !str_eqc(status, "not_assessed") && points > most) {
                best = (ptrdiff_t)i;
                most = points;
            }
        }
        if (best < 0)
            return;
        used[best] = true;
        yyjson_val *row = yyjson_arr_get(rows, (size_t)best);
        struct str status = json_get_str(row, "status"), text = show_requirement(s, json_get_str(row, "requirement_id"));
        if (shown == 0)
            buf_addf(&s->out, "\n%s\n", heading);
        buf_addf(&s->out, "  %-13.*s %.*s\n", (int)status.n, status.p, (int)MIN(text.n, 200u), text.p ? text.p : "");
    }
}

static void show_blockers(struct show *s)
{
    yyjson_val *rows = json_get_arr(s->score.json, "blockers");
    bool first = true;
    for (size_t i = 0; i < yyjson_arr_size(rows); i++) {
        yyjson_val *b = yyjson_arr_get(rows, i);
        struct str reason = json_get_str(b, "reason"), action = json_get_str(b, "action");
        if (json_get_bool(b, "met", false) || reason.n == 0)
            continue;
        buf_adds(&s->out, first ? "\nIn the way\n" : "");
        first = false;
        buf_addf(&s->out, "  " STR_FMT "%s" STR_FMT "\n", STR_ARG(reason), action.n ? ": " : "", STR_ARG(action));
    }
}

static void show_violations(struct show *s, const char *what, yyjson_val *document)
{
    yyjson_val *rows = json_get_arr(json_get_obj(document, "guard"), "violations");
    for (size_t i = 0; i < yyjson_arr_size(rows) && i < 20; i++) {
        yyjson_val *v = yyjson_arr_get(rows, i);
        struct str code = json_get_str(v, "code"), span = json_get_str(v, "span"), detail = json_get_str(v, "detail");
        if (i == 0)
            buf_addf(&s->out, "\nTo be reviewed in the %s\n", what);
        buf_addf(&s->out, "  %-16.*s %.*s%s%.*s\n", (int)code.n, code.p ? code.p : "", (int)MIN(span.n, 200u), span.p ? span.p : "",
                 span.n && detail.n ? ": " : "", (int)MIN(detail.n, 200u), detail.p ? detail.p : "");
    }
}

static void show_letter(struct show *s)
{
    if (!show_there(&s->text) || s->text.body.len == 0)
        return;
    struct str rest = {.p = buf_str(&s->text.body), .n = s->text.body.len}, line;
    buf_adds(&s->out, "\nLetter\n");
    while (str_next_line(&rest, &line))
        buf_addf(&s->out, "%s" STR_FMT "\n", line.n ? "  " : "", STR_ARG(line));
}

static void show_text(struct show *s)
{
    show_head(s);
    show_dimensions(s);
    show_requirements(s, true, "Matches");
    show_requirements(s, false, "Gaps");
    show_blockers(s);
    show_violations(s, "résumé", s->resume.json);
    show_violations(s, "letter", s->letter.json);
    show_letter(s);
}

static void show_json_part(struct show *s, const char *key, const struct api_reply *r)
{
    if (show_there(r) && r->body.len)
        buf_addf(&s->out, ",\"%s\":%s", key, buf_str(&r->body));
}

static void show_json(struct show *s, const struct api_reply *app)
{
    buf_addf(&s->out, "{\"application\":%s", buf_str(&app->body));
    show_json_part(s, "score", &s->score);
    show_json_part(s, "resume", &s->resume);
    show_json_part(s, "cover_letter", &s->letter);
    show_json_part(s, "analysis", &s->analysis);
    buf_adds(&s->out, "}\n");
}

static int show_application(struct api *api, const char *id, const struct api_reply *app)
{
    struct show s = {.api = api, .id = id, .app = app->json};
    buf_init(&s.out, SHOW_TEXT_BYTES * 8);
    show_fetch(&s);
    if (api->cli->json)
        show_json(&s, app);
    else
        show_text(&s);
    fputs(buf_str(&s.out), stdout);
    buf_fini(&s.out);
    struct api_reply *all[] = {&s.score, &s.analysis, &s.letter, &s.resume, &s.text};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        api_reply_fini(all[i]);
    return CLI_OK;
}

static int show_batch(struct api *api, const char *id, const struct api_reply *batch, struct err *err)
{
    if (!api->cli->json) {
        struct bars_counts c;
        struct buf line;
        buf_init(&line, 4096);
        bars_read(batch->json, &c);
        struct str from = json_get_str(batch->json, "created_at"), to = json_get_str(batch->json, "updated_at");
        double took = from.n && to.n ? format_time_parse(to.p, to.n) - format_time_parse(from.p, from.n) : 0;
        bars_line(&c, -1, took > 0 ? (uint64_t)(took * 1000) : 0, &line);
        printf("batch %s  %s  %s\n", id, c.state, buf_str(&line));
        buf_fini(&line);
    } else {
        printf("%s\n", buf_str(&batch->body));
    }
    return outcome_print(api, id, err) < 0 ? cli_fail(err) : CLI_OK;
}

int cmd_show(struct cli *cli)
{
    struct api api;
    struct err err = {0};
    struct api_reply r;
    const char *id = cli->args.words[0];
    if (api_id_check(id, "an application or a batch", &err) < 0 || api_open(&api, cli, &err) < 0)
        return cli_fail(&err);
    int code, rc = api_get(&api, &r, &err, "/api/v1/applications/%s", id);
    if (rc == 0) {
        code = show_application(&api, id, &r);
    } else if (err.code == ERR_NOT_FOUND) {
        api_reply_fini(&r);
        rc = api_get(&api, &r, &err, "/api/v1/batches/%s", id);
        if (rc < 0 && err.code == ERR_NOT_FOUND)
            err_set(&err, ERR_NOT_FOUND, "there is no application and no batch %s", id);
        code = rc < 0 ? cli_fail(&err) : show_batch(&api, id, &r, &err);
    } else {
        code = cli_fail(&err);
    }
    api_reply_fini(&r);
    api_close(&api);
    return code;
}
