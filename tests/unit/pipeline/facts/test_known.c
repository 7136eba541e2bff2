/* Lines taken over from the profile read as if they had been read. */
#include "pipeline/facts/facts_fixture.h"

#include "pipeline/facts/facts_parts.h"

#define LATENCY "Cut the p99 latency of the payout API from 840 ms to 190 ms with PostgreSQL advisory locks"
#define CRATES  "Reduced waste from 40 to 20 crates a week"
#define FRAUD   "Contributed to a fraud model that saved $2.5 million a year"

static const char TEXT[] = "EXPERIENCE\n"
                           "Quaywater Systems\n"
                           "- " LATENCY "\n"
                           "* " FRAUD "  \n"
                           "\n"
                           "- " CRATES ". And twice as much, 30 per cent.\n"
                           "  " CRATES;

static void numbers_alike(const struct ftext *a, const struct ftext *b, size_t i)
{
    cr_expect_eq(a->w[i].number < 0, b->w[i].number < 0);
    if (a->w[i].number < 0 || b->w[i].number < 0)
        return;
    const struct fnumber *m = &a->numbers[a->w[i].number], *p = &b->numbers[b->w[i].number];
    cr_expect_eq(m->value, p->value);
    cr_expect_eq(m->unit, p->unit);
    cr_expect_eq(m->bound, p->bound);
    cr_expect_eq(m->first, p->first);
    cr_expect_eq(m->last, p->last);
    cr_expect_arr_eq(m->nouns, p->nouns, sizeof(m->nouns));
}

Test(known, reads_the_same)
{
    struct ftext a, b;
    struct fixture f;
    size_t known = 0;
    fixture_check(&f, FACTS_RESUME, TEXT, "");
    cr_assert(facts_text_read(&f.arena, str_of(TEXT), f.in.index, &a));
    cr_assert(facts_text_read(&f.arena, str_of(TEXT), NULL, &b));
    cr_assert_eq(a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        known += (a.w[i].flags & FT_KNOWN) != 0;
        cr_expect_eq(a.t[i].start, b.t[i].start);
        cr_expect_eq(a.t[i].end, b.t[i].end);
        cr_expect_eq(a.t[i].hash, b.t[i].hash);
        cr_expect_eq(a.t[i].flags, b.t[i].flags, "word %zu", i);
        cr_expect_eq(a.w[i].flags & ~FT_KNOWN, b.w[i].flags, "word %zu", i);
        cr_expect_eq(a.w[i].gap, b.w[i].gap);
        cr_expect_eq(a.w[i].cls, b.w[i].cls);
        cr_expect_eq(a.w[i].stem, b.w[i].stem);
        cr_expect_eq(a.w[i].stop, b.w[i].stop);
        cr_expect_eq(a.w[i].phrase, b.w[i].phrase);
        numbers_alike(&a, &b, i);
    }
    cr_expect_gt(known, 20);
    arena_fini(&f.arena);
}

Test(known, a_line_at_another_employer_is_judged)
{
    RESUME_SAYS(CODE_NONE, "EXPERIENCE\nSenior Backend Engineer, Quaywater Systems\n- " LATENCY "\n");
    RESUME_SAYS(WRONG_EMPLOYER, "EXPERIENCE\nAssistant Store Manager, Ombrelle\n- " LATENCY "\n");
}
