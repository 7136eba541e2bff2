/* The operations of engine_tool, one row each in a table. */
#include "engine_tool.h"

static int op_read(struct call *c)
{
    int rc = call_posting(c);
    if (rc < 0)
        return rc;
    struct emit e;
    emit_init(&e);
    emit_obj(&e, NULL);
    emit_str(&e, "title", c->analysis->title);
    emit_str(&e, "company", c->analysis->company);
    emit_str(&e, "method", c->posting.method);
    emit_bool(&e, "hidden_text", c->posting.hidden_text);
    emit_int(&e, "hidden_chars", (long long)c->posting.hidden_chars);
    emit_bool(&e, "truncated", c->posting.truncated);
    emit_str(&e, "text", c->posting.text);
    emit_obj_end(&e);
    return emit_take(&e, c->a, &c->result, &c->err);
}

static int op_analyze(struct call *c)
{
    int rc = call_posting(c);
    return rc < 0 ? rc : analysis_to_json(c->a, c->analysis, &c->result, &c->err);
}

static int op_score(struct call *c)
{
    struct score_result score;
    int rc = call_match(c);
    if (rc == 0)
        rc = score_make(c->a, c->analysis, c->profile, c->match, c->now, &score, &c->err);
    if (rc == 0)
        c->result = score.json;
    return rc;
}

int call_tailor(struct call *c)
{
    static const char *const strategies[] = {"none", "nudge", "keywords", "full"};
    int strategy;
    int rc = call_choice(c, "strategy", strategies, (int)ARRAY_LEN(strategies), &strategy);
    struct tailor_options how = {.strategy = (enum tailor_strategy)strategy, .now = c->now};
    return rc < 0 ? rc : tailor_make(c->a, c->analysis, c->profile, c->match, how, &c->result, &c->err);
}

static int judged(struct call *c UNUSED, bool letter UNUSED)
{
#ifdef ENGINE_TOOL_FACTS
    return call_judge(c, letter);
#else
    return 0;
#endif
}

static int op_tailor(struct call *c)
{
    int rc = call_match(c);
    if (rc == 0)
        rc = call_tailor(c);
    return rc < 0 ? rc : judged(c, false);
}

int call_letter(struct call *c)
{
    static const char *const tones[] = {"formal", "direct", "conversational", "mirror"};
    static const char *const lengths[] = {"short", "standard", "long"};
    int tone = 0, length = 0;
    int rc = call_choice(c, "tone", tones, (int)ARRAY_LEN(tones), &tone);
    if (rc == 0)
        rc = call_choice(c, "length", lengths, (int)ARRAY_LEN(lengths), &length);
    struct letter_options how = {.tone = (enum letter_tone)tone,
                                 .length = (enum letter_length)length,
                                 .seed = (uint64_t)json_get_int(c->request, "seed", 0),
                                 .now = c->now};
    return rc < 0 ? rc : letter_make(c->a, c->analysis, c->profile, c->match, how, &c->result, &c->err);
}

static int op_letter(struct call *c)
{
    int rc = call_match(c);
    if (rc == 0)
        rc = call_letter(c);
    return rc < 0 ? rc : judged(c, true);
}

static void emit_vector(struct emit *e, const char *key, const float *v)
{
    char text[32];
    emit_arr(e, key);
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        emit_raw(e, NULL, text, (size_t)snprintf(text, sizeof(text), "%.9g", (double)v[i]));
    emit_arr_end(e);
}

static int op_embed(struct call *c)
{
    struct emit e;
    int rc = 0;
    emit_init(&e);
    if (yyjson_obj_get(c->request, "text")) {
        float v[EMBED_DIMENSIONS];
        embed_text(json_get_str(c->request, "text"), v);
        emit_vector(&e, NULL, v);
    } else if (yyjson_obj_get(c->request, "profile") || yyjson_obj_get(c->request, "profile_path")) {
        struct embed_profile u;
        rc = call_profile(c);
        if (rc == 0)
            rc = embed_profile_make(c->a, c->profile, &u, &c->err);
        if (rc == 0) {
            emit_obj(&e, NULL);
            emit_vector(&e, "skills", u.skills);
            emit_vector(&e, "experience", u.experience);
            emit_vector(&e, "goals", u.goals);
            emit_obj_end(&e);
        }
    } else {
        struct embed_posting j;
        rc = call_posting(c);
        if (rc == 0)
            rc = embed_posting_make(c->a, &c->posting, c->analysis, &j, &c->err);
        if (rc == 0) {
            emit_obj(&e, NULL);
            emit_vector(&e, "description", j.description);
            emit_vector(&e, "requirements", j.requirements);
            emit_obj_end(&e);
        }
    }
    if (rc < 0) {
        emit_fini(&e);
        return rc;
    }
    return emit_take(&e, c->a, &c->result, &c->err);
}

