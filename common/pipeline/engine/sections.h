/* What a heading announces, by a dictionary of headings in seven languages (headings.def). */
#pragma once

#include <stdbool.h>
#include "base/str.h"

enum section_kind {
    SECTION_NONE = 0,
    SECTION_ABOUT,
    SECTION_DUTIES,
    SECTION_REQUIREMENTS,
    SECTION_PREFERRED,
    SECTION_BENEFITS,
    SECTION_LEGAL,
    SECTION_APPLY,
    SECTION_OTHER
};

/* SECTION_NONE when the words say nothing. *ret_share (may be NULL): how much of the heading the phrase covers, in (0,
 * 1]. */
enum section_kind section_classify(struct str heading, double *ret_share);
const char *section_kind_name(enum section_kind k); /* "about" ... "other"; NONE is "other" */
enum section_kind section_kind_from_name(struct str name);
