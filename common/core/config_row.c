/* The table of settings, and what a value of each type looks like. */
#include "core/config_row.h"

#include <inttypes.h>
#include <stdio.h>
#include "core/log.h"

static const struct config_row config_rows[CONFIG_COUNT] = {
#define CONFIG(symbol, key_, type_, otherwise_, min_, max_, flags_, services_, help_)                                  \
    [CONFIG_##symbol] = {key_, CONFIG_TYPE_##type_, otherwise_, min_, max_, CONFIG_FLAG_##flags_, services_, help_},
#include "core/config.def"
#undef CONFIG
};

struct config_unit {
    const char *suffix;
    int64_t factor;
};

/* Smallest first; the longest suffix that fits is found by comparing whole suffixes. */
static const struct config_unit config_durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
static const struct config_unit config_sizes[] = {{"", 1}, {"k", 1024}, {"M", 1024 * 1024}, {"G", 1024 * 1024 * 1024}};

const struct config_row *config_row(enum config_id id)
{
    return &config_rows[id];
}

bool config_row_applies(const struct config_row *row, const char *service)
{
    struct str rest = str_of(row->services), one;
    while (str_next_field(&rest, ',', &one))
        if (str_eqc(one, "all") || str_eqc(one, service))
            return true;
    return false;
}

const char *config_type_name(enum config_type type)
{
    static const char *const names[] = {"integer", "boolean", "text", "path", "secret", "duration", "size"};
    return names[type];
}

bool config_type_numeric(enum config_type type)
{
    return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_DURATION || type == CONFIG_TYPE_SIZE;
}

const char *config_env_name(const struct config_row *row, char out[CONFIG_NAME_BYTES])
{
    size_t n = (size_t)snprintf(out, CONFIG_NAME_BYTES, "JOBMILL_");
    for (const char *k = row->key; *k && n + 1 < CONFIG_NAME_BYTES; k++)
        out[n++] = *k == '.' ? '_' : (char)(*k >= 'a' && *k <= 'z' ? *k - 32 : *k);
    out[n] = '\0';
    return out;
}

static bool config_scaled(struct str text, const struct config_unit *units, size_t n, int64_t *ret)
{
    size_t digits = 0;
    while (digits < text.n && str_is_digit(text.p[digits]))
        digits++;
    uint64_t v;
    if (!str_to_u64(str_sub(text, 0, digits), &v) || v > INT64_MAX)
        return false;
    struct str suffix = str_sub(text, digits, text.n);
    for (size_t i = 0; i < n; i++)
        if (str_ieqc(suffix, units[i].suffix))
            return !__builtin_mul_overflow((int64_t)v, units[i].factor, ret);
    return false;
}

static bool config_int_parse(struct str text, int64_t *ret)
{
    bool minus = text.n && text.p[0] == '-';
    uint64_t v;
    if (!str_to_u64(minus ? str_sub(text, 1, text.n) : text, &v) || v > INT64_MAX)
        return false;
    *ret = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static bool config_bool_parse(struct str text, int64_t *ret)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_ieqc(text, words[i])) {
            *ret = (int64_t)(i & 1);
            return true;
        }
    }
    return false;
}

static int config_number_parse(const struct config_row *row, struct str text, int64_t *ret, struct err *err)
{
    bool ok;
    const char *shape;
    if (row->type == CONFIG_TYPE_DURATION) {
        ok = config_scaled(text, config_durations, ARRAY_LEN(config_durations), ret);
        if (!ok && str_eqc(text, "0")) /* the one duration that needs no unit */
            ok = (*ret = 0, true);
        shape = "a duration with its unit, for example 500ms, 3s, 2m or 1h";
    } else if (row->type == CONFIG_TYPE_SIZE) {
        ok = config_scaled(text, config_sizes, ARRAY_LEN(config_sizes), ret);
        shape = "a size, for example 4096, 64k, 2M or 1G";
    } else {
        ok = config_int_parse(text, ret);
        shape = "a whole number";
    }
    if (!ok)
        return err_set(err, ERR_CONFIG, "%s must be %s, not \"" STR_FMT "\"", row->key, shape, (int)MIN(text.n, 40),
                       text.p);
    if (*ret < row->min || *ret > row->max) {
        char low[CONFIG_NUMBER_BYTES], high[CONFIG_NUMBER_BYTES];
        return err_set(err, ERR_CONFIG, "%s must be between %s and %s, not " STR_FMT, row->key,
                       config_number_format(row->type, row->min, low), config_number_format(row->type, row->max, high),
                       (int)MIN(text.n, 40), text.p);
    }
    return 0;
}

static int config_text_check(const struct config_row *row, struct str text, struct err *err)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return err_set(err, ERR_CONFIG, "%s must not hold control characters", row->key);
    char level[16];
    if (row == config_row(CONFIG_LOG_LEVEL) &&
        (text.n >= sizeof(level) || snprintf(level, sizeof(level), STR_FMT, STR_ARG(text)) < 0 ||
         log_level_parse(level) < 0))
        return err_set(err, ERR_CONFIG, "%s must be debug, info, warn or error, not \"" STR_FMT "\"", row->key,
                       (int)MIN(text.n, 40), text.p);
    return 0;
}

int config_value_parse(const struct config_row *row, struct str text, int64_t *ret_number, struct err *err)
{
    *ret_number = 0;
    if (text.n >= CONFIG_VALUE_BYTES)
        return err_set(err, ERR_CONFIG, "%s must be shorter than %d bytes", row->key, CONFIG_VALUE_BYTES);
    if (config_type_numeric(row->type))
        return config_number_parse(row, text, ret_number, err);
    if (row->type == CONFIG_TYPE_BOOL && !config_bool_parse(text, ret_number))
        return err_set(err, ERR_CONFIG, "%s must be true or false, not \"" STR_FMT "\"", row->key, (int)MIN(text.n, 40),
                       text.p);
    return row->type == CONFIG_TYPE_BOOL ? 0 : config_text_check(row, text, err);
}

const char *config_number_format(enum config_type type, int64_t v, char out[CONFIG_NUMBER_BYTES])
{
    const struct config_unit *units = NULL;
    size_t n = 0;
    if (type == CONFIG_TYPE_DURATION) {
        units = config_durations;
        n = ARRAY_LEN(config_durations);
    } else if (type == CONFIG_TYPE_SIZE) {
        units = config_sizes;
        n = ARRAY_LEN(config_sizes);
    } else if (type == CONFIG_TYPE_BOOL) {
        snprintf(out, CONFIG_NUMBER_BYTES, "%s", v ? "true" : "false");
        return out;
    }
    const struct config_unit *best = NULL; /* the largest that divides */
    for (size_t i = 0; i < n && (v || i == 0); i++)
        if (v % units[i].factor == 0)
            best = &units[i];
    snprintf(out, CONFIG_NUMBER_BYTES, "%" PRId64 "%s", best ? v / best->factor : v, best ? best->suffix : "");
    return out;
}
