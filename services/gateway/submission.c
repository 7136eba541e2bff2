/* Tables of fields and choices; what is stored is canonical, so that equal requests are equal bytes. */
#include "gateway/submission.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"
#include "core/seal.h"
#include "gateway/jsonw.h"
#include "pipeline/engine/posting.h"

#define SUBMISSION_USER_BYTES ((size_t)16 * 1024)
#define COST_BASE_TOKENS      4000 /* profile, instructions and replies of the three stages */

static const char *const submission_fields[] = {"user_id", "job_id", "job", "client_ref", "options", NULL};
static const char *const job_fields[] = {"text", "html", "json_ld", "url", "title", "company", NULL};
static const char *const user_fields[] = {"name", "email", "phone", "location", NULL};
static const char *const option_fields[] = {"tone", "length", "language", "strategy", "priority", NULL};
static const char *const tones[] = {"formal", "direct", "conversational", "mirror", NULL};
static const char *const lengths[] = {"short", "standard", "long", NULL};
static const char *const strategies[] = {"none", "nudge", "keywords", "full", NULL};
static const char *const priorities[] = {"interactive", "bulk", NULL};

static const struct job_source {
    const char *key;
    enum posting_format format;
} job_sources[] = {{"text", POSTING_TEXT}, {"html", POSTING_HTML}, {"json_ld", POSTING_JSON_LD}};

static int faults_code(const struct faults *f)
{
    return f->n ? -(int)f->items[0].code : 0;
}

static int submission_root(struct arena *a, struct str json, yyjson_val **ret, struct faults *f)
{
    struct err err;
    if (json_parse(a, json, ret, NULL, &err) < 0) {
        faults_add(f, err.code, "", NULL, "%s", err.msg);
        return -(int)err.code;
    }
    if (!yyjson_is_obj(*ret)) {
        faults_add(f, ERR_INVALID, "", NULL, "must be a JSON object");
        return -(int)ERR_INVALID;
    }
    return 0;
}

void submission_job_hash(struct job_input *job)
{
    struct seal_hasher *h = seal_hasher_new();
    const struct str parts[] = {job->title, job->company, job->body};
    uint8_t format = (uint8_t)job->format;
    seal_hasher_add(h, &format, 1);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        uint64_t n = parts[i].n;
        seal_hasher_add(h, &n, sizeof(n));
        seal_hasher_add(h, parts[i].n ? parts[i].p : "", parts[i].n);
    }
    seal_hasher_end(h, job->content_hash);
}

/* json_ld may be an object or its text. */
static struct str job_body(struct arena *a, yyjson_val *v, const struct job_source *source, const char *base,
                           struct faults *f)
{
    struct str body = json_str(v);
    if (source->format == POSTING_JSON_LD && (yyjson_is_obj(v) || yyjson_is_arr(v))) {
        size_t n = 0;
        char *text = json_write(a, v, &n);
        if (!text)
            faults_add(f, ERR_MEMORY, base, source->key, "needs more memory than its limit");
        body = (struct str){.p = text ? text : "", .n = text ? n : 0};
    } else if (!yyjson_is_str(v)) {
        faults_add(f, ERR_INVALID, base, source->key,
                   source->format == POSTING_JSON_LD ? "must be an object or a string" : "must be a string");
        return body;
    }
    if (str_trim(body).n == 0)
        faults_add(f, ERR_INVALID, base, source->key, "must not be empty");
    else if (body.n > POSTING_SOURCE_MAX_BYTES)
        faults_add(f, ERR_TOO_LARGE, base, source->key, "must have at most %zu bytes", POSTING_SOURCE_MAX_BYTES);
    return body;
}

