/* A JSON Resume as blocks. Headings are the ones that parsers of résumés know. Sections with nothing to say are left
 * out; every string of the standard's sections is there, in the order work, projects, volunteer, education, skills, ...
 * Not printed: basics.image, meta, x_goals and other fields that the standard does not know (lint names them). */
#include "pipeline/engine/profile_parts.h"
#include "pipeline/render/render_int.h"

struct resume {
    struct sheet *d;
    yyjson_val *root;
};

static struct str field(struct resume *r, yyjson_val *obj, const char *key)
{
    return sheet_clean(r->d, str_trim(json_get_str(obj, key)), false);
}

static struct str field_or(struct resume *r, yyjson_val *obj, const char *key, const char *older)
{
    struct str s = field(r, obj, key);
    return s.n ? s : field(r, obj, older);
}

static struct sheet_piece plain(struct str text)
{
    return (struct sheet_piece){.text = text};
}

static struct sheet_piece strong(struct str text)
{
    return (struct sheet_piece){.text = text, .strong = true};
}

static struct sheet_piece web(struct resume *r, struct str url, bool apart)
{
    return (struct sheet_piece){.text = url, .link = render_link(r->d, url), .apart = apart};
}

static void add(struct resume *r, struct sheet_block *b, struct sheet_piece piece)
{
    sheet_piece_add(r->d, &b->pieces, piece);
}

static void detail(struct resume *r, struct sheet_block *b, struct sheet_piece piece)
{
    sheet_piece_add(r->d, &b->details, piece);
}

static struct str joined(struct resume *r, struct str a, const char *between, struct str b)
{
    char *s = arena_printf(r->d->a, STR_FMT "%s" STR_FMT, STR_ARG(a), between, STR_ARG(b));
    r->d->failed = r->d->failed || !s;
    return str_of(s);
}

/* Dates */

static bool means_present(struct str s)
{
    static const char *const WORDS[] = {"present", "current", "now", "today", "ongoing", "to date"};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (str_ieqc(s, WORDS[i]))
            return true;
    return false;
}

/* A date as it is printed; one that is no date is printed as it stands, so that nothing is lost. */
static struct str date_shown(struct resume *r, struct str s)
{
    struct employment e = {.end = month_parse(s)};
    return e.end.y ? profile_dates(r->d->a, &e) : s;
}

static struct str dates_of(struct resume *r, yyjson_val *obj)
{
    struct str from = field(r, obj, "startDate"), to = field(r, obj, "endDate");
    bool present = means_present(to) || (to.n == 0 && month_parse(from).y);
    from = date_shown(r, from);
    to = present ? (from.n ? STR("present") : STR("")) : date_shown(r, to);
    if (from.n == 0 || to.n == 0 || str_eq(from, to))
        return from.n ? from : to;
    return joined(r, from, " – ", to);
}

/* Parts of entries */

static void paragraph(struct resume *r, struct str text)
{
    if (text.n)
        render_prose(r->d, sheet_add(r->d, SHEET_PARAGRAPH), text);
}

static void bullets(struct resume *r, yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(list, i, n, item)
    {
        struct str s = sheet_clean(r->d, str_trim(json_str(item)), false);
        if (s.n)
            render_prose(r->d, sheet_add(r->d, SHEET_BULLET), s);
    }
}

static bool has_comma(yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(list, i, n, item) if (str_find(json_str(item), STR(",")) >= 0) return true;
    return false;
}

/* "a, b, c", or "a; b, c" when an item has a comma itself; n == 0 when the list says nothing. */
static struct str words(struct resume *r, yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    struct str all = {.p = "", .n = 0};
    const char *between = has_comma(list) ? "; " : ", ";
    yyjson_arr_foreach(list, i, n, item)
    {
        struct str s = sheet_clean(r->d, str_trim(json_str(item)), false);
        if (s.n)
            all = all.n ? joined(r, all, between, s) : s;
    }
    return all;
}

static void labelled(struct resume *r, const char *label, yyjson_val *list)
{
    struct str all = words(r, list);
    if (all.n)
        add(r, sheet_add(r->d, SHEET_PARAGRAPH), plain(joined(r, str_of(label), ": ", all)));
}

static struct sheet_block *entry(struct resume *r, yyjson_val *o, struct str first, struct str second, struct str third)
{
    struct sheet_block *b = sheet_add(r->d, SHEET_ENTRY);
    struct str rest[] = {first, second, third};
    for (size_t i = 0; i < ARRAY_LEN(rest); i++)
        add(r, b, b->pieces.n ? plain(rest[i]) : strong(rest[i]));
    b->dates = dates_of(r, o);
    return b;
}

/* Basics */

