/* facts: {"text", "kind": "letter"|"resume", profile, posting (optional)} -> the claim ledger. */
#include "engine_tool.h"
#include "pipeline/facts/facts.h"

static int input_of(struct call *c, struct facts_input *ret)
{
    int rc = call_profile(c);
    bool posting = yyjson_obj_get(c->request, "posting") || yyjson_obj_get(c->request, "posting_path");
    if (rc == 0 && posting)
        rc = call_posting(c);
    *ret =
        (struct facts_input){.kind = str_eqc(json_get_str(c->request, "kind"), "resume") ? FACTS_RESUME : FACTS_LETTER,
                             .text = json_get_str(c->request, "text"),
                             .analysis = c->analysis,
                             .posting = c->posting.text,
                             .now = c->now};
    return rc;
}

/* Index and check, as a stage does it for one document. */
int call_facts(struct call *c)
{
    struct facts_input in;
    const struct facts_ledger *ledger;
    int rc = input_of(c, &in);
    if (rc == 0)
        rc = facts_index_make(c->a, c->profile, &in.index, &c->err);
    if (rc == 0)
        rc = facts_check(c->a, &in, &ledger, &c->err);
    return rc < 0 ? rc : facts_to_json(c->a, &in, ledger, &c->result, &c->err);
}
