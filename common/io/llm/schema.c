/* Compiling: one node per subschema, $ref resolved by compiling the definition again at its place (depth-limited, so
 * recursion is found). Checking walks value and nodes together. */
#include "io/llm/schema.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

#define SCHEMA_DEPTH_MAX 24

enum schema_type {
    TYPE_NULL = 1 << 0,
    TYPE_BOOL = 1 << 1,
    TYPE_INT = 1 << 2,
    TYPE_NUM = 1 << 3, /* also integers */
    TYPE_STR = 1 << 4,
    TYPE_ARR = 1 << 5,
    TYPE_OBJ = 1 << 6,
    TYPE_ANY = (1 << 7) - 1
};

struct schema_prop {
    struct str name;
    struct schema *node;
    bool required;
};

struct schema {
    unsigned types;
    struct str description;
    struct schema_prop *props;
    size_t props_count;
    bool closed;               /* additionalProperties: false */
    struct schema *additional; /* schema of the others; NULL: any */
    struct schema *items;
    yyjson_val **allowed; /* enum, const */
    size_t allowed_count;
    struct schema **any;
    size_t any_count;
    uint64_t length_min, length_max, items_min, items_max;
    double min, max;
    bool has_min, has_max;
};

struct compile {
    struct arena *arena;
    yyjson_val *root;
    size_t nodes;
    struct err *err;
    char pointer[ERR_POINTER_BYTES];
};

static const struct {
    const char *name;
    unsigned bit;
    const char *words;
} type_names[] = {
    {"null", TYPE_NULL, "null"},      {"boolean", TYPE_BOOL, "true or false"}, {"integer", TYPE_INT, "a whole number"},
    {"number", TYPE_NUM, "a number"}, {"string", TYPE_STR, "a text"},          {"array", TYPE_ARR, "a list"},
    {"object", TYPE_OBJ, "an object"}};

static struct schema *compile_node(struct compile *c, yyjson_val *v, unsigned depth);

static struct schema *compile_fail(struct compile *c, const char *what, struct str word)
{
    err_set_at(c->err, ERR_INVALID, c->pointer, "the schema's %s \"" STR_FMT "\" is not supported", what,
               (int)MIN(word.n, (size_t)60), word.p);
    return NULL;
}

static bool compile_type(struct compile *c, struct schema *s, struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
        if (str_eqc(name, type_names[i].name)) {
            s->types |= type_names[i].bit;
            return true;
        }
    }
    return compile_fail(c, "type", name) != NULL;
}

static bool compile_types(struct compile *c, struct schema *s, yyjson_val *v)
{
    yyjson_val *t;
    size_t i, n;
    if (yyjson_is_str(v))
        return compile_type(c, s, json_str(v));
    yyjson_arr_foreach(v, i, n, t) if (!compile_type(c, s, json_str(t))) return false;
    return s->types != 0 || compile_fail(c, "keyword", STR("type")) != NULL;
}

static bool compile_props(struct compile *c, struct schema *s, yyjson_val *obj, yyjson_val *required, unsigned depth)
{
    yyjson_val *k, *v, *r;
    size_t i, n, j, m;
    s->props = ARENA_NEW_N(c->arena, struct schema_prop, yyjson_obj_size(obj) + 1);
    if (!s->props)
        return err_set(c->err, ERR_MEMORY, "the schema needs more memory than its limit") == 0;
    yyjson_obj_foreach(obj, i, n, k, v)
    {
        struct schema_prop *p = &s->props[s->props_count++];
        size_t keep = strlen(c->pointer);
        json_pointer_add(c->pointer, sizeof(c->pointer), yyjson_get_str(k));
        *p = (struct schema_prop){.name = json_str(k), .node = compile_node(c, v, depth + 1)};
        if (!p->node)
            return false;
        c->pointer[keep] = '\0';
        yyjson_arr_foreach(required, j, m, r) p->required = p->required || str_eq(json_str(r), p->name);
    }
    yyjson_arr_foreach(required, j, m, r) if (!yyjson_obj_getn(obj, json_str(r).p, json_str(r).n)) return compile_fail(
        c, "required property without a description", json_str(r)) != NULL;
    return true;
}

