#include <criterion/criterion.h>
#include <string.h>
#include "cli/names.h"

static void expect(long index, const char *text, const char *name)
{
    char out[NAMES_BYTES];
    cr_assert_str_eq(names_folder(index, str_of(text), out), name);
}

Test(names, text_becomes_a_readable_name)
{
    expect(7, "Acme: Senior Engineer", "0007-acme-senior-engineer");
    expect(12345, "a_b.c", "12345-a_b.c");
    expect(0, "", "0000");
}

Test(names, nothing_leads_out_of_the_folder)
{
    expect(1, "../../etc/passwd", "0001-etc-passwd");
    expect(1, "..", "0001");
    expect(1, ".hidden", "0001-hidden");
    expect(1, "a/../b", "0001-a-b");
    expect(1, "con.", "0001-con");
    expect(1, "a\\b", "0001-a-b");
}

Test(names, bytes_that_are_not_letters_are_one_dash)
{
    expect(3, "Zürich \x01\xff!!", "0003-z-rich");
}

Test(names, long_texts_are_cut)
{
    char text[500], out[NAMES_BYTES];
    memset(text, 'x', sizeof(text));
    names_folder(1, (struct str){.p = text, .n = sizeof(text)}, out);
    cr_assert_lt(strlen(out), NAMES_BYTES);
}
