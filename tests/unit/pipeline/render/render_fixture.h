/* What the tests of documents share: a résumé that fills every section of the standard, and helpers. */
#pragma once

#include <criterion/criterion.h>
#include "pipeline/engine/lint.h"
#include "pipeline/render/render.h"

static const char FIXTURE_FULL[] =
    "{\"basics\":{\"name\":\"Ana Núñez\",\"label\":\"Analyst\",\"image\":\"a.png\",\"email\":\"ana@example.com\","
    "\"phone\":\"+34 600 000 000\",\"url\":\"https://ana.example.com\",\"summary\":\"Works with data. See "
    "https://x.example/y.\",\"location\":{\"address\":\"Calle 1\",\"postalCode\":\"28001\",\"city\":\"Madrid\","
    "\"countryCode\":\"ES\",\"region\":\"Madrid Region\"},\"profiles\":[{\"network\":\"GitHub\",\"username\":\"anan\","
    "\"url\":\"https://github.example/anan\"},{\"network\":\"Fora\",\"username\":\"ana7\"}]},"
    "\"work\":[{\"name\":\"Quay\",\"position\":\"Lead\",\"location\":\"Lyon\",\"description\":\"Shipping\",\"url\":"
    "\"https://quay.example\",\"startDate\":\"2021-03-04\",\"summary\":\"Ledger team.\",\"highlights\":[\"Cut "
    "latency\","
    "\"Ran 3 teams\"]},{\"name\":\"Ombre\",\"position\":\"Clerk\",\"startDate\":\"Summer 2018\",\"endDate\":\"2021\"}],"
    "\"volunteer\":[{\"organization\":\"Food Bank\",\"position\":\"Driver\",\"url\":\"https://fb.example\","
    "\"startDate\":\"2015\",\"endDate\":\"2016\",\"summary\":\"Weekends.\",\"highlights\":[\"Drove the van\"]}],"
    "\"education\":[{\"institution\":\"UPM\",\"url\":\"https://upm.example\",\"area\":\"Statistics\",\"studyType\":"
    "\"BSc\",\"startDate\":\"2010\",\"endDate\":\"2014\",\"score\":\"8.1\",\"courses\":[\"Inference\",\"Algebra\"]}],"
    "\"awards\":[{\"title\":\"Prize\",\"date\":\"2019-05\",\"awarder\":\"City\",\"summary\":\"For a map.\"}],"
    "\"certificates\":[{\"name\":\"CKA\",\"date\":\"2022-06\",\"url\":\"https://cka.example\",\"issuer\":\"CNCF\"}],"
    "\"publications\":[{\"name\":\"On Maps\",\"publisher\":\"Journal\",\"releaseDate\":\"2020-02\",\"url\":"
    "\"https://doi.example/1\",\"summary\":\"About maps.\"}],"
    "\"skills\":[{\"name\":\"Data\",\"level\":\"Expert\",\"keywords\":[\"SQL\",\"R\"]}],"
    "\"languages\":[{\"language\":\"Spanish\",\"fluency\":\"Native\"}],"
    "\"interests\":[{\"name\":\"Rowing\",\"keywords\":[\"Eights\"]}],"
    "\"references\":[{\"name\":\"Bo Li\",\"reference\":\"Reliable.\"}],"
    "\"projects\":[{\"name\":\"Mapper\",\"description\":\"Draws maps\",\"highlights\":[\"1,900 stars\"],\"keywords\":"
    "[\"Go\"],\"startDate\":\"2022\",\"endDate\":\"2023\",\"url\":\"https://map.example\",\"roles\":[\"Author\"],"
    "\"entity\":\"OSS\",\"type\":\"application\"}],"
    "\"meta\":{\"lastModified\":\"2024-05-06T00:00:00Z\"},\"x_goals\":[\"a secret "
    "wish\"],\"x_kept\":{\"n\":[1,2.5,null]}}";

static inline struct arena *fixture_memory(void)
{
    struct arena *a = malloc(sizeof(*a));
    cr_assert_not_null(a);
    arena_init(a, (size_t)256 * 1024 * 1024);
    return a;
}

static inline yyjson_val *fixture_json(struct arena *a, const char *text)
{
    yyjson_val *root = NULL;
    struct err err = {0};
    cr_assert_eq(json_parse(a, str_of(text), &root, NULL, &err), 0, "%s", err.msg);
    return root;
}

/* The document in a format; fails the test when it cannot be made. */
static inline struct str fixture_render(struct arena *a, const char *json, struct render_options how,
                                        struct render_notes *notes)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, RENDER_MAX_BYTES);
    cr_assert_eq(render_document(a, fixture_json(a, json), how, &out, notes, &err), 0, "%s", err.msg);
    char *copy = arena_strndup(a, buf_str(&out), out.len);
    struct str s = {.p = copy, .n = out.len};
    cr_assert_not_null(copy);
    buf_fini(&out);
    return s;
}

static inline bool fixture_has(struct str s, const char *text)
{
    return str_find(s, str_of(text)) >= 0;
}
