/* Every text of the standard's sections: characters that do not survive, markup, wording. One finding per text and
 * rule. */
#include "pipeline/engine/lint_parts.h"

#include "base/utf8.h"
#include "pipeline/engine/lex.h"

#define CAPITALS_MIN 20
#define DEPTH_MAX    8

static bool is_prose(const char *key)
{
    return strcmp(key, "summary") == 0 || strcmp(key, "highlights") == 0 || strcmp(key, "description") == 0;
}

static bool is_web(const char *key)
{
    return strcmp(key, "url") == 0 || strcmp(key, "website") == 0;
}

struct kinds {
    bool ligature, invisible, private_use, pictograph, bullet, mojibake;
    size_t upper, lower, tabs, pipes;
};

static void look(struct str s, struct kinds *k)
{
    uint32_t before = 0;
    for (bool first = true; s.n; first = false) {
        uint32_t cp;
        size_t len = utf8_decode(s, &cp);
        k->ligature |= cp >= 0xfb00 && cp <= 0xfb06;
        k->invisible |= cp == 0xad || (cp >= 0x200b && cp <= 0x200b) || (cp >= 0x202a && cp <= 0x202e) ||
                        (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe0fff);
        k->private_use |= (cp >= 0xe000 && cp <= 0xf8ff) || cp == 0xfffd || cp >= 0xf0000;
        k->pictograph |= (cp >= 0x1f000 && cp <= 0x1faff) || (cp >= 0x2600 && cp <= 0x27bf);
        k->bullet |= first && (cp == 0x2022 || cp == 0x25cf || cp == 0x25aa || cp == 0x2023 || cp == 0x2043 ||
                               cp == 0x2192 || cp == 0x27a2 || cp == 0xb7);
        k->mojibake |= (before == 0xc3 && cp >= 0x80 && cp <= 0xbf) || (before == 0xe2 && cp == 0x20ac);
        k->upper += cp >= 'A' && cp <= 'Z';
        k->lower += cp >= 'a' && cp <= 'z';
        k->tabs += cp == '\t';
        k->pipes += cp == '|';
        before = cp;
        s = str_sub(s, len, s.n);
    }
}

static void lint_characters(struct linter *l, struct str s, const char *at)
{
    struct kinds k = {0};
    look(s, &k);
    if (k.ligature || k.private_use)
        lint_say(l, LINT_WARNING, "unsearchable_characters", at,
                 "Ligatures or symbols of a private font: searches miss the word.");
    if (k.invisible)
        lint_say(l, LINT_WARNING, "invisible_characters", at,
                 "Invisible characters look like hidden text; they are dropped.");
    if (k.pictograph)
        lint_say(l, LINT_INFO, "pictograph", at, "Emoji and pictographs become boxes or nothing in many systems.");
    if (k.bullet || str_starts(s, "- ") || str_starts(s, "* "))
        lint_say(l, LINT_INFO, "typed_bullet", at, "The bullet is drawn by the document: leave it out of the text.");
    if (k.mojibake)
        lint_say(l, LINT_WARNING, "mojibake", at, "Letters of a wrong encoding, like “Ã©” for “é”.");
    if (k.tabs || k.pipes >= 3)
        lint_say(l, LINT_WARNING, "table_in_text", at, "Tabs or bars as columns: parsers read them as one line.");
    if (k.upper >= CAPITALS_MIN && k.lower == 0)
        lint_say(l, LINT_INFO, "all_capitals", at, "Capitals throughout are hard to read.");
}

static bool has_markup(struct str s)
{
    for (size_t i = 0; i + 2 < s.n; i++) {
        bool tag = s.p[i] == '<' && (str_is_alpha(s.p[i + 1]) || s.p[i + 1] == '/') &&
                   str_find(str_sub(s, i, s.n), STR(">")) > 0;
        bool bold = s.p[i] == '*' && s.p[i + 1] == '*' && str_find(str_sub(s, i + 2, s.n), STR("**")) > 0;
        bool link = s.p[i] == ']' && s.p[i + 1] == '(' && str_istarts(str_sub(s, i + 2, s.n), "http");
        if (tag || bold || link)
            return true;
    }
    return false;
}

/* "[Company]", "[Your title]": a template that was not filled in. */
static bool has_blank(struct str s)
{
    static const char *const WORDS[] = {"[your",  "[insert", "[company", "[name", "[number",
                                        "[title", "[date",   "[x]",      "xx%"};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (str_ifind(s, str_of(WORDS[i])) >= 0)
            return true;
    return false;
}

static void lint_wording(struct linter *l, struct str s, const char *at, bool item)
{
    static const char *const PRONOUNS[] = {"my", "me", "myself", NULL};
    if (item &&
        (str_starts(s, "I ") || str_find(s, STR(" I ")) >= 0 || str_starts(s, "I'") || lex_has_any(s, PRONOUNS)))
        lint_say(l, LINT_INFO, "first_person", at, "Items are written without “I” and “my”.");
    if (has_markup(s))
        lint_say(l, LINT_WARNING, "markup", at, "HTML or Markdown inside the text is printed as it stands.");
    if (has_blank(s))
        lint_say(l, LINT_ERROR, "template_left", at, "A part of a template was not filled in.");
    if (item && memchr(s.p, '\n', s.n))
        lint_say(l, LINT_INFO, "line_breaks", at, "Line breaks inside an item become spaces.");
}

static void lint_web(struct linter *l, struct str s, const char *at)
{
    if (str_find(s, STR(" ")) >= 0 || str_find(s, STR(".")) < 1)
        lint_say(l, LINT_WARNING, "url_invalid", at, "This is no web address.");
}

static void lint_value(struct linter *l, yyjson_val *v, const char *key, char at[LINT_POINTER_BYTES], int depth)
{
    size_t i, n, length = strlen(at);
    yyjson_val *name, *item;
    if (depth > DEPTH_MAX)
        return;
    if (yyjson_is_str(v)) {
        struct str s = str_trim(json_str(v));
        if (s.n == 0)
            return;
        lint_characters(l, s, at);
        if (is_web(key))
            lint_web(l, s, at);
        else if (is_prose(key))
            lint_wording(l, s, at, strcmp(key, "highlights") == 0);
    } else if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item)
        {
            json_pointer_add_index(at, LINT_POINTER_BYTES, i);
            lint_value(l, item, key, at, depth + 1);
            at[length] = 0;
        }
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, name, item)
        {
            json_pointer_add(at, LINT_POINTER_BYTES, yyjson_get_str(name));
            lint_value(l, item, yyjson_get_str(name), at, depth + 1);
            at[length] = 0;
        }
    }
}

void lint_texts(struct linter *l)
{
    static const char *const SECTIONS[] = {"basics",    "work",         "volunteer",    "education",
                                           "awards",    "certificates", "skills",       "languages",
                                           "interests", "references",   "publications", "projects"};
    for (size_t i = 0; i < ARRAY_LEN(SECTIONS); i++) {
        char at[LINT_POINTER_BYTES] = "";
        json_pointer_add(at, sizeof(at), SECTIONS[i]);
        lint_value(l, yyjson_obj_get(l->root, SECTIONS[i]), SECTIONS[i], at, 0);
    }
}
