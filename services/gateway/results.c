/* GET /batches/{id}/results: what has ended so far, in the order of the items, one JSON object a line. A client that
 * reads slowly slows the reading of the store; a statement that fails on the way cuts the answer, so that it cannot be
 * taken for a whole one. */
#include "gateway/opened.h"
#include "gateway/render.h"
#include "gateway/routes.h"

#define RESULTS_PAGE       16
#define RESULTS_HIGH_BYTES ((size_t)256 * 1024)
#define RESULTS_ROW_ARENA  ((size_t)16 << 20)

struct results {
    struct call *c;
    struct uuid batch_id;
    int cursor;
    bool open, fetching;
};

static void results_pump(struct results *r);

static void results_document(struct results *r, struct arena *a, const struct application_documents *d, int kind,
                             const char *key, struct buf *b)
{
    struct str text;
    struct err err;
    if (d->erased || opened_document(r->c, a, d, kind, false, &text, &err) < 0 || !text.p)
        jsonw_null(b, key);
    else
        jsonw_raw(b, key, text);
}

static void results_line(struct results *r, const struct application_result *x, struct buf *b)
{
    struct arena a;
    arena_init(&a, RESULTS_ROW_ARENA);
    jsonw_open(b, NULL, '{');
    jsonw_int(b, "index", x->item_index);
    if (x->client_ref.n)
        jsonw_str(b, "client_ref", x->client_ref);
    else
        jsonw_null(b, "client_ref");
    jsonw_uuid(b, "application_id", &x->documents.application_id);
    jsonw_strc(b, "state", application_state_name(x->documents.state));
    if (x->score >= 0)
        jsonw_int(b, "score", x->score);
    else
        jsonw_null(b, "score");
    if (x->has_similarity)
        jsonw_num(b, "similarity", x->similarity);
    else
        jsonw_null(b, "similarity");
    results_document(r, &a, &x->documents, DOCUMENT_RESUME, "resume", b);
    results_document(r, &a, &x->documents, DOCUMENT_LETTER, "cover_letter", b);
    results_document(r, &a, &x->documents, DOCUMENT_SCORE, "score_document", b);
    render_problem(b, "problem", x->code, x->detail, (struct str){0});
    buf_adds(b, "}\n");
    arena_fini(&a);
}

static void results_paged(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct results *r = ud;
    struct application_result x;
    CALL_HELD(r->c);
    r->fetching = false;
    if (!r->open)
        return;
    if (err) {
        http_reply_cut(r->c->req);
        return;
    }
    int n = 0;
    for (; r->open && applications_results_read(reply, n, &x); n++) {
        struct buf line; /* one at a time: documents are large */
        buf_init(&line, CALL_BODY_MAX_BYTES);
        results_line(r, &x, &line);
        r->cursor = x.item_index;
        if (buf_failed(&line) || http_reply_chunk(r->c->req, buf_str(&line), line.len) < 0)
            r->open = false;
        buf_fini(&line);
    }
    if (!r->open) {
        http_reply_cut(r->c->req);
    } else if (n < RESULTS_PAGE) {
        r->open = false;
        http_reply_end(r->c->req);
    } else {
        results_pump(r);
    }
}

static void results_pump(struct results *r)
{
    if (!r->open || r->fetching || http_reply_queued(r->c->req) >= RESULTS_HIGH_BYTES)
        return;
    r->fetching = true;
    call_hold(r->c);
    applications_results(r->c->g->pool, &r->c->tenant_id, &r->batch_id, r->cursor, RESULTS_PAGE, results_paged, r);
}

static void results_drained(struct http_request *req UNUSED, void *ud)
{
    results_pump(ud);
}

static void results_aborted(struct http_request *req UNUSED, void *ud)
{
    ((struct results *)ud)->open = false;
}

static void results_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct results *r = ud;
    struct batch_row row;
    CALL_HELD(r->c);
    if (err) {
        call_fail_store(r->c, err);
    } else if (!batches_read(reply, 0, &row)) {
        call_not_found(r->c, "batch");
    } else if (!http_request_is_over(r->c->req)) {
        r->open = true;
        http_request_on_abort(r->c->req, results_aborted, r);
        http_reply_on_drain(r->c->req, results_drained, r);
        http_reply_begin(r->c->req, 200, "application/x-ndjson");
        results_pump(r);
    }
}

void results_get(struct http_request *req, void *ud)
{
    struct call *c = ud;
    struct err err;
    int64_t after;
    struct results *r = CALL_STATE(c, struct results);
    if (!r || !call_query(c, (const char *const[]){"after_index", NULL}) || !call_id(c, "id", &r->batch_id, "batch"))
        return;
    if (http_query_int(req, "after_index", -1, INT32_MAX, -1, &after, &err) < 0) {
        call_fail(c, &err);
        return;
    }
    r->c = c;
    r->cursor = (int)after;
    call_hold(c);
    batches_find(c->g->pool, &c->tenant_id, &r->batch_id, results_found, r);
}
