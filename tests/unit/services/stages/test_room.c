/* Prompts of long postings and long profiles: what is left out, what never is, and what is said about it. */
#include "analyzer/analyzer.h"
#include "cover_letter/letter.h"
#include "embedding/embedding.h"
#include "optimizer/optimizer.h"
#include "unit/services/stages/stage_fixture.h"

#define LINE(text) "- " text "\n"

static struct str long_posting(struct arena *a, size_t bytes)
{
    static const char ASKED[] = "# Senior Platform Engineer\n\nCorvane Logistics\n\n# What you will do\n\n" LINE(
        "Own the deployment platform on Kubernetes") LINE("Review the work of two engineers") "\n# Benefits\n\n";
    static const char END[] = "\n# Requirements\n\n" LINE("You must have 5 years of experience with Go")
        LINE("PostgreSQL is a plus") "\nWe look forward to your application.\n";
    struct buf b;
    buf_init(&b, (size_t)4 << 20);
    buf_adds(&b, ASKED);
    for (int i = 0; b.len < bytes; i++)
        buf_addf(&b, "- We offer a company pension plan and %d days of paid vacation in region %d.\n", 20 + i % 11, i);
    buf_adds(&b, END);
    struct str s = {.p = arena_strndup(a, b.data, b.len), .n = b.len};
    buf_fini(&b);
    return s;
}

static void posting(struct stage_try *t, struct str text)
{
    struct posting_source *source = ARENA_NEW(t->a, struct posting_source);
    cr_assert_not_null(source);
    *source = (struct posting_source){.format = POSTING_TEXT, .body = text};
    t->in.posting = source;
}

/* As stage_try_ask, for a model with so much room. */
static enum verdict ask_with(struct stage_try *t, const struct stage_model *m, int64_t tokens)
{
    t->ask = (struct model_ask){.room = {.family = TOKENS_O200K, .tokens = tokens}};
    return m->ask(&t->in, t->a, &t->ask, &t->out, &t->err);
}

static int64_t asked_tokens(const struct stage_try *t)
{
    return model_room_count(&t->ask.room, t->ask.chat.user[0].text);
}

Test(room, a_long_posting_loses_its_benefits_and_says_so)
{
    static const size_t KIB[] = {10, 60, 300, 1000};
    static const int64_t ROOM[] = {0, 100000, 4000, 1000};
    for (size_t i = 0; i < ARRAY_LEN(KIB); i++)
        for (size_t k = 0; k < ARRAY_LEN(ROOM); k++) {
            struct stage_try t;
            stage_try_init(&t);
            posting(&t, long_posting(t.a, KIB[i] * 1024));
            cr_assert_eq(ask_with(&t, &analyzer_model, ROOM[k]), VERDICT_ASK, "%s", t.err.msg);
            cr_assert(stage_try_asked(&t, "You must have 5 years of experience with Go"));
            cr_assert(stage_try_asked(&t, "PostgreSQL is a plus"));
            cr_assert(stage_try_asked(&t, "Own the deployment platform on Kubernetes"));
            cr_assert(stage_try_asked(&t, "Review the work of two engineers"));
            cr_assert_leq(asked_tokens(&t), ROOM[k] ? MIN(ROOM[k], 12100) : 12100);
            bool cut = t.ask.left_out.posting[POSTING_PART_BENEFITS] > 0;
            cr_assert_eq(cut, stage_try_asked(&t, "Left out, because the posting is long: benefits ("));
            cr_assert_eq(cut, KIB[i] > 50 || ROOM[k] == 1000);
            cr_assert_eq(stage_try_finish(&t, &analyzer_model, "{\"verdict\":\"posting\",\"requirements\":[]}", true),
                         VERDICT_DONE, "%s", t.err.msg);
            cr_assert_eq(cut || KIB[i] > 128, json_get_arr(t.document, "left_out") != NULL);
            stage_try_fini(&t);
        }
}

Test(room, requirements_that_do_not_fit_are_refused_before_a_call)
{
    struct stage_try t;
    stage_try_init(&t);
    posting(&t, long_posting(t.a, 20000));
    cr_assert_eq(ask_with(&t, &analyzer_model, 110), VERDICT_REJECT);
    cr_assert_eq(t.err.code, ERR_TOO_LARGE);
    cr_assert(strstr(t.err.msg, "the posting's requirements and duties alone are about"), "%s", t.err.msg);
    cr_assert_eq(ask_with(&t, &optimizer_model, 80), VERDICT_REJECT);
    cr_assert_eq(t.err.code, ERR_TOO_LARGE);
    cr_assert_eq(ask_with(&t, &letter_model, 80), VERDICT_REJECT);
    cr_assert_eq(t.err.code, ERR_TOO_LARGE, "%s", t.err.msg);
    stage_try_fini(&t);
}

