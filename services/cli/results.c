/* One stream of lines gives the documents; the rendered forms come from the gateway over a second connection,
 * so that they are the same for every client. Names are made by names_folder and are never links: nothing is written
 * outside the folder. */
#include "cli/results.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/uuid.h"
#include "cli/names.h"

#define RESULTS_LINE_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define RESULTS_LINE_ARENA     ((size_t)128 * 1024 * 1024)

struct results {
    struct api *api;
    struct api rendered;
    const char *dir;
    struct results_formats formats;
    struct buf line;
    struct arena arena; /* of one line */
    int count;
    bool failed;
    struct err err;
};

int results_formats_parse(const char *text, struct results_formats *ret, struct err *err)
{
    *ret = (struct results_formats){.md = !text, .txt = !text, .json = !text, .pdf = !text, .brief = !text};
    struct str rest = str_of(text), field;
    while (text && str_next_field(&rest, ',', &field)) {
        bool *one = str_eqc(field, "md")     ? &ret->md
                    : str_eqc(field, "txt")  ? &ret->txt
                    : str_eqc(field, "json") ? &ret->json
                    : str_eqc(field, "pdf")  ? &ret->pdf
                    : str_eqc(field, "docx") ? &ret->docx
                                             : NULL;
        if (!one)
            return err_set(err, ERR_CONFIG,
                           "--format is a list of pdf, docx, md, txt and json; \"%.*s\" is none of them",
                           (int)MIN(field.n, 40u), field.p);
        *one = true;
    }
    return 0;
}

