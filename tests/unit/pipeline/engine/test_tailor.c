#include "engine_fixture.h"
#include "pipeline/engine/resume_ops.h"

static struct analysis *platform_posting(struct arena *a)
{
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes in production");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Terraform");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Go");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_PREFERRED, "PostgreSQL");
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_PREFERRED, "Ansible");
    return an;
}

static yyjson_val *tailored(struct arena *a, enum tailor_strategy strategy, struct profile **ret_profile)
{
    struct analysis *an = platform_posting(a);
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    struct err err = {0};
    struct str out;
    struct tailor_options o = {.strategy = strategy, .now = FIXTURE_NOW};
    cr_assert_eq(tailor_make(a, an, p, fixture_match(a, an, p), o, &out, &err), 0, "%s", err.msg);
    *ret_profile = p;
    return fixture_json(a, out);
}

static const char *text_of(struct arena *a, yyjson_val *v)
{
    return json_write(a, v, NULL);
}

Test(tailor, none_changes_nothing)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    yyjson_val *r = tailored(a, TAILOR_NONE, &p);
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(r, "ops")), 0);
    cr_assert_str_eq(text_of(a, yyjson_obj_get(r, "document")), text_of(a, p->document));
}

Test(tailor, operations_lead_to_the_document_and_back)
{
    for (int strategy = TAILOR_NONE; strategy <= TAILOR_FULL; strategy++) {
        struct arena *a = fixture_arena();
        struct profile *p;
        struct err err = {0};
        yyjson_val *r = tailored(a, (enum tailor_strategy)strategy, &p);
        struct str forward, back;
        cr_assert_eq(resume_ops_apply(a, p->document, yyjson_obj_get(r, "ops"), &forward, &err), 0, "%s", err.msg);
        cr_assert_str_eq(forward.p, text_of(a, yyjson_obj_get(r, "document")));
        cr_assert_eq(resume_ops_apply(a, yyjson_obj_get(r, "document"), yyjson_obj_get(r, "inverse_ops"), &back, &err),
                     0, "%s", err.msg);
        cr_assert_str_eq(back.p, text_of(a, p->document));
    }
}

Test(tailor, nudge_orders_and_does_nothing_else)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    yyjson_val *r = tailored(a, TAILOR_NUDGE, &p), *op;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(r, "ops"), i, n, op)
        cr_assert_str_eq(yyjson_get_str(yyjson_obj_get(op, "op")), "reorder");
    cr_assert_gt(n, 0);
    const char *skills = text_of(a, yyjson_ptr_get(yyjson_obj_get(r, "document"), "/skills"));
    cr_assert_lt(strstr(skills, "\"Go\""), strstr(skills, "\"Bash\""), "%s", skills);
    cr_assert_lt(strstr(skills, "\"Kubernetes\""), strstr(skills, "\"Linux\""), "%s", skills);
}

Test(tailor, full_selects_but_keeps_every_entry)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    yyjson_val *doc = yyjson_obj_get(tailored(a, TAILOR_FULL, &p), "document");
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(doc, "work")), 2);
    size_t kept = yyjson_arr_size(yyjson_ptr_get(doc, "/work/0/highlights"));
    cr_assert(kept >= 4 && kept < 6, "%zu", kept);
    cr_assert_eq(yyjson_arr_size(yyjson_ptr_get(doc, "/work/1/highlights")), 2);
    cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(doc, "/work/0/highlights/0")),
                     "Moved 31 services to Kubernetes with Terraform");
    cr_assert(str_starts(json_str(yyjson_ptr_get(doc, "/basics/summary")), "Backend engineer for payments. "));
}

Test(tailor, every_operation_explains_itself)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    yyjson_val *r = tailored(a, TAILOR_FULL, &p), *op;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(r, "ops"), i, n, op)
    {
        cr_assert_gt(json_get_str(op, "reason").n, 10);
        cr_assert_str_eq(yyjson_get_str(yyjson_obj_get(op, "verdict")), "applied");
        bool order = str_eqc(json_get_str(op, "op"), "reorder");
        cr_assert(order || yyjson_arr_size(yyjson_obj_get(op, "evidence_ids")) > 0);
    }
    cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(r, "/guard/verdict")), "pass");
}

Test(tailor, coverage_asks_about_gaps)
{
    struct arena *a = fixture_arena();
    struct profile *p;
    yyjson_val *c = yyjson_obj_get(tailored(a, TAILOR_FULL, &p), "coverage");
    cr_assert_leq(json_get_int(c, "current_pct", -1), json_get_int(c, "potential_pct", -1));
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(c, "covered")), 4);
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(c, "injectable")), 0);
    cr_assert_eq(yyjson_arr_size(yyjson_obj_get(c, "gaps")), 1);
    cr_assert_str_eq(yyjson_get_str(yyjson_arr_get(yyjson_obj_get(c, "questions"), 0)),
                     "Do you have experience with Ansible?");
}
