/* HTML by gumbo.
 *
 * The tree is built in an arena of its own and never destroyed node by node (that would recurse as deep as the input);
 * when the arena is exhausted the allocator jumps out of the parser, which holds nothing else. What is worth reading is
 * then chosen:
 *
 *   head -> title, site name, JSON-LD, hidden classes        body -> main content -> blocks (heading, item, line)
 *
 * Left out: navigation, banners, forms, asides, lists of other jobs, and everything that a reader of the page cannot
 * see (counted). */
#include "pipeline/engine/html_nodes.h"

#include <setjmp.h>

#define HTML_PARSE_MAX_BYTES  ((size_t)160 * 1024 * 1024)
#define HTML_BOLD_HEADING_MAX 90
#define HTML_MAIN_MIN_CHARS   200
#define HTML_MAIN_SMALL_CHARS 40 /* of <main> itself */

struct html_memory {
    struct arena arena;
    jmp_buf exhausted;
};

struct html_walk {
    struct arena *a;
    struct posting_writer *w;
    struct html_page *page;
    struct html_styles styles;
    struct buf text;          /* the block being gathered */
    size_t bold_chars, chars; /* of it, without spaces */
    size_t bold, depth, item, heading;
    size_t dark; /* elements around that have a background of their own */
    size_t body_chars;
    const GumboNode *main;
    size_t main_rank, main_chars;
};

static void *html_alloc(void *userdata, size_t n)
{
    struct html_memory *m = userdata;
    void *p = arena_try_alloc(&m->arena, n);
    if (!p)
        longjmp(m->exhausted, 1);
    return p;
}

static void html_free(void *userdata UNUSED, void *p UNUSED)
{
}

/* Boilerplate stays when it is most of the page or carries the page's title. */
static bool is_dropped(const struct html_walk *h, const GumboNode *n)
{
    return n->type == GUMBO_NODE_ELEMENT && html_is_boilerplate(n) && html_text_chars(n, 0) * 10 < h->body_chars * 5 &&
           !html_has_tag(n, GUMBO_TAG_H1, 0);
}

/* -- the head, the style sheets, the candidates for the main content -- */

static struct str node_text(const struct html_walk *h, const GumboNode *n)
{
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++) {
        const GumboNode *k = c->data[i];
        if (html_is_text(k)) {
            char *p = arena_strdup(h->a, k->v.text.text);
            return str_of(p);
        }
    }
    return (struct str){"", 0};
}

static void head_node(struct html_walk *h, const GumboNode *n)
{
    struct html_page *page = h->page;
    switch (html_tag_of(n)) {
    case GUMBO_TAG_TITLE:
        if (page->title.n == 0)
            page->title = node_text(h, n);
        break;
    case GUMBO_TAG_STYLE:
        html_styles_read(&h->styles, node_text(h, n));
        break;
    case GUMBO_TAG_META:
        if (str_ieqc(html_attribute(n, "property"), "og:site_name") && page->site_name.n == 0) {
            char *p = str_dup(h->a, html_attribute(n, "content"));
            page->site_name = str_of(p);
        }
        break;
    case GUMBO_TAG_SCRIPT:
        if (str_istarts(str_trim(html_attribute(n, "type")), "application/ld+json") &&
            page->json_ld_n < HTML_JSON_LD_MAX)
            page->json_ld[page->json_ld_n++] = node_text(h, n);
        break;
    default:
        break;
    }
}

/* How sure an element is the main content: main > id main/content > article > known class names. */
static size_t main_rank(const GumboNode *n)
{
    static const char *const classes[] = {"posting", "jobdescription", "jd", "vacancy"};
    if (n->type != GUMBO_NODE_ELEMENT)
        return 0;
    if (html_tag_of(n) == GUMBO_TAG_MAIN || str_ieqc(html_attribute(n, "role"), "main"))
        return 4;
    if (str_ieqc(html_attribute(n, "id"), "main") || str_ieqc(html_attribute(n, "id"), "content") ||
        str_ieqc(html_attribute(n, "id"), "main-content"))
        return 3;
    if (html_tag_of(n) == GUMBO_TAG_ARTICLE)
        return 2;
    struct str id = html_attribute(n, "id");
    return html_words_listed(html_attribute(n, "class"), classes, ARRAY_LEN(classes)) || str_ieqc(id, "job") ||
                   str_ieqc(id, "job-description")
               ? 1
               : 0;
}

