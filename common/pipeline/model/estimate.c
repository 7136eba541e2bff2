/* Lengths beside the posting's own are what the stages' prompts and answers are made of: instructions and schema, a
 * résumé of two pages, the answer. They are round numbers on purpose: an estimate that claims more would be wrong more
 * often. */
#include "pipeline/model/estimate.h"

#define ESTIMATE_POSTING_TOKENS 1200 /* of a posting whose text is not at hand */
#define ESTIMATE_BYTES_A_TOKEN  4

static const struct estimate_row {
    int64_t fixed;     /* instructions, schema, the résumé where the stage reads it */
    int64_t per_mille; /* of the posting's tokens */
    int64_t output;
    bool shared; /* once per posting */
} rows[LLM_TASK_COUNT] = {
    [LLM_TASK_ANALYZE] = {.fixed = 1600, .per_mille = 1000, .output = 1400, .shared = true},
    [LLM_TASK_OPTIMIZE] = {.fixed = 4200, .per_mille = 600, .output = 2200},
    [LLM_TASK_LETTER] = {.fixed = 3600, .per_mille = 600, .output = 700},
    [LLM_TASK_EMBED] = {.fixed = 20, .per_mille = 1300, .output = 0, .shared = true},
};

int estimator_init(struct estimator *e, const struct config *c, int64_t day, struct err *err)
{
    struct llm_settings s;
    *e = (struct estimator){.any = false};
    int rc = llm_settings_read(&s, c, err);
    if (rc < 0)
        return rc;
    _cleanup_(price_book_freep)
    struct price_book *prices = llm_settings_prices(c, err);
    if (!prices) {
        llm_settings_fini(&s);
        return -(int)err->code;
    }
    for (int i = 0; i < LLM_TASK_COUNT; i++) {
        struct estimate_stage *st = &e->stage[i];
        struct str model = str_of(s.routes[i].steps[0].model);
        st->on_model = s.routes[i].count > 0 && s.routes[i].steps[0].place != LLM_PLACE_OFFLINE;
        if (!st->on_model)
            continue;
        e->any = true;
        st->priced = price_find(prices, model, day, &st->price);
    }
    llm_settings_fini(&s);
    return 0;
}

void estimator_add(const struct estimator *e, int64_t posting_bytes, bool known, struct estimate *sum)
{
    int64_t posting = posting_bytes > 0 ? posting_bytes / ESTIMATE_BYTES_A_TOKEN + 1 : ESTIMATE_POSTING_TOKENS;
    for (int i = 0; i < LLM_TASK_COUNT; i++) {
        const struct estimate_stage *st = &e->stage[i];
        const struct estimate_row *r = &rows[i];
        if (!st->on_model || (r->shared && known))
            continue;
        int64_t input = r->fixed + posting * r->per_mille / 1000;
        sum->tokens += input + r->output;
        if (st->priced)
            sum->cost_microusd += price_ceiling_microusd(&st->price, input, r->output);
    }
}
