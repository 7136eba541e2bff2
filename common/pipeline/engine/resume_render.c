/* A JSON Resume as one column of text, in two dresses: Markdown and plain. Headings are the ones that parsers of
 * résumés know. Sections with nothing to say are left out; every string of the standard's sections is written, in the
 * order work, projects, volunteer, education, skills, ... */
#include "pipeline/engine/tailor.h"

#include "base/buf.h"
#include "pipeline/engine/profile_parts.h"

#define RENDER_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define SEP              " · "

struct render {
    struct buf b;
    struct arena *a;
    bool markdown;
};

static struct str field(yyjson_val *obj, const char *key)
{
    return str_trim(json_get_str(obj, key));
}

/* Text on one line; in Markdown the characters that would become markup are escaped. */
static void put(struct render *r, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n' || c == '\r' || c == '\t')
            c = ' ';
        bool inner = i > 0 && i + 1 < s.n && str_is_alnum(s.p[i - 1]) && str_is_alnum(s.p[i + 1]);
        if (r->markdown &&
            (c == '*' || c == '`' || c == '\\' || c == '<' || c == '[' || c == ']' || (c == '_' && !inner)))
            buf_addc(&r->b, '\\');
        if (r->markdown && i == 0 && (c == '#' || c == '>' || ((c == '-' || c == '+') && s.n > 1 && s.p[1] == ' ')))
            buf_addc(&r->b, '\\');
        buf_addc(&r->b, c);
    }
}

static void puts_(struct render *r, const char *s)
{
    buf_adds(&r->b, s);
}

static void section(struct render *r, const char *title)
{
    if (r->markdown) {
        puts_(r, "\n## ");
        puts_(r, title);
        puts_(r, "\n");
        return;
    }
    puts_(r, "\n");
    for (const char *c = title; *c; c++)
        buf_addc(&r->b, *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c);
    puts_(r, "\n");
}

/* What stands between parts of a line: a comma, or a dash when one of the parts has a comma itself, so that the line
 * can be taken apart again. */
static const char *between(const struct str *parts, size_t n)
{
    size_t given = 0;
    bool comma = false;
    for (size_t i = 0; i < n; i++) {
        given += parts[i].n > 0;
        comma = comma || str_find(parts[i], STR(", ")) >= 0;
    }
    return comma && given > 1 ? " — " : ", ";
}

/* The first line of an entry, in bold or as a Markdown heading. Empty parts are skipped. dash: also without a comma. */
static void entry_head(struct render *r, struct str main, struct str second, struct str third, bool dash)
{
    struct str parts[] = {main, second, third};
    const char *sep = dash ? " — " : between(parts, ARRAY_LEN(parts));
    bool any = false;
    puts_(r, r->markdown ? "\n### " : "\n");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].n == 0)
            continue;
        if (any)
            puts_(r, sep);
        put(r, parts[i]);
        any = true;
    }
    puts_(r, "\n");
}

static bool line_part(struct render *r, bool any, struct str s)
{
    if (s.n == 0)
        return any;
    if (any)
        puts_(r, SEP);
    put(r, s);
    return true;
}

static struct str dates_of(struct render *r, yyjson_val *obj)
{
    struct str end = field(obj, "endDate");
    struct employment e = {.start = month_parse(field(obj, "startDate")), .end = month_parse(end)};
    e.current = e.start.y && e.end.y == 0;
    return profile_dates(r->a, &e);
}

static struct str date_of(struct render *r, yyjson_val *obj, const char *key)
{
    struct employment e = {.end = month_parse(field(obj, key))};
    return profile_dates(r->a, &e);
}

static void paragraph(struct render *r, struct str s)
{
    if (s.n == 0)
        return;
    if (r->markdown)
        puts_(r, "\n");
    put(r, s);
    puts_(r, "\n");
}

static void bullets(struct render *r, yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    bool first = true;
    yyjson_arr_foreach(list, i, n, item)
    {
        struct str s = str_trim(json_str(item));
        if (s.n == 0)
            continue;
        if (first && r->markdown)
            puts_(r, "\n");
        first = false;
        puts_(r, "- ");
        put(r, s);
        puts_(r, "\n");
    }
}

/* A list in one line; semicolons when one of its items has a comma. */
static void words(struct render *r, yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    bool any = false, comma = false;
    yyjson_arr_foreach(list, i, n, item) comma = comma || str_find(json_str(item), STR(",")) >= 0;
    yyjson_arr_foreach(list, i, n, item)
    {
        struct str s = str_trim(json_str(item));
        if (s.n == 0)
            continue;
        puts_(r, any ? (comma ? "; " : ", ") : "");
        put(r, s);
        any = true;
    }
}

