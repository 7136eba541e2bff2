/* jobmill show APPLICATION|BATCH */
#include <stdio.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/labels.h"
#include "cli/outcome.h"
#include "cli/view.h"
#include "cli/watch.h"

#define SHOW_TEXT_BYTES ((size_t)16 * 1024 * 1024)

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
    buf_addf(&s->out, "%s%s%.*s%s\n\n", *label ? label : "Application", ref.n ? "  (" : "", (int)MIN(ref.n, 120u),
             ref.p ? ref.p : "", ref.n ? ")" : "");
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
    if (show_there(&s->score))
        view_score(s->score.json, &s->out);
    view_violations(s->resume.json, "résumé", &s->out);
    view_violations(s->letter.json, "letter", &s->out);
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
    buf_init(&s.out, SHOW_TEXT_BYTES);
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
