/* The engine over many inputs in one process, for the evaluation: one JSON object a line in, one out.
 *
 *   engine_batch [--profile FILE] [--loop N]
 *   in:  {"format": "text|html|json_ld", "body": "...", "want":
 * ["text","analysis","mentions","score","letter","resume"]} out: {"text": "...", "analysis": {...}, ...} or {"error":
 * "..."}
 *
 * With --loop N each line is read and analysed N times and the answer is {"us": CPU microseconds of one time}. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "base/json.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/letter.h"
#include "pipeline/engine/match.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/skill_spans.h"
#include "pipeline/engine/tailor.h"

#define BATCH_ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define BATCH_SPANS_MAX   4096

static const struct month batch_now = {2026, 11};

struct batch {
    struct arena a, keep;
    struct profile *profile;
    long loop;
};

static double cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static bool wants(yyjson_val *in, const char *what)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_arr_foreach(json_get_arr(in, "want"), i, max, v) if (str_eqc(json_str(v), what)) return true;
    return false;
}

static struct posting_source source_of(yyjson_val *in)
{
    struct str f = json_get_str(in, "format");
    struct posting_source src = {.format = str_eqc(f, "html")      ? POSTING_HTML
                                           : str_eqc(f, "json_ld") ? POSTING_JSON_LD
                                                                   : POSTING_TEXT,
                                 .body = json_get_str(in, "body"),
                                 .title = {"", 0},
                                 .company = {"", 0},
                                 .now = {(int)json_get_int(in, "year", 0), (int)json_get_int(in, "month", 0),
                                         (int)json_get_int(in, "day", 0)}};
    return src;
}

static void add_raw(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, struct str json)
{
    yyjson_mut_obj_add_val(d, o, key, yyjson_mut_rawn(d, json.p, json.n));
}

static void add_mentions(struct batch *b, yyjson_mut_doc *d, yyjson_mut_val *o, struct str text)
{
    struct skill_span *s = arena_alloc(&b->a, sizeof(*s) * BATCH_SPANS_MAX);
    size_t n = skill_spans_find(text, s, BATCH_SPANS_MAX);
    yyjson_mut_val *arr = yyjson_mut_obj_add_arr(d, o, "mentions");
    for (size_t i = 0; i < n; i++) {
        yyjson_mut_val *m = yyjson_mut_arr_add_obj(d, arr);
        yyjson_mut_obj_add_strn(d, m, "text", text.p + s[i].start, s[i].end - s[i].start);
        yyjson_mut_obj_add_uint(d, m, "start", s[i].start);
        yyjson_mut_obj_add_uint(d, m, "end", s[i].end);
        yyjson_mut_obj_add_str(d, m, "kind", skill_span_kind_name(s[i].kind));
    }
}

static int add_documents(struct batch *b, yyjson_val *in, yyjson_mut_doc *d, yyjson_mut_val *o,
                         const struct analysis *an, struct err *err)
{
    struct match *m;
    struct score_result score;
    struct str json;
    int rc = match_make_at(&b->a, an, b->profile, batch_now, &m, err);
    if (rc == 0 && wants(in, "score") && (rc = score_make(&b->a, an, b->profile, m, batch_now, &score, err)) == 0)
        add_raw(d, o, "score", score.json);
    struct letter_options how = {.seed = 7, .now = batch_now};
    if (rc == 0 && wants(in, "letter") && (rc = letter_make(&b->a, an, b->profile, m, how, &json, err)) == 0)
        add_raw(d, o, "letter", json);
    struct tailor_options tailor = {.now = batch_now};
    if (rc == 0 && wants(in, "resume") && (rc = tailor_make(&b->a, an, b->profile, m, tailor, &json, err)) == 0)
        add_raw(d, o, "resume", json);
    return rc;
}

static int answer(struct batch *b, yyjson_val *in, yyjson_mut_doc *d, yyjson_mut_val *o, struct err *err)
{
    struct posting_source src = source_of(in);
    struct posting posting;
    struct analysis *an;
    struct str json;
    if (wants(in, "spans")) { /* of the bytes as they are */
        add_mentions(b, d, o, src.body);
        return 0;
    }
    int rc = posting_read(&b->a, &src, &posting, err);
    if (rc == 0)
        rc = analysis_make(&b->a, &posting, &an, err);
    if (rc < 0)
        return rc;
    if (wants(in, "text"))
        yyjson_mut_obj_add_strn(d, o, "text", posting.text.p, posting.text.n);
    if (wants(in, "analysis") && (rc = analysis_to_json(&b->a, an, &json, err)) == 0)
        add_raw(d, o, "analysis", json);
    if (rc == 0 && wants(in, "mentions"))
        add_mentions(b, d, o, posting.text);
    return rc == 0 && b->profile ? add_documents(b, in, d, o, an, err) : rc;
}

static double timed(struct batch *b, yyjson_val *in)
{
    struct posting_source src = source_of(in);
    double from = 0;
    struct arena a;
    struct err err;
    arena_init(&a, BATCH_ARENA_BYTES);
    for (long i = -1; i < b->loop; i++) { /* once to warm up */
        struct posting posting;
        struct analysis *an;
        if (i == 0)
            from = cpu_us();
        arena_reset(&a);
        if (posting_read(&a, &src, &posting, &err) < 0 || analysis_make(&a, &posting, &an, &err) < 0)
            break;
    }
    double us = (cpu_us() - from) / (double)b->loop;
    arena_fini(&a);
    return us;
}

static void line_do(struct batch *b, struct str line)
{
    yyjson_val *in;
    struct err err = {0};
    arena_reset(&b->a);
    yyjson_mut_doc *d = json_mut_new(&b->a);
    yyjson_mut_val *o = yyjson_mut_obj(d);
    if (json_parse(&b->a, line, &in, NULL, &err) < 0) {
        printf("{\"error\":\"the line is no JSON\"}\n");
        return;
    }
    if (b->loop) {
        yyjson_mut_obj_add_real(d, o, "us", timed(b, in));
    } else if (answer(b, in, d, o, &err) < 0) {
        yyjson_mut_obj_add_str(d, o, "error", err.msg);
        yyjson_mut_obj_add_int(d, o, "code", err.code);
    }
    char *p = json_write_mut(&b->a, o, NULL);
    printf("%s\n", p ? p : "{\"error\":\"out of memory\"}");
}

static int profile_load(struct batch *b, const char *path)
{
    static char text[PROFILE_MAX_BYTES];
    struct err err;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
    if (f)
        fclose(f);
    if (profile_read(&b->keep, (struct str){text, n}, &b->profile, &err) == 0)
        return 0;
    fprintf(stderr, "engine_batch: %s\n", err.msg);
    return -1;
}

int main(int argc, char **argv)
{
    struct batch b = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    arena_init(&b.a, BATCH_ARENA_BYTES);
    arena_init(&b.keep, BATCH_ARENA_BYTES);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--profile") == 0 && profile_load(&b, argv[i + 1]) < 0)
            return 1;
        if (strcmp(argv[i], "--loop") == 0)
            b.loop = atol(argv[i + 1]);
    }
    while ((n = getline(&line, &cap, stdin)) > 0)
        line_do(&b, (struct str){line, (size_t)n});
    free(line);
    arena_fini(&b.a);
    arena_fini(&b.keep);
    return 0;
}
