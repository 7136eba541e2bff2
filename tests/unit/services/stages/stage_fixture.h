/* What the tests of the stages on models share: a person, a posting's analysis, and one answer of a model brought to
 * finish. */
#pragma once

#include "pipeline/worker/stage.h"
#include "unit/pipeline/engine/engine_fixture.h"

struct stage_try {
    struct arena *a;
    struct stage_input in;
    struct model_ask ask;
    struct model_call call;
    struct json_reply json;
    struct stage_output out;
    struct buf complaint;
    struct err err;
    enum verdict verdict;
    yyjson_val *document;
};

static inline void stage_try_init(struct stage_try *t)
{
    struct profile *p;
    *t = (struct stage_try){.a = fixture_arena()};
    buf_init(&t->complaint, 16384);
    p = fixture_profile(t->a, FIXTURE_PROFILE);
    struct analysis *an = fixture_posting(t->a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes and Terraform in production");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "PostgreSQL under load");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_PREFERRED, "Rust");
    an->responsibilities[0] =
        (struct analysis_responsibility){.text = STR("Run the platform that dispatch depends on"),
                                         .quote = {.text = STR("Run the platform that dispatch depends on")}};
    an->responsibilities_n = 1;
    t->in = (struct stage_input){.analysis = an, .profile = p, .options = STR(""), .now = FIXTURE_NOW};
    cr_assert_eq(facts_index_make(t->a, p, &t->in.facts, &t->err), 0, "%s", t->err.msg);
}

/* ask, as the runtime does it. */
static inline enum verdict stage_try_ask(struct stage_try *t, const struct stage_model *m)
{
    t->ask = (struct model_ask){0};
    return m->ask(&t->in, t->a, &t->ask, &t->out, &t->err);
}

static inline enum verdict stage_try_finish(struct stage_try *t, const struct stage_model *m, const char *reply,
                                            bool last)
{
    t->call = (struct model_call){.ask = &t->ask, .route = "openai/gpt-4o"};
    t->json = (struct json_reply){.root = NULL};
    t->call.json = &t->json;
    t->json.root = fixture_json(t->a, str_of(reply));
    t->out = (struct stage_output){.overall = -1};
    buf_reset(&t->complaint);
    t->err = (struct err){0};
    t->verdict = m->finish(&t->in, &t->call, last, t->a, &t->out, &t->complaint, &t->err);
    t->document = t->out.document.n ? fixture_json(t->a, t->out.document) : NULL;
    return t->verdict;
}

static inline void stage_try_fini(struct stage_try *t)
{
    buf_fini(&t->complaint);
    arena_fini(t->a);
    free(t->a);
}

static inline bool stage_try_asked(const struct stage_try *t, const char *text)
{
    return str_find(t->ask.chat.user[0].text, str_of(text)) >= 0;
}

static inline bool stage_try_complains(const struct stage_try *t, const char *text)
{
    return str_find((struct str){.p = buf_str(&t->complaint), .n = t->complaint.len}, str_of(text)) >= 0;
}
