#include <criterion/criterion.h>
#include <stdio.h>
#include <math.h>
#include "pipeline/engine/embed.h"

static double dot(const float *a, const float *b)
{
    double s = 0;
    for (size_t i = 0; i < EMBED_DIMENSIONS; i++)
        s += (double)a[i] * b[i];
    return s;
}

static double similarity(const char *a, const char *b)
{
    float x[EMBED_DIMENSIONS], y[EMBED_DIMENSIONS];
    embed_text(str_of(a), x);
    embed_text(str_of(b), y);
    return dot(x, y);
}

static const char nurse[] = "Registered nurse on a telemetry unit. Patient care, medication administration, charting "
                            "in Epic, discharge teaching.";
static const char backend[] =
    "Backend engineer. Go services, PostgreSQL, Kafka, Kubernetes on AWS. Distributed systems and APIs.";

Test(embed, unit_length_and_deterministic)
{
    static const char *const texts[] = {nurse, backend, "a", "", "12 34", "\xE4\xB8\xAD\xE6\x96\x87"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        float x[EMBED_DIMENSIONS], y[EMBED_DIMENSIONS];
        embed_text(str_of(texts[i]), x);
        embed_text(str_of(texts[i]), y);
        cr_assert_float_eq(dot(x, x), 1.0, 1e-5);
        cr_assert_arr_eq(x, y, sizeof(x));
    }
}

Test(embed, similar_texts_are_nearer)
{
    cr_assert_gt(similarity(nurse, "Charge nurse, cardiac telemetry; Epic super user and patient safety"),
                 similarity(nurse, backend) + 0.2);
    cr_assert_gt(similarity(backend, "Senior developer: golang, Postgres, k8s"),
                 similarity(backend, "Marketing analyst with Google Analytics and SEO") + 0.2);
}

Test(embed, synonyms_of_the_dictionary_meet)
{
    cr_assert_gt(similarity("golang and k8s", "services in Go, Kubernetes"), 0.6);
}

Test(embed, boilerplate_says_little)
{
    char with[2000];
    snprintf(with, sizeof(with),
             "%s We are looking for a team member with experience. Apply with your resume. Salary and benefits, health "
             "insurance, paid leave.",
             backend);
    cr_assert_gt(similarity(backend, with), 0.9);
}

Test(embed, work_of_the_same_field_is_near_in_other_words)
{
    static const struct {
        const char *a, *near, *far;
    } CASES[] = {
        {"Care for patients after surgery", "Postoperative nursing on a ward",
         "After-sales care for software customers"},
        {"Line cook in a restaurant", "Sous chef, seasonal menus", "Receptionist in a law firm"},
        {"Licensed electrician", "Wiring and conduit on building sites", "Licensed translator"},
        {"Drive trucks across the country", "Long haul driver with a CDL", "Write device drivers for Linux"},
        {"PostgreSQL", "MySQL", "Photoshop"},
        {"JavaScript", "JS", "Java"},
        {"kubernetes engineer", "kuberntes enginer", "marketing manager"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
        cr_assert_gt(similarity(CASES[i].a, CASES[i].near), similarity(CASES[i].a, CASES[i].far), "%s", CASES[i].a);
}

Test(embed, strangers_are_far)
{
    cr_assert_lt(fabs(similarity("Registered nurse in a pediatric ward", "Backend engineer for payment systems")), 0.2);
    cr_assert_lt(fabs(similarity("Journeyman electrician", "Content strategist for a magazine")), 0.2);
}

Test(embed, repeating_a_word_changes_little)
{
    cr_assert_gt(similarity(backend,
                            "Backend engineer. Go services, PostgreSQL, Kafka, Kafka, Kafka, Kubernetes on AWS. "
                            "Distributed systems and APIs."),
                 0.9);
}

static struct arena arena;

static struct embed_posting posting_vectors(const char *body)
{
    struct posting_source src = {.format = POSTING_TEXT, .body = str_of(body), .title = {"", 0}, .company = {"", 0}};
    struct posting p;
    struct analysis *an;
    struct embed_posting ret;
    cr_assert_eq(posting_read(&arena, &src, &p, NULL), 0);
    cr_assert_eq(analysis_make(&arena, &p, &an, NULL), 0);
    cr_assert_eq(embed_posting_make(&arena, &p, an, &ret, NULL), 0);
    return ret;
}

static double near(const struct embed_posting *x, const struct embed_posting *y)
{
    return (dot(x->description, y->description) + dot(x->requirements, y->requirements)) / 2;
}

#define FURNITURE                                                                                                      \
    "\n## About Ferrow Partners\nFerrow Partners is family owned and proud of its history. Customers in forty "        \
    "countries "                                                                                                       \
    "trust Ferrow Partners.\n\n## Benefits\n- Company pension, wellness program, language courses\n- Two days from "   \
    "home\n"                                                                                                           \
    "\n## How to apply\nApply through our portal with your papers and your earliest start date.\n"

Test(embed, the_same_company_does_not_make_the_same_work)
{
    arena_init(&arena, (size_t)64 << 20);
    struct embed_posting cook = posting_vectors("# Sous Chef\n\n## Requirements\n- Grill and sauce\n- Food safety "
                                                "certificate\n- Plan the menu\n" FURNITURE);
    struct embed_posting welder = posting_vectors("# Welder\n\n## Requirements\n- Welding of sheet metal\n- Read "
                                                  "drawings\n- Work in shifts\n" FURNITURE);
    struct embed_posting other =
        posting_vectors("# Line Cook\n\nA small restaurant by the harbour looks for help in its "
                        "kitchen from May on.\n\n## Requirements\n- Cooking for sixty guests\n- "
                        "Clean kitchen\n");
    cr_assert_gt(near(&cook, &other), near(&cook, &welder) + 0.2, "%f %f", near(&cook, &other), near(&cook, &welder));
    arena_fini(&arena);
}

Test(embed, a_nurse_is_nearer_to_nursing_than_to_backend)
{
    arena_init(&arena, (size_t)64 << 20);
    struct profile *p = ARENA_NEW(&arena, struct profile);
    struct atom atoms[] = {{.kind = ATOM_HIGHLIGHT,
                            .text = STR("Led a CAUTI reduction project on a telemetry unit with 32 beds")},
                           {.kind = ATOM_HIGHLIGHT, .text = STR("Trained 118 nurses for the Epic upgrade")}};
    struct profile_skill skills[] = {{.skill = skills_by_slug(STR("epic")), .label = STR("Epic")},
                                     {.skill = skills_by_slug(STR("acls")), .label = STR("ACLS")}};
    p->label = STR("Registered Nurse");
    p->atoms = atoms;
    p->atoms_n = ARRAY_LEN(atoms);
    p->skills = skills;
    p->skills_n = ARRAY_LEN(skills);
    p->goals[0] = STR("clinical informatics");
    p->goals_n = 1;
    struct embed_profile u;
    cr_assert_eq(embed_profile_make(&arena, p, &u, NULL), 0);
    struct embed_posting health = posting_vectors("# Telemetry Nurse\n\n## Required\n- RN license\n- ACLS\n- Epic "
                                                  "charting\n\n## Duties\n- Patient care on the telemetry unit\n");
    struct embed_posting software = posting_vectors("# Backend Engineer\n\n## Required\n- Go and PostgreSQL\n- "
                                                    "Kafka\n\n## Duties\n- Build services for payments\n");
    cr_assert_gt(embed_similarity(&u, &health), embed_similarity(&u, &software) + 0.2);
    cr_assert_leq(embed_similarity(&u, &health), 1.0);
    arena_fini(&arena);
}
