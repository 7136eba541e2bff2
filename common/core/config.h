/* Configuration: one table (core/config.def) of every setting there is. Values come from, in rising precedence: the
 * table's default, the file named by --config or JOBMILL_CONFIG (lines "key = value", # comments), the environment
 * (JOBMILL_<KEY> with dots as underscores; JOBMILL_<KEY>_FILE reads the value from a file), flags (--key=value or --key
 * value, dots or dashes; never for secrets). An unknown key is an error with a suggestion; a value outside its range
 * names the range. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

enum config_id {
#define CONFIG(symbol, key, type, otherwise, min, max, flags, services, help) CONFIG_##symbol,
#include "core/config.def"
#undef CONFIG
    CONFIG_COUNT
};

struct config;

/* service: which rows apply ("gateway", "worker", "dispatcher", "cli"); flags of other services are unknown keys, while
 * file and environment may hold keys of any service. argv: flags only (argv[0] is skipped); positional arguments are
 * errors unless ret_positional is given (argv order kept, *ret_count of them, borrowed from argv). Returns owned. NULL
 * with err set (ERR_CONFIG) on failure. */
struct config *config_new(const char *service, int argc, char **argv, char **ret_positional, int *ret_count,
                          struct err *err) MUST_CHECK;
void config_free(struct config *c);
CLEANUP_DEFINE(struct config, config_free)

int64_t config_int(const struct config *c, enum config_id id); /* INT, SIZE in bytes, DURATION in ms, BOOL 0/1 */
const char *config_str(const struct config *c,
                       enum config_id id); /* STRING, SECRET, PATH; borrowed until config_free; "" when unset */
bool config_bool(const struct config *c, enum config_id id);
const char *config_origin(const struct config *c, enum config_id id); /* "default", "file", "environment", "flag" */
/* Live change of a row flagged LIVE (ERR_CONFIG otherwise). */
int config_set(struct config *c, const char *key, const char *value, struct err *err);

void config_help(const char *service, struct buf *out);    /* the settings part of --help */
void config_docs(struct buf *out);                         /* docs/CONFIGURATION.md */
void config_show(const struct config *c, struct buf *out); /* every value with its origin, secrets masked */
