/* jobmill import: a résumé in the form a person has it, as JSON Resume. The document is read by jobmill-reader, a
 * process of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cli/commands.h"
#include "core/subprocess.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/resume/reply.h"
#include "pipeline/resume/resume.h"
#include "pipeline/render/render.h"

#define IMPORT_ARENA_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define IMPORT_TIMEOUT_MS      30000

struct import {
    struct cli *cli;
    struct arena arena;
    struct loop *loop;
    struct resume_reply reply;
    struct str document;
    struct err err;
};

static void import_told(void *ud, const struct subprocess_end *end)
{
    struct import *m = ud;
    char *copy = arena_strndup(&m->arena, end->output.p, end->output.n);
    m->reply = (struct resume_reply){.output = {.p = copy, .n = copy ? end->output.n : 0},
                                     .exit_code = end->exit_code,
                                     .signal = end->signal,
                                     .started = end->started,
                                     .timed_out = end->timed_out,
                                     .overflowed = end->overflowed};
    loop_stop(m->loop);
}

static const char *import_format(const char *path)
{
    struct str name = str_of(path);
    if (str_iends(name, ".md") || str_iends(name, ".markdown"))
        return "markdown";
    return str_iends(name, ".txt") ? "text" : "any";
}

static int import_read(struct import *m, const char *path)
{
    char program[FILES_PATH_BYTES];
    struct buf b;
    buf_init(&b, RESUME_BYTES_MAX);
    int rc = files_read(path, &b, &m->err);
    if (rc == 0 && !subprocess_beside("jobmill-reader", program, sizeof(program)))
        rc = err_set(&m->err, ERR_IO, "cannot find the folder of this program");
    if (rc == 0) {
        const char *argv[] = {program, "--format", import_format(path), NULL};
        const struct subprocess_spec spec = {.program = program,
                                             .argv = argv,
                                             .input = {.p = buf_str(&b), .n = b.len},
                                             .output_max = RESUME_REPLY_MAX_BYTES,
                                             .timeout_ms = IMPORT_TIMEOUT_MS};
        signal(SIGPIPE, SIG_IGN); /* a reader that refuses early does not read to the end */
        m->loop = loop_new();
        struct subprocess *s = subprocess_start(m->loop, &spec, import_told, m);
        loop_run(m->loop);
        subprocess_free(s);
        loop_free(m->loop);
        rc = resume_reply_read(&m->arena, &m->reply, &m->document, &m->err);
    }
    buf_fini(&b);
    return rc;
}

static void import_notes(struct import *m, yyjson_val *root)
{
    yyjson_val *about = json_get_obj(root, "x_import"), *note;
    size_t i, n;
    yyjson_arr_foreach(json_get_arr(about, "notes"), i, n, note)
    {
        struct str detail = json_get_str(note, "detail"), text = json_get_str(note, "text");
        int64_t line = json_get_int(note, "line", 0), page = json_get_int(note, "page", 0);
        if (m->cli->quiet)
            continue;
        fprintf(stderr, "note: " STR_FMT, STR_ARG(detail));
        if (page)
            fprintf(stderr, " (page %lld, line %lld)", (long long)page, (long long)line);
        else if (line)
            fprintf(stderr, " (line %lld)", (long long)line);
        fprintf(stderr, "%s" STR_FMT "\n", text.n ? ": " : "", STR_ARG(text));
    }
}

static int import_print(struct import *m)
{
    yyjson_val *root;
    struct str text;
    if (m->cli->json) {
        fwrite(m->document.p, 1, m->document.n, stdout);
        fputc('\n', stdout);
        return 0;
    }
    int rc = json_parse(&m->arena, m->document, &root, NULL, &m->err);
    if (rc == 0)
        rc = resume_to_markdown(&m->arena, root, &text, &m->err);
    if (rc < 0)
        return rc;
    fwrite(text.p, 1, text.n, stdout);
    import_notes(m, root);
    return 0;
}

int cmd_import(struct cli *cli)
{
    struct import *m = calloc(1, sizeof(*m));
    if (!m)
        return CLI_FAILED;
    m->cli = cli;
    arena_init(&m->arena, IMPORT_ARENA_MAX_BYTES);
    int rc = import_read(m, cli->args.words[0]);
    if (rc == 0)
        rc = import_print(m);
    int code = rc < 0 ? cli_fail(&m->err) : CLI_OK;
    arena_fini(&m->arena);
    free(m);
    return code;
}