static bool compile_list(struct compile *c, struct schema *s, yyjson_val *list, unsigned depth)
{
    yyjson_val *v;
    size_t i, n;
    s->any = ARENA_NEW_N(c->arena, struct schema *, yyjson_arr_size(list) + 1);
    if (!s->any || !yyjson_arr_size(list))
        return compile_fail(c, "keyword", STR("anyOf")) != NULL;
    yyjson_arr_foreach(list, i, n, v)
    {
        s->any[s->any_count] = compile_node(c, v, depth + 1);
        if (!s->any[s->any_count++])
            return false;
    }
    return true;
}

static bool compile_allowed(struct compile *c, struct schema *s, yyjson_val *v, bool several)
{
    yyjson_val *x;
    size_t i, n;
    s->allowed = arena_try_zalloc_n(c->arena, (several ? yyjson_arr_size(v) : 1) + 1, sizeof(v));
    if (!s->allowed || (several && !yyjson_arr_size(v)))
        return compile_fail(c, "keyword", STR("enum")) != NULL;
    if (!several)
        s->allowed[s->allowed_count++] = v;
    else
        yyjson_arr_foreach(v, i, n, x) s->allowed[s->allowed_count++] = x;
    return true;
}

static bool compile_word(struct compile *c, struct schema *s, yyjson_val *all, struct str key, yyjson_val *v,
                         unsigned depth)
{
    static const char *const words[] = {"title",    "description", "default",   "examples", "$schema",
                                        "$id",      "$comment",    "format",    "$defs",    "definitions",
                                        "required", "pattern",     "deprecated"};
    if (str_eqc(key, "type"))
        return compile_types(c, s, v);
    if (str_eqc(key, "properties"))
        return compile_props(c, s, v, json_get_arr(all, "required"), depth);
    if (str_eqc(key, "items"))
        return (s->items = compile_node(c, v, depth + 1)) != NULL;
    if (str_eqc(key, "enum") || str_eqc(key, "const"))
        return compile_allowed(c, s, v, str_eqc(key, "enum"));
    if (str_eqc(key, "anyOf") || str_eqc(key, "oneOf"))
        return compile_list(c, s, v, depth);
    if (str_eqc(key, "additionalProperties")) {
        s->closed = yyjson_is_false(v);
        if (yyjson_is_obj(v))
            s->additional = compile_node(c, v, depth + 1);
        return !yyjson_is_obj(v) || s->additional;
    }
    if (str_eqc(key, "minLength"))
        return (s->length_min = yyjson_get_uint(v), true);
    if (str_eqc(key, "maxLength"))
        return (s->length_max = yyjson_get_uint(v), true);
    if (str_eqc(key, "minItems"))
        return (s->items_min = yyjson_get_uint(v), true);
    if (str_eqc(key, "maxItems"))
        return (s->items_max = yyjson_get_uint(v), true);
    if (str_eqc(key, "minimum"))
        return (s->min = yyjson_get_num(v), s->has_min = true);
    if (str_eqc(key, "maximum"))
        return (s->max = yyjson_get_num(v), s->has_max = true);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(key, words[i]))
            return true;
    return compile_fail(c, "keyword", key) != NULL;
}

static yyjson_val *compile_resolve(struct compile *c, struct str ref)
{
    static const char *const homes[] = {"$defs", "definitions"};
    for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
        char prefix[24];
        snprintf(prefix, sizeof(prefix), "#/%s/", homes[i]);
        if (str_starts(ref, prefix)) {
            struct str name = str_sub(ref, strlen(prefix), ref.n);
            return yyjson_obj_getn(json_get_obj(c->root, homes[i]), name.p, name.n);
        }
    }
    return NULL;
}

