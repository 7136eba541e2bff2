/* analysis_make_requirements against analysis_make over the postings of samples/. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include "pipeline/engine/analysis.h"
#include "pipeline/engine/embed.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024)

static struct str file_read(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *p = arena_try_alloc(a, FILE_MAX_BYTES);
    cr_assert(f && p, "%s", path);
    size_t n = fread(p, 1, FILE_MAX_BYTES, f);
    fclose(f);
    cr_assert_lt(n, FILE_MAX_BYTES);
    return (struct str){.p = p, .n = n};
}

static void same_quote(struct analysis_quote x, struct analysis_quote y)
{
    cr_assert(str_eq(x.text, y.text) && x.start == y.start && x.end == y.end);
}

static void same_requirement(const struct requirement *x, const struct requirement *y)
{
    cr_assert(str_eq(x->id, y->id) && str_eq(x->text, y->text));
    cr_assert(x->kind == y->kind && x->priority == y->priority && x->weight == y->weight);
    cr_assert(x->skills_n == y->skills_n && x->alternatives == y->alternatives);
    cr_assert(x->years_min == y->years_min && x->knockout == y->knockout);
    for (size_t i = 0; i < x->skills_n; i++)
        cr_assert(str_eq(x->skills[i], y->skills[i]));
    same_quote(x->evidence, y->evidence);
}

static void same_parts(const struct analysis *x, const struct analysis *y)
{
    cr_assert(str_eq(x->title, y->title) && str_eq(x->company, y->company) && str_eq(x->language, y->language));
    cr_assert(x->requirements_n == y->requirements_n && x->responsibilities_n == y->responsibilities_n);
    cr_assert(x->sections_n == y->sections_n);
    for (size_t i = 0; i < x->requirements_n; i++)
        same_requirement(&x->requirements[i], &y->requirements[i]);
    for (size_t i = 0; i < x->responsibilities_n; i++)
        same_quote(x->responsibilities[i].quote, y->responsibilities[i].quote);
    for (size_t i = 0; i < x->sections_n; i++)
        cr_assert(str_eq(x->sections[i].kind, y->sections[i].kind) && x->sections[i].start == y->sections[i].start &&
                  x->sections[i].end == y->sections[i].end);
}

static void compare(const char *path)
{
    struct arena a;
    arena_init(&a, (size_t)64 << 20);
    struct err err = {0};
    struct posting posting;
    struct analysis *whole, *part;
    struct embed_posting of_whole, of_part;
    struct str name = str_of(path);
    struct posting_source src = {.format = str_iends(name, ".html")   ? POSTING_HTML
                                           : str_iends(name, ".json") ? POSTING_JSON_LD
                                                                      : POSTING_TEXT,
                                 .body = file_read(&a, path)};
    cr_assert_eq(posting_read(&a, &src, &posting, &err), 0, "%s: %s", path, err.msg);
    cr_assert_eq(analysis_make(&a, &posting, &whole, &err), 0);
    cr_assert_eq(analysis_make_requirements(&a, &posting, &part, &err), 0);
    cr_expect_eq(whole->verdict, ANALYSIS_POSTING, "%s is a posting", path);
    same_parts(whole, part);
    cr_assert_eq(part->pay.text.n, 0);
    cr_assert(part->pay.min < 0 && part->keywords_n == 0 && part->culture_n == 0);
    cr_assert_eq(embed_posting_make(&a, &posting, whole, &of_whole, &err), 0);
    cr_assert_eq(embed_posting_make(&a, &posting, part, &of_part, &err), 0);
    cr_assert_eq(memcmp(&of_whole, &of_part, sizeof(of_whole)), 0, "%s", path);
    arena_fini(&a);
}

Test(analysis_requirements, are_those_of_the_whole_analysis)
{
    const char *folder = JOBMILL_SOURCE_DIR "/samples/postings";
    DIR *d = opendir(folder);
    cr_assert_not_null(d);
    size_t n = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char path[1024];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        compare(path);
        n++;
    }
    closedir(d);
    cr_assert_gt(n, 10);
}
