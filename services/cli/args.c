#include "cli/args.h"

#include <stdio.h>
#include <string.h>
#include "base/str.h"

#define ARGS_NEAR 2 /* letters that may differ in a suggestion */

struct args_tables {
    const struct args_option *rows[ARGS_OPTIONS_MAX];
    int n;
};

static void args_tables_add(struct args_tables *t, const struct args_option *table)
{
    for (; table && table->name && t->n < ARGS_OPTIONS_MAX; table++)
        t->rows[t->n++] = table;
}

static int args_find(const struct args_tables *t, struct str name)
{
    for (int i = 0; i < t->n; i++)
        if (str_eqc(name, t->rows[i]->name))
            return i;
    return -1;
}

const char *args_nearest(const char *word, const char *const *names, int n)
{
    const char *best = NULL;
    unsigned nearest = ARGS_NEAR + 1;
    for (int i = 0; i < n; i++) {
        unsigned d = str_distance(word, names[i]);
        if (d < nearest && d < strlen(names[i])) {
            nearest = d;
            best = names[i];
        }
    }
    return best;
}

static const char *args_option_nearest(const struct args_tables *t, struct str name)
{
    char word[64];
    if (name.n >= sizeof(word))
        return NULL;
    snprintf(word, sizeof(word), STR_FMT, STR_ARG(name));
    const char *names[ARGS_OPTIONS_MAX];
    for (int i = 0; i < t->n; i++)
        names[i] = t->rows[i]->name;
    return args_nearest(word, names, t->n);
}

/* One word with two dashes at argv[*at]. */
static int args_dashed(struct args *a, const struct args_tables *t, int argc, char **argv, int *at, struct err *err)
{
    char *word = argv[*at];
    struct str name = {.p = word + 2, .n = strcspn(word + 2, "=")};
    const char *value = word[2 + name.n] == '=' ? word + 2 + name.n + 1 : NULL;
    int row = args_find(t, name);
    if (row < 0) {
        const char *near = args_option_nearest(t, name);
        if (near)
            return err_set(err, ERR_CONFIG, "unknown option --" STR_FMT ": did you mean --%s?", STR_ARG(name), near);
        a->settings[a->setting_count++] = word;
        if (!value && *at + 1 < argc)
            a->settings[a->setting_count++] = argv[++*at];
        return 0;
    }
    if (!t->rows[row]->argument) {
        if (value)
            return err_set(err, ERR_CONFIG, "--%s takes no value", t->rows[row]->name);
        a->values[row] = "";
        return 0;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value)
        return err_set(err, ERR_CONFIG, "--%s needs a value: %s", t->rows[row]->name, t->rows[row]->argument);
    a->values[row] = value;
    return 0;
}

int args_parse(int argc, char **argv, const struct args_option *own, const struct args_option *common, struct args *ret,
               struct err *err)
{
    struct args_tables t = {.n = 0};
    args_tables_add(&t, own);
    args_tables_add(&t, common);
    *ret = (struct args){.words = NULL};
    if (argc > ARGS_WORDS_MAX)
        return err_set(err, ERR_CONFIG, "more than %d words on the command line", ARGS_WORDS_MAX);
    ret->words = calloc((size_t)argc + 1, sizeof(char *));
    ret->settings = calloc((size_t)argc + 1, sizeof(char *));
    if (!ret->words || !ret->settings)
        return err_set(err, ERR_MEMORY, "no memory left");
    bool rest = false;
    for (int i = 0; i < argc; i++) {
        int rc = 0;
        if (!rest && strcmp(argv[i], "--") == 0)
            rest = true;
        else if (!rest && strncmp(argv[i], "--", 2) == 0)
            rc = args_dashed(ret, &t, argc, argv, &i, err);
        else if (!rest && strcmp(argv[i], "-h") == 0 && args_find(&t, STR("help")) >= 0)
            ret->values[args_find(&t, STR("help"))] = "";
        else if (!rest && argv[i][0] == '-' && argv[i][1])
            rc = err_set(err, ERR_CONFIG, "unknown option \"%.40s\": options begin with two dashes", argv[i]);
        else
            ret->words[ret->word_count++] = argv[i];
        if (rc < 0)
            return rc;
    }
    return 0;
}

void args_fini(struct args *a)
{
    free(a->words);
    free(a->settings);
    *a = (struct args){.words = NULL};
}

int args_assignment(const char *word, char *name, size_t cap, unsigned max, unsigned *ret, struct err *err)
{
    const char *eq = strchr(word, '=');
    uint64_t v = 0;
    if (!eq || eq == word || (size_t)(eq - word) >= cap || !str_to_u64(str_of(eq + 1), &v) || v > max)
        return err_set(err, ERR_CONFIG, "\"%.60s\" is not NAME=NUMBER with a number of at most %u", word, max);
    snprintf(name, cap, "%.*s", (int)(eq - word), word);
    *ret = (unsigned)v;
    return 0;
}
