/* Chooses the reader for a source and puts the parts together. The page's own JSON-LD gives the facts; its text is used
 * when it holds most of what the page shows, otherwise the page's main content is. */
#include "pipeline/engine/posting_internal.h"

#include <string.h>
#include "base/utf8.h"
#include "pipeline/engine/posting_trim.h"

#define HIDDEN_MIN_CHARS 8    /* fewer invisible characters are an accident */
#define TOP_GUARD_BYTES  2000 /* a longer paragraph at the top is left to the guard of the whole text */

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

/* Paragraphs at the top that speak to a machine go before anything is looked for there: title, front matter. */
static struct str top_guard(struct str text, struct posting *ret)
{
    for (;;) {
        struct str rest = str_trim(text);
        ptrdiff_t close = str_starts(rest, "<!--") ? str_find(rest, STR("-->")) : -1;
        if (close >= 4 && str_starts(str_trim(str_sub(rest, (size_t)close + 3, rest.n)), "---\n")) {
            if (posting_guard_speaks(str_sub(rest, 4, (size_t)close)))
                posting_note(ret, "hidden_text", str_sub(rest, 4, (size_t)close));
            text = str_sub(rest, (size_t)close + 3, rest.n);
            continue;
        }
        ptrdiff_t gap = str_find(rest, STR("\n\n")), line = str_find(rest, STR("\n"));
        size_t end = gap > 0 ? (size_t)gap : line > 0 ? (size_t)line : 0;
        struct str top = str_sub(rest, 0, end);
        if (end == 0 || end > TOP_GUARD_BYTES || rest.p[0] == '<' || memchr(top.p, '\n', top.n) ||
            !posting_guard_speaks(top))
            return text;
        posting_note(ret, "injection", top);
        text = str_sub(rest, end, rest.n);
    }
}

static void hidden_take(struct posting *ret, const struct posting_hidden *h)
{
    ret->hidden_chars += h->chars;
    if (h->quote.n)
        posting_note(ret, "hidden_text", h->quote);
}

static int read_json(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, bool *found,
                     struct err *err)
{
    struct posting_hidden hidden = {0};
    struct posting_facts facts = facts_none();
    struct posting_json j = {.a = a, .w = w, .f = &facts, .hidden = &hidden, .err = err};
    int r = posting_json_read(&j, body, found);
    if (r < 0 || !*found)
        return r;
    ret->facts = facts;
    ret->dated = facts.valid_through.n > 0;
    ret->method = str_of(j.method);
    if (j.company_hint.n)
        ret->company_hint = j.company_hint;
    hidden_take(ret, &hidden);
    return 0;
}

static int read_text(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, struct err *err)
{
    struct str clean = posting_clean(a, body, &ret->hidden_chars);
    bool found = false, matter;
    if (!clean.p)
        return memory_error(err);
    struct str start = str_trim(clean);
    if (start.n > 2 && (start.p[0] == '{' || start.p[0] == '[')) {
        struct err ignored;
        if (read_json(a, body, w, ret, &found, &ignored) == 0 && found)
            return 0;
        buf_reset(&w->out);
        w->last = POSTING_BLOCK_NONE;
    }
    struct str rest = posting_matter_read(w, a, top_guard(clean, ret), ret, &matter);
    size_t marks = posting_text_write(w, a, rest);
    ret->method = matter || marks >= 2 ? STR("markdown") : STR("text");
    return 0;
}

/* The first posting among the page's JSON-LD scripts; malformed scripts do not count. */
static int page_jsonld(struct arena *a, const struct html_page *page, struct posting_writer *w, struct posting *ret,
                       bool *found, struct err *err)
{
    *found = false;
    for (size_t i = 0; i < page->json_ld_n && !*found; i++) {
        struct err ignored;
        struct str hint = ret->company_hint;
        int r = read_json(a, page->json_ld[i], w, ret, found, &ignored);
        ret->company_hint = hint;
        if (r == -ERR_MEMORY)
            return memory_error(err);
    }
    return 0;
}

static int read_html(struct arena *a, struct str body, struct posting_writer *w, struct posting *ret, struct err *err)
{
    struct html_page page = {.facts = facts_none()};
    struct posting_writer ld;
    bool found, matter;
    /* generated pages sometimes keep the front matter of their source */
    body = posting_matter_read(w, a, top_guard(body, ret), ret, &matter);
    if (matter && w->out.len)
        buf_reset(&w->out);
    w->last = POSTING_BLOCK_NONE;
    int r = html_read(a, body, w, &page, err);
    if (r < 0)
        return r;
    hidden_take(ret, &page.hidden);
    ret->title_hint = page.title;
    ret->company_hint = page.site_name;
    if (page.microdata) {
        ret->facts = page.facts;
        ret->dated = page.facts.valid_through.n > 0;
    }
    posting_writer_init(&ld);
    r = page_jsonld(a, &page, &ld, ret, &found, err);
    ret->method = page.microdata && !found ? STR("microdata") : STR("html");
    if (r == 0 && found && ld.out.len >= POSTING_TEXT_MIN_CHARS && ld.out.len * 10 >= w->out.len * 6) {
        struct posting_writer page_text = *w;
        *w = ld;
        ld = page_text;
        ret->method = STR("json_ld");
    }
    posting_writer_fini(&ld);
    return r;
}