static struct schema *compile_node(struct compile *c, yyjson_val *v, unsigned depth)
{
    yyjson_val *key, *val;
    size_t i, n;
    struct str ref = json_get_str(v, "$ref");
    if (depth > SCHEMA_DEPTH_MAX)
        return compile_fail(c, "depth (or recursion) at", STR("$ref"));
    if (ref.n) {
        yyjson_val *target = compile_resolve(c, ref);
        return target ? compile_node(c, target, depth + 1) : compile_fail(c, "reference", ref);
    }
    struct schema *s = c->nodes++ < SCHEMA_NODES_MAX ? ARENA_NEW(c->arena, struct schema) : NULL;
    if (!s) {
        err_set(c->err, ERR_MEMORY, "the schema is too large");
        return NULL;
    }
    s->length_max = s->items_max = UINT64_MAX;
    if (!yyjson_is_obj(v))
        return yyjson_is_true(v) ? (s->types = TYPE_ANY, s) : compile_fail(c, "node", STR("not an object"));
    s->description = json_get_str(v, "description");
    yyjson_obj_foreach(v, i, n, key, val) if (!compile_word(c, s, v, json_str(key), val, depth)) return NULL;
    if (!s->types)
        s->types = s->props ? TYPE_OBJ : TYPE_ANY;
    return s;
}

struct schema *schema_compile(struct arena *a, struct str text, struct err *err)
{
    struct compile c = {.arena = a, .err = err};
    if (json_parse(a, text, &c.root, NULL, err) < 0)
        return NULL;
    return compile_node(&c, c.root, 0);
}

/* Checking */

struct check {
    struct schema_faults *faults;
    char pointer[ERR_POINTER_BYTES];
    bool bad;
};

PRINTF_LIKE(2, 3)
static void check_fail(struct check *c, const char *fmt, ...)
{
    va_list ap;
    c->bad = true;
    if (!c->faults || c->faults->total++ >= SCHEMA_FAULTS_MAX)
        return;
    struct schema_fault *f = &c->faults->items[c->faults->count++];
    snprintf(f->pointer, sizeof(f->pointer), "%s", c->pointer);
    va_start(ap, fmt);
    vsnprintf(f->message, sizeof(f->message), fmt, ap);
    va_end(ap);
}

static unsigned value_type(yyjson_val *v)
{
    if (yyjson_is_null(v))
        return TYPE_NULL;
    if (yyjson_is_bool(v))
        return TYPE_BOOL;
    if (yyjson_is_int(v))
        return TYPE_INT | TYPE_NUM;
    if (yyjson_is_real(v)) {
        double d = yyjson_get_real(v);
        return d < 9e15 && d > -9e15 && d == (double)(int64_t)d ? TYPE_INT | TYPE_NUM : TYPE_NUM;
    }
    return yyjson_is_str(v) ? TYPE_STR : yyjson_is_arr(v) ? TYPE_ARR : TYPE_OBJ;
}

