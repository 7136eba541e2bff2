/* Limits first, then the bytes, then the reader of their format. */
#include "reader/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/doc.h"
#include "io/docx/read.h"
#include "io/pdfin/pdfin.h"
#include "pipeline/resume/resume.h"
#include "reader/limits.h"

#define READER_ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define READER_PIECE_BYTES ((size_t)64 * 1024)

static int bytes_read(struct buf *b, struct err *err)
{
    for (;;) {
        char *at = buf_reserve(b, READER_PIECE_BYTES);
        if (!at)
            return doc_refuse(err, DOC_TOO_LARGE, NULL);
        ssize_t n = read(STDIN_FILENO, at, READER_PIECE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_IO, "cannot read the document: %s", strerror(errno));
        if (n == 0)
            return 0;
        b->len += (size_t)n;
        if (b->len > RESUME_BYTES_MAX)
            return doc_refuse(err, DOC_TOO_LARGE, NULL);
    }
}

static int lines_read(struct arena *a, enum doc_format format, struct str bytes, struct str *ret, struct err *err)
{
    struct doc d;
    doc_init(&d, a, format);
    int rc = format == DOC_FORMAT_PDF ? pdfin_read(bytes, &d, err) : docx_read(bytes, &d, err);
    if (rc == 0 && d.ours)
        rc = own_shape(&d, err);
    if (rc == 0)
        rc = resume_read(a, &d, ret, err);
    doc_fini(&d);
    return rc;
}

static int document_read(struct arena *a, struct str bytes, enum doc_format hint, struct str *ret, struct err *err)
{
    enum doc_verdict verdict;
    enum doc_format format = resume_sniff(bytes, &verdict);
    switch (format) {
    case DOC_FORMAT_PDF:
    case DOC_FORMAT_DOCX:
        return lines_read(a, format, bytes, ret, err);
    case DOC_FORMAT_JSON:
        return resume_read_json(a, bytes, ret, err);
    case DOC_FORMAT_TEXT:
    case DOC_FORMAT_MARKDOWN:
        return resume_read_text(a, bytes, hint, ret, err);
    }
    return doc_refuse(err, verdict, NULL);
}

static void say_refused(const struct err *err)
{
    struct buf b;
    enum doc_verdict v = doc_verdict_of(err);
    const char *pointer = v == DOC_READ ? err->pointer : "";
    buf_init(&b, 8192);
    buf_addf(&b, "{\"verdict\":\"%s\",\"code\":\"%s\",\"detail\":",
             v == DOC_READ ? err_slug(err->code) : doc_verdict_slug(v), err_slug(err->code));
    buf_add_json(&b, err->msg, strlen(err->msg));
    buf_adds(&b, ",\"pointer\":");
    buf_add_json(&b, pointer, strlen(pointer));
    buf_adds(&b, "}\n");
    fwrite(buf_str(&b), 1, b.len, stdout);
    buf_fini(&b);
}

static bool hint_of(int argc, char **argv, enum doc_format *ret)
{
    *ret = 0;
    if (argc == 1)
        return true;
    if (argc != 3 || strcmp(argv[1], "--format") != 0)
        return false;
    *ret = strcmp(argv[2], "markdown") == 0 ? DOC_FORMAT_MARKDOWN : strcmp(argv[2], "text") == 0 ? DOC_FORMAT_TEXT : 0;
    return *ret != 0 || strcmp(argv[2], "any") == 0;
}

int reader_main(int argc, char **argv)
{
    enum doc_format hint;
    struct err err;
    if (!hint_of(argc, argv, &hint)) {
        fputs("usage: jobmill-reader [--format text|markdown|any] <DOCUMENT\n", stderr);
        return 2;
    }
    if (limits_set(&err) < 0) {
        fprintf(stderr, "jobmill-reader: %s\n", err.msg);
        return 1;
    }
    struct arena a;
    struct buf b;
    struct str json;
    arena_init(&a, READER_ARENA_BYTES);
    buf_init(&b, RESUME_BYTES_MAX + READER_PIECE_BYTES);
    int rc = bytes_read(&b, &err);
    if (rc == 0 && b.len == 0)
        rc = doc_refuse(&err, DOC_EMPTY, NULL);
    if (rc == 0)
        rc = document_read(&a, (struct str){.p = buf_str(&b), .n = b.len}, hint, &json, &err);
    if (rc == 0) {
        fputs("{\"verdict\":\"read\",\"document\":", stdout);
        fwrite(json.p, 1, json.n, stdout);
        fputs("}\n", stdout);
    } else {
        say_refused(&err);
    }
    buf_fini(&b);
    arena_fini(&a);
    return fflush(stdout) == 0 ? (rc < 0 ? READER_EXIT_REFUSED : 0) : 1;
}
