/* What the model says: a value that fits the schema, filled from the prompt where a caller will check it.
 *
 * A prompt's data stands between tags (<posting>...</posting>, <evidence>...</evidence>,
 * <requirements>...</requirements>), a line an item, "id: text" or "id (what and where): text" where it has an id. A
 * string called quote (or described as verbatim) is a line of the posting, one called ..._id is an id that was offered,
 * one called text, value or the like is a line of the evidence. Everything else is short and harmless. All choices come
 * from the seed, the property's name and its place in arrays. */
#include "stub_llm/stub.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_DEPTH_MAX 12
#define ANSWER_NEST_MAX  48
#define ANSWER_LINES_MAX 200

struct lines {
    struct str line[ANSWER_LINES_MAX];
    int n;
};

struct answer {
    struct buf *out;
    uint64_t seed;
    yyjson_val *root;
    struct lines posting, evidence, requirements;
};

static void lines_add(struct lines *l, struct str text)
{
    text = str_trim(text);
    if (text.n >= 3 && l->n < ANSWER_LINES_MAX && text.p[0] != '<')
        l->line[l->n++] = text;
}

/* Where the tag begins ("<" and its name); -1: nowhere. */
static ptrdiff_t tag_find(struct str text, const char *tag)
{
    const char *at = text.p, *end = text.p + text.n;
    while (at < end && (at = memchr(at, '<', (size_t)(end - at)))) {
        if (str_starts((struct str){.p = at, .n = (size_t)(end - at)}, tag))
            return at - text.p;
        at++;
    }
    return -1;
}

/* All lines between the tags; of the whole text when they are not there and all is set. */
static void lines_read(struct str text, const char *open, const char *close, bool all, struct lines *l)
{
    ptrdiff_t from = tag_find(text, open), to = tag_find(text, close);
    l->n = 0;
    if (from >= 0 && to > from)
        text = str_sub(text, (size_t)from, (size_t)to);
    else if (!all)
        return;
    struct str line;
    bool first = from >= 0;
    while (str_next_line(&text, &line)) {
        if (!first)
            lines_add(l, line);
        first = false;
    }
}

static struct str line_id(struct str line)
{
    ptrdiff_t colon = str_find(line, STR(":")), open = str_find(str_sub(line, 0, MIN(line.n, (size_t)9)), STR(" ("));
    if (open > 0 && open < 8 && open < colon && str_find(line, STR("): ")) > 0 &&
        str_find(str_sub(line, 0, (size_t)open), STR(" ")) < 0)
        return str_sub(line, 0, (size_t)open);
    return colon > 0 && colon < 24 && str_find(str_sub(line, 0, (size_t)colon), STR(" ")) < 0
               ? str_sub(line, 0, (size_t)colon)
               : (struct str){.p = "", .n = 0};
}

static struct str line_text(struct str line)
{
    struct str id = line_id(line);
    struct str text = id.n ? str_trim(str_sub(line, id.n + 1, line.n)) : line;
    ptrdiff_t close = id.n && text.n && text.p[0] == '(' ? str_find(text, STR("): ")) : -1;
    if (close > 0)
        text = str_trim(str_sub(text, (size_t)close + 3, text.n));
    if (text.n > 1 && (str_starts(text, "- ") || str_starts(text, "* ")))
        text = str_trim(str_sub(text, 2, text.n));
    if (text.n > 200) { /* up to a space */
        text.n = 200;
        while (text.n > 1 && text.p[text.n - 1] != ' ')
            text.n--;
        text = str_trim(text);
    }
    return text;
}

/* Without the lines that say only a word or two, where enough others are left: a text made of those says nothing. */
static void lines_longer(struct lines *l, size_t least)
{
    bool longer[ANSWER_LINES_MAX];
    int n = 0;
    for (int i = 0; i < l->n; i++) {
        longer[i] = line_text(l->line[i]).n >= least;
        n += longer[i];
    }
    if (n < 2)
        return;
    n = 0;
    for (int i = 0; i < l->n; i++)
        if (longer[i])
            l->line[n++] = l->line[i];
    l->n = n;
}

static struct str pick(const struct lines *l, uint64_t at)
{
    return l->n ? l->line[at % (uint64_t)l->n] : (struct str){.p = "", .n = 0};
}

static bool named(struct str name, struct str part)
{
    return str_ifind(name, part) >= 0;
}

/* The words of a schema that decide the answer, found in one pass over its keys; of doubled keys the first. */
enum word {
    WORD_REF = 0,
    WORD_ANY,
    WORD_ENUM,
    WORD_CONST,
    WORD_TYPE,
    WORD_PROPERTIES,
    WORD_ITEMS,
    WORD_MIN_ITEMS,
    WORD_MAX_ITEMS,
    WORD_MINIMUM,
    WORD_DESCRIPTION,
    WORD_COUNT
};
struct shape {
    yyjson_val *word[WORD_COUNT];
};