int submission_job(struct arena *a, yyjson_val *obj, const char *base, struct job_input *ret, struct faults *f)
{
    size_t before = f->n;
    *ret = (struct job_input){0};
    if (!yyjson_is_obj(obj)) {
        faults_add(f, ERR_INVALID, base, NULL, "must be an object with one of text, html or json_ld");
        return -(int)ERR_INVALID;
    }
    faults_unknown(f, obj, base, job_fields);
    int given = 0;
    for (size_t i = 0; i < ARRAY_LEN(job_sources); i++) {
        yyjson_val *v = yyjson_obj_get(obj, job_sources[i].key);
        if (!v || yyjson_is_null(v))
            continue;
        given++;
        ret->format = job_sources[i].format;
        ret->body = job_body(a, v, &job_sources[i], base, f);
    }
    yyjson_val *url = yyjson_obj_get(obj, "url");
    if (url && !yyjson_is_null(url))
        faults_add(f, ERR_INVALID, base, "url",
                   "fetching a posting by its address is not offered; send its content as text, html or json_ld");
    else if (given == 0)
        faults_add(f, ERR_INVALID, base, NULL, "one of text, html or json_ld is needed");
    if (given > 1)
        faults_add(f, ERR_INVALID, base, NULL, "only one of text, html and json_ld may be given");
    ret->title = str_trim(faults_text(f, obj, base, "title", SUBMISSION_TITLE_CHARS, false));
    ret->company = str_trim(faults_text(f, obj, base, "company", SUBMISSION_TITLE_CHARS, false));
    if (f->n > before)
        return -(int)f->items[before].code;
    submission_job_hash(ret);
    return 0;
}

int submission_job_parse(struct arena *a, struct str json, struct job_input *ret, struct faults *f)
{
    yyjson_val *root = NULL;
    int rc = submission_root(a, json, &root, f);
    return rc < 0 ? rc : submission_job(a, root, "", ret, f);
}

