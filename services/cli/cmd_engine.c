/* jobmill analyze|score|tailor|letter: the engine on files, without any server. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/commands.h"
#include "cli/view.h"
#include "core/clock.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/match.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/skill_spans.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/facts/facts.h"
#include "pipeline/render/render.h"

#define ENGINE_ARENA_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define ENGINE_TEXT_BYTES      ((size_t)16 * 1024 * 1024)
#define ENGINE_SPANS_MAX       4096

struct engine {
    struct cli *cli;
    struct arena arena;
    struct posting posting;
    struct analysis *analysis;
    struct profile *profile;
    struct match *match;
    struct month now;
    struct posting_day today;
    struct str document; /* JSON text: the result */
    struct err err;
};

static int engine_file(struct engine *e, const char *path, size_t max_bytes, struct str *ret)
{
    struct buf b;
    buf_init(&b, max_bytes);
    int rc = files_read(path, &b, &e->err);
    char *copy = rc == 0 ? arena_strndup(&e->arena, buf_str(&b), b.len) : NULL;
    *ret = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    if (rc == 0 && !copy)
        rc = err_set(&e->err, ERR_MEMORY, "no memory left for %.100s", path);
    return rc;
}

/* By extension; without one (standard input) by what it begins with. */
static enum posting_format engine_format(const char *path, struct str body)
{
    struct str name = str_of(path), text = str_trim(body);
    if (str_iends(name, ".html") || str_iends(name, ".htm"))
        return POSTING_HTML;
    if (str_iends(name, ".json") || str_iends(name, ".jsonld"))
        return POSTING_JSON_LD;
    if (strcmp(path, "-") != 0)
        return POSTING_TEXT;
    if (str_istarts(text, "<!doctype") || str_istarts(text, "<html"))
        return POSTING_HTML;
    return text.n && (text.p[0] == '{' || text.p[0] == '[') ? POSTING_JSON_LD : POSTING_TEXT;
}

static int engine_posting(struct engine *e, const char *path)
{
    struct str body;
    int rc = engine_file(e, path, POSTING_SOURCE_MAX_BYTES, &body);
    if (rc < 0)
        return rc;
    struct posting_source source = {.format = engine_format(path, body), .body = body, .now = e->today};
    rc = posting_read(&e->arena, &source, &e->posting, &e->err);
    return rc < 0 ? rc : analysis_make(&e->arena, &e->posting, &e->analysis, &e->err);
}

static int engine_match(struct engine *e)
{
    const char *path = cli_option(e->cli, "profile");
    struct str json;
    if (!path)
        return err_set(&e->err, ERR_CONFIG, "%s needs --profile P.json, a JSON Resume", e->cli->command->name);
    if (strcmp(path, "-") == 0 && strcmp(e->cli->args.words[0], "-") == 0)
        return err_set(&e->err, ERR_CONFIG, "standard input can be the profile or the posting, not both");
    int rc = engine_file(e, path, PROFILE_MAX_BYTES, &json);
    if (rc < 0)
        return rc;
    rc = profile_read(&e->arena, json, &e->profile, &e->err);
    if (rc < 0)
        return *e->err.pointer ? err_prefix(&e->err, "%s", e->err.pointer) : rc;
    if (e->profile->empty)
        return err_set(&e->err, ERR_NO_EVIDENCE,
                       "the profile has nothing to write from: no work, project, education or skill");
    return match_make(&e->arena, e->analysis, e->profile, &e->match, &e->err);
}

static int engine_choice(struct engine *e, const char *option, const char *const *names, int n, int *ret)
{
    const char *text = cli_option(e->cli, option);
    *ret = 0;
    for (int i = 0; text && i < n; i++)
        if (strcmp(text, names[i]) == 0)
            *ret = i + 1;
    if (!text || *ret)
        return 0;
    const char *near = args_nearest(text, names, n);
    return err_set(&e->err, ERR_CONFIG, "--%s: there is no \"%.40s\"%s%s", option, text, near ? ": did you mean " : "",
                   near ? near : "");
}

static void engine_now(struct engine *e)
{
    time_t t = (time_t)(clock_wall_us() / 1000000);
    struct tm tm;
    gmtime_r(&t, &tm);
    e->now = (struct month){.y = tm.tm_year + 1900, .m = tm.tm_mon + 1};
    e->today = (struct posting_day){.y = e->now.y, .m = e->now.m, .d = tm.tm_mday};
}

