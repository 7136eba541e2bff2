/* Just enough CSS to see what is meant not to be seen, and a guard for hostile markup.
 *
 * The HTML algorithm is quadratic in nesting depth and in attributes of one tag; depth is estimated beforehand by
 * counting open tags per (hashed) name, and such input goes through a plain tag stripper. */
#include "pipeline/engine/html_internal.h"

#include <stdlib.h>

#define HTML_DEPTH_MAX      512
#define HTML_ATTRIBUTES_MAX 512
#define HTML_NAME_SLOTS     1024

static struct str declaration_value(struct str d, struct str *ret_name)
{
    const char *colon = memchr(d.p, ':', d.n);
    if (!colon) {
        *ret_name = (struct str){"", 0};
        return *ret_name;
    }
    *ret_name = str_trim(str_sub(d, 0, (size_t)(colon - d.p)));
    return str_trim(str_sub(d, (size_t)(colon - d.p) + 1, d.n));
}

/* A number with its sign, and whether it is far off the page or nothing at all. */
static double leading_number(struct str v)
{
    char tmp[24];
    size_t n = MIN(v.n, sizeof(tmp) - 1);
    memcpy(tmp, v.p, n);
    tmp[n] = '\0';
    char *end;
    double d = strtod(tmp, &end);
    return end == tmp ? 1e9 : d;
}

/* A colour without spaces and in one spelling, in tmp. */
static struct str color_of(struct str v, char *tmp, size_t max)
{
    static const struct {
        const char *from, *to;
    } same[] = {
        {"white", "#ffffff"}, {"#fff", "#ffffff"}, {"rgb(255,255,255)", "#ffffff"}, {"rgba(255,255,255,1)", "#ffffff"},
        {"black", "#000000"}, {"#000", "#000000"}, {"rgb(0,0,0)", "#000000"},       {"hsl(0,0%,100%)", "#ffffff"}};
    size_t n = 0;
    for (size_t i = 0; i < v.n && n < max && v.p[i] != '!'; i++)
        if (!str_is_space(v.p[i]))
            tmp[n++] = str_lower_char(v.p[i]);
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (str_eqc((struct str){tmp, n}, same[i].from))
            return str_of(same[i].to);
    return (struct str){tmp, n};
}

static bool is_transparent(struct str c)
{
    return str_eqc(c, "transparent") || ((str_starts(c, "rgba(") || str_starts(c, "hsla(")) &&
                                         (str_iends(c, ",0)") || str_iends(c, ",0.0)") || str_iends(c, ",.0)")));
}

bool html_color_white(struct str v)
{
    char tmp[32];
    struct str c = color_of(v, tmp, sizeof(tmp));
    return str_eqc(c, "#ffffff") || str_eqc(c, "#fefefe") || str_eqc(c, "#fdfdfd") || str_eqc(c, "#fcfcfc") ||
           str_eqc(c, "snow") || str_eqc(c, "ivory") || str_eqc(c, "ghostwhite") || str_eqc(c, "whitesmoke") ||
           str_eqc(c, "rgb(254,254,254)") || is_transparent(c);
}

bool html_style_dark(struct str declarations)
{
    struct str rest = declarations, d, name;
    while (rest.n && str_next_field(&rest, ';', &d)) {
        struct str v = declaration_value(d, &name);
        if (str_istarts(name, "background") && v.n && !html_color_white(v) && !str_ieqc(v, "none"))
            return true;
    }
    return false;
}

static bool is_off_page(struct str name, struct str v)
{
    static const char *const names[] = {"left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top"};
    double d = leading_number(v);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieqc(name, names[i]))
            return d < -900 ||
                   (d < -60 && (str_iends(v, "em") || str_iends(v, "rem") || str_iends(v, "vw") || str_iends(v, "vh")));
    return false;
}

/* Declarations that hide by themselves. */
static bool declaration_hides(struct str name, struct str v)
{
    double d = leading_number(v);
    bool relative = str_iends(v, "em") || str_iends(v, "vw"), percent = str_iends(v, "%");
    if (str_ieqc(name, "display"))
        return str_istarts(v, "none");
    if (str_ieqc(name, "visibility"))
        return str_istarts(v, "hidden") || str_istarts(v, "collapse");
    if (str_ieqc(name, "font-size"))
        return d >= 0 && (d < 0.2 || (d < 2 && !relative && !percent) || (percent && d < 15));
    if (str_ieqc(name, "opacity"))
        return d >= 0 && d < (percent ? 5 : 0.05);
    if (str_ieqc(name, "color"))
        return is_transparent(v);
    if (str_ieqc(name, "clip"))
        return str_istarts(v, "rect(0") || str_istarts(v, "rect(1px");
    if (str_ieqc(name, "clip-path"))
        return str_istarts(v, "inset(50%") || str_istarts(v, "inset(100%") || str_istarts(v, "circle(0");
    if (str_ieqc(name, "transform"))
        return str_istarts(v, "scale(0)") || str_istarts(v, "scale(0,") || str_istarts(v, "scale(0 ");
    if (str_ieqc(name, "filter"))
        return str_istarts(v, "opacity(0)") || str_istarts(v, "opacity(0%)");
    if (str_ieqc(name, "content-visibility"))
        return str_istarts(v, "hidden");
    return is_off_page(name, v);
}

