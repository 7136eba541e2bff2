/* Users and their profiles. What is personal comes and goes sealed (pipeline/store/sealed.h). */
#pragma once

#include "pipeline/store/keys.h"

struct user_row {
    struct uuid user_id;
    struct uuid profile_id; /* nil: none yet */
    int revision;           /* of the profile, 0: none yet */
    struct str sealed;      /* {name, email, ...}, see SEALED_USER */
    struct str key_wrapped; /* empty: erased */
    uint64_t created_at_us, updated_at_us;
    bool erased;
    struct str content_hash; /* of the current profile; users_find only */
};

struct profile_row {
    struct uuid profile_id, user_id;
    int revision;
    struct str sealed, key_wrapped;
    uint64_t created_at_us;
};

/* ERR_DUPLICATE: the e-mail belongs to another user. email_hash.p NULL: none. On a replay of the key nothing is made:
 * users_create_read returns true with the user that the key made. */
struct user_new {
    struct uuid user_id;
    struct str email_hash, sealed, key_wrapped;
    struct idempotency key;
};
void users_create(struct pg_pool *pool, const struct uuid *tenant_id, const struct user_new *u, pg_reply_fn *fn,
                  void *ud);
bool users_create_read(const struct pg_reply *reply, struct uuid *ret_user);

void users_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                void *ud);
/* Newest first, from those made before `before` (nil: from the newest); without the erased. Read with users_read by
 * row. */
void users_list(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *before, int limit,
                pg_reply_fn *fn, void *ud);
int users_count(const struct pg_reply *reply);
bool users_read(const struct pg_reply *reply, int i,
                struct user_row *ret); /* false: no such row; borrowed from reply */

/* Erases (see jm_user_erase). The reply's statement 0 has CHANGE_COLUMNS. ERR_NOT_FOUND. */
void users_erase(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                 void *ud);

/* Stores the next revision when `revision` is still the current one; users_profile_put_read is false when it is not. */
struct profile_new {
    struct uuid profile_id, user_id;
    int revision; /* the current one, 0: none */
    struct str content_hash, sealed;
};
void users_profile_put(struct pg_pool *pool, const struct uuid *tenant_id, const struct profile_new *p, pg_reply_fn *fn,
                       void *ud);
bool users_profile_put_read(const struct pg_reply *reply, struct profile_row *ret);
/* The current profile. */
void users_profile_find(struct pg_pool *pool, const struct uuid *tenant_id, const struct uuid *user_id, pg_reply_fn *fn,
                        void *ud);
bool users_profile_read(const struct pg_reply *reply,
                        struct profile_row *ret); /* false: no such user, or no profile yet */
