/* Nodes of the parser's tree, for the two files that walk it. */
#pragma once

#include <gumbo.h>
#include "pipeline/engine/html_internal.h"

#define HTML_WALK_DEPTH_MAX 4096

const GumboVector *html_children(const GumboNode *n);
GumboTag html_tag_of(const GumboNode *n);
struct str html_attribute(const GumboNode *n, const char *name); /* "" when absent */
bool html_is_text(const GumboNode *n);
bool html_tag_silent(GumboTag t); /* its text is not of the page: script, style, button ... */
bool html_has_tag(const GumboNode *n, GumboTag tag, size_t depth);
size_t html_text_chars(const GumboNode *n, size_t depth);
bool html_is_boilerplate(const GumboNode *n);
/* Can a reader of the page not see it? dark: it stands on a background of its own. body_chars: of the page. */
bool html_is_hidden(const struct html_styles *styles, const GumboNode *n, bool dark, size_t body_chars);
/* Counts the text below n as hidden; the first long enough one becomes the quote. */
void html_hidden_add(struct arena *a, struct posting_hidden *h, const GumboNode *n);

/* -- html_microdata.c -- */
/* Facts of the first schema.org/JobPosting item at or below n; false when there is none. *facts holds no facts before.
 */
bool html_microdata_read(struct arena *a, const GumboNode *n, struct posting_facts *facts);
