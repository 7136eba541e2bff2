/* Instructions and schema are counted as they are sent. The data behind them is a share of the posting's text
 * (requirements, duties and culture are quotes of it) and the profile's lines, whose length is not known here: profiles
 * are sealed. Shares and the usual length of a résumé are averages over samples/. */
#include "pipeline/model/estimate.h"

#include <string.h>
#include "io/llm/schema.h"
#include "pipeline/engine/posting.h"
#include "pipeline/model/texts.h"

#define POSTING_USUAL_BYTES 4800  /* of a posting whose text is not at hand */
#define POSTING_MOST_BYTES  48000 /* longer ones are trimmed */
#define EVIDENCE_BYTES      3000 /* the lines of a résumé of two pages that a prompt offers, with their ids and jobs */
#define TEXTS_MAX_BYTES     ((size_t)1 << 20)

#define PER_MILLE 1000

static const struct estimate_row {
    const char *prompt, *schema;
    int text_per_mille;   /* how much of the posting's text the prompt holds */
    int data_bytes;       /* what it holds besides */
    int answer_per_mille; /* the answer: tokens as a share of the posting's, */
    int answer_tokens;    /* and what does not depend on it */
    bool shared;          /* once per posting */
} rows[LLM_TASK_COUNT] = {
    [LLM_TASK_ANALYZE] = {.prompt = analyze_prompt,
                          .schema = analyze_schema,
                          .text_per_mille = 1000,
                          .data_bytes = 30,
                          .answer_per_mille = 1300, /* quotes, and the fields around them */
                          .answer_tokens = 150,
                          .shared = true},
    [LLM_TASK_OPTIMIZE] = {.prompt = tailor_prompt,
                           .schema = tailor_schema,
                           .text_per_mille = 400, /* requirements */
                           .data_bytes = EVIDENCE_BYTES + 120,
                           .answer_tokens = 450},
    [LLM_TASK_LETTER] = {.prompt = letter_prompt,
                         .schema = letter_schema,
                         .text_per_mille = 660, /* requirements, duties, culture */
                         .data_bytes = EVIDENCE_BYTES + 300,
                         .answer_tokens = 500},
    [LLM_TASK_EMBED] = {.text_per_mille = 1300, .data_bytes = 60, .shared = true},
};

/* How much of a source is text: HTML has markup, JSON has keys and escapes. */
static int64_t text_bytes(int64_t source_bytes, int format)
{
    static const int per_mille[] = {[POSTING_TEXT] = PER_MILLE, [POSTING_HTML] = 500, [POSTING_JSON_LD] = 700};
    if (source_bytes <= 0)
        return POSTING_USUAL_BYTES;
    int share = format > 0 && (size_t)format < ARRAY_LEN(per_mille) ? per_mille[format] : PER_MILLE;
    return MIN(source_bytes * share / PER_MILLE + 1, (int64_t)POSTING_MOST_BYTES);
}

/* Our own instructions are English text, too. */
static int64_t tokens_per_mb(enum tokens_family family)
{
    const char *const texts[] = {analyze_prompt, tailor_prompt, letter_prompt};
    int64_t tokens = 0, bytes = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        tokens += tokens_estimate(family, str_of(texts[i]));
        bytes += (int64_t)strlen(texts[i]);
    }
    return tokens * 1000000 / bytes;
}

static int64_t fixed_tokens(const struct estimate_row *r, enum tokens_family family)
{
    if (!r->prompt)
        return 0;
    struct arena a;
    struct err err;
    struct str system = str_of(r->prompt), version;
    str_next_line(&system, &version);
    struct llm_part part = {.text = system};
    arena_init(&a, TEXTS_MAX_BYTES);
    const struct schema *s = schema_compile(&a, str_of(r->schema), &err);
    struct llm_request q = {.system = &part,
                            .system_count = 1,
                            .schema = s ? schema_portable(s, &a) : str_of(r->schema)};
    int64_t n = tokens_estimate_request(family, &q);
    arena_fini(&a);
    return n;
}

static void stage_init(struct estimate_stage *st, const struct estimate_row *r, const char *model,
                       const struct price_book *prices, int64_t day)
{
    enum tokens_family family = tokens_model(str_of(model)).family;
    st->on_model = true;
    st->priced = price_find(prices, str_of(model), day, &st->price);
    st->fixed_tokens = fixed_tokens(r, family);
    st->tokens_per_mb = tokens_per_mb(family);
}

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
        if (s.routes[i].count == 0 || s.routes[i].steps[0].place == LLM_PLACE_OFFLINE)
            continue;
        e->any = true;
        stage_init(&e->stage[i], &rows[i], s.routes[i].steps[0].model, prices, day);
    }
    llm_settings_fini(&s);
    return 0;
}

void estimator_add(const struct estimator *e, int64_t posting_bytes, int format, bool known, struct estimate *sum)
{
    int64_t text = text_bytes(posting_bytes, format);
    for (int i = 0; i < LLM_TASK_COUNT; i++) {
        const struct estimate_stage *st = &e->stage[i];
        const struct estimate_row *r = &rows[i];
        if (!st->on_model || (r->shared && known))
            continue;
        int64_t data = text * r->text_per_mille / PER_MILLE + r->data_bytes;
        int64_t input = st->fixed_tokens + data * st->tokens_per_mb / 1000000;
        int64_t answer = text * st->tokens_per_mb / 1000000 * r->answer_per_mille / PER_MILLE + r->answer_tokens;
        const struct llm_usage usage = {.known = true, .input = input, .output = answer};
        sum->tokens += input + answer;
        if (st->priced)
            sum->cost_microusd += price_cost_microusd(&st->price, &usage);
    }
}
