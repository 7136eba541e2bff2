/* Inside of the configuration: its table, and texts to values and back. Only config*.c include this. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/config.h"

enum config_type {
    CONFIG_TYPE_INT,
    CONFIG_TYPE_BOOL,
    CONFIG_TYPE_STRING,
    CONFIG_TYPE_PATH,
    CONFIG_TYPE_SECRET,
    CONFIG_TYPE_DURATION,
    CONFIG_TYPE_SIZE
};

enum config_flag { CONFIG_FLAG_NONE = 0, CONFIG_FLAG_LIVE = 1 };

#define CONFIG_VALUE_BYTES 4096 /* longest text of a value */
#define CONFIG_NAME_BYTES  96   /* "JOBMILL_" + key + "_FILE" */

struct config_row {
    const char *key;
    enum config_type type;
    const char *otherwise; /* default */
    int64_t min, max;
    enum config_flag flags;
    const char *services;
    const char *help;
};

const struct config_row *config_row(enum config_id id);
bool config_row_applies(const struct config_row *row, const char *service);
const char *config_type_name(enum config_type type);
bool config_type_numeric(enum config_type type);
/* "JOBMILL_HTTP_PORT"; returns out. */
const char *config_env_name(const struct config_row *row, char out[CONFIG_NAME_BYTES]);

/* Checks text against the row; *ret_number is 0 for texts. The message names the key and what would be right, never a
 * secret. */
int config_value_parse(const struct config_row *row, struct str text, int64_t *ret_number, struct err *err) MUST_CHECK;
/* A number as it would be written in a file: "1500ms", "4M", "8080", "true"; returns out. */
#define CONFIG_NUMBER_BYTES 32
const char *config_number_format(enum config_type type, int64_t v, char out[CONFIG_NUMBER_BYTES]);
