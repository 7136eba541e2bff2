/* A job owns its memory and a reference to the request; the pool's thread touches nothing else. The entity tag is the
 * hash of the stored document, the format and the version of the drawing: it is known before anything is drawn. */
#include "gateway/printed.h"

#include <string.h>
#include "base/utf8.h"
#include "core/metrics.h"

#define PRINTED_ARENA_MAX_BYTES ((size_t)128 * 1024 * 1024)
#define PRINTED_NAME_BYTES      600 /* percent-encoded */

struct printed {
    struct call *c;
    struct arena arena;
    struct buf out;
    struct str json;
    struct render_options how;
    struct render_notes notes;
    const char *content_type;
    char etag[CALL_ETAG_BYTES];
    struct err err;
    int rc;
};

static void printed_free(struct printed *p)
{
    p->c->g->printing--;
    http_request_unref(p->c->req);
    buf_fini(&p->out);
    arena_fini(&p->arena);
    free(p);
}

static void printed_work(void *ud)
{
    struct printed *p = ud;
    yyjson_val *root = NULL;
    p->rc = json_parse(&p->arena, p->json, &root, NULL, &p->err);
    if (p->rc < 0)
        p->rc = err_set(&p->err, ERR_CORRUPT, "the stored document could not be read");
    else
        p->rc = render_document(&p->arena, root, p->how, &p->out, &p->notes, &p->err);
}

/* RFC 6266: a plain name for old clients, the person's in UTF-8 for the others. */
static void printed_name(struct printed *p)
{
    static const char unreserved[] = "-._~";
    char header[PRINTED_NAME_BYTES + 120], name[PRINTED_NAME_BYTES];
    const char *what = p->notes.letter ? "cover-letter" : "resume", *form = render_format_name(p->how.format);
    struct str who = utf8_cut(p->notes.author, PRINTED_NAME_BYTES / 3 - 1);
    size_t n = 0;
    for (size_t i = 0; i < who.n; i++) {
        unsigned char c = (unsigned char)who.p[i];
        if (str_is_alnum((char)c) || (c && strchr(unreserved, c)))
            name[n++] = (char)c;
        else
            n += (size_t)snprintf(name + n, sizeof(name) - n, "%%%02X", c);
    }
    name[n] = 0;
    int at = snprintf(header, sizeof(header), "attachment; filename=\"%s.%s\"", what, form);
    if (n)
        snprintf(header + at, sizeof(header) - (size_t)at, "; filename*=UTF-8''%s%%20-%%20%s.%s", name, what, form);
    http_reply_header(p->c->req, "Content-Disposition", header);
}

static void printed_done(void *ud)
{
    struct printed *p = ud;
    if (p->rc < 0) {
        call_fail(p->c, &p->err);
    } else {
        size_t n = 0;
        printed_name(p);
        http_reply_header(p->c->req, "ETag", p->etag);
        http_reply_header(p->c->req, "Cache-Control", "private, no-cache");
        char *body = buf_take(&p->out, &n);
        http_reply_take(p->c->req, 200, p->content_type, body, n);
    }
    printed_free(p);
}

static void printed_etag(struct printed *p, char ret[CALL_ETAG_BYTES])
{
    char *all = arena_printf(&p->arena, "%s %s %s", RENDER_VERSION, render_format_name(p->how.format), p->json.p);
    call_etag(str_of(all), ret); /* exhausted: the tag of nothing, which the rendering will fail with too */
}

void printed_reply(struct call *c, struct str json, enum render_format format, const char *content_type)
{
    if (c->g->printing >= PRINTED_IN_FLIGHT_MAX) {
        metrics_add(METRICS_HTTP_REFUSED, 1, "printing", NULL);
        call_error(c, ERR_OVERLOADED, "%d documents are being made already", PRINTED_IN_FLIGHT_MAX);
        return;
    }
    struct printed *p = calloc(1, sizeof(*p));
    if (!p) {
        call_error(c, ERR_MEMORY, "no memory left for the document");
        return;
    }
    *p = (struct printed){.c = c, .how = {.format = format}, .content_type = content_type};
    arena_init(&p->arena, PRINTED_ARENA_MAX_BYTES);
    buf_init(&p->out, RENDER_MAX_BYTES);
    http_request_ref(c->req);
    c->g->printing++;
    p->json = (struct str){.p = arena_strndup(&p->arena, json.p, json.n), .n = json.n};
    if (!p->json.p) {
        call_error(c, ERR_MEMORY, "no memory left for the document");
        printed_free(p);
        return;
    }
    printed_etag(p, p->etag);
    if (http_request_etag_matches(c->req, p->etag)) {
        http_reply_header(c->req, "ETag", p->etag);
        http_reply_header(c->req, "Cache-Control", "private, no-cache");
        http_reply(c->req, 304, NULL, STR(""));
        printed_free(p);
        return;
    }
    loop_work(c->g->loop, printed_work, printed_done, p);
}