/* A NUL is no text, and nothing that is stored as JSON can hold one. */
static bool without_nul(struct arena *a, struct str *body)
{
    if (!body->n || !memchr(body->p, '\0', body->n))
        return true;
    char *copy = arena_strndup(a, body->p, body->n);
    for (char *at = copy; copy && (at = memchr(at, '\0', body->n - (size_t)(at - copy)));)
        *at = ' ';
    body->p = copy ? copy : "";
    return copy != NULL;
}

static int read_format(struct arena *a, const struct posting_source *src, struct posting_writer *w, struct posting *ret,
                       struct err *err)
{
    bool found;
    int r;
    switch (src->format) {
    case POSTING_HTML:
        return read_html(a, src->body, w, ret, err);
    case POSTING_JSON_LD:
        r = read_json(a, src->body, w, ret, &found, err);
        return r < 0 || found ? r : err_set(err, ERR_NOT_A_POSTING, "the JSON holds no posting that is known");
    case POSTING_TEXT:
        break;
    }
    return looks_html(src->body) ? read_html(a, src->body, w, ret, err) : read_text(a, src->body, w, ret, err);
}

/* "2026-12-31", "2026-12-31T23:59:00Z", "12/31/2026" is not read: day and month cannot be told apart. */
static struct posting_day day_of(struct str s)
{
    int v[3] = {0}, digits[3] = {0};
    size_t part = 0;
    for (size_t i = 0; i < s.n && part < 3; i++) {
        if (str_is_digit(s.p[i])) {
            v[part] = v[part] * 10 + (s.p[i] - '0');
            if (++digits[part] > 4)
                return (struct posting_day){0, 0, 0};
        } else if (s.p[i] == '-' && digits[part]) {
            part++;
        } else {
            break;
        }
    }
    bool fits =
        digits[0] == 4 && digits[1] == 2 && v[1] >= 1 && v[1] <= 12 && digits[2] == 2 && v[2] >= 1 && v[2] <= 31;
    return fits ? (struct posting_day){v[0], v[1], v[2]} : (struct posting_day){0, 0, 0};
}

static bool is_over(struct str valid_through, struct posting_day now)
{
    struct posting_day last = day_of(valid_through);
    if (last.y == 0 || now.y == 0)
        return false;
    return (last.y * 12 + last.m) * 32 + last.d < (now.y * 12 + now.m) * 32 + now.d;
}

static int shorten(struct arena *a, struct posting *ret, struct err *err)
{
    struct posting_trimmed short_one;
    int r = posting_trim(a, ret, &posting_bytes, (int64_t)POSTING_TEXT_MAX_BYTES, &short_one, err);
    if (r < 0)
        return r;
    if (short_one.text.n > POSTING_TEXT_MAX_BYTES)
        return err_set(
            err, ERR_TOO_LARGE,
            "the posting's requirements and duties alone have %zu bytes; the limit is %zu: is it one posting?",
            short_one.text.n, POSTING_TEXT_MAX_BYTES);
    ret->text = short_one.text;
    ret->tokens = NULL;
    ret->tokens_n = 0;
    ret->truncated = true;
    memcpy(ret->left_out, short_one.left_out, sizeof(ret->left_out));
    return 0;
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
    struct posting_source clean = *src;
    if (!without_nul(a, &clean.body))
        return memory_error(err);
    struct posting_writer w;
    posting_writer_init(&w);
    int r = read_format(a, &clean, &w, ret, err);
    if (r == 0 && !posting_writer_take(&w, a, &ret->text))
        r = memory_error(err);
    ret->truncated = w.full;
    hidden_take(ret, &w.hidden);
    posting_writer_fini(&w);
    if (r < 0)
        return r;
    if (src->title.n)
        ret->facts.title = str_trim(src->title);
    if (src->company.n)
        ret->facts.company = str_trim(src->company);
    ret->hidden_text = ret->hidden_chars >= HIDDEN_MIN_CHARS;
    ret->expired = ret->dated && is_over(ret->facts.valid_through, src->now);
    if (!posting_guard(a, ret))
        return memory_error(err);
    if (str_trim(ret->text).n == 0)
        return err_set(err, ERR_NOT_A_POSTING, "the posting has no text");
    return ret->text.n > POSTING_TEXT_MAX_BYTES ? shorten(a, ret, err) : 0;
}
