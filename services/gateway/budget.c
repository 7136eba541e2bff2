/* Money of a batch: its ceiling, and what the ledger says. */
#include "base/json.h"
#include "core/clock.h"
#include "gateway/render.h"
#include "gateway/routes.h"

#define BUDGET_BODY_MAX 4096

struct budget_op {
    struct call *c;
    struct uuid batch_id;
};

static void budget_set(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct budget_op *op = ud;
    struct call *c = op->c;
    struct batch_row row;
    bool set;
    CALL_HELD(c);
    if (err) {
        call_fail_store(c, err);
    } else if (!batches_budget_read(reply, &row, &set)) {
        call_not_found(c, "batch");
    } else if (!set) {
        call_error(c, ERR_CONFLICT, "the batch is %s", batch_state_name(row.state));
    } else {
        struct buf b;
        buf_init(&b, CALL_BODY_MAX_BYTES);
        render_batch(&b, NULL, &row, clock_wall_us());
        call_reply(c, 200, &b);
        buf_fini(&b);
    }
}

static void budget_body(struct http_request *req, void *ud, struct str body)
{
    struct budget_op *op = ud;
    struct err err;
    yyjson_val *root;
    if (json_parse(http_request_arena(req), body, &root, NULL, &err) < 0) {
        call_fail(op->c, &err);
        return;
    }
    struct faults faults;
    faults_init(&faults);
    yyjson_val *most = yyjson_obj_get(root, "max_cost_microusd");
    if (!yyjson_is_obj(root))
        faults_add(&faults, ERR_INVALID, "", "", "the body must be an object");
    else if (!yyjson_is_uint(most) || yyjson_get_uint(most) > (uint64_t)BUDGET_MAX_MICROUSD)
        faults_add(&faults, ERR_INVALID, "", "max_cost_microusd",
                   "must be a whole number of micro-dollars; 0: no ceiling");
    else if (yyjson_obj_size(root) > 1)
        faults_add(&faults, ERR_INVALID, "", "", "there is no other field than max_cost_microusd");
    if (faults_any(&faults)) {
        call_fail_faults(op->c, &faults);
        return;
    }
    call_hold(op->c);
    batches_budget(op->c->g->pool, &op->c->tenant_id, &op->batch_id, (int64_t)yyjson_get_uint(most), budget_set, op);
}

static struct budget_op *budget_begin(struct call *c)
{
    struct budget_op *op = CALL_STATE(c, struct budget_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->batch_id, "batch"))
        return NULL;
    op->c = c;
    return op;
}

void batches_post_budget(struct http_request *req UNUSED, void *ud)
{
    struct budget_op *op = budget_begin(ud);
    if (op)
        call_read_json(op->c, BUDGET_BODY_MAX, budget_body, op);
}

/* Cost so far by what has ended, over everything. What is shared (analyses, embeddings) is bought first, so this errs
 * on the dear side early on. */
static int64_t cost_forecast(const struct batch_row *r)
{
    int64_t ended = (int64_t)r->done + r->needs_review + r->failed + r->cancelled;
    if (r->state == BATCH_ENDED || ended >= r->accepted)
        return r->cost_microusd;
    if (ended == 0)
        return -1;
    return (int64_t)((double)r->cost_microusd / (double)ended * (double)r->accepted);
}

static void cost_item(struct buf *b, const struct batch_cost *c)
{
    jsonw_open(b, NULL, '{');
    jsonw_strc(b, "stage", stage_name((enum stage)c->stage));
    jsonw_str(b, "provider", c->provider);
    jsonw_str(b, "model", c->model);
    jsonw_int(b, "calls", c->calls);
    jsonw_int(b, "prompt_tokens", c->prompt_tokens);
    jsonw_int(b, "cached_tokens", c->cached_tokens);
    jsonw_int(b, "completion_tokens", c->completion_tokens);
    jsonw_int(b, "cost_microusd", c->cost_microusd);
    buf_addc(b, '}');
}

static void cost_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct budget_op *op = ud;
    struct batch_row row;
    struct batch_cost cost;
    CALL_HELD(op->c);
    if (err) {
        call_fail_store(op->c, err);
        return;
    }
    if (!batches_read(reply, 0, &row)) {
        call_not_found(op->c, "batch");
        return;
    }
    struct buf b;
    int64_t calls = 0, forecast = cost_forecast(&row);
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_uuid(&b, "batch_id", &row.batch_id);
    jsonw_strc(&b, "state", batch_state_name(row.state));
    jsonw_open(&b, "items", '[');
    for (int i = 0; batches_cost_read(reply, i, &cost); i++) {
        cost_item(&b, &cost);
        calls += cost.calls;
    }
    buf_addc(&b, ']');
    jsonw_int(&b, "calls", calls);
    jsonw_int(&b, "cost_microusd", row.cost_microusd);
    if (forecast >= 0)
        jsonw_int(&b, "forecast_microusd", forecast);
    else
        jsonw_null(&b, "forecast_microusd");
    render_budget(&b, "budget", &row);
    buf_addc(&b, '}');
    call_reply_etag(op->c, &b, NULL);
    buf_fini(&b);
}

void batches_get_cost(struct http_request *req UNUSED, void *ud)
{
    struct budget_op *op = budget_begin(ud);
    if (!op)
        return;
    call_hold(op->c);
    batches_cost(op->c->g->pool, &op->c->tenant_id, &op->batch_id, cost_found, op);
}
