/* The key of an ask, and the bytes of a kept reply.
 *
 * The key is a keyed hash over everything that decides the answer: the routes of the stage (not the one that happens to
 * be up), prompt version, texts, schema and limits; and whose it is, where the reply is personal. Keyed with the master
 * key, so that the store holds nothing that texts could be tried against.
 *
 * Kept bytes: flags(1) | name of the route, NUL | usage id(16) | latency ms(4, big endian) | of a request that carried
 * several asks: first(4) before(8) weight(8) all(8), big endian | llm_raw_pack. What follows the first byte is sealed
 * (and packed) under the user's key when the ask held personal text. */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/caller_int.h"

#define PACK_MAX_BYTES   (CALLER_REPLY_MAX_BYTES + 65536)
#define PACK_SEALED      1 /* flags */
#define PACK_SHARED      2
#define PACK_SHARE_BYTES (4 + 3 * 8)

static void add(struct buf *b, struct str s)
{
    uint32_t n = (uint32_t)s.n;
    buf_add(b, &n, sizeof(n));
    buf_add(b, s.p ? s.p : "", s.n);
}

static void add_number(struct buf *b, int64_t v)
{
    buf_add(b, &v, sizeof(v));
}

static void add_parts(struct buf *b, const struct llm_part *parts, size_t n)
{
    add_number(b, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        add(b, parts[i].text);
}

void call_hash(const struct caller *c, struct model_call *call)
{
    const struct model_ask *ask = call->ask;
    const struct llm_request *r = &ask->chat;
    struct buf b;
    buf_init(&b, LLM_REQUEST_MAX_BYTES);
    for (int i = 0; i < c->o.routes->n; i++)
        add(&b, str_of(c->o.routes->route[i].name));
    add_number(&b, ask->kind);
    if (call->key) /* one owner's key does not open what was kept for another */
        add(&b, (struct str){.p = (const char *)call->owner_id.b, .n = UUID_BYTES});
    add(&b, ask->prompt_version);
    if (ask->kind == LLM_CALL_CHAT) {
        add_parts(&b, r->system, r->system_count);
        add_parts(&b, r->user, r->user_count);
        add(&b, r->previous);
        add(&b, r->complaint);
        add(&b, r->schema);
        add_number(&b, r->max_output_tokens);
        add_number(&b, (int64_t)(r->temperature * 1000));
        add_number(&b, r->seed);
    } else {
        add_number(&b, ask->embed.dimensions);
        for (size_t i = 0; i < ask->embed.inputs_count; i++)
            add(&b, ask->embed.inputs[i]);
    }
    call->ask_key.tenant_id = call->tenant_id;
    seal_blind_index(c->o.master, "model ask", (struct str){.p = buf_str(&b), .n = b.len}, call->ask_key.hash);
    buf_fini(&b);
}

_Static_assert(ASKS_HASH_BYTES == SEAL_HASH_BYTES, "an ask's key is a blind index");

static struct seal_place place_of(const struct model_call *call)
{
    return (struct seal_place){.tenant_id = &call->tenant_id, .row_id = &call->owner_id, .column = "model_reply"};
}

static void add_big(struct buf *b, uint64_t v, int bytes)
{
    while (bytes-- > 0)
        buf_addc(b, (char)(v >> (bytes * 8)));
}

static uint64_t read_big(const char *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

int call_pack(struct model_call *call)
{
    struct buf *plain = &call->plain;
    buf_init(plain, PACK_MAX_BYTES);
    buf_add(plain, call->used->name, strlen(call->used->name) + 1);
    buf_add(plain, call->usage_id.b, UUID_BYTES);
    add_big(plain, (uint64_t)call->latency_ms, 4);
    if (call->share.there) {
        add_big(plain, call->share.first, 4);
        add_big(plain, (uint64_t)call->share.before, 8);
        add_big(plain, (uint64_t)call->share.weight, 8);
        add_big(plain, (uint64_t)call->share.all, 8);
    }
    llm_raw_pack(&call->raw, plain);
    if (buf_failed(plain))
        return err_set(&call->err, ERR_TOO_LARGE, "the model's answer is too large to keep");
    buf_init(&call->packed, PACK_MAX_BYTES * 2);
    int flags = call->share.there ? PACK_SHARED : 0;
    if (!call->key) {
        buf_addc(&call->packed, (char)flags);
        buf_add(&call->packed, plain->data, plain->len);
        return 0;
    }
    struct arena a;
    struct str sealed;
    arena_init(&a, PACK_MAX_BYTES * 4);
    int rc = seal_close_packed(&a, NULL, call->key, (struct str){.p = buf_str(plain), .n = plain->len}, place_of(call),
                               &sealed, &call->err);
    if (rc == 0) {
        buf_addc(&call->packed, (char)(flags | PACK_SEALED));
        buf_add(&call->packed, sealed.p, sealed.n);
    }
    arena_fini(&a);
    return rc;
}

static int share_read(struct call_share *s, const char *p, struct err *err)
{
    *s = (struct call_share){.there = true,
                             .first = (uint32_t)read_big(p, 4),
                             .before = (int64_t)read_big(p + 4, 8),
                             .weight = (int64_t)read_big(p + 12, 8),
                             .all = (int64_t)read_big(p + 20, 8)};
    if (s->before < 0 || s->weight <= 0 || s->all <= 0 || s->before > s->all - s->weight || s->all > INT32_MAX)
        return err_set(err, ERR_CORRUPT, "a kept reply's part is none of a whole");
    return 0;
}

static int plain_read(const struct caller *c, struct model_call *call, struct str plain, int flags, struct err *err)
{
    size_t extra = flags & PACK_SHARED ? PACK_SHARE_BYTES : 0;
    size_t name = strnlen(plain.p, plain.n);
    if (plain.n < name + 1 + UUID_BYTES + 4 + extra)
        return err_set(err, ERR_CORRUPT, "a kept reply is cut short");
    call->used = NULL;
    for (int i = 0; i < c->o.routes->n; i++)
        if (strcmp(c->o.routes->route[i].name, plain.p) == 0)
            call->used = &c->o.routes->route[i];
    if (!call->used) /* cannot be: the names are in the key */
        return err_set(err, ERR_CORRUPT, "a kept reply is of a route that is none of the stage's");
    const char *p = plain.p + name + 1;
    memcpy(call->usage_id.b, p, UUID_BYTES);
    call->latency_ms = (int)read_big(p + UUID_BYTES, 4);
    call->share = (struct call_share){.there = false};
    if (extra && share_read(&call->share, p + UUID_BYTES + 4, err) < 0)
        return -(int)err->code;
    return llm_raw_unpack(str_sub(plain, name + 1 + UUID_BYTES + 4 + extra, plain.n), &call->raw, err);
}

int call_unpack_own(const struct caller *c, struct model_call *call, struct err *err)
{
    int flags = call->share.there ? PACK_SHARED : 0;
    return plain_read(c, call, (struct str){.p = buf_str(&call->plain), .n = call->plain.len}, flags, err);
}

/* Everything it points to is in the call's arena then. */
int call_unpack(const struct caller *c, struct model_call *call, struct str bytes, struct err *err)
{
    char *copy = bytes.n > 1 ? arena_strndup(call->arena, bytes.p + 1, bytes.n - 1) : NULL;
    struct str plain = {.p = copy, .n = bytes.n - 1};
    if (!copy)
        return err_set(err, ERR_CORRUPT, "a kept reply is empty");
    int flags = (unsigned char)bytes.p[0];
    if (flags & PACK_SEALED) {
        if (!call->key)
            return err_set(err, ERR_SEAL, "a kept reply is sealed and this ask has no key");
        int rc = seal_open(call->arena, call->key, plain, place_of(call), &plain, err);
        if (rc < 0)
            return rc;
    }
    return plain_read(c, call, plain, flags, err);
}
