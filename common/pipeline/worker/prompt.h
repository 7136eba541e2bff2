/* The data of an application as sections of a prompt: <posting>, <requirements>, <evidence>, <options>. Everything in
 * them was written by others, so nothing in it can open or close a section. */
#pragma once

#include "base/buf.h"
#include "pipeline/engine/match.h"
#include "pipeline/model/caller.h"

#define PROMPT_MAX_BYTES ((size_t)256 * 1024)

/* One line of data: breaks are blanks, tags are none. */
void prompt_line(struct buf *b, struct str text);
/* Data of many lines. */
void prompt_text(struct buf *b, struct str text);
/* <requirements>: "r1 (required, weight 0.9, profile: strong): text", heaviest first. */
void prompt_requirements(struct buf *b, const struct analysis *an, const struct match *m);
/* Which of an atom's kinds a stage offers: bits 1 << enum atom_kind. */
#define PROMPT_LINES (1u << ATOM_HIGHLIGHT | 1u << ATOM_SUMMARY)
#define PROMPT_ALL   0xffffffffu
/* <evidence>: "a12 (Senior Engineer, Acme, 2019-2023): text", the most relevant max of them, or as many as there is
 * room for behind what b holds, in the order of the résumé. How many lines are left out is said behind it and counted
 * in the ask. ERR_TOO_LARGE: there is no room for even a few of them. */
int prompt_evidence(struct buf *b, const struct profile *p, const struct match *m, unsigned kinds, size_t max,
                    struct model_ask *ask, struct err *err) MUST_CHECK;
/* Whether the ask's room has place for more tokens behind what b holds. */
bool prompt_has_room(const struct model_ask *ask, const struct buf *b, int64_t more);
/* ERR_TOO_LARGE in one sentence: what may not be left out is longer than what the model takes. */
int prompt_too_large(const struct model_ask *ask, int64_t tokens, const char *what, struct err *err);
/* The prompt's text as the ask's one part of data. ERR_MEMORY, ERR_TOO_LARGE. The buffer is released. */
int prompt_take(struct buf *b, struct arena *a, struct model_ask *ret, struct err *err) MUST_CHECK;

/* The blocking violations of a judged document as sentences for the model; returns how many. */
size_t prompt_violations(struct arena *a, struct str document, struct buf *complaint);
