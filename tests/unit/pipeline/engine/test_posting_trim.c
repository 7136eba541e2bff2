/* Postings of ten kibibytes to two mebibytes: what they ask for is still there when they are made shorter. */
#include <criterion/criterion.h>
#include <string.h>
#include "base/utf8.h"
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/posting_trim.h"

static struct arena arena;

static void begin(void)
{
    arena_init(&arena, (size_t)512 * 1024 * 1024);
}

static void end(void)
{
    arena_fini(&arena);
}

TestSuite(posting_trim, .init = begin, .fini = end, .timeout = 60);

static const char *const REQUIRED[] = {"You must have 5 years of experience with Go",
                                       "Production experience with Kubernetes and Terraform is required",
                                       "A bachelor's degree in computer science or equivalent experience",
                                       "PostgreSQL under load: indexes, vacuum, replication",
                                       "Fluent German, written and spoken",
                                       "A valid driving licence is required"};
static const char *const DUTIES[] = {"Run the platform that dispatch depends on",
                                     "Review the designs of two other teams every week",
                                     "Be on call one week in six and write down what was learned"};
static const char *const LEGAL[] = {
    "Corvane Logistics is an equal opportunity employer and does not discriminate on the basis of race, religion or "
    "age.",
    "Applicants' personal data are processed under our privacy policy and kept for six months."};
static const char *const BENEFITS[] = {"We offer 30 days of paid vacation and a company pension plan.",
                                       "Health insurance, dental and vision cover from the first day."};
static const char *const COMPANY[] = {
    "Founded in 1987, Corvane moves chilled goods for small growers in eleven regions.",
    "Our warehouses stand in four harbours, and our trucks run on rapeseed oil."};
static const char *const CULTURE[] = {"Teams decide on their own how they work, and nobody works on weekends.",
                                      "We learn from each other in a weekly reading hour."};
static const char *const REST[] = {"The position was opened because a colleague moves to the coast in spring.",
                                   "The building stands behind the old market hall, beside the river."};

struct part {
    const char *heading;
    const char *const *lines;
    size_t n;
    bool items, repeats;
};
static const struct part PARTS[] = {{"# Equal opportunity", LEGAL, 2, false, true},
                                    {"# Benefits", BENEFITS, 2, true, true},
                                    {"# About us", COMPANY, 2, false, true},
                                    {"# Requirements", REQUIRED, 6, true, false},
                                    {"# What you will do", DUTIES, 3, true, false},
                                    {"# Further details", REST, 2, false, true},
                                    {"# Culture", CULTURE, 2, false, true}};

/* About bytes of posting, its parts in an order that the seed chooses; filler is numbered, so that no two are alike. */
static struct str compose(size_t bytes, unsigned seed)
{
    struct buf b;
    size_t order[ARRAY_LEN(PARTS)];
    buf_init(&b, (size_t)4 << 20);
    buf_adds(&b, "# Senior Platform Engineer\n\nCorvane Logistics, Lyon\n\n");
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++)
        order[i] = i;
    for (size_t i = ARRAY_LEN(PARTS); i-- > 1;) {
        seed = seed * 1103515245u + 12345u;
        size_t k = (seed >> 16) % (i + 1), x = order[i];
        order[i] = order[k];
        order[k] = x;
    }
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
        const struct part *p = &PARTS[order[i]];
        size_t until = b.len + (bytes > 1200 ? (bytes - 1200) / 5 : 0), n = 0;
        buf_addf(&b, "%s\n\n", p->heading);
        do {
            for (size_t k = 0; k < p->n; k++)
                if (p->repeats)
                    buf_addf(&b, "%s%s Note %zu.\n", p->items ? "- " : "", p->lines[k], n++);
                else
                    buf_addf(&b, "- %s\n", p->lines[k]);
        } while (p->repeats && b.len < until);
        buf_addc(&b, '\n');
    }
    char *text = arena_strndup(&arena, b.data, b.len);
    struct str s = {.p = text, .n = b.len};
    buf_fini(&b);
    return s;
}

