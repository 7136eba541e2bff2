/* Sources are read from the weakest to the strongest, each value replacing the one before it:
 *
 *     table -> file -> environment -> flags
 *
 * Every value is checked when it is given, whether or not a stronger source replaces it later: a wrong line is an error
 * on the day it is written. Texts are kept in a list until config_free, so that a borrowed one outlives a live change;
 * equal texts are kept once. */
#include "core/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "core/config_row.h"

#define CONFIG_FILE_BYTES   (256 * 1024) /* longest configuration file */
#define CONFIG_KEY_BYTES    64           /* longest key that is looked at for a suggestion */
#define CONFIG_ENV_PREFIX   "JOBMILL_"
#define CONFIG_ENV_FILE     "JOBMILL_CONFIG"
#define CONFIG_TEXTS_MAX    4096 /* different texts over a process' life: only live changes add to them */
#define CONFIG_SUGGEST_FROM 2 /* so many edits are always near enough for a suggestion, and a third of longer names */

extern char **environ;

struct config_text {
    struct config_text *next;
    char text[];
};

struct config_value {
    const char *text;
    int64_t number;
    const char *origin;
};

struct config {
    const char *service;
    struct config_value values[CONFIG_COUNT];
    struct config_text *texts;
    size_t texts_count;
};

/* Variables with our prefix that belong to scripts, not to the table. */
static const char *const config_env_others[] = {CONFIG_ENV_FILE, "JOBMILL_DEBIAN_ARCHIVE"};

static const char *config_keep(struct config *c, struct str s, struct err *err)
{
    for (struct config_text *t = c->texts; t; t = t->next)
        if (str_eqc(s, t->text))
            return t->text;
    struct config_text *t = c->texts_count < CONFIG_TEXTS_MAX ? malloc(sizeof(*t) + s.n + 1) : NULL;
    if (!t) {
        err_set(err, ERR_MEMORY, "no memory left for another setting");
        return NULL;
    }
    if (s.n)
        memcpy(t->text, s.p, s.n);
    t->text[s.n] = '\0';
    t->next = c->texts;
    c->texts = t;
    c->texts_count++;
    return t->text;
}

static int config_store(struct config *c, enum config_id id, struct str text, const char *origin, struct err *err)
{
    int64_t number;
    int rc = config_value_parse(config_row(id), text, &number, err);
    if (rc < 0)
        return rc;
    const char *kept = config_keep(c, text, err);
    if (!kept)
        return -ERR_MEMORY;
    c->values[id] = (struct config_value){.text = kept, .number = number, .origin = origin};
    return 0;
}

/* Names */

/* Dots, dashes and underscores are the same in a flag; in other places only the key as it stands is good. */
static bool config_key_is(const char *key, struct str name, bool loose)
{
    if (!loose)
        return str_eqc(name, key);
    if (strlen(key) != name.n)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        bool sep = key[i] == '.' || key[i] == '_';
        if (sep ? !memchr("._-", name.p[i], 3) : key[i] != name.p[i])
            return false;
    }
    return true;
}

static int config_find(struct str name, bool loose)
{
    for (int id = 0; id < CONFIG_COUNT; id++)
        if (config_key_is(config_row(id)->key, name, loose))
            return id;
    return -1;
}

/* The key nearest to name, NULL when nothing is near. service NULL: every row counts. */
static const struct config_row *config_nearest(struct str name, const char *service)
{
    char text[CONFIG_KEY_BYTES + 1];
    if (name.n > CONFIG_KEY_BYTES)
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        text[i] = name.p[i] == '-' ? '.' : name.p[i];
    text[name.n] = '\0';
    const struct config_row *best = NULL;
    unsigned least = MAX(CONFIG_SUGGEST_FROM, (unsigned)name.n / 3) + 1;
    for (int id = 0; id < CONFIG_COUNT; id++) {
        const struct config_row *row = config_row(id);
        unsigned d = str_distance(text, row->key);
        if (d < least && (!service || config_row_applies(row, service))) {
            least = d;
            best = row;
        }
    }
    return best;
}

