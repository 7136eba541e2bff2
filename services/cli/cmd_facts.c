/* jobmill facts: the fact check on a text, without any server. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/commands.h"
#include "cli/table.h"
#include "core/clock.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/posting.h"
#include "pipeline/engine/profile.h"
#include "pipeline/facts/facts.h"

#define FACTS_ARENA_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define FACTS_VIEW_BYTES      ((size_t)16 * 1024 * 1024)

struct facts_run {
    struct cli *cli;
    struct arena arena;
    struct posting posting;
    struct analysis *analysis;
    struct facts_input in;
    const struct facts_ledger *ledger;
    struct err err;
};

static int run_file(struct facts_run *r, const char *path, size_t max_bytes, struct str *ret)
{
    struct buf b;
    buf_init(&b, max_bytes);
    int rc = files_read(path, &b, &r->err);
    char *copy = rc == 0 ? arena_strndup(&r->arena, buf_str(&b), b.len) : NULL;
    *ret = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    if (rc == 0 && !copy)
        rc = err_set(&r->err, ERR_MEMORY, "no memory left for %.100s", path);
    return rc;
}

static int run_profile(struct facts_run *r)
{
    const char *path = cli_option(r->cli, "profile");
    struct str json;
    struct profile *p;
    if (!path)
        return err_set(&r->err, ERR_CONFIG, "facts needs --profile P.json, a JSON Resume");
    int rc = run_file(r, path, PROFILE_MAX_BYTES, &json);
    if (rc == 0)
        rc = profile_read(&r->arena, json, &p, &r->err);
    if (rc < 0)
        return *r->err.pointer ? err_prefix(&r->err, "%s", r->err.pointer) : rc;
    return facts_index_make(&r->arena, p, &r->in.index, &r->err);
}

static int run_posting(struct facts_run *r)
{
    const char *path = cli_option(r->cli, "posting");
    struct str body;
    if (!path)
        return 0;
    int rc = run_file(r, path, POSTING_SOURCE_MAX_BYTES, &body);
    if (rc < 0)
        return rc;
    struct str start = str_trim(body), name = str_of(path);
    bool html = str_iends(name, ".html") || str_iends(name, ".htm") || str_istarts(start, "<!doctype") ||
                str_istarts(start, "<html");
    bool json = str_iends(name, ".json") || str_iends(name, ".jsonld") || (start.n && start.p[0] == '{');
    struct posting_source source = {.format = html   ? POSTING_HTML
                                              : json ? POSTING_JSON_LD
                                                     : POSTING_TEXT,
                                    .body = body};
    rc = posting_read(&r->arena, &source, &r->posting, &r->err);
    if (rc == 0)
        rc = analysis_make(&r->arena, &r->posting, &r->analysis, &r->err);
    r->in.analysis = r->analysis;
    r->in.posting = r->posting.text;
    return rc;
}

static enum facts_kind run_guess(struct str text)
{
    static const char *const HEADS[] = {"experience", "education",    "skills",         "work history",
                                        "employment", "certificates", "certifications", "summary"};
    struct str rest = text, line;
    int heads = 0;
    bool greeting = false;
    while (str_next_line(&rest, &line)) {
        line = str_trim(line);
        while (line.n && (line.p[0] == '#' || line.p[0] == ' ' || line.p[0] == '*'))
            line = str_sub(line, 1, line.n);
        greeting |= str_istarts(line, "dear ") || str_istarts(line, "hello") || str_istarts(line, "to whom");
        for (size_t i = 0; line.n < 40 && i < ARRAY_LEN(HEADS); i++)
            if (str_ifind_word(line, HEADS[i], 0) >= 0) {
                heads++;
                break;
            }
    }
    return !greeting && heads > 0 ? FACTS_RESUME : FACTS_LETTER;
}

static int run_text(struct facts_run *r)
{
    const char *kind = cli_option(r->cli, "kind");
    int rc = run_file(r, r->cli->args.words[0], FACTS_TEXT_MAX_BYTES, &r->in.text);
    if (rc < 0)
        return rc;
    r->in.kind = run_guess(r->in.text);
    if (kind && strcmp(kind, "letter") == 0)
        r->in.kind = FACTS_LETTER;
    else if (kind && (strcmp(kind, "resume") == 0 || strcmp(kind, "résumé") == 0))
        r->in.kind = FACTS_RESUME;
    else if (kind)
        return err_set(&r->err, ERR_CONFIG, "--kind is letter or resume, not \"%.40s\"", kind);
    return 0;
}

static void view_sentence(const struct facts_sentence *s, struct table *t)
{
    char ids[TABLE_CELL_BYTES];
    size_t n = 0;
    ids[0] = 0;
    for (size_t i = 0; i < s->evidence_n && n < sizeof(ids) - 40; i++)
        n += (size_t)snprintf(ids + n, sizeof(ids) - n, "%s%.*s", i ? " " : "", (int)MIN(s->evidence[i].n, 30u),
                              s->evidence[i].p);
    table_cell(t, facts_verdict_name(s->verdict));
    table_cell(t, facts_class_name(s->class));
    table_cellf(t, "%.*s", (int)MIN(s->text.n, 200u), s->text.p);
    table_cell(t, ids);
}

static void view_ledger(const struct facts_ledger *l, struct buf *out)
{
    static const struct table_column COLUMNS[] = {{"VERDICT", false, 0},
                                                  {"CLASS", false, 0},
                                                  {"SENTENCE", false, 70},
                                                  {"EVIDENCE", false, 32}};
    struct table *t = table_new(COLUMNS, (int)ARRAY_LEN(COLUMNS));
    if (!t)
        return;
    for (size_t i = 0; i < l->sentences_n; i++)
        view_sentence(&l->sentences[i], t);
    table_write(t, out);
    table_free(t);
    for (size_t i = 0; i < l->sentences_n; i++)
        for (size_t k = 0; k < l->sentences[i].violations_n; k++) {
            const struct facts_violation *v = &l->sentences[i].violations[k];
            buf_addf(out, "\n%s %s: \"%.*s\"\n  %s\n", facts_verdict_name(facts_code_severity(v->code)),
                     facts_code_name(v->code), STR_ARG(v->text), facts_code_advice(v->code));
            if (v->closest.n)
                buf_addf(out, "  The profile says (%.*s): %.*s\n", STR_ARG(v->closest_id), STR_ARG(v->closest));
        }
    buf_addf(out, "\n%s\n", facts_verdict_name(l->verdict));
}

static int run_print(struct facts_run *r)
{
    struct buf out;
    struct str json;
    int rc = 0;
    buf_init(&out, FACTS_VIEW_BYTES);
    if (r->cli->json) {
        rc = facts_to_json(&r->arena, &r->in, r->ledger, &json, &r->err);
        if (rc == 0) {
            buf_add(&out, json.p, json.n);
            buf_addc(&out, '\n');
        }
    } else {
        view_ledger(r->ledger, &out);
    }
    if (rc == 0)
        fwrite(buf_str(&out), 1, out.len, stdout);
    buf_fini(&out);
    return rc;
}

int cmd_facts(struct cli *cli)
{
    struct facts_run r = {.cli = cli};
    time_t t = (time_t)(clock_wall_us() / 1000000);
    struct tm tm;
    gmtime_r(&t, &tm);
    r.in.now = (struct month){.y = tm.tm_year + 1900, .m = tm.tm_mon + 1};
    arena_init(&r.arena, FACTS_ARENA_MAX_BYTES);
    int rc = run_profile(&r);
    if (rc == 0)
        rc = run_posting(&r);
    if (rc == 0)
        rc = run_text(&r);
    if (rc == 0)
        rc = facts_check(&r.arena, &r.in, &r.ledger, &r.err);
    if (rc == 0)
        rc = run_print(&r);
    int code = rc < 0 ? cli_fail(&r.err) : r.ledger->verdict == FACTS_BLOCK ? CLI_BLOCKED : CLI_OK;
    arena_fini(&r.arena);
    return code;
}