static void details(struct render *r, struct str x, struct str y, struct str z)
{
    if (x.n + y.n + z.n == 0)
        return;
    if (r->markdown)
        puts_(r, "\n");
    bool any = line_part(r, false, x);
    any = line_part(r, any, y);
    line_part(r, any, z);
    puts_(r, "\n");
}

static void basics(struct render *r, yyjson_val *root)
{
    yyjson_val *b = json_get_obj(root, "basics"), *place = json_get_obj(b, "location"), *item;
    size_t i, n;
    struct str name = field(b, "name"), label = field(b, "label"), summary = field(b, "summary");
    puts_(r, r->markdown && name.n ? "# " : "");
    put(r, name);
    puts_(r, name.n ? "\n" : "");
    paragraph(r, label);
    if (r->markdown)
        puts_(r, "\n");
    size_t before = r->b.len;
    bool any = line_part(r, false, field(b, "email"));
    any = line_part(r, any, field(b, "phone"));
    struct str parts[] = {field(place, "address"), field(place, "postalCode"), field(place, "city"),
                          field(place, "region"), field(place, "countryCode")};
    bool in_place = false;
    for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
        if (parts[k].n == 0)
            continue;
        puts_(r, in_place ? ", " : any ? SEP : "");
        put(r, parts[k]);
        in_place = any = true;
    }
    any = line_part(r, any, field(b, "url").n ? field(b, "url") : field(b, "website"));
    yyjson_arr_foreach(json_get_arr(b, "profiles"), i, n, item)
    {
        struct str url = field(item, "url"), network = field(item, "network"), user = field(item, "username");
        if (url.n) {
            any = line_part(r, any, url);
        } else if (user.n) {
            any = line_part(r, any, network.n ? network : user);
            puts_(r, network.n ? ": " : "");
            put(r, network.n ? user : (struct str){.p = "", .n = 0});
        }
    }
    puts_(r, r->b.len > before ? "\n" : "");
    if (summary.n) {
        section(r, "Summary");
        paragraph(r, summary);
    }
}

/* Whether anything in the value is a text that is not blank. */
static bool says_something(yyjson_val *v)
{
    size_t i, n;
    yyjson_val *key, *item;
    if (yyjson_is_str(v))
        return str_trim(json_str(v)).n > 0;
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) if (says_something(item)) return true;
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) if (says_something(item)) return true;
    }
    return false;
}

static void work(struct render *r, yyjson_val *o)
{
    struct str name = field(o, "name").n ? field(o, "name") : field(o, "company");
    entry_head(r, field(o, "position"), name, (struct str){.p = "", .n = 0}, false);
    details(r, dates_of(r, o), field(o, "location"), field(o, "description"));
    details(r, field(o, "url").n ? field(o, "url") : field(o, "website"), (struct str){0}, (struct str){0});
    paragraph(r, field(o, "summary"));
    bullets(r, json_get_arr(o, "highlights"));
}

static void project(struct render *r, yyjson_val *o)
{
    entry_head(r, field(o, "name"), field(o, "entity"), (struct str){.p = "", .n = 0}, true);
    details(r, dates_of(r, o), field(o, "type"), field(o, "url"));
    paragraph(r, field(o, "description"));
    bullets(r, json_get_arr(o, "highlights"));
    if (says_something(json_get_arr(o, "roles"))) {
        puts_(r, r->markdown ? "\nRole: " : "Role: ");
        words(r, json_get_arr(o, "roles"));
        puts_(r, "\n");
    }
    if (says_something(json_get_arr(o, "keywords"))) {
        puts_(r, r->markdown ? "\nWith: " : "With: ");
        words(r, json_get_arr(o, "keywords"));
        puts_(r, "\n");
    }
}

static void volunteer(struct render *r, yyjson_val *o)
{
    entry_head(r, field(o, "position"), field(o, "organization"), (struct str){.p = "", .n = 0}, false);
    details(r, dates_of(r, o), field(o, "location"), field(o, "url"));
    paragraph(r, field(o, "summary"));
    bullets(r, json_get_arr(o, "highlights"));
}

static void education(struct render *r, yyjson_val *o)
{
    struct str type = field(o, "studyType"), area = field(o, "area");
    if (type.n && area.n) {
        char *both = arena_printf(r->a, STR_FMT "%s" STR_FMT, STR_ARG(type),
                                  str_find(type, STR(" in ")) >= 0 ? ", " : " in ", STR_ARG(area));
        type = str_of(both);
        area = (struct str){.p = "", .n = 0};
    }
    entry_head(r, type, area, field(o, "institution"), false);
    struct str score = field(o, "score").n ? field(o, "score") : field(o, "gpa");
    if (score.n) {
        char *text = arena_printf(r->a, "Grade: " STR_FMT, STR_ARG(score));
        score = str_of(text);
    }
    details(r, dates_of(r, o), score, field(o, "url"));
    if (says_something(json_get_arr(o, "courses"))) {
        puts_(r, r->markdown ? "\nCourses: " : "Courses: ");
        words(r, json_get_arr(o, "courses"));
        puts_(r, "\n");
    }
}