static void shape_read(yyjson_val *schema, struct shape *s)
{
    static const struct str names[WORD_COUNT] = {{"$ref", 4},    {"anyOf", 5},       {"enum", 4},
                                                 {"const", 5},   {"type", 4},        {"properties", 10},
                                                 {"items", 5},   {"minItems", 8},    {"maxItems", 8},
                                                 {"minimum", 7}, {"description", 11}};
    yyjson_val *key, *value;
    size_t i, max;
    *s = (struct shape){{NULL}};
    yyjson_obj_foreach(schema, i, max, key, value)
    {
        struct str name = json_str(key);
        for (int w = 0; w < WORD_COUNT; w++)
            if (name.n == names[w].n && memcmp(name.p, names[w].p, name.n) == 0 && !s->word[w])
                s->word[w] = value;
    }
}

static int64_t shape_int(const struct shape *s, enum word w, int64_t otherwise)
{
    yyjson_val *v = s->word[w];
    return yyjson_is_int(v) && !(yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX) ? yyjson_get_sint(v) : otherwise;
}

/* The shape behind $ref, if there is one. */
static void shape_resolve(struct answer *a, yyjson_val *schema, struct shape *s)
{
    shape_read(schema, s);
    for (int i = 0; i < 8; i++) {
        struct str ref = json_str(s->word[WORD_REF]);
        yyjson_val *to = NULL;
        if (ref.n && ref.p[0] == '#')
            to = ref.n == 1 ? a->root : yyjson_ptr_getn(a->root, ref.p + 1, ref.n - 1);
        if (!to)
            return;
        shape_read(to, s);
    }
}

static void answer_string(struct answer *a, const struct shape *s, struct str name, uint64_t at)
{
    struct str about = json_str(s->word[WORD_DESCRIPTION]), text = STR("");
    if (named(name, STR("evidence_id")) || (named(name, STR("id")) && named(name, STR("atom"))))
        text = line_id(pick(&a->evidence, at));
    else if (named(name, STR("requirement_id")))
        text = line_id(pick(&a->requirements, at));
    else if (named(name, STR("quote")) || str_ifind(about, STR("verbatim")) >= 0)
        text = line_text(pick(&a->posting, at));
    else if (named(name, STR("title")))
        text = line_text(pick(&a->posting, 0));
    else if (named(name, STR("skill")))
        text = STR("");
    else if (named(name, STR("text")) || named(name, STR("value")) || named(name, STR("claim")) ||
             named(name, STR("paragraph")) || named(name, STR("sentence")) || named(name, STR("summary")))
        text = line_text(a->evidence.n ? pick(&a->evidence, at) : pick(&a->posting, at));
    else if (named(name, STR("salutation")))
        text = STR("Dear Hiring Team,");
    else if (named(name, STR("sign_off")))
        text = STR("Kind regards,");
    else if (named(name, STR("language")))
        text = STR("en");
    else if (named(name, STR("reason")))
        text = STR("It answers what the posting asks for.");
    if (text.n == 0 && named(name, STR("reason")) == false && named(name, STR("id")) == false &&
        !named(name, STR("skill")))
        text = STR("");
    buf_add_json(a->out, text.p, text.n);
}

static void answer_value(struct answer *a, yyjson_val *schema, struct str name, uint64_t at, int depth);

static void answer_object(struct answer *a, const struct shape *s, uint64_t at, int depth)
{
    yyjson_val *properties = s->word[WORD_PROPERTIES], *key, *value;
    size_t i, max, n = 0;
    buf_addc(a->out, '{');
    yyjson_obj_foreach(properties, i, max, key, value)
    {
        if (n++)
            buf_addc(a->out, ',');
        struct str name = json_str(key);
        buf_add_json(a->out, name.p, name.n);
        buf_addc(a->out, ':');
        answer_value(a, value, name, at, depth + 1);
    }
    buf_addc(a->out, '}');
}

static void answer_array(struct answer *a, const struct shape *s, struct str name, uint64_t at, int depth)
{
    int64_t min = shape_int(s, WORD_MIN_ITEMS, 0), max = shape_int(s, WORD_MAX_ITEMS, 3);
    uint64_t state = stub_hash(name.p, name.n, a->seed + at);
    int64_t n = MAX(min, MIN(max, 1 + (int64_t)(stub_random(&state) % 3)));
    if (named(name, STR("paragraph")))
        n = MAX(n, 2);
    bool ids = named(name, STR("_ids"));
    if (ids && ((named(name, STR("evidence")) && a->evidence.n == 0) ||
                (named(name, STR("requirement")) && a->requirements.n == 0)))
        n = 0;
    if (named(name, STR("skill")))
        n = min;
    if (ids)
        n = MIN(n, 1);
    if (depth > ANSWER_DEPTH_MAX)
        n = min;
    buf_addc(a->out, '[');
    for (int64_t i = 0; i < n && !buf_failed(a->out); i++) {
        if (i)
            buf_addc(a->out, ',');
        /* a list of ids belongs to the object around it: the same line as its text */
        answer_value(a, s->word[WORD_ITEMS], name, ids ? at : state % 97 + (uint64_t)i, depth + 1);
    }
    buf_addc(a->out, ']');
}

