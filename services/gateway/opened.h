/* Opening what is sealed under a user's key. */
#pragma once

#include "gateway/call.h"
#include "pipeline/store/applications.h"
#include "pipeline/store/sealed.h"

/* The documents of an application, as they are stored, out of the reply to applications_documents. false: answered (the
 * store failed, there is no such application, its user was erased). */
bool opened_found(struct call *c, const struct pg_reply *reply, const struct err *err,
                  struct application_documents *ret);
/* ERR_NOT_FOUND: the document (enum document_kind) is not written, or never will be. */
int opened_there(const struct application_documents *d, int kind, struct err *err) MUST_CHECK;
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
