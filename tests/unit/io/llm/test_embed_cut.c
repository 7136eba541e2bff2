#include <criterion/criterion.h>
#include <string.h>
#include "io/llm/embed_cut.h"

static bool cuts(const char *body, size_t n, struct llm_cut *cut)
{
    static struct str elements[8];
    return llm_embed_cut(str_of(body), n, elements, cut);
}

static const char *part(const struct llm_cut *cut, size_t first, size_t count)
{
    static char text[1024];
    struct buf b;
    buf_init(&b, sizeof(text) - 1);
    llm_embed_cut_part(cut, first, count, &b);
    strcpy(text, buf_str(&b));
    buf_fini(&b);
    return text;
}

Test(embed_cut, every_part_is_the_answer_with_its_own_elements)
{
    struct llm_cut cut;
    cr_assert(
        cuts("{\"object\":\"list\", \"data\" : [ {\"index\":0,\"embedding\":\"AA\"} ,\n{\"index\":1,\"embedding\":"
             "[1, 2]},{\"index\":2,\"embedding\":\"CC\"}],\"usage\":{\"prompt_tokens\":9}}\n",
             3, &cut));
    cr_assert_str_eq(part(&cut, 0, 1),
                     "{\"object\":\"list\", \"data\" : [{\"index\":0,\"embedding\":\"AA\"}],\"usage\":"
                     "{\"prompt_tokens\":9}}\n");
    cr_assert_str_eq(part(&cut, 1, 2),
                     "{\"object\":\"list\", \"data\" : [{\"index\":1,\"embedding\":[1, 2]},{\"index\":2,"
                     "\"embedding\":\"CC\"}],\"usage\":{\"prompt_tokens\":9}}\n");
}

Test(embed_cut, the_index_decides_and_its_place_when_there_is_none)
{
    struct llm_cut cut;
    cr_assert(cuts("{\"data\":[{\"embedding\":\"b\",\"index\":1},{\"index\" : 0 ,\"embedding\":\"a\"}]}", 2, &cut));
    cr_assert_str_eq(part(&cut, 0, 1), "{\"data\":[{\"index\" : 0 ,\"embedding\":\"a\"}]}");
    cr_assert(cuts("{\"data\":[{\"embedding\":\"a\"},{\"embedding\":\"b\"}]}", 2, &cut));
    cr_assert_str_eq(part(&cut, 1, 1), "{\"data\":[{\"embedding\":\"b\"}]}");
}

Test(embed_cut, brackets_and_names_in_strings_and_deeper_are_no_matter)
{
    struct llm_cut cut;
    cr_assert(cuts("{\"note\":\"]}\\\"{[\\\\\",\"data2\":{\"data\":[1,{\"index\":7}]},\"data\":[{\"x\":{\"index\":5},"
                   "\"s\":\"}],\\\"\",\"index\":0}],\"n\":-1.5e3,\"t\":true}",
                   1, &cut));
    cr_assert_str_eq(part(&cut, 0, 1) + 59,
                     "[{\"x\":{\"index\":5},\"s\":\"}],\\\"\",\"index\":0}],\"n\":-1.5e3,\"t\":true}");
}

Test(embed_cut, another_shape_is_not_cut)
{
    static const char *const not [] = {
        "",
        "[]",
        "{}",
        "{\"data\":[]}",
        "{\"data\":[{\"index\":0}]}",                             /* one too few */
        "{\"data\":[{\"index\":0},{\"index\":1},{\"index\":2}]}", /* one too many */
        "{\"data\":[{\"index\":0},{\"index\":0}]}",               /* twice */
        "{\"data\":[{\"index\":0},{\"index\":2}]}",               /* of nobody */
        "{\"data\":[{\"index\":-1},{\"index\":0}]}",
        "{\"data\":[{\"index\":0},{\"index\":\"1\"}]}",
        "{\"data\":[{\"index\":0},{\"index\":99999999999999999999}]}",
        "{\"data\":[{\"index\":0},[1]]}",
        "{\"data\":[{\"index\":0},{\"index\":1}],\"data\":[{\"index\":0},{\"index\":1}]}",
        "{\"data\":[{\"index\":0},{\"index\":1}]", /* cut short */
        "{\"data\":[{\"index\":0},{\"index\":1}]} more",
        "{\"data\":[{\"index\":0},{\"index\":1,\"embedding\":\"AAA",
        "{\"data\":[{\"index\":0,\"index\":1},{\"index\":1}]}",
        "{\"data\":[{\"\\u0069ndex\":1},{\"index\":0}]}",
        "{\"d\\u0061ta\":[{},{}],\"data\":[{\"index\":0},{\"index\":1}]}",
        "{\"error\":{\"message\":\"no\"}}",
        "<html>",
    };
    struct llm_cut cut;
    for (size_t i = 0; i < ARRAY_LEN(not ); i++)
        cr_assert_not(cuts(not [i], 2, &cut), "%s", not [i]);
}

Test(embed_cut, cut_anywhere_short_it_is_not_cut)
{
    static const char whole[] = "{\"object\":\"list\",\"data\":[{\"index\":0,\"embedding\":\"A\\\"A\"},{\"index\":1,"
                                "\"embedding\":[0.5,-1]}],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}";
    struct str elements[2];
    struct llm_cut cut;
    cr_assert(llm_embed_cut(str_of(whole), 2, elements, &cut));
    for (size_t n = 0; n < sizeof(whole) - 1; n++)
        cr_assert_not(llm_embed_cut((struct str){.p = whole, .n = n}, 2, elements, &cut), "%zu bytes", n);
}
