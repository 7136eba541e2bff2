/* Bodies: cutting an upload into items and reading each. No input may crash it; whatever the pieces, the items are the
 * same; what is accepted is stored as valid JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/seal.h"
#include "gateway/split.h"
#include "gateway/submission.h"

#define ITEM_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

struct walk {
    struct arena arena;
    uint8_t digest[SEAL_HASH_BYTES];
    struct seal_hasher *hasher;
    int64_t last_at;
    bool read;
};

static void item(void *ud, struct str text, int64_t at, bool overlong)
{
    struct walk *w = ud;
    struct submission s;
    struct faults f;
    must(at > w->last_at);
    w->last_at = at;
    must(overlong ? text.n == 0 : text.n > 0 && text.n <= ITEM_MAX);
    seal_hasher_add(w->hasher, &at, sizeof(at));
    seal_hasher_add(w->hasher, text.p, text.n);
    if (!w->read || overlong)
        return;
    faults_init(&f);
    int rc = submission_parse(&w->arena, text, &s, &f);
    must(rc == 0 ? f.n == 0 : f.n > 0);
    if (rc == 0) {
        yyjson_val *root;
        uint8_t identity[16];
        must(json_parse(&w->arena, s.options, &root, NULL, NULL) == 0);
        submission_identity(&s, identity);
    }
    struct submission_user u;
    faults_init(&f);
    if (submission_user_parse(&w->arena, text, &u, &f) == 0) {
        yyjson_val *root;
        must(json_parse(&w->arena, u.sealed_json, &root, NULL, NULL) == 0);
    }
    arena_reset(&w->arena);
}

static int walk(enum split_mode mode, struct str body, size_t piece, bool read, uint8_t digest[SEAL_HASH_BYTES])
{
    struct walk w = {.hasher = seal_hasher_new(), .last_at = -1, .read = read};
    struct split s;
    int rc = 0;
    arena_init(&w.arena, (size_t)8 << 20);
    split_init(&s, mode, ITEM_MAX);
    for (size_t at = 0; at < body.n && rc == 0; at += piece)
        rc = split_feed(&s, str_sub(body, at, MIN(at + piece, body.n)), item, &w, NULL);
    if (rc == 0)
        rc = split_end(&s, item, &w, NULL);
    split_fini(&s);
    arena_fini(&w.arena);
    seal_hasher_end(w.hasher, digest);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        must(seal_setup(NULL) == 0);
    ready = true;
    struct str body = {.p = (const char *)data, .n = size};
    for (enum split_mode mode = SPLIT_LINES; mode <= SPLIT_ARRAY; mode++) {
        uint8_t whole[SEAL_HASH_BYTES], pieces[SEAL_HASH_BYTES];
        int a = walk(mode, body, size ? size : 1, true, whole);
        int b = walk(mode, body, 3, false, pieces);
        must(a == b && memcmp(whole, pieces, sizeof(whole)) == 0);
    }
    return 0;
}