static int config_unknown(struct str name, const char *service, struct err *err)
{
    int shown = (int)MIN(name.n, CONFIG_KEY_BYTES);
    const struct config_row *near = config_nearest(name, service);
    if (near)
        return err_set(err, ERR_CONFIG, "unknown setting \"%.*s\": did you mean \"%s\"?", shown, name.p, near->key);
    return err_set(err, ERR_CONFIG, "unknown setting \"%.*s\"", shown, name.p);
}

/* Files */

/* The whole file as a NUL-terminated text; *ret owned. */
static int config_read(const char *path, size_t max, char **ret, size_t *ret_n, struct err *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_CONFIG, "cannot open %s: %s", path, strerror(errno));
    _cleanup_free_ char *data = malloc(max + 2);
    if (!data)
        return err_set(err, ERR_MEMORY, "no memory left to read %s", path);
    size_t n = 0;
    while (n <= max) {
        ssize_t got = read(fd, data + n, max + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, ERR_CONFIG, "cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            break;
        n += (size_t)got;
    }
    if (n > max)
        return err_set(err, ERR_CONFIG, "%s is longer than %zu bytes", path, max);
    data[n] = '\0';
    *ret_n = n;
    *ret = TAKE_PTR(data);
    return 0;
}

static int config_line(struct config *c, struct str line, bool seen[CONFIG_COUNT], struct err *err)
{
    line = str_trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return 0;
    ptrdiff_t eq = str_find(line, STR("="));
    if (eq < 0)
        return err_set(err, ERR_CONFIG, "a line must read \"key = value\"");
    struct str key = str_trim(str_sub(line, 0, (size_t)eq));
    int id = config_find(key, false);
    if (id < 0)
        return config_unknown(key, NULL, err);
    if (seen[id])
        return err_set(err, ERR_CONFIG, "%s is given twice", config_row(id)->key);
    seen[id] = true;
    return config_store(c, id, str_trim(str_sub(line, (size_t)eq + 1, line.n)), "file", err);
}

static int config_from_file(struct config *c, const char *path, struct err *err)
{
    _cleanup_free_ char *data = NULL;
    size_t n = 0;
    int rc = config_read(path, CONFIG_FILE_BYTES, &data, &n, err);
    bool seen[CONFIG_COUNT] = {false};
    struct str rest = {.p = data, .n = n}, line;
    for (unsigned number = 1; rc == 0 && str_next_line(&rest, &line); number++) {
        rc = config_line(c, line, seen, err);
        if (rc < 0)
            err_prefix(err, "%s:%u", path, number);
    }
    return rc;
}

/* Environment */

/* The variable's row; *ret_file is true for its _FILE form. -1: not ours. A key that ends in _file would win over the
 * form of another. */
static int config_env_find(struct str name, bool *ret_file)
{
    char text[CONFIG_NAME_BYTES];
    for (int pass = 0; pass < 2; pass++) {
        struct str want = name;
        *ret_file = pass == 1;
        if (*ret_file && !str_iends(name, "_FILE"))
            return -1;
        if (*ret_file)
            want.n -= sizeof("_FILE") - 1;
        for (int id = 0; id < CONFIG_COUNT; id++)
            if (str_eqc(want, config_env_name(config_row(id), text)))
                return id;
    }
    return -1;
}

static int config_env_unknown(struct str name, struct err *err)
{
    char key[CONFIG_KEY_BYTES + 1], env[CONFIG_NAME_BYTES];
    size_t prefix = sizeof(CONFIG_ENV_PREFIX) - 1, n = MIN(name.n - prefix, CONFIG_KEY_BYTES);
    bool file = str_iends(name, "_FILE") && n > 5;
    for (size_t i = 0; i < n; i++)
        key[i] = (char)tolower((unsigned char)name.p[prefix + i]);
    const struct config_row *near = config_nearest((struct str){.p = key, .n = file ? n - 5 : n}, NULL);
    int shown = (int)MIN(name.n, CONFIG_NAME_BYTES);
    if (!near)
        return err_set(err, ERR_CONFIG, "unknown environment variable %.*s", shown, name.p);
    return err_set(err, ERR_CONFIG, "unknown environment variable %.*s: did you mean %s%s?", shown, name.p,
                   config_env_name(near, env), file ? "_FILE" : "");
}

