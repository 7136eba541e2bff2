/* Finding the answer in a text.
 *
 * 1. The text is made valid UTF-8; what was thought aloud (<think> ... </think>) is left out.
 * 2. Every { or [ that is not inside of a value found before begins a candidate, which json_mend reads. A candidate
 * that ends with the text is cut, and nothing inside of it is looked at: a whole part of a cut answer is not an answer.
 * 3. Each candidate is tried against the schema as it is, out of a list of one, out of a wrapper, out of a text, and
 * with allowed words in another case.
 * 4. All that fit must be the same. */
#include "io/llm/json_reply.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"
#include "io/llm/json_mend.h"

#define CANDIDATES_MAX 12
#define UNWRAP_MAX     3

struct candidate {
    yyjson_val *root;
    unsigned repairs;
};

struct reading {
    struct arena *arena;
    const struct schema *schema;
    struct json_reply *ret;
    struct buf out;
    struct candidate found[CANDIDATES_MAX];
    size_t found_count;
    unsigned repairs; /* of the text around */
    bool cut, broken, over;
};

const char *json_reply_verdict_name(enum json_reply_verdict v)
{
    static const char *const names[] = {"ok", "empty", "truncated", "broken", "wrong", "ambiguous", "too_large"};
    return names[v];
}

void json_reply_repairs_write(unsigned repairs, struct buf *out)
{
    static const char *const names[] = {"fence",     "thinking", "prose",    "comma",       "quotes",
                                        "keys",      "comments", "literals", "controls",    "escapes",
                                        "numbers",   "utf8",     "list",     "wrapper",     "string",
                                        "duplicate", "chosen",   "case",     "inner quotes"};
    const char *between = "";
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!(repairs & 1u << i))
            continue;
        buf_addf(out, "%s%s", between, names[i]);
        between = ", ";
    }
}

/* 1. The text */

static bool clean_utf8(struct reading *r, struct str *text)
{
    if (str_starts(*text, "\xef\xbb\xbf"))
        *text = str_sub(*text, 3, text->n);
    size_t good = utf8_valid_prefix(*text);
    if (good == text->n)
        return true;
    struct buf out;
    struct str rest = *text;
    buf_init(&out, 3 * JSON_REPLY_MAX_BYTES);
    while (rest.n) {
        good = utf8_valid_prefix(rest);
        buf_add(&out, rest.p, good);
        rest = str_sub(rest, good, rest.n);
        if (!rest.n)
            break;
        buf_adds(&out, "\xef\xbf\xbd");
        rest = str_sub(rest, 1, rest.n);
    }
    char *p = buf_failed(&out) ? NULL : arena_strndup(r->arena, buf_str(&out), out.len);
    *text = (struct str){.p = p, .n = p ? out.len : 0};
    buf_fini(&out);
    r->repairs |= JSON_REPAIR_UTF8;
    return p != NULL;
}

static const char *const think_tags[] = {"think", "thinking", "thought", "reasoning", "reflection"};

/* Length of <tag> or </tag> at text.p[at], 0 when there is none. */
static size_t tag_at(struct str text, size_t at, bool closing)
{
    struct str rest = str_sub(text, at, text.n);
    for (size_t i = 0; i < ARRAY_LEN(think_tags); i++) {
        size_t n = strlen(think_tags[i]), lead = closing ? 2 : 1;
        if (rest.n > n + lead && rest.p[0] == '<' && (!closing || rest.p[1] == '/') &&
            str_ieqc(str_sub(rest, lead, lead + n), think_tags[i]) && rest.p[lead + n] == '>')
            return lead + n + 1;
    }
    return 0;
}

/* Where the answer begins behind what was thought. A thought that never ends hides everything. */
static size_t behind_thinking(struct reading *r, struct str text)
{
    size_t begin = 0;
    bool open = false;
    for (size_t i = 0; i < text.n; i++) {
        size_t n = text.p[i] == '<' ? tag_at(text, i, true) : 0;
        if (n) {
            begin = i + n;
            open = false;
        } else if (text.p[i] == '<' && tag_at(text, i, false)) {
            bool first = str_trim(str_sub(text, begin, i)).n == 0;
            open = open || first; /* one that begins the text (or follows another) */
        }
    }
    if (begin || open)
        r->repairs |= JSON_REPAIR_THINKING;
    if (open) {
        r->cut = true;
        return text.n;
    }
    return begin;
}

/* 2. Candidates */

/* A brace that a value seems to begin with, not one in a sentence. */
static bool looks_serious(struct str text, size_t at)
{
    size_t i = at + 1;
    while (i < text.n && str_is_space(text.p[i]))
        i++;
    return i >= text.n || strchr("\"'{[", text.p[i]) || (unsigned char)text.p[i] == 0xe2 ||
           (text.p[at] == '{' && text.p[i] == '}');
}

