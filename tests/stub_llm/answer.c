/* What the model says: a value that fits the schema, filled from the prompt where a caller will check it.
 *
 * A prompt's data stands between tags (<posting>...</posting>, <evidence>...</evidence>,
 * <requirements>...</requirements>), a line an item, "id: text" or "id (what and where): text" where it has an id. A
 * string called quote (or described as verbatim) is a line of the posting, one called ..._id is an id that was offered,
 * one called text, value or the like is a line of the evidence. Everything else is short and harmless. All choices come
 * from the seed, the property's name and its place in arrays. */
#include "stub_llm/stub.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_DEPTH_MAX 12
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

/* All lines between <tag ...> and </tag>; of the whole text when there is no such tag and all is set. */
static void lines_read(struct str text, const char *tag, bool all, struct lines *l)
{
    char open[32], close[32];
    snprintf(open, sizeof(open), "<%s", tag);
    snprintf(close, sizeof(close), "</%s>", tag);
    ptrdiff_t from = str_find(text, str_of(open)), to = str_find(text, str_of(close));
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
    ptrdiff_t colon = str_find(line, STR(":")), open = str_find(line, STR(" ("));
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
    struct lines kept = {.n = 0};
    for (int i = 0; i < l->n; i++)
        if (line_text(l->line[i]).n >= least)
            kept.line[kept.n++] = l->line[i];
    if (kept.n >= 2)
        *l = kept;
}

static struct str pick(const struct lines *l, uint64_t at)
{
    return l->n ? l->line[at % (uint64_t)l->n] : (struct str){.p = "", .n = 0};
}

static bool named(const char *name, const char *part)
{
    return str_ifind(str_of(name), str_of(part)) >= 0;
}

static void answer_string(struct answer *a, yyjson_val *schema, const char *name, uint64_t at)
{
    struct str about = json_get_str(schema, "description"), text = STR("");
    if (named(name, "evidence_id") || (named(name, "id") && named(name, "atom")))
        text = line_id(pick(&a->evidence, at));
    else if (named(name, "requirement_id"))
        text = line_id(pick(&a->requirements, at));
    else if (named(name, "quote") || str_ifind(about, STR("verbatim")) >= 0)
        text = line_text(pick(&a->posting, at));
    else if (named(name, "title"))
        text = line_text(pick(&a->posting, 0));
    else if (named(name, "skill"))
        text = STR("");
    else if (named(name, "text") || named(name, "value") || named(name, "claim") || named(name, "paragraph") ||
             named(name, "sentence") || named(name, "summary"))
        text = line_text(a->evidence.n ? pick(&a->evidence, at) : pick(&a->posting, at));
    else if (named(name, "salutation"))
        text = STR("Dear Hiring Team,");
    else if (named(name, "sign_off"))
        text = STR("Kind regards,");
    else if (named(name, "language"))
        text = STR("en");
    else if (named(name, "reason"))
        text = STR("It answers what the posting asks for.");
    if (text.n == 0 && named(name, "reason") == false && named(name, "id") == false && !named(name, "skill"))
        text = STR("");
    buf_add_json(a->out, text.p, text.n);
}

static yyjson_val *resolve(struct answer *a, yyjson_val *schema)
{
    for (int i = 0; i < 8; i++) {
        struct str ref = json_get_str(schema, "$ref");
        if (ref.n == 0)
            return schema;
        yyjson_val *to = ref.n >= 2 && ref.p[0] == '#'
                             ? (ref.n == 1 ? a->root : yyjson_ptr_getn(a->root, ref.p + 1, ref.n - 1))
                             : NULL;
        if (!to)
            return schema;
        schema = to;
    }
    return schema;
}

static void answer_value(struct answer *a, yyjson_val *schema, const char *name, uint64_t at, int depth);

static void answer_object(struct answer *a, yyjson_val *schema, uint64_t at, int depth)
{
    yyjson_val *properties = json_get_obj(schema, "properties"), *key, *value;
    size_t i, max, n = 0;
    buf_addc(a->out, '{');
    yyjson_obj_foreach(properties, i, max, key, value)
    {
        if (n++)
            buf_addc(a->out, ',');
        buf_add_json(a->out, yyjson_get_str(key), yyjson_get_len(key));
        buf_addc(a->out, ':');
        answer_value(a, value, yyjson_get_str(key), at, depth + 1);
    }
    buf_addc(a->out, '}');
}

