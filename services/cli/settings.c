#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"
#include "cli/files.h"

#define SETTINGS_RUN_DIR   "build/run" /* the default of run.dir */
#define SETTINGS_MAX_BYTES (64 * 1024)

static bool settings_environment(void)
{
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, "JOBMILL_", 8) == 0)
            return true;
    return false;
}

/* Value of a flag among the words, "" when it is there without one, NULL when it is not. */
static const char *settings_flag(char **words, int n, const char *a, const char *b)
{
    for (int i = 0; i < n; i++) {
        const char *eq = strchr(words[i], '=');
        size_t len = eq ? (size_t)(eq - words[i]) : strlen(words[i]);
        struct str w = {.p = words[i], .n = len};
        if (str_eqc(w, a) || str_eqc(w, b))
            return eq ? eq + 1 : i + 1 < n ? words[i + 1] : "";
    }
    return NULL;
}

/* The file is written for a shell: values are quoted by backslashes. */
static void settings_line(struct str line)
{
    char text[4096];
    size_t n = 0;
    line = str_trim(line);
    if (!str_starts(line, "JOBMILL_") || line.n >= sizeof(text))
        return;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '\\' && i + 1 < line.n)
            i++;
        text[n++] = line.p[i];
    }
    text[n] = '\0';
    char *eq = strchr(text, '=');
    if (!eq)
        return;
    *eq = '\0';
    setenv(text, eq + 1, 0);
}

void settings_from_stack(char **words, int n)
{
    if (settings_environment() || settings_flag(words, n, "--config", "--config"))
        return;
    const char *dir = settings_flag(words, n, "--run.dir", "--run-dir");
    char path[FILES_PATH_BYTES];
    struct buf b;
    buf_init(&b, SETTINGS_MAX_BYTES);
    if (files_join(path, dir && *dir ? dir : SETTINGS_RUN_DIR, "env", NULL) == 0 && files_read(path, &b, NULL) == 0) {
        struct str rest = {.p = buf_str(&b), .n = b.len}, line;
        while (str_next_line(&rest, &line))
            settings_line(line);
    }
    buf_fini(&b);
}