/* The document as it is, or as text. */
static int engine_print(struct engine *e, int (*view)(struct engine *e, yyjson_val *root, struct buf *out))
{
    yyjson_val *root;
    struct buf out;
    buf_init(&out, ENGINE_TEXT_BYTES);
    int rc = 0;
    if (e->cli->json) {
        buf_add(&out, e->document.p, e->document.n);
        buf_addc(&out, '\n');
    } else {
        rc = json_parse(&e->arena, e->document, &root, NULL, &e->err);
        if (rc == 0)
            rc = view(e, root, &out);
    }
    if (rc == 0)
        fwrite(buf_str(&out), 1, out.len, stdout);
    buf_fini(&out);
    return rc;
}

static int engine_run(struct cli *cli, bool profile, int (*make)(struct engine *e),
                      int (*view)(struct engine *e, yyjson_val *root, struct buf *out))
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e)
        return CLI_FAILED;
    e->cli = cli;
    arena_init(&e->arena, ENGINE_ARENA_MAX_BYTES);
    engine_now(e);
    int rc = engine_posting(e, cli->args.words[0]);
    if (rc == 0 && profile)
        rc = engine_match(e);
    if (rc == 0)
        rc = make(e);
    if (rc == 0)
        rc = engine_print(e, view);
    int code = rc < 0 ? cli_fail(&e->err) : CLI_OK;
    arena_fini(&e->arena);
    free(e);
    return code;
}

/* Nothing is written for what is no posting, or no longer one. */
static int engine_verdict(struct engine *e)
{
    switch (e->analysis->verdict) {
    case ANALYSIS_POSTING:
        return 0;
    case ANALYSIS_TOO_SHORT:
        return err_set(&e->err, ERR_NOT_A_POSTING, "the text is too short to be a job posting");
    case ANALYSIS_EXPIRED:
        return err_set(&e->err, ERR_NOT_A_POSTING, "the posting is over: it takes no more applications");
    case ANALYSIS_NOT_A_POSTING:
        break;
    }
    return err_set(&e->err, ERR_NOT_A_POSTING, "the text is not a job posting");
}

/* analyze */

/* The analysis, and beside it what is not stored: the mentions of skills with their places in the text. */
static int engine_make_analysis(struct engine *e)
{
    struct str json, text = e->posting.text;
    struct skill_span *s = arena_alloc(&e->arena, sizeof(*s) * ENGINE_SPANS_MAX);
    int rc = analysis_to_json(&e->arena, e->analysis, &json, &e->err);
    if (rc < 0)
        return rc;
    yyjson_mut_doc *d = json_mut_new(&e->arena);
    yyjson_mut_val *arr = d ? yyjson_mut_arr(d) : NULL;
    size_t n = skill_spans_find(text, s, ENGINE_SPANS_MAX), mentions_n = 0;
    for (size_t i = 0; i < n && arr; i++) {
        yyjson_mut_val *m = yyjson_mut_arr_add_obj(d, arr);
        yyjson_mut_obj_add_strn(d, m, "text", text.p + s[i].start, s[i].end - s[i].start);
        yyjson_mut_obj_add_uint(d, m, "start", s[i].start);
        yyjson_mut_obj_add_uint(d, m, "end", s[i].end);
        yyjson_mut_obj_add_str(d, m, "kind", skill_span_kind_name(s[i].kind));
        if (s[i].skill)
            yyjson_mut_obj_add_str(d, m, "slug", s[i].skill->slug);
    }
    char *mentions = arr ? json_write_mut(&e->arena, arr, &mentions_n) : NULL;
    yyjson_mut_val *quoted = arr ? yyjson_mut_strn(d, text.p, text.n) : NULL;
    char *plain = quoted ? json_write_mut(&e->arena, quoted, NULL) : NULL;
    char *all = mentions && plain ? arena_printf(&e->arena, "%.*s,\"mentions\":%s,\"text\":%s}", (int)json.n - 1,
                                                 json.p, mentions, plain)
                                  : NULL;
    e->document = str_of(all);
    return all ? 0 : err_set(&e->err, ERR_MEMORY, "the analysis needs more memory than its limit");
}

static int engine_view_analysis(struct engine *e UNUSED, yyjson_val *root, struct buf *out)
{
    view_analysis(root, out);
    return 0;
}

int cmd_analyze(struct cli *cli)
{
    return engine_run(cli, false, engine_make_analysis, engine_view_analysis);
}

/* score */