static int results_folder(struct results *r, yyjson_val *item, char out[FILES_PATH_BYTES])
{
    char name[NAMES_BYTES];
    struct stat st;
    names_folder((long)json_get_int(item, "index", 0), json_get_str(item, "client_ref"), name);
    int rc = files_join(out, r->dir, name, &r->err);
    if (rc < 0)
        return rc;
    if (mkdir(out, 0755) < 0 && errno != EEXIST)
        return err_set(&r->err, ERR_IO, "cannot make the folder %.120s: %s", out, strerror(errno));
    if (lstat(out, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(&r->err, ERR_IO, "%.120s is in the way: it is no folder", out);
    return 0;
}

static int results_put(struct results *r, const char *folder, const char *name, struct str text)
{
    char path[FILES_PATH_BYTES];
    int rc = files_join(path, folder, name, &r->err);
    return rc < 0 ? rc : files_write(path, text.p, text.n, 0644, &r->err);
}

static int results_document(struct results *r, const char *folder, const char *name, yyjson_val *document)
{
    size_t n = 0;
    char *text = json_write_pretty(&r->arena, document, &n);
    if (!text)
        return err_set(&r->err, ERR_MEMORY, "a document needs too much memory");
    return results_put(r, folder, name, (struct str){.p = text, .n = n});
}

/* A form that the gateway renders. A document that is not there (the application failed) is no error, one that cannot
 * be drawn is said. */
static int results_rendered(struct results *r, const char *folder, const char *name, const char *id, const char *which,
                            const char *format)
{
    struct api_reply reply;
    int rc = api_get(&r->rendered, &reply, &r->err, "/api/v1/applications/%s/%s?format=%s", id, which, format);
    if (rc == 0)
        rc = results_put(r, folder, name, (struct str){.p = buf_str(&reply.body), .n = reply.body.len});
    else if (r->err.code == ERR_NOT_FOUND || r->err.code == ERR_GONE)
        rc = 0;
    else if (r->err.code == ERR_UNSUPPORTED) { /* no font for its script: the other documents are written */
        cli_say(r->api->cli, "%s/%s: %s", folder, name, r->err.msg);
        rc = 0;
    }
    api_reply_fini(&reply);
    return rc;
}

/* A document of the line itself. null: the application has none. */
static int results_json(struct results *r, const char *folder, const char *name, yyjson_val *item, const char *key)
{
    yyjson_val *document = json_get_obj(item, key);
    return document ? results_document(r, folder, name, document) : 0;
}

/* The claim ledger of the documents, under the hash of each. */
static int results_claims(struct results *r, const char *folder, const char *id)
{
    struct api_reply reply;
    int rc = api_get(&r->rendered, &reply, &r->err, "/api/v1/applications/%s/claims", id);
    if (rc == 0)
        rc = results_put(r, folder, "claims.json", (struct str){.p = buf_str(&reply.body), .n = reply.body.len});
    else if (r->err.code == ERR_NOT_FOUND || r->err.code == ERR_GONE)
        rc = 0;
    api_reply_fini(&reply);
    return rc;
}

static int results_files(struct results *r, yyjson_val *item, const char *folder, const char *id)
{
    int rc = 0;
    if (r->formats.json) {
        rc = results_json(r, folder, "resume.json", item, "resume");
        if (rc == 0)
            rc = results_json(r, folder, "cover-letter.json", item, "cover_letter");
        if (rc == 0)
            rc = results_json(r, folder, "score.json", item, "score_document");
        if (rc == 0)
            rc = results_claims(r, folder, id);
    }
    const struct {
        bool wanted;
        const char *format, *resume, *letter;
    } forms[] = {
        {r->formats.md, "md", "resume.md", r->formats.brief ? NULL : "cover-letter.md"},
        {r->formats.txt, "txt", r->formats.brief ? NULL : "resume.txt", "cover-letter.txt"},
        {r->formats.pdf, "pdf", "resume.pdf", "cover-letter.pdf"},
        {r->formats.docx, "docx", "resume.docx", "cover-letter.docx"},
    };
    for (size_t i = 0; i < ARRAY_LEN(forms) && rc == 0; i++) {
        if (forms[i].wanted && forms[i].resume)
            rc = results_rendered(r, folder, forms[i].resume, id, "resume", forms[i].format);
        if (rc == 0 && forms[i].wanted && forms[i].letter)
            rc = results_rendered(r, folder, forms[i].letter, id, "cover-letter", forms[i].format);
    }
    return rc;
}

static int results_line(struct results *r, struct str line)
{
    yyjson_val *item;
    char folder[FILES_PATH_BYTES];
    if (str_trim(line).n == 0)
        return 0;
    arena_reset(&r->arena);
    int rc = json_parse(&r->arena, line, &item, NULL, &r->err);
    if (rc < 0)
        return rc;
    struct str id = json_get_str(item, "application_id");
    if (id.n != UUID_TEXT_BYTES - 1)
        id = json_get_str(item, "id");
    if (id.n != UUID_TEXT_BYTES - 1)
        return 0; /* a line that is about no application: one that was refused, or a note */
    rc = results_folder(r, item, folder);
    if (rc == 0)
        rc = results_files(r, item, folder, id.p);
    if (rc < 0)
        return rc;
    r->count++;
    if (r->api->cli->json) {
        struct buf b;
        buf_init(&b, 8192);
        buf_addf(&b, "{\"application_id\":\"%s\",\"folder\":", id.p);
        buf_add_json(&b, folder, strlen(folder));
        buf_addc(&b, '}');
        cli_print(&b);
        buf_fini(&b);
    }
    return 0;
}

static bool results_data(void *ud, int status, struct str piece)
{
    struct results *r = ud;
    (void)status;
    while (piece.n && !r->failed) {
        const char *end = memchr(piece.p, '\n', piece.n);
        size_t n = end ? (size_t)(end - piece.p) : piece.n;
        buf_add(&r->line, piece.p, n);
        piece = str_sub(piece, n + (end != NULL), piece.n);
        if (buf_failed(&r->line))
            r->failed = err_set(&r->err, ERR_TOO_LARGE, "a line of the results is larger than %zu bytes",
                                RESULTS_LINE_MAX_BYTES) < 0;
        else if (end)
            r->failed = results_line(r, (struct str){.p = buf_str(&r->line), .n = r->line.len}) < 0;
        if (end)
            buf_reset(&r->line);
    }
    return !r->failed;
}

int results_write(struct api *a, const char *batch, const char *dir, struct results_formats formats, int *ret_count,
                  struct err *err)
{
    struct results r = {.api = a, .dir = dir, .formats = formats};
    struct api_reply reply;
    char path[160];
    int rc = files_mkdirs(dir, 0755, err);
    if (rc == 0)
        rc = api_open(&r.rendered, a->cli, err);
    if (rc < 0)
        return rc;
    buf_init(&r.line, RESULTS_LINE_MAX_BYTES);
    arena_init(&r.arena, RESULTS_LINE_ARENA);
    snprintf(path, sizeof(path), "/api/v1/batches/%s/results", batch);
    rc = api_call(a, &(struct api_request){.path = path, .on_data = results_data, .ud = &r, .silence_ms = 60000},
                  &reply, err);
    api_reply_fini(&reply);
    if (rc == 0 && !r.failed && r.line.len)
        r.failed = results_line(&r, (struct str){.p = buf_str(&r.line), .n = r.line.len}) < 0;
    if (r.failed) {
        *err = r.err;
        rc = -(int)err->code;
    }
    *ret_count = r.count;
    buf_fini(&r.line);
    arena_fini(&r.arena);
    api_close(&r.rendered);
    return rc;
}
