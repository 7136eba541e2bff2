/* Text against text: a certificate is the base64 between its two lines, and nothing of it is read. */
#include "io/curl/trust.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/map.h"

#define TRUST_FILE_BYTES ((size_t)4 << 20)
#define TRUST_CERTS_MAX  4096
#define TRUST_FILES_MAX  4096
#define TRUST_PATH_BYTES 512
#define TRUST_HASH_CHARS 8

static const char trust_begin[] = "-----BEGIN CERTIFICATE-----";
static const char trust_end[] = "-----END CERTIFICATE-----";

static bool trust_read(const char *path, struct buf *b)
{
    buf_reset(b);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    char chunk[8192];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(b, chunk, n);
    bool read = !ferror(f) && !buf_failed(b);
    fclose(f);
    return read;
}

/* The next certificate's text, without its first and last line. */
static bool trust_next(struct str *rest, struct str *ret)
{
    ptrdiff_t from = str_find(*rest, str_of(trust_begin));
    if (from < 0)
        return false;
    struct str body = str_sub(*rest, (size_t)from + strlen(trust_begin), rest->n);
    ptrdiff_t to = str_find(body, str_of(trust_end));
    if (to < 0)
        return false;
    *ret = str_trim(str_sub(body, 0, (size_t)to));
    *rest = str_sub(body, (size_t)to, body.n);
    return true;
}

/* "4a6481c9.0" */
static bool trust_named_by_hash(const char *name)
{
    size_t hex = strspn(name, "0123456789abcdef");
    return hex == TRUST_HASH_CHARS && name[hex] == '.' && str_is_digit(name[hex + 1]);
}

/* Every certificate of the folder's files into the map. */
static void trust_folder_read(const char *folder, struct map *known)
{
    struct buf text;
    size_t files = 0;
    struct dirent *entry;
    DIR *d = opendir(folder);
    if (!d)
        return;
    buf_init(&text, TRUST_FILE_BYTES);
    while ((entry = readdir(d)) && files < TRUST_FILES_MAX) {
        char path[TRUST_PATH_BYTES];
        struct str cert;
        if (!trust_named_by_hash(entry->d_name) ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
            continue;
        files++;
        struct str rest = {0};
        if (trust_read(path, &text))
            rest = (struct str){.p = buf_str(&text), .n = text.len};
        while (trust_next(&rest, &cert))
            if (!map_put(known, cert.p, cert.n, known))
                break;
    }
    buf_fini(&text);
    closedir(d);
}

bool trust_covers(const char *folder, const char *file)
{
    _cleanup_(map_freep)
    struct map *known = map_new(TRUST_CERTS_MAX);
    struct buf text;
    size_t count = 0;
    buf_init(&text, TRUST_FILE_BYTES);
    bool covers = trust_read(file, &text);
    struct str rest = {.p = buf_str(&text), .n = text.len}, cert;
    if (covers)
        trust_folder_read(folder, known);
    for (; covers && trust_next(&rest, &cert); count++)
        covers = map_get(known, cert.p, cert.n) != NULL;
    buf_fini(&text);
    return covers && count;
}
