/* Letters written by a model: what is asked, and what becomes of the answer. The posting itself is no input of this
 * stage: the analysis has its words. */
#include "cover_letter/letter.h"

#include "pipeline/engine/letter_reply.h"
#include "pipeline/engine/match.h"
#include "pipeline/worker/options.h"
#include "pipeline/worker/prompt.h"

#define EVIDENCE_MAX         24
#define EVIDENCE_ROOM_TOKENS 1200 /* for evidence and options */

/* Faults of form that are worth a second answer. */
#define FAULTS_ASKED                                                                                                   \
    (LETTER_FAULT_EMPTY | LETTER_FAULT_LONG | LETTER_FAULT_SHORT | LETTER_FAULT_LANGUAGE | LETTER_FAULT_PLACEHOLDER |  \
     LETTER_FAULT_FILLER | LETTER_FAULT_LINK | LETTER_FAULT_MACHINE)

static const char *const TONES[] = {[LETTER_FORMAL] = "formal",
                                    [LETTER_DIRECT] = "direct",
                                    [LETTER_CONVERSATIONAL] = "conversational",
                                    [LETTER_MIRROR] = "that of the posting"};
/* What is asked for stays under the ceilings, which count name and contact data. */
static const char *const LENGTHS[] = {[LETTER_SHORT] = "at most 700 characters in all, 2 or 3 paragraphs",
                                      [LETTER_STANDARD] = "900 to 1500 characters in all, 3 or 4 paragraphs",
                                      [LETTER_LONG] = "1500 to 2200 characters in all, 4 or 5 paragraphs"};

static void line(struct buf *b, const char *name, struct str text)
{
    if (text.n == 0)
        return;
    buf_adds(b, name);
    prompt_line(b, text);
    buf_addc(b, '\n');
}

/* Requirements and duties are always there; what is said about the employer goes where there is no room for it. */
static void write_posting(struct buf *b, const struct analysis *an, bool mission, bool culture)
{
    buf_adds(b, "<posting>\n");
    line(b, "title: ", an->title);
    line(b, "employer: ", an->confidential ? (struct str){.p = "", .n = 0} : an->company);
    if (mission)
        line(b, "mission: ", an->mission);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        line(b, "duty: ", an->responsibilities[i].quote.text);
    for (size_t i = 0; i < an->culture_n && culture; i++)
        line(b, "culture: ", an->culture[i].quote.text);
    buf_adds(b, "</posting>\n");
}

static void write_data(struct buf *b, const struct stage_input *in, const struct match *match, struct model_ask *ask)
{
    const struct analysis *an = in->analysis;
    for (int less = 0; less <= 2; less++) {
        buf_reset(b);
        write_posting(b, an, less < 1, less < 2);
        prompt_requirements(b, an, match);
        if (prompt_has_room(ask, b, EVIDENCE_ROOM_TOKENS))
            return;
        if (less == 0)
            ask->left_out.posting[POSTING_PART_COMPANY] += an->mission.n;
        for (size_t i = 0; i < an->culture_n && less == 1; i++)
            ask->left_out.posting[POSTING_PART_CULTURE] += an->culture[i].quote.text.n;
    }
}

static enum verdict letter_ask(const struct stage_input *in, struct arena *a, struct model_ask *ret,
                               struct stage_output *out UNUSED, struct err *err)
{
    struct stage_options options;
    struct match *match;
    struct buf b;
    if (stage_inputs_check(in->analysis, in->profile, err) < 0 ||
        match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0)
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    buf_init(&b, PROMPT_MAX_BYTES);
    write_data(&b, in, match, ret);
    if (prompt_evidence(&b, in->profile, match, PROMPT_ALL, EVIDENCE_MAX, ret, err) < 0) {
        buf_fini(&b);
        return VERDICT_REJECT;
    }
    buf_addf(&b, "<options>\ntone: %s\nlength: %s\nlanguage: ", TONES[options.tone ? options.tone : LETTER_DIRECT],
             LENGTHS[options.length ? options.length : LETTER_STANDARD]);
    prompt_line(&b, in->analysis->language.n ? in->analysis->language : STR("en"));
    buf_adds(&b, "\n</options>\n");
    ret->kept = match;
    return prompt_take(&b, a, ret, err) < 0 ? VERDICT_REJECT : VERDICT_ASK;
}

static void complain(unsigned faults, struct buf *complaint)
{
    for (unsigned bit = 1; bit && bit <= LETTER_FAULT_MACHINE; bit <<= 1)
        if (faults & bit)
            buf_addf(complaint, "- %s\n", letter_fault_advice((enum letter_fault)bit));
}

static bool ask_again(struct arena *a, struct str document, unsigned faults, struct buf *complaint)
{
    buf_adds(complaint, "This letter cannot be sent as it is:\n");
    size_t before = complaint->len;
    complain(faults & FAULTS_ASKED, complaint);
    if (document.n)
        prompt_violations(a, document, complaint);
    if (complaint->len == before)
        return false;
    buf_adds(complaint,
             "Write it again, with nothing that the evidence does not say. Answer with the whole JSON object.");
    return true;
}

static enum verdict letter_finish(const struct stage_input *in, const struct model_call *call, bool last,
                                  struct arena *a, struct stage_output *out, struct buf *complaint, struct err *err)
{
    struct stage_options options;
    struct match *match = call->ask ? call->ask->kept : NULL;
    unsigned faults = 0;
    if (stage_inputs_check(in->analysis, in->profile, err) < 0 ||
        (!match && match_make_at(a, in->analysis, in->profile, in->now, &match, err) < 0))
        return VERDICT_REJECT;
    stage_options_read(a, in->options, &options);
    struct letter_options how = {.tone = options.tone, .length = options.length, .seed = in->seed, .now = in->now};
    struct str document = {.p = "", .n = 0};
    if (letter_from_reply(a, in->analysis, in->profile, match, how, call->json->root, &faults, &document, err) < 0) {
        if (!last && (faults & LETTER_FAULT_EMPTY) && ask_again(a, (struct str){.p = "", .n = 0}, faults, complaint))
            return VERDICT_ASK_AGAIN;
        return VERDICT_REJECT;
    }
    if (facts_judge_letter(a, (struct facts_input){.index = in->facts, .analysis = in->analysis, .now = in->now},
                           document, &document, err) < 0)
        return VERDICT_REJECT;
    if (!last && ask_again(a, document, faults, complaint))
        return VERDICT_ASK_AGAIN;
    out->document = document;
    return stage_guard_check(a, out->document, err) < 0 ? VERDICT_NEEDS_REVIEW : VERDICT_DONE;
}

const struct stage_model letter_model = {
    .task = LLM_TASK_LETTER,
    .prompt = letter_prompt,
    .schema = letter_schema,
    .max_output_tokens = 2000,
    .temperature = 0.4,
    .ask = letter_ask,
    .finish = letter_finish,
};
