/* engine_tool: NDJSON requests on standard input, one NDJSON answer a line on standard output, in order.
 *
 *   {"id": any, "op": OP, "profile": {...} | "profile_path": P, "posting": "..." | "posting_path": P,
 *    "format": "text"|"html"|"json_ld", "title": "...", "company": "...", "options": {...}, "seed": n, "now":
 * "2026-11"}
 *   -> {"id": ..., "ok": true, "result": ...} or {"id": ..., "ok": false, "error": {"code", "message", "pointer"}}
 *
 *   read        the posting as plain text: {text, method, hidden_text, hidden_chars, truncated, title, company}
 *   analyze score tailor letter   the documents of the command line; options: strategy, tone, length; "judge":
 *               "posting"|"analysis" puts a document of tailor or letter through the fact check
 *   embed       {"text"} | posting: {description, requirements} | profile: {skills, experience, goals}
 *   similarity  {"a", "b"} texts | profile and posting | posting and posting_b: one number
 *   facts       {"text", "kind": letter|resume} and profile, posting or none: the claim ledger
 *   mentions    {"text"}: skills of the dictionary [{slug, start, end}]
 *   time        {"what": read|analyze|profile|match|score|tailor|letter|embed|embed_profile|facts, "runs": n}:
 *               {us}: CPU microseconds of one call, the best of several batches
 *
 * A path ending in .html or .json gives the format where none is said. Every request has an arena of its own. */
#include "engine_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/utf8.h"

#define TOOL_ARENA_MAX_BYTES ((size_t)512 * 1024 * 1024)
#define TOOL_FILE_MAX_BYTES  ((size_t)16 * 1024 * 1024)

static int read_file(struct call *c, const char *path, struct str *ret)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(&c->err, ERR_IO, "cannot open %.150s", path);
    struct buf b;
    buf_init(&b, TOOL_FILE_MAX_BYTES);
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    char *copy = buf_failed(&b) ? NULL : arena_strndup(c->a, buf_str(&b), b.len);
    *ret = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    if (!copy)
        return err_set(&c->err, ERR_TOO_LARGE, "%.150s is too large", path);
    if (utf8_valid_prefix(*ret) != ret->n)
        return err_set(&c->err, ERR_MALFORMED, "%.150s is not UTF-8", path);
    return 0;
}

/* The text under key, or the file named under key_path. */
static int body_of(struct call *c, const char *key, const char *path_key, struct str *ret, const char **ret_path)
{
    struct str path = json_get_str(c->request, path_key);
    *ret_path = path.n ? path.p : "";
    if (path.n)
        return read_file(c, path.p, ret);
    yyjson_val *v = yyjson_obj_get(c->request, key);
    if (!v)
        return err_set_at(&c->err, ERR_INVALID, key, "the request has no %s", key);
    *ret = json_str(v);
    if (yyjson_is_str(v))
        return 0;
    ret->p = json_write(c->a, v, &ret->n);
    return ret->p ? 0 : err_set(&c->err, ERR_MEMORY, "no memory left");
}

static enum posting_format format_of(struct str name, const char *path, struct str body)
{
    struct str file = str_of(path), text = str_trim(body);
    if (name.n)
        return str_eqc(name, "html") ? POSTING_HTML : str_eqc(name, "json_ld") ? POSTING_JSON_LD : POSTING_TEXT;
    if (str_iends(file, ".html") || str_iends(file, ".htm"))
        return POSTING_HTML;
    if (str_iends(file, ".json") || str_iends(file, ".jsonld"))
        return POSTING_JSON_LD;
    if (file.n)
        return POSTING_TEXT;
    return str_istarts(text, "<!doctype") || str_istarts(text, "<html") ? POSTING_HTML : POSTING_TEXT;
}

static int source_read(struct call *c, const char *key, const char *path_key, struct posting_source *ret)
{
    const char *path;
    int rc = body_of(c, key, path_key, &ret->body, &path);
    if (rc < 0)
        return rc;
    ret->format = format_of(json_get_str(c->request, "format"), path, ret->body);
    ret->title = json_get_str(c->request, "title");
    ret->company = json_get_str(c->request, "company");
    return 0;
}

