#include "base/sheet.h"

#include <criterion/criterion.h>

static struct arena memory;

static struct sheet begin(void)
{
    struct sheet s;
    arena_init(&memory, (size_t)64 << 20);
    sheet_init(&s, &memory);
    return s;
}

Test(sheet, text_is_cleaned)
{
    struct sheet s = begin();
    static const char *const CASES[][2] = {
        {"plain", "plain"},
        {" a  b\t\nc ", "a b c"},
        {"o\xef\xac\x83"
         "ce",
         "office"},
        {"a\xc2\xa0z", "a z"},
        {"a\xe2\x80\x8b"
         "b",
         "ab"},
        {"\xe2\x80\xaeright", "right"},
        {"\xc2\xad", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
        cr_assert(str_eqc(sheet_clean(&s, str_of(CASES[i][0]), false), CASES[i][1]), "case %zu", i);
    cr_assert(str_eqc(sheet_clean(&s, STR("a  \n b\n"), true), "a\nb"));
    arena_fini(&memory);
}

Test(sheet, too_many_blocks_are_one_failure)
{
    struct sheet s = begin();
    for (size_t i = 0; i < SHEET_BLOCKS_MAX + 10; i++)
        sheet_piece_add(&s, &sheet_add(&s, SHEET_BULLET)->pieces, (struct sheet_piece){.text = STR("x")});
    cr_assert(s.failed);
    cr_assert_leq(s.n, SHEET_BLOCKS_MAX);
    arena_fini(&memory);
}
