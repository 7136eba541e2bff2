/* Embeddings by a model: the texts that stand for a posting (description, requirements) and for a profile (skills,
 * experience, goals), in one call. */
#include "embedding/embedding.h"

#include <math.h>
#include <string.h>
#include "base/buf.h"
#include "base/utf8.h"
#include "pipeline/engine/embed.h"
#include "pipeline/engine/posting_trim.h"

#define TITLE_TOKENS 60
#define TEXT_TOKENS  6000 /* under every provider's limit for one input; what counts stands before that */

static int64_t measure(const void *how, struct str text)
{
    return model_room_count(how, text);
}

static int64_t text_room(const struct model_ask *ask)
{
    return ask->room.tokens ? MIN(ask->room.tokens, (int64_t)TEXT_TOKENS) : TEXT_TOKENS;
}

#define LINE_BYTES_A_TOKEN 2 /* of the line that does not fit: few enough for every script */

/* The lines that there is room for, the first ones first. What is left out is counted into *left_out. */
static struct str text_take(struct arena *a, struct buf *b, const struct model_ask *ask, size_t *left_out,
                            const char *otherwise)
{
    struct str rest = {.p = buf_str(b), .n = b->len}, one;
    int64_t room = text_room(ask);
    size_t n = 0;
    while (str_next_line(&rest, &one)) {
        int64_t more = model_room_count(&ask->room, one) + 1;
        if (more > room) {
            n += utf8_cut(one, (size_t)MAX(room, (int64_t)0) * LINE_BYTES_A_TOKEN).n;
            break;
        }
        room -= more;
        n = b->len - rest.n;
    }
    *left_out += b->len - n;
    struct str text = n ? (struct str){.p = arena_strndup(a, b->data, n), .n = n} : str_of(otherwise);
    buf_fini(b);
    return text;
}

static void line(struct buf *b, struct str text)
{
    buf_add(b, text.p ? text.p : "", text.n);
    buf_addc(b, '\n');
}

static int inputs_posting(const struct stage_input *in, struct arena *a, struct model_ask *ask, struct str inputs[2],
                          struct err *err)
{
    const struct posting_ruler ruler = {.measure = measure, .how = &ask->room};
    struct posting_trimmed t;
    struct posting posting;
    struct analysis *an;
    int rc = posting_read(a, in->posting, &posting, err);
    if (rc == 0)
        rc = analysis_make_requirements(a, &posting, &an, err);
    if (rc == 0)
        rc = posting_trim(a, &posting, &ruler, text_room(ask) - TITLE_TOKENS, &t, err);
    if (rc < 0)
        return rc;
    memcpy(ask->left_out.posting, t.left_out, sizeof(t.left_out));
    struct buf description, requirements;
    buf_init(&description, posting.text.n + 4096);
    buf_init(&requirements, posting.text.n + 65536);
    line(&description, an->title);
    line(&description, t.text);
    for (size_t i = 0; i < an->requirements_n; i++)
        line(&requirements, an->requirements[i].text);
    size_t *rest = &ask->left_out.posting[POSTING_PART_REST];
    inputs[0] = text_take(a, &description, ask, rest, "job posting");
    inputs[1] = text_take(a, &requirements, ask, rest, "no stated requirements");
    return 0;
}

static void inputs_profile(const struct stage_input *in, struct arena *a, struct model_ask *ask, struct str inputs[3])
{
    size_t *rest = &ask->left_out.profile;
    const struct profile *p = in->profile;
    struct buf skills, experience, goals;
    buf_init(&skills, 1 << 20);
    buf_init(&experience, 1 << 20);
    buf_init(&goals, 1 << 20);
    for (size_t i = 0; i < p->skills_n; i++)
        line(&skills, p->skills[i].label);
    line(&experience, p->label);
    for (size_t i = 0; i < p->atoms_n; i++)
        line(&experience, p->atoms[i].text);
    for (size_t i = 0; i < p->goals_n; i++)
        line(&goals, p->goals[i]);
    if (p->goals_n == 0) { /* what somebody is says what they look for, where they do not */
        line(&goals, p->label);
        line(&goals, p->summary);
    }
    inputs[0] = text_take(a, &skills, ask, rest, "no stated skills");
    inputs[1] = text_take(a, &experience, ask, rest, "no stated experience");
    inputs[2] = text_take(a, &goals, ask, rest, "no stated goals");
}

static enum verdict embedding_ask(const struct stage_input *in, struct arena *a, struct model_ask *ret,
                                  struct stage_output *out UNUSED, struct err *err)
{
    struct str *inputs = arena_try_alloc(a, 3 * sizeof(*inputs));
    if (!inputs) {
        err_set(err, ERR_MEMORY, "no memory for the texts to embed");
        return VERDICT_REJECT;
    }
    if (in->kind == TASK_KIND_PROFILE_VECTORS)
        inputs_profile(in, a, ret, inputs);
    else if (inputs_posting(in, a, ret, inputs, err) < 0)
        return VERDICT_REJECT;
    ret->embed.inputs = inputs;
    ret->embed.inputs_count = in->kind == TASK_KIND_PROFILE_VECTORS ? 3 : 2;
    return VERDICT_ASK;
}

/* Providers say unit length; the weighted similarity depends on it, so it is made sure. */
static enum verdict embedding_finish(const struct stage_input *in UNUSED, const struct model_call *call,
                                     bool last UNUSED, struct arena *a, struct stage_output *out,
                                     struct buf *complaint UNUSED, struct err *err)
{
    const struct llm_reply *r = &call->reply;
    size_t n = r->vectors_count * EMBED_DIMENSIONS;
    float *v = r->dimensions == EMBED_DIMENSIONS ? arena_try_alloc(a, n * sizeof(*v)) : NULL;
    if (!v) {
        err_set(err, ERR_INVALID, "the model's vectors have %zu dimensions, the database's %d", r->dimensions,
                EMBED_DIMENSIONS);
        return VERDICT_REJECT;
    }
    for (size_t i = 0; i < n; i += EMBED_DIMENSIONS) {
        double sum = 0;
        for (size_t k = 0; k < EMBED_DIMENSIONS; k++)
            sum += (double)r->vectors[i + k] * r->vectors[i + k];
        if (!(sum > 1e-12) || !isfinite(sum)) {
            err_set(err, ERR_CORRUPT, "the model's vector has no direction");
            return VERDICT_REJECT;
        }
        for (size_t k = 0; k < EMBED_DIMENSIONS; k++)
            v[i + k] = (float)(r->vectors[i + k] / sqrt(sum));
    }
    out->vectors = v;
    return VERDICT_DONE;
}

const struct stage_model embedding_model = {
    .task = LLM_TASK_EMBED,
    .ask = embedding_ask,
    .finish = embedding_finish,
};