static void asked_is_there(struct str text)
{
    for (size_t i = 0; i < ARRAY_LEN(REQUIRED); i++)
        cr_assert_geq(str_find(text, str_of(REQUIRED[i])), 0, "%s", REQUIRED[i]);
    for (size_t i = 0; i < ARRAY_LEN(DUTIES); i++)
        cr_assert_geq(str_find(text, str_of(DUTIES[i])), 0, "%s", DUTIES[i]);
}

static void quotes_are_there(const struct posting *p, struct str text)
{
    struct analysis *an;
    struct err err;
    cr_assert_eq(analysis_make(&arena, p, &an, &err), 0);
    cr_assert_gt(an->requirements_n, 4);
    for (size_t i = 0; i < an->requirements_n; i++)
        cr_assert_geq(str_find(text, an->requirements[i].evidence.text), 0, "%.*s",
                      (int)an->requirements[i].evidence.text.n, an->requirements[i].evidence.text.p);
    for (size_t i = 0; i < an->responsibilities_n; i++)
        cr_assert_geq(str_find(text, an->responsibilities[i].quote.text), 0, "%.*s",
                      (int)an->responsibilities[i].quote.text.n, an->responsibilities[i].quote.text.p);
}

static struct posting_trimmed trimmed(struct posting *p, const char *mark, int64_t most)
{
    struct posting_ruler ruler = posting_bytes;
    struct posting_trimmed t;
    struct err err;
    ruler.mark = mark;
    cr_assert_eq(posting_trim(&arena, p, &ruler, most, &t, &err), 0);
    return t;
}

Test(posting_trim, what_a_posting_asks_for_stays)
{
    static const size_t KIB[] = {10, 24, 60, 200, 700, 2048};
    static const int64_t MOST[] = {3000, 8000, 48000, 120000};
    for (size_t i = 0; i < ARRAY_LEN(KIB); i++)
        for (unsigned seed = 1; seed <= (KIB[i] > 300 ? 2 : 12); seed++) {
            struct posting p = {.text = compose(KIB[i] * 1024, seed), .method = STR("text")};
            for (size_t k = 0; k < ARRAY_LEN(MOST); k++) {
                struct posting_trimmed t = trimmed(&p, "[...]", MOST[k]);
                cr_assert_leq(t.length, MOST[k], "%zu KiB, seed %u, %lld: %.*s", KIB[i], seed, (long long)t.length,
                              (int)MIN(t.text.n, (size_t)3000), t.text.p);
                cr_assert_eq(utf8_valid_prefix(t.text), t.text.n);
                asked_is_there(t.text);
                quotes_are_there(&p, t.text);
                cr_assert_eq((size_t)MOST[k] < p.text.n, str_find(t.text, STR("[...]")) >= 0);
            }
            end();
            begin();
        }
}

Test(posting_trim, parts_go_in_order_and_no_more_than_needed)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct posting p = {.text = compose(40960, seed), .method = STR("text")};
        size_t step = 1500, gone = 0;
        for (size_t most = p.text.n; most > 4 * step; most -= step) {
            struct posting_trimmed t = trimmed(&p, NULL, (int64_t)most);
            size_t last = 0, sum = 0;
            for (size_t k = 0; k < POSTING_PARTS; k++) {
                last = t.left_out[k] ? k : last;
                sum += t.left_out[k];
            }
            cr_assert_geq(sum, gone);
            cr_assert_leq(sum, p.text.n - most + 400, "%zu of %zu left out for %zu", sum, p.text.n, most);
            for (size_t k = 0; k < last; k++) {
                struct posting_trimmed all = trimmed(&p, NULL, 2000);
                cr_assert_geq(t.left_out[k] + 120, all.left_out[k], "seed %u: %s before %s", seed,
                              posting_part_name((enum posting_part)last), posting_part_name((enum posting_part)k));
            }
            gone = sum;
        }
        end();
        begin();
    }
}

Test(posting_trim, what_fits_is_not_touched)
{
    struct posting p = {.text = compose(10240, 3), .method = STR("text")};
    struct posting_trimmed t = trimmed(&p, "[...]", (int64_t)p.text.n);
    cr_assert_eq(t.text.p, p.text.p);
    for (size_t k = 0; k < POSTING_PARTS; k++)
        cr_assert_eq(t.left_out[k], 0);
}