static size_t survey(struct html_walk *h, const GumboNode *n, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT)
        return strlen(n->v.text.text);
    head_node(h, n);
    if (depth > HTML_WALK_DEPTH_MAX || (html_tag_silent(html_tag_of(n)) && html_tag_of(n) != GUMBO_TAG_HEAD))
        return 0;
    size_t sum = 0, rank = main_rank(n);
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        sum += survey(h, c->data[i], depth + 1);
    if (rank && sum >= (rank == 4 ? HTML_MAIN_SMALL_CHARS : HTML_MAIN_MIN_CHARS) &&
        (rank > h->main_rank || (rank == h->main_rank && sum > h->main_chars))) {
        h->main = n;
        h->main_rank = rank;
        h->main_chars = sum;
    }
    return sum;
}

/* -- writing blocks -- */

enum html_block { HTML_LINE, HTML_ITEM, HTML_HEADING };

static bool reads_as_heading(const struct html_walk *h, struct str s)
{
    size_t words = 1;
    for (size_t i = 0; i < s.n; i++)
        words += s.p[i] == ' ' && i + 1 < s.n && s.p[i + 1] != ' ';
    return h->chars && h->bold_chars == h->chars && s.n <= HTML_BOLD_HEADING_MAX && words <= 12 &&
           !strchr(".,;", s.p[s.n - 1]);
}

static void block_flush(struct html_walk *h, enum html_block kind)
{
    if (h->text.len == 0)
        return;
    struct str s = posting_clean(h->a, (struct str){h->text.data, h->text.len}, &h->page->hidden.chars);
    s = s.p ? str_trim(s) : (struct str){"", 0};
    if (s.n) {
        if (kind == HTML_HEADING || (kind == HTML_LINE && reads_as_heading(h, s)))
            posting_write_heading(h->w, s);
        else if (kind == HTML_ITEM)
            posting_write_item(h->w, s);
        else
            posting_write_line(h->w, s);
    }
    buf_reset(&h->text);
    h->chars = h->bold_chars = 0;
}

static enum html_block block_kind(const struct html_walk *h)
{
    return h->heading ? HTML_HEADING : h->item ? HTML_ITEM : HTML_LINE;
}

static void text_add(struct html_walk *h, const char *s)
{
    for (const char *p = s; *p; p++)
        if (!str_is_space(*p)) {
            h->chars++;
            h->bold_chars += h->bold > 0;
        }
    buf_adds(&h->text, s);
}

static void walk(struct html_walk *h, const GumboNode *n);

/* The first text inside, for headings in any markup. */
static struct str first_text(const GumboNode *n, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT)
        return str_of(n->v.text.text);
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length && depth < 6; i++) {
        struct str s = str_trim(first_text(c->data[i], depth + 1));
        if (s.n)
            return s;
    }
    return (struct str){"", 0};
}

static bool heading_tag(GumboTag t)
{
    return t == GUMBO_TAG_H1 || t == GUMBO_TAG_H2 || t == GUMBO_TAG_H3 || t == GUMBO_TAG_H4 || t == GUMBO_TAG_H5 ||
           t == GUMBO_TAG_H6;
}

/* Children in order; behind a heading that announces other jobs everything up to the next heading is left out. */
static void walk_children(struct html_walk *h, const GumboNode *n)
{
    const GumboVector *c = html_children(n);
    bool skipping = false;
    for (unsigned i = 0; i < c->length; i++) {
        const GumboNode *k = c->data[i];
        GumboTag t = html_tag_of(k);
        bool announces = (heading_tag(t) || t == GUMBO_TAG_B || t == GUMBO_TAG_STRONG || t == GUMBO_TAG_P) &&
                         html_other_jobs(first_text(k, 0));
        if (announces)
            skipping = true;
        else if (heading_tag(t))
            skipping = false;
        if (!skipping)
            walk(h, k);
    }
}

static bool simple_cell(const GumboNode *cell)
{
    static const GumboTag blocks[] = {GUMBO_TAG_P,     GUMBO_TAG_DIV, GUMBO_TAG_UL, GUMBO_TAG_OL,
                                      GUMBO_TAG_TABLE, GUMBO_TAG_H1,  GUMBO_TAG_H2, GUMBO_TAG_H3};
    const GumboVector *c = html_children(cell);
    for (unsigned i = 0; i < c->length; i++)
        for (size_t b = 0; b < ARRAY_LEN(blocks); b++)
            if (html_tag_of(c->data[i]) == blocks[b])
                return false;
    return true;
}

