/* JSON documents: JSON Resume as it is; FRESH (fresh-resume-schema) field by field to JSON Resume 1.0. What JSON Resume
 * has no field for is kept under the same name with "x_fresh_" before it. */
#include "pipeline/resume/resume_parts.h"

#include "pipeline/engine/profile.h"

struct fresh {
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;
    yyjson_val *in;
};

static void put(struct fresh *f, yyjson_mut_val *o, const char *key, yyjson_val *v)
{
    if (v && !yyjson_is_null(v) && !yyjson_mut_obj_get(o, key))
        yyjson_mut_obj_add_val(f->doc, o, key, yyjson_val_mut_copy(f->doc, v));
}

static void put_str(struct fresh *f, yyjson_mut_val *o, const char *key, struct str s)
{
    if (s.n && !yyjson_mut_obj_get(o, key))
        yyjson_mut_obj_add_strncpy(f->doc, o, key, s.p, s.n);
}

static yyjson_mut_val *object(struct fresh *f, yyjson_mut_val *o, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_obj(f->doc);
    if (v)
        yyjson_mut_obj_add_val(f->doc, o, key, v);
    return v;
}

/* FRESH field -> JSON Resume field; a row with to NULL ends the table. */
struct field {
    const char *from, *to;
};

static void copy_fields(struct fresh *f, yyjson_mut_val *o, yyjson_val *v, const struct field *fields)
{
    size_t i, n;
    yyjson_val *key, *item;
    yyjson_obj_foreach(v, i, n, key, item)
    {
        struct str name = json_str(key);
        const struct field *row = fields;
        while (row->from && !str_eqc(name, row->from))
            row++;
        if (row->from) {
            put(f, o, row->to, item);
        } else {
            char kept[80];
            snprintf(kept, sizeof(kept), "x_fresh_%.*s", (int)MIN(name.n, (size_t)60), name.p);
            put_str(f, o, kept, (struct str){0});
            yyjson_mut_val *k = yyjson_mut_strcpy(f->doc, kept);
            if (k && !yyjson_mut_obj_get(o, kept))
                yyjson_mut_obj_add(o, k, yyjson_val_mut_copy(f->doc, item));
        }
    }
}

static const struct field JOB[] = {{"employer", "name"},
                                   {"position", "position"},
                                   {"url", "url"},
                                   {"start", "startDate"},
                                   {"end", "endDate"},
                                   {"summary", "summary"},
                                   {"highlights", "highlights"},
                                   {"location", "location"},
                                   {"keywords", "x_keywords"},
                                   {NULL, NULL}};
static const struct field SERVICE[] = {
    {"organization", "organization"}, {"position", "position"}, {"url", "url"},
    {"start", "startDate"},           {"end", "endDate"},       {"summary", "summary"},
    {"highlights", "highlights"},     {"location", "location"}, {NULL, NULL}};
static const struct field SCHOOL[] = {{"institution", "institution"},
                                      {"area", "area"},
                                      {"studyType", "studyType"},
                                      {"title", "studyType"},
                                      {"url", "url"},
                                      {"start", "startDate"},
                                      {"end", "endDate"},
                                      {"grade", "score"},
                                      {"curriculum", "courses"},
                                      {"summary", "x_summary"},
                                      {"location", "location"},
                                      {NULL, NULL}};
static const struct field PROJECT[] = {{"title", "name"},          {"description", "description"},
                                       {"summary", "description"}, {"url", "url"},
                                       {"start", "startDate"},     {"end", "endDate"},
                                       {"keywords", "keywords"},   {"highlights", "highlights"},
                                       {"category", "type"},       {NULL, NULL}};
static const struct field AWARD[] = {
    {"title", "title"}, {"date", "date"}, {"from", "awarder"}, {"summary", "summary"}, {NULL, NULL}};
static const struct field WRITING[] = {{"title", "name"}, {"date", "releaseDate"}, {"publisher", "publisher"},
                                       {"url", "url"},    {"summary", "summary"},  {NULL, NULL}};
static const struct field LANGUAGE[] = {{"language", "language"}, {"level", "fluency"}, {NULL, NULL}};
static const struct field INTEREST[] = {{"name", "name"},
                                        {"keywords", "keywords"},
                                        {"summary", "x_summary"},
                                        {NULL, NULL}};
static const struct field REFERENCE[] = {{"name", "name"},
                                         {"quote", "reference"},
                                         {"summary", "reference"},
                                         {NULL, NULL}};
static const struct field SKILLSET[] = {{"name", "name"}, {"level", "level"}, {"skills", "keywords"}, {NULL, NULL}};
static const struct field SOCIAL[] = {
    {"network", "network"}, {"user", "username"}, {"url", "url"}, {"label", "network"}, {NULL, NULL}};
static const struct field SAMPLE[] = {
    {"title", "name"}, {"summary", "description"}, {"url", "url"}, {"date", "endDate"}, {NULL, NULL}};

static void array(struct fresh *f, yyjson_val *list, const char *to, const struct field *fields)
{
    size_t i, n;
    yyjson_val *item;
    yyjson_mut_val *out = yyjson_mut_obj_get(f->root, to);
    if (!yyjson_is_arr(list) || yyjson_arr_size(list) == 0)
        return;
    if (!out) {
        out = yyjson_mut_arr(f->doc);
        yyjson_mut_obj_add_val(f->doc, f->root, to, out);
    }
    yyjson_arr_foreach(list, i, n, item)
    {
        yyjson_mut_val *o = yyjson_mut_obj(f->doc);
        if (yyjson_is_obj(item))
            copy_fields(f, o, item, fields);
        else if (yyjson_is_str(item))
            put_str(f, o, fields[0].to, json_str(item));
        if (yyjson_mut_obj_size(o))
            yyjson_mut_arr_append(out, o);
    }
}