static int engine_make_score(struct engine *e)
{
    struct score_result score;
    int rc = score_make(&e->arena, e->analysis, e->profile, e->match, e->now, &score, &e->err);
    e->document = score.json;
    return rc;
}

static int engine_view_score(struct engine *e UNUSED, yyjson_val *root, struct buf *out)
{
    struct str band = json_get_str(root, "band"), reason = json_get_str(root, "reason");
    if (json_get_int(root, "overall", -1) < 0) { /* no posting: nothing was scored */
        buf_addf(out, "no score: %.*s\n", (int)reason.n, reason.p ? reason.p : "");
        return 0;
    }
    buf_addf(out, "%lld (%.*s)\n", (long long)json_get_int(root, "overall", -1), (int)band.n, band.p ? band.p : "");
    view_score(root, out);
    return 0;
}

int cmd_score(struct cli *cli)
{
    return engine_run(cli, true, engine_make_score, engine_view_score);
}

/* As the stages do: whatever was written goes through the fact check. */
static int engine_judge(struct engine *e, int rc,
                        int (*judge)(struct arena *a, struct facts_input in, struct str document, struct str *ret_json,
                                     struct err *err))
{
    struct facts_input in = {.analysis = e->analysis, .posting = e->posting.text, .now = e->now};
    if (rc == 0)
        rc = facts_index_make(&e->arena, e->profile, &in.index, &e->err);
    return rc < 0 ? rc : judge(&e->arena, in, e->document, &e->document, &e->err);
}

/* tailor */

static int engine_make_resume(struct engine *e)
{
    static const char *const strategies[] = {"none", "nudge", "keywords", "full"};
    int strategy = 0;
    int rc = engine_verdict(e);
    if (rc == 0)
        rc = engine_choice(e, "strategy", strategies, (int)ARRAY_LEN(strategies), &strategy);
    struct tailor_options how = {.strategy = (enum tailor_strategy)strategy, .now = e->now};
    if (rc == 0)
        rc = tailor_make(&e->arena, e->analysis, e->profile, e->match, how, &e->document, &e->err);
    return engine_judge(e, rc, facts_judge_resume);
}

static int engine_view_resume(struct engine *e, yyjson_val *root, struct buf *out)
{
    struct str text;
    int rc = resume_to_markdown(&e->arena, json_get_obj(root, "document"), &text, &e->err);
    if (rc < 0)
        return rc;
    buf_add(out, text.p, text.n);
    struct buf notes; /* the résumé alone goes to standard output, so that it can be piped */
    buf_init(&notes, ENGINE_TEXT_BYTES);
    view_changes(root, &notes);
    view_violations(root, "résumé", &notes);
    if (!e->cli->quiet)
        fputs(buf_str(&notes), stderr);
    buf_fini(&notes);
    return 0;
}

int cmd_tailor(struct cli *cli)
{
    return engine_run(cli, true, engine_make_resume, engine_view_resume);
}

/* letter */

static int engine_make_letter(struct engine *e)
{
    static const char *const tones[] = {"formal", "direct", "conversational", "mirror"};
    static const char *const lengths[] = {"short", "standard", "long"};
    int tone = 0, length = 0;
    int rc = engine_verdict(e);
    if (rc == 0)
        rc = engine_choice(e, "tone", tones, (int)ARRAY_LEN(tones), &tone);
    if (rc == 0)
        rc = engine_choice(e, "length", lengths, (int)ARRAY_LEN(lengths), &length);
    if (rc < 0)
        return rc;
    struct letter_options how = {.tone = (enum letter_tone)tone, .length = (enum letter_length)length, .now = e->now};
    return engine_judge(e, letter_make(&e->arena, e->analysis, e->profile, e->match, how, &e->document, &e->err),
                        facts_judge_letter);
}

static int engine_view_letter(struct engine *e, yyjson_val *root, struct buf *out)
{
    struct str body = json_get_str(root, "body");
    struct buf notes;
    buf_add(out, body.p ? body.p : "", body.n);
    if (body.n && body.p[body.n - 1] != '\n')
        buf_addc(out, '\n');
    buf_init(&notes, ENGINE_TEXT_BYTES);
    view_violations(root, "letter", &notes);
    if (!e->cli->quiet)
        fputs(buf_str(&notes), stderr);
    buf_fini(&notes);
    return 0;
}

int cmd_letter(struct cli *cli)
{
    return engine_run(cli, true, engine_make_letter, engine_view_letter);
}
