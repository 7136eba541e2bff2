/* libzip on a buffer. The stated sizes are checked at opening (cheap, catches honest bombs), the real ones while
 * reading (catches the others). */
#include "io/docx/zip.h"

#include <stdlib.h>
#include <zip.h>

#define ZIP_PIECE_BYTES 65536

struct zip_file {
    zip_t *zip;
    size_t count;
};

static int zip_check(struct zip_file *z, struct err *err)
{
    uint64_t all = 0;
    zip_int64_t n = zip_get_num_entries(z->zip, 0);
    if (n < 0 || n > ZIP_ENTRIES_MAX)
        return doc_refuse(err, DOC_UNPACKS_TOO_LARGE, "the document has more parts than any DOCX");
    z->count = (size_t)n;
    for (zip_uint64_t i = 0; i < (zip_uint64_t)n; i++) {
        zip_stat_t st;
        if (zip_stat_index(z->zip, i, 0, &st) < 0)
            return doc_refuse(err, DOC_DAMAGED, NULL);
        if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
            return doc_refuse(err, DOC_ENCRYPTED, NULL);
        if (!(st.valid & ZIP_STAT_SIZE) || !(st.valid & ZIP_STAT_COMP_SIZE))
            return doc_refuse(err, DOC_DAMAGED, NULL);
        if (st.size > ZIP_ALL_MAX_BYTES || (all += st.size) > ZIP_ALL_MAX_BYTES ||
            (st.size > ZIP_RATIO_FROM_BYTES && st.size / ZIP_RATIO_MAX > st.comp_size))
            return doc_refuse(err, DOC_UNPACKS_TOO_LARGE, NULL);
    }
    return 0;
}

int zip_file_open(struct str bytes, struct zip_file **ret, struct err *err)
{
    zip_error_t zerr;
    zip_error_init(&zerr);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.n, 0, &zerr);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &zerr) : NULL;
    int code = zip_error_code_zip(&zerr);
    zip_error_fini(&zerr);
    if (!zip) {
        if (source)
            zip_source_free(source);
        if (code == ZIP_ER_MEMORY)
            return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
        /* the directory is at the end: a cut file has none */
        return doc_refuse(err, code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS ? DOC_TRUNCATED : DOC_DAMAGED, NULL);
    }
    struct zip_file *z = calloc(1, sizeof(*z));
    if (!z) {
        zip_discard(zip);
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    }
    z->zip = zip;
    int rc = zip_check(z, err);
    if (rc < 0)
        zip_file_close(z);
    else
        *ret = z;
    return rc;
}

void zip_file_close(struct zip_file *z)
{
    if (!z)
        return;
    zip_discard(z->zip);
    free(z);
}

size_t zip_file_count(const struct zip_file *z)
{
    return z->count;
}

const char *zip_file_name(const struct zip_file *z, size_t i)
{
    const char *name = zip_get_name(z->zip, i, ZIP_FL_ENC_RAW);
    return name ? name : "";
}

bool zip_file_has(const struct zip_file *z, const char *name)
{
    return zip_name_locate(z->zip, name, 0) >= 0;
}

int zip_file_part(struct zip_file *z, struct arena *a, const char *name, struct str *ret, struct err *err)
{
    zip_int64_t at = zip_name_locate(z->zip, name, 0);
    if (at < 0)
        return err_set(err, ERR_NOT_FOUND, "the document has no part %.100s", name);
    zip_file_t *f = zip_fopen_index(z->zip, (zip_uint64_t)at, 0);
    if (!f)
        return doc_refuse(err,
                          zip_error_code_zip(zip_get_error(z->zip)) == ZIP_ER_NOPASSWD ? DOC_ENCRYPTED : DOC_DAMAGED,
                          NULL);
    struct buf b;
    buf_init(&b, ZIP_PART_MAX_BYTES);
    zip_int64_t n;
    int rc = 0;
    do {
        char piece[ZIP_PIECE_BYTES];
        n = zip_fread(f, piece, sizeof(piece));
        if (n < 0)
            rc = doc_refuse(err, DOC_DAMAGED, NULL);
        else
            buf_add(&b, piece, (size_t)n);
        if (rc == 0 && buf_failed(&b))
            rc = doc_refuse(err, DOC_UNPACKS_TOO_LARGE, NULL);
    } while (rc == 0 && n > 0);
    zip_fclose(f);
    char *copy = rc == 0 ? arena_strndup(a, buf_str(&b), b.len) : NULL;
    *ret = (struct str){.p = copy, .n = b.len};
    buf_fini(&b);
    if (rc == 0 && !copy)
        rc = err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    return rc;
}
