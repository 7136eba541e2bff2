#include "pipeline/worker/options.h"

#include "base/json.h"

struct option_name {
    const char *name;
    int value;
};

static const struct option_name option_strategies[] = {{"none", TAILOR_NONE},
                                                       {"nudge", TAILOR_NUDGE},
                                                       {"keywords", TAILOR_KEYWORDS},
                                                       {"full", TAILOR_FULL}};
static const struct option_name option_tones[] = {{"formal", LETTER_FORMAL},
                                                  {"direct", LETTER_DIRECT},
                                                  {"conversational", LETTER_CONVERSATIONAL},
                                                  {"mirror", LETTER_MIRROR}};
static const struct option_name option_lengths[] = {{"short", LETTER_SHORT},
                                                    {"standard", LETTER_STANDARD},
                                                    {"long", LETTER_LONG}};

static int option_find(const struct option_name *rows, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(name, rows[i].name))
            return rows[i].value;
    return 0;
}

int stage_option_strategy(struct str name)
{
    return option_find(option_strategies, ARRAY_LEN(option_strategies), name);
}

int stage_option_tone(struct str name)
{
    return option_find(option_tones, ARRAY_LEN(option_tones), name);
}

int stage_option_length(struct str name)
{
    return option_find(option_lengths, ARRAY_LEN(option_lengths), name);
}

void stage_options_read(struct arena *a, struct str json, struct stage_options *ret)
{
    yyjson_val *root;
    struct err err;
    *ret = (struct stage_options){0};
    if (json.n == 0 || json_parse(a, json, &root, NULL, &err) < 0)
        return;
    ret->strategy = (enum tailor_strategy)stage_option_strategy(json_get_str(root, "strategy"));
    ret->tone = (enum letter_tone)stage_option_tone(json_get_str(root, "tone"));
    ret->length = (enum letter_length)stage_option_length(json_get_str(root, "length"));
}

int stage_guard_check(struct arena *a, struct str document, struct err *err)
{
    yyjson_val *root;
    if (str_find(document, STR("\"verdict\":\"block\"")) < 0)
        return 0; /* the common case costs no parse */
    if (json_parse(a, document, &root, NULL, err) < 0)
        return -(int)err->code;
    yyjson_val *guard = json_get_obj(root, "guard");
    if (!str_eqc(json_get_str(guard, "verdict"), "block"))
        return 0;
    struct str code = json_get_str(yyjson_arr_get_first(json_get_arr(guard, "violations")), "code");
    if (str_eqc(code, "language"))
        return err_set(err, ERR_LANGUAGE,
                       str_eqc(json_get_str(root, "language"), "en")
                           ? "the posting is not in English: the letter needs a person"
                           : "the letter is not in the posting's language");
    if (str_eqc(code, "language_unchecked"))
        return err_set(err, ERR_LANGUAGE, "the fact check reads English only: a person has to check this letter");
    if (str_eqc(code, "length"))
        return err_set(err, ERR_FACTS, "the letter does not keep to its length");
    return err_set(err, ERR_FACTS, "the document did not pass the fact check: %.*s", STR_ARG(code));
}

int stage_inputs_check(const struct analysis *an, const struct profile *p, struct err *err)
{
    if (an->verdict == ANALYSIS_TOO_SHORT)
        return err_set(err, ERR_NOT_A_POSTING, "the text is too short to be a job posting");
    if (an->verdict == ANALYSIS_EXPIRED)
        return err_set(err, ERR_NOT_A_POSTING, "the posting is over: it says that it takes no more applications");
    if (an->verdict != ANALYSIS_POSTING)
        return err_set(err, ERR_NOT_A_POSTING, "the text is not a job posting");
    if (p->empty)
        return err_set(err, ERR_NO_EVIDENCE, "the profile has no work, project, education or skill to write from");
    return 0;
}
