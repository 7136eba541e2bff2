/* What the search for the title and the search for the employer share. */
#pragma once

#include "pipeline/engine/analysis_internal.h"

#define COMPANY_MAX_BYTES 100

/* -- analysis_title.c -- */
bool title_letters_caps(struct str s); /* mostly capitals */
/* "SENIOR ENGINEER, QA" to "Senior Engineer, QA"; s itself when the arena is exhausted. */
struct str title_caps_relaxed(struct arena *a, struct str s);
/* Where mark (ASCII case folded) begins, s.n when it does not occur or begins s. */
size_t title_cut_at(struct str s, const char *mark);
/* The value of the first line "key: value" whose key is one of keys; n == 0 when there is none. */
struct str title_keyed_line(const struct reading *r, const char *const *keys, size_t n);

/* -- analysis_company.c -- */
size_t title_occurrences(struct str text, struct str name); /* at most 5 are counted */
/* from_title: what stood behind "@" or "at" in the title, n == 0 when nothing did. */
struct str analysis_company_find(struct reading *r, struct str from_title);
