#include "engine_fixture.h"

static struct match_row answer_with(struct arena *a, const char *profile, enum requirement_kind kind, const char *text,
                                    bool any, int years)
{
    struct analysis *an = fixture_posting(a);
    struct requirement *q = fixture_require(an, kind, REQUIREMENT_REQUIRED, text);
    q->alternatives = any;
    q->years_min = years;
    struct match *m = fixture_match(a, an, fixture_profile(a, profile));
    return m->rows[0];
}

static enum match_status answer(enum requirement_kind kind, const char *text, bool any, int years)
{
    return answer_with(fixture_arena(), FIXTURE_PROFILE, kind, text, any, years).status;
}

Test(match, skill_in_a_highlight_is_direct)
{
    struct arena *a = fixture_arena();
    struct match_row row = answer_with(a, FIXTURE_PROFILE, REQUIREMENT_SKILL, "Terraform", false, -1);
    cr_assert_eq(row.status, MATCH_DIRECT);
    cr_assert_gt(row.atoms_n, 0);
    cr_assert(str_find(row.reason, STR("Quaywater")) >= 0, "%.*s", STR_ARG(row.reason));
}

Test(match, listed_related_and_unknown_skills)
{
    cr_assert_eq(answer(REQUIREMENT_SKILL, "Go", false, -1), MATCH_STRONG);
    cr_assert_eq(answer(REQUIREMENT_SKILL, "MySQL", false, -1), MATCH_TRANSFERABLE);
    cr_assert_eq(answer(REQUIREMENT_SKILL, "SQL", false, -1), MATCH_SYNONYM);
    cr_assert_eq(answer(REQUIREMENT_SKILL, "COBOL", false, -1), MATCH_MISSING);
}

Test(match, or_groups_need_one_and_groups_need_all)
{
    cr_assert_eq(answer(REQUIREMENT_SKILL, "COBOL or Terraform", true, -1), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_SKILL, "COBOL and Terraform", false, -1), MATCH_TRANSFERABLE);
    cr_assert_eq(answer(REQUIREMENT_SKILL, "Terraform and Kubernetes", false, -1), MATCH_DIRECT);
}

Test(match, years_come_from_dates)
{
    cr_assert_eq(answer(REQUIREMENT_EXPERIENCE, "5 years of professional experience", false, 5), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_EXPERIENCE, "15 years of professional experience", false, 15), MATCH_TRANSFERABLE);
    cr_assert_eq(answer(REQUIREMENT_EXPERIENCE, "3 years of Java", false, 3), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_EXPERIENCE, "8 years of Java", false, 8), MATCH_TRANSFERABLE);
    cr_assert_eq(answer(REQUIREMENT_EXPERIENCE, "5 years of nursing", false, 5), MATCH_MISSING);
}

Test(match, education)
{
    cr_assert_eq(answer(REQUIREMENT_EDUCATION, "Bachelor's degree in computer science", false, -1), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_EDUCATION, "Master's degree in nursing", false, -1), MATCH_SYNONYM);
    cr_assert_eq(answer(REQUIREMENT_EDUCATION, "PhD in computer science", false, -1), MATCH_MISSING);
    struct arena *a = fixture_arena();
    cr_assert_eq(answer_with(a, "{\"skills\":[{\"name\":\"Go\"}]}", REQUIREMENT_EDUCATION, "Bachelor's degree", false,
                             -1)
                     .status,
                 MATCH_UNSTATED);
}

Test(match, certificates_by_name)
{
    cr_assert_eq(answer(REQUIREMENT_CERTIFICATION, "CKA or CKS certification", true, -1), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_CERTIFICATION, "Certified Kubernetes Administrator", false, -1), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_CERTIFICATION, "Active CPA", false, -1), MATCH_MISSING);
}

