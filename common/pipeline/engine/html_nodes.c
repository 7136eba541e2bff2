/* Looking at nodes of the tree: text, boilerplate, and what a reader of the page cannot see. */
#include "pipeline/engine/html_nodes.h"

#define HIDDEN_QUOTE_BYTES 400

const GumboVector *html_children(const GumboNode *n)
{
    static const GumboVector none = {0};
    if (n->type == GUMBO_NODE_DOCUMENT)
        return &n->v.document.children;
    return n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE ? &n->v.element.children : &none;
}

GumboTag html_tag_of(const GumboNode *n)
{
    return n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE ? n->v.element.tag : GUMBO_TAG_UNKNOWN;
}

struct str html_attribute(const GumboNode *n, const char *name)
{
    const GumboAttribute *at =
        n->type == GUMBO_NODE_ELEMENT ? gumbo_get_attribute(&n->v.element.attributes, name) : NULL;
    return str_of(at ? at->value : NULL);
}

bool html_is_text(const GumboNode *n)
{
    return n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_CDATA || n->type == GUMBO_NODE_WHITESPACE;
}

bool html_tag_silent(GumboTag t)
{
    static const GumboTag list[] = {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE,    GUMBO_TAG_NOSCRIPT, GUMBO_TAG_TEMPLATE,
                                    GUMBO_TAG_SVG,    GUMBO_TAG_IFRAME,   GUMBO_TAG_BUTTON,   GUMBO_TAG_SELECT,
                                    GUMBO_TAG_INPUT,  GUMBO_TAG_TEXTAREA, GUMBO_TAG_OBJECT,   GUMBO_TAG_VIDEO,
                                    GUMBO_TAG_AUDIO,  GUMBO_TAG_CANVAS,   GUMBO_TAG_MATH,     GUMBO_TAG_TITLE,
                                    GUMBO_TAG_HEAD,   GUMBO_TAG_EMBED};
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (t == list[i])
            return true;
    return false;
}

bool html_has_tag(const GumboNode *n, GumboTag tag, size_t depth)
{
    if (depth > HTML_WALK_DEPTH_MAX)
        return false;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        if (html_tag_of(c->data[i]) == tag || html_has_tag(c->data[i], tag, depth + 1))
            return true;
    return false;
}

size_t html_text_chars(const GumboNode *n, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT)
        return strlen(n->v.text.text);
    if (depth > HTML_WALK_DEPTH_MAX || html_tag_silent(html_tag_of(n)))
        return 0;
    size_t sum = 0;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        sum += html_text_chars(c->data[i], depth + 1);
    return sum;
}

/* Navigation, banners, other jobs: by element, role or the words in class and id. */
bool html_is_boilerplate(const GumboNode *n)
{
    static const char *const roles[] = {"navigation", "banner",      "contentinfo", "complementary", "search",
                                        "dialog",     "alertdialog", "menu",        "menubar"};
    static const char *const words[] = {
        "cookie",      "cookies",         "consent",    "gdpr",       "breadcrumb", "breadcrumbs", "crumbs",
        "nav",         "navbar",          "navigation", "menu",       "sidebar",    "footer",      "foot",
        "share",       "sharing",         "social",     "newsletter", "subscribe",  "related",     "similar",
        "recommended", "recommendations", "promo",      "banner",     "modal",      "popup",       "skipnav",
        "skip",        "advert",          "ads",        "topbar",     "pagination", "masthead",    "skiplink"};
    switch (html_tag_of(n)) {
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_HEADER:
        return true;
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_HTML:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6: /* their ids are made from their words */
        return false;
    default:
        break;
    }
    struct str role = html_attribute(n, "role");
    for (size_t i = 0; i < ARRAY_LEN(roles) && role.n; i++)
        if (str_ieqc(role, roles[i]))
            return true;
    return html_words_listed(html_attribute(n, "class"), words, ARRAY_LEN(words)) ||
           html_words_listed(html_attribute(n, "id"), words, ARRAY_LEN(words));
}

/* Names by which style sheets that are not here usually hide. */
static bool hidden_by_name(const GumboNode *n)
{
    static const char *const names[] = {"sr-only",     "visually-hidden",   "visuallyhidden", "screen-reader-text",
                                        "usa-sr-only", "offscreen",         "off-screen",     "d-none",
                                        "is-hidden",   "u-hidden",          "invisible",      "hidden",
                                        "hide",        "screenreader-only", "a11y-hidden"};
    struct str rest = html_attribute(n, "class"), name;
    while (rest.n && str_next_field(&rest, ' ', &name))
        for (size_t i = 0; i < ARRAY_LEN(names) && name.n; i++)
            if (str_ieqc(name, names[i]))
                return true;
    return false;
}

static bool hidden_by_sheet(const struct html_styles *styles, const GumboNode *n)
{
    struct str id = html_attribute(n, "id"), rest = html_attribute(n, "class"), name;
    if (styles->n == 0)
        return false;
    while (rest.n && str_next_field(&rest, ' ', &name))
        if (name.n && html_styles_hide(styles, '.', name))
            return true;
    return id.n && html_styles_hide(styles, '#', id);
}

bool html_is_hidden(const struct html_styles *styles, const GumboNode *n, bool dark, size_t body_chars)
{
    if (n->type != GUMBO_NODE_ELEMENT)
        return false;
    GumboTag t = html_tag_of(n);
    const GumboVector *at = &n->v.element.attributes;
    if (t == GUMBO_TAG_BODY || t == GUMBO_TAG_HTML)
        return false;
    if (gumbo_get_attribute(at, "hidden") || str_ieqc(html_attribute(n, "aria-hidden"), "true") ||
        (t == GUMBO_TAG_UNKNOWN && n->v.element.original_tag.length > 7 &&
         str_istarts((struct str){n->v.element.original_tag.data, n->v.element.original_tag.length}, "<dialog") &&
         !gumbo_get_attribute(at, "open")))
        return true;
    struct str style = html_attribute(n, "style");
    bool heading = t == GUMBO_TAG_H1 || t == GUMBO_TAG_H2 || t == GUMBO_TAG_H3;
    if (style.n && html_style_hides(style, !heading && !dark))
        return true;
    if (t == GUMBO_TAG_FONT && !dark && html_color_white(html_attribute(n, "color")))
        return true;
    if (hidden_by_sheet(styles, n))
        return true;
    /* panels that a script opens are often most of the page */
    return hidden_by_name(n) && html_text_chars(n, 0) * 3 < body_chars;
}

static void text_gather(const GumboNode *n, struct buf *b, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT)
        buf_adds(b, n->v.text.text);
    if (depth > HTML_WALK_DEPTH_MAX || b->len > HIDDEN_QUOTE_BYTES || html_tag_silent(html_tag_of(n)))
        return;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++) {
        text_gather(c->data[i], b, depth + 1);
        buf_addc(b, ' ');
    }
}

void html_hidden_add(struct arena *a, struct posting_hidden *h, const GumboNode *n)
{
    size_t chars = html_text_chars(n, 0);
    struct buf b;
    buf_init(&b, POSTING_SOURCE_MAX_BYTES);
    if (h->quote.n == 0 && chars >= POSTING_HIDDEN_QUOTE_MIN) {
        text_gather(n, &b, 0);
        posting_hidden_add(a, h, (struct str){buf_str(&b), b.len});
    } else {
        h->chars += chars;
    }
    buf_fini(&b);
}