static double dot(const float *x, const float *y)
{
    double sum = 0;
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

/* Two postings: as recommendations would see them, description to description. */
static int similarity_of_postings(struct call *c, double *ret)
{
    struct embed_posting x, y;
    struct posting b;
    struct analysis *bn;
    int rc = call_posting(c);
    if (rc == 0)
        rc = call_posting_b(c, &b, &bn);
    if (rc == 0)
        rc = embed_posting_make(c->a, &c->posting, c->analysis, &x, &c->err);
    if (rc == 0)
        rc = embed_posting_make(c->a, &b, bn, &y, &c->err);
    if (rc == 0)
        *ret = (dot(x.description, y.description) + dot(x.requirements, y.requirements)) / 2;
    return rc;
}

static int similarity_of_profile(struct call *c, double *ret)
{
    struct embed_profile u;
    struct embed_posting j;
    int rc = call_posting(c);
    if (rc == 0)
        rc = call_profile(c);
    if (rc == 0)
        rc = embed_profile_make(c->a, c->profile, &u, &c->err);
    if (rc == 0)
        rc = embed_posting_make(c->a, &c->posting, c->analysis, &j, &c->err);
    if (rc == 0)
        *ret = embed_similarity(&u, &j);
    return rc;
}

static int op_similarity(struct call *c)
{
    double value = 0;
    int rc = 0;
    if (yyjson_obj_get(c->request, "a")) {
        float x[EMBED_DIMENSIONS], y[EMBED_DIMENSIONS];
        embed_text(json_get_str(c->request, "a"), x);
        embed_text(json_get_str(c->request, "b"), y);
        value = dot(x, y);
    } else if (yyjson_obj_get(c->request, "posting_b") || yyjson_obj_get(c->request, "posting_b_path")) {
        rc = similarity_of_postings(c, &value);
    } else {
        rc = similarity_of_profile(c, &value);
    }
    if (rc < 0)
        return rc;
    c->result = str_of(arena_printf(c->a, "%.6f", value));
    return 0;
}

#define MENTIONS_MAX 4096

static int op_mentions(struct call *c)
{
    struct skill_mention *m = ARENA_NEW_N(c->a, struct skill_mention, MENTIONS_MAX);
    if (!m)
        return err_set(&c->err, ERR_MEMORY, "no memory left");
    size_t n = skills_find(json_get_str(c->request, "text"), m, MENTIONS_MAX);
    struct emit e;
    emit_init(&e);
    emit_arr(&e, NULL);
    for (size_t i = 0; i < n; i++) {
        emit_obj(&e, NULL);
        emit_strc(&e, "slug", m[i].skill->slug);
        emit_strc(&e, "field", m[i].skill->field);
        emit_int(&e, "start", (long long)m[i].start);
        emit_int(&e, "end", (long long)m[i].end);
        emit_obj_end(&e);
    }
    emit_arr_end(&e);
    return emit_take(&e, c->a, &c->result, &c->err);
}

static const struct {
    const char *name;
    int (*run)(struct call *c);
} OPS[] = {
    {"read", op_read},     {"analyze", op_analyze}, {"score", op_score},           {"tailor", op_tailor},
    {"letter", op_letter}, {"embed", op_embed},     {"similarity", op_similarity}, {"mentions", op_mentions},
    {"time", call_time},
#ifdef ENGINE_TOOL_FACTS
    {"facts", call_facts},
#endif
};

int call_run(struct call *c)
{
    struct str op = json_get_str(c->request, "op");
    for (size_t i = 0; i < ARRAY_LEN(OPS); i++)
        if (str_eqc(op, OPS[i].name))
            return OPS[i].run(c);
    return err_set_at(&c->err, ERR_INVALID, "op", "there is no such operation");
}
