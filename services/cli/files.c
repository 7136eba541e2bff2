#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"

#define FILES_READ_BYTES (64 * 1024)
#define FILES_TAIL_BYTES (32 * 1024)

int files_join(char out[FILES_PATH_BYTES], const char *folder, const char *name, struct err *err)
{
    int n = snprintf(out, FILES_PATH_BYTES, "%s/%s", folder, name);
    if (n < 0 || n >= FILES_PATH_BYTES)
        return err_set(err, ERR_LIMIT, "a path is longer than %d bytes", FILES_PATH_BYTES - 1);
    return 0;
}

int files_mkdirs(const char *path, mode_t mode, struct err *err)
{
    char part[FILES_PATH_BYTES];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part))
        return err_set(err, ERR_LIMIT, "a path is empty or longer than %d bytes", FILES_PATH_BYTES - 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return err_set(err, ERR_IO, "cannot make the folder %.120s: %s", part, strerror(errno));
    }
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "%.120s is not a folder", path);
    return 0;
}

static int files_read_fd(int fd, const char *path, struct buf *out, struct err *err)
{
    for (;;) {
        size_t room = out->max_bytes - out->len;
        char over;
        char *at = room ? buf_reserve(out, MIN(room, (size_t)FILES_READ_BYTES)) : &over;
        if (!at)
            return err_set(err, ERR_MEMORY, "no memory left to read %.120s", path);
        ssize_t n = read(fd, at, room ? MIN(room, (size_t)FILES_READ_BYTES) : 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_IO, "cannot read %.120s: %s", path, strerror(errno));
        if (n == 0)
            break;
        if (!room)
            return err_set(err, ERR_TOO_LARGE, "%.120s is larger than %zu bytes", path, out->max_bytes);
        out->len += (size_t)n;
    }
    buf_add(out, "", 0);
    return 0;
}

int files_read(const char *path, struct buf *out, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return files_read_fd(STDIN_FILENO, "standard input", out, err);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open %.120s: %s", path, strerror(errno));
    return files_read_fd(fd, path, out, err);
}

int files_write(const char *path, const void *data, size_t n, mode_t mode, struct err *err)
{
    char beside[FILES_PATH_BYTES + 8];
    snprintf(beside, sizeof(beside), "%s.new", path);
    unlink(beside); /* of an interrupted run; its mode might be another */
    _cleanup_close_ int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write %.120s: %s", path, strerror(errno));
    const char *p = data;
    for (size_t left = n; left > 0;) {
        ssize_t w = write(fd, p, left);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0) {
            unlink(beside);
            return err_set(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_IO, "cannot write %.120s: %s", path,
                           strerror(errno));
        }
        p += w;
        left -= (size_t)w;
    }
    if (rename(beside, path) < 0) {
        unlink(beside);
        return err_set(err, ERR_IO, "cannot write %.120s: %s", path, strerror(errno));
    }
    return 0;
}

int files_line(const char *path, char *out, size_t cap, struct err *err)
{
    struct buf b;
    buf_init(&b, 4096);
    int rc = files_read(path, &b, err);
    struct str rest = {.p = buf_str(&b), .n = b.len}, line = {.p = "", .n = 0};
    if (rc == 0)
        str_next_line(&rest, &line);
    line = str_trim(line);
    if (rc == 0 && (line.n == 0 || line.n >= cap))
        rc = err_set(err, ERR_CORRUPT, "%.120s holds no usable line", path);
    if (rc == 0)
        snprintf(out, cap, STR_FMT, STR_ARG(line));
    buf_fini(&b);
    return rc;
}

void files_tail(const char *path, int lines, const char *indent, struct buf *out)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[FILES_TAIL_BYTES];
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text), from);
    if (n <= 0)
        return;
    ssize_t at = n;
    while (at > 0 && lines > 0) {
        at--;
        if (at > 0 && text[at - 1] == '\n')
            lines--;
    }
    struct str rest = {.p = text + at, .n = (size_t)(n - at)}, line;
    while (str_next_line(&rest, &line))
        buf_addf(out, "%s" STR_FMT "\n", indent, STR_ARG(line));
}