static bool language_valid(struct str s)
{
    if (s.n != 2 && !(s.n >= 5 && s.n <= 11 && s.p[2] == '-'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (i != 2 && !str_is_alnum(s.p[i]))
            return false;
    return str_is_alpha(s.p[0]) && str_is_alpha(s.p[1]);
}

static void submission_options(struct arena *a, yyjson_val *root, struct submission *ret, struct faults *f)
{
    ret->options = STR("{}");
    yyjson_val *obj = yyjson_obj_get(root, "options");
    if (!obj || yyjson_is_null(obj))
        return;
    if (!yyjson_is_obj(obj)) {
        faults_add(f, ERR_INVALID, "/options", NULL, "must be an object");
        return;
    }
    faults_unknown(f, obj, "/options", option_fields);
    int tone = faults_choice(f, obj, "/options", "tone", tones);
    int length = faults_choice(f, obj, "/options", "length", lengths);
    int strategy = faults_choice(f, obj, "/options", "strategy", strategies);
    ret->priority = faults_choice(f, obj, "/options", "priority", priorities);
    struct str language = faults_text(f, obj, "/options", "language", 16, false);
    if (language.n && !language_valid(language)) {
        faults_add(f, ERR_INVALID, "/options", "language", "must be a language code such as en or de-AT");
        return;
    }
    char text[256] = "{";
    const struct {
        const char *key, *value;
    } given[] = {{"tone", tone >= 0 ? tones[tone] : NULL},
                 {"length", length >= 0 ? lengths[length] : NULL},
                 {"language", language.n ? language.p : NULL},
                 {"strategy", strategy >= 0 ? strategies[strategy] : NULL}};
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        size_t n = strlen(text);
        if (given[i].value)
            snprintf(text + n, sizeof(text) - n, "%s\"%s\":\"%s\"", n > 1 ? "," : "", given[i].key, given[i].value);
    }
    char *kept = arena_printf(a, "%s}", text);
    if (!kept)
        faults_add(f, ERR_MEMORY, "/options", NULL, "needs more memory than its limit");
    else
        ret->options = str_of(kept);
}

static void submission_uuid(yyjson_val *root, const char *key, struct uuid *ret, struct faults *f)
{
    yyjson_val *v = yyjson_obj_get(root, key);
    if (!yyjson_is_str(v) || !uuid_parse(json_str(v), ret) || uuid_is_nil(ret))
        faults_add(f, ERR_INVALID, "", key, v ? "must be an id" : "is needed");
}

int submission_parse(struct arena *a, struct str json, struct submission *ret, struct faults *f)
{
    *ret = (struct submission){.priority = -1, .options = STR("{}"), .client_ref = STR("")};
    yyjson_val *root = NULL;
    int rc = submission_root(a, json, &root, f);
    if (rc < 0)
        return rc;
    ret->client_ref = faults_text(f, root, "", "client_ref", SUBMISSION_REF_CHARS, false);
    faults_unknown(f, root, "", submission_fields);
    submission_uuid(root, "user_id", &ret->user_id, f);
    yyjson_val *job = yyjson_obj_get(root, "job");
    yyjson_val *job_id = yyjson_obj_get(root, "job_id");
    if (job && job_id)
        faults_add(f, ERR_INVALID, "", "job", "either job_id or job may be given, not both");
    else if (job)
        submission_job(a, job, "/job", &ret->job, f);
    else if (job_id)
        submission_uuid(root, "job_id", &ret->job_id, f);
    else
        faults_add(f, ERR_INVALID, "", "job_id", "job_id or job is needed");
    ret->has_job = job != NULL;
    submission_options(a, root, ret, f);
    ret->cost = COST_BASE_TOKENS + (int)(ret->job.body.n / 4) * 2;
    return faults_code(f);
}

void submission_identity(const struct submission *s, uint8_t out[16])
{
    uint8_t hash[SEAL_HASH_BYTES];
    struct seal_hasher *h = seal_hasher_new();
    if (s->client_ref.n) {
        seal_hasher_add(h, "r", 1);
        seal_hasher_add(h, s->client_ref.p, s->client_ref.n);
    } else {
        seal_hasher_add(h, s->has_job ? "j" : "i", 1);
        seal_hasher_add(h, s->user_id.b, UUID_BYTES);
        seal_hasher_add(h, s->has_job ? (const void *)s->job.content_hash : (const void *)s->job_id.b,
                        s->has_job ? SEAL_HASH_BYTES : UUID_BYTES);
        seal_hasher_add(h, s->options.p, s->options.n);
    }
    seal_hasher_end(h, hash);
    memcpy(out, hash, 16);
}

static struct str email_key(struct arena *a, struct str email, struct faults *f)
{
    struct str t = str_trim(email);
    if (t.n == 0)
        return (struct str){.p = "", .n = 0};
    const char *at = memchr(t.p, '@', t.n);
    size_t local = at ? (size_t)(at - t.p) : 0;
    if (!at || local == 0 || local + 1 == t.n || memchr(at + 1, '@', t.n - local - 1) || memchr(t.p, ' ', t.n)) {
        faults_add(f, ERR_INVALID, "", "email", "must be an e-mail address");
        return (struct str){.p = "", .n = 0};
    }
    char *lower = arena_strndup(a, t.p, t.n);
    if (!lower) {
        faults_add(f, ERR_MEMORY, "", "email", "needs more memory than its limit");
        return (struct str){.p = "", .n = 0};
    }
    for (size_t i = 0; i < t.n; i++)
        lower[i] = str_lower_char(lower[i]);
    return (struct str){.p = lower, .n = t.n};
}

int submission_user_parse(struct arena *a, struct str json, struct submission_user *ret, struct faults *f)
{
    *ret = (struct submission_user){0};
    yyjson_val *root = NULL;
    int rc = submission_root(a, json, &root, f);
    if (rc < 0)
        return rc;
    faults_unknown(f, root, "", user_fields);
    struct str fields[ARRAY_LEN(user_fields) - 1];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        fields[i] = str_trim(
            faults_text(f, root, "", user_fields[i], i == 1 ? SUBMISSION_EMAIL_CHARS : SUBMISSION_NAME_CHARS, false));
    ret->name = fields[0];
    ret->email = fields[1];
    ret->email_key = email_key(a, ret->email, f);
    struct buf b;
    buf_init(&b, SUBMISSION_USER_BYTES);
    jsonw_open(&b, NULL, '{');
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].n)
            jsonw_str(&b, user_fields[i], fields[i]);
    buf_addc(&b, '}');
    char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
    if (!text)
        faults_add(f, ERR_MEMORY, "", NULL, "needs more memory than its limit");
    else
        ret->sealed_json = (struct str){.p = text, .n = b.len};
    buf_fini(&b);
    return faults_code(f);
}
