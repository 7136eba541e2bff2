/* Names and shapes are those of the API's contract (proto/openapi.json). */
#include "gateway/render.h"

#include "base/hex.h"
#include "base/json.h"
#include "pipeline/engine/posting.h"
#include "pipeline/store/states.h"

void render_problem(struct buf *b, const char *key, int code, struct str detail, struct str pointer)
{
    if (code == 0) {
        jsonw_null(b, key);
        return;
    }
    jsonw_open(b, key, '{');
    jsonw_strc(b, "code", err_slug((enum err_code)code));
    jsonw_strc(b, "title", err_title((enum err_code)code));
    jsonw_str(b, "detail", detail.n ? detail : str_of(err_title((enum err_code)code)));
    if (pointer.n)
        jsonw_str(b, "pointer", pointer);
    buf_addc(b, '}');
}

void render_application(struct buf *b, const char *key, const struct application_row *a)
{
    jsonw_open(b, key, '{');
    jsonw_uuid(b, "id", &a->application_id);
    jsonw_time(b, "created_at", a->created_at_us);
    jsonw_time(b, "updated_at", a->updated_at_us);
    jsonw_time(b, "ended_at", a->ended_at_us);
    jsonw_strc(b, "state", application_state_name(a->state));
    jsonw_strc(b, "priority", priority_name(a->priority));
    if (a->stage)
        jsonw_strc(b, "stage", stage_name((enum stage)a->stage));
    else
        jsonw_null(b, "stage");
    jsonw_int(b, "attempts", a->attempt);
    jsonw_time(b, "not_before", a->not_before_us);
    jsonw_uuid(b, "user_id", &a->user_id);
    jsonw_uuid(b, "job_id", &a->job_id);
    jsonw_uuid(b, "profile_id", &a->profile_id);
    if (a->single) {
        jsonw_null(b, "batch_id");
        jsonw_null(b, "index");
    } else {
        jsonw_uuid(b, "batch_id", &a->batch_id);
        jsonw_int(b, "index", a->item_index);
    }
    if (a->client_ref.n)
        jsonw_str(b, "client_ref", a->client_ref);
    else
        jsonw_null(b, "client_ref");
    jsonw_raw(b, "options", a->options);
    if (a->score >= 0)
        jsonw_int(b, "score", a->score);
    else
        jsonw_null(b, "score");
    if (a->has_similarity)
        jsonw_num(b, "similarity", a->similarity);
    else
        jsonw_null(b, "similarity");
    jsonw_int(b, "cost_microusd", a->cost_microusd);
    render_problem(b, "problem", a->code, a->detail, (struct str){0});
    buf_addc(b, '}');
}

static int64_t batch_eta_s(const struct batch_row *r, uint64_t now_us)
{
    int64_t ended = (int64_t)r->done + r->needs_review + r->failed + r->cancelled;
    int64_t left = r->accepted - ended;
    if (r->state == BATCH_ENDED || left <= 0)
        return 0;
    if (r->state != BATCH_RUNNING || ended == 0 || now_us <= r->created_at_us)
        return -1;
    return (int64_t)((double)(now_us - r->created_at_us) / 1e6 / (double)ended * (double)left) + 1;
}

void render_budget(struct buf *b, const char *key, const struct batch_row *r)
{
    jsonw_open(b, key, '{');
    if (r->ceiling_microusd)
        jsonw_int(b, "max_microusd", r->ceiling_microusd);
    else
        jsonw_null(b, "max_microusd");
    jsonw_int(b, "spent_microusd", r->cost_microusd);
    jsonw_int(b, "reserved_microusd", r->reserved_microusd);
    buf_addc(b, '}');
}

void render_batch_open(struct buf *b, const char *key, const struct batch_row *r, uint64_t now_us)
{
    int running = r->released - r->done - r->needs_review - r->failed - r->cancelled - r->parked;
    jsonw_open(b, key, '{');
    jsonw_uuid(b, "id", &r->batch_id);
    jsonw_time(b, "created_at", r->created_at_us);
    jsonw_time(b, "updated_at", r->updated_at_us);
    jsonw_time(b, "ended_at", r->ended_at_us);
    jsonw_strc(b, "state", batch_state_name(r->state));
    jsonw_strc(b, "priority", priority_name(r->priority));
    jsonw_open(b, "counts", '{');
    jsonw_int(b, "accepted", r->accepted);
    jsonw_int(b, "waiting", MAX(r->accepted - r->released, 0));
    jsonw_int(b, "running", MAX(running, 0));
    jsonw_int(b, "parked", r->parked);
    jsonw_int(b, "done", r->done);
    jsonw_int(b, "needs_review", r->needs_review);
    jsonw_int(b, "failed", r->failed);
    jsonw_int(b, "cancelled", r->cancelled);
    buf_addc(b, '}');
    jsonw_open(b, "stages", '{');
    for (int s = 1; s <= STAGE_MAX; s++) {
        jsonw_open(b, stage_name((enum stage)s), '{');
        jsonw_int(b, "done", r->stage_done[s]);
        jsonw_int(b, "total", r->accepted);
        buf_addc(b, '}');
    }
    buf_addc(b, '}');
    jsonw_int(b, "cost_microusd", r->cost_microusd);
    render_budget(b, "budget", r);
    int64_t eta = batch_eta_s(r, now_us);
    if (eta >= 0)
        jsonw_int(b, "eta_s", eta);
    else
        jsonw_null(b, "eta_s");
    jsonw_int(b, "last_seq", r->last_seq);
}

