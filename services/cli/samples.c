#include "cli/samples.h"

#include <stdio.h>
#include <string.h>
#include "base/hex.h"
#include "base/uuid.h"
#include "core/seal.h"

#define SAMPLES_MANIFEST         "applications.json"
#define SAMPLES_USERS            "users.json"
#define SAMPLES_MAX              100000
#define SAMPLES_PEOPLE_MAX       256
#define SAMPLES_FILE_MAX_BYTES   ((size_t)4 * 1024 * 1024)
#define SAMPLES_NDJSON_MAX_BYTES ((size_t)1024 * 1024 * 1024)
#define SAMPLES_ARENA_MAX_BYTES  ((size_t)512 * 1024 * 1024)
#define SAMPLES_LIST_PAGES       50
#define SAMPLES_EMAIL_MAX_BYTES  254
#define SAMPLES_KEY_BYTES        33

struct samples_person {
    char path[200];
    char user_id[UUID_TEXT_BYTES];
};

struct samples_work {
    struct api *api;
    const char *dir;
    const char *priority; /* NULL: as the manifest says */
    struct arena arena;
    struct samples_person people[SAMPLES_PEOPLE_MAX];
    int people_count;
    yyjson_val *known;     /* users.json: {"<hash of the e-mail>": "<id>"} */
    struct buf remembered; /* the same object to be written, open */
    struct samples *out;
};

static int samples_read(struct samples_work *w, const char *name, struct str *ret, struct err *err)
{
    char path[FILES_PATH_BYTES];
    struct buf b;
    int rc = files_join(path, w->dir, name, err);
    buf_init(&b, SAMPLES_FILE_MAX_BYTES);
    if (rc == 0)
        rc = files_read(path, &b, err);
    char *copy = rc == 0 ? arena_strndup(&w->arena, buf_str(&b), b.len) : NULL;
    if (rc == 0 && !copy)
        rc = err_set(err, ERR_MEMORY, "the files of %.100s need too much memory", w->dir);
    *ret = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    return rc;
}

/* Users */

static void samples_known_load(struct samples_work *w)
{
    char path[FILES_PATH_BYTES];
    struct buf b;
    buf_init(&b, SAMPLES_FILE_MAX_BYTES);
    if (cli_path(w->api->cli, SAMPLES_USERS, path, NULL) == 0 && files_read(path, &b, NULL) == 0 &&
        json_parse(&w->arena, (struct str){.p = buf_str(&b), .n = b.len}, &w->known, NULL, NULL) < 0)
        w->known = NULL;
    buf_fini(&b);
}

