/* Opening what is sealed under a user's key. */
#pragma once

#include "gateway/call.h"
#include "pipeline/store/applications.h"
#include "pipeline/store/sealed.h"

/* The user's data key. ERR_GONE when the user was erased. */
int opened_key(struct call *c, struct str key_wrapped, const struct uuid *user_id, struct seal_key *ret,
               struct err *err) MUST_CHECK;
/* A document of an application (enum document_kind) in the arena; the résumé is the one that a person chose unless
 * `generated`. ret "" with p NULL: there is none. */
int opened_document(struct call *c, struct arena *a, const struct application_documents *d, int kind, bool generated,
                    struct str *ret, struct err *err) MUST_CHECK;
/* The text of a sealed value in the arena. */
int opened_text(struct call *c, struct arena *a, struct str key_wrapped, const struct uuid *user_id, struct str sealed,
                const struct uuid *row_id, const char *column, struct str *ret, struct err *err) MUST_CHECK;