int call_source(struct call *c)
{
    return c->source.format ? 0 : source_read(c, "posting", "posting_path", &c->source);
}

int call_posting(struct call *c)
{
    int rc = call_source(c);
    if (rc < 0 || c->analysis)
        return rc;
    rc = posting_read(c->a, &c->source, &c->posting, &c->err);
    return rc < 0 ? rc : analysis_make(c->a, &c->posting, &c->analysis, &c->err);
}

int call_posting_b(struct call *c, struct posting *ret, struct analysis **ret_analysis)
{
    struct posting_source s = {0};
    int rc = source_read(c, "posting_b", "posting_b_path", &s);
    if (rc == 0)
        rc = posting_read(c->a, &s, ret, &c->err);
    return rc < 0 ? rc : analysis_make(c->a, ret, ret_analysis, &c->err);
}

int call_profile(struct call *c)
{
    const char *path;
    if (c->profile)
        return 0;
    int rc = body_of(c, "profile", "profile_path", &c->profile_json, &path);
    return rc < 0 ? rc : profile_read(c->a, c->profile_json, &c->profile, &c->err);
}

int call_match(struct call *c)
{
    int rc = call_posting(c);
    if (rc == 0)
        rc = call_profile(c);
    if (rc == 0 && c->profile->empty)
        return err_set(&c->err, ERR_NO_EVIDENCE, "the profile has nothing to write from");
    return rc < 0 ? rc : match_make(c->a, c->analysis, c->profile, &c->match, &c->err);
}

int call_choice(struct call *c, const char *option, const char *const *names, int n, int *ret)
{
    struct str text = json_get_str(json_get_obj(c->request, "options"), option);
    *ret = 0;
    for (int i = 0; text.n && i < n; i++)
        if (str_eqc(text, names[i]))
            *ret = i + 1;
    if (text.n && !*ret)
        return err_set_at(&c->err, ERR_INVALID, option, "there is no such %s", option);
    return 0;
}

static void answer_error(struct call *c, struct emit *e)
{
    emit_bool(e, "ok", false);
    emit_obj(e, "error");
    emit_strc(e, "code", err_slug(c->err.code));
    emit_strc(e, "message", c->err.msg);
    emit_strc(e, "pointer", c->err.pointer);
    emit_obj_end(e);
}

static int answer(struct call *c, struct str line, struct str *ret)
{
    struct emit e;
    emit_init(&e);
    emit_obj(&e, NULL);
    int rc = json_parse(c->a, line, &c->request, NULL, &c->err);
    yyjson_val *id = rc == 0 ? yyjson_obj_get(c->request, "id") : NULL;
    char *id_json = id ? json_write(c->a, id, NULL) : NULL;
    if (id_json)
        emit_raw(&e, "id", id_json, strlen(id_json));
    struct str now = rc == 0 ? json_get_str(c->request, "now") : (struct str){0};
    c->now = (struct month){.y = 2026, .m = 11};
    if (now.n >= 7)
        c->now = (struct month){.y = atoi(now.p), .m = atoi(now.p + 5)};
    if (rc == 0)
        rc = call_run(c);
    if (rc < 0) {
        answer_error(c, &e);
    } else {
        emit_bool(&e, "ok", true);
        emit_raw(&e, "result", c->result.p, c->result.n);
    }
    emit_obj_end(&e);
    return emit_take(&e, c->a, ret, NULL);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct arena arena;
        struct str out = {0};
        arena_init(&arena, TOOL_ARENA_MAX_BYTES);
        struct call *c = ARENA_NEW(&arena, struct call);
        if (!c)
            return 1;
        c->a = &arena;
        if (answer(c, (struct str){.p = line, .n = (size_t)n - (line[n - 1] == '\n')}, &out) < 0)
            out = STR("{\"ok\":false,\"error\":{\"code\":\"memory\",\"message\":\"the answer is too large\"}}");
        fwrite(out.p, 1, out.n, stdout);
        putchar('\n');
        arena_fini(&arena);
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
