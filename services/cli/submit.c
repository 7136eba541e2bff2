#include "cli/submit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SUBMIT_COPY_BYTES (64 * 1024)

int submit_batch(struct api *a, FILE *file, struct str text, const char *content_type, const char *priority,
                 const char *max_cost, struct submit_result *ret, struct err *err)
{
    char key[API_IDEMPOTENCY_BYTES], path[128];
    struct api_reply r;
    snprintf(path, sizeof(path), "/api/v1/batches?priority=%s%s%s", priority ? priority : "bulk",
             max_cost ? "&max_cost_microusd=" : "", max_cost ? max_cost : "");
    struct api_request q = {.method = "POST",
                            .path = path,
                            .content_type = content_type,
                            .body = text,
                            .file = file,
                            .idempotency_key = api_key_make(key)};
    memset(ret, 0, sizeof(*ret));
    int rc = api_call(a, &q, &r, err);
    struct str id = rc == 0 ? json_get_str(r.json, "id") : STR("");
    if (rc == 0 && id.n != UUID_TEXT_BYTES - 1)
        rc = err_set(err, ERR_CORRUPT, "the gateway's answer names no batch");
    if (rc == 0) {
        memcpy(ret->batch, id.p, id.n);
        ret->accepted = json_get_int(json_get_obj(r.json, "counts"), "accepted", 0);
        ret->rejected = json_get_int(json_get_obj(r.json, "rejected"), "count", 0);
    }
    api_reply_fini(&r);
    return rc;
}

/* What cannot be read twice is copied first: a lost connection must not lose the input. Takes in. */
static FILE *submit_copy(FILE *in, struct err *err)
{
    FILE *out = tmpfile();
    char piece[SUBMIT_COPY_BYTES];
    size_t n;
    while (out && (n = fread(piece, 1, sizeof(piece), in)) > 0)
        if (fwrite(piece, 1, n, out) != n)
            break;
    bool bad = !out || ferror(in) || ferror(out) || fflush(out) != 0;
    if (bad)
        err_set(err, ERR_IO, "cannot copy the input: %s", strerror(errno));
    if (in != stdin)
        fclose(in);
    if (bad && out)
        fclose(out);
    return bad ? NULL : out;
}

static FILE *submit_open(const char *source, struct err *err)
{
    bool standard = strcmp(source, "-") == 0;
    FILE *f = standard ? stdin : fopen(source, "re");
    struct stat st;
    if (!f) {
        err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open %.150s: %s", source, strerror(errno));
        return NULL;
    }
    if (standard || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))
        return submit_copy(f, err);
    return f;
}

/* A JSON array, or lines. */
static const char *submit_type(FILE *f)
{
    int c;
    do
        c = getc(f);
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r');
    rewind(f);
    return c == '[' ? "application/json" : "application/x-ndjson";
}

static int submit_file(struct api *a, const char *source, const char *priority, const char *max_cost,
                       struct submit_result *ret, struct err *err)
{
    FILE *f = submit_open(source, err);
    if (!f)
        return -(int)err->code;
    int rc = submit_batch(a, f, (struct str){.p = NULL}, submit_type(f), priority, max_cost, ret, err);
    fclose(f);
    return rc;
}

static int submit_folder(struct api *a, const char *dir, const char *priority, const char *max_cost,
                         struct submit_result *ret, struct err *err)
{
    struct samples s;
    int rc = samples_build(a, dir, priority, &s, err);
    if (rc == 0)
        rc = submit_batch(a, NULL, (struct str){.p = buf_str(&s.ndjson), .n = s.ndjson.len}, "application/x-ndjson",
                          priority, max_cost, ret, err);
    samples_fini(&s);
    return rc;
}

int submit_source(struct api *a, const char *source, const char *priority, const char *max_cost,
                  struct submit_result *ret, struct err *err)
{
    struct stat st;
    if (priority && strcmp(priority, "interactive") != 0 && strcmp(priority, "bulk") != 0)
        return err_set(err, ERR_CONFIG, "--priority is interactive or bulk, not \"%.40s\"", priority);
    uint64_t most;
    if (max_cost && (!str_to_u64(str_of(max_cost), &most) || most == 0))
        return err_set(err, ERR_CONFIG, "--max-cost needs a whole number of micro-dollars (1000000 is one dollar)");
    if (strcmp(source, "-") != 0 && stat(source, &st) == 0 && S_ISDIR(st.st_mode))
        return submit_folder(a, source, priority, max_cost, ret, err);
    return submit_file(a, source, priority, max_cost, ret, err);
}

static void submit_reject(yyjson_val *item)
{
    yyjson_val *problem = json_get_obj(item, "problem");
    struct str ref = json_get_str(item, "client_ref"), pointer = json_get_str(problem, "pointer"),
               detail = json_get_str(problem, "detail");
    fprintf(stderr, "  line %lld%s%.*s: %.*s%s%.*s\n", (long long)json_get_int(item, "index", 0) + 1, ref.n ? " " : "",
            (int)MIN(ref.n, 80u), ref.p ? ref.p : "", (int)MIN(pointer.n, 80u), pointer.p ? pointer.p : "",
            pointer.n ? " " : "", (int)MIN(detail.n, 200u), detail.p ? detail.p : "");
}

void submit_report(struct api *a, const struct submit_result *r)
{
    cli_say(a->cli, "batch %s: %lld accepted, %lld rejected", r->batch, (long long)r->accepted, (long long)r->rejected);
    if (r->rejected == 0 || a->cli->quiet)
        return;
    struct api_reply reply;
    if (api_get(a, &reply, NULL, "/api/v1/batches/%s/items?state=rejected&page_size=%d", r->batch,
                SUBMIT_REJECTS_SHOWN) == 0) {
        yyjson_val *items = json_get_arr(reply.json, "items");
        for (size_t i = 0; i < yyjson_arr_size(items) && i < SUBMIT_REJECTS_SHOWN; i++)
            submit_reject(yyjson_arr_get(items, i));
        if (r->rejected > SUBMIT_REJECTS_SHOWN)
            fprintf(stderr, "  and %lld more\n", (long long)r->rejected - SUBMIT_REJECTS_SHOWN);
    }
    api_reply_fini(&reply);
}
