/* Chooses the reader for a source and puts the parts together. The page's own JSON-LD gives the facts; its text is used
 * when it holds most of what the page shows, otherwise the page's main content is. */
#include "pipeline/engine/posting_internal.h"

#include "base/utf8.h"

#define HIDDEN_MIN_CHARS 8 /* fewer invisible characters are an accident */

static struct posting_facts facts_none(void)
{
    struct str none = {"", 0};
    return (struct posting_facts){.title = none,
                                  .company = none,
                                  .location = none,
                                  .employment_type = none,
                                  .date_posted = none,
                                  .valid_through = none,
                                  .education = none,
                                  .industry = none,
                                  .salary_text = none,
                                  .currency = none,
                                  .salary_period = none,
                                  .salary_min = -1,
                                  .salary_max = -1};
}

static int memory_error(struct err *err)
{
    return err_set(err, ERR_MEMORY, "the posting needs more memory than its limit");
}

static bool looks_html(struct str s)
{
    static const char *const marks[] = {"<!doctype html", "<html", "<body", "<div", "<p>", "<ul>", "<br", "<h1", "<h2",
                                        "<li>",           "<p "};
    s = str_trim(s);
    if (s.n < 5 || s.p[0] != '<' || str_starts(s, "<!--"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_istarts(s, marks[i]))
            return true;
    return false;
}

static int read_text(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, struct err *err)
{
    struct str clean = posting_clean(a, body, &ret->hidden_chars);
    if (!clean.p)
        return memory_error(err);
    bool matter;
    struct str rest = posting_matter_read(w, a, clean, ret, &matter);
    size_t marks = posting_text_write(w, a, rest);
    ret->method = matter || marks >= 2 ? STR("markdown") : STR("text");
    return 0;
}

/* The first JobPosting among the page's JSON-LD scripts; malformed scripts do not count. */
static int page_jsonld(struct arena *a, const struct html_page *page, struct posting_writer *w, struct posting *ret,
                       bool *found, struct err *err)
{
    *found = false;
    for (size_t i = 0; i < page->json_ld_n && !*found; i++) {
        struct err ignored;
        struct posting_facts facts = facts_none();
        int r = posting_jsonld_read(a, page->json_ld[i], w, &facts, &ret->hidden_chars, found, &ignored);
        if (r == -ERR_MEMORY)
            return memory_error(err);
        if (*found)
            ret->facts = facts;
    }
    return 0;
}

static int read_html(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, struct err *err)
{
    struct html_page page = {0};
    struct posting_writer ld;
    bool found, matter;
    /* generated pages sometimes keep the front matter of their source */
    body = posting_matter_read(w, a, body, ret, &matter);
    if (matter && w->out.len)
        buf_reset(&w->out);
    w->last = POSTING_BLOCK_NONE;
    int r = html_read(a, body, w, &page, err);
    if (r < 0)
        return r;
    ret->hidden_chars += page.hidden_chars;
    ret->title_hint = page.title;
    ret->company_hint = page.site_name;
    ret->method = STR("html");
    posting_writer_init(&ld);
    r = page_jsonld(a, &page, &ld, ret, &found, err);
    if (r == 0 && found && ld.out.len >= POSTING_TEXT_MIN_CHARS && ld.out.len * 10 >= w->out.len * 6) {
        struct posting_writer page_text = *w;
        *w = ld;
        ld = page_text;
        ret->method = STR("json_ld");
    }
    posting_writer_fini(&ld);
    return r;
}

static int read_jsonld(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, struct err *err)
{
    bool found;
    int r = posting_jsonld_read(a, body, w, &ret->facts, &ret->hidden_chars, &found, err);
    ret->method = STR("json_ld");
    if (r == 0 && !found)
        return err_set(err, ERR_NOT_A_POSTING, "the JSON holds no schema.org JobPosting");
    return r;
}

static int read_format(struct arena *a, const struct posting_source *src, struct posting_writer *w, struct posting *ret,
                       struct err *err)
{
    switch (src->format) {
    case POSTING_HTML:
        return read_html(a, src->body, w, ret, err);
    case POSTING_JSON_LD:
        return read_jsonld(a, src->body, w, ret, err);
    case POSTING_TEXT:
        break;
    }
    return looks_html(src->body) ? read_html(a, src->body, w, ret, err) : read_text(a, src->body, w, ret, err);
}

int posting_read(struct arena *a, const struct posting_source *src, struct posting *ret, struct err *err)
{
    *ret = (struct posting){
        .text = {"", 0}, .facts = facts_none(), .title_hint = {"", 0}, .company_hint = {"", 0}, .method = STR("text")};
    if (src->body.n > POSTING_SOURCE_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "the posting has %zu bytes; the limit is %zu", src->body.n,
                       POSTING_SOURCE_MAX_BYTES);
    if (utf8_valid_prefix(src->body) != src->body.n)
        return err_set(err, ERR_MALFORMED, "the posting is not valid UTF-8 at byte %zu", utf8_valid_prefix(src->body));
    struct posting_writer w;
    posting_writer_init(&w);
    int r = read_format(a, src, &w, ret, err);
    if (r == 0 && !posting_writer_take(&w, a, &ret->text))
        r = memory_error(err);
    ret->truncated = w.full;
    posting_writer_fini(&w);
    if (r < 0)
        return r;
    if (src->title.n)
        ret->facts.title = str_trim(src->title);
    if (src->company.n)
        ret->facts.company = str_trim(src->company);
    ret->hidden_text = ret->hidden_chars >= HIDDEN_MIN_CHARS;
    if (str_trim(ret->text).n == 0)
        return err_set(err, ERR_NOT_A_POSTING, "the posting has no text");
    return 0;
}
