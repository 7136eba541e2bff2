/* What cairo cannot say: in which language a document is, and (1.16) that a date is a date. So catalog and information
 * are written once more behind the end: an update as ISO 32000-1, 7.5.6 describes it, with a cross-reference table of
 * two objects. A file without such a table (cairo 1.18 packs the objects of a PDF 1.5 into streams) stays as it is. */
#include "io/pdf/pdf_int.h"

static ptrdiff_t last_of(struct str s, struct str needle)
{
    for (size_t i = s.n < needle.n ? 0 : s.n - needle.n + 1; i-- > 0;)
        if (memcmp(s.p + i, needle.p, needle.n) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static bool number_after(struct str s, struct str word, uint64_t *ret)
{
    ptrdiff_t at = last_of(s, word);
    if (at < 0)
        return false;
    struct str rest = str_sub(s, (size_t)at + word.n, s.n);
    size_t n = 0;
    while (rest.n && str_is_space(rest.p[0]))
        rest = str_sub(rest, 1, rest.n);
    while (n < rest.n && str_is_digit(rest.p[n]))
        n++;
    return str_to_u64(str_sub(rest, 0, n), ret);
}

static bool is_tag(struct str s) /* BCP 47: nothing that PDF would read as syntax */
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return s.n > 0 && s.n <= 35;
}

/* The entries of object n, "<<" and ">>" included; n == 0: not found. */
static struct str object_entries(struct str pdf, uint64_t number)
{
    char head[40];
    int n = snprintf(head, sizeof(head), "\n%llu 0 obj\n<<", (unsigned long long)number);
    ptrdiff_t at = last_of(pdf, (struct str){.p = head, .n = (size_t)n});
    if (at < 0)
        return str_of("");
    struct str body = str_sub(pdf, (size_t)at + (size_t)n - 2, pdf.n);
    ptrdiff_t end = str_find(body, STR("endobj"));
    return end < 0 ? str_of("") : str_sub(body, 0, (size_t)end);
}

static void add_catalog(struct buf *out, struct str entries, struct str language)
{
    if (!is_tag(language))
        language = STR("en");
    buf_addf(out, "<< /ViewerPreferences << /DisplayDocTitle true >>\n   /Lang (" STR_FMT ")\n", STR_ARG(language));
    buf_add(out, entries.p + 2, entries.n - 2);
}

/* The date of cairo 1.16 lacks the "D:" that makes it one. */
static void add_info(struct buf *out, struct str entries)
{
    ptrdiff_t at = str_find(entries, STR("/CreationDate ("));
    size_t cut = at < 0 ? 0 : (size_t)at + sizeof("/CreationDate (") - 1;
    bool bare = at >= 0 && cut < entries.n && str_is_digit(entries.p[cut]);
    buf_add(out, entries.p, cut);
    buf_adds(out, bare ? "D:" : "");
    buf_add(out, entries.p + cut, entries.n - cut);
}

int pdf_catalog_update(struct buf *out, size_t start, struct str language, struct err *err)
{
    struct str pdf = {.p = buf_str(out) + start, .n = out->len - start};
    uint64_t root, size, xref, info;
    if (!number_after(pdf, STR("/Root"), &root) || !number_after(pdf, STR("/Size"), &size) ||
        !number_after(pdf, STR("/Info"), &info) || !number_after(pdf, STR("startxref"), &xref) || xref >= pdf.n ||
        !str_starts(str_sub(pdf, (size_t)xref, pdf.n), "xref"))
        return 0;
    struct str catalog = object_entries(pdf, root), about = object_entries(pdf, info);
    if (catalog.n == 0 || about.n == 0)
        return 0;
    struct buf more;
    buf_init(&more, out->max_bytes);
    size_t root_at = pdf.n;
    buf_addf(&more, "%llu 0 obj\n", (unsigned long long)root);
    add_catalog(&more, catalog, language);
    buf_adds(&more, "endobj\n");
    size_t info_at = pdf.n + more.len;
    buf_addf(&more, "%llu 0 obj\n", (unsigned long long)info);
    add_info(&more, about);
    buf_adds(&more, "endobj\n");
    size_t table_at = pdf.n + more.len;
    buf_addf(&more, "xref\n%llu 1\n%010zu 00000 n \n%llu 1\n%010zu 00000 n \n", (unsigned long long)root, root_at,
             (unsigned long long)info, info_at);
    buf_addf(&more, "trailer\n<< /Size %llu /Root %llu 0 R /Info %llu 0 R /Prev %llu >>\nstartxref\n%zu\n%%%%EOF\n",
             (unsigned long long)size, (unsigned long long)root, (unsigned long long)info, (unsigned long long)xref,
             table_at);
    bool failed = buf_failed(&more);
    if (!failed)
        buf_add(out, buf_str(&more), more.len);
    buf_fini(&more);
    return failed ? err_set(err, ERR_MEMORY, "no memory left for the PDF") : 0;
}