void render_batch(struct buf *b, const char *key, const struct batch_row *r, uint64_t now_us)
{
    render_batch_open(b, key, r, now_us);
    jsonw_open(b, "rejected", '{');
    jsonw_int(b, "count", r->rejected);
    buf_adds(b, "}}");
}

void render_batch_item(struct buf *b, const struct batch_item_row *r)
{
    jsonw_open(b, NULL, '{');
    jsonw_int(b, "index", r->index);
    if (r->client_ref.n)
        jsonw_str(b, "client_ref", r->client_ref);
    else
        jsonw_null(b, "client_ref");
    jsonw_uuid(b, "application_id", &r->application_id);
    jsonw_strc(b, "state", r->state == BATCH_ITEM_REJECTED ? "rejected" : application_state_name(r->state));
    if (r->score >= 0)
        jsonw_int(b, "score", r->score);
    else
        jsonw_null(b, "score");
    if (r->byte_offset >= 0)
        jsonw_int(b, "byte_offset", r->byte_offset);
    render_problem(b, "problem", r->code, r->detail, r->pointer);
    buf_addc(b, '}');
}

void render_job(struct buf *b, const struct job_row *j)
{
    static const char *const formats[] = {
        [POSTING_TEXT] = "text", [POSTING_HTML] = "html", [POSTING_JSON_LD] = "json_ld"};
    char hex[2 * 32 + 1] = "";
    if (j->content_hash.n == 32)
        hex_encode((const uint8_t *)j->content_hash.p, 32, hex);
    jsonw_open(b, NULL, '{');
    jsonw_uuid(b, "id", &j->job_id);
    jsonw_time(b, "created_at", j->created_at_us);
    jsonw_time(b, "updated_at", j->created_at_us);
    jsonw_strc(b, "format", j->format >= POSTING_TEXT && j->format <= POSTING_JSON_LD ? formats[j->format] : "");
    jsonw_str(b, "title", j->title);
    jsonw_str(b, "company", j->company);
    jsonw_str(b, "body", j->body);
    jsonw_strc(b, "content_hash", hex);
    jsonw_bool(b, "analyzed", j->analyzed);
    buf_addc(b, '}');
}

void render_user(struct buf *b, const struct user_row *u, struct str opened, struct arena *a)
{
    static const char *const fields[] = {"name", "email", "phone", "location"};
    yyjson_val *root = NULL;
    if (opened.n && json_parse(a, opened, &root, NULL, NULL) < 0)
        root = NULL;
    jsonw_open(b, NULL, '{');
    jsonw_uuid(b, "id", &u->user_id);
    jsonw_time(b, "created_at", u->created_at_us);
    jsonw_time(b, "updated_at", u->updated_at_us);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        struct str v = json_get_str(root, fields[i]);
        if (v.n)
            jsonw_str(b, fields[i], v);
        else
            jsonw_null(b, fields[i]);
    }
    jsonw_uuid(b, "profile_id", &u->profile_id);
    jsonw_int(b, "profile_revision", u->revision);
    buf_addc(b, '}');
}

void render_event(struct buf *b, const struct event_row *e)
{
    bool batch = uuid_is_nil(&e->application_id);
    jsonw_open(b, NULL, '{');
    jsonw_int(b, "seq", e->seq);
    jsonw_uuid(b, "application_id", &e->application_id);
    if (e->stage == STAGE_NONE)
        jsonw_null(b, "stage");
    else
        jsonw_strc(b, "stage", stage_name((enum stage)e->stage));
    jsonw_strc(b, "state",
               e->stage != STAGE_NONE ? task_state_name(e->state)
               : batch                ? batch_state_name(e->state)
                                      : application_state_name(e->state));
    if (e->code)
        jsonw_strc(b, "code", err_slug((enum err_code)e->code));
    else
        jsonw_null(b, "code");
    if (e->at_us)
        jsonw_time(b, "at", e->at_us);
    buf_addc(b, '}');
}
