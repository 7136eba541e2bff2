#include "pipeline/model/room.h"

#define FREE_PERCENT 10
#define OUTPUT_SHARE 3 /* of a small context, an answer takes at most a third */

static const struct route *smallest(const struct routes *r)
{
    const struct route *best = NULL;
    for (int i = 0; i < r->n; i++)
        if (r->route[i].known.context && (!best || r->route[i].known.context < best->known.context))
            best = &r->route[i];
    return best;
}

static int output_of(const struct routes *r, int wanted)
{
    int64_t output = wanted;
    for (int i = 0; i < r->n; i++) {
        const struct tokens_model *m = &r->route[i].known;
        output = m->output ? MIN(output, m->output) : output;
        output = m->context ? MIN(output, m->context / OUTPUT_SHARE) : output;
    }
    return (int)output;
}

struct model_room model_room_chat(const struct routes *r, const struct llm_request *fixed)
{
    const struct route *s = smallest(r);
    struct model_room m = {.output = output_of(r, fixed->max_output_tokens)};
    if (!s)
        return m;
    m.family = s->known.family;
    m.tokens = s->known.context * (100 - FREE_PERCENT) / 100 - m.output - tokens_estimate_request(m.family, fixed);
    m.tokens = MAX(m.tokens, (int64_t)1); /* nothing fits: it is said when there is something */
    return m;
}

struct model_room model_room_embed(const struct routes *r)
{
    const struct route *s = smallest(r);
    return s ? (struct model_room){.family = s->known.family, .tokens = s->known.context * (100 - FREE_PERCENT) / 100}
             : (struct model_room){.tokens = 0};
}