static int config_env_value(struct config *c, int id, bool file, const char *value, struct err *err)
{
    if (!file)
        return config_store(c, id, str_of(value), "environment", err);
    _cleanup_free_ char *data = NULL;
    size_t n;
    int rc = config_read(value, CONFIG_VALUE_BYTES, &data, &n, err);
    if (rc == 0)
        rc = config_store(c, id, str_trim((struct str){.p = data, .n = n}), "environment", err);
    if (data)
        explicit_bzero(data, n);
    return rc;
}

static int config_from_env(struct config *c, struct err *err)
{
    bool seen[CONFIG_COUNT] = {false};
    for (char **e = environ; e && *e; e++) {
        const char *eq = strchr(*e, '=');
        if (!eq || !str_starts(str_of(*e), CONFIG_ENV_PREFIX))
            continue;
        struct str name = {.p = *e, .n = (size_t)(eq - *e)};
        bool other = false, file;
        for (size_t i = 0; i < ARRAY_LEN(config_env_others); i++)
            other = other || str_eqc(name, config_env_others[i]);
        if (other)
            continue;
        int id = config_env_find(name, &file);
        if (id < 0)
            return config_env_unknown(name, err);
        char text[CONFIG_NAME_BYTES];
        if (seen[id])
            return err_set(err, ERR_CONFIG, "%s and %s_FILE are both set: give one",
                           config_env_name(config_row(id), text), text);
        seen[id] = true;
        int rc = config_env_value(c, id, file, eq + 1, err);
        if (rc < 0) {
            err_prefix(err, STR_FMT, STR_ARG(name));
            return rc;
        }
    }
    return 0;
}

/* Flags */

struct config_flags {
    int argc;
    char **argv;
    int at; /* of the argument looked at */
    char **positional;
    int positional_count;
};

/* Splits "--name=value"; the value may be the next argument. *ret_value NULL: there is none. */
static struct str config_flag_split(struct config_flags *f, bool boolean, const char **ret_value)
{
    const char *arg = f->argv[f->at] + 2, *eq = strchr(arg, '=');
    const char *next = f->at + 1 < f->argc ? f->argv[f->at + 1] : NULL;
    struct str name = {.p = arg, .n = eq ? (size_t)(eq - arg) : strlen(arg)};
    if (eq) {
        *ret_value = eq + 1;
    } else if (boolean) {
        *ret_value = "true";
    } else {
        *ret_value = next;
        f->at += next != NULL;
    }
    return name;
}

static int config_flag(struct config *c, struct config_flags *f, struct err *err)
{
    const char *arg = f->argv[f->at] + 2;
    struct str name = {.p = arg, .n = strcspn(arg, "=")};
    if (str_eqc(name, "config")) { /* read before */
        const char *path;
        config_flag_split(f, false, &path);
        return 0;
    }
    int id = config_find(name, true);
    if (id < 0)
        return config_unknown(name, c->service, err);
    const struct config_row *row = config_row(id);
    char env[CONFIG_NAME_BYTES];
    if (!config_row_applies(row, c->service))
        return err_set(err, ERR_CONFIG, "unknown setting \"" STR_FMT "\": %s belongs to %s", STR_ARG(name), row->key,
                       row->services);
    if (row->type == CONFIG_TYPE_SECRET)
        return err_set(err, ERR_CONFIG, "%s is a secret and other users can see flags: give %s_FILE", row->key,
                       config_env_name(row, env));
    const char *value;
    config_flag_split(f, row->type == CONFIG_TYPE_BOOL, &value);
    if (!value)
        return err_set(err, ERR_CONFIG, "--" STR_FMT " needs a value", STR_ARG(name));
    return config_store(c, id, str_of(value), "flag", err);
}