static struct profile *long_profile(struct arena *a, int lines)
{
    struct buf b;
    buf_init(&b, PROFILE_MAX_BYTES);
    buf_adds(&b, "{\"basics\":{\"name\":\"Ada Verne\"},\"work\":[{\"name\":\"Quaywater\",\"position\":\"Engineer\","
                 "\"startDate\":\"2021-03\",\"highlights\":[");
    for (int i = 0; i < lines; i++)
        buf_addf(&b, "\"Wrote the style guide for the internal documents of department %d\",", i);
    buf_adds(&b, "\"Moved 31 services to Kubernetes with Terraform in production\"]}]}");
    struct profile *p = fixture_profile(a, buf_str(&b));
    buf_fini(&b);
    return p;
}

Test(room, of_a_long_profile_the_least_relevant_lines_go)
{
    static const struct {
        const struct stage_model *model;
        int64_t room;
    } ROWS[] = {{&optimizer_model, 0}, {&optimizer_model, 700}, {&letter_model, 0}, {&letter_model, 700}};
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct stage_try t;
        stage_try_init(&t);
        t.in.profile = long_profile(t.a, 90);
        cr_assert_eq(ask_with(&t, ROWS[i].model, ROWS[i].room), VERDICT_ASK, "%zu %s", i, t.err.msg);
        cr_assert(stage_try_asked(&t, "Moved 31 services to Kubernetes with Terraform"));
        cr_assert(stage_try_asked(&t, "more lines of the profile, less relevant to this posting"));
        cr_assert_gt(t.ask.left_out.profile, 1000);
        cr_assert(ROWS[i].room == 0 || asked_tokens(&t) <= ROWS[i].room + 100, "%lld", (long long)asked_tokens(&t));
        cr_assert(stage_try_asked(&t, "PostgreSQL under load"));
        stage_try_fini(&t);
    }
}

Test(room, a_letter_goes_without_the_employers_words_before_it_goes_without_evidence)
{
    struct stage_try t;
    stage_try_init(&t);
    cr_assert_eq(ask_with(&t, &letter_model, 0), VERDICT_ASK);
    cr_assert(stage_try_asked(&t, "mission: Corvane moves"));
    cr_assert_eq(t.ask.left_out.posting[POSTING_PART_COMPANY], 0);
    cr_assert_eq(ask_with(&t, &letter_model, 900), VERDICT_ASK, "%s", t.err.msg);
    cr_assert_not(stage_try_asked(&t, "mission: Corvane moves"));
    cr_assert(stage_try_asked(&t, "Run the platform that dispatch depends on"));
    cr_assert_gt(t.ask.left_out.posting[POSTING_PART_COMPANY], 0);
    stage_try_fini(&t);
}

Test(room, texts_to_embed_fit_the_model)
{
    static const int64_t ROOM[] = {0, 460};
    for (size_t k = 0; k < ARRAY_LEN(ROOM); k++) {
        struct stage_try t;
        stage_try_init(&t);
        posting(&t, long_posting(t.a, 200000));
        t.in.kind = TASK_KIND_POSTING_VECTORS;
        cr_assert_eq(ask_with(&t, &embedding_model, ROOM[k]), VERDICT_ASK, "%s", t.err.msg);
        cr_assert_geq(str_find(t.ask.embed.inputs[0], STR("5 years of experience with Go")), 0);
        cr_assert_geq(str_find(t.ask.embed.inputs[1], STR("5 years of experience with Go")), 0);
        cr_assert_gt(t.ask.left_out.posting[POSTING_PART_BENEFITS], 50000);
        t.in.kind = TASK_KIND_PROFILE_VECTORS;
        t.in.profile = long_profile(t.a, 900);
        cr_assert_eq(ask_with(&t, &embedding_model, ROOM[k]), VERDICT_ASK, "%s", t.err.msg);
        for (size_t i = 0; i < 3; i++)
            cr_assert_leq(model_room_count(&t.ask.room, t.ask.embed.inputs[i]), ROOM[k] ? ROOM[k] : 6000);
        cr_assert(ROOM[k] == 0 || t.ask.left_out.profile > 10000);
        stage_try_fini(&t);
    }
}

Test(room, it_is_what_the_smallest_context_leaves)
{
    struct routes r = {.n = 2};
    struct llm_request fixed = {.max_output_tokens = 6000};
    cr_assert_eq(model_room_chat(&r, &fixed).tokens, 0, "nothing is known of the models");
    cr_assert_eq(model_room_chat(&r, &fixed).output, 6000);
    r.route[0].known = tokens_model(STR("gpt-4o"));
    r.route[1].known = tokens_model(STR("gpt-4"));
    struct model_room m = model_room_chat(&r, &fixed);
    cr_assert_eq(m.output, 8192 / 3);
    cr_assert(m.tokens > 4000 && m.tokens < 8192 * 9 / 10 - m.output, "%lld", (long long)m.tokens);
    cr_assert_eq(m.family, TOKENS_CL100K);
    r.route[1].known = tokens_model(STR("gpt-4-turbo"));
    cr_assert_eq(model_room_chat(&r, &fixed).output, 4096, "as much as the model gives");
    r.route[1].known.context = 500;
    cr_assert_eq(model_room_chat(&r, &fixed).output, 166);
    cr_assert_eq(model_room_embed(&(struct routes){.n = 1, .route[0].known.context = 512}).tokens, 460);
}