/* No address lies in the file in clear. */
static const char *samples_email_key(struct str email, char out[SAMPLES_KEY_BYTES])
{
    char lower[SAMPLES_EMAIL_MAX_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    size_t n = MIN(email.n, sizeof(lower));
    for (size_t i = 0; i < n; i++)
        lower[i] = str_lower_char(email.p[i]);
    seal_hash((struct str){.p = lower, .n = n}, hash);
    return hex_encode(hash, (SAMPLES_KEY_BYTES - 1) / 2, out);
}

static void samples_remember(struct samples_work *w, const char *key, const char *user_id)
{
    buf_addf(&w->remembered, "%s\"%s\":\"%s\"", w->remembered.len > 1 ? ",\n" : "", key, user_id);
}

static void samples_known_save(struct samples_work *w)
{
    char path[FILES_PATH_BYTES];
    size_t i, max;
    yyjson_val *k, *v;
    yyjson_obj_foreach(w->known, i, max, k, v)
    {
        struct str key = json_str(k), id = json_str(v);
        if (id.n == UUID_TEXT_BYTES - 1 && key.n == SAMPLES_KEY_BYTES - 1 && !strstr(buf_str(&w->remembered), key.p))
            samples_remember(w, key.p, id.p);
    }
    buf_adds(&w->remembered, "}\n");
    if (!buf_failed(&w->remembered) && cli_path(w->api->cli, SAMPLES_USERS, path, NULL) == 0)
        (void)files_write(path, buf_str(&w->remembered), w->remembered.len, 0600,
                          NULL); /* a cache: without it the list is searched */
}

/* Looks for the e-mail in the tenant's list of users. */
static int samples_user_search(struct samples_work *w, struct str email, char user_id[UUID_TEXT_BYTES], struct err *err)
{
    char token[256] = "";
    for (int page = 0; page < SAMPLES_LIST_PAGES; page++) {
        struct api_reply r;
        int rc = api_get(w->api, &r, err, "/api/v1/users?page_size=100%s%s", *token ? "&page_token=" : "", token);
        yyjson_val *items = rc == 0 ? json_get_arr(r.json, "items") : NULL;
        bool found = false;
        for (size_t i = 0; i < yyjson_arr_size(items) && !found; i++) {
            yyjson_val *u = yyjson_arr_get(items, i);
            struct str id = json_get_str(u, "id");
            found = str_ieq(json_get_str(u, "email"), email) && id.n == UUID_TEXT_BYTES - 1;
            if (found)
                memcpy(user_id, id.p, UUID_TEXT_BYTES);
        }
        struct str next = rc == 0 ? json_get_str(r.json, "next_page_token") : STR("");
        snprintf(token, sizeof(token), STR_FMT, (int)MIN(next.n, sizeof(token) - 1), next.p ? next.p : "");
        api_reply_fini(&r);
        if (rc < 0 || found)
            return rc;
        if (!*token)
            break;
    }
    return err_set(err, ERR_NOT_FOUND, "the gateway knows the e-mail address of a résumé but not its user");
}

static bool samples_user_known(struct samples_work *w, struct str email, char user_id[UUID_TEXT_BYTES])
{
    char key[SAMPLES_KEY_BYTES];
    struct str id = email.n ? json_get_str(w->known, samples_email_key(email, key)) : STR("");
    struct api_reply r;
    if (id.n != UUID_TEXT_BYTES - 1)
        return false;
    bool there = api_get(w->api, &r, NULL, "/api/v1/users/%s", id.p) == 0;
    api_reply_fini(&r);
    if (there)
        memcpy(user_id, id.p, UUID_TEXT_BYTES);
    return there;
}

static int samples_user_make(struct samples_work *w, struct str name, struct str email, char user_id[UUID_TEXT_BYTES],
                             struct err *err)
{
    char key[API_IDEMPOTENCY_BYTES];
    struct buf body;
    struct api_reply r;
    buf_init(&body, 64 * 1024);
    buf_adds(&body, "{\"name\":");
    buf_add_json(&body, name.p ? name.p : "", name.n);
    if (email.n) {
        buf_adds(&body, ",\"email\":");
        buf_add_json(&body, email.p, email.n);
    }
    buf_addc(&body, '}');
    struct api_request q = {.method = "POST",
                            .path = "/api/v1/users",
                            .body = {.p = buf_str(&body), .n = body.len},
                            .idempotency_key = api_key_make(key)};
    int rc = api_call(w->api, &q, &r, err);
    struct str id = rc == 0 ? json_get_str(r.json, "id") : STR("");
    bool duplicate = r.status == 409 && email.n;
    if (rc == 0 && id.n != UUID_TEXT_BYTES - 1)
        rc = err_set(err, ERR_CORRUPT, "the gateway made a user without an id");
    if (rc == 0)
        memcpy(user_id, id.p, UUID_TEXT_BYTES);
    api_reply_fini(&r);
    buf_fini(&body);
    return duplicate ? samples_user_search(w, email, user_id, err) : rc;
}

static int samples_profile_put(struct samples_work *w, const char *user_id, struct str resume, struct err *err)
{
    char path[160];
    struct api_reply r;
    snprintf(path, sizeof(path), "/api/v1/users/%s/profile", user_id);
    int rc = api_call(w->api, &(struct api_request){.method = "PUT", .path = path, .body = resume}, &r, err);
    api_reply_fini(&r);
    return rc;
}

/* The id of the user of a résumé: made, with the profile, at its first use. */
static int samples_person(struct samples_work *w, const char *path, const char **ret, struct err *err)
{
    for (int i = 0; i < w->people_count; i++)
        if (strcmp(w->people[i].path, path) == 0) {
            *ret = w->people[i].user_id;
            return 0;
        }
    if (w->people_count == SAMPLES_PEOPLE_MAX)
        return err_set(err, ERR_LIMIT, "more than %d résumés in one folder", SAMPLES_PEOPLE_MAX);
    struct samples_person *p = &w->people[w->people_count];
    struct str resume;
    yyjson_val *root;
    int rc = samples_read(w, path, &resume, err);
    if (rc == 0)
        rc = json_parse(&w->arena, resume, &root, NULL, err);
    if (rc < 0)
        return rc;
    yyjson_val *basics = json_get_obj(root, "basics");
    struct str email = json_get_str(basics, "email");
    if (!samples_user_known(w, email, p->user_id))
        rc = samples_user_make(w, json_get_str(basics, "name"), email, p->user_id, err);
    if (rc == 0)
        rc = samples_profile_put(w, p->user_id, resume, err);
    if (rc < 0) {
        err_prefix(err, "%.80s", path);
        return rc;
    }
    snprintf(p->path, sizeof(p->path), "%s", path);
    char key[SAMPLES_KEY_BYTES];
    if (email.n)
        samples_remember(w, samples_email_key(email, key), p->user_id);
    w->people_count++;
    *ret = p->user_id;
    return 0;
}

/* Lines */

static const char *samples_kind(const char *path)
{
    static const char *const kinds[][2] = {{".html", "html"},      {".htm", "html"}, {".json", "json_ld"},
                                           {".jsonld", "json_ld"}, {".txt", "text"}, {".md", "text"},
                                           {".markdown", "text"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_iends(str_of(path), kinds[i][0]))
            return kinds[i][1];
    return "text";
}

static void samples_options(struct samples_work *w, yyjson_val *options, struct buf *out)
{
    size_t n = 0;
    bool first = true;
    size_t i, max;
    yyjson_val *k, *v;
    buf_adds(out, ",\"options\":{");
    yyjson_obj_foreach(options, i, max, k, v)
    {
        struct str key = json_str(k);
        char *text = w->priority && str_eqc(key, "priority") ? NULL : json_write(&w->arena, v, &n);
        if (!text)
            continue;
        buf_adds(out, first ? "" : ",");
        buf_add_json(out, key.p, key.n);
        buf_addc(out, ':');
        buf_add(out, text, n);
        first = false;
    }
    buf_addc(out, '}');
}

static int samples_line(struct samples_work *w, yyjson_val *item, struct samples_row *row, struct err *err)
{
    struct str resume = json_get_str(item, "resume"), posting = json_get_str(item, "posting"),
               ref = json_get_str(item, "client_ref"), text;
    const char *user_id = "";
    struct buf *out = &w->out->ndjson;
    if (resume.n == 0 || posting.n == 0 || resume.n >= sizeof(w->people[0].path) || posting.n >= sizeof(row->posting))
        return err_set(err, ERR_INVALID, "every entry of %s needs a resume and a posting, each the path of a file",
                       SAMPLES_MANIFEST);
    snprintf(row->posting, sizeof(row->posting), "%s", posting.p);
    snprintf(row->client_ref, sizeof(row->client_ref), STR_FMT, (int)MIN(ref.n, sizeof(row->client_ref) - 1),
             ref.p ? ref.p : "");
    int rc = samples_person(w, resume.p, &user_id, err);
    if (rc == 0)
        rc = samples_read(w, row->posting, &text, err);
    if (rc < 0)
        return rc;
    buf_addf(out, "{\"user_id\":\"%s\",\"job\":{\"%s\":", user_id, samples_kind(row->posting));
    buf_add_json(out, text.p, text.n);
    buf_addc(out, '}');
    if (ref.n) {
        buf_adds(out, ",\"client_ref\":");
        buf_add_json(out, ref.p, ref.n);
    }
    samples_options(w, json_get_obj(item, "options"), out);
    buf_adds(out, "}\n");
    return buf_failed(out) ? err_set(err, ERR_LIMIT, "the applications of %.100s are larger than %zu bytes", w->dir,
                                     SAMPLES_NDJSON_MAX_BYTES)
                           : 0;
}

static int samples_lines(struct samples_work *w, struct err *err)
{
    struct str text;
    yyjson_val *root;
    int rc = samples_read(w, SAMPLES_MANIFEST, &text, err);
    if (rc == 0)
        rc = json_parse(&w->arena, text, &root, NULL, err);
    if (rc == 0 && (!yyjson_is_arr(root) || yyjson_arr_size(root) == 0 || yyjson_arr_size(root) > SAMPLES_MAX))
        rc = err_set(err, ERR_INVALID, "%s must be an array of 1 to %d applications", SAMPLES_MANIFEST, SAMPLES_MAX);
    if (rc < 0)
        return rc;
    w->out->rows = calloc(yyjson_arr_size(root), sizeof(*w->out->rows));
    if (!w->out->rows)
        return err_set(err, ERR_MEMORY, "no memory left");
    for (size_t i = 0; i < yyjson_arr_size(root) && rc == 0; i++) {
        rc = samples_line(w, yyjson_arr_get(root, i), &w->out->rows[i], err);
        w->out->n++;
    }
    return rc;
}

int samples_build(struct api *a, const char *dir, const char *priority, struct samples *ret, struct err *err)
{
    *ret = (struct samples){.n = 0};
    buf_init(&ret->ndjson, SAMPLES_NDJSON_MAX_BYTES);
    struct samples_work *w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(err, ERR_MEMORY, "no memory left");
    w->api = a;
    w->dir = dir;
    w->priority = priority;
    w->out = ret;
    arena_init(&w->arena, SAMPLES_ARENA_MAX_BYTES);
    buf_init(&w->remembered, SAMPLES_FILE_MAX_BYTES);
    buf_addc(&w->remembered, '{');
    samples_known_load(w);
    int rc = samples_lines(w, err);
    if (w->people_count)
        samples_known_save(w);
    buf_fini(&w->remembered);
    arena_fini(&w->arena);
    free(w);
    return rc;
}

void samples_fini(struct samples *s)
{
    buf_fini(&s->ndjson);
    free(s->rows);
    s->rows = NULL;
}