bool html_style_hides(struct str declarations, bool white)
{
    struct str rest = declarations, d, name, color = {"", 0}, ground = {"", 0};
    char tmp[2][32];
    bool small = false, clipped = false;
    while (str_next_field(&rest, ';', &d)) {
        struct str v = declaration_value(d, &name);
        ptrdiff_t bang = str_find(v, STR("!"));
        v = bang >= 0 ? str_trim(str_sub(v, 0, (size_t)bang)) : v;
        if (v.n == 0)
            continue;
        if (declaration_hides(name, v))
            return true;
        small = small || ((str_ieqc(name, "height") || str_ieqc(name, "width") || str_ieqc(name, "max-height") ||
                           str_ieqc(name, "max-width")) &&
                          leading_number(v) >= 0 && leading_number(v) <= 1 && !str_iends(v, "em"));
        clipped = clipped || (str_istarts(name, "overflow") && str_istarts(v, "hidden"));
        if (str_ieqc(name, "color"))
            color = color_of(v, tmp[0], sizeof(tmp[0]));
        if (str_ieqc(name, "background") || str_ieqc(name, "background-color"))
            ground = color_of(v, tmp[1], sizeof(tmp[1]));
    }
    if ((small && clipped) || (color.n && str_eq(color, ground)))
        return true;
    return white && color.n && html_color_white(color) && (ground.n == 0 || html_color_white(ground));
}

static void selectors_add(struct html_styles *s, struct str selectors)
{
    struct str one;
    while (str_next_field(&selectors, ',', &one) && s->n < HTML_HIDDEN_NAMES_MAX) {
        one = str_trim(one);
        /* "p.note" is ".note"; what depends on other elements is left alone */
        const char *mark =
            one.n && !memchr(one.p, ' ', one.n) && !memchr(one.p, ':', one.n) ? memchr(one.p, '.', one.n) : NULL;
        if (mark && mark > one.p && str_is_alpha(one.p[0]))
            one = str_sub(one, (size_t)(mark - one.p), one.n);
        bool simple = one.n > 1 && (one.p[0] == '.' || one.p[0] == '#');
        for (size_t i = 1; i < one.n && simple; i++)
            simple = str_is_alnum(one.p[i]) || one.p[i] == '-' || one.p[i] == '_';
        if (simple)
            s->hidden[s->n++] = one;
    }
}

void html_styles_read(struct html_styles *s, struct str css)
{
    size_t i = 0, from = 0;
    while (i < css.n) {
        if (css.p[i] == '/' && i + 1 < css.n && css.p[i + 1] == '*') {
            ptrdiff_t end = str_find(str_sub(css, i + 2, css.n), STR("*/"));
            i = end < 0 ? css.n : i + 2 + (size_t)end + 2;
            from = i;
            continue;
        }
        if (css.p[i] != '{') {
            from = css.p[i] == ';' || css.p[i] == '}' ? i + 1 : from;
            i++;
            continue;
        }
        struct str selectors = str_trim(str_sub(css, from, i));
        size_t depth = 1, body = ++i;
        while (i < css.n && depth) {
            depth += css.p[i] == '{';
            depth -= css.p[i] == '}';
            i++;
        }
        if (!(selectors.n && selectors.p[0] == '@') && html_style_hides(str_sub(css, body, depth ? i : i - 1), true))
            selectors_add(s, selectors);
        from = i;
    }
}

bool html_styles_hide(const struct html_styles *s, char sigil, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->hidden[i].p[0] == sigil && str_eq(str_sub(s->hidden[i], 1, s->hidden[i].n), name))
            return true;
    return false;
}

/* -- words that mark boilerplate -- */

bool html_words_listed(struct str names, const char *const *list, size_t n)
{
    size_t i = 0;
    while (i < names.n) {
        size_t from = i;
        while (i < names.n && str_is_alnum(names.p[i]))
            i++;
        struct str word = str_sub(names, from, i);
        for (size_t k = 0; k < n && word.n; k++)
            if (str_ieqc(word, list[k]))
                return true;
        i += i < names.n;
    }
    return false;
}

bool html_other_jobs(struct str s)
{
    static const char *const starts[] = {"similar jobs",       "similar positions",  "similar roles",
                                         "related jobs",       "related positions",  "jobs like this",
                                         "more jobs",          "other jobs",         "other openings",
                                         "other open",         "people also viewed", "you might also like",
                                         "you may also like",  "recommended jobs",   "more openings",
                                         "get job alerts",     "share this job",     "jobs you may",
                                         "boost your chances", "also viewed",        "more from"};
    s = str_trim(s);
    for (size_t i = 0; i < ARRAY_LEN(starts) && s.n < 60; i++)
        if (str_istarts(s, starts[i]))
            return true;
    return false;
}

