/* A cover letter as blocks: the paragraphs of its body, which is the text that was checked; nothing is added to it. A
 * line break inside a paragraph stays (the signature). */
#include "pipeline/render/render_int.h"

/* Takes the next paragraph (up to an empty line) off *rest. */
static bool next_paragraph(struct str *rest, struct str *ret)
{
    struct str line;
    const char *from = NULL, *to = NULL;
    while (str_next_line(rest, &line)) {
        if (str_trim(line).n == 0) {
            if (from)
                break;
            continue;
        }
        from = from ? from : line.p;
        to = line.p + line.n;
    }
    *ret = from ? (struct str){.p = from, .n = (size_t)(to - from)} : str_of("");
    return from != NULL;
}

/* Who signs: the line behind "Best regards,". */
static struct str signer(struct str last)
{
    struct str line, name = str_of("");
    if (str_next_line(&last, &line) && str_trim(line).n && str_trim(line).p[str_trim(line).n - 1] == ',')
        (void)str_next_line(&last, &name);
    return name;
}

static bool signed_in_america(struct str last)
{
    struct str line;
    while (str_next_line(&last, &line))
        if (render_phone_is_american(str_trim(line)))
            return true;
    return false;
}

int letter_to_sheet(struct arena *a, yyjson_val *letter, struct sheet *ret, struct err *err)
{
    struct str rest = json_get_str(letter, "body"), text, last = str_of("");
    sheet_init(ret, a);
    while (next_paragraph(&rest, &text)) {
        last = sheet_clean(ret, text, true);
        if (last.n)
            render_prose(ret, sheet_add(ret, SHEET_PARAGRAPH), last);
    }
    ret->letter = true;
    ret->author = signer(last);
    ret->paper = signed_in_america(last) ? SHEET_LETTER : SHEET_A4;
    ret->title = STR("Cover letter");
    if (ret->author.n) {
        char *title = arena_printf(a, STR_FMT " – Cover letter", STR_ARG(ret->author));
        ret->failed = ret->failed || !title;
        ret->title = str_of(title);
    }
    ret->date = render_date(json_get_str(letter, "created_at"));
    if (json_get_str(letter, "language").n)
        ret->language = json_get_str(letter, "language");
    return ret->failed ? err_set(err, ERR_MEMORY, "the letter needs more memory than its limit") : 0;
}
