/* Lines grow by doubling in the arena; the text of doc_add grows in a buffer and moves to the arena at the end. */
#include "base/doc.h"

#include <assert.h>
#include <stdio.h>

#define DOC_VERDICT_MARK "verdict:"

static const struct {
    const char *slug, *sentence;
    enum err_code code;
} VERDICTS[] = {
    {"read", "the document was read", ERR_NONE},
#define VERDICT(name, slug, error, sentence) {slug, sentence, ERR_##error},
#include "base/doc_verdicts.def"
#undef VERDICT
};

void doc_init(struct doc *d, struct arena *a, enum doc_format format)
{
    *d = (struct doc){.arena = a, .format = format, .text = {.p = "", .n = 0}};
    buf_init(&d->building, DOC_TEXT_MAX_BYTES);
}

void doc_fini(struct doc *d)
{
    buf_fini(&d->building);
}

static void *doc_grow(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 256;
    void *v = arena_try_zalloc_n(a, more, size);
    if (!v)
        return NULL;
    if (n)
        memcpy(v, old, n * size);
    *cap = more;
    return v;
}

int doc_add_span(struct doc *d, const struct doc_line *line, struct err *err)
{
    if (d->lines_n == DOC_LINES_MAX)
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    if (d->lines_n == d->lines_cap) {
        void *v = doc_grow(d->arena, d->lines, d->lines_n, &d->lines_cap, sizeof(*d->lines));
        if (!v)
            return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
        d->lines = v;
    }
    d->lines[d->lines_n] = *line;
    d->lines[d->lines_n].number = (unsigned)d->lines_n + 1;
    d->lines_n++;
    return 0;
}

int doc_add(struct doc *d, struct str text, const struct doc_line *like, struct err *err)
{
    struct doc_line line = *like;
    line.from = d->building.len;
    line.to = line.from + text.n;
    buf_add(&d->building, text.p, text.n);
    buf_addc(&d->building, '\n');
    if (buf_failed(&d->building))
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    return doc_add_span(d, &line, err);
}

void doc_add_link(struct doc *d, size_t from, size_t to, struct str url)
{
    if (d->links_n == DOC_LINKS_MAX || url.n == 0)
        return;
    if (d->links_n == d->links_cap) {
        void *v = doc_grow(d->arena, d->links, d->links_n, &d->links_cap, sizeof(*d->links));
        if (!v)
            return;
        d->links = v;
    }
    char *copy = str_dup(d->arena, url);
    if (copy)
        d->links[d->links_n++] = (struct doc_link){.from = from, .to = to, .url = {.p = copy, .n = url.n}};
}

int doc_finish(struct doc *d, struct err *err)
{
    char *copy = arena_strndup(d->arena, buf_str(&d->building), d->building.len);
    if (!copy)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    d->text = (struct str){.p = copy, .n = d->building.len};
    return 0;
}

struct str doc_line_text(const struct doc *d, size_t i)
{
    assert(i < d->lines_n);
    return str_sub(d->text, d->lines[i].from, d->lines[i].to);
}

const char *doc_verdict_slug(enum doc_verdict v)
{
    return (size_t)v < ARRAY_LEN(VERDICTS) ? VERDICTS[v].slug : "unknown";
}

enum doc_verdict doc_verdict_from_slug(struct str slug)
{
    for (size_t i = 0; i < ARRAY_LEN(VERDICTS); i++)
        if (str_eqc(slug, VERDICTS[i].slug))
            return (enum doc_verdict)i;
    return DOC_VERDICT_COUNT;
}

const char *doc_verdict_sentence(enum doc_verdict v)
{
    return (size_t)v < ARRAY_LEN(VERDICTS) ? VERDICTS[v].sentence : "";
}

enum err_code doc_verdict_error(enum doc_verdict v)
{
    return (size_t)v < ARRAY_LEN(VERDICTS) ? VERDICTS[v].code : ERR_BUG;
}

int doc_refuse(struct err *err, enum doc_verdict v, const char *detail)
{
    char at[ERR_POINTER_BYTES];
    snprintf(at, sizeof(at), DOC_VERDICT_MARK "%s", doc_verdict_slug(v));
    return err_set_at(err, doc_verdict_error(v), at, "%s", detail ? detail : doc_verdict_sentence(v));
}

enum doc_verdict doc_verdict_of(const struct err *err)
{
    struct str at = str_of(err->pointer);
    if (!str_starts(at, DOC_VERDICT_MARK))
        return DOC_READ;
    enum doc_verdict v = doc_verdict_from_slug(str_sub(at, sizeof(DOC_VERDICT_MARK) - 1, at.n));
    return v == DOC_VERDICT_COUNT ? DOC_READ : v;
}
