/* The types of a JSON Resume 1.0 document, as one table per object. Unknown fields are nobody's business. null is read
 * as absent, because résumé builders write it for empty fields. */
#include "pipeline/engine/profile_parts.h"

enum check_type {
    CHECK_STR,
    CHECK_STRS,
    CHECK_OBJ,
    CHECK_OBJS,
    CHECK_TEXTS
}; /* TEXTS: one string or an array of strings */

struct check_field {
    const char *name;
    enum check_type type;
    const struct check_field *fields;
};

#define S(name_)                                                                                                       \
    {                                                                                                                  \
        name_, CHECK_STR, NULL                                                                                         \
    }
#define SS(name_)                                                                                                      \
    {                                                                                                                  \
        name_, CHECK_STRS, NULL                                                                                        \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, CHECK_STR, NULL                                                                                          \
    }

static const struct check_field LOCATION[] = {S("address"),     S("postalCode"), S("city"),
                                              S("countryCode"), S("region"),     END};
static const struct check_field PROFILES[] = {S("network"), S("username"), S("url"), END};
static const struct check_field BASICS[] = {S("name"),
                                            S("label"),
                                            S("image"),
                                            S("email"),
                                            S("phone"),
                                            S("url"),
                                            S("summary"),
                                            {"location", CHECK_OBJ, LOCATION},
                                            {"profiles", CHECK_OBJS, PROFILES},
                                            END};
static const struct check_field WORK[] = {S("name"), S("company"),   S("location"), S("description"), S("position"),
                                          S("url"),  S("startDate"), S("endDate"),  S("summary"),     SS("highlights"),
                                          END};
static const struct check_field VOLUNTEER[] = {S("organization"), S("position"), S("url"),         S("startDate"),
                                               S("endDate"),      S("summary"),  SS("highlights"), END};
static const struct check_field EDUCATION[] = {S("institution"), S("url"),       S("area"),
                                               S("studyType"),   S("startDate"), S("endDate"),
                                               S("score"),       SS("courses"),  END};
static const struct check_field AWARDS[] = {S("title"), S("date"), S("awarder"), S("summary"), END};
static const struct check_field CERTIFICATES[] = {S("name"), S("date"), S("url"), S("issuer"), END};
static const struct check_field PUBLICATIONS[] = {S("name"), S("publisher"), S("releaseDate"),
                                                  S("url"),  S("summary"),   END};
static const struct check_field SKILLS[] = {S("name"), S("level"), SS("keywords"), END};
static const struct check_field LANGUAGES[] = {S("language"), S("fluency"), END};
static const struct check_field INTERESTS[] = {S("name"), SS("keywords"), END};
static const struct check_field REFERENCES[] = {S("name"), S("reference"), END};
static const struct check_field PROJECTS[] = {
    S("name"),    S("description"), SS("highlights"), SS("keywords"), S("startDate"),
    S("endDate"), S("url"),         SS("roles"),      S("entity"),    S("type"),
    END};
static const struct check_field META[] = {S("canonical"), S("version"), S("lastModified"), END};
static const struct check_field ROOT[] = {{"basics", CHECK_OBJ, BASICS},
                                          {"work", CHECK_OBJS, WORK},
                                          {"volunteer", CHECK_OBJS, VOLUNTEER},
                                          {"education", CHECK_OBJS, EDUCATION},
                                          {"awards", CHECK_OBJS, AWARDS},
                                          {"certificates", CHECK_OBJS, CERTIFICATES},
                                          {"publications", CHECK_OBJS, PUBLICATIONS},
                                          {"skills", CHECK_OBJS, SKILLS},
                                          {"languages", CHECK_OBJS, LANGUAGES},
                                          {"interests", CHECK_OBJS, INTERESTS},
                                          {"references", CHECK_OBJS, REFERENCES},
                                          {"projects", CHECK_OBJS, PROJECTS},
                                          {"meta", CHECK_OBJ, META},
                                          {"x_goals", CHECK_TEXTS, NULL},
                                          END};

static int check_strs(yyjson_val *v, const char *pointer, struct err *err)
{
    if (!yyjson_is_arr(v))
        return err_set_at(err, ERR_INVALID, pointer, "%s must be an array of strings", pointer);
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(v, i, n, item)
    {
        if (yyjson_is_str(item))
            continue;
        char at[ERR_POINTER_BYTES];
        memcpy(at, pointer, strlen(pointer) + 1);
        json_pointer_add_index(at, sizeof(at), i);
        return err_set_at(err, ERR_INVALID, at, "%s must be a string", at);
    }
    return 0;
}

static int check_object(yyjson_val *obj, const struct check_field *fields, const char *pointer, struct err *err);

static int check_objs(yyjson_val *v, const struct check_field *fields, const char *pointer, struct err *err)
{
    if (!yyjson_is_arr(v))
        return err_set_at(err, ERR_INVALID, pointer, "%s must be an array of objects", pointer);
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(v, i, n, item)
    {
        char at[ERR_POINTER_BYTES];
        memcpy(at, pointer, strlen(pointer) + 1);
        json_pointer_add_index(at, sizeof(at), i);
        if (!yyjson_is_obj(item))
            return err_set_at(err, ERR_INVALID, at, "%s must be an object", at);
        int rc = check_object(item, fields, at, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_value(yyjson_val *v, const struct check_field *f, const char *pointer, struct err *err)
{
    switch (f->type) {
    case CHECK_STR:
        return yyjson_is_str(v) ? 0 : err_set_at(err, ERR_INVALID, pointer, "%s must be a string", pointer);
    case CHECK_STRS:
        return check_strs(v, pointer, err);
    case CHECK_TEXTS:
        return yyjson_is_str(v) ? 0 : check_strs(v, pointer, err);
    case CHECK_OBJ:
        if (!yyjson_is_obj(v))
            return err_set_at(err, ERR_INVALID, pointer, "%s must be an object", pointer);
        return check_object(v, f->fields, pointer, err);
    case CHECK_OBJS:
        return check_objs(v, f->fields, pointer, err);
    }
    return 0;
}

static int check_object(yyjson_val *obj, const struct check_field *fields, const char *pointer, struct err *err)
{
    size_t i, n;
    yyjson_val *key, *v;
    yyjson_obj_foreach(obj, i, n, key, v)
    {
        if (yyjson_is_null(v))
            continue;
        const struct check_field *f = fields;
        while (f->name && !yyjson_equals_str(key, f->name))
            f++;
        if (!f->name)
            continue;
        char at[ERR_POINTER_BYTES];
        memcpy(at, pointer, strlen(pointer) + 1);
        json_pointer_add(at, sizeof(at), f->name);
        int rc = check_value(v, f, at, err);
        if (rc)
            return rc;
    }
    return 0;
}

int profile_check(yyjson_val *root, struct err *err)
{
    if (!yyjson_is_obj(root))
        return err_set_at(err, ERR_INVALID, "", "a profile must be a JSON object (JSON Resume 1.0)");
    return check_object(root, ROOT, "", err);
}
