/* What html.c needs besides the parser: what is hidden by style, and a reader for markup that no parser should be fed.
 */
#pragma once

#include "pipeline/engine/posting_internal.h"

#define HTML_HIDDEN_NAMES_MAX 64

struct html_styles {
    struct str hidden[HTML_HIDDEN_NAMES_MAX]; /* ".name" or "#name" */
    size_t n;
};

/* Declarations of a style attribute or rule that make text invisible. white: white text counts too. */
bool html_style_hides(struct str declarations, bool white);
/* Do the declarations give a background that is not white? */
bool html_style_dark(struct str declarations);
bool html_color_white(struct str color); /* or transparent */
/* Collects the simple selectors (.class, #id) of a style sheet whose rule hides. At-rules are passed over. css is
 * borrowed. */
void html_styles_read(struct html_styles *s, struct str css);
bool html_styles_hide(const struct html_styles *s, char sigil, struct str name);

/* Is one of the words of a class or id attribute in the list? */
bool html_words_listed(struct str names, const char *const *list, size_t n);
/* A heading that announces other jobs ("Similar jobs", "People also viewed"). */
bool html_other_jobs(struct str heading);

/* Markup nested or attributed beyond what parsing takes linear time for. */
bool html_excessive(struct str body);
/* Strips tags without building a tree. */
void html_strip(struct arena *a, struct str body, struct posting_writer *w, size_t *hidden);
