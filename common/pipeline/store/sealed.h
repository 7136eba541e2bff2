/* The places of sealed columns (associated data, core/seal.h): who writes and who reads must name the same. */
#pragma once

#include "core/seal.h"
#include "pipeline/store/states.h"

/* row: the user */
#define SEALED_USER     "users.sealed"
#define SEALED_USER_KEY "users.key_wrapped"
/* row: the profile */
#define SEALED_PROFILE "user_profiles.sealed"
/* row: the batch or application of the answer */
#define SEALED_IDEMPOTENCY "idempotency_keys.sealed"

/* row: the application */
#define SEALED_RESUME_CHOICE "resume_choices.sealed"

/* row: the application; one place per kind of document */
static inline const char *sealed_document(int kind)
{
    return kind == DOCUMENT_RESUME   ? "documents.resume"
           : kind == DOCUMENT_LETTER ? "documents.letter"
                                     : "documents.score";
}