static void profiles(struct resume *r, struct sheet_block *b, yyjson_val *list)
{
    size_t i, n;
    yyjson_val *item;
    yyjson_arr_foreach(list, i, n, item)
    {
        struct str url = field(r, item, "url"), network = field(r, item, "network"), user = field(r, item, "username");
        struct str text = url.n ? url : user; /* the address says the name too */
        if (network.n)
            text = text.n ? joined(r, network, ": ", text) : network;
        add(r, b, (struct sheet_piece){.text = text, .link = render_link(r->d, url)});
    }
}

static struct str place(struct resume *r, yyjson_val *o)
{
    static const char *const KEYS[] = {"address", "postalCode", "city", "region", "countryCode"};
    struct str all = {.p = "", .n = 0};
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
        struct str s = field(r, o, KEYS[i]);
        if (s.n)
            all = all.n ? joined(r, all, ", ", s) : s;
    }
    return all;
}

static void basics(struct resume *r)
{
    yyjson_val *o = json_get_obj(r->root, "basics");
    struct str name = field(r, o, "name"), label = field(r, o, "label"), summary = field(r, o, "summary");
    struct str email = field(r, o, "email");
    if (name.n)
        add(r, sheet_add(r->d, SHEET_NAME), strong(name));
    if (label.n)
        add(r, sheet_add(r->d, SHEET_LABEL), plain(label));
    size_t at = r->d->n;
    struct sheet_block *b = sheet_add(r->d, SHEET_CONTACT);
    struct str mail = email.n && str_find(email, STR("@")) > 0 ? joined(r, STR("mailto"), ":", email) : str_of("");
    add(r, b, (struct sheet_piece){.text = email, .link = mail});
    add(r, b, plain(field(r, o, "phone")));
    add(r, b, plain(place(r, json_get_obj(o, "location"))));
    add(r, b, web(r, field_or(r, o, "url", "website"), false));
    profiles(r, b, json_get_arr(o, "profiles"));
    if (b->pieces.n == 0 && !r->d->failed)
        r->d->n = at;
    if (summary.n) {
        add(r, sheet_add(r->d, SHEET_HEADING), strong(STR("Summary")));
        paragraph(r, summary);
    }
}

/* Sections */

static void work(struct resume *r, yyjson_val *o)
{
    struct sheet_block *b = entry(r, o, field(r, o, "position"), field_or(r, o, "name", "company"), str_of(""));
    detail(r, b, plain(field(r, o, "location")));
    detail(r, b, plain(field(r, o, "description")));
    detail(r, b, web(r, field_or(r, o, "url", "website"), true));
    paragraph(r, field(r, o, "summary"));
    bullets(r, json_get_arr(o, "highlights"));
}

static void project(struct resume *r, yyjson_val *o)
{
    struct sheet_block *b = entry(r, o, field(r, o, "name"), field(r, o, "entity"), str_of(""));
    b->dash = true; /* names of projects are not like titles and employers: a comma would not be seen as a border */
    detail(r, b, plain(field(r, o, "type")));
    detail(r, b, web(r, field(r, o, "url"), false));
    paragraph(r, field(r, o, "description"));
    bullets(r, json_get_arr(o, "highlights"));
    labelled(r, "Role", json_get_arr(o, "roles"));
    labelled(r, "With", json_get_arr(o, "keywords"));
}

static void volunteer(struct resume *r, yyjson_val *o)
{
    struct sheet_block *b = entry(r, o, field(r, o, "position"), field(r, o, "organization"), str_of(""));
    detail(r, b, plain(field(r, o, "location")));
    detail(r, b, web(r, field_or(r, o, "url", "website"), false));
    paragraph(r, field(r, o, "summary"));
    bullets(r, json_get_arr(o, "highlights"));
}

static void education(struct resume *r, yyjson_val *o)
{
    struct str type = field(r, o, "studyType"), area = field(r, o, "area");
    if (type.n && area.n) {
        type = joined(r, type, str_find(type, STR(" in ")) >= 0 ? ", " : " in ", area);
        area = str_of("");
    }
    struct sheet_block *b = entry(r, o, type, area, field(r, o, "institution"));
    struct str score = field_or(r, o, "score", "gpa");
    if (score.n)
        detail(r, b, plain(joined(r, STR("Grade"), ": ", score)));
    detail(r, b, web(r, field(r, o, "url"), false));
    labelled(r, "Courses", json_get_arr(o, "courses"));
}

/* "name (level): keyword, keyword" */
static void skill(struct resume *r, yyjson_val *o)
{
    struct str name = field(r, o, "name"), level = field(r, o, "level"), list = words(r, json_get_arr(o, "keywords"));
    struct sheet_block *b = sheet_add(r->d, SHEET_BULLET);
    add(r, b, strong(name));
    if (level.n)
        add(r, b, plain(joined(r, name.n ? STR(" (") : STR("("), "", joined(r, level, ")", str_of("")))));
    if (list.n)
        add(r, b, plain(b->pieces.n ? joined(r, STR(": "), "", list) : list));
}

