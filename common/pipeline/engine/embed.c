/* What goes into which vector, and how many times it counts. The features themselves: embed_features.c. */
#include "pipeline/engine/embed.h"

#include <math.h>
#include "pipeline/engine/embed_features.h"

#define TITLE_FACTOR 4.0f

/* NULL when exhausted. */
static struct features *features_new(struct arena *a)
{
    struct features *f = arena_try_alloc(a, sizeof(*f));
    if (f)
        features_clear(f);
    return f;
}

void embed_text(struct str text, float ret[EMBED_DIMENSIONS])
{
    struct features f;
    features_clear(&f);
    features_text(&f, text, 1.0f);
    features_vector(&f, ret);
}

static void profile_skills(struct features *f, const struct profile *p)
{
    for (size_t i = 0; i < p->skills_n; i++) {
        if (p->skills[i].skill)
            features_skill(f, p->skills[i].skill, 1.0f);
        features_text(f, p->skills[i].label, 1.0f);
    }
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *at = &p->atoms[i];
        for (size_t k = 0; k < at->skills_n; k++)
            features_skill(f, at->skills[k], at->kind == ATOM_SKILL ? 1.0f : 0.4f);
        if (at->kind == ATOM_CERTIFICATE || at->kind == ATOM_LANGUAGE)
            features_text(f, at->text, 0.7f);
    }
    features_text(f, p->label, TITLE_FACTOR);
}

static void profile_experience(struct features *f, const struct profile *p)
{
    for (size_t i = 0; i < p->employments_n; i++)
        features_text(f, p->employments[i].role, TITLE_FACTOR);
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct atom *at = &p->atoms[i];
        if (at->kind == ATOM_HIGHLIGHT || at->kind == ATOM_SUMMARY || at->kind == ATOM_CERTIFICATE)
            features_text(f, at->text, 1.0f);
        else if (at->kind == ATOM_EDUCATION)
            features_text(f, at->text, 0.5f);
    }
    if (features_empty(f))
        features_text(f, p->summary, 1.0f);
    if (features_empty(f))
        profile_skills(f, p);
}

static void profile_goals(struct features *f, const struct profile *p)
{
    for (size_t i = 0; i < p->goals_n; i++)
        features_text(f, p->goals[i], 2.0f);
    features_text(f, p->label, 2.0f);
    features_text(f, p->summary, p->goals_n ? 0.5f : 1.0f);
    if (features_empty(f))
        profile_experience(f, p);
}

int embed_profile_make(struct arena *a, const struct profile *p, struct embed_profile *ret, struct err *err)
{
    struct features *f = features_new(a);
    if (!f)
        return err_set(err, ERR_MEMORY, "the embedding needs more memory than its limit");
    profile_skills(f, p);
    features_vector(f, ret->skills);
    features_clear(f);
    profile_experience(f, p);
    features_vector(f, ret->experience);
    features_clear(f);
    profile_goals(f, p);
    features_vector(f, ret->goals);
    return 0;
}

/* Benefits, law and how to apply say nothing about the work; what the company says about itself says little. */
static float section_factor(struct str kind)
{
    static const struct {
        const char *kind;
        float factor;
    } FACTORS[] = {{"benefits", 0}, {"legal", 0}, {"apply", 0}, {"about", 0.3f}, {"other", 0.6f}};
    for (size_t i = 0; i < ARRAY_LEN(FACTORS); i++)
        if (str_eqc(kind, FACTORS[i].kind))
            return FACTORS[i].factor;
    return 1.0f;
}

static void posting_description(struct features *f, const struct posting *posting, const struct analysis *an)
{
    size_t at = 0;
    features_text(f, an->title, TITLE_FACTOR);
    for (size_t i = 0; i < an->sections_n; i++) {
        const struct analysis_section *s = &an->sections[i];
        size_t start = MIN(s->start, posting->text.n), end = MIN(s->end, posting->text.n);
        float factor = section_factor(s->kind);
        if (start > at)
            features_text(f, str_sub(posting->text, at, start), 0.6f);
        at = MAX(at, start);
        if (factor > 0 && end > at)
            features_text(f, str_sub(posting->text, at, end), factor);
        at = MAX(at, end);
    }
    if (at < posting->text.n)
        features_text(f, str_sub(posting->text, at, posting->text.n), an->sections_n ? 0.6f : 1.0f);
}

static void posting_requirements(struct features *f, const struct analysis *an)
{
    features_text(f, an->title, TITLE_FACTOR);
    for (size_t i = 0; i < an->requirements_n; i++)
        features_text(f, an->requirements[i].text, an->requirements[i].priority == REQUIREMENT_REQUIRED ? 1.0f : 0.6f);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        features_text(f, an->responsibilities[i].text, 0.7f);
}

int embed_posting_make(struct arena *a, const struct posting *posting, const struct analysis *an,
                       struct embed_posting *ret, struct err *err)
{
    struct features *f = features_new(a);
    if (!f)
        return err_set(err, ERR_MEMORY, "the embedding needs more memory than its limit");
    features_mute(f, an->company);
    posting_description(f, posting, an);
    features_vector(f, ret->description);
    if (an->requirements_n || an->responsibilities_n) {
        features_clear(f);
        features_mute(f, an->company);
        posting_requirements(f, an);
    }
    features_vector(f, ret->requirements);
    return 0;
}

static double dot(const float *x, const float *y)
{
    double sum = 0;
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

double embed_similarity(const struct embed_profile *u, const struct embed_posting *j)
{
    double s = 0.40 * dot(u->skills, j->description) + 0.35 * dot(u->experience, j->requirements) +
               0.25 * dot(u->goals, j->description);
    return fmax(-1, fmin(1, s));
}
