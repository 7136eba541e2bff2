/* Keys live on the stack and are wiped. */
#include "gateway/opened.h"

bool opened_found(struct call *c, const struct pg_reply *reply, const struct err *err,
                  struct application_documents *ret)
{
    if (err)
        call_fail_store(c, err);
    else if (!applications_documents_read(reply, ret))
        call_not_found(c, "application");
    else if (ret->erased)
        call_error(c, ERR_GONE, "the user was erased, and the documents with the user");
    else
        return true;
    return false;
}

int opened_there(const struct application_documents *d, int kind, struct err *err)
{
    static const char *const names[] = {
        [DOCUMENT_RESUME] = "résumé", [DOCUMENT_LETTER] = "cover letter", [DOCUMENT_SCORE] = "score"};
    if (d->sealed[kind].p)
        return 0;
    return err_set(err, ERR_NOT_FOUND,
                   application_state_ended(d->state) ? "the application ended without a %s"
                                                     : "the %s is not written yet",
                   names[kind]);
}

int opened_key(struct call *c, struct str key_wrapped, const struct uuid *user_id, struct seal_key *ret,
               struct err *err)
{
    if (key_wrapped.n == 0)
        return err_set(err, ERR_GONE, "the user was erased");
    const struct seal_place place = {&c->tenant_id, user_id, SEALED_USER_KEY};
    return seal_unwrap(&c->g->master, key_wrapped, place, ret, err);
}

int opened_text(struct call *c, struct arena *a, struct str key_wrapped, const struct uuid *user_id, struct str sealed,
                const struct uuid *row_id, const char *column, struct str *ret, struct err *err)
{
    struct seal_key key;
    int rc = opened_key(c, key_wrapped, user_id, &key, err);
    if (rc < 0)
        return rc;
    const struct seal_place place = {&c->tenant_id, row_id, column};
    rc = seal_open(a, &key, sealed, place, ret, err);
    seal_key_fini(&key);
    return rc;
}

int opened_document(struct call *c, struct arena *a, const struct application_documents *d, int kind, bool generated,
                    struct str *ret, struct err *err)
{
    bool chosen = kind == DOCUMENT_RESUME && !generated && d->chosen.p;
    *ret = (struct str){0};
    if (!chosen && !d->sealed[kind].p)
        return 0;
    return opened_text(c, a, d->key_wrapped, &d->user_id, chosen ? d->chosen : d->sealed[kind], &d->application_id,
                       chosen ? SEALED_RESUME_CHOICE : sealed_document(kind), ret, err);
}
