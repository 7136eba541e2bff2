/* Reading a résumé in a test: text in, JSON Resume out. */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include "base/doc.h"
#include "pipeline/engine/profile.h"
#include "pipeline/engine/tailor.h"
#include "pipeline/resume/resume.h"

static inline struct arena *fixture_arena(void)
{
    struct arena *a = calloc(1, sizeof(*a));
    arena_init(a, (size_t)256 << 20);
    return a;
}

static inline yyjson_val *fixture_read(struct arena *a, const char *text)
{
    struct str json;
    struct err err = {0};
    yyjson_val *root = NULL;
    cr_assert_eq(resume_read_text(a, str_of(text), 0, &json, &err), 0, "%s", err.msg);
    cr_assert_eq(json_parse(a, json, &root, NULL, &err), 0);
    return root;
}

static inline enum doc_verdict fixture_refused(const char *text, size_t n)
{
    struct arena *a = fixture_arena();
    struct str json;
    struct err err = {0};
    int rc = resume_read_text(a, (struct str){.p = text, .n = n}, 0, &json, &err);
    enum doc_verdict v = rc < 0 ? doc_verdict_of(&err) : DOC_READ;
    arena_fini(a);
    free(a);
    return v;
}

/* The string at a JSON pointer, "" when there is none. */
static inline const char *fixture_at(yyjson_val *root, const char *pointer)
{
    const char *s = yyjson_get_str(yyjson_ptr_get(root, pointer));
    return s ? s : "";
}

#define CHECK_AT(root, pointer, want)                                                                                  \
    cr_expect_str_eq(fixture_at(root, pointer), want, "%s is \"%s\"", pointer, fixture_at(root, pointer))