static void check_type_fault(struct check *c, const struct schema *s)
{
    char words[160];
    int n = 0;
    words[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        if (s->types & type_names[i].bit)
            n += snprintf(words + n, sizeof(words) - (size_t)n, "%s%s", n ? " or " : "", type_names[i].words);
    check_fail(c, "must be %s", words);
}

static void check_allowed(struct check *c, const struct schema *s, yyjson_val *v)
{
    char words[160];
    size_t n = 0;
    for (size_t i = 0; i < s->allowed_count; i++)
        if (yyjson_equals(s->allowed[i], v))
            return;
    for (size_t i = 0; i < s->allowed_count && n + 30 < sizeof(words); i++)
        n += (size_t)snprintf(words + n, sizeof(words) - n, "%s\"%.24s\"", i ? ", " : "",
                              yyjson_is_str(s->allowed[i]) ? yyjson_get_str(s->allowed[i]) : "...");
    check_fail(c, "must be one of %s", words);
}

static void check_value(struct check *c, const struct schema *s, yyjson_val *v);

static const struct schema_prop *prop_find(const struct schema *s, struct str name)
{
    for (size_t i = 0; i < s->props_count; i++)
        if (str_eq(s->props[i].name, name))
            return &s->props[i];
    return NULL;
}

static void check_object(struct check *c, const struct schema *s, yyjson_val *v)
{
    yyjson_val *k, *x;
    size_t i, n, keep = strlen(c->pointer);
    for (i = 0; i < s->props_count; i++)
        if (s->props[i].required && !yyjson_obj_getn(v, s->props[i].name.p, s->props[i].name.n))
            check_fail(c, "must have the property \"" STR_FMT "\"", STR_ARG(s->props[i].name));
    yyjson_obj_foreach(v, i, n, k, x)
    {
        const struct schema_prop *p = prop_find(s, json_str(k));
        json_pointer_add(c->pointer, sizeof(c->pointer), yyjson_get_str(k));
        if (!p && s->closed)
            check_fail(c, "is a property that the schema does not have");
        else if (p && !(yyjson_is_null(x) && !p->required))
            check_value(c, p->node, x);
        else if (!p && s->additional)
            check_value(c, s->additional, x);
        c->pointer[keep] = '\0';
    }
}

static void check_array(struct check *c, const struct schema *s, yyjson_val *v)
{
    yyjson_val *x;
    size_t i, n, keep = strlen(c->pointer);
    if (yyjson_arr_size(v) < s->items_min)
        check_fail(c, "must have at least %llu items", (unsigned long long)s->items_min);
    if (yyjson_arr_size(v) > s->items_max)
        check_fail(c, "must have at most %llu items", (unsigned long long)s->items_max);
    yyjson_arr_foreach(v, i, n, x)
    {
        if (!s->items)
            break;
        json_pointer_add_index(c->pointer, sizeof(c->pointer), i);
        check_value(c, s->items, x);
        c->pointer[keep] = '\0';
    }
}

static void check_any(struct check *c, const struct schema *s, yyjson_val *v)
{
    for (size_t i = 0; i < s->any_count; i++)
        if (schema_check(s->any[i], v, NULL))
            return;
    const struct schema *best = NULL; /* the alternative of the right type says what is wrong best */
    for (size_t i = 0; i < s->any_count && !best; i++)
        if (s->any[i]->types & value_type(v))
            best = s->any[i];
    if (best)
        check_value(c, best, v);
    else
        check_fail(c, "fits none of the allowed forms");
}

static void check_value(struct check *c, const struct schema *s, yyjson_val *v)
{
    unsigned type = value_type(v);
    if (!(s->types & type)) {
        check_type_fault(c, s);
        return;
    }
    if (s->allowed_count)
        check_allowed(c, s, v);
    if (s->any_count)
        check_any(c, s, v);
    if (type == TYPE_STR && (s->length_min || s->length_max != UINT64_MAX)) {
        uint64_t n = utf8_count(json_str(v));
        if (n < s->length_min)
            check_fail(c, "must have at least %llu characters", (unsigned long long)s->length_min);
        if (n > s->length_max)
            check_fail(c, "must have at most %llu characters", (unsigned long long)s->length_max);
    }
    if (type & TYPE_NUM && s->has_min && yyjson_get_num(v) < s->min)
        check_fail(c, "must be at least %g", s->min);
    if (type & TYPE_NUM && s->has_max && yyjson_get_num(v) > s->max)
        check_fail(c, "must be at most %g", s->max);
    if (type == TYPE_OBJ)
        check_object(c, s, v);
    if (type == TYPE_ARR)
        check_array(c, s, v);
}

bool schema_check(const struct schema *s, yyjson_val *v, struct schema_faults *faults)
{
    struct check c = {.faults = faults};
    if (faults)
        faults->count = faults->total = 0;
    check_value(&c, s, v);
    return !c.bad;
}

void schema_faults_write(const struct schema_faults *faults, struct buf *out)
{
    for (size_t i = 0; i < faults->count; i++)
        buf_addf(out, "- %s: %s\n", faults->items[i].pointer[0] ? faults->items[i].pointer : "(the whole answer)",
                 faults->items[i].message);
    if (faults->total > faults->count)
        buf_addf(out, "- and %zu more\n", faults->total - faults->count);
}

/* Case */

size_t schema_settle_case(const struct schema *s, yyjson_mut_doc *doc, yyjson_mut_val *v)
{
    size_t changed = 0, i, n;
    yyjson_mut_val *k, *x;
    for (i = 0; yyjson_mut_is_str(v) && i < s->allowed_count; i++) {
        struct str want = json_str(s->allowed[i]);
        struct str have = {.p = yyjson_mut_get_str(v), .n = yyjson_mut_get_len(v)};
        if (!yyjson_is_str(s->allowed[i]) || !str_ieq(want, have))
            continue;
        if (str_eq(want, have))
            return 0;
        char *copy = unsafe_yyjson_mut_strncpy(doc, want.p, want.n);
        if (!copy)
            return 0;
        yyjson_mut_set_strn(v, copy, want.n);
        return 1;
    }
    if (yyjson_mut_is_obj(v)) {
        yyjson_mut_obj_foreach(v, i, n, k, x)
        {
            const struct schema_prop *p =
                prop_find(s, (struct str){.p = yyjson_mut_get_str(k), .n = yyjson_mut_get_len(k)});
            changed += p ? schema_settle_case(p->node, doc, x) : 0;
        }
    } else if (yyjson_mut_is_arr(v) && s->items) {
        yyjson_mut_arr_foreach(v, i, n, x) changed += schema_settle_case(s->items, doc, x);
    }
    for (i = 0; i < s->any_count && !changed; i++)
        changed += schema_settle_case(s->any[i], doc, v);
    return changed;
}

/* The providers' subset */

static void portable_types(const struct schema *s, bool nullable, struct buf *out)
{
    unsigned types = s->types | (nullable ? TYPE_NULL : 0);
    size_t n = 0;
    if (s->types == TYPE_ANY)
        return;
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        n += (types & type_names[i].bit) != 0;
    buf_adds(out, n > 1 ? "\"type\":[" : "\"type\":");
    n = 0;
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        if (types & type_names[i].bit)
            buf_addf(out, "%s\"%s\"", n++ ? "," : "", type_names[i].name);
    buf_adds(out, n > 1 ? "]" : "");
}

static bool permits_null(const struct schema *s)
{
    for (size_t i = 0; i < s->any_count; i++)
        if (permits_null(s->any[i]))
            return true;
    for (size_t i = 0; i < s->allowed_count; i++)
        if (yyjson_is_null(s->allowed[i]))
            return true;
    return !s->any_count && !s->allowed_count && s->types & TYPE_NULL;
}

static void portable_node(const struct schema *s, bool nullable, struct arena *a, struct buf *out);

static void portable_object(const struct schema *s, struct arena *a, struct buf *out)
{
    buf_adds(out, ",\"properties\":{");
    for (size_t i = 0; i < s->props_count; i++) {
        buf_adds(out, i ? "," : "");
        buf_add_json(out, s->props[i].name.p, s->props[i].name.n);
        buf_addc(out, ':');
        portable_node(s->props[i].node, !s->props[i].required, a, out);
    }
    buf_adds(out, "},\"required\":[");
    for (size_t i = 0; i < s->props_count; i++) {
        buf_adds(out, i ? "," : "");
        buf_add_json(out, s->props[i].name.p, s->props[i].name.n);
    }
    buf_adds(out, "],\"additionalProperties\":false");
}

static void portable_node(const struct schema *s, bool nullable, struct arena *a, struct buf *out)
{
    nullable = nullable && !permits_null(s);
    buf_addc(out, '{');
    size_t start = out->len;
    if (s->any_count) {
        buf_adds(out, "\"anyOf\":[");
        for (size_t i = 0; i < s->any_count; i++) {
            buf_adds(out, i ? "," : "");
            portable_node(s->any[i], false, a, out);
        }
        buf_adds(out, nullable ? ",{\"type\":\"null\"}]" : "]");
    } else {
        portable_types(s, nullable, out);
    }
    if (s->description.n) {
        buf_adds(out, out->len > start ? ",\"description\":" : "\"description\":");
        buf_add_json(out, s->description.p, s->description.n);
    }
    if (s->types != TYPE_ANY && s->types & TYPE_OBJ)
        portable_object(s, a, out);
    if (s->items && s->types & TYPE_ARR) {
        buf_adds(out, out->len > start ? ",\"items\":" : "\"items\":");
        portable_node(s->items, false, a, out);
    }
    for (size_t i = 0; i < s->allowed_count; i++) {
        char *text = json_write(a, s->allowed[i], NULL);
        buf_adds(out, i ? "," : out->len > start ? ",\"enum\":[" : "\"enum\":[");
        buf_adds(out, text ? text : "null");
    }
    if (s->allowed_count)
        buf_adds(out, nullable ? ",null]" : "]");
    buf_addc(out, '}');
}

struct str schema_portable(const struct schema *s, struct arena *a)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    portable_node(s, false, a, &out);
    char *p = buf_failed(&out) ? NULL : arena_strndup(a, buf_str(&out), out.len);
    struct str r = {.p = p, .n = p ? out.len : 0};
    buf_fini(&out);
    return r;
}
