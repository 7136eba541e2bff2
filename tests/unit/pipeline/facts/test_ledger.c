/* The ledger: sentences, classes, evidence, JSON, and documents through the check. */
#include "base/json.h"
#include "pipeline/facts/facts_fixture.h"

static const struct facts_sentence *nth(const struct fixture *f, size_t i)
{
    cr_assert_gt(f->ledger->sentences_n, i);
    return &f->ledger->sentences[i];
}

Test(ledger, sentences_end_where_they_end)
{
    struct fixture f;
    fixture_check(&f, FACTS_LETTER,
                  "Dear Dr. Marsh,\n\nI know Node.js vs. Go. St. Brannoc Inc. asked me twice! We met at 9 a.m. in "
                  "town.\nBest regards,\nAda Verne\n",
                  "");
    cr_assert(str_eqc(nth(&f, 0)->text, "Dear Dr. Marsh"));
    cr_assert(str_eqc(nth(&f, 1)->text, "I know Node.js vs. Go."));
    cr_assert(str_eqc(nth(&f, 2)->text, "St. Brannoc Inc. asked me twice!"));
    cr_assert_eq(nth(&f, 0)->class, FACTS_NON_CLAIM);
    arena_fini(&f.arena);
}

Test(ledger, claims_name_their_evidence)
{
    struct fixture f;
    fixture_check(&f, FACTS_LETTER,
                  "I moved 31 services to Kubernetes with Terraform. I have not used Ansible. Your team is large. I "
                  "would welcome a call.",
                  "");
    cr_assert_eq(nth(&f, 0)->class, FACTS_CLAIM);
    cr_assert_geq(nth(&f, 0)->evidence_n, 1);
    cr_assert_eq(nth(&f, 1)->class, FACTS_GAP);
    cr_assert_eq(nth(&f, 2)->class, FACTS_COMPANY);
    cr_assert_eq(nth(&f, 3)->class, FACTS_NON_CLAIM);
    cr_assert_eq(f.ledger->verdict, FACTS_PASS);
    arena_fini(&f.arena);
}

Test(ledger, verbatim_is_said)
{
    struct fixture f;
    fixture_check(
        &f, FACTS_RESUME,
        "EXPERIENCE\n- Moved 31 services to Kubernetes with Terraform\n- Moved services with Terraform to Kubernetes\n",
        "");
    cr_assert_eq(nth(&f, 1)->relation, FACTS_VERBATIM);
    cr_assert_neq(nth(&f, 2)->relation, FACTS_VERBATIM);
    arena_fini(&f.arena);
}

Test(ledger, json_has_spans_into_the_text)
{
    struct fixture f;
    struct str json;
    yyjson_val *root;
    fixture_check(&f, FACTS_LETTER, "I moved 45 services to Kubernetes.", "");
    cr_assert_eq(facts_to_json(&f.arena, &f.in, f.ledger, &json, NULL), 0);
    cr_assert_eq(json_parse(&f.arena, json, &root, NULL, NULL), 0);
    yyjson_val *v =
        yyjson_arr_get_first(json_get_arr(yyjson_arr_get_first(json_get_arr(root, "sentences")), "violations"));
    cr_assert(str_eqc(json_get_str(v, "code"), "CHANGED_METRIC"));
    cr_assert(str_eqc(json_get_str(v, "text"), "45"));
    cr_assert_eq(json_get_int(json_get_obj(v, "span"), "start", -1), 8);
    cr_assert_eq(json_get_int(json_get_obj(v, "span"), "end", -1), 10);
    cr_assert_gt(json_get_str(json_get_obj(v, "closest_source"), "text").n, 0);
    cr_assert(str_eqc(json_get_str(root, "verdict"), "block"));
    cr_assert_eq(json_get_str(root, "document_hash").n, 64);
    arena_fini(&f.arena);
}