static int config_from_flags(struct config *c, struct config_flags *f, struct err *err)
{
    bool rest = false; /* "--" was seen */
    for (f->at = 1; f->at < f->argc; f->at++) {
        char *arg = f->argv[f->at];
        if (!rest && strcmp(arg, "--") == 0) {
            rest = true;
        } else if (!rest && strncmp(arg, "--", 2) == 0) {
            int rc = config_flag(c, f, err);
            if (rc < 0)
                return rc;
        } else if (!rest && arg[0] == '-' && arg[1]) {
            return err_set(err, ERR_CONFIG, "unknown flag \"%.*s\": flags begin with two dashes", CONFIG_KEY_BYTES,
                           arg);
        } else if (f->positional) {
            f->positional[f->positional_count++] = arg;
        } else {
            return err_set(err, ERR_CONFIG, "unexpected argument \"%.*s\"", CONFIG_KEY_BYTES, arg);
        }
    }
    return 0;
}

/* The path behind --config, else JOBMILL_CONFIG, else NULL. */
static int config_file_path(struct config_flags *f, const char **ret, struct err *err)
{
    const char *env = getenv(CONFIG_ENV_FILE);
    *ret = env && *env ? env : NULL;
    for (f->at = 1; f->at < f->argc && strcmp(f->argv[f->at], "--") != 0; f->at++) {
        const char *arg = f->argv[f->at];
        if (strcmp(arg, "--config") != 0 && strncmp(arg, "--config=", 9) != 0)
            continue;
        config_flag_split(f, false, ret);
        if (!*ret || !**ret)
            return err_set(err, ERR_CONFIG, "--config needs the path of a file");
    }
    return 0;
}

struct config *config_new(const char *service, int argc, char **argv, char **ret_positional, int *ret_count,
                          struct err *err)
{
    _cleanup_(config_freep)
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set(err, ERR_MEMORY, "no memory left for the configuration");
        return NULL;
    }
    c->service = service;
    struct config_flags flags = {.argc = argc, .argv = argv, .positional = ret_positional};
    const char *path = NULL;
    int rc = 0;
    for (int id = 0; id < CONFIG_COUNT && rc == 0; id++)
        rc = config_store(c, id, str_of(config_row(id)->otherwise), "default", err);
    if (rc == 0)
        rc = config_file_path(&flags, &path, err);
    if (rc == 0 && path)
        rc = config_from_file(c, path, err);
    if (rc == 0)
        rc = config_from_env(c, err);
    if (rc == 0)
        rc = config_from_flags(c, &flags, err);
    if (rc < 0)
        return NULL;
    if (ret_count)
        *ret_count = flags.positional_count;
    return TAKE_PTR(c);
}

void config_free(struct config *c)
{
    if (!c)
        return;
    while (c->texts) {
        struct config_text *t = c->texts;
        c->texts = t->next;
        explicit_bzero(t->text, strlen(t->text)); /* some are secrets */
        free(t);
    }
    free(c);
}

int64_t config_int(const struct config *c, enum config_id id)
{
    return c->values[id].number;
}

const char *config_str(const struct config *c, enum config_id id)
{
    return c->values[id].text;
}

bool config_bool(const struct config *c, enum config_id id)
{
    return c->values[id].number != 0;
}

const char *config_origin(const struct config *c, enum config_id id)
{
    return c->values[id].origin;
}

int config_set(struct config *c, const char *key, const char *value, struct err *err)
{
    int id = config_find(str_of(key), false);
    if (id < 0)
        return config_unknown(str_of(key), NULL, err);
    const struct config_row *row = config_row(id);
    if (row->flags != CONFIG_FLAG_LIVE)
        return err_set(err, ERR_CONFIG, "%s cannot be changed while the process runs", row->key);
    if (!config_row_applies(row, c->service))
        return err_set(err, ERR_CONFIG, "%s belongs to %s", row->key, row->services);
    return config_store(c, id, str_of(value), "live", err);
}

void config_show(const struct config *c, struct buf *out)
{
    for (int id = 0; id < CONFIG_COUNT; id++) {
        const struct config_row *row = config_row(id);
        if (!config_row_applies(row, c->service))
            continue;
        const char *text = c->values[id].text;
        bool masked = row->type == CONFIG_TYPE_SECRET && *text;
        buf_addf(out, "%-24s %-28s %s\n", row->key, masked ? "********" : *text ? text : "\"\"", c->values[id].origin);
    }
}
