/* POST /applications: one transaction makes and releases it, then it is published. 202 means committed. */
#include <string.h>
#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "gateway/applications.h"
#include "gateway/render.h"
#include "gateway/routes.h"
#include "gateway/submission.h"
#include "gateway/submit_check.h"

struct submit_op {
    struct applications_view view; /* first */
    struct submission submission;
    bool validate_only;
};

static void submit_headers(struct submit_op *op, bool replayed)
{
    call_location(op->view.c, "applications", &op->view.application_id, true);
    if (replayed)
        http_reply_header(op->view.c->req, "Idempotent-Replayed", "true");
}

static void submit_stored(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct submit_op *op = ud;
    struct call *c = op->view.c;
    struct application_row row;
    struct pg_rows changes;
    CALL_HELD(c);
    if (err && err->code == ERR_INVALID)
        metrics_add(METRICS_REJECTED, 1, err_slug(err->code), NULL);
    if (err) {
        call_fail_store(c, err);
        return;
    }
    struct uuid asked = op->view.application_id;
    bool replayed = applications_submit_read(reply, &asked, &op->view.application_id, &changes, &row);
    submit_headers(op, replayed);
    if (replayed) {
        applications_view_fetch(&op->view);
        return;
    }
    gateway_publish(c->g, &changes);
    metrics_add(METRICS_ACCEPTED, 1, priority_name(row.priority), NULL);
    applications_view_row(&op->view, &row);
}

static void submit_store(struct submit_op *op, const struct idempotency *key)
{
    struct call *c = op->view.c;
    struct submission *s = &op->submission;
    op->view.application_id = ids_uuid();
    s->job.job_id = ids_uuid();
    const struct application_new row = {
        .application_id = op->view.application_id,
        .user_id = s->user_id,
        .job_id = s->job_id,
        .job = s->has_job ? &s->job : NULL,
        .client_ref = s->client_ref,
        .options = s->options,
        .traceparent = str_of(http_request_trace(c->req)->parent),
        .priority = s->priority < 0 ? PRIORITY_INTERACTIVE : s->priority,
        .key = *key,
    };
    call_hold(c);
    applications_submit(c->g->pool, &c->tenant_id, &row, submit_stored, op);
}

static void submit_body(struct http_request *req, void *ud, struct str body)
{
    struct submit_op *op = ud;
    struct call *c = op->view.c;
    struct idempotency key;
    struct faults faults;
    faults_init(&faults);
    if (submission_parse(http_request_arena(req), body, &op->submission, &faults) < 0) {
        metrics_add(METRICS_REJECTED, 1, err_slug(faults.items[0].code), NULL);
        call_fail_faults(c, &faults);
    } else if (op->validate_only) {
        submit_check(c, &op->submission);
    } else if (call_idempotency(c, KEYS_ROUTE_APPLICATIONS, body, &key)) {
        submit_store(op, &key);
    }
}

void applications_post(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct err err;
    struct submit_op *op = CALL_STATE(c, struct submit_op);
    if (!op || !call_query(c, (const char *const[]){"wait", "validate_only", NULL}))
        return;
    op->view.c = c;
    op->view.status = 202;
    if (http_query_bool(c->req, "validate_only", false, &op->validate_only, &err) < 0)
        call_fail(c, &err);
    else if (applications_view_wait(&op->view))
        call_read_json(c, (size_t)config_int(c->g->config, CONFIG_HTTP_BODY_MAX), submit_body, op);
}
