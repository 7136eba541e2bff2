/* A letter that a model wrote, as the CoverLetter document.
 *
 * Words are the model's; form is ours: salutation and closing are checked, name and contact data are the profile's, ids
 * that the profile does not have are left out, quotes that the posting does not have as well. Whether what it says is
 * true is not decided here but by the fact check. Pure. */
#pragma once

#include "pipeline/engine/letter.h"

/* What is wrong with the form (bits). */
enum letter_fault {
    LETTER_FAULT_EMPTY = 1,        /* no paragraph with words */
    LETTER_FAULT_LONG = 2,         /* over the ceiling; paragraphs were dropped from the document */
    LETTER_FAULT_SHORT = 4,        /* under 200 characters */
    LETTER_FAULT_LANGUAGE = 8,     /* not in the posting's language */
    LETTER_FAULT_PLACEHOLDER = 16, /* "[Company]" */
    LETTER_FAULT_FILLER = 32,      /* empty phrases */
    LETTER_FAULT_LINK = 64,        /* an address that is not the person's */
    LETTER_FAULT_MACHINE = 128,    /* it speaks to or as a machine */
};

/* reply: the model's answer (services/cover_letter/letter.schema.json). *ret_faults: bits; all but LONG (where dropping
 * paragraphs was enough) and FILLER also block the document's guard. Errors: ERR_CORRUPT: EMPTY; ERR_NO_EVIDENCE,
 * ERR_MEMORY. */
int letter_from_reply(struct arena *a, const struct analysis *an, const struct profile *p, const struct match *m,
                      struct letter_options o, yyjson_val *reply, unsigned *ret_faults, struct str *ret,
                      struct err *err) MUST_CHECK;
/* The fault in words for the model. */
const char *letter_fault_advice(enum letter_fault fault);
