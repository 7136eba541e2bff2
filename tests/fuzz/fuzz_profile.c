/* Any bytes as a profile: reading either refuses with a code or gives a profile that match, tailor, score and letter
 * accept. */
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/engine/letter.h"
#include "pipeline/engine/resume_ops.h"
#include "pipeline/engine/score.h"
#include "pipeline/engine/tailor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(struct analysis *an, enum requirement_kind kind, const char *text, int years)
{
    struct requirement *q = &an->requirements[an->requirements_n++];
    *q = (struct requirement){.id = STR("r"),
                              .text = str_of(text),
                              .kind = kind,
                              .priority = REQUIREMENT_REQUIRED,
                              .weight = 0.8,
                              .years_min = years,
                              .evidence = {.text = str_of(text)}};
    struct skill_mention m[ANALYSIS_SKILLS_PER_REQUIREMENT_MAX];
    size_t n = skills_find(q->text, m, ARRAY_LEN(m));
    for (size_t i = 0; i < n; i++)
        q->skills[q->skills_n++] = str_of(m[i].skill->slug);
}

static struct analysis *posting(struct arena *a)
{
    struct analysis *an = ARENA_NEW(a, struct analysis);
    if (!an)
        return NULL;
    an->verdict = ANALYSIS_POSTING;
    an->title = STR("Senior Engineer");
    an->company = STR("Corvane");
    an->location = STR("Lyon");
    an->experience_years_min = 3;
    require(an, REQUIREMENT_SKILL, "Kubernetes and Go", -1);
    require(an, REQUIREMENT_EXPERIENCE, "3 years of software engineering", 3);
    require(an, REQUIREMENT_EDUCATION, "Bachelor's degree in computer science", -1);
    require(an, REQUIREMENT_CERTIFICATION, "CKA", -1);
    require(an, REQUIREMENT_LANGUAGE, "Fluent German", -1);
    require(an, REQUIREMENT_SOFT, "Mentoring", -1);
    require(an, REQUIREMENT_AUTHORIZATION, "authorized to work", -1);
    require(an, REQUIREMENT_LOCATION, "Lyon", -1);
    return an;
}

static void undo_gives_the_original(struct arena *a, const struct profile *p, struct str tailored)
{
    yyjson_val *r;
    struct str back;
    if (json_parse_exact(a, tailored, &r, NULL) != 0)
        abort();
    int rc = resume_ops_apply(a, yyjson_obj_get(r, "document"), yyjson_obj_get(r, "inverse_ops"), &back, NULL);
    size_t n = 0;
    const char *original = json_write(a, p->document, &n);
    if (rc == -ERR_MEMORY || !original)
        return;
    if (rc != 0 || back.n != n || memcmp(back.p, original, n) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a, (size_t)64 * 1024 * 1024);
    struct str json = {.p = (const char *)data, .n = size}, out;
    struct analysis *an = posting(&a);
    struct profile *p;
    struct match *m;
    struct score_result score;
    struct month now = {.y = 2026, .m = 11};
    if (an && profile_read(&a, json, &p, NULL) == 0 && match_make_at(&a, an, p, now, &m, NULL) == 0) {
        if (tailor_make(&a, an, p, m, (struct tailor_options){.now = now}, &out, NULL) == 0)
            undo_gives_the_original(&a, p, out);
        int rc = score_make(&a, an, p, m, now, &score, NULL);
        rc |= letter_make(&a, an, p, m, (struct letter_options){.seed = size, .now = now}, &out, NULL);
        (void)rc;
    }
    arena_fini(&a);
    return 0;
}