Test(match, languages_by_name_and_level)
{
    cr_assert_eq(answer(REQUIREMENT_LANGUAGE, "Fluent English", false, -1), MATCH_DIRECT);
    cr_assert_eq(answer(REQUIREMENT_LANGUAGE, "German at C1", false, -1), MATCH_TRANSFERABLE);
    cr_assert_eq(answer(REQUIREMENT_LANGUAGE, "French", false, -1), MATCH_MISSING);
    cr_assert_eq(answer(REQUIREMENT_LANGUAGE, "French or German", true, -1), MATCH_DIRECT);
}

Test(match, what_the_profile_is_silent_about_is_not_judged)
{
    cr_assert_eq(answer(REQUIREMENT_AUTHORIZATION, "Must be authorized to work in the US", false, -1),
                 MATCH_NOT_ASSESSED);
    cr_assert_eq(answer(REQUIREMENT_LOCATION, "On site in Oslo", false, -1), MATCH_NOT_ASSESSED);
    cr_assert_eq(answer(REQUIREMENT_LOCATION, "On site in Lyon", false, -1), MATCH_DIRECT);
}

Test(match, soft_skills_count_only_when_shown)
{
    cr_assert_eq(answer(REQUIREMENT_SOFT, "Enjoys mentoring colleagues", false, -1), MATCH_DIRECT);
    struct arena *a = fixture_arena();
    const char *claims =
        "{\"skills\":[{\"name\":\"Soft\",\"keywords\":[\"Mentoring\",\"Leadership\",\"Communication\"]}]}";
    cr_assert_eq(answer_with(a, claims, REQUIREMENT_SOFT, "Leadership", false, -1).status, MATCH_NOT_ASSESSED);
}

Test(match, every_answer_has_evidence_and_a_reason)
{
    struct arena *a = fixture_arena();
    struct analysis *an = fixture_posting(a);
    static const char *const TEXTS[] = {"Terraform",   "MySQL",
                                        "COBOL",       "Experience with payout systems and latency",
                                        "style guide", "Java or Kotlin"};
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
        fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, TEXTS[i]);
    struct match *m = fixture_match(a, an, fixture_profile(a, FIXTURE_PROFILE));
    cr_assert_eq(m->rows_n, ARRAY_LEN(TEXTS));
    for (size_t i = 0; i < m->rows_n; i++) {
        cr_assert_gt(m->rows[i].reason.n, 10);
        cr_assert_eq(m->rows[i].reason.p[m->rows[i].reason.n - 1], '.');
        cr_assert_eq(match_status_value(m->rows[i].status) > 0, m->rows[i].atoms_n > 0, "%s", TEXTS[i]);
    }
}

Test(match, relevance_follows_the_posting)
{
    struct arena *a = fixture_arena();
    struct analysis *an = fixture_posting(a);
    fixture_require(an, REQUIREMENT_SKILL, REQUIREMENT_REQUIRED, "Kubernetes and Terraform");
    struct profile *p = fixture_profile(a, FIXTURE_PROFILE);
    struct match *m = fixture_match(a, an, p);
    double kubernetes = -1, party = -1;
    for (size_t i = 0; i < p->atoms_n; i++) {
        cr_assert(m->atom_relevance[i] >= 0 && m->atom_relevance[i] <= 1);
        if (str_eqc(p->atoms[i].pointer, "/work/0/highlights/2"))
            kubernetes = m->atom_relevance[i];
        if (str_eqc(p->atoms[i].pointer, "/work/0/highlights/5"))
            party = m->atom_relevance[i];
    }
    cr_assert_gt(kubernetes, party + 0.2);
}

Test(match, relations_name_known_skills)
{
    static const char *const SLUGS[] = {
#define IMPLIES(have, want) have, want,
#define SIMILAR(a, b)       a, b,
#include "pipeline/engine/relations.def"
#undef IMPLIES
#undef SIMILAR
    };
    for (size_t i = 0; i < ARRAY_LEN(SLUGS); i++)
        cr_assert_not_null(skills_by_slug(str_of(SLUGS[i])), "%s", SLUGS[i]);
}