/* "first, second, third. text"; " — " behind the first when it or the second has a comma itself */
static struct sheet_block *line(struct resume *r, struct str first, struct str second, struct str third,
                                struct str text)
{
    struct sheet_block *b = sheet_add(r->d, SHEET_BULLET);
    bool comma = str_find(first, STR(", ")) >= 0 || str_find(second, STR(", ")) >= 0;
    struct str all = first;
    if (second.n)
        all = all.n ? joined(r, all, comma ? " — " : ", ", second) : second;
    if (third.n)
        all = all.n ? joined(r, all, ", ", third) : third;
    if (text.n)
        all = all.n ? joined(r, all, ". ", text) : text;
    render_prose(r->d, b, all);
    return b;
}

static void certificate(struct resume *r, yyjson_val *o)
{
    line(r, field(r, o, "name"), field(r, o, "issuer"), date_shown(r, field(r, o, "date")), field(r, o, "url"));
}

static void language(struct resume *r, yyjson_val *o)
{
    line(r, field_or(r, o, "language", "name"), field_or(r, o, "fluency", "level"), str_of(""), str_of(""));
}

static void award(struct resume *r, yyjson_val *o)
{
    line(r, field(r, o, "title"), field(r, o, "awarder"), date_shown(r, field(r, o, "date")), field(r, o, "summary"));
}

static void publication(struct resume *r, yyjson_val *o)
{
    struct sheet_block *b = line(r, field(r, o, "name"), field(r, o, "publisher"),
                                 date_shown(r, field(r, o, "releaseDate")), field(r, o, "summary"));
    add(r, b, web(r, field_or(r, o, "url", "website"), b->pieces.n > 0));
}

static void reference(struct resume *r, yyjson_val *o)
{
    struct str name = field(r, o, "name"), text = field(r, o, "reference");
    render_prose(r->d, sheet_add(r->d, SHEET_BULLET),
                 name.n && text.n ? joined(r, name, ": ", text)
                 : name.n         ? name
                                  : text);
}

static const struct {
    const char *key, *title;
    void (*entry)(struct resume *r, yyjson_val *o);
} SECTIONS[] = {
    {"work", "Experience", work},
    {"projects", "Projects", project},
    {"volunteer", "Volunteer Experience", volunteer},
    {"education", "Education", education},
    {"skills", "Skills", skill},
    {"certificates", "Certificates", certificate},
    {"languages", "Languages", language},
    {"awards", "Awards", award},
    {"publications", "Publications", publication},
    {"interests", "Interests", skill},
    {"references", "References", reference},
};

static void section(struct resume *r, size_t s)
{
    yyjson_val *list = json_get_arr(r->root, SECTIONS[s].key), *o;
    size_t i, n, at = r->d->n;
    struct sheet_block *heading = sheet_add(r->d, SHEET_HEADING);
    add(r, heading, strong(str_of(SECTIONS[s].title)));
    yyjson_arr_foreach(list, i, n, o)
    {
        size_t before = r->d->n;
        SECTIONS[s].entry(r, o);
        if (!r->d->failed && render_says_nothing(r->d, before)) /* only fields that are not printed */
            r->d->n = before;
    }
    if (!r->d->failed && r->d->n == at + 1)
        r->d->n = at;
}

/* Metadata */

/* Letter where its paper is sold (CLDR's territories); an address without a country by the shape of its phone. */
static enum sheet_paper paper_of(yyjson_val *o)
{
    static const char *const LETTER[] = {"US", "CA", "MX", "BZ", "CL", "CO", "CR",
                                         "GT", "NI", "PA", "PH", "PR", "SV", "VE"};
    struct str country = str_trim(json_get_str(json_get_obj(o, "location"), "countryCode"));
    struct str phone = str_trim(json_get_str(o, "phone"));
    for (size_t i = 0; i < ARRAY_LEN(LETTER); i++)
        if (str_ieqc(country, LETTER[i]))
            return SHEET_LETTER;
    return country.n == 0 && render_phone_is_american(phone) ? SHEET_LETTER : SHEET_A4;
}

int resume_to_sheet(struct arena *a, yyjson_val *resume, struct sheet *ret, struct err *err)
{
    struct resume r = {.d = ret, .root = resume};
    yyjson_val *o = json_get_obj(resume, "basics"), *meta = json_get_obj(resume, "meta");
    sheet_init(ret, a);
    basics(&r);
    for (size_t s = 0; s < ARRAY_LEN(SECTIONS); s++)
        section(&r, s);
    ret->author = field(&r, o, "name");
    ret->title = ret->author.n ? joined(&r, ret->author, " – ", STR("Résumé")) : STR("Résumé");
    ret->paper = paper_of(o);
    ret->date = render_date(json_get_str(meta, "lastModified"));
    if (json_get_str(meta, "language").n)
        ret->language = json_get_str(meta, "language");
    if (ret->failed)
        return err_set(err, ERR_MEMORY, "the résumé needs more memory than its limit");
    return 0;
}