static const char *answer_type(const struct shape *s)
{
    yyjson_val *type = s->word[WORD_TYPE];
    if (yyjson_is_arr(type))
        type = yyjson_arr_get_first(type);
    if (yyjson_is_str(type))
        return yyjson_get_str(type);
    return s->word[WORD_PROPERTIES] ? "object" : s->word[WORD_ITEMS] ? "array" : "string";
}

/* A value as the schema has it. */
static void answer_given(struct answer *a, yyjson_val *v)
{
    if (yyjson_is_str(v)) {
        buf_add_json(a->out, yyjson_get_str(v), yyjson_get_len(v));
        return;
    }
    char *text = yyjson_val_write(v, 0, NULL);
    buf_adds(a->out, text ? text : "null");
    free(text);
}

static void answer_typed(struct answer *a, const struct shape *s, struct str name, uint64_t at, int depth)
{
    const char *type = answer_type(s);
    if (strcmp(type, "string") == 0)
        answer_string(a, s, name, at);
    else if (strcmp(type, "object") == 0)
        answer_object(a, s, at, depth);
    else if (strcmp(type, "array") == 0)
        answer_array(a, s, name, at, depth);
    else if (strcmp(type, "integer") == 0)
        buf_addf(a->out, "%lld", (long long)shape_int(s, WORD_MINIMUM, named(name, STR("years")) ? 3 : 1));
    else if (strcmp(type, "number") == 0)
        buf_addf(a->out, "%.2f", yyjson_is_num(s->word[WORD_MINIMUM]) ? yyjson_get_num(s->word[WORD_MINIMUM]) : 0.5);
    else if (strcmp(type, "boolean") == 0)
        buf_adds(a->out, "false");
    else if (strcmp(type, "null") == 0)
        buf_adds(a->out, "null");
    else
        answer_string(a, s, name, at);
}

static void answer_value(struct answer *a, yyjson_val *schema, struct str name, uint64_t at, int depth)
{
    struct shape s;
    shape_resolve(a, schema, &s);
    yyjson_val *any = s.word[WORD_ANY], *choices = s.word[WORD_ENUM], *given = s.word[WORD_CONST];
    size_t n = yyjson_arr_size(choices);
    if (depth > ANSWER_NEST_MAX || buf_failed(a->out)) { /* a schema that is part of itself */
        buf_adds(a->out, "null");
    } else if (yyjson_is_arr(any)) {
        answer_value(a, yyjson_arr_get_first(any), name, at, depth + 1);
    } else if (given || n) {
        uint64_t state = stub_hash(name.p, name.n, a->seed + at);
        answer_given(a, given ? given
                              : yyjson_arr_get(choices, named(name, STR("verdict")) ? 0 : stub_random(&state) % n));
    } else {
        answer_typed(a, &s, name, at, depth);
    }
}

void stub_answer(const struct stub_ask *ask, struct arena *mem, uint64_t seed, struct buf *out)
{
    struct answer *a = arena_try_alloc(mem, sizeof(*a)); /* the lines fill what they use of it */
    if (!a)
        return;
    a->out = out;
    a->seed = seed ^ ask->hash;
    a->root = ask->schema;
    lines_read(ask->user, "<posting", "</posting>", true, &a->posting);
    lines_read(ask->user, "<evidence", "</evidence>", false, &a->evidence);
    lines_longer(&a->evidence, 60);
    lines_read(ask->user, "<requirements", "</requirements>", false, &a->requirements);
    if (ask->schema)
        answer_value(a, ask->schema, STR("answer"), 0, 0);
    else if (ask->json)
        buf_adds(out, "{\"answer\":\"ok\"}");
    else
        buf_addf(out, "A sentence that the model wrote (%04x).", (unsigned)(a->seed & 0xffff));
}

/* Down to the depth that is answered. */
static size_t value_bytes(yyjson_val *v, int depth)
{
    size_t n = 2, i, max;
    yyjson_val *key, *one;
    if (yyjson_is_str(v))
        return yyjson_get_len(v) + 2;
    if (depth > ANSWER_DEPTH_MAX || !yyjson_is_ctn(v))
        return 4;
    yyjson_obj_foreach(v, i, max, key, one) n += yyjson_get_len(key) + 4 + value_bytes(one, depth + 1);
    yyjson_arr_foreach(v, i, max, one) n += 1 + value_bytes(one, depth + 1);
    return n;
}

size_t stub_schema_bytes(yyjson_val *schema)
{
    return schema ? value_bytes(schema, 0) : 0;
}

/* The same text gets the same unit vector. */
void stub_vector(struct str text, int64_t dimensions, uint64_t seed, float *out)
{
    uint64_t state = stub_hash(text.p, text.n, seed);
    double sum[4] = {0}; /* side by side, for speed */
    for (int64_t i = 0; i < dimensions; i++) {
        double v = stub_random01(&state) - 0.5;
        out[i] = (float)v;
        sum[i % 4] += v * v;
    }
    double scale = 1 / sqrt(sum[0] + sum[1] + sum[2] + sum[3]);
    for (int64_t i = 0; i < dimensions; i++)
        out[i] = (float)(out[i] * scale);
}
