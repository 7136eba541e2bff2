/* Documents of an application, opened and, when asked, rendered as Markdown, text, PDF or DOCX. */
#include <string.h>
#include "gateway/opened.h"
#include "gateway/printed.h"
#include "gateway/routes.h"
#include "pipeline/render/render.h"
#include "pipeline/store/applications.h"

static const struct document_type {
    enum render_format form;
    const char *name, *media, *content_type;
} document_types[] = {
    {RENDER_JSON, "json", "application/json", "application/json"},
    {RENDER_MARKDOWN, "md", "text/markdown", "text/markdown; charset=utf-8"},
    {RENDER_TEXT, "txt", "text/plain", "text/plain; charset=utf-8"},
    {RENDER_PDF, "pdf", "application/pdf", "application/pdf"},
    {RENDER_DOCX, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
};

struct documents_op {
    struct call *c;
    struct uuid application_id;
    int kind; /* enum document_kind; 0: claims */
    const struct document_type *type;
    bool generated; /* not the one that a person chose */
};

static bool accept_takes(struct str accept, const char *media)
{
    struct str field, one;
    while (str_next_field(&accept, ',', &field)) {
        struct str rest = field;
        if (!str_next_field(&rest, ';', &one))
            continue;
        one = str_trim(one);
        bool any_subtype = one.n > 2 && one.p[one.n - 1] == '*' && one.p[one.n - 2] == '/';
        if (str_ieqc(one, media) || str_eqc(one, "*/*") ||
            (any_subtype && strlen(media) > one.n - 1 && memcmp(media, one.p, one.n - 1) == 0))
            return true;
    }
    return false;
}

/* The first of our formats that the client takes; false: answered. */
static bool documents_type(struct call *c, const struct document_type **ret)
{
    struct str format;
    struct err err;
    int rc = http_query_get(c->req, "format", &format, &err);
    if (rc < 0) {
        call_fail(c, &err);
        return false;
    }
    struct str accept = http_request_header(c->req, "accept");
    *ret = NULL;
    for (size_t i = 0; i < ARRAY_LEN(document_types) && !*ret; i++)
        if (rc > 0 ? str_eqc(format, document_types[i].name)
                   : accept.n == 0 || accept_takes(accept, document_types[i].media))
            *ret = &document_types[i];
    if (!*ret)
        call_error(c, ERR_NOT_ACCEPTABLE, "the formats are json, md, txt, pdf and docx");
    return *ret != NULL;
}

static int documents_open(struct call *c, const struct application_documents *d, int kind, bool generated,
                          struct str *ret, struct err *err)
{
    int rc = opened_there(d, kind, err);
    return rc < 0 ? rc : opened_document(c, http_request_arena(c->req), d, kind, generated, ret, err);
}

static int documents_render(struct call *c, int kind, enum render_format form, struct str json, struct str *ret,
                            struct err *err)
{
    struct arena *a = http_request_arena(c->req);
    yyjson_val *root = NULL;
    *ret = json;
    if (form == RENDER_JSON)
        return 0;
    int rc = json_parse(a, json, &root, NULL, err);
    if (rc < 0)
        return err_set(err, ERR_CORRUPT, "the stored document could not be read");
    if (kind == DOCUMENT_LETTER) {
        *ret = json_get_str(root, "body");
        return 0;
    }
    yyjson_val *document = json_get_obj(root, "document");
    if (!document)
        return err_set(err, ERR_CORRUPT, "the stored document could not be read");
    return form == RENDER_MARKDOWN ? resume_to_markdown(a, document, ret, err) : resume_to_text(a, document, ret, err);
}

static void documents_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct documents_op *op = ud;
    struct call *c = op->c;
    struct application_documents d;
    struct str json, text;
    struct err said;
    CALL_HELD(c);
    if (!opened_found(c, reply, err, &d))
        return;
    if (documents_open(c, &d, op->kind, op->generated, &json, &said) < 0)
        call_fail(c, &said);
    else if (render_format_is_binary(op->type->form))
        printed_reply(c, json, op->type->form, op->type->content_type);
    else if (documents_render(c, op->kind, op->type->form, json, &text, &said) < 0)
        call_fail(c, &said);
    else
        call_reply_text(c, op->type->content_type, text, NULL);
}

