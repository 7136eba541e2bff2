/* jobmill render: a résumé or a letter as a file to send, without any server; or what is wrong with its form (--lint).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/utf8.h"
#include "cli/commands.h"
#include "pipeline/engine/lint.h"
#include "pipeline/engine/profile.h"
#include "pipeline/render/render.h"

#define RENDER_INPUT_BYTES ((size_t)4 * 1024 * 1024)
#define RENDER_ARENA_BYTES ((size_t)256 * 1024 * 1024)

struct rendering {
    struct cli *cli;
    struct arena arena;
    struct render_options how;
    const char *out;
    struct buf in, made;
    struct err err;
};

static int rendering_format(struct rendering *r)
{
    const char *name = cli_option(r->cli, "format");
    const char *dot = r->out ? strrchr(r->out, '.') : NULL;
    static const char *const NAMES[] = {"pdf", "docx", "md", "txt", "json"};
    if (!name && dot)
        r->how.format = render_format_of(str_of(dot + 1));
    else
        r->how.format = name ? render_format_of(str_of(name)) : RENDER_TEXT;
    if (r->how.format != RENDER_NONE)
        return 0;
    if (!name)
        return err_set(&r->err, ERR_CONFIG,
                       "--out %.100s does not say the format: add --format pdf, docx, md, txt or json", r->out);
    const char *near = args_nearest(name, NAMES, ARRAY_LEN(NAMES));
    return err_set(&r->err, ERR_CONFIG, "--format: there is no \"%.40s\"%s%s", name, near ? ": did you mean " : "",
                   near ? near : "");
}

static int rendering_paper(struct rendering *r)
{
    const char *name = cli_option(r->cli, "paper");
    if (!name)
        return 0;
    if (strcmp(name, "a4") == 0)
        r->how.paper = SHEET_A4;
    else if (strcmp(name, "letter") == 0)
        r->how.paper = SHEET_LETTER;
    else
        return err_set(&r->err, ERR_CONFIG, "--paper is a4 or letter, not \"%.40s\"", name);
    return 0;
}

static int rendering_options(struct rendering *r)
{
    r->out = cli_option(r->cli, "out");
    int rc = cli_switch(r->cli, "lint") ? 0 : rendering_format(r);
    if (rc == 0)
        rc = rendering_paper(r);
    if (rc == 0 && !r->out && render_format_is_binary(r->how.format) && isatty(STDOUT_FILENO))
        return err_set(&r->err, ERR_CONFIG, "a %s is no text for a terminal: name a file with --out, or pipe it",
                       render_format_name(r->how.format));
    return rc;
}

static int rendering_print(struct rendering *r, const struct render_notes *notes)
{
    char text[8] = "";
    if (notes->left_out && !r->cli->quiet) {
        text[utf8_encode(notes->pictograph, text)] = 0;
        cli_say(r->cli, "%zu pictographs that no installed font has were left out (the first: %s U+%04X)",
                notes->left_out, text, (unsigned)notes->pictograph);
    }
    if (r->out)
        return files_write(r->out, buf_str(&r->made), r->made.len, 0644, &r->err);
    if (fwrite(buf_str(&r->made), 1, r->made.len, stdout) != r->made.len || fflush(stdout) != 0)
        return err_set(&r->err, ERR_IO, "standard output took only a part of the document");
    return 0;
}

/* Findings, one a line, or as a JSON array. */
static int rendering_lint(struct rendering *r, yyjson_val *root)
{
    struct lint_report report;
    yyjson_val *document = json_get_obj(root, "document");
    int rc = lint_resume(&r->arena, document ? document : root, &report, &r->err);
    if (rc < 0)
        return rc;
    if (r->cli->json) {
        lint_write_json(&report, &r->made);
        cli_print(&r->made);
        return 0;
    }
    for (size_t i = 0; i < report.n; i++)
        printf("%-8s %-24s %s  %s\n", lint_severity_name(report.at[i].severity), report.at[i].code,
               report.at[i].pointer.p, report.at[i].detail.p);
    if (report.n == 0)
        cli_say(r->cli, "nothing to complain about");
    return 0;
}

static int rendering_run(struct rendering *r)
{
    yyjson_val *root;
    struct render_notes notes;
    int rc = rendering_options(r);
    if (rc == 0)
        rc = files_read(r->cli->args.words[0], &r->in, &r->err);
    if (rc == 0)
        rc = json_parse(&r->arena, (struct str){.p = buf_str(&r->in), .n = r->in.len}, &root, NULL, &r->err);
    if (rc < 0)
        return rc;
    if (cli_switch(r->cli, "lint"))
        return rendering_lint(r, root);
    rc = render_document(&r->arena, root, r->how, &r->made, &notes, &r->err);
    return rc < 0 ? rc : rendering_print(r, &notes);
}

int cmd_render(struct cli *cli)
{
    struct rendering r = {.cli = cli};
    arena_init(&r.arena, RENDER_ARENA_BYTES);
    buf_init(&r.in, RENDER_INPUT_BYTES);
    buf_init(&r.made, RENDER_MAX_BYTES);
    int code = rendering_run(&r) < 0 ? cli_fail(&r.err) : CLI_OK;
    buf_fini(&r.in);
    buf_fini(&r.made);
    arena_fini(&r.arena);
    return code;
}
