#include "cli/control.h"

#include <stdio.h>
#include <string.h>
#include "io/control/server.h"

#define CONTROL_ASK_MS    3000
#define CONTROL_LOOK_MS   800
#define CONTROL_MAX_BYTES ((size_t)8 * 1024 * 1024)

int control_supervisor(const struct cli *cli, const struct control_request *q, struct control_reply *ret,
                       struct err *err)
{
    char url[CONTROL_URL_BYTES];
    struct err own = {0};
    memset(ret, 0, sizeof(*ret));
    int rc = control_call(control_url_make(cli->run_dir, FLEET_SUPERVISOR, url), q, CONTROL_ASK_MS, ret, &own);
    if (rc < 0 && own.code == ERR_UNAVAILABLE)
        return err_set(err, ERR_UNAVAILABLE, "no supervisor runs in %.150s: start it with jobmill up --detach",
                       cli->run_dir);
    if (rc < 0) {
        if (err)
            *err = own;
        return rc;
    }
    return ret->ok ? 0 : err_set(err, ERR_CONFLICT, "%s", ret->error);
}

static void control_text(yyjson_val *v, const char *key, char *out, size_t cap)
{
    struct str s = json_get_str(v, key);
    snprintf(out, cap, STR_FMT, STR_ARG(s));
}

static void control_process_read(yyjson_val *v, struct control_process *p)
{
    *p = (struct control_process){.pid = (int)json_get_int(v, "pid", 0),
                                  .up_ms = (uint64_t)json_get_int(v, "up_ms", 0),
                                  .restarts = (unsigned)json_get_int(v, "restarts", 0)};
    control_text(v, "kind", p->kind, sizeof(p->kind));
    control_text(v, "instance", p->instance, sizeof(p->instance));
    control_text(v, "state", p->state, sizeof(p->state));
    control_text(v, "last_end", p->last_end, sizeof(p->last_end));
}

static int control_fleet_read(const char *text, struct control_fleet *f, struct err *err)
{
    struct arena a;
    arena_init(&a, CONTROL_MAX_BYTES);
    yyjson_val *root, *v;
    int rc = json_parse(&a, str_of(text), &root, NULL, err);
    if (rc == 0) {
        control_text(root, "url", f->url, sizeof(f->url));
        control_text(root, "phase", f->phase, sizeof(f->phase));
        control_text(root, "version", f->version, sizeof(f->version));
        control_text(root, "postgres", f->postgres, sizeof(f->postgres));
        control_text(root, "kafka", f->kafka, sizeof(f->kafka));
        control_text(root, "redis", f->redis, sizeof(f->redis));
        f->pid = (int)json_get_int(root, "pid", 0);
        f->postgres_port = (int)json_get_int(root, "postgres_port", 0);
        f->redis_port = (int)json_get_int(root, "redis_port", 0);
        f->partitions = (int)json_get_int(root, "partitions", 0);
        size_t i, max;
        yyjson_val *children = json_get_arr(root, "children");
        yyjson_arr_foreach(children, i, max, v) if (f->n < FLEET_CHILDREN_MAX)
            control_process_read(v, &f->processes[f->n++]);
    }
    arena_fini(&a);
    return rc;
}

int control_fleet_load(const struct cli *cli, struct control_fleet *ret, struct err *err)
{
    struct control_reply r;
    memset(ret, 0, sizeof(*ret));
    int rc = control_supervisor(cli, &(struct control_request){.verb = CONTROL_STATS}, &r, err);
    if (rc == 0)
        rc = control_fleet_read(r.text ? r.text : "", ret, err);
    control_reply_fini(&r);
    return rc;
}

void control_fleet_ask(const struct cli *cli, struct control_fleet *f)
{
    static struct control_survey survey[FLEET_CHILDREN_MAX];
    static char urls[FLEET_CHILDREN_MAX][CONTROL_URL_BYTES];
    memset(survey, 0, sizeof(survey));
    for (int i = 0; i < f->n; i++)
        survey[i].url = control_url_make(cli->run_dir, f->processes[i].instance, urls[i]);
    if (f->n)
        control_survey(survey, f->n, &(struct control_request){.verb = CONTROL_PING}, CONTROL_LOOK_MS);
    for (int i = 0; i < f->n; i++) {
        struct control_process *p = &f->processes[i];
        const struct control_reply *r = &survey[i].reply;
        p->answered = survey[i].code == 0 && r->ok;
        if (p->answered) {
            snprintf(p->own_state, sizeof(p->own_state), "%.15s", r->state);
            p->in_flight = r->in_flight;
            p->concurrency = r->concurrency;
            p->ops_port = r->ops_port;
        }
        control_reply_fini(&survey[i].reply);
    }
}
