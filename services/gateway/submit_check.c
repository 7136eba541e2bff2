/* The checks of the store, asked without writing; a posting that came along is read the way the analyzer reads it. */
#include "gateway/submit_check.h"

#include "gateway/jsonw.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/store/applications.h"

struct submit_check_op {
    struct call *c;
    const struct submission *s;
};

static const char *submit_check_posting(struct call *c, const struct submission *s, struct str *ret_detail)
{
    static const char *const names[] = {[ANALYSIS_POSTING] = "posting",
                                        [ANALYSIS_TOO_SHORT] = "too_short",
                                        [ANALYSIS_NOT_A_POSTING] = "not_a_posting",
                                        [ANALYSIS_EXPIRED] = "expired"};
    const struct posting_source source = {.format = (enum posting_format)s->job.format,
                                          .body = s->job.body,
                                          .title = s->job.title,
                                          .company = s->job.company};
    struct arena *a = http_request_arena(c->req);
    struct posting posting;
    struct analysis *an = NULL;
    struct err err;
    if (posting_read(a, &source, &posting, &err) < 0 || analysis_make(a, &posting, &an, &err) < 0) {
        char *text = arena_strdup(a, err.msg);
        *ret_detail = str_of(text ? text : "the posting could not be read");
        return "not_a_posting";
    }
    return names[an->verdict];
}

static void submit_check_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct submit_check_op *op = ud;
    struct call *c = op->c;
    const struct submission *s = op->s;
    int user_state;
    bool job;
    struct faults faults;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
        return;
    }
    faults_init(&faults);
    applications_check_read(reply, &user_state, &job);
    if (user_state < 2)
        faults_add(&faults, ERR_INVALID, "", "user_id",
                   user_state == 0 ? "there is no such user" : "the user has no profile yet");
    if (!s->has_job && !job)
        faults_add(&faults, ERR_INVALID, "", "job_id", "there is no such job");
    if (faults_any(&faults)) {
        call_fail_faults(c, &faults);
        return;
    }
    struct str detail = {0};
    struct buf b;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_bool(&b, "valid", true);
    if (s->has_job)
        jsonw_strc(&b, "verdict", submit_check_posting(c, s, &detail));
    else
        jsonw_null(&b, "verdict");
    if (detail.n)
        jsonw_str(&b, "detail", detail);
    struct estimate sum = {0};
    estimator_add(&c->g->estimator, (int64_t)s->job.body.n, s->job.format, false, &sum);
    jsonw_int(&b, "tokens", c->g->estimator.any ? sum.tokens : s->cost);
    jsonw_int(&b, "cost_microusd", sum.cost_microusd);
    buf_addc(&b, '}');
    call_reply(c, 200, &b);
    buf_fini(&b);
}

void submit_check(struct call *c, const struct submission *s)
{
    struct submit_check_op *op = CALL_STATE(c, struct submit_check_op);
    if (!op)
        return;
    *op = (struct submit_check_op){.c = c, .s = s};
    call_hold(c);
    applications_check(c->g->pool, &c->tenant_id, &s->user_id, &s->job_id, submit_check_found, op);
}
