/* The posting's terms, each counted once: said, implied by what is said (PostgreSQL is SQL), or a gap. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/relations.h"
#include "pipeline/engine/score_parts.h"

#define KEYWORD_PRIOR      3.0
#define KEYWORD_INJECTABLE 0.5
#define KEYWORDS_MIN       3

static bool has_skill(const struct profile *p, const struct skill *skill)
{
    for (size_t i = 0; i < p->skills_n; i++)
        if (p->skills[i].skill == skill)
            return true;
    return false;
}

static bool has_all(const uint32_t *stems, size_t n, const struct atom *atom)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < atom->stems_n && atom->stems[k] != stems[i])
            k++;
        if (k == atom->stems_n)
            return false;
    }
    return true;
}

static enum score_keyword keyword_state(const struct profile *p, struct str term)
{
    uint32_t stems[LEX_TOKENS_MAX];
    size_t n = lex_stems(term, stems, LEX_TOKENS_MAX);
    const struct skill *skill = skills_by_name(term);
    const struct relation *r;
    if (skill && has_skill(p, skill))
        return SCORE_KEYWORD_MATCHED;
    for (size_t i = 0; n && i < p->atoms_n; i++)
        if (has_all(stems, n, &p->atoms[i]))
            return SCORE_KEYWORD_MATCHED;
    n = skill ? relations_of(skill, &r) : 0;
    for (size_t i = 0; i < n; i++)
        if (r[i].kind == RELATION_IMPLIED_BY && has_skill(p, r[i].to))
            return SCORE_KEYWORD_INJECTABLE;
    return SCORE_KEYWORD_GAP;
}

void score_keywords(struct scorer *s)
{
    double hits = 0, total = 0;
    for (size_t i = 0; i < s->an->keywords_n; i++) {
        double w = s->an->keywords[i].critical ? 2.0 : 1.0;
        s->keyword[i] = keyword_state(s->p, s->an->keywords[i].term);
        hits += s->keyword[i] == SCORE_KEYWORD_MATCHED      ? w
                : s->keyword[i] == SCORE_KEYWORD_INJECTABLE ? w * KEYWORD_INJECTABLE
                                                            : 0;
        total += w;
    }
    s->part[SCORE_KEYWORDS] =
        s->an->keywords_n < KEYWORDS_MIN
            ? (struct score_part){.detail = STR("The posting has too few keywords.")}
            : (struct score_part){
                  .present = true,
                  .value = score_shrunk(hits, total, KEYWORD_PRIOR),
                  .detail = STR("Share of the posting's terms that the profile has, each counted once; what it implies "
                                "counts half.")};
}
