/* What was given, and in which form it goes out. A letter as text is its body, byte for byte: the hash of its claim
 * ledger is that of these bytes. */
#include "pipeline/render/render.h"

#include "io/docx/docx_write.h"
#include "io/pdf/pdf.h"
#include "pipeline/engine/profile_parts.h"
#include "pipeline/render/render_int.h"

static const struct {
    enum render_format format;
    const char *name;
} FORMATS[] = {
    {RENDER_JSON, "json"}, {RENDER_MARKDOWN, "md"}, {RENDER_TEXT, "txt"}, {RENDER_PDF, "pdf"}, {RENDER_DOCX, "docx"}};

enum render_format render_format_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++)
        if (str_ieqc(name, FORMATS[i].name))
            return FORMATS[i].format;
    return RENDER_NONE;
}

const char *render_format_name(enum render_format f)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++)
        if (FORMATS[i].format == f)
            return FORMATS[i].name;
    return "";
}

bool render_format_is_binary(enum render_format f)
{
    return f == RENDER_PDF || f == RENDER_DOCX;
}

static bool is_letter(yyjson_val *root)
{
    return yyjson_is_str(yyjson_obj_get(root, "body")) && !yyjson_obj_get(root, "work");
}

/* The résumé in root: its document when it is a tailored one. */
static yyjson_val *resume_in(yyjson_val *root)
{
    yyjson_val *document = json_get_obj(root, "document");
    return document ? document : root;
}

int render_to_sheet(struct arena *a, yyjson_val *root, struct sheet *ret, struct err *err)
{
    int rc = 0;
    if (!yyjson_is_obj(root))
        return err_set(err, ERR_INVALID, "a résumé or a letter is a JSON object");
    if (is_letter(root)) {
        rc = letter_to_sheet(a, root, ret, err);
    } else {
        rc = profile_check(resume_in(root), err);
        if (rc == 0)
            rc = resume_to_sheet(a, resume_in(root), ret, err);
        if (rc == 0 && ret->date.y == 0)
            ret->date = render_date(json_get_str(root, "created_at"));
    }
    if (rc == 0 && ret->n == 0)
        return err_set(err, ERR_NO_EVIDENCE, "there is nothing to print: no field of JSON Resume 1.0 says anything");
    return rc;
}

static int render_json(struct arena *a, yyjson_val *root, struct buf *out, struct err *err)
{
    size_t n = 0;
    char *text = json_write_pretty(a, is_letter(root) ? root : resume_in(root), &n);
    if (!text)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    buf_add(out, text, n);
    buf_addc(out, '\n');
    return 0;
}

int render_document(struct arena *a, yyjson_val *root, struct render_options o, struct buf *out,
                    struct render_notes *ret_notes, struct err *err)
{
    struct sheet d;
    struct pdf_notes notes = {0};
    int rc = render_to_sheet(a, root, &d, err);
    if (rc < 0)
        return rc;
    if (o.paper)
        d.paper = o.paper;
    if (o.author.n && d.author.n == 0)
        d.author = o.author;
    if (o.format == RENDER_JSON)
        rc = render_json(a, root, out, err);
    else if (d.letter && !render_format_is_binary(o.format))
        buf_add(out, json_get_str(root, "body").p, json_get_str(root, "body").n);
    else if (o.format == RENDER_MARKDOWN)
        sheet_write_markdown(&d, out);
    else if (o.format == RENDER_TEXT)
        sheet_write_text(&d, out);
    else if (o.format == RENDER_PDF)
        rc = pdf_write(&d, out, &notes, err);
    else
        rc = docx_write(&d, out, err);
    if (ret_notes)
        *ret_notes = (struct render_notes){.author = d.author,
                                           .letter = d.letter,
                                           .left_out = notes.left_out,
                                           .pictograph = notes.first,
                                           .pages = notes.pages};
    if (rc == 0 && buf_failed(out))
        return err_set(err, ERR_LIMIT, "the document is larger than %zu bytes", out->max_bytes);
    return rc;
}