static void fresh_basics(struct fresh *f)
{
    yyjson_mut_val *b = object(f, f->root, "basics");
    yyjson_val *info = json_get_obj(f->in, "info"), *contact = json_get_obj(f->in, "contact"),
               *place = json_get_obj(f->in, "location");
    put_str(f, b, "name", json_get_str(f->in, "name"));
    put_str(f, b, "label", json_get_str(info, "label"));
    put_str(f, b, "summary", json_get_str(info, "brief"));
    put_str(f, b, "image", json_get_str(info, "image"));
    put_str(f, b, "email", json_get_str(contact, "email"));
    put_str(f, b, "phone", json_get_str(contact, "phone"));
    put_str(f, b, "url", json_get_str(contact, "website"));
    static const struct field PLACE[] = {{"address", "address"},     {"code", "postalCode"}, {"city", "city"},
                                         {"country", "countryCode"}, {"region", "region"},   {NULL, NULL}};
    if (place)
        copy_fields(f, object(f, b, "location"), place, PLACE);
    yyjson_val *social = json_get_arr(f->in, "social"), *item;
    size_t i, n;
    if (social) {
        yyjson_mut_val *list = yyjson_mut_arr(f->doc);
        yyjson_mut_obj_add_val(f->doc, b, "profiles", list);
        yyjson_arr_foreach(social, i, n, item)
        {
            yyjson_mut_val *o = yyjson_mut_arr_add_obj(f->doc, list);
            copy_fields(f, o, item, SOCIAL);
        }
    }
}

static yyjson_val *history(struct fresh *f, const char *key)
{
    yyjson_val *v = yyjson_obj_get(f->in, key);
    return yyjson_is_obj(v) ? json_get_arr(v, "history") : v;
}

static bool is_fresh(yyjson_val *root)
{
    struct str format = json_get_str(json_get_obj(root, "meta"), "format");
    return str_istarts(format, "FRESH") ||
           (!yyjson_obj_get(root, "basics") && yyjson_obj_get(root, "name") &&
            (yyjson_obj_get(root, "employment") || yyjson_obj_get(root, "contact") || yyjson_obj_get(root, "info")));
}

static int fresh_convert(struct arena *a, yyjson_val *root, struct str *ret, struct err *err)
{
    struct fresh f = {.doc = json_mut_new(a), .in = root};
    f.root = f.doc ? yyjson_mut_obj(f.doc) : NULL;
    if (!f.root)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    fresh_basics(&f);
    array(&f, history(&f, "employment"), "work", JOB);
    array(&f, history(&f, "service"), "volunteer", SERVICE);
    array(&f, history(&f, "education"), "education", SCHOOL);
    array(&f, history(&f, "projects"), "projects", PROJECT);
    yyjson_val *skills = yyjson_obj_get(root, "skills");
    if (yyjson_is_obj(skills)) {
        array(&f, json_get_arr(skills, "sets"), "skills", SKILLSET);
        if (!yyjson_mut_obj_get(f.root, "skills"))
            array(&f, json_get_arr(skills, "list"), "skills", SKILLSET);
    }
    array(&f, json_get_arr(root, "recognition"), "awards", AWARD);
    array(&f, json_get_arr(root, "writing"), "publications", WRITING);
    array(&f, json_get_arr(root, "languages"), "languages", LANGUAGE);
    array(&f, json_get_arr(root, "interests"), "interests", INTEREST);
    array(&f, json_get_arr(root, "references"), "references", REFERENCE);
    array(&f, json_get_arr(root, "testimonials"), "references", REFERENCE);
    array(&f, json_get_arr(root, "samples"), "projects", SAMPLE);
    static const char *const KNOWN[] = {"name",         "info",    "contact",   "location",  "social",
                                        "employment",   "service", "education", "projects",  "skills",
                                        "recognition",  "writing", "languages", "interests", "references",
                                        "testimonials", "samples", "meta"};
    size_t i, n;
    yyjson_val *key, *v;
    yyjson_obj_foreach(root, i, n, key, v)
    {
        bool known = false;
        for (size_t k = 0; k < ARRAY_LEN(KNOWN); k++)
            known = known || yyjson_equals_str(key, KNOWN[k]);
        char kept[80];
        snprintf(kept, sizeof(kept), "x_fresh_%.60s", yyjson_get_str(key));
        yyjson_mut_val *name = known ? NULL : yyjson_mut_strcpy(f.doc, kept);
        if (name && !yyjson_mut_obj_get(f.root, kept))
            yyjson_mut_obj_add(f.root, name, yyjson_val_mut_copy(f.doc, v));
    }
    size_t len;
    char *text = json_write_mut(a, f.root, &len);
    if (!text)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    *ret = (struct str){.p = text, .n = len};
    return 0;
}

int resume_read_json(struct arena *a, struct str bytes, struct str *ret, struct err *err)
{
    yyjson_val *root;
    struct profile *p;
    if (str_starts(bytes, "\xEF\xBB\xBF"))
        bytes = str_sub(bytes, 3, bytes.n);
    if (bytes.n > PROFILE_MAX_BYTES)
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    int rc = json_parse(a, bytes, &root, NULL, err);
    if (rc < 0)
        return rc;
    struct str json = bytes;
    if (yyjson_is_obj(root) && is_fresh(root))
        rc = fresh_convert(a, root, &json, err);
    if (rc == 0)
        rc = profile_read(a, json, &p, err);
    if (rc < 0)
        return rc;
    if (p->empty && p->name.n == 0)
        return doc_refuse(err, DOC_NOT_A_RESUME, NULL);
    *ret = json;
    return 0;
}