static void skill(struct render *r, yyjson_val *o)
{
    struct str name = field(o, "name"), level = field(o, "level");
    bool list = says_something(json_get_arr(o, "keywords"));
    puts_(r, r->markdown ? "- **" : "- ");
    put(r, name);
    puts_(r, r->markdown ? "**" : "");
    if (level.n) {
        puts_(r, " (");
        put(r, level);
        puts_(r, ")");
    }
    puts_(r, list ? ": " : "");
    words(r, json_get_arr(o, "keywords"));
    puts_(r, "\n");
}

static void line(struct render *r, struct str a, struct str b, struct str c, struct str d)
{
    struct str parts[] = {a, b};
    const char *sep = between(parts, ARRAY_LEN(parts));
    puts_(r, "- ");
    put(r, a);
    if (b.n) {
        puts_(r, sep);
        put(r, b);
    }
    if (c.n) {
        puts_(r, ", ");
        put(r, c);
    }
    if (d.n) {
        puts_(r, ". ");
        put(r, d);
    }
    puts_(r, "\n");
}

static void certificate(struct render *r, yyjson_val *o)
{
    line(r, field(o, "name"), field(o, "issuer"), date_of(r, o, "date"), field(o, "url"));
}

static void language(struct render *r, yyjson_val *o)
{
    struct str level = field(o, "fluency").n ? field(o, "fluency") : field(o, "level");
    line(r, field(o, "language").n ? field(o, "language") : field(o, "name"), level, (struct str){0}, (struct str){0});
}

static void award(struct render *r, yyjson_val *o)
{
    line(r, field(o, "title"), field(o, "awarder"), date_of(r, o, "date"), field(o, "summary"));
}

static void publication(struct render *r, yyjson_val *o)
{
    line(r, field(o, "name"), field(o, "publisher"), date_of(r, o, "releaseDate"), field(o, "summary"));
    struct str url = field(o, "url").n ? field(o, "url") : field(o, "website");
    if (url.n) {
        puts_(r, "  ");
        put(r, url);
        puts_(r, "\n");
    }
}

static void reference(struct render *r, yyjson_val *o)
{
    struct str text = field(o, "reference");
    puts_(r, "- ");
    put(r, field(o, "name"));
    puts_(r, text.n ? ": " : "");
    put(r, text);
    puts_(r, "\n");
}

static const struct {
    const char *key, *title;
    void (*entry)(struct render *r, yyjson_val *o);
    bool list; /* one line an entry: a blank line before the first */
} SECTIONS[] = {
    {"work", "Experience", work, false},
    {"projects", "Projects", project, false},
    {"volunteer", "Volunteer Experience", volunteer, false},
    {"education", "Education", education, false},
    {"skills", "Skills", skill, true},
    {"certificates", "Certificates", certificate, true},
    {"languages", "Languages", language, true},
    {"awards", "Awards", award, true},
    {"publications", "Publications", publication, true},
    {"interests", "Interests", skill, true},
    {"references", "References", reference, true},
};

static void one_section(struct render *r, yyjson_val *root, size_t s)
{
    yyjson_val *list = json_get_arr(root, SECTIONS[s].key), *o;
    size_t i, n;
    bool first = true;
    yyjson_arr_foreach(list, i, n, o)
    {
        if (!yyjson_is_obj(o) || !says_something(o))
            continue;
        if (first) {
            section(r, SECTIONS[s].title);
            puts_(r, SECTIONS[s].list && r->markdown ? "\n" : "");
        }
        first = false;
        SECTIONS[s].entry(r, o);
    }
}

static int render(struct arena *a, yyjson_val *document, bool markdown, struct str *ret, struct err *err)
{
    struct render r = {.a = a, .markdown = markdown};
    buf_init(&r.b, RENDER_MAX_BYTES);
    basics(&r, document);
    for (size_t s = 0; s < ARRAY_LEN(SECTIONS); s++)
        one_section(&r, document, s);
    const char *text = buf_str(&r.b);
    size_t n = r.b.len, skip = 0;
    while (skip < n && text[skip] == '\n')
        skip++;
    char *copy = buf_failed(&r.b) ? NULL : arena_strndup(a, text + skip, n - skip);
    buf_fini(&r.b);
    if (!copy)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    *ret = (struct str){.p = copy, .n = n - skip};
    return 0;
}

int resume_to_markdown(struct arena *a, yyjson_val *document, struct str *ret, struct err *err)
{
    return render(a, document, true, ret, err);
}

int resume_to_text(struct arena *a, yyjson_val *document, struct str *ret, struct err *err)
{
    return render(a, document, false, ret, err);
}