static void add_candidate(struct reading *r, struct str json, unsigned repairs)
{
    yyjson_val *root;
    if (r->found_count == CANDIDATES_MAX)
        return;
    int rc = json_parse(r->arena, json, &root, NULL, NULL);
    if (rc == -ERR_MEMORY)
        r->over = true;
    if (rc < 0) {
        r->broken = true;
        return;
    }
    r->found[r->found_count++] = (struct candidate){.root = root, .repairs = repairs};
}

static bool all_space_or_fence(struct reading *r, struct str text)
{
    struct str line;
    bool plain = true;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (str_starts(line, "```") || str_starts(line, "~~~"))
            r->repairs |= JSON_REPAIR_FENCE;
        else if (str_find(line, STR("```")) >= 0)
            r->repairs |= JSON_REPAIR_FENCE | JSON_REPAIR_PROSE;
        else if (line.n)
            plain = false;
    }
    return plain;
}

static void find_candidates(struct reading *r, struct str text)
{
    size_t outside = 0; /* where the text around goes on */
    for (size_t i = 0; i < text.n;) {
        if (text.p[i] != '{' && text.p[i] != '[') {
            i++;
            continue;
        }
        size_t to;
        unsigned repairs = 0;
        buf_reset(&r->out);
        enum json_mend_end end = json_mend(text, i, &r->out, &to, &repairs);
        if (end == JSON_MEND_WHOLE) {
            add_candidate(r, (struct str){.p = buf_str(&r->out), .n = r->out.len}, repairs);
            if (!all_space_or_fence(r, str_sub(text, outside, i)))
                r->repairs |= JSON_REPAIR_PROSE;
            i = outside = to;
            continue;
        }
        if (!looks_serious(text, i)) {
            i++;
            continue;
        }
        /* quotes that made no sense took the end of the text for a part of it */
        bool lost = end == JSON_MEND_CUT && repairs & JSON_REPAIR_INNER && strchr("}]`", text.p[text.n - 1]);
        if (end == JSON_MEND_CUT && !lost) {
            r->cut = true;
            return;
        }
        r->broken = true;
        if (!r->schema)
            return; /* nothing could tell a part of it from an answer behind it */
        i++;
    }
    if (!all_space_or_fence(r, str_sub(text, outside, text.n)))
        r->repairs |= JSON_REPAIR_PROSE;
}

/* 3. Fitting */

static bool fits(const struct reading *r, yyjson_val *v)
{
    return yyjson_is_obj(v) && (!r->schema || schema_check(r->schema, v, NULL));
}

static yyjson_val *settled(struct reading *r, yyjson_val *v)
{
    yyjson_mut_doc *doc = json_mut_new(r->arena);
    yyjson_mut_val *copy = doc ? yyjson_val_mut_copy(doc, v) : NULL;
    size_t n;
    yyjson_val *again;
    if (!copy || !schema_settle_case(r->schema, doc, copy))
        return NULL;
    char *text = json_write_mut(r->arena, copy, &n);
    return text && json_parse(r->arena, (struct str){.p = text, .n = n}, &again, NULL, NULL) == 0 ? again : NULL;
}

static yyjson_val *unstring(struct reading *r, yyjson_val *v, unsigned *repairs)
{
    struct str inner = str_trim(json_str(v));
    yyjson_val *root;
    size_t to;
    if (!inner.n || inner.p[0] != '{')
        return NULL;
    buf_reset(&r->out);
    if (json_mend(inner, 0, &r->out, &to, repairs) != JSON_MEND_WHOLE || str_trim(str_sub(inner, to, inner.n)).n)
        return NULL;
    struct str json = {.p = buf_str(&r->out), .n = r->out.len};
    return json_parse(r->arena, json, &root, NULL, NULL) == 0 ? root : NULL;
}

/* The value that a list of one, a wrapper or a text holds; NULL when it is none of these. */
static yyjson_val *unwrap(struct reading *r, yyjson_val *v, unsigned *repairs)
{
    if (yyjson_is_arr(v) && yyjson_arr_size(v) == 1) {
        *repairs |= JSON_REPAIR_LIST;
        return yyjson_arr_get_first(v);
    }
    if (yyjson_is_obj(v) && yyjson_obj_size(v) == 1 && r->schema) {
        *repairs |= JSON_REPAIR_WRAPPER;
        return yyjson_obj_iter_get_val(unsafe_yyjson_get_first(v));
    }
    if (yyjson_is_str(v)) {
        *repairs |= JSON_REPAIR_STRING;
        return unstring(r, v, repairs);
    }
    return NULL;
}