static void answer_array(struct answer *a, yyjson_val *schema, const char *name, uint64_t at, int depth)
{
    int64_t min = json_get_int(schema, "minItems", 0), max = json_get_int(schema, "maxItems", 3);
    uint64_t state = stub_hash(name, strlen(name), a->seed + at);
    int64_t n = MAX(min, MIN(max, 1 + (int64_t)(stub_random(&state) % 3)));
    if (named(name, "paragraph"))
        n = MAX(n, 2);
    bool ids = named(name, "_ids");
    if (ids &&
        ((named(name, "evidence") && a->evidence.n == 0) || (named(name, "requirement") && a->requirements.n == 0)))
        n = 0;
    if (named(name, "skill"))
        n = min;
    if (ids)
        n = MIN(n, 1);
    if (depth > ANSWER_DEPTH_MAX)
        n = min;
    buf_addc(a->out, '[');
    for (int64_t i = 0; i < n; i++) {
        if (i)
            buf_addc(a->out, ',');
        /* a list of ids belongs to the object around it: the same line as its text */
        answer_value(a, yyjson_obj_get(schema, "items"), name, ids ? at : state % 97 + (uint64_t)i, depth + 1);
    }
    buf_addc(a->out, ']');
}

static const char *answer_type(yyjson_val *schema)
{
    yyjson_val *type = yyjson_obj_get(schema, "type");
    if (yyjson_is_arr(type))
        type = yyjson_arr_get_first(type);
    if (type)
        return yyjson_get_str(type);
    return yyjson_obj_get(schema, "properties") ? "object" : yyjson_obj_get(schema, "items") ? "array" : "string";
}

static void answer_value(struct answer *a, yyjson_val *schema, const char *name, uint64_t at, int depth)
{
    schema = resolve(a, schema);
    yyjson_val *any = json_get_arr(schema, "anyOf"), *choices = json_get_arr(schema, "enum"),
               *constant = yyjson_obj_get(schema, "const");
    uint64_t state = stub_hash(name, strlen(name), a->seed + at);
    if (any) {
        answer_value(a, yyjson_arr_get_first(any), name, at, depth + 1);
    } else if (choices || constant) {
        yyjson_val *v =
            constant
                ? constant
                : yyjson_arr_get(choices, named(name, "verdict") ? 0 : stub_random(&state) % yyjson_arr_size(choices));
        char *text = yyjson_val_write(v, 0, NULL);
        buf_adds(a->out, text ? text : "null");
        free(text);
    } else {
        const char *type = answer_type(schema);
        if (strcmp(type, "object") == 0)
            answer_object(a, schema, at, depth);
        else if (strcmp(type, "array") == 0)
            answer_array(a, schema, name, at, depth);
        else if (strcmp(type, "integer") == 0)
            buf_addf(a->out, "%lld", (long long)json_get_int(schema, "minimum", named(name, "years") ? 3 : 1));
        else if (strcmp(type, "number") == 0)
            buf_addf(a->out, "%.2f", json_get_num(schema, "minimum", 0.5));
        else if (strcmp(type, "boolean") == 0)
            buf_adds(a->out, "false");
        else if (strcmp(type, "null") == 0)
            buf_adds(a->out, "null");
        else
            answer_string(a, schema, name, at);
    }
}

void stub_answer(const struct stub_ask *ask, struct arena *mem, uint64_t seed, struct buf *out)
{
    struct answer *a = ARENA_NEW(mem, struct answer);
    if (!a)
        return;
    *a = (struct answer){.out = out, .seed = seed ^ ask->hash, .root = ask->schema};
    lines_read(ask->user, "posting", true, &a->posting);
    lines_read(ask->user, "evidence", false, &a->evidence);
    lines_longer(&a->evidence, 60);
    lines_read(ask->user, "requirements", false, &a->requirements);
    if (ask->schema)
        answer_value(a, ask->schema, "answer", 0, 0);
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
    double sum = 0;
    for (int64_t i = 0; i < dimensions; i++) {
        out[i] = (float)(stub_random01(&state) - 0.5);
        sum += (double)out[i] * out[i];
    }
    for (int64_t i = 0; i < dimensions; i++)
        out[i] = (float)(out[i] / sqrt(sum));
}
