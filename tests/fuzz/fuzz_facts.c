/* Any bytes as text, posting and profile of the fact check: the first line break after the first 0x1E byte parts the
 * profile from the text; without one a fixed profile is used. The ledger is always writable, and its spans lie in the
 * text. */
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/facts/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char PERSON[] =
    "{\"basics\":{\"name\":\"Ada Verne\",\"label\":\"Engineer\"},\"work\":[{\"name\":\"Quaywater "
    "Systems\",\"position\":\"Senior Engineer\","
    "\"startDate\":\"2021-03\",\"highlights\":[\"Cut latency from 840 ms to 190 ms\",\"Led a team of "
    "12\"]},{\"name\":\"Ombrelle\",\"position\":"
    "\"Assistant Manager\",\"startDate\":\"2018\",\"endDate\":\"2021\"}],\"education\":[{\"institution\":\"Granite "
    "University\",\"area\":\"Physics\","
    "\"studyType\":\"BSc\",\"endDate\":\"2017\"}],\"certificates\":[{\"name\":\"CKA\",\"date\":\"2022\"}],\"skills\":[{"
    "\"name\":\"Go\"}]}";

static void check(struct arena *a, struct facts_input in)
{
    const struct facts_ledger *l;
    struct str json;
    if (facts_check(a, &in, &l, NULL) != 0)
        return;
    for (size_t i = 0; i < l->sentences_n; i++) {
        const struct facts_sentence *s = &l->sentences[i];
        if (s->start > s->end || s->end > in.text.n)
            abort();
        for (size_t k = 0; k < s->violations_n; k++)
            if (s->violations[k].start > s->violations[k].end || s->violations[k].end > in.text.n)
                abort();
    }
    if (facts_to_json(a, &in, l, &json, NULL) != 0)
        return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct profile *p;
    struct str all = {.p = (const char *)data, .n = size}, json = str_of(PERSON), text = all;
    const char *cut = size ? memchr(data, 0x1E, size) : NULL;
    if (cut) {
        json = str_sub(all, 0, (size_t)(cut - all.p));
        text = str_sub(all, (size_t)(cut - all.p) + 1, all.n);
    }
    arena_init(&a, (size_t)64 * 1024 * 1024);
    struct facts_input in = {.text = text, .now = {.y = 2026, .m = 11}};
    if (profile_read(&a, json, &p, NULL) == 0 && facts_index_make(&a, p, &in.index, NULL) == 0) {
        in.kind = FACTS_LETTER;
        check(&a, in);
        in.kind = FACTS_RESUME;
        in.posting = text;
        check(&a, in);
    }
    arena_fini(&a);
    return 0;
}