static bool candidate_fit(struct reading *r, struct candidate *c)
{
    yyjson_val *v = c->root;
    unsigned repairs = c->repairs;
    for (int i = 0; v && i <= UNWRAP_MAX; i++) {
        yyjson_val *other = !fits(r, v) && r->schema && yyjson_is_obj(v) ? settled(r, v) : NULL;
        if (fits(r, v) || (other && fits(r, other))) {
            c->root = other ? other : v;
            c->repairs = repairs | (other ? JSON_REPAIR_CASE : 0);
            return true;
        }
        v = unwrap(r, v, &repairs);
    }
    return false;
}

/* 4. The verdict */

static void take(struct reading *r, yyjson_val *root, enum json_reply_verdict verdict)
{
    size_t n;
    char *text = json_write(r->arena, root, &n);
    r->ret->verdict = text ? verdict : JSON_REPLY_TOO_LARGE;
    r->ret->root = text ? root : NULL;
    r->ret->json = (struct str){.p = text, .n = text ? n : 0};
}

static void no_fit(struct reading *r, enum llm_finish finish)
{
    struct json_reply *ret = r->ret;
    yyjson_val *shown = NULL;
    for (size_t i = 0; i < r->found_count && !shown; i++)
        shown = yyjson_is_obj(r->found[i].root) ? r->found[i].root : NULL;
    if (r->over) {
        ret->verdict = JSON_REPLY_TOO_LARGE;
    } else if (r->cut || (finish == LLM_FINISH_LENGTH && (r->broken || r->found_count))) {
        ret->verdict = JSON_REPLY_TRUNCATED;
    } else if (r->broken) {
        ret->verdict = JSON_REPLY_BROKEN;
    } else if (shown) {
        schema_check(r->schema, shown, &ret->faults);
        take(r, shown, JSON_REPLY_WRONG);
    } else if (r->found_count) {
        ret->verdict = JSON_REPLY_WRONG;
        ret->faults.count = ret->faults.total = 1;
        ret->faults.items[0].pointer[0] = '\0';
        snprintf(ret->faults.items[0].message, sizeof(ret->faults.items[0].message), "must be one object");
    } else {
        ret->verdict = finish == LLM_FINISH_LENGTH ? JSON_REPLY_TRUNCATED : JSON_REPLY_EMPTY;
    }
}

static void decide(struct reading *r, enum llm_finish finish)
{
    struct candidate *first = NULL;
    bool same = true, others = r->cut || r->broken;
    size_t count = 0;
    for (size_t i = 0; i < r->found_count; i++) {
        struct candidate *c = &r->found[i];
        if (!candidate_fit(r, c)) {
            others = true;
            continue;
        }
        count++;
        same = same && (!first || yyjson_equals(first->root, c->root));
        first = first ? first : c;
    }
    r->ret->repairs = r->repairs;
    if (!first) {
        no_fit(r, finish);
        return;
    }
    if (!same || (others && !r->schema)) {
        r->ret->verdict = JSON_REPLY_AMBIGUOUS;
        return;
    }
    r->ret->repairs |= first->repairs | (count > 1 ? JSON_REPAIR_DUPLICATE : 0) | (others ? JSON_REPAIR_CHOSEN : 0);
    take(r, first->root, JSON_REPLY_OK);
}

void json_reply_read(struct arena *a, struct str text, enum llm_finish finish, const struct schema *schema,
                     struct json_reply *ret)
{
    struct reading r = {.arena = a, .schema = schema, .ret = ret};
    yyjson_val *root;
    memset(ret, 0, sizeof(*ret));
    if (text.n > JSON_REPLY_MAX_BYTES || !clean_utf8(&r, &text)) {
        ret->verdict = JSON_REPLY_TOO_LARGE;
        return;
    }
    buf_init(&r.out, 2 * JSON_REPLY_MAX_BYTES);
    text = str_trim(text);
    if (text.n && strchr("{[\"", text.p[0]) && json_parse(a, text, &root, NULL, NULL) == 0)
        r.found[r.found_count++] = (struct candidate){.root = root};
    else
        find_candidates(&r, str_sub(text, behind_thinking(&r, text), text.n));
    decide(&r, finish);
    buf_fini(&r.out);
}

void json_reply_complaint(const struct json_reply *r, struct buf *out)
{
    switch (r->verdict) {
    case JSON_REPLY_EMPTY:
        buf_adds(out, "Your answer held no JSON object.\n");
        break;
    case JSON_REPLY_TRUNCATED:
        buf_adds(out, "Your answer was cut before its end. Be shorter.\n");
        break;
    case JSON_REPLY_AMBIGUOUS:
        buf_adds(out, "Your answer held several different JSON objects.\n");
        break;
    case JSON_REPLY_WRONG:
        buf_adds(out, "Your answer does not fit the schema:\n");
        schema_faults_write(&r->faults, out);
        break;
    default:
        buf_adds(out, "Your answer was not valid JSON.\n");
        break;
    }
    buf_adds(out, "Answer again with the whole corrected JSON object and nothing else.");
}