Test(posting_trim, headings_go_with_what_stood_below_them)
{
    struct posting p = {.text = compose(40960, 5), .method = STR("text")};
    struct posting_trimmed t = trimmed(&p, NULL, 2000);
    cr_assert_lt(str_find(t.text, STR("# Benefits")), 0);
    cr_assert_lt(str_find(t.text, STR("# Equal opportunity")), 0);
    cr_assert_geq(str_find(t.text, STR("# Requirements")), 0);
    cr_assert(str_starts(t.text, "# Senior Platform Engineer"));
}

Test(posting_trim, what_was_left_out_is_said)
{
    struct buf b;
    buf_init(&b, 1000);
    posting_left_out_write((size_t[POSTING_PARTS]){[POSTING_PART_LEGAL] = 1200, [POSTING_PART_CULTURE] = 34}, &b);
    cr_assert_str_eq(buf_str(&b), "legal text (1200 bytes), text about its culture (34 bytes)");
    buf_fini(&b);
}

Test(posting_trim, a_line_without_an_end_is_left_out_in_pieces)
{
    struct buf b;
    buf_init(&b, (size_t)2 << 20);
    buf_adds(&b, "# Senior Platform Engineer\n\n# Requirements\n\n- You must have 5 years of experience with Go\n\n# "
                 "Other things\n\n");
    while (b.len < (size_t)900 * 1024)
        buf_adds(&b, "requirements Kubernetes must häuser ");
    struct posting p = {.text = {.p = b.data, .n = b.len}, .method = STR("text")};
    struct posting_trimmed t = trimmed(&p, "[...]", 20000);
    cr_assert_leq(t.length, 20000);
    cr_assert_eq(utf8_valid_prefix(t.text), t.text.n);
    cr_assert_geq(str_find(t.text, STR("5 years of experience with Go")), 0);
    buf_fini(&b);
}

static int read_source(struct str body, struct posting *ret, struct err *err)
{
    struct posting_source s = {.format = POSTING_TEXT, .body = body};
    return posting_read(&arena, &s, ret, err);
}

Test(posting_trim, reading_shortens_by_the_same_rule)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        struct posting p;
        struct err err = {0};
        struct analysis *an;
        struct str json;
        cr_assert_eq(read_source(compose((size_t)1000 * 1024, seed), &p, &err), 0, "%s", err.msg);
        cr_assert(p.truncated);
        cr_assert_leq(p.text.n, POSTING_TEXT_MAX_BYTES);
        cr_assert_gt(p.left_out[POSTING_PART_LEGAL], 100000);
        asked_is_there(p.text);
        cr_assert_eq(analysis_make(&arena, &p, &an, &err), 0);
        cr_assert_eq(analysis_to_json(&arena, an, &json, &err), 0);
        cr_assert_geq(str_find(json, STR("\"left_out\":[{\"part\":\"legal\",\"bytes\":")), 0);
        struct analysis *back;
        struct str again;
        cr_assert_eq(analysis_from_json(&arena, json, &back, &err), 0);
        cr_assert_eq(analysis_to_json(&arena, back, &again, &err), 0);
        cr_assert(str_eq(json, again));
        end();
        begin();
    }
}

Test(posting_trim, what_asks_for_too_much_is_refused_with_a_sentence)
{
    struct buf b;
    struct posting p;
    struct err err = {0};
    buf_init(&b, (size_t)2 << 20);
    buf_adds(&b, "# Senior Platform Engineer\n\n# Requirements\n\n");
    for (int i = 0; b.len < (size_t)300 * 1024; i++)
        buf_addf(&b, "- You must have %d years of experience with Go and Kubernetes in team %d\n", i % 9 + 1, i);
    cr_assert_eq(read_source((struct str){.p = b.data, .n = b.len}, &p, &err), -ERR_TOO_LARGE);
    cr_assert(strstr(err.msg, "requirements and duties alone"), "%s", err.msg);
    buf_fini(&b);
    cr_assert_eq(read_source(compose((size_t)2048 * 1024, 1), &p, &err), -ERR_TOO_LARGE);
}