/* A row of plain cells reads "first: second, third": an item, but a line when it holds headings only. */
static bool table_row(struct html_walk *h, const GumboNode *row)
{
    const GumboVector *c = html_children(row);
    size_t cells = 0, headings = 0, written = 0;
    for (unsigned i = 0; i < c->length; i++) {
        GumboTag t = html_tag_of(c->data[i]);
        if (t != GUMBO_TAG_TD && t != GUMBO_TAG_TH)
            continue;
        if (!simple_cell(c->data[i]))
            return false;
        cells++;
        headings += t == GUMBO_TAG_TH;
    }
    if (cells < 2)
        return false;
    block_flush(h, block_kind(h));
    for (unsigned i = 0; i < c->length; i++) {
        GumboTag t = html_tag_of(c->data[i]);
        if (t != GUMBO_TAG_TD && t != GUMBO_TAG_TH)
            continue;
        if (written++ && h->text.len)
            buf_adds(&h->text, written == 2 ? ": " : ", ");
        h->item++;
        walk_children(h, c->data[i]);
        h->item--;
    }
    block_flush(h, headings == cells ? HTML_LINE : HTML_ITEM);
    return true;
}

static void walk_block(struct html_walk *h, const GumboNode *n, size_t *level, enum html_block kind)
{
    block_flush(h, block_kind(h));
    if (kind == HTML_LINE)
        posting_write_break(h->w);
    if (level)
        (*level)++;
    walk_children(h, n);
    block_flush(h, block_kind(h));
    if (level)
        (*level)--;
    if (kind == HTML_LINE)
        posting_write_break(h->w);
}

static bool tag_block(GumboTag t)
{
    static const GumboTag list[] = {GUMBO_TAG_HR,         GUMBO_TAG_UL,      GUMBO_TAG_OL,      GUMBO_TAG_DL,
                                    GUMBO_TAG_DD,         GUMBO_TAG_SECTION, GUMBO_TAG_ARTICLE, GUMBO_TAG_MAIN,
                                    GUMBO_TAG_TABLE,      GUMBO_TAG_TBODY,   GUMBO_TAG_TD,      GUMBO_TAG_TH,
                                    GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_PRE,     GUMBO_TAG_BODY,    GUMBO_TAG_HEADER,
                                    GUMBO_TAG_FOOTER,     GUMBO_TAG_FORM,    GUMBO_TAG_FIGURE,  GUMBO_TAG_DETAILS,
                                    GUMBO_TAG_CENTER,     GUMBO_TAG_FIELDSET};
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (t == list[i])
            return true;
    return false;
}

static void walk_element(struct html_walk *h, const GumboNode *n)
{
    GumboTag t = html_tag_of(n);
    switch (t) {
    case GUMBO_TAG_BR:
        if (h->item || h->heading)
            buf_addc(&h->text, ' ');
        else
            block_flush(h, HTML_LINE);
        break;
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_SUMMARY:
        walk_block(h, n, &h->heading, HTML_HEADING);
        break;
    case GUMBO_TAG_LI:
        walk_block(h, n, &h->item, HTML_ITEM);
        break;
    case GUMBO_TAG_TR:
        if (!table_row(h, n))
            walk_block(h, n, NULL, HTML_LINE);
        break;
    case GUMBO_TAG_B:
    case GUMBO_TAG_STRONG:
        h->bold++;
        walk_children(h, n);
        h->bold--;
        break;
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
        if (h->item || h->heading) { /* paragraphs of one item stay together */
            buf_addc(&h->text, ' ');
            walk_children(h, n);
            buf_addc(&h->text, ' ');
            break;
        }
        walk_block(h, n, NULL, HTML_LINE);
        break;
    default:
        if (tag_block(t))
            walk_block(h, n, NULL, HTML_LINE);
        else
            walk_children(h, n);
    }
}

/* A comment that talks to whoever ranks applicants is hidden text; other comments are nothing. */
static void comment_node(struct html_walk *h, const char *text)
{
    struct str s = str_of(text);
    if (s.n < 20 || s.n > 4000)
        return;
    if (posting_guard_speaks(s))
        posting_hidden_add(h->a, &h->page->hidden, s);
}

