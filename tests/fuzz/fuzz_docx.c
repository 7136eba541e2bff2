/* Any bytes as a DOCX (a ZIP file), and as the XML of its document: refused with a code, or lines that lie in the text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <zip.h>
#include "io/docx/read.h"
#include "pipeline/resume/resume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(struct str bytes)
{
    struct arena a;
    struct doc d;
    struct str json;
    struct err err = {0};
    arena_init(&a, (size_t)256 << 20);
    doc_init(&d, &a, DOC_FORMAT_DOCX);
    int rc = docx_read(bytes, &d, &err);
    assert(rc == 0 || err.msg[0]);
    for (size_t i = 0; rc == 0 && i < d.lines_n; i++)
        assert(d.lines[i].from <= d.lines[i].to && d.lines[i].to <= d.text.n);
    if (rc == 0)
        (void)!resume_read(&a, &d, &json, &err);
    doc_fini(&d);
    arena_fini(&a);
}

/* The bytes as word/document.xml of a real archive. */
static void read_xml(const uint8_t *data, size_t size)
{
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, &e);
    zip_source_keep(s);
    zip_t *z = zip_open_from_source(s, ZIP_TRUNCATE, &e);
    zip_source_t *part = z ? zip_source_buffer(z, data, size, 0) : NULL;
    if (part && zip_file_add(z, "word/document.xml", part, 0) >= 0 && zip_close(z) == 0 && zip_source_open(s) == 0) {
        zip_source_seek(s, 0, SEEK_END);
        zip_int64_t n = zip_source_tell(s);
        zip_source_seek(s, 0, SEEK_SET);
        char *bytes = malloc((size_t)n + 1);
        if (bytes && zip_source_read(s, bytes, (zip_uint64_t)n) == n)
            read_one((struct str){.p = bytes, .n = (size_t)n});
        free(bytes);
        zip_source_close(s);
    }
    zip_source_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2 && data[0] == 'P' && data[1] == 'K')
        read_one((struct str){.p = (const char *)data, .n = size});
    else
        read_xml(data, size);
    return 0;
}