Test(ledger, the_same_bytes_every_time)
{
    struct fixture f, g;
    struct str a, b;
    const char *text = "I moved 45 services to Kubernetes. At Ombrelle I led a team of 12.";
    fixture_check(&f, FACTS_LETTER, text, "");
    fixture_check(&g, FACTS_LETTER, text, "");
    cr_assert_eq(facts_to_json(&f.arena, &f.in, f.ledger, &a, NULL), 0);
    cr_assert_eq(facts_to_json(&g.arena, &g.in, g.ledger, &b, NULL), 0);
    cr_assert(str_eq(a, b));
    arena_fini(&f.arena);
    arena_fini(&g.arena);
}

static struct str judged(struct fixture *f, const char *document, yyjson_val **ret)
{
    struct str json;
    struct err err = {0};
    fixture_check(f, FACTS_LETTER, "", "");
    cr_assert_eq(facts_judge_letter(&f->arena, f->in, str_of(document), &json, &err), 0, "%s", err.msg);
    cr_assert_eq(json_parse(&f->arena, json, ret, NULL, NULL), 0);
    return json;
}

Test(judge, a_letter_gets_guard_claims_and_hash)
{
    struct fixture f;
    yyjson_val *root;
    judged(&f,
           "{\"body\":\"I know "
           "Snowflake.\",\"kept\":[1,2.50],\"guard\":{\"verdict\":\"pass\",\"violations\":[]},\"claims\":[]}",
           &root);
    yyjson_val *guard = json_get_obj(root, "guard");
    cr_assert(str_eqc(json_get_str(guard, "verdict"), "block"));
    cr_assert(
        str_eqc(json_get_str(yyjson_arr_get_first(json_get_arr(guard, "violations")), "code"), "UNGROUNDED_SKILL"));
    cr_assert_eq(yyjson_arr_size(json_get_arr(root, "claims")), 1);
    cr_assert_eq(json_get_str(root, "document_hash").n, 64);
    cr_assert_eq(yyjson_arr_size(json_get_arr(root, "kept")), 2);
    arena_fini(&f.arena);
}

Test(judge, what_the_engine_blocked_stays_blocked)
{
    struct fixture f;
    yyjson_val *root;
    judged(&f, "{\"body\":\"\",\"guard\":{\"verdict\":\"block\",\"violations\":[{\"code\":\"language\"}]}}", &root);
    yyjson_val *guard = json_get_obj(root, "guard");
    cr_assert(str_eqc(json_get_str(guard, "verdict"), "block"));
    cr_assert(str_eqc(json_get_str(yyjson_arr_get_first(json_get_arr(guard, "violations")), "code"), "language"));
    arena_fini(&f.arena);
}

Test(judge, judging_twice_changes_nothing)
{
    struct fixture f;
    yyjson_val *root;
    struct str again, once = judged(&f, "{\"body\":\"I know Snowflake.\"}", &root);
    cr_assert_eq(facts_judge_letter(&f.arena, f.in, once, &again, NULL), 0);
    cr_assert(str_eq(once, again));
    arena_fini(&f.arena);
}

Test(judge, a_resume_is_judged_as_it_is_rendered)
{
    struct fixture f;
    yyjson_val *root;
    struct str json;
    fixture_check(&f, FACTS_LETTER, "", "");
    const char *document = "{\"document\":{\"basics\":{\"name\":\"Ada "
                           "Verne\"},\"skills\":[{\"name\":\"Languages\",\"keywords\":[\"Go\",\"Rust\"]}]}}";
    cr_assert_eq(facts_judge_resume(&f.arena, f.in, str_of(document), &json, NULL), 0);
    cr_assert_eq(json_parse(&f.arena, json, &root, NULL, NULL), 0);
    cr_assert(str_eqc(json_get_str(json_get_obj(root, "guard"), "verdict"), "block"));
    cr_assert_eq(facts_judge_resume(&f.arena, f.in, STR("{}"), &json, NULL), -ERR_INVALID);
    arena_fini(&f.arena);
}

Test(ledger, sizes_are_bounded)
{
    struct fixture f;
    const struct facts_ledger *l;
    fixture_check(&f, FACTS_LETTER, "", "");
    f.in.text.n = FACTS_TEXT_MAX_BYTES + 1;
    cr_assert_eq(facts_check(&f.arena, &f.in, &l, NULL), -ERR_TOO_LARGE);
    arena_fini(&f.arena);
}