static void walk(struct html_walk *h, const GumboNode *n)
{
    if (html_is_text(n)) {
        text_add(h, n->v.text.text);
        return;
    }
    if (n->type == GUMBO_NODE_COMMENT) {
        comment_node(h, n->v.text.text);
        return;
    }
    if (h->depth > HTML_WALK_DEPTH_MAX || h->w->full || html_tag_silent(html_tag_of(n)) || is_dropped(h, n))
        return;
    if (html_is_hidden(&h->styles, n, h->dark > 0, h->body_chars)) {
        html_hidden_add(h->a, &h->page->hidden, n);
        return;
    }
    bool dark = n->type == GUMBO_NODE_ELEMENT && html_style_dark(html_attribute(n, "style"));
    h->depth++;
    h->dark += dark;
    walk_element(h, n);
    h->dark -= dark;
    h->depth--;
}

/* Hidden text outside the main content counts as well: it was put there for somebody. */
static void hidden_outside(struct html_walk *h, const GumboNode *n, size_t depth)
{
    if (n == h->main || depth > HTML_WALK_DEPTH_MAX || n->type != GUMBO_NODE_ELEMENT ||
        html_tag_silent(html_tag_of(n)) || html_is_boilerplate(n))
        return;
    if (html_is_hidden(&h->styles, n, h->dark > 0, h->body_chars)) {
        html_hidden_add(h->a, &h->page->hidden, n);
        return;
    }
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        hidden_outside(h, c->data[i], depth + 1);
}

static const GumboNode *body_of(const GumboNode *root)
{
    const GumboVector *c = html_children(root);
    for (unsigned i = 0; i < c->length; i++)
        if (html_tag_of(c->data[i]) == GUMBO_TAG_BODY)
            return c->data[i];
    return root;
}

/* Characters outside what is boilerplate by its looks. */
static size_t content_chars(const GumboNode *n, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT)
        return strlen(n->v.text.text);
    if (depth > HTML_WALK_DEPTH_MAX || html_tag_silent(html_tag_of(n)) ||
        (n->type == GUMBO_NODE_ELEMENT && html_is_boilerplate(n)))
        return 0;
    size_t sum = 0;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        sum += content_chars(c->data[i], depth + 1);
    return sum;
}

static void page_read(struct html_walk *h, const GumboOutput *out)
{
    const GumboNode *body = body_of(out->root);
    survey(h, out->root, 0);
    h->body_chars = html_text_chars(body, 0);
    if (h->main && h->main_chars * 4 < h->body_chars && h->main_chars * 3 < content_chars(body, 0))
        h->main = NULL;
    if (h->main) {
        h->body_chars = h->main_chars;
        hidden_outside(h, body, 0);
    }
    walk(h, h->main ? h->main : body);
    block_flush(h, HTML_LINE);
    posting_write_break(h->w);
}

int html_read(struct arena *a, struct str body, struct posting_writer *w, struct html_page *ret, struct err *err)
{
    ret->title = ret->site_name = ret->hidden.quote = (struct str){"", 0};
    if (html_excessive(body)) {
        html_strip(a, body, w, &ret->hidden.chars);
        return 0;
    }
    struct html_memory m;
    struct html_walk h = {.a = a, .w = w, .page = ret};
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = html_alloc;
    options.deallocator = html_free;
    options.userdata = &m;
    options.max_errors = 0;
    arena_init(&m.arena, HTML_PARSE_MAX_BYTES);
    buf_init(&h.text, POSTING_SOURCE_MAX_BYTES);
    if (setjmp(m.exhausted) != 0) {
        arena_fini(&m.arena);
        return err_set(err, ERR_MEMORY, "the page needs more memory than its limit");
    }
    const GumboOutput *out = gumbo_parse_with_options(&options, body.p, body.n);
    page_read(&h, out);
    ret->microdata = memmem(body.p, body.n, "JobPosting", 10) && memmem(body.p, body.n, "itemprop", 8) &&
                     html_microdata_read(a, out->root, &ret->facts);
    buf_fini(&h.text);
    arena_fini(&m.arena);
    for (struct str *s = &ret->title; s; s = s == &ret->title ? &ret->site_name : NULL) {
        struct str clean = posting_clean(a, *s, &(size_t){0});
        *s = clean.p ? str_trim(clean) : (struct str){"", 0};
    }
    return 0;
}
