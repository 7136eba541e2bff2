/* facts: {"text", "kind": "letter"|"resume", profile, posting (optional)} -> the claim ledger. judge: a document just
 * made, through the check. */
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

/* "posting": with the posting's text, as the command line does; "analysis": without it, as the stages do. */
int call_judge(struct call *c, bool letter)
{
    struct str how = json_get_str(c->request, "judge");
    struct facts_input in = {.analysis = c->analysis, .now = c->now};
    if (how.n == 0)
        return 0;
    if (str_eqc(how, "posting"))
        in.posting = c->posting.text;
    int rc = facts_index_make(c->a, c->profile, &in.index, &c->err);
    return rc < 0   ? rc
           : letter ? facts_judge_letter(c->a, in, c->result, &c->result, &c->err)
                    : facts_judge_resume(c->a, in, c->result, &c->result, &c->err);
}

/* As the stages do it: the index is the profile's, made once. */
int call_judged(struct call *c)
{
    int rc = call_match(c);
    if (rc == 0)
        rc = facts_index_make(c->a, c->profile, &c->facts, &c->err);
    if (rc == 0)
        rc = tailor_make(c->a, c->analysis, c->profile, c->match, (struct tailor_options){.now = c->now}, &c->resume,
                         &c->err);
    if (rc == 0)
        rc = letter_make(c->a, c->analysis, c->profile, c->match, (struct letter_options){.now = c->now}, &c->letter,
                         &c->err);
    return rc;
}

int time_judge_letter(struct call *c)
{
    struct str json;
    return facts_judge_letter(c->a, (struct facts_input){.index = c->facts, .analysis = c->analysis, .now = c->now},
                              c->letter, &json, &c->err);
}

int time_judge_resume(struct call *c)
{
    struct str json;
    return facts_judge_resume(c->a, (struct facts_input){.index = c->facts, .analysis = c->analysis, .now = c->now},
                              c->resume, &json, &c->err);
}

int time_facts_index(struct call *c)
{
    const struct facts_index *index;
    return facts_index_make(c->a, c->profile, &index, &c->err);
}