/* ?version=generated|current; false: answered. */
static bool documents_version(struct call *c, bool *ret_generated)
{
    struct str version;
    struct err err;
    int rc = http_query_get(c->req, "version", &version, &err);
    *ret_generated = rc > 0 && str_eqc(version, "generated");
    if (rc == 0 || *ret_generated || (rc > 0 && str_eqc(version, "current")))
        return true;
    if (rc > 0)
        err_set(&err, ERR_INVALID, "the query parameter version must be generated or current");
    call_fail(c, &err);
    return false;
}

static void documents_get(struct call *c, int kind, bool formats)
{
    struct documents_op *op = CALL_STATE(c, struct documents_op);
    bool resume = kind == DOCUMENT_RESUME;
    if (!op || !call_query(c, (const char *const[]){formats ? "format" : NULL, resume ? "version" : NULL, NULL}) ||
        !call_id(c, "id", &op->application_id, "application") || (resume && !documents_version(c, &op->generated)))
        return;
    op->type = &document_types[0];
    if (formats && !documents_type(c, &op->type))
        return;
    op->c = c;
    op->kind = kind;
    if (formats)
        http_reply_header(c->req, "Vary", "Accept");
    call_hold(c);
    applications_documents(c->g->pool, &c->tenant_id, &op->application_id, documents_found, op);
}

void documents_get_resume(struct http_request *req UNUSED, void *ud)
{
    documents_get(ud, DOCUMENT_RESUME, true);
}

void documents_get_letter(struct http_request *req UNUSED, void *ud)
{
    documents_get(ud, DOCUMENT_LETTER, true);
}

void documents_get_score(struct http_request *req UNUSED, void *ud)
{
    documents_get(ud, DOCUMENT_SCORE, false);
}

/* Claims: what the résumé and the letter say, with the evidence they name. */

static int claims_of(struct call *c, const struct application_documents *d, int kind, const char *key, struct buf *b,
                     struct err *err)
{
    struct str json;
    yyjson_val *root = NULL;
    struct arena *a = http_request_arena(c->req);
    if (!d->sealed[kind].p) {
        jsonw_null(b, key);
        return 0;
    }
    int rc = documents_open(c, d, kind, false, &json, err);
    if (rc < 0)
        return rc;
    if (json_parse(a, json, &root, NULL, err) < 0)
        return err_set(err, ERR_CORRUPT, "the stored document could not be read");
    const char *const parts[] = {"document_hash", "claims", "guard"};
    jsonw_open(b, key, '{');
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t n = 0;
        yyjson_val *v = yyjson_obj_get(root, parts[i]);
        char *text = v ? json_write(a, v, &n) : NULL;
        jsonw_raw(b, parts[i], (struct str){text, text ? n : 0});
    }
    buf_addc(b, '}');
    return 0;
}

static void claims_reply(struct call *c, const struct application_documents *d)
{
    struct buf b;
    struct err err;
    buf_init(&b, CALL_BODY_MAX_BYTES);
    jsonw_open(&b, NULL, '{');
    jsonw_uuid(&b, "application_id", &d->application_id);
    int rc = claims_of(c, d, DOCUMENT_RESUME, "resume", &b, &err);
    if (rc == 0)
        rc = claims_of(c, d, DOCUMENT_LETTER, "cover_letter", &b, &err);
    buf_addc(&b, '}');
    if (rc < 0)
        call_fail(c, &err);
    else
        call_reply_etag(c, &b, NULL);
    buf_fini(&b);
}

static void claims_found(void *ud, const struct pg_reply *reply, const struct err *err)
{
    struct documents_op *op = ud;
    struct call *c = op->c;
    struct application_documents d;
    CALL_HELD(c);
    if (!opened_found(c, reply, err, &d))
        return;
    if (!d.sealed[DOCUMENT_RESUME].p && !d.sealed[DOCUMENT_LETTER].p)
        call_error(c, ERR_NOT_FOUND, "no document is written yet");
    else
        claims_reply(c, &d);
}

void documents_get_claims(struct http_request *req UNUSED, void *ud)
{
    struct call *c = ud;
    struct documents_op *op = CALL_STATE(c, struct documents_op);
    if (!op || !call_query(c, (const char *const[]){NULL}) || !call_id(c, "id", &op->application_id, "application"))
        return;
    op->c = c;
    call_hold(c);
    applications_documents(c->g->pool, &c->tenant_id, &op->application_id, claims_found, op);
}
