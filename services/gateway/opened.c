/* Keys live on the stack and are wiped. */
#include "gateway/opened.h"

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