/* -- guard and stripper -- */

struct tag {
    struct str name;
    bool closing;
    size_t end;        /* after '>' */
    size_t separators; /* about the number of attributes */
};

/* Reads the tag at body.p[i] == '<'; false when it is text, a comment or a declaration. */
static bool tag_read(struct str body, size_t i, struct tag *ret)
{
    size_t k = i + 1;
    *ret = (struct tag){.closing = k < body.n && body.p[k] == '/'};
    k += ret->closing;
    size_t from = k;
    while (k < body.n && (str_is_alnum(body.p[k]) || body.p[k] == '-'))
        k++;
    if (k == from)
        return false;
    ret->name = str_sub(body, from, k);
    char quote = '\0';
    for (; k < body.n; k++) {
        char c = body.p[k];
        if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if ((c == '"' || c == '\'') && body.p[k - 1] == '=') {
            quote = c;
        } else if (c == '>') {
            break;
        } else {
            ret->separators += str_is_space(c) || c == '/' || c == '=';
        }
    }
    ret->end = MIN(k + 1, body.n);
    return true;
}

static bool name_in(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieqc(name, list[i]))
            return true;
    return false;
}

bool html_excessive(struct str body)
{
    /* empty elements, and those that close their own kind */
    static const char *const flat[] = {"br",   "hr",   "img",   "input",  "meta",  "link",  "wbr",  "source", "col",
                                       "area", "base", "embed", "param",  "track", "p",     "li",   "td",     "tr",
                                       "th",   "dt",   "dd",    "option", "tbody", "thead", "tfoot"};
    uint16_t open[HTML_NAME_SLOTS] = {0};
    size_t depth = 0;
    for (size_t i = 0; i < body.n; i++) {
        struct tag t;
        if (body.p[i] != '<' || !tag_read(body, i, &t))
            continue;
        if (t.separators > HTML_ATTRIBUTES_MAX * 2)
            return true;
        i = t.end - 1;
        if (name_in(t.name, flat, ARRAY_LEN(flat)))
            continue;
        uint32_t h = 2166136261u;
        for (size_t k = 0; k < t.name.n; k++)
            h = (h ^ (unsigned char)str_lower_char(t.name.p[k])) * 16777619u;
        uint16_t *slot = &open[h % HTML_NAME_SLOTS];
        if (!t.closing) {
            (*slot)++;
            depth++;
        } else if (*slot) {
            (*slot)--;
            depth--;
        }
        if (depth > HTML_DEPTH_MAX)
            return true;
    }
    return false;
}

static void strip_flush(struct arena *a, struct buf *b, struct posting_writer *w, bool item, size_t *hidden)
{
    struct str s = posting_entities(a, (struct str){buf_str(b), b->len});
    s = s.p ? posting_clean(a, s, hidden) : s;
    if (s.p && item)
        posting_write_item(w, s);
    else if (s.p)
        posting_write_line(w, s);
    buf_reset(b);
}

void html_strip(struct arena *a, struct str body, struct posting_writer *w, size_t *hidden)
{
    static const char *const blocks[] = {"p",  "div", "li", "ul", "ol", "br",      "tr",      "td",   "h1",
                                         "h2", "h3",  "h4", "h5", "h6", "section", "article", "table"};
    static const char *const silent[] = {"script", "style", "noscript", "template", "title"};
    struct buf b;
    bool item = false, quiet = false;
    buf_init(&b, POSTING_WRITER_MAX_BYTES);
    for (size_t i = 0; i < body.n && !w->full && a->used_bytes < a->max_bytes / 2;) {
        struct tag t;
        if (body.p[i] == '<' && str_starts(str_sub(body, i, body.n), "<!")) {
            const char *end = memchr(body.p + i, '>', body.n - i);
            i = end ? (size_t)(end - body.p) + 1 : body.n;
        } else if (body.p[i] == '<' && tag_read(body, i, &t)) {
            if (name_in(t.name, silent, ARRAY_LEN(silent)))
                quiet = !t.closing;
            if (name_in(t.name, blocks, ARRAY_LEN(blocks)) && b.len) {
                strip_flush(a, &b, w, item, hidden);
                posting_write_break(w);
            }
            item = str_ieqc(t.name, "li") ? !t.closing : item && !name_in(t.name, blocks, ARRAY_LEN(blocks));
            i = t.end;
        } else {
            if (!quiet)
                buf_addc(&b, body.p[i]);
            i++;
        }
    }
    strip_flush(a, &b, w, item, hidden);
    buf_fini(&b);
}
