/* Command line words: which are options of the command, which settings of the configuration, which arguments. Pure. */
#pragma once

#include "base/err.h"

#define ARGS_OPTIONS_MAX 16
#define ARGS_WORDS_MAX   4096 /* words of a command line */

struct args_option {
    const char *name;     /* "out", given as --out; NULL ends a table */
    const char *argument; /* name of its value in the help; NULL: a switch */
    const char *help;
};

struct args {
    const char *values[ARGS_OPTIONS_MAX]; /* by row of the table; "" for a switch that is on; NULL when not given */
    char **words;                         /* arguments, in order; borrowed from argv */
    int word_count;
    char **settings; /* --key=value and --key value of the configuration, as they stood */
    int setting_count;
};

/* Sorts argv (argc words, the command's name not among them) by the options of two tables (the command's, then those of
 * every command; rows are numbered through both). --name=value and --name value; everything behind "--" is an argument;
 * "-" alone is one. Other words with two dashes are settings, unless they look like a misspelled option. The arrays of
 * ret are owned: args_fini (also after a failure). ERR_CONFIG with one sentence. */
int args_parse(int argc, char **argv, const struct args_option *own, const struct args_option *common, struct args *ret,
               struct err *err);
void args_fini(struct args *a);

/* "analyzer=3": the name (cap bytes) and the number 0..max. ERR_CONFIG otherwise. */
int args_assignment(const char *word, char *name, size_t cap, unsigned max, unsigned *ret, struct err *err);

/* The nearest of n names for "did you mean", NULL when none is near. */
const char *args_nearest(const char *word, const char *const *names, int n);
