/* Postings: the same content is the same job, 201 the first time and 200 from then on. */
#include "core/ids.h"
#include "gateway/render.h"
#include "gateway/routes.h"
#include "gateway/submission.h"

struct jobs_op {
    struct call *c;
    struct job_input job;
    struct uuid job_id;
};

static void jobs_stored(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct jobs_op *op = ud;
    struct call *c = op->c;
    struct job_row row;
    bool replayed;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
        return;
    }
    jobs_put_read(reply, &row, &replayed);
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    render_job(&b, &row);
    if (replayed)
        http_reply_header(c->req, "Idempotent-Replayed", "true");
    call_location(c, "jobs", &row.job_id, false);
    call_reply(c, replayed || uuid_eq(&row.job_id, &op->job.job_id) ? 201 : 200, &b);
    buf_fini(&b);
}

static void jobs_body(struct http_request *req, void *ud, struct str body)
{
    struct jobs_op *op = ud;
    struct idempotency key;
    struct faults faults;
    faults_init(&faults);
    if (submission_job_parse(http_request_arena(req), body, &op->job, &faults) < 0) {
        call_fail_faults(op->c, &faults);
        return;
    }
    if (!call_idempotency(op->c, KEYS_ROUTE_JOBS, body, &key))
        return;
    op->job.job_id = ids_uuid();
    call_hold(op->c);
    jobs_put(op->c->g->pool, &op->c->tenant_id, &op->job, &key, jobs_stored, op);
}

void jobs_post(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct jobs_op *op = CALL_STATE(c, struct jobs_op);
    if (!op || !call_query(c, (const char *const[]){NULL}))
        return;
    op->c = c;
    call_read_json(c, (size_t)config_int(c->g->config, CONFIG_HTTP_BODY_MAX), jobs_body, op);
}

static void jobs_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct jobs_op *op = ud;
    struct job_row row;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
    } else if (!jobs_read(reply, &row)) {
        call_not_found(op->c, "job");
    } else {
        struct buf b;
        buf_init(&b, CALL_BODY_MAX_BYTES);
        render_job(&b, &row);
        call_reply_etag(op->c, &b, NULL);
        buf_fini(&b);
    }
}

static struct jobs_op *jobs_begin(struct call *c)
{
    struct jobs_op *op = CALL_STATE(c, struct jobs_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->job_id, "job"))
        return NULL;
    op->c = c;
    call_hold(c);
    return op;
}

void jobs_get(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct jobs_op *op = jobs_begin(c);
    if (op)
        jobs_find(c->g->pool, &c->tenant_id, &op->job_id, jobs_found, op);
}

static void jobs_analysis_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct jobs_op *op = ud;
    struct job_analysis_row row;
    CALL_HELD(op->c);
    if (err)
        call_fail_store(op->c, err);
    else if (!jobs_analysis_read(reply, &row))
        call_not_found(op->c, "job");
    else if (!row.found)
        call_error(op->c, ERR_NOT_FOUND,
                   "the posting is not analyzed yet; it is when the first application to it runs");
    else
        call_reply_text(op->c, "application/json", row.json, NULL);
}

void jobs_get_analysis(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct jobs_op *op = jobs_begin(c);
    if (op)
        jobs_analysis_find(c->g->pool, &c->tenant_id, &op->job_id, jobs_analysis_found, op);
}
