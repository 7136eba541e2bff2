/* CPU time of one operation, measured inside the process: what it needs is made before, its own memory is given back
 * after each run, and of several batches the fastest counts, because others use the machine too. */
#include <time.h>
#include "engine_tool.h"

#define TIME_BATCHES         9
#define TIME_ARENA_MAX_BYTES ((size_t)64 * 1024 * 1024)

static int time_read(struct call *c)
{
    return posting_read(c->a, &c->source, &c->posting, &c->err);
}

static int time_analyze(struct call *c)
{
    struct posting p;
    struct analysis *an;
    int rc = posting_read(c->a, &c->source, &p, &c->err);
    return rc < 0 ? rc : analysis_make(c->a, &p, &an, &c->err);
}

static int time_profile(struct call *c)
{
    struct profile *p;
    return profile_read(c->a, c->profile_json, &p, &c->err);
}

static int time_match(struct call *c)
{
    return match_make(c->a, c->analysis, c->profile, &c->match, &c->err);
}

static int time_score(struct call *c)
{
    struct score_result score;
    int rc = time_match(c);
    return rc < 0 ? rc : score_make(c->a, c->analysis, c->profile, c->match, c->now, &score, &c->err);
}

static int time_tailor(struct call *c)
{
    int rc = time_match(c);
    return rc < 0 ? rc : call_tailor(c);
}

static int time_letter(struct call *c)
{
    int rc = time_match(c);
    return rc < 0 ? rc : call_letter(c);
}

static int time_embed(struct call *c)
{
    struct embed_posting j;
    return embed_posting_make(c->a, &c->posting, c->analysis, &j, &c->err);
}

static int time_embed_profile(struct call *c)
{
    struct embed_profile u;
    return embed_profile_make(c->a, c->profile, &u, &c->err);
}

static const struct {
    const char *name;
    int (*need)(struct call *c);
    int (*run)(struct call *c);
} TIMED[] = {
    {"read", call_source, time_read},
    {"analyze", call_source, time_analyze},
    {"profile", call_profile, time_profile},
    {"match", call_match, time_match},
    {"score", call_match, time_score},
    {"tailor", call_match, time_tailor},
    {"letter", call_match, time_letter},
    {"embed", call_posting, time_embed},
    {"embed_profile", call_profile, time_embed_profile},
#ifdef ENGINE_TOOL_FACTS
    {"facts", call_match, call_facts},
    {"facts_index", call_profile, time_facts_index},
    {"judge_letter", call_judged, time_judge_letter},
    {"judge_resume", call_judged, time_judge_resume},
#endif
};

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int batch(struct call *c, int (*run)(struct call *c), int64_t runs, double *ret_us)
{
    struct arena *kept = c->a, scratch;
    int rc = 0;
    arena_init(&scratch, TIME_ARENA_MAX_BYTES);
    c->a = &scratch;
    double start = cpu_us();
    for (int64_t i = 0; i < runs && rc == 0; i++) {
        rc = run(c);
        arena_reset(&scratch);
    }
    *ret_us = (cpu_us() - start) / (double)runs;
    c->a = kept;
    arena_fini(&scratch);
    return rc;
}

int call_time(struct call *c)
{
    struct str what = json_get_str(c->request, "what");
    int64_t runs = json_get_int(c->request, "runs", 30);
    size_t i = 0;
    while (i < ARRAY_LEN(TIMED) && !str_eqc(what, TIMED[i].name))
        i++;
    if (i == ARRAY_LEN(TIMED) || runs < 1)
        return err_set_at(&c->err, ERR_INVALID, "what", "there is nothing of this name to time");
    int rc = TIMED[i].need(c);
    double best = -1;
    for (int k = 0; k < TIME_BATCHES && rc == 0; k++) {
        double us;
        rc = batch(c, TIMED[i].run, runs, &us);
        best = best < 0 || us < best ? us : best;
    }
    if (rc < 0)
        return rc;
    c->result = str_of(arena_printf(c->a, "{\"us\":%.3f}", best));
    return 0;
}
