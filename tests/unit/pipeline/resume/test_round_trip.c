/* What the system writes, it reads back: for every résumé there is, render(read(render(x))) is render(x), and the
 * evidence read from it is the evidence of x. */
#include <dirent.h>
#include "resume_fixture.h"
#include "pipeline/render/render.h"

static struct str file_read(struct arena *a, const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    char *text = arena_try_alloc(a, 1 << 20);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    return (struct str){.p = text, .n = n};
}

static struct str one_line(struct arena *a, struct str s)
{
    char *copy = arena_strndup(a, s.p, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = str_is_space(s.p[i]) ? ' ' : s.p[i];
        if (!(c == ' ' && n && copy[n - 1] == ' '))
            copy[n++] = c;
    }
    return (struct str){.p = copy, .n = n};
}

static void same_evidence(struct arena *a, const struct profile *x, const struct profile *y, const char *name)
{
    for (size_t i = 0; i < x->employments_n; i++) {
        const struct employment *e = &x->employments[i];
        const struct employment *f = NULL; /* sections are rendered in an order of their own */
        for (size_t k = 0; k < y->employments_n && !f; k++)
            if (y->employments[k].kind == e->kind && y->employments[k].index == e->index)
                f = &y->employments[k];
        cr_assert_not_null(f, "%s: no " STR_FMT, name, STR_ARG(e->pointer));
        cr_expect(str_eq(e->organization, f->organization), "%s: employer " STR_FMT " / " STR_FMT, name,
                  STR_ARG(e->organization), STR_ARG(f->organization));
        cr_expect(str_eq(e->role, f->role), "%s: role " STR_FMT " / " STR_FMT, name, STR_ARG(e->role),
                  STR_ARG(f->role));
        cr_expect_eq(e->start.y * 100 + e->start.m, f->start.y * 100 + f->start.m, "%s: start of " STR_FMT, name,
                     STR_ARG(e->organization));
        if (e->start.y) /* an end alone is shown as one date, which may be either */
            cr_expect_eq(e->end.y * 100 + e->end.m, f->end.y * 100 + f->end.m, "%s: end of " STR_FMT, name,
                         STR_ARG(e->organization));
    }
    for (size_t i = 0; i < x->atoms_n; i++) {
        struct str want = one_line(a, x->atoms[i].text);
        bool found = false;
        for (size_t k = 0; k < y->atoms_n && !found; k++)
            found = y->atoms[k].kind == x->atoms[i].kind && str_eq(one_line(a, y->atoms[k].text), want);
        cr_expect(found, "%s: lost " STR_FMT, name, STR_ARG(want));
    }
}

static void check(const char *folder, const char *name, bool markdown)
{
    struct arena *a = fixture_arena();
    struct str source = file_read(a, folder, name), text, json, again;
    struct err err = {0};
    struct profile *x, *y;
    cr_assert_eq(profile_read(a, source, &x, &err), 0, "%s: %s", name, err.msg);
    int (*render)(struct arena *, yyjson_val *, struct str *, struct err *) =
        markdown ? resume_to_markdown : resume_to_text;
    cr_assert_eq(render(a, x->document, &text, &err), 0);
    int rc = resume_read_text(a, text, 0, &json, &err);
    if (x->empty) {
        cr_expect_lt(rc, 0);
    } else {
        cr_assert_eq(rc, 0, "%s: %s", name, err.msg);
        cr_assert_eq(profile_read(a, json, &y, &err), 0, "%s: %s", name, err.msg);
        cr_assert_eq(render(a, y->document, &again, &err), 0);
        cr_expect(str_eq(text, again), "%s: the %s read back is another one", name, markdown ? "Markdown" : "text");
        same_evidence(a, x, y, name);
    }
    arena_fini(a);
    free(a);
}

static size_t folder_check(const char *folder)
{
    DIR *d = opendir(folder);
    size_t n = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '_' || e->d_name[0] == '.' || !str_iends(str_of(e->d_name), ".json"))
            continue;
        check(folder, e->d_name, true);
        check(folder, e->d_name, false);
        n++;
    }
    if (d)
        closedir(d);
    return n;
}

Test(round_trip, samples)
{
    cr_expect_geq(folder_check(JOBMILL_SOURCE_DIR "/samples/resumes"), 3);
}

Test(round_trip, public_resumes)
{
    const char *data = getenv("JOBMILL_EVAL_DATA");
    char folder[1024];
    snprintf(folder, sizeof(folder), "%s/resumes", data ? data : JOBMILL_SOURCE_DIR "/../shared/data");
    if (folder_check(folder) == 0)
        cr_skip("no public résumés in %s", folder);
}
