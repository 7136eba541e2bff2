/* Small pieces of English. Results are in the arena; NULL memory gives an empty text (the arena is checked by the
 * caller at the end). */
#pragma once

#include "base/arena.h"
#include "pipeline/engine/profile.h"

/* "a", "a and b", "a, b and c" (last: "and", "or"). */
struct str phrase_join(struct arena *a, const struct str *items, size_t n, const char *last);
struct str phrase_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "a" or "an" before the word: "an MVP", "a European", "an hour", "a 412-bed". */
const char *phrase_article(struct str word);
/* Whether the first letter may be made small: no name, acronym or "I". */
bool phrase_may_lower(struct str text);
struct str phrase_lower_first(struct arena *a, struct str text); /* only when phrase_may_lower */
struct str phrase_upper_first(struct arena *a, struct str text);
/* The words in which the atom names the skill; empty when it does not. */
struct str phrase_skill(const struct atom *atom, const struct skill *skill);
/* Text in which the skill is named (a requirement); empty when it is not. */
struct str phrase_skill_in(struct str text, const struct skill *skill);
/* "HEAD OF DATA" -> "Head of Data"; mixed case is left alone. */
struct str phrase_title_case(struct arena *a, struct str text);
